// Masks of a fixed small size drawn at their place in the picture, pixel for pixel as torchvision
// 0.14 does. No torch type here.
#pragma once

#include <opencv2/core.hpp>

namespace train {

struct PastedMask {
  cv::Rect region;      // inside the picture, tight around the mask; empty when nothing is left
  cv::Mat mask;         // CV_8UC1 [region], 0 or 255
  float certainty = 0;  // mean |2p - 1| along the border of the small mask
};

// `probability` CV_32FC1 [M, M]; `box` x1, y1, x2, y2 in picture pixels. The mask is padded by one,
// the box grown by (M + 2) / M and cut to whole pixels, the mask interpolated to it and cut at 0.5.
PastedMask PasteMask(const cv::Mat& probability, const float (&box)[4], const cv::Size& picture);

}  // namespace train
