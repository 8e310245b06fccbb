// Outlines of a mask by following the borders between its pixels.
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/shape/mask.h"

namespace datasets {
namespace {

// Directions along pixel borders, with the foreground on the right hand: clockwise on the screen.
enum Direction { kRight = 0, kDown = 1, kLeft = 2, kUp = 3 };
constexpr int kStepX[] = {1, 0, -1, 0};
constexpr int kStepY[] = {0, 1, 0, -1};

// The mask with one pixel of background around it, and which top borders were walked already.
class BorderMap {
 public:
  explicit BorderMap(const cv::Mat& mask) : walked_(mask.rows + 1, mask.cols + 1, uchar{0}) {
    // Isolated: what surrounds a part of a larger mask is not to be seen.
    cv::copyMakeBorder(mask, padded_, 1, 1, 1, 1, cv::BORDER_CONSTANT | cv::BORDER_ISOLATED, 0);
  }
  bool Foreground(int x, int y) const { return padded_.ptr(y + 1)[x + 1] != 0; }

  // Calls visit(corners, area) for each border loop; area > 0 outside, < 0 around a hole. Diagonal
  // neighbors belong to one blob. visit returns false to stop.
  template <class Visit>
  void ForEachLoop(Visit&& visit) {
    std::vector<cv::Point> corners;
    for (int y = 0; y < padded_.rows - 2; ++y) {
      const uchar* row = padded_.ptr(y + 1) + 1;
      const uchar* above = padded_.ptr(y) + 1;
      for (int x = 0; x < padded_.cols - 2; ++x) {
        if (row[x] == 0 || above[x] != 0 || walked_(y, x)) continue;
        const double area = Follow({x, y}, corners);
        if (!visit(corners, area)) return;
      }
    }
  }

 private:
  // Follows the border that starts along the top of pixel `start`; leaves the corners of the loop.
  double Follow(cv::Point start, std::vector<cv::Point>& corners) {
    corners.clear();
    cv::Point at = start;
    int direction = kRight;
    int64_t area = 0;
    do {
      if (direction == kRight) walked_(at.y, at.x) = 1;
      at.x += kStepX[direction];
      at.y += kStepY[direction];
      if (direction == kRight) area -= at.y;
      if (direction == kLeft) area += at.y;
      const int next = Turn(at, direction);
      if (next != direction) corners.push_back(at);
      direction = next;
    } while (at != start || direction != kRight);
    return static_cast<double>(area);
  }

  // At corner `at`: left where the pixel ahead on the left is foreground (which joins diagonal
  // neighbors), straight where only the one ahead on the right is, else right.
  int Turn(cv::Point at, int direction) const {
    static constexpr int kLeftX[] = {0, 0, -1, -1}, kLeftY[] = {-1, 0, 0, -1};
    static constexpr int kRightX[] = {0, -1, -1, 0}, kRightY[] = {0, 0, -1, -1};
    if (Foreground(at.x + kLeftX[direction], at.y + kLeftY[direction])) return (direction + 3) % 4;
    if (Foreground(at.x + kRightX[direction], at.y + kRightY[direction])) return direction;
    return (direction + 1) % 4;
  }

  cv::Mat padded_;
  cv::Mat_<uchar> walked_;
};

// Where a slanted border is a staircase, the true border runs through the middles of its steps; a
// corner between two long straight runs is a real corner.
Ring ThroughMiddles(const std::vector<cv::Point>& corners) {
  constexpr int kLongRun = 3;
  const size_t n = corners.size();
  Ring ring;
  ring.reserve(2 * n);
  const auto length = [&](size_t i) {
    const cv::Point d = corners[(i + 1) % n] - corners[i];
    return std::abs(d.x) + std::abs(d.y);
  };
  int previous = length(n - 1);
  for (size_t i = 0; i < n; ++i) {
    const int run = length(i);
    const cv::Point2d from = corners[i], to = corners[(i + 1) % n];
    if (run >= kLongRun && previous >= kLongRun) ring.push_back(from);
    const cv::Point2d half = (to - from) * (0.5 / run);
    ring.push_back(from + half);
    if (run > 1) ring.push_back(to - half);
    previous = run;
  }
  return ring;
}

// The loop's outline within `tolerance`; closer where that crosses itself (thin tails), or where a
// fine tolerance would still lose more than 2 percent of a small blob.
Ring OutlineOf(std::vector<cv::Point> corners, double tolerance) {
  constexpr double kFineTolerance = 1, kEnoughIou = 0.98;
  constexpr int kTries = 3;
  // In the loop's own corner of the picture: a mask may have as many loops as pixels.
  cv::Point low = corners.front(), high = low;
  for (const cv::Point& corner : corners) {
    low = {std::min(low.x, corner.x), std::min(low.y, corner.y)};
    high = {std::max(high.x, corner.x), std::max(high.y, corner.y)};
  }
  for (cv::Point& corner : corners) corner -= low;
  const cv::Size size(high - low);
  const auto in_place = [&](Ring ring) {
    for (cv::Point2d& point : ring) point += cv::Point2d(low);
    return ring;
  };
  const Ring exact(corners.begin(), corners.end());
  const Ring middles = ThroughMiddles(corners);
  const Rle covered = RlePolygon(exact, size.height, size.width);
  for (int i = 0; i < kTries; ++i, tolerance /= 2) {
    Ring ring = SimplifyRing(middles, tolerance);
    if (SelfCrosses(ring)) continue;
    if (tolerance > kFineTolerance ||
        RleIou(RlePolygon(ring, size.height, size.width), covered) >= kEnoughIou)
      return in_place(std::move(ring));
  }
  return in_place(exact);
}

}  // namespace

cv::Rect BoundsOf(const cv::Mat& mask) {
  VOLE_CHECK(mask.empty() || mask.type() == CV_8UC1);
  int left = mask.cols, right = -1, top = -1, bottom = -1;
  for (int y = 0; y < mask.rows; ++y) {
    const uchar* row = mask.ptr(y);
    const uchar* end = row + mask.cols;
    const uchar* first = std::find_if(row, end, [](uchar value) { return value != 0; });
    if (first == end) continue;
    int last = mask.cols - 1;
    while (row[last] == 0) --last;
    if (top < 0) top = y;
    bottom = y;
    left = std::min(left, static_cast<int>(first - row));
    right = std::max(right, last);
  }
  if (top < 0) return {};
  return {left, top, right - left + 1, bottom - top + 1};
}

Polygons TraceMask(const cv::Mat& mask, double tolerance, cv::Point offset, double min_area) {
  VOLE_CHECK(mask.empty() || mask.type() == CV_8UC1);
  Polygons outlines;
  if (mask.empty()) return outlines;
  const cv::Rect region = BoundsOf(mask);
  if (region.empty()) return outlines;
  const cv::Point2d shift(region.x + offset.x, region.y + offset.y);
  BorderMap borders(mask(region));
  borders.ForEachLoop([&](const std::vector<cv::Point>& corners, double area) {
    if (area <= 0 || area < min_area) return true;
    Ring ring = OutlineOf(corners, tolerance);
    for (auto& point : ring) point += shift;
    outlines.push_back(std::move(ring));
    return true;
  });
  return outlines;
}

bool HasHoles(const cv::Mat& mask) {
  VOLE_CHECK(mask.empty() || mask.type() == CV_8UC1);
  if (mask.empty()) return false;
  const cv::Rect region = BoundsOf(mask);
  if (region.empty()) return false;
  bool found = false;
  BorderMap borders(mask(region));
  borders.ForEachLoop([&](const std::vector<cv::Point>&, double area) {
    found = area < 0;
    return !found;
  });
  return found;
}

}  // namespace datasets
