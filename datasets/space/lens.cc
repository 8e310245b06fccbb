#include <cmath>

#include "datasets/space/calibration.h"

namespace datasets {
namespace {

constexpr int kMostRounds = 50;

struct Bent {
  cv::Point2d place;
  double xx, xy, yx, yy;  // derivatives
};

Bent Bend(const std::array<double, 5>& k, const cv::Point2d& at) {
  const double x = at.x, y = at.y, r2 = x * x + y * y;
  const double radial = 1 + r2 * (k[0] + r2 * (k[1] + r2 * k[4]));
  const double slope = k[0] + r2 * (2 * k[1] + r2 * 3 * k[4]);  // of radial by r2
  Bent bent;
  bent.place = {x * radial + 2 * k[2] * x * y + k[3] * (r2 + 2 * x * x),
                y * radial + 2 * k[3] * x * y + k[2] * (r2 + 2 * y * y)};
  bent.xx = radial + 2 * x * x * slope + 2 * k[2] * y + 6 * k[3] * x;
  bent.xy = 2 * x * y * slope + 2 * k[2] * x + 2 * k[3] * y;
  bent.yx = bent.xy;
  bent.yy = radial + 2 * y * y * slope + 2 * k[3] * x + 6 * k[2] * y;
  return bent;
}

// The model is one to one around the center, as long as the way out goes on outwards.
bool Folds(const std::array<double, 5>& k, const cv::Point2d& at) {
  for (int step = 1; step <= 8; ++step) {
    const Bent bent = Bend(k, at * (step / 8.0));
    if (!(bent.xx * bent.yy - bent.xy * bent.yx > 0.02) || !(bent.xx + bent.yy > 0)) return true;
  }
  return false;
}

}  // namespace

std::optional<cv::Point2d> Lens::Normalized(const cv::Point2d& pixel) const {
  const double y = (pixel.y - 0.5 - matrix(1, 2)) / matrix(1, 1);
  const cv::Point2d wanted((pixel.x - 0.5 - matrix(0, 2) - matrix(0, 1) * y) / matrix(0, 0), y);
  cv::Point2d at = wanted;
  const double scale = 1 + std::hypot(wanted.x, wanted.y);
  // From half way inside: Newton's steps from outside of the fold would not come back.
  if (Folds(distortion, at)) at *= 0.5;
  for (int round = 0; round < kMostRounds; ++round) {
    const Bent bent = Bend(distortion, at);
    const cv::Point2d off = wanted - bent.place;
    if (std::hypot(off.x, off.y) < 1e-12 * scale) {
      if (Folds(distortion, at)) return {};
      return at;
    }
    const double determinant = bent.xx * bent.yy - bent.xy * bent.yx;
    if (!(std::abs(determinant) > 1e-9)) return {};
    cv::Point2d step((off.x * bent.yy - off.y * bent.xy) / determinant,
                     (off.y * bent.xx - off.x * bent.yx) / determinant);
    const double length = std::hypot(step.x, step.y), most = 0.3 * scale;
    if (length > most) step *= most / length;
    at += step;
  }
  return {};
}

std::optional<cv::Point2d> Lens::Pixel(const cv::Point2d& normalized) const {
  if (Folds(distortion, normalized)) return {};
  const cv::Point2d bent = Bend(distortion, normalized).place;
  return cv::Point2d(matrix(0, 0) * bent.x + matrix(0, 1) * bent.y + matrix(0, 2) + 0.5,
                     matrix(1, 1) * bent.y + matrix(1, 2) + 0.5);
}

}  // namespace datasets
