// Regions of pixels around a place in the image: what the proposals are cut from.
#pragma once

#include <opencv2/core.hpp>
#include <optional>

#include "datasets/shape/contrast.h"
#include "datasets/shape/polygon.h"

namespace annotate {

// The square of half side `half_side` around `center`, clipped to an image of `size`.
cv::Rect WindowAround(cv::Point2d center, double half_side, cv::Size size);
// All pixels within `margin` pixels of the box, clipped to an image of `size`; of any numbers.
cv::Rect WindowOf(const datasets::Box& box, double margin, cv::Size size);
// The pixel that holds a continuous position; nothing when it is outside or not finite.
std::optional<cv::Point> PixelAt(cv::Point2d position, cv::Size size);
// True when the foreground of `mask` (the part of the image at `window`) touches a side of the
// window that is not a side of the image: the region may go on outside.
bool LeavesWindow(const cv::Mat& mask, const cv::Rect& window, cv::Size image);

using datasets::ContrastTo, datasets::FillHoles, datasets::LegRadius, datasets::Open;

// The connected part (8 neighbors) of `mask` at `at`, or the nearest one at most `reach` pixels
// away; empty Mat when there is none.
cv::Mat ComponentAt(const cv::Mat& mask, cv::Point at, int reach);
// The part of a region of several touching animals that belongs to the seed: watershed between the
// cores of the distance transform. The whole region when it has no such parts.
cv::Mat SplitAt(const cv::Mat& region, cv::Point seed, double typical_area);
// The share of the outline of `mask` that lies on an edge of the picture itself: a ghost in the
// background image has none. Both of one window.
double EdgeShare(const cv::Mat& window_bgr, const cv::Mat& mask);
// Polygons drawn into a mask of `window` (CV_8UC1, 0 or 255), union of the rings.
cv::Mat MaskOf(const datasets::Polygons& polygons, const cv::Rect& window);
double AreaOf(const datasets::Polygons& polygons);  // sum of the rings' areas
cv::Point2d CenterOf(const datasets::Polygons& polygons);
double IouOf(const datasets::Polygons& a, const datasets::Polygons& b, cv::Size image);

}  // namespace annotate
