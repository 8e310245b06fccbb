// The motion of an outline between two frames.
#pragma once

#include <opencv2/core.hpp>
#include <optional>

#include "datasets/shape/polygon.h"

namespace annotate {

// The rigid motion (with a change of scale of at most a quarter) that the inside of the outline
// makes between the two frames, in pixels of the picture: [2x3], of centers of pixels, whose
// coordinates are whole numbers; nothing when the inside moves in no consistent way.
std::optional<cv::Matx23d> MotionInside(const cv::Mat& from, const cv::Mat& to,
                                        const datasets::Polygons& outline);
cv::Point2d Moved(const cv::Point2d& at, const cv::Matx23d& motion);
datasets::Polygons Moved(datasets::Polygons outline, const cv::Matx23d& motion);
// The outline after that motion; empty where there is none.
datasets::Polygons MovedOutline(const cv::Mat& from, const cv::Mat& to,
                                const datasets::Polygons& outline);
// The share of both shapes' pixels on which they agree, where a difference of a twenty-fifth of the
// square root of `area` (at least a pixel) along their borders counts as none: small animals would
// else never agree with themselves. 0 when one is empty.
double OutlineAgreement(const datasets::Polygons& a, const datasets::Polygons& b, double area);

}  // namespace annotate
