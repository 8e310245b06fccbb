// Key points of animals as numbers for the temporal network (train/behavior/point_layout.h).
#pragma once

#include <string>
#include <vector>

#include "datasets/behavior/animal_points.h"
#include "datasets/keypoints/skeleton.h"
#include "infer/behavior/point_pose.h"
#include "train/behavior/point_layout.h"

namespace infer {

// One subject and the others that have points, over consecutive frames.
struct PosesOfFrame {
  Pose own;                  // [K]; no point is sure where it is not seen
  std::vector<Pose> others;  // [animals][K]
};

// [frames][2 * layout.count()], values and weights. Lengths are in `size_px`, times in seconds,
// speeds, distances and the other animal's place as asinh. Points are smoothed over two frames to
// each side, which also fills short gaps (with little weight). `causal`: nothing looks ahead.
std::vector<float> PointFeatures(const std::vector<PosesOfFrame>& frames,
                                 const train::PointLayout& layout, double size_px, double fps,
                                 bool causal);

// Whether the numbers of a frame, as PointFeatures gives them, say where any point is.
bool IsPosed(const std::vector<float>& features, size_t frame, const train::PointLayout& layout);

// Names, pairs and joints of the skeletons; pose and rigidity are filled in by MeasurePoses.
train::PointLayout LayoutOf(const std::vector<datasets::Skeleton>& skeletons);

// The points of the subjects of a video. As with outlines a subject has those of the animal of its
// name; in the view `frame`, where that has none, those of the only animal that has any.
class SubjectPoints {
 public:
  // `project` must outlive this; `names` as in the layout, `view` as in train::BehaviorInput.
  SubjectPoints(const datasets::Project& project, const datasets::VideoRow& video,
                std::vector<std::string> subjects, const std::string& view,
                const std::vector<std::string>& names);
  bool empty() const { return points_.empty(); }
  // Of all subjects, from up to `most` frames spread over the video.
  std::vector<Pose> Samples(int most) const;
  // By subject: PointFeatures of [start_frame, end_frame); nothing for a layout without points.
  std::vector<std::vector<float>> Run(const train::PointLayout& layout, int start_frame,
                                      int end_frame, bool causal, datasets::Job& job) const;

 private:
  using Animals = std::map<datasets::Id, datasets::AnimalPoints>;
  Pose Own(const Animals& animals, size_t subject, datasets::Id* category) const;
  // On frames spread over the video.
  std::vector<double> Sizes(size_t subject, const UsualPose& usual) const;

  const datasets::Project& project_;
  const datasets::VideoRow video_;
  const std::vector<std::string> subjects_;
  const bool whole_frame_;
  datasets::Id job_id_ = 0;
  datasets::PointsOfVideo points_;
  std::map<std::string, datasets::Id> categories_;
};

// Fills in the pose of a layout; leaves it without names where the samples show none.
void MeasurePoses(const std::vector<Pose>& samples, train::PointLayout& layout);

}  // namespace infer
