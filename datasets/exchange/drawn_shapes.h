// Shapes as labeling tools keep them, as the outlines of labels.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>

#include "datasets/store/records.h"

namespace datasets {

// Closed, in continuous coordinates. `degrees` turn clockwise on the screen, about `pivot`.
Ring TurnedRing(const Ring& ring, const cv::Point2d& pivot, double degrees);
// A 64-gon, its axes turned by `degrees` about the center.
Ring EllipseRing(const cv::Point2d& center, double radius_x, double radius_y, double degrees = 0);

// Sets outline, box and area. Throws Error(thing = `where`) for what has no area.
void SetRing(const Ring& ring, const std::string& where, AnnotationRow& row);

// A few bytes can promise gigabytes: masks are decoded once they are known to be no larger than
// their picture, and all of a file together than what a person can have drawn.
class MaskAllowance {
 public:
  // Throws Error(thing = `where`) for a mask that does not lie inside a picture of this size.
  void Take(const cv::Rect& region, const cv::Size& picture, const std::string& where);

 private:
  int64_t pixels_ = 0;
};

// A mask (CV_8UC1) that covers `region` of a picture. False where it has no pixel.
bool SetMask(const cv::Mat& mask, const cv::Rect& region, const cv::Size& picture,
             AnnotationRow& row);

}  // namespace datasets
