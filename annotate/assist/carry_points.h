// Key points carried from one frame to the next with the outline of their animal.
#pragma once

#include <opencv2/core.hpp>
#include <vector>

#include "datasets/keypoints/skeleton.h"

namespace annotate {

// How far a point may come home from where it was, pixels, of an animal of this area: a few.
double PointSlack(double area);

// Where the points are after `motion` (MotionInside): what is around each is looked for near there
// and, from where it was found, back in `from`. Points that do not come back within PointSlack, and
// those that leave the picture, are left out. Where nothing is to be seen around them the motion
// alone takes them along, and hidden ones go as those that were found went. Pictures are 8-bit BGR;
// `area` is the animal's.
std::vector<datasets::KeyPoint> CarriedPoints(const cv::Mat& from, const cv::Mat& to,
                                              const cv::Matx23d& motion,
                                              const std::vector<datasets::KeyPoint>& points,
                                              double area);

}  // namespace annotate
