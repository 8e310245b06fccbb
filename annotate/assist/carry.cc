// An outline carried from one frame to the next: dense flow, a rigid motion, then a fitted cut.
#include <algorithm>
#include <cmath>
#include <opencv2/calib3d.hpp>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>
#include <vector>

#include "annotate/assist/assist.h"
#include "annotate/assist/carry_motion.h"
#include "annotate/assist/pixel_region.h"

namespace annotate {

constexpr double kFlowSide = 128;  // pixels of the longer side of what the flow is computed of

std::optional<cv::Matx23d> MotionInside(const cv::Mat& from, const cv::Mat& to,
                                        const datasets::Polygons& outline) {
  const datasets::Box box = datasets::BoxOf(outline);
  const double length = std::sqrt(std::max(1.0, AreaOf(outline)));
  const double half = std::max(box.width, box.height) / 2 + length;
  const cv::Rect window =
      WindowAround({box.x + box.width / 2, box.y + box.height / 2}, half, from.size());
  if (window.width < 16 || window.height < 16) return std::nullopt;
  cv::Mat before, after, flow;
  cv::cvtColor(from(window), before, cv::COLOR_BGR2GRAY);
  cv::cvtColor(to(window), after, cv::COLOR_BGR2GRAY);
  // A motion that the whole animal makes shows in a small picture too, in a quarter of the time.
  const double shrink = std::min(1.0, kFlowSide / std::max(window.width, window.height));
  if (shrink < 1) {
    cv::resize(before, before, {}, shrink, shrink, cv::INTER_AREA);
    cv::resize(after, after, before.size(), 0, 0, cv::INTER_AREA);
  }
  cv::calcOpticalFlowFarneback(before, after, flow, 0.5, 4, 15, 3, 5, 1.2, 0);
  const cv::Mat inside = MaskOf(outline, window);
  const double across = static_cast<double>(flow.cols) / inside.cols;
  const double down = static_cast<double>(flow.rows) / inside.rows;
  std::vector<cv::Point2f> here, there;
  const int step = std::max(1, static_cast<int>(length / 24));
  for (int y = 0; y < inside.rows; y += step) {
    for (int x = 0; x < inside.cols; x += step) {
      if (inside.at<uchar>(y, x) == 0) continue;
      const cv::Point2f at(static_cast<float>(x), static_cast<float>(y));
      here.push_back(at);
      const cv::Point2f by =
          flow.at<cv::Point2f>(std::min(static_cast<int>(y * down), flow.rows - 1),
                               std::min(static_cast<int>(x * across), flow.cols - 1));
      there.push_back(
          at + cv::Point2f(static_cast<float>(by.x / across), static_cast<float>(by.y / down)));
    }
  }
  if (here.size() < 8) return std::nullopt;
  cv::setRNGSeed(1);
  std::vector<uchar> agree;
  const cv::Mat motion = cv::estimateAffinePartial2D(here, there, agree, cv::RANSAC,
                                                     std::max(1.5, 0.04 * length), 500);
  const auto agreeing = std::count(agree.begin(), agree.end(), 1);
  if (motion.empty() || agreeing < 0.3 * static_cast<double>(here.size())) {
    return std::nullopt;
  }
  const cv::Matx23d m = motion;
  const double scale = std::hypot(m(0, 0), m(1, 0));
  if (scale < 0.8 || scale > 1.25) return std::nullopt;
  const cv::Point2d corner = window.tl();
  const cv::Point2d shift = corner - Moved(corner, m) + cv::Point2d(m(0, 2), m(1, 2));
  return cv::Matx23d(m(0, 0), m(0, 1), m(0, 2) + shift.x, m(1, 0), m(1, 1), m(1, 2) + shift.y);
}

cv::Point2d Moved(const cv::Point2d& at, const cv::Matx23d& m) {
  return {m(0, 0) * at.x + m(0, 1) * at.y + m(0, 2), m(1, 0) * at.x + m(1, 1) * at.y + m(1, 2)};
}

datasets::Polygons Moved(datasets::Polygons outline, const cv::Matx23d& motion) {
  for (datasets::Ring& ring : outline) {
    for (cv::Point2d& point : ring) point = Moved(point, motion);
  }
  return outline;
}

datasets::Polygons MovedOutline(const cv::Mat& from, const cv::Mat& to,
                                const datasets::Polygons& outline) {
  const auto motion = MotionInside(from, to, outline);
  return motion ? Moved(outline, *motion) : datasets::Polygons();
}

double OutlineAgreement(const datasets::Polygons& a, const datasets::Polygons& b, double area) {
  constexpr double kSlackShare = 0.04;  // of the square root of the area
  const double slack = std::max(1.0, kSlackShare * std::sqrt(area));
  datasets::Polygons both = a;
  both.insert(both.end(), b.begin(), b.end());
  const datasets::Box box = datasets::BoxOf(both);
  const int reach = std::max(1, static_cast<int>(std::lround(slack)));
  const cv::Point low(static_cast<int>(std::floor(box.x)) - reach - 1,
                      static_cast<int>(std::floor(box.y)) - reach - 1);
  const cv::Point high(static_cast<int>(std::ceil(box.x + box.width)) + reach + 1,
                       static_cast<int>(std::ceil(box.y + box.height)) + reach + 1);
  const cv::Mat in_a = MaskOf(a, {low, high}), in_b = MaskOf(b, {low, high});
  const double all = cv::countNonZero(in_a | in_b);
  if (a.empty() || b.empty() || all <= 0) return 0;
  const cv::Mat disc = cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * reach + 1, 2 * reach + 1});
  cv::Mat around_a, around_b;
  cv::dilate(in_a, around_a, disc);
  cv::dilate(in_b, around_b, disc);
  return 1 - (cv::countNonZero(in_a & ~around_b) + cv::countNonZero(in_b & ~around_a)) / all;
}

Proposal CarryForward(const cv::Mat& from_frame, const datasets::Polygons& outline,
                      const cv::Mat& to_frame, const cv::Mat& background) {
  constexpr double kSamePlace = 0.85;
  if (from_frame.empty() || from_frame.size() != to_frame.size() || from_frame.type() != CV_8UC3 ||
      to_frame.type() != CV_8UC3 || !(AreaOf(outline) >= 16)) {
    return {};
  }
  const datasets::Polygons forward = MovedOutline(from_frame, to_frame, outline);
  if (forward.empty()) return {};
  Proposal fitted = GrabCutFrom(to_frame, background, forward, {});
  if (fitted.polygons.empty()) return {};
  const datasets::Polygons back = MovedOutline(to_frame, from_frame, fitted.polygons);
  const double agreement = OutlineAgreement(back, outline, AreaOf(outline));
  if (agreement < kSamePlace) return {};
  fitted.quality = agreement;
  return fitted;
}

}  // namespace annotate
