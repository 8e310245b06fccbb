// What goes into the parts of the reference detectors and comes out of them. Internal to train/
// (torch types).
#pragma once

#include <torch/torch.h>

#include <opencv2/core.hpp>
#include <string>
#include <utility>
#include <vector>

namespace train {

// One labeled picture, augmented already, on the CPU.
struct DetectSample {
  torch::Tensor image;   // [3, H, W] float, RGB, 0..1
  torch::Tensor boxes;   // [N, 4] float, x1 y1 x2 y2 in pixels of `image`, sides > 0; N may be 0
  torch::Tensor labels;  // [N] int64, 1..classes (0 is background)
  torch::Tensor masks;   // [N, H, W] uint8, 0 or 1
  torch::Tensor crowd_boxes;  // [M, 4]: regions that are neither animal nor background; M may be 0
  uint64_t seed = 0;          // of the choices that a loss makes about this picture; 0: not seeded
};

// One detection in pixels of the picture that was given.
struct Found {
  int label = 0;                    // 1..classes
  float score = 0;                  // as the reference network scores it
  float box[4] = {0, 0, 0, 0};      // x1, y1, x2, y2
  cv::Rect region;                  // where `mask` lies; inside the picture; empty without a mask
  cv::Mat mask;                     // CV_8UC1 [region.height, region.width], 0 or 255; or empty
  float certainty = 0;              // mean |2p - 1| of the mask's probability along its border
  std::vector<float> class_scores;  // [classes]: of the same place, each class's probability
};

using NamedLosses = std::vector<std::pair<std::string, torch::Tensor>>;  // scalars with graph

}  // namespace train
