#include "annotate/assist/pixel_region.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/shape/mask.h"

namespace annotate {
namespace {

cv::Rect Inside(const cv::Rect& rect, cv::Size size) { return rect & cv::Rect({0, 0}, size); }

}  // namespace

cv::Rect WindowAround(cv::Point2d center, double half_side, cv::Size size) {
  const double bound = 4.0 * (size.width + size.height) + 16;
  const double x = std::clamp(center.x, -bound, bound), y = std::clamp(center.y, -bound, bound);
  const double half = std::clamp(half_side, 1.0, bound);
  const cv::Point from(static_cast<int>(std::floor(x - half)),
                       static_cast<int>(std::floor(y - half)));
  const cv::Point to(static_cast<int>(std::ceil(x + half)), static_cast<int>(std::ceil(y + half)));
  return Inside(cv::Rect(from, to), size);
}

cv::Rect WindowOf(const datasets::Box& box, double margin, cv::Size size) {
  const auto within = [](double value, int most) {
    return static_cast<int>(std::clamp(value, 0.0, static_cast<double>(most)));
  };
  const cv::Point from(within(std::floor(box.x - margin), size.width),
                       within(std::floor(box.y - margin), size.height));
  const cv::Point to(within(std::ceil(box.x + box.width + margin), size.width),
                     within(std::ceil(box.y + box.height + margin), size.height));
  return {from, to};
}

std::optional<cv::Point> PixelAt(cv::Point2d position, cv::Size size) {
  if (!(position.x >= 0 && position.y >= 0 && position.x < size.width &&
        position.y < size.height)) {
    return std::nullopt;
  }
  return cv::Point(static_cast<int>(position.x), static_cast<int>(position.y));
}

bool LeavesWindow(const cv::Mat& mask, const cv::Rect& window, cv::Size image) {
  if (mask.empty()) return false;
  return (window.x > 0 && cv::countNonZero(mask.col(0)) > 0) ||
         (window.y > 0 && cv::countNonZero(mask.row(0)) > 0) ||
         (window.x + window.width < image.width && cv::countNonZero(mask.col(mask.cols - 1)) > 0) ||
         (window.y + window.height < image.height && cv::countNonZero(mask.row(mask.rows - 1)) > 0);
}

cv::Mat ComponentAt(const cv::Mat& mask, cv::Point at, int reach) {
  if (mask.empty() || !cv::Rect({0, 0}, mask.size()).contains(at)) return {};
  cv::Mat parts;
  cv::connectedComponents(mask, parts, 8, CV_32S);
  int part = parts.at<int>(at);
  if (part == 0) {
    const cv::Rect near = WindowAround(at, reach, mask.size());
    double nearest = (reach + 0.5) * (reach + 0.5);
    for (int y = near.y; y < near.y + near.height; ++y) {
      for (int x = near.x; x < near.x + near.width; ++x) {
        const double distance = (x - at.x) * (x - at.x) + (y - at.y) * (y - at.y);
        if (parts.at<int>(y, x) == 0 || distance >= nearest) continue;
        nearest = distance;
        part = parts.at<int>(y, x);
      }
    }
  }
  if (part == 0) return {};
  return parts == part;
}

cv::Mat MaskOf(const datasets::Polygons& polygons, const cv::Rect& window) {
  if (window.empty()) return {};
  datasets::Polygons moved = polygons;
  for (datasets::Ring& ring : moved) {
    for (cv::Point2d& point : ring) point -= cv::Point2d(window.tl());
  }
  return datasets::DecodeMask(datasets::RlePolygons(moved, window.height, window.width));
}

double AreaOf(const datasets::Polygons& polygons) {
  double area = 0;
  for (const datasets::Ring& ring : polygons) area += datasets::RingArea(ring);
  return area;
}

cv::Point2d CenterOf(const datasets::Polygons& polygons) {
  const datasets::Box box = datasets::BoxOf(polygons);
  cv::Point2d sum;
  double weight = 0;
  for (const datasets::Ring& ring : polygons) {
    for (size_t i = 0; i < ring.size(); ++i) {
      const cv::Point2d &a = ring[i], &b = ring[(i + 1) % ring.size()];
      const double cross = a.cross(b);
      sum += (a + b) * cross;
      weight += 3 * cross;
    }
  }
  const cv::Point2d middle(box.x + box.width / 2, box.y + box.height / 2);
  if (std::abs(weight) < 1e-9) return middle;
  return sum * (1 / weight);
}

double IouOf(const datasets::Polygons& a, const datasets::Polygons& b, cv::Size image) {
  if (a.empty() || b.empty() || image.empty()) return 0;
  return datasets::RleIou(datasets::RlePolygons(a, image.height, image.width),
                          datasets::RlePolygons(b, image.height, image.width));
}

cv::Mat SplitAt(const cv::Mat& region, cv::Point seed, double typical_area) {
  cv::Mat depth;
  cv::distanceTransform(region, depth, cv::DIST_L2, 5);
  double deepest = 0;
  cv::minMaxLoc(depth, nullptr, &deepest);
  const double body = std::min(deepest, 0.5 * std::sqrt(typical_area));
  for (const double share : {0.5, 0.6, 0.7, 0.8, 0.9}) {
    cv::Mat cores = depth > share * body, markers;
    const int count = cv::connectedComponents(cores, markers, 8, CV_32S) - 1;
    if (count < 2) continue;
    // Watershed floods the inverted depth from the cores; what is outside is a basin of its own.
    markers.setTo(count + 1, region == 0);
    cv::Mat inverted = deepest - depth, relief, relief_bgr;
    inverted.convertTo(relief, CV_8U, 255 / std::max(1e-3, deepest));
    cv::cvtColor(relief, relief_bgr, cv::COLOR_GRAY2BGR);
    cv::watershed(relief_bgr, markers);
    int part = markers.at<int>(seed);
    if (part <= 0 || part > count) {
      double nearest = 1e18;
      for (int y = 0; y < markers.rows; ++y) {
        for (int x = 0; x < markers.cols; ++x) {
          const int here = markers.at<int>(y, x);
          const double distance = cv::norm(cv::Point(x, y) - seed);
          if (here > 0 && here <= count && distance < nearest) nearest = distance, part = here;
        }
      }
    }
    cv::Mat own = markers == part;
    cv::dilate(own, own, cv::Mat());  // over the dividing line
    own &= region;
    if (cv::countNonZero(own) > 0.3 * typical_area) return own;
  }
  return region;
}

double EdgeShare(const cv::Mat& window_bgr, const cv::Mat& mask) {
  cv::Mat grey, dx, dy, strength, rim, inner;
  cv::cvtColor(window_bgr, grey, cv::COLOR_BGR2GRAY);
  cv::GaussianBlur(grey, grey, {0, 0}, 1.0);
  cv::Sobel(grey, dx, CV_16S, 1, 0);
  cv::Sobel(grey, dy, CV_16S, 0, 1);
  cv::Mat abs_x, abs_y;
  cv::convertScaleAbs(dx, abs_x, 0.25);
  cv::convertScaleAbs(dy, abs_y, 0.25);
  cv::max(abs_x, abs_y, strength);
  cv::dilate(strength, strength, cv::getStructuringElement(cv::MORPH_RECT, {5, 5}));
  cv::erode(mask, inner, cv::Mat());
  rim = mask & ~inner;
  const int length = cv::countNonZero(rim);
  constexpr double kEdge = 5;  // grey levels a pixel
  return length > 0 ? cv::countNonZero(rim & (strength > kEdge)) / static_cast<double>(length) : 0;
}

}  // namespace annotate
