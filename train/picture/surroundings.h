// What a picture shows around one animal, as numbers for each pixel. No torch type here.
#pragma once

#include <opencv2/core.hpp>

namespace train {

// The surroundings of one animal, reduced.
struct Surroundings {
  cv::Size size;
  bool has_background = false;
  // CV_32FC1 [n, pixels], a row for each feature, 1 stands for 64 grey levels: blue, green, red
  // (rows 0 to 2); with an empty scene the distances to it (rows 3 to 5); then both at coarser
  // scales, and at each of four scales how steep the brightness is and how it bends (the two
  // eigenvalues of its second derivatives). n = SurroundingFeatures(has_background).
  cv::Mat features;
};

// At most 1: what makes the longer side of the view 96 pixels.
double UsualScale(const cv::Rect& view);
// `view` lies inside the picture. `background` has the picture's size, or is empty: no distances.
// Reduced by `scale`, and further where the longer side would have more than 192 pixels.
Surroundings LookAround(const cv::Mat& bgr, const cv::Mat& background, const cv::Rect& view,
                        double scale);
int SurroundingFeatures(bool has_background);
// What is looked at around something of that box and area (pixels).
cv::Rect ViewAround(const cv::Rect& box, double area, const cv::Size& frame);
// Averages a mask (CV_8UC1, 0 or 255) that covers `region` of the picture over the reduced pixels
// of `view`: CV_8UC1 [size], shares 0..255.
cv::Mat ReducedMask(const cv::Mat& mask, const cv::Rect& region, const cv::Rect& view,
                    const cv::Size& size);

}  // namespace train
