// The animal under a click, from its contrast to the empty scene (or to its surroundings).
#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "annotate/assist/assist.h"
#include "annotate/assist/pixel_region.h"
#include "datasets/shape/mask.h"

namespace annotate {
namespace {

// A shadow takes up to about 40 percent of the light away (contrast near 100 of 255); light on a
// dark ground has no such twin, so a bright animal may be cut lower and keeps its wings.
constexpr double kDarkAnimalContrast = 104, kBrightAnimalContrast = 72;
constexpr double kUnknownHalfSide = 96;     // pixels of the first window when no area is known
constexpr double kAnimalsInHalfSide = 2.2;  // half side of the window, in animal lengths
constexpr double kTwoAnimals = 1.6;         // area, in typical areas, from which a region is split
constexpr double kTrustInBackground = 0.02;
constexpr double kSmallestArea = 12;  // pixels

struct Candidate {
  cv::Mat mask;  // of the window
  double cost = 1e9;
  double edge_share = 0;
  bool found() const { return !mask.empty(); }
};

cv::Vec3b MedianColor(const cv::Mat& bgr) {
  std::array<std::array<int, 256>, 3> counts{};
  for (int y = 0; y < bgr.rows; ++y) {
    const cv::Vec3b* row = bgr.ptr<cv::Vec3b>(y);
    for (int x = 0; x < bgr.cols; ++x) {
      for (int c = 0; c < 3; ++c) ++counts[static_cast<size_t>(c)][row[x][c]];
    }
  }
  cv::Vec3b median;
  const int half = static_cast<int>(bgr.total() / 2);
  for (int c = 0; c < 3; ++c) {
    int seen = 0, level = 0;
    while (level < 255 &&
           (seen += counts[static_cast<size_t>(c)][static_cast<size_t>(level)]) <= half)
      ++level;
    median[c] = static_cast<uchar>(level);
  }
  return median;
}

Candidate BestCut(const cv::Mat& contrast, cv::Point seed, double typical_area, double usual) {
  Candidate best;
  const cv::Mat around = contrast(WindowAround(seed, 2, contrast.size()));
  const double at_seed = cv::mean(around)[0];
  if (at_seed < 14) return best;
  usual = std::min(usual, 0.62 * at_seed);
  std::vector<double> cuts = {usual};
  if (typical_area > 0) {
    for (const double factor : {0.55, 0.65, 0.75, 0.87, 1.12, 1.25, 1.4}) {
      cuts.push_back(usual * factor);
    }
  }
  for (const double cut : cuts) {
    const cv::Mat above = contrast > cut;
    const int radius = typical_area > 0 ? LegRadius(typical_area) : 2;
    cv::Mat region = ComponentAt(Open(above, radius), seed, 2 * radius + 3);
    if (region.empty()) continue;
    if (typical_area <= 0) {
      const int own_radius = LegRadius(cv::countNonZero(region));
      const cv::Mat again = ComponentAt(Open(above, own_radius), seed, 2 * own_radius + 3);
      if (!again.empty()) region = again;
    }
    region = FillHoles(region);
    double area = cv::countNonZero(region);
    if (area < kSmallestArea) continue;
    double cost = 0;
    if (typical_area > 0) {
      if (area > kTwoAnimals * typical_area) {
        region = SplitAt(region, seed, typical_area);
        area = cv::countNonZero(region);
        cost += 0.2;
      }
      cost += std::abs(std::log(area / typical_area)) + 0.5 * std::abs(std::log(cut / usual));
    }
    if (cost < best.cost) {
      best.cost = cost;
      best.mask = region;
    }
  }
  return best;
}

double UsualContrast(const cv::Mat& frame, const cv::Mat& ground, cv::Point seed) {
  const cv::Rect near = WindowAround(seed, 2, frame.size());
  const cv::Scalar f = cv::mean(frame(near)), b = cv::mean(ground(near));
  return f[0] + f[1] + f[2] < b[0] + b[1] + b[2] ? kDarkAnimalContrast : kBrightAnimalContrast;
}

double Merit(const Candidate& candidate) {
  return candidate.found() ? candidate.edge_share - 0.5 * std::min(candidate.cost, 2.0) : -9.0;
}

Candidate Cut(const cv::Mat& frame, const cv::Mat& ground, cv::Point seed, double typical_area) {
  Candidate best =
      BestCut(ContrastTo(frame, ground), seed, typical_area, UsualContrast(frame, ground, seed));
  if (best.found()) best.edge_share = EdgeShare(frame, best.mask);
  return best;
}

}  // namespace

Proposal BlobAt(const cv::Mat& frame, const cv::Mat& background, cv::Point2d seed,
                double typical_area) {
  const auto seed_pixel = PixelAt(seed, frame.size());
  if (!seed_pixel || frame.type() != CV_8UC3) return {};
  if (!(typical_area > kSmallestArea)) typical_area = 0;
  const bool has_background =
      background.size() == frame.size() && background.type() == frame.type();
  double half_side = typical_area > 0 ? std::max(24.0, kAnimalsInHalfSide * std::sqrt(typical_area))
                                      : kUnknownHalfSide;
  Candidate best;
  cv::Rect window;
  constexpr int kWindows = 4;
  for (int i = 0; i < kWindows; ++i, half_side *= 2) {
    window =
        WindowAround(cv::Point2d(*seed_pixel) + cv::Point2d(0.5, 0.5), half_side, frame.size());
    const cv::Mat part = frame(window);
    const cv::Point local_seed = *seed_pixel - window.tl();
    best = {};
    if (has_background) best = Cut(part, background(window), local_seed, typical_area);
    const cv::Mat surroundings(part.size(), CV_8UC3, cv::Scalar(MedianColor(part)));
    const Candidate by_surroundings = Cut(part, surroundings, local_seed, typical_area);
    if (Merit(by_surroundings) > Merit(best) + kTrustInBackground) best = by_surroundings;
    const bool whole = window.size() == frame.size();
    if (!best.found() || whole || !LeavesWindow(best.mask, window, frame.size())) break;
  }
  if (!best.found() || cv::countNonZero(best.mask) > 0.6 * static_cast<double>(frame.total())) {
    return {};
  }
  Proposal proposal;
  proposal.polygons = datasets::TraceMask(best.mask, 0.7, window.tl(), kSmallestArea);
  proposal.quality = best.edge_share;
  return proposal;
}

}  // namespace annotate
