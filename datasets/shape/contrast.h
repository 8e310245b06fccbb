// What stands out from the ground, pixel by pixel, and how to tidy the masks cut from it.
#pragma once

#include <opencv2/core.hpp>

namespace datasets {

// How differently two pictures shine, a pixel: Weber contrast 255 |f - b| / (max(f, b) + 40), the
// largest over the channels, after a light blur of `frame`. Dark and bright scenes come out alike:
// 70 to 110 parts most animals from their ground. CV_8UC1.
cv::Mat ContrastTo(const cv::Mat& frame, const cv::Mat& ground);

// Morphological opening with a disc: takes legs and tails off. `radius` in pixels, 0 does nothing.
cv::Mat Open(const cv::Mat& mask, int radius);
// The radius that takes legs and tails off an animal of this area and leaves the body.
int LegRadius(double area);
cv::Mat FillHoles(const cv::Mat& mask);

}  // namespace datasets
