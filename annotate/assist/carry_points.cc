#include "annotate/assist/carry_points.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <opencv2/imgproc.hpp>
#include <optional>

#include "annotate/assist/carry_motion.h"

namespace annotate {
namespace {

using datasets::KeyPoint;

constexpr double kPatch = 0.16, kReach = 0.1;  // half a patch and how far around, by sqrt(area)
constexpr double kSlack = 0.05;
constexpr double kLeastContrast = 5;  // grey levels, deviation: less is nothing to hold on to
constexpr double kApart = 0.3;        // of seen points that tell a turn, by sqrt(area)
// Mean squares of grey levels. Differences and not a correlation: that does not see where on a
// slope of brightness it is.
constexpr double kFarther = 4;      // what the end of the reach costs
constexpr double kSameAnyway = 64;  // noise and shading
constexpr double kSameShare = 0.5;  // of the variance of the patch
constexpr int kHidden = 1;

const cv::Point2d kHalf(0.5,
                        0.5);  // key points' pixels begin at whole numbers, pictures' lie there

cv::Matx23d Inverse(const cv::Matx23d& motion) {
  cv::Matx23d inverse;
  cv::invertAffineTransform(motion, inverse);
  return inverse;
}

// The bottom of the parabola through three values, the middle one about the lowest.
double Bottom(double before, double at, double after) {
  const double bend = before - 2 * at + after;
  return bend > 1 ? std::clamp(0.5 * (before - after) / bend, -0.5, 0.5) : 0;  // else it is flat
}

class Matcher {
 public:
  explicit Matcher(double area)
      : half_(std::clamp(static_cast<int>(std::lround(kPatch * std::sqrt(area))), 4, 24)),
        reach_(std::clamp(static_cast<int>(std::lround(kReach * std::sqrt(area))), 3, 16)) {}

  // Where `to` shows what `from` shows around `at`, near where the motion takes it; nothing where
  // it shows something else.
  std::optional<cv::Point2d> Find(const cv::Mat& from, const cv::Mat& to, const cv::Point2d& at,
                                  const cv::Matx23d& motion) const {
    const cv::Point2d there = Moved(at, motion);
    const int side = 2 * half_ + 1;
    // As it will look in `to`, turned with the animal.
    cv::Matx23d source = Inverse(motion);
    const cv::Point2d corner = Moved(there - cv::Point2d(half_, half_), source);
    source(0, 2) = corner.x;
    source(1, 2) = corner.y;
    cv::Mat patch;
    cv::warpAffine(from, patch, source, {side, side}, cv::INTER_LINEAR | cv::WARP_INVERSE_MAP,
                   cv::BORDER_REPLICATE);
    cv::Scalar mean, deviation;
    cv::meanStdDev(patch, mean, deviation);
    const bool anything = deviation[0] >= kLeastContrast;
    // Once more from where it was found: a parabola is right in its middle alone, and what it is
    // off by would add up over the frames.
    double difference = 0;
    cv::Point2d found = Nearest(patch, to, there, anything ? reach_ : 0, &difference);
    if (anything) found = Nearest(patch, to, found, 1, &difference);
    const double same = std::max(kSameAnyway, kSameShare * deviation[0] * deviation[0]);
    return difference <= same ? std::optional(found) : std::nullopt;
  }

 private:
  cv::Point2d Nearest(const cv::Mat& patch, const cv::Mat& to, const cv::Point2d& center, int reach,
                      double* difference) const {
    cv::Mat around, differences;
    cv::getRectSubPix(to, {patch.cols + 2 * reach, patch.rows + 2 * reach}, center, around);
    cv::matchTemplate(around, patch, differences, cv::TM_SQDIFF);
    differences /= static_cast<double>(patch.total());
    cv::Point best(reach, reach);
    double least = 1e18;
    for (int y = 0; y < differences.rows; ++y) {
      for (int x = 0; x < differences.cols; ++x) {
        const double away = std::hypot(x - reach, y - reach) / reach_;
        const double cost = differences.at<float>(y, x) + kFarther * away * away;
        if (cost < least) least = cost, best = {x, y};
      }
    }
    *difference = differences.at<float>(best);
    const auto value = [&](int dx, int dy) {
      const cv::Point place(std::clamp(best.x + dx, 0, differences.cols - 1),
                            std::clamp(best.y + dy, 0, differences.rows - 1));
      return static_cast<double>(differences.at<float>(place));
    };
    const cv::Point2d finer(Bottom(value(-1, 0), value(0, 0), value(1, 0)),
                            Bottom(value(0, -1), value(0, 0), value(0, 1)));
    return center + cv::Point2d(best) - cv::Point2d(reach, reach) + finer;
  }

  int half_, reach_;  // pixels
};

// What takes the seen points from where they were to where they are; `motion` where they tell less.
cv::Matx23d MotionOf(const std::vector<cv::Point2d>& from, const std::vector<cv::Point2d>& to,
                     const cv::Matx23d& motion, double area) {
  if (from.empty()) return motion;
  using Complex = std::complex<double>;
  const double count = static_cast<double>(from.size());
  Complex before = 0, after = 0, product = 0;
  double squares = 0;
  for (size_t i = 0; i < from.size(); ++i) {
    before += Complex(from[i].x, from[i].y) / count;
    after += Complex(to[i].x, to[i].y) / count;
  }
  for (size_t i = 0; i < from.size(); ++i) {
    const Complex arm = Complex(from[i].x, from[i].y) - before;
    product += (Complex(to[i].x, to[i].y) - after) * std::conj(arm);
    squares += std::norm(arm);
  }
  Complex turn(motion(0, 0), motion(1, 0));
  if (squares / count > kApart * kApart * area) turn = product / squares;
  const Complex shift = after - turn * before;
  return {turn.real(), -turn.imag(), shift.real(), turn.imag(), turn.real(), shift.imag()};
}

cv::Mat Gray(const cv::Mat& picture) {
  cv::Mat gray;
  cv::cvtColor(picture, gray, cv::COLOR_BGR2GRAY);
  cv::GaussianBlur(gray, gray, {3, 3}, 0);
  return gray;
}

}  // namespace

double PointSlack(double area) { return std::max(2.0, kSlack * std::sqrt(area)); }

std::vector<KeyPoint> CarriedPoints(const cv::Mat& from, const cv::Mat& to,
                                    const cv::Matx23d& motion, const std::vector<KeyPoint>& points,
                                    double area) {
  constexpr int kRounds = 2;  // what was found tells the turn better, and so where to look
  std::vector<KeyPoint> carried;
  if (points.empty()) return carried;
  const cv::Mat before = Gray(from), after = Gray(to);
  const Matcher matcher(area);
  std::vector<std::optional<cv::Point2d>> places;
  cv::Matx23d better = motion;
  for (int round = 0; round < kRounds; ++round) {
    const cv::Matx23d home = Inverse(better);
    std::vector<cv::Point2d> seen, found;
    places.assign(points.size(), std::nullopt);
    for (size_t i = 0; i < points.size(); ++i) {
      const cv::Point2d at = cv::Point2d(points[i].x, points[i].y) - kHalf;
      if (points[i].visibility == kHidden) continue;
      const auto there = matcher.Find(before, after, at, better);
      const auto back = there ? matcher.Find(after, before, *there, home) : std::nullopt;
      if (!back || cv::norm(*back - at) > PointSlack(area)) continue;
      places[i] = there;
      seen.push_back(at);
      found.push_back(*there);
    }
    better = MotionOf(seen, found, motion, area);
  }
  for (size_t i = 0; i < points.size(); ++i) {
    KeyPoint point = points[i];
    if (point.visibility == kHidden) {
      places[i] = Moved(cv::Point2d(point.x, point.y) - kHalf, better);
    }
    if (!places[i]) continue;
    point.x = places[i]->x + kHalf.x;
    point.y = places[i]->y + kHalf.y;
    if (point.x < 0 || point.y < 0 || point.x > to.cols || point.y > to.rows) continue;
    carried.push_back(std::move(point));
  }
  return carried;
}

}  // namespace annotate
