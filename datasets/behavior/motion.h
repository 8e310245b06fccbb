// Where each animal is, how it moves, whom it touches and which zone it is in, from its masks and
// key points. Lengths in pixels of the video, and in centimetres on the floor where the video's
// calibration or a scale says where pixels are (space/floor_map.h); times in seconds.
// Frames come one after the other; nothing but the frame before is kept.
#pragma once

#include <functional>
#include <map>
#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "datasets/behavior/animal_points.h"
#include "datasets/behavior/mask_moments.h"
#include "datasets/behavior/motion_options.h"
#include "datasets/behavior/scores.h"
#include "datasets/behavior/zones.h"
#include "datasets/shape/mask.h"
#include "datasets/space/floor_map.h"
#include "datasets/video/frame_times.h"

namespace datasets {

struct AnimalMask {
  int animal = 0;  // index into the names
  Rle mask;        // of the whole picture; empty: nobody outlined it, its points say where it is
  AnimalPoints points = {};
};

struct AnimalMotion {  // of one animal on one frame
  int frame = 0;
  int animal = 0;
  MaskMoments moments;  // without outline: area 0, and x, y the mean of its points
  AnimalPoints points;
  // Of the way between the points of the heading: 0 = along x, clockwise on the screen, [0, 360).
  std::optional<double> heading_deg;
  // From the last frame with this animal, where that is at most max_gap ago: the way of its
  // outline's center or, where neither frame has an outline, the mean way of the points that both
  // have. None from an outline to points or back, and where no point is on both.
  std::optional<double> step_px;  // 0 below min_step_px
  // step_px over the time in which it added up, but for a way that is a step by itself.
  std::optional<double> speed_px_s;
  std::optional<double> same_iou;  // with the mask one frame before
  std::optional<double> flow_px;   // mean optical flow in the mask, pixels per frame
  bool freezing = false;           // known of outlines alone
  int nearest = -1;  // the animal whose centroid is nearest, on the floor where known; -1: alone
  double nearest_px = 0;
  // On the floor, under the same place of the picture: what stands above the floor comes out a
  // little too far from the camera. Nothing without a floor, and where the pixel shows none.
  std::optional<cv::Point2d> floor_cm;
  std::optional<double> step_cm, speed_cm_s, nearest_cm;
  std::vector<int> touching;  // animals
  std::vector<int> zones;     // indices
  bool zones_known = true;    // false: the key point that stands for it in zones was not found
};

struct MotionSummary {  // of one animal that was seen
  std::string video, animal;
  int64_t frames_seen = 0, frames = 0;
  double seen_s = 0, moved_s = 0;  // moved_s: time over which steps were measured
  double distance_px = 0;          // over moved_s; says nothing where that is 0
  std::optional<double> mean_speed_px_s, max_speed_px_s;  // distance / moved_s
  std::optional<double> mean_area_px, mean_elongation;    // over the frames with an outline
  // Where the video has a floor; over the steps between places that lie on it.
  std::optional<double> distance_cm, mean_speed_cm_s, max_speed_cm_s;
};

constexpr char kAutomaticAuthor[] = "automatic";

// How often and how long two animals touch, over frames on which one of them was not seen.
struct ContactPair {
  std::string video, first, second;
  int64_t bouts = 0, frames = 0;
  double seconds = 0;
};

// Called for each frame of a video in order; one object a video.
class MotionMeter {
 public:
  // Mean optical flow in the mask since the frame before, or nothing where it is not known.
  using FlowIn = std::function<std::optional<double>(const Rle& mask)>;

  MotionMeter(std::string video, std::vector<std::string> animals, std::vector<ZoneMask> zones,
              FrameTimes times, int start_frame, int end_frame, const MotionOptions& options,
              PointChoice points = {}, std::optional<FloorMap> floor = {});
  // Frames increase; an animal comes once a frame, and without mask and points is passed over.
  std::vector<AnimalMotion> Add(int frame, const std::vector<AnimalMask>& masks,
                                const FlowIn& flow = {});

  std::vector<MotionSummary> Summaries() const;
  std::vector<ContactPair> Contacts() const;
  // Zones ("in NAME"), "contact" with any other animal and "freezing" as bouts of the author
  // "automatic", for animals that were seen: entries, dwell and latency are then their time budget.
  BehaviorScores Scores() const;

 private:
  struct Animal;
  std::optional<cv::Point2d> PlaceOf(double x, double y, bool on_floor) const;
  std::optional<cv::Point2d> WayOf(const Animal& animal, const AnimalMotion& motion,
                                   bool on_floor) const;
  void FindNearest(AnimalMotion* one, const AnimalMotion& other) const;
  void MeasureStep(Animal* animal, AnimalMotion* motion, int gap, double moved_s) const;
  int KnownSince(int last_known, int frame) const;
  void SeeAgain(int frame, int* last, std::vector<FrameRange>* unseen) const;
  void Extend(int animal, int behavior, int since, int frame);
  int AddBehavior(const std::string& name);
  bool Freezing(Animal& animal, const AnimalMotion& motion) const;
  std::vector<int> Touch(std::vector<AnimalMotion>& motions, const std::vector<const Rle*>& masks,
                         int frame);
  bool Inside(const AnimalMotion& motion, const Rle& mask, const ZoneMask& zone) const;
  double Shown(int64_t frames, double sum_s) const;

  std::string video_;
  std::vector<std::string> names_;
  std::vector<ZoneMask> zones_;
  FrameTimes times_;
  int start_frame_, end_frame_, max_gap_frames_;
  MotionOptions options_;
  PointChoice points_;
  std::optional<FloorMap> floor_;
  struct Animal {
    int last_frame = -1, last_zone_frame = -1,
        last_outline = -1;                                  // seen, its zones known, outlined
    std::vector<FrameRange> unseen_zones, unseen_outlines;  // between those, longer than max_gap
    Rle last_mask;
    MaskMoments last_moments;
    AnimalPoints last_points;
    cv::Point2d way, way_cm;  // since the last step
    double way_s = 0, way_cm_s = 0;
    int still = 0;  // the count of freezing
    int64_t seen = 0, outlined = 0, moved_frames = 0, moved_cm_frames = 0;
    double seen_s = 0, moved_s = 0, moved_cm_s = 0, distance_cm = 0, max_speed_cm_s = -1;
    double distance_px = 0, max_speed_px_s = -1, area_sum = 0, elongation_sum = 0;
    std::vector<Bout> bouts;
    std::vector<int> open;  // of each behavior, index of its newest bout; -1 = none
  };
  std::vector<Animal> animals_;
  std::vector<ScoredBehavior> behaviors_;
  int contact_ = 0, freezing_ = 0;  // indices of these behaviors
  struct Contact {
    int last_frame = -1, last_known = -1;  // touched last, and both outlined
    int64_t bouts = 0, frames = 0;
    double seconds = 0;
  };
  std::map<std::pair<int, int>, Contact> contacts_;  // by animals, the lower index first
};

}  // namespace datasets
