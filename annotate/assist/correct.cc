// An outline after clicks that say what belongs to the animal and what does not.
#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <queue>
#include <vector>

#include "annotate/assist/assist.h"
#include "annotate/assist/pixel_region.h"
#include "datasets/shape/mask.h"

namespace annotate {
namespace {

constexpr double kSpot = 0.1;       // radius of what is added unseen, in square roots of area
constexpr double kMostAdded = 1.5;  // area of what one click may add, in areas of the outline
constexpr double kNoise = 3;        // grey levels between neighbors that are no edge
constexpr double kEdge = 0.5;       // steps that a grey level more is worth
constexpr double kNeck = 0.15;      // speed at the rim, of that in the middle of a body
constexpr double kMostPathPixels =
    200 * 200;  // that paths are looked for on; larger ones are shrunk

// What a step into each pixel of `region` costs.
cv::Mat StepCosts(const cv::Mat& picture, const cv::Mat& region) {
  cv::Mat smooth, depth;
  cv::GaussianBlur(picture, smooth, {0, 0}, 1);
  cv::distanceTransform(region, depth, cv::DIST_L2, 5);
  double deepest = 1;
  cv::minMaxLoc(depth, nullptr, &deepest);
  cv::Mat costs(region.size(), CV_32FC1);
  for (int y = 0; y < region.rows; ++y) {
    for (int x = 0; x < region.cols; ++x) {
      const cv::Vec3b here = smooth.at<cv::Vec3b>(y, x);
      const cv::Vec3b right = smooth.at<cv::Vec3b>(y, std::min(x + 1, region.cols - 1));
      const cv::Vec3b below = smooth.at<cv::Vec3b>(std::min(y + 1, region.rows - 1), x);
      const double edge = std::max(cv::norm(here, right), cv::norm(here, below));
      const double inner = depth.at<float>(y, x) / std::max(1.0, deepest);
      const double cost = (1 + kEdge * std::max(0.0, edge - kNoise)) / (kNeck + inner);
      // Cubed, what a path crosses counts more than how long it is: the border falls on the
      // edge or the neck between two clicks, not half-way.
      costs.at<float>(y, x) = static_cast<float>(cost * cost * cost);
    }
  }
  return costs;
}

// The cheapest path from any of `seeds` to each pixel of `region`: Dijkstra, 8 neighbors.
cv::Mat Distances(const cv::Mat& costs, const cv::Mat& region,
                  const std::vector<cv::Point>& seeds) {
  struct Step {
    float distance;
    cv::Point at;
    bool operator<(const Step& other) const { return distance > other.distance; }
  };
  cv::Mat distances(region.size(), CV_32FC1, cv::Scalar(std::numeric_limits<float>::max()));
  std::priority_queue<Step> front;
  for (const cv::Point& seed : seeds) {
    distances.at<float>(seed) = 0;
    front.push({0, seed});
  }
  const cv::Rect window({0, 0}, region.size());
  while (!front.empty()) {
    const Step step = front.top();
    front.pop();
    if (step.distance > distances.at<float>(step.at)) continue;
    for (int dy = -1; dy <= 1; ++dy) {
      for (int dx = -1; dx <= 1; ++dx) {
        const cv::Point next(step.at.x + dx, step.at.y + dy);
        if ((dx == 0 && dy == 0) || !window.contains(next) || region.at<uchar>(next) == 0) continue;
        const float length = dx != 0 && dy != 0 ? static_cast<float>(std::sqrt(2.0)) : 1.0F;
        const float distance = step.distance + length * costs.at<float>(next);
        if (distance >= distances.at<float>(next)) continue;
        distances.at<float>(next) = distance;
        front.push({distance, next});
      }
    }
  }
  return distances;
}

// The pixel of `region` that is nearest to `at`.
cv::Point NearestIn(const cv::Mat& region, cv::Point at) {
  cv::Mat apart, labels;
  cv::distanceTransform(~region, apart, labels, cv::DIST_L2, 5, cv::DIST_LABEL_PIXEL);
  const int wanted = labels.at<int>(at);
  for (int y = 0; y < region.rows; ++y) {
    for (int x = 0; x < region.cols; ++x) {
      if (region.at<uchar>(y, x) != 0 && labels.at<int>(y, x) == wanted) return {x, y};
    }
  }
  return at;
}

// What is left of `region` (of the picture's window) when pixels nearer to `away` are left out.
cv::Mat LeaveOut(const cv::Mat& picture, const cv::Mat& region, const std::vector<cv::Point>& kept,
                 const std::vector<cv::Point>& away) {
  const double shrink =
      std::min(1.0, std::sqrt(kMostPathPixels / static_cast<double>(region.total())));
  cv::Mat small_picture = picture, small_region = region;
  if (shrink < 1) {
    cv::resize(picture, small_picture, {}, shrink, shrink, cv::INTER_AREA);
    cv::resize(region, small_region, small_picture.size(), 0, 0, cv::INTER_NEAREST);
  }
  if (cv::countNonZero(small_region) == 0) return {};
  const auto seeds = [&](const std::vector<cv::Point>& places) {
    std::vector<cv::Point> near;
    for (const cv::Point& place : places) {
      const cv::Point small(
          std::clamp(static_cast<int>(place.x * shrink), 0, small_region.cols - 1),
          std::clamp(static_cast<int>(place.y * shrink), 0, small_region.rows - 1));
      near.push_back(NearestIn(small_region, small));
    }
    return near;
  };
  const cv::Mat costs = StepCosts(small_picture, small_region);
  const cv::Mat to_kept = Distances(costs, small_region, seeds(kept));
  const cv::Mat to_away = Distances(costs, small_region, seeds(away));
  cv::Mat gone = (to_away <= to_kept) & small_region;
  if (shrink < 1) {
    cv::resize(gone, gone, region.size(), 0, 0, cv::INTER_LINEAR);
    gone = gone > 127;
  }
  return region & ~gone;
}

// What hangs together with `at` of `found` without `outline`.
datasets::Polygons NewAt(const datasets::Polygons& found, const datasets::Polygons& outline,
                         cv::Point2d at, cv::Size image) {
  const datasets::Box box = datasets::BoxOf(found);
  const cv::Rect window =
      cv::Rect(cv::Point(static_cast<int>(box.x) - 1, static_cast<int>(box.y) - 1),
               cv::Point(static_cast<int>(box.x + box.width) + 2,
                         static_cast<int>(box.y + box.height) + 2)) &
      cv::Rect({0, 0}, image);
  const cv::Point pixel(static_cast<int>(at.x), static_cast<int>(at.y));
  if (found.empty() || !window.contains(pixel)) return {};
  constexpr int kReach = 2;
  const cv::Mat fresh =
      ComponentAt(MaskOf(found, window) & ~MaskOf(outline, window), pixel - window.tl(), kReach);
  return fresh.empty() ? datasets::Polygons() : datasets::TraceMask(fresh, 0.7, window.tl(), 1);
}

}  // namespace

datasets::Polygons Corrected(const cv::Mat& frame, const cv::Mat& background,
                             const datasets::Polygons& outline, cv::Point2d seed,
                             const std::vector<Correction>& corrections, double typical_area,
                             const std::vector<datasets::Polygons>& others) {
  const double area = AreaOf(outline);
  if (frame.type() != CV_8UC3 || frame.empty() || !(area > 0)) return {};
  const int spot = std::max(1, static_cast<int>(std::lround(kSpot * std::sqrt(area))));
  datasets::Polygons all = outline, added;
  for (const Correction& correction : corrections) {
    if (!correction.belongs || !PixelAt(correction.at, frame.size())) continue;
    const datasets::Polygons found =
        NewAt(BlobAt(frame, background, correction.at, typical_area).polygons, outline,
              correction.at, frame.size());
    if (AreaOf(found) <= kMostAdded * std::max(area, typical_area)) {
      added.insert(added.end(), found.begin(), found.end());
    }
    const cv::Point2d x(spot, 0), y(0, spot);  // at least what was pointed at
    added.push_back({correction.at - x - y, correction.at + x - y, correction.at + x + y,
                     correction.at - x + y});
  }
  all.insert(all.end(), added.begin(), added.end());
  const datasets::Box box = datasets::BoxOf(all);
  const cv::Rect window = cv::Rect(cv::Point(static_cast<int>(std::floor(box.x)) - 2,
                                             static_cast<int>(std::floor(box.y)) - 2),
                                   cv::Point(static_cast<int>(std::ceil(box.x + box.width)) + 3,
                                             static_cast<int>(std::ceil(box.y + box.height)) + 3)) &
                          cv::Rect({0, 0}, frame.size());
  if (window.empty()) return {};
  cv::Mat region = MaskOf(added, window);
  for (const datasets::Polygons& other : others) region.setTo(0, MaskOf(other, window));
  region |= MaskOf(outline, window);
  cv::morphologyEx(region, region, cv::MORPH_CLOSE,  // parts that all but touch are one animal
                   cv::getStructuringElement(cv::MORPH_ELLIPSE, {3, 3}));
  const auto local = [&](cv::Point2d at) {
    const cv::Point pixel(static_cast<int>(std::floor(at.x)), static_cast<int>(std::floor(at.y)));
    return cv::Point(std::clamp(pixel.x, window.x, window.x + window.width - 1),
                     std::clamp(pixel.y, window.y, window.y + window.height - 1)) -
           window.tl();
  };
  std::vector<cv::Point> kept = {local(seed)}, away;
  for (const Correction& correction : corrections) {
    (correction.belongs ? kept : away).push_back(local(correction.at));
  }
  if (!away.empty()) region = LeaveOut(frame(window), region, kept, away);
  if (region.empty()) return {};
  constexpr double kSmallestPart = 12;  // pixels
  return datasets::TraceMask(FillHoles(region), 0.7, window.tl(), kSmallestPart);
}

}  // namespace annotate
