// From a detector's answer to animals. Internal to train/ (torch types behind detector.h).
#pragma once

#include <vector>

#include "train/detect/description.h"
#include "train/detect/detector.h"

namespace train {

// A picture as detectors take it: BGR CV_8UC3 -> [3, H, W] float RGB 0..1.
torch::Tensor ImageTensor(const cv::Mat& bgr);

// One detection an animal: a detector looks at each class apart, so the same animal may be found
// under several names; the best stays (masks that overlap by half or lie in each other, boxes that
// overlap by 0.7), and its class scores become its evidence. The score becomes the probability that
// it is an animal at all: the sum over the classes.
std::vector<Detection> AnimalsOf(const std::vector<Found>& found,
                                 const DetectDescription& description);

}  // namespace train
