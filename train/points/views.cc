#include "train/points/views.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace train {
namespace {

// A view is this many times as long as the animal: room for legs, tails and what labels leave out.
constexpr double kRoom = 1.7;
// The view of a point set is larger: points stand inside the body, at its ends or not.
constexpr double kLeastShare = 0.5, kMostShare = 2;

Extent FromMoments(const cv::Point2d& center, double xx, double xy, double yy) {
  const double mean = (xx + yy) / 2, half = std::hypot((xx - yy) / 2, xy);
  return {center, 0.5 * std::atan2(2 * xy, xx - yy), 4 * std::sqrt(std::max(0.0, mean + half))};
}

}  // namespace

cv::Mat ViewMatrix(const PointView& view, int pixels) {
  const double scale = pixels / view.side;
  const double c = std::cos(view.turn_radians) * scale, s = std::sin(view.turn_radians) * scale;
  cv::Mat matrix = (cv::Mat_<double>(2, 3) << c, s, 0, -s, c, 0);
  if (view.flip) matrix.row(0) *= -1;
  for (int row = 0; row < 2; ++row) {
    matrix.at<double>(row, 2) = pixels / 2.0 - matrix.at<double>(row, 0) * view.center.x -
                                matrix.at<double>(row, 1) * view.center.y;
  }
  return matrix;
}

cv::Point2d Through(const cv::Mat& matrix, const cv::Point2d& point) {
  const double* m = matrix.ptr<double>(0);
  const double* n = matrix.ptr<double>(1);
  return {m[0] * point.x + m[1] * point.y + m[2], n[0] * point.x + n[1] * point.y + n[2]};
}

cv::Mat Warped(const cv::Mat& image, const cv::Point& origin, const cv::Mat& matrix, int pixels,
               int border) {
  cv::Mat warp = matrix.clone(), source = image, warped;
  const double scale = std::hypot(warp.at<double>(0, 0), warp.at<double>(1, 0));
  cv::Point2d ratio(1, 1);
  if (scale < 0.5) {  // a warp would skip pixels
    cv::resize(image, source, {}, 1.5 * scale, 1.5 * scale, cv::INTER_AREA);
    ratio = {static_cast<double>(image.cols) / source.cols,
             static_cast<double>(image.rows) / source.rows};
  }
  for (int row = 0; row < 2; ++row) {
    double* m = warp.ptr<double>(row);
    m[2] += m[0] * origin.x + m[1] * origin.y;
    m[0] *= ratio.x;
    m[1] *= ratio.y;
    m[2] += 0.5 * (m[0] + m[1]) - 0.5;  // OpenCV's pixel centers are integers, ours halves
  }
  cv::warpAffine(source, warped, warp, {pixels, pixels}, cv::INTER_LINEAR, border);
  return warped;
}

Extent ExtentOf(const cv::Rect& region, const cv::Mat& mask) {
  const cv::Moments m = cv::moments(mask, true);
  if (m.m00 <= 0) return {};
  const cv::Point2d center(m.m10 / m.m00 + 0.5 + region.x, m.m01 / m.m00 + 0.5 + region.y);
  return FromMoments(center, m.mu20 / m.m00, m.mu11 / m.m00, m.mu02 / m.m00);
}

Extent ExtentOf(const std::vector<cv::Point2d>& points) {
  if (points.empty()) return {};
  cv::Point2d center;
  for (const cv::Point2d& point : points) center += point;
  center /= static_cast<double>(points.size());
  double xx = 0, xy = 0, yy = 0;
  for (const cv::Point2d& point : points) {
    const cv::Point2d away = point - center;
    xx += away.x * away.x;
    xy += away.x * away.y;
    yy += away.y * away.y;
  }
  const double n = static_cast<double>(points.size());
  return FromMoments(center, xx / n, xy / n, yy / n);
}

PointView ViewOf(const Extent& extent, double usual_length) {
  PointView view;
  view.center = extent.center;
  view.turn_radians = extent.axis_radians;
  view.side = std::max(8.0, kRoom * std::clamp(extent.length, kLeastShare * usual_length,
                                               kMostShare * usual_length));
  return view;
}

PointView Shaken(const PointView& view, bool free_turn, datasets::Random& random) {
  PointView shaken = view;
  shaken.center.x += random.Normal() * 0.05 * view.side;
  shaken.center.y += random.Normal() * 0.05 * view.side;
  shaken.side *= std::exp(random.Normal() * 0.12);
  // An axis has no front: half of the views stand on their heads.
  shaken.turn_radians += free_turn ? random.Uniform(0, 2 * CV_PI)
                                   : random.Normal() * 0.25 + (random.Chance(0.5) ? CV_PI : 0);
  shaken.flip = random.Chance(0.5);
  return shaken;
}

void FillPointsInput(const cv::Mat& bgr, const cv::Rect& region, const cv::Mat& mask,
                     const PointView& view, int pixels, const PointsInput& input, double gain,
                     double offset, float* out) {
  const cv::Mat matrix = ViewMatrix(view, pixels);
  const cv::Mat seen = Warped(bgr, {}, matrix, pixels, cv::BORDER_REPLICATE);
  cv::Mat own;
  if (!mask.empty()) own = Warped(mask, region.tl(), matrix, pixels, cv::BORDER_CONSTANT);
  const double scale = gain / input.deviation;
  for (int y = 0; y < pixels; ++y) {
    const uchar* from = seen.ptr<uchar>(y);
    const uchar* covered = own.empty() ? nullptr : own.ptr<uchar>(y);
    for (int x = 0; x < pixels; ++x, from += 3, out += 4) {
      for (int channel = 0; channel < 3; ++channel) {
        const int of = 2 - channel;
        out[channel] =
            static_cast<float>((from[of] - input.mean_bgr[of]) * scale + offset / input.deviation);
      }
      out[3] = covered ? static_cast<float>(covered[x]) / 255.f : 0.f;
    }
  }
}

PointView WholeView(const cv::Size& image) {
  PointView view;
  view.center = {image.width / 2.0, image.height / 2.0};
  view.side = std::max(image.width, image.height);
  return view;
}

}  // namespace train
