#include "datasets/metrics/davis.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <string>

#include "datasets/base/error.h"
#include "datasets/shape/mask.h"

namespace datasets {
namespace {

void CheckSameSize(const cv::Mat& a, const cv::Mat& b) {
  if (a.size() != b.size())
    throw Error("masks to compare",
                "one has " + std::to_string(a.cols) + " x " + std::to_string(a.rows) +
                    " pixels and the other " + std::to_string(b.cols) + " x " +
                    std::to_string(b.rows),
                "compare masks of the same video");
  VOLE_CHECK(a.type() == CV_8UC1 && b.type() == CV_8UC1);
}

cv::Mat BoundaryOf(const cv::Mat& mask) {
  const cv::Mat object = mask > 0;
  cv::Mat boundary = cv::Mat::zeros(mask.size(), CV_8UC1);
  for (int y = 0; y < mask.rows; ++y) {
    const int below = std::min(y + 1, mask.rows - 1);
    for (int x = 0; x < mask.cols; ++x) {
      const int right = std::min(x + 1, mask.cols - 1);
      const uchar here = object.at<uchar>(y, x);
      boundary.at<uchar>(y, x) = (here ^ object.at<uchar>(y, right)) |
                                 (here ^ object.at<uchar>(below, x)) |
                                 (here ^ object.at<uchar>(below, right));
    }
  }
  return boundary;
}

cv::Mat Disk(int radius) {
  cv::Mat disk(2 * radius + 1, 2 * radius + 1, CV_8UC1);
  for (int y = -radius; y <= radius; ++y)
    for (int x = -radius; x <= radius; ++x)
      disk.at<uchar>(y + radius, x + radius) = x * x + y * y <= radius * radius;
  return disk;
}

cv::Rect Around(const cv::Mat& a, const cv::Mat& b, int margin) {
  cv::Rect box = BoundsOf(a) | BoundsOf(b);
  box -= cv::Point(margin, margin);
  box += cv::Size(2 * margin, 2 * margin);
  return box & cv::Rect(0, 0, a.cols, a.rows);
}

constexpr double kContourStep = 3;  // pixels, for simplifying and for resampling
constexpr int kAngles = 12, kRadii = 5;
// Ring r holds the distances below edge r: evenly spaced in the logarithm from 1/8 to 2.
constexpr double kRadiusEdges[kRadii] = {0.125, 0.25, 0.5, 1, 2};

std::vector<cv::Point2d> SampledOutline(const cv::Mat& mask) {
  std::vector<std::vector<cv::Point>> contours;
  cv::Mat object = mask > 0;
  cv::findContours(object, contours, cv::RETR_EXTERNAL, cv::CHAIN_APPROX_NONE);
  std::vector<cv::Point> longest;
  double length = -1;
  for (const auto& contour : contours) {
    std::vector<cv::Point> simple;
    cv::approxPolyDP(contour, simple, kContourStep, true);
    const double perimeter = cv::arcLength(simple, true);
    if (perimeter > length) length = perimeter, longest = simple;
  }
  std::vector<cv::Point2d> points;
  for (size_t i = 0; i < longest.size(); ++i) {
    const cv::Point2d from = longest[i], to = longest[(i + 1) % longest.size()];
    const int steps = std::max(1, static_cast<int>(std::ceil(cv::norm(to - from) / kContourStep)));
    for (int s = 0; s < steps; ++s) points.push_back(from + (to - from) * (double(s) / steps));
  }
  return points;
}

// One normalized histogram [kAngles * kRadii] a point: where the other points lie, seen from it.
cv::Mat_<double> ShapeContexts(const std::vector<cv::Point2d>& points) {
  const int n = static_cast<int>(points.size());
  double mean = 0;
  for (const auto& a : points)
    for (const auto& b : points) mean += cv::norm(a - b) / (double(n) * n);
  cv::Mat_<double> contexts(n, kAngles * kRadii, 0.0);
  for (int i = 0; i < n && mean > 0; ++i) {
    for (int j = 0; j < n; ++j) {
      if (i == j) continue;
      const cv::Point2d apart = points[j] - points[i];
      const double distance = cv::norm(apart) / mean;
      int ring = 0;
      while (ring < kRadii && distance >= kRadiusEdges[ring]) ++ring;
      if (ring == kRadii) continue;
      double angle = std::atan2(apart.y, apart.x);
      if (angle < 0) angle += 2 * CV_PI;
      const int sector = std::min(kAngles - 1, static_cast<int>(angle * kAngles / (2 * CV_PI)));
      contexts(i, ring * kAngles + sector) += 1;
    }
    const double sum = cv::sum(contexts.row(i))[0];
    if (sum > 0) contexts.row(i) /= sum;
  }
  return contexts;
}

double ChiSquare(const double* a, const double* b) {
  double sum = 0;
  for (int k = 0; k < kAngles * kRadii; ++k) {
    const double both = a[k] + b[k];
    if (both > 0) sum += (a[k] - b[k]) * (a[k] - b[k]) / both;
  }
  return sum / 2;
}

// Least mean cost of a path that goes once round the rows while it goes once round the columns,
// starting at (0, first_column).
double MonotonePathCost(const cv::Mat_<double>& cost, int first_column) {
  const int n = cost.rows, m = cost.cols;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  struct Cell {
    double sum;
    int steps;
  };
  std::vector<Cell> above(m, {kInfinity, 0}), here(m);
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < m; ++j) {
      Cell best{kInfinity, 0};
      const auto consider = [&](const Cell& cell) {
        if (cell.sum < best.sum) best = cell;
      };
      if (i == 0 && j == 0) best = {0, 0};
      if (i > 0) consider(above[j]);
      if (j > 0) consider(here[j - 1]);
      if (i > 0 && j > 0) consider(above[j - 1]);
      here[j] = {best.sum + cost(i, (j + first_column) % m), best.steps + 1};
    }
    std::swap(above, here);
  }
  return above[m - 1].sum / above[m - 1].steps;
}

double MeanOf(const std::vector<double>& values, size_t begin, size_t end, double none = 0) {
  double sum = 0;
  int count = 0;
  for (size_t i = begin; i < end && i < values.size(); ++i)
    if (!std::isnan(values[i])) sum += values[i], ++count;
  return count > 0 ? sum / count : none;
}

}  // namespace

double RegionSimilarity(const cv::Mat& truth, const cv::Mat& predicted) {
  CheckSameSize(truth, predicted);
  const cv::Mat a = truth > 0, b = predicted > 0;
  const int any = cv::countNonZero(a | b);
  return any == 0 ? 1 : static_cast<double>(cv::countNonZero(a & b)) / any;
}

double BoundaryAccuracy(const cv::Mat& truth, const cv::Mat& predicted, double bound) {
  CheckSameSize(truth, predicted);
  const double diagonal = std::hypot(truth.rows, truth.cols);
  const int radius = static_cast<int>(bound >= 1 ? bound : std::ceil(bound * diagonal));
  const cv::Rect region = Around(truth, predicted, 2 * radius + 2);
  if (region.empty()) return 1;
  // The region ends either at the image's border or far from both objects.
  const cv::Mat truth_boundary = BoundaryOf(truth(region));
  const cv::Mat predicted_boundary = BoundaryOf(predicted(region));
  const double owed = cv::countNonZero(truth_boundary);
  const double given = cv::countNonZero(predicted_boundary);
  if (owed == 0 && given == 0) return 1;
  if (owed == 0 || given == 0) return 0;
  cv::Mat near_truth, near_predicted;
  const cv::Mat disk = Disk(radius);
  cv::dilate(truth_boundary, near_truth, disk);
  cv::dilate(predicted_boundary, near_predicted, disk);
  const double precision = cv::countNonZero(predicted_boundary & near_truth) / given;
  const double recall = cv::countNonZero(truth_boundary & near_predicted) / owed;
  return precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
}

double TemporalInstability(const cv::Mat& mask, const cv::Mat& next_mask) {
  CheckSameSize(mask, next_mask);
  const auto points = SampledOutline(mask), next = SampledOutline(next_mask);
  if (points.empty() || next.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto contexts = ShapeContexts(points), next_contexts = ShapeContexts(next);
  cv::Mat_<double> cost(contexts.rows, next_contexts.rows);
  for (int i = 0; i < cost.rows; ++i)
    for (int j = 0; j < cost.cols; ++j) cost(i, j) = ChiSquare(contexts[i], next_contexts[j]);
  // The paths start at the first point and the next outline's most alike point.
  int start = 0;
  for (int j = 1; j < cost.cols; ++j)
    if (cost(0, j) < cost(0, start)) start = j;
  return MonotonePathCost(cost, start);
}

DavisStatistics DavisStatisticsOf(const std::vector<double>& values) {
  DavisStatistics statistics;
  const size_t n = values.size();
  if (n == 0) return statistics;
  statistics.mean = MeanOf(values, 0, n);
  std::vector<double> above;
  for (const double value : values) above.push_back(value > 0.5 ? 1 : 0);
  statistics.recall = MeanOf(above, 0, n);
  // The benchmark's quarters share their end points: round(linspace(1, n, 5)) - 1.
  const auto edge = [&](int i) {
    return static_cast<size_t>(std::nearbyint(1 + (double(n) - 1) * i / 4 + 1e-10)) - 1;
  };
  statistics.decay = MeanOf(values, edge(0), edge(1) + 1) - MeanOf(values, edge(3), edge(4) + 1);
  return statistics;
}

DavisFigures EvaluateDavis(const std::vector<cv::Mat>& truth,
                           const std::vector<cv::Mat>& predicted) {
  if (truth.size() != predicted.size())
    throw Error("masks to compare",
                std::to_string(truth.size()) + " frames of truth and " +
                    std::to_string(predicted.size()) + " of predictions",
                "compare the same frames");
  const size_t n = truth.size();
  const size_t begin = n > 2 ? 1 : 0, end = n > 2 ? n - 1 : n;
  std::vector<double> j, f, t;
  for (size_t i = begin; i < end; ++i) {
    j.push_back(RegionSimilarity(truth[i], predicted[i]));
    f.push_back(BoundaryAccuracy(truth[i], predicted[i]));
    if (i + 1 < end) t.push_back(TemporalInstability(predicted[i], predicted[i + 1]));
  }
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  return {DavisStatisticsOf(j), DavisStatisticsOf(f), MeanOf(t, 0, t.size(), nothing)};
}

}  // namespace datasets
