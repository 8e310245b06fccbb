// Who is who from one frame to the next, decided at once.
#pragma once

#include <vector>

#include "infer/track/follow.h"
#include "train/base/predictor.h"

namespace infer {

// A fixed number of animals. Each keeps its number (Blob::tracklet, from 0) while it is followed,
// through contacts, which are cut as Tracker cuts them but by what came before alone, and when it
// was away: who comes back is the nearest of those that are missing. Nothing is held back, so
// nothing is mended afterwards either: `vole predict` does that with the recording.
class LiveTracker {
 public:
  // `median_area` of one animal, in pixels.
  LiveTracker(int animals, double median_area, cv::Size frame_size, double fps);

  // Numbers 0, 1, ... are these, from now on.
  void Begin(const std::vector<Blob>& animals);
  // Frames in increasing order. At most one blob an animal, by number; those that are not seen are
  // left out.
  std::vector<Blob> Add(int frame, const train::FrameDetections& found);
  void SetMedianArea(double area) { median_area_ = area; }
  // Where all of them will be in the next frame, for sure, in places that do not overlap; empty
  // while one is missing or has no number yet.
  std::vector<cv::Rect> Places() const;
  int known() const { return static_cast<int>(animals_.size()); }  // have a number

 private:
  struct Animal {
    Follow follow;
    int missing = 0;  // frames
  };
  struct Step {
    std::vector<Blob> blobs;
    std::vector<std::vector<Fit>> fits;     // [animal][blob]
    std::vector<std::vector<int>> members;  // [blob] animals in it
    std::vector<bool> placed;               // [animal]
  };
  bool LooksWhole(const Blob& blob) const;
  double Reach(const Animal& animal) const;
  void Match(Step& step) const;
  void FindMerged(Step& step) const;
  void TakeBack(Step& step) const;
  void TakeNew(Step& step);
  void Continue(Animal& animal, Blob blob, const Fit& fit);

  const size_t most_;
  double median_area_;
  const cv::Size frame_size_;
  const double fps_;
  std::vector<Animal> animals_;
  int last_frame_ = -1;
};

}  // namespace infer
