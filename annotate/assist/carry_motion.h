// The motion of an outline between two frames.
#pragma once

#include <opencv2/core.hpp>

#include "datasets/shape/polygon.h"

namespace annotate {

// The outline after the rigid motion (with a change of scale of at most a quarter) that its inside
// makes between the two frames; empty when the inside moves in no consistent way.
datasets::Polygons MovedOutline(const cv::Mat& from, const cv::Mat& to,
                                const datasets::Polygons& outline);
// The share of both shapes' pixels on which they agree, where a difference of a twenty-fifth of the
// square root of `area` (at least a pixel) along their borders counts as none: small animals would
// else never agree with themselves. 0 when one is empty.
double OutlineAgreement(const datasets::Polygons& a, const datasets::Polygons& b, double area);

}  // namespace annotate
