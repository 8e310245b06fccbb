// What network and picture say of a run of frames, before time is looked at.
#pragma once

#include <algorithm>
#include <opencv2/core.hpp>
#include <vector>

#include "infer/review/picture_agreement.h"
#include "train/base/predictor.h"

namespace infer {

struct FoundFrames {
  int first_frame = 0;
  std::vector<train::FrameDetections> frames;
  std::vector<std::vector<PictureEvidence>> evidence;  // parallel, or empty
};

// Frames predicted as one run: within it a frame may be looked at only around the animals of the
// one before. The same frames are found the same again where runs begin at the same frames. The
// first one of a run costs most (all of it is looked at, not only the animals' surroundings), so
// that eight are worth their memory, up to about 100 MB of pixels.
inline int FramesARun(cv::Size size) {
  const double bytes = std::max(1.0, static_cast<double>(size.area()) * 3);
  return std::clamp(static_cast<int>(100e6 / bytes), 1, 8);
}

}  // namespace infer
