// From the segmentation network's answer to animals with masks. No torch type here.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "train/idseg/description.h"

namespace train {

// The answer for one frame at network scale.
struct SegMaps {
  cv::Mat animal;  // CV_32FC1: probability
  cv::Mat core;    // CV_32FC1: probability
  // CV_32FC1, network pixels: from each pixel to its animal's center. Empty for models that do not
  // say.
  cv::Mat to_center_x, to_center_y;
  std::vector<cv::Mat> class_logits;  // [K] CV_32FC1
  cv::Size image;                     // the picture's size
  cv::Point origin;                   // of the maps, in network pixels of the whole frame
  cv::Size frame;                     // the whole frame at network scale
};

// Animals, largest first. Connected animal pixels are one animal unless they point at several
// centers (train/idseg/votes.h). Models without centers: unless several cores or clearly different
// classes of fitting size lie in them; then a priority flood (Barnes et al. 2014) from those
// markers divides them. Specks below a fifth of the smallest labeled animal are dropped. Masks are
// made by interpolating the probability to image pixels. `expected`: how many animals are likely
// there, e.g. as many as just before; kAsLabeled: as many as labels show at most if the maps are of
// a whole frame, else unknown. Where fewer are found, touching ones are divided on weaker evidence,
// where more are found on stronger.
inline constexpr int kAsLabeled = -1;
std::vector<Detection> DecodeAnimals(const SegMaps& maps, const IdsegDescription& description,
                                     int expected = kAsLabeled);

// Fills the maps of `frame` (animal_probability, class_probability, scale) where `maps` lies; the
// rest of the frame stays as it is, or 0 the first time.
void KeepMaps(const SegMaps& maps, FrameDetections& frame);

}  // namespace train
