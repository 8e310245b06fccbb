#include "datasets/behavior/mask_moments.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <opencv2/imgproc.hpp>

namespace datasets {
namespace {

cv::Rect Grown(const Box& box, int margin) {
  return {static_cast<int>(box.x) - margin, static_cast<int>(box.y) - margin,
          static_cast<int>(box.width) + 2 * margin, static_cast<int>(box.height) + 2 * margin};
}

}  // namespace

MaskMoments MomentsOf(const Rle& mask) {
  MaskMoments moments;
  double n = 0, sx = 0, sy = 0, sxx = 0, sxy = 0, syy = 0;
  int64_t at = 0;
  for (size_t i = 0; i < mask.counts.size(); ++i) {
    int64_t left = i % 2 == 1 ? mask.counts[i] : 0;
    if (left == 0) at += mask.counts[i];
    while (left > 0) {  // the part of the run inside one column
      const int64_t column = at / mask.height;
      const double x = static_cast<double>(column) + 0.5;
      const int64_t top = at % mask.height;
      const int64_t rows = std::min<int64_t>(left, mask.height - top);
      const double count = static_cast<double>(rows);
      const double middle = static_cast<double>(top) + count / 2;
      n += count;
      sx += count * x;
      sxx += count * x * x;
      sy += count * middle;
      sxy += count * x * middle;
      syy += count * middle * middle + count * (count * count - 1) / 12;
      at += rows;
      left -= rows;
    }
  }
  if (n == 0) return moments;
  moments.area = n;
  moments.x = sx / n;
  moments.y = sy / n;
  const double pixel = 1.0 / 12;  // second moment of a unit square
  const double xx = sxx / n - moments.x * moments.x + pixel;
  const double yy = syy / n - moments.y * moments.y + pixel;
  const double xy = sxy / n - moments.x * moments.y;
  const double half = (xx + yy) / 2;
  const double apart = std::sqrt((xx - yy) * (xx - yy) / 4 + xy * xy);
  moments.length = 4 * std::sqrt(half + apart);
  moments.width = 4 * std::sqrt(std::max(half - apart, pixel));
  moments.elongation = moments.length / moments.width;
  moments.angle_deg = std::atan2(2 * xy, xx - yy) * 90 / CV_PI;
  if (moments.angle_deg < 0) moments.angle_deg += 180;
  return moments;
}

bool MasksTouch(const Rle& a, const Rle& b, double distance_px) {
  const int reach = static_cast<int>(std::ceil(distance_px));
  const cv::Rect near = Grown(RleBox(a), reach) & Grown(RleBox(b), reach) &
                        cv::Rect(0, 0, std::min(a.width, b.width), std::min(a.height, b.height));
  if (near.empty()) return false;
  const cv::Mat part = DecodeMask(a, near), other = DecodeMask(b, near);
  if (cv::countNonZero(part) == 0 || cv::countNonZero(other) == 0) return false;
  cv::Mat away, distance;
  cv::bitwise_not(part, away);  // zero on `a`: distances are to its nearest pixel
  cv::distanceTransform(away, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  double least = 0;
  cv::minMaxLoc(distance, &least, nullptr, nullptr, nullptr, other);
  return least <= distance_px + 1e-6;
}

}  // namespace datasets
