// The scene without its animals, learned while it is looked at, and what stands out from it.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <vector>

#include "infer/track/blob.h"
#include "train/base/predictor.h"

namespace infer {

struct GroundSample {
  int frame = 0;
  int64_t milliseconds = 0;
  cv::Mat bgr;  // CV_8UC3, shared, never written
};

// The pictures, or every second, fourth, ... of them, the first one always; about 100 MB.
class GroundSamples {
 public:
  void Add(const GroundSample& sample);
  const std::vector<GroundSample>& all() const { return samples_; }
  std::vector<GroundSample> Spread(size_t most) const;  // so many of them

 private:
  std::vector<GroundSample> samples_;
  int64_t came_ = 0, every_ = 1;
};

// CV_8UC3; there must be a sample.
cv::Mat MedianOf(const std::vector<GroundSample>& samples);

// Whether the thing stands out because an animal that lay there when the ground was learned has
// left: its outline parts two colors in the ground, not in the picture (cf. the ghosts of Cucchiara
// et al. 2003).
bool IsGhost(const cv::Mat& bgr, const cv::Mat& ground, const train::Detection& thing);

class Ground {
 public:
  // CV_8UC3; empty before it is known.
  const cv::Mat& picture() const { return picture_; }
  void Set(const cv::Mat& picture) { picture_ = picture.clone(); }

  // Light changes slowly: everywhere but at the animals the ground moves a level toward the
  // picture.
  void Follow(const cv::Mat& bgr, const std::vector<Blob>& animals);

  // What stands out by more than `cut` (ContrastTo), apart, without legs and tails; each at least a
  // fifth of `area` pixels and 30. Ghosts become ground. Looks in these places alone, which do not
  // overlap, unless something goes on beyond them; none: everywhere.
  train::FrameDetections FindMoving(const cv::Mat& bgr, int cut, double area,
                                    const std::vector<cv::Rect>& places = {});
  // How many pixels hang together around this one that stand out; 0 where it does not.
  int PixelsAt(const cv::Mat& bgr, int cut, cv::Point pixel) const;

 private:
  // False where something crosses the border of `place` within the picture.
  bool FindIn(const cv::Rect& place, const cv::Mat& bgr, int cut, double area,
              train::FrameDetections& found);

  cv::Mat picture_;
  int followed_ = 0;
};

constexpr double kLeastMovingArea = 30;  // pixels; less is dirt

}  // namespace infer
