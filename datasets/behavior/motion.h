// Where each animal is, how it moves, whom it touches and which zone it is in, from its masks.
// Frames come one after the other; nothing but the frame before is kept.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "datasets/base/options.h"
#include "datasets/behavior/mask_moments.h"
#include "datasets/behavior/scores.h"
#include "datasets/behavior/zones.h"
#include "datasets/shape/mask.h"
#include "datasets/video/frame_times.h"

namespace datasets {

// Automatic scores after Annolid (Yang et al. 2023, and its program's postprocessing): a zone is
// entered by mask overlap, contact is touching masks, freezing an unchanged mask and little flow.
struct MotionOptions {
  double contact_px = 2;       // masks of single-label networks never overlap: neighbors touch
  double zone_overlap = 1e-5;  // in a zone where IoU(mask, zone) is above this
  bool zone_by_center = false;
  double max_gap = 0.2;  // seconds without a mask that end neither a step nor a bout
  double min_step_px = 0;
  double pixels_per_cm = 0;
  bool flow = false;
  double freeze_iou = 0.9, freeze_flow_px = 0.12;
  int freeze_frames = 5, freeze_loss = 3, freeze_most = 10;
  template <class Visitor>
  void Visit(Visitor&& v) {
    v.Field("contact-px", contact_px, "masks at most so many pixels apart touch", Range{0, 1000});
    v.Field("zone-overlap", zone_overlap, "in a zone where the overlap (IoU) is above this",
            Range{0, 1});
    v.Field("zone-by-center", zone_by_center, "in a zone where the mask's center lies inside");
    v.Field("max-gap", max_gap, "seconds without a mask that end neither a step nor a bout",
            Range{0, 1e6});
    v.Field("min-step", min_step_px, "steps below so many pixels count as standing still",
            Range{0, 1e6});
    v.Field("pixels-per-cm", pixels_per_cm, "scale for distances in cm; 0: pixels only",
            Range{0, 1e6});
    v.Field("flow", flow, "freezing also needs little optical flow (decodes the video, slow)");
    v.Field("freeze-iou", freeze_iou, "a mask that overlaps its predecessor so much is still",
            Range{0, 1});
    v.Field("freeze-flow", freeze_flow_px, "mean flow in the mask below this, pixels per frame",
            Range{0, 1000});
    v.Field("freeze-frames", freeze_frames, "freezing from this count of still frames",
            Range{1, 1e6});
    v.Field("freeze-loss", freeze_loss, "what a frame with movement takes off the count",
            Range{1, 1e6});
    v.Field("freeze-most", freeze_most, "where the count stops to grow", Range{1, 1e6});
  }
};

struct AnimalMask {
  int animal = 0;  // index into the names
  Rle mask;        // of the whole picture
};

struct AnimalMotion {  // of one animal on one frame
  int frame = 0;
  int animal = 0;
  MaskMoments moments;
  // From the last frame with this animal, where that is at most max_gap ago.
  std::optional<double> step_px;     // distance of the centroids; 0 below min_step_px
  std::optional<double> speed_px_s;  // step_px / time
  std::optional<double> same_iou;    // with the mask one frame before
  std::optional<double> flow_px;     // mean optical flow in the mask, pixels per frame
  bool freezing = false;
  int nearest = -1;  // the animal whose centroid is nearest; -1: alone
  double nearest_px = 0;
  std::vector<int> touching;  // animals
  std::vector<int> zones;     // indices
};

struct MotionSummary {  // of one animal that was seen
  std::string video, animal;
  int64_t frames_seen = 0;  // of frames
  int64_t frames = 0;
  double seen_s = 0, moved_s = 0;  // moved_s: time over which steps were measured
  double distance_px = 0;
  std::optional<double> mean_speed_px_s, max_speed_px_s;  // distance / moved_s
  double mean_area_px = 0, mean_elongation = 1;
};

constexpr char kAutomaticAuthor[] = "automatic";

struct ContactPair {  // how often and how long two animals touch
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
              FrameTimes times, int start_frame, int end_frame, const MotionOptions& options);
  // Frames must increase; an animal comes at most once a frame; empty masks are passed over.
  std::vector<AnimalMotion> Add(int frame, const std::vector<AnimalMask>& masks,
                                const FlowIn& flow = {});

  std::vector<MotionSummary> Summaries() const;
  std::vector<ContactPair> Contacts() const;
  // Zones ("in NAME"), "contact" with any other animal and "freezing" as bouts of the author
  // "automatic", for animals that were seen: entries, dwell and latency are then their time budget.
  BehaviorScores Scores() const;

 private:
  struct Animal;
  void Extend(int animal, int behavior, int frame);
  int AddBehavior(const std::string& name);
  bool Freezing(Animal& animal, const AnimalMotion& motion) const;
  double Shown(int64_t frames, double sum_s) const;

  std::string video_;
  std::vector<std::string> names_;
  std::vector<ZoneMask> zones_;
  FrameTimes times_;
  int start_frame_, end_frame_, max_gap_frames_;
  MotionOptions options_;
  struct Animal {
    int last_frame = -1;  // seen last
    Rle last_mask;
    double anchor_x = 0, anchor_y = 0;  // where the last step led
    int still = 0;                      // the count of freezing
    int64_t seen = 0, moved_frames = 0;
    double seen_s = 0, moved_s = 0;
    double distance_px = 0, max_speed_px_s = -1, area_sum = 0, elongation_sum = 0;
    std::vector<Bout> bouts;
    std::vector<int> open;  // of each behavior, index of its newest bout; -1 = none
  };
  std::vector<Animal> animals_;
  std::vector<ScoredBehavior> behaviors_;
  int contact_ = 0, freezing_ = 0;  // indices of these behaviors
  struct Contact {
    int last_frame = -1;
    int64_t bouts = 0, frames = 0;
    double seconds = 0;
  };
  std::map<std::pair<int, int>, Contact> contacts_;  // by animals, the lower index first
};

}  // namespace datasets
