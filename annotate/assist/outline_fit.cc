#include "annotate/assist/outline_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "annotate/assist/pixel_region.h"
#include "datasets/shape/mask.h"

namespace annotate {
namespace {

using datasets::Polygons;

constexpr double kFitReach = 1.0 / 3;  // of the square root of the area, around the outline

// Of the pixels in `where`, channel by channel; black where there are none.
cv::Vec3b MedianWhere(const cv::Mat& bgr, const cv::Mat& where) {
  std::array<std::vector<uchar>, 3> levels;
  for (int y = 0; y < bgr.rows; ++y) {
    for (int x = 0; x < bgr.cols; ++x) {
      if (!where.at<uchar>(y, x)) continue;
      for (int c = 0; c < 3; ++c)
        levels[static_cast<size_t>(c)].push_back(bgr.at<cv::Vec3b>(y, x)[c]);
    }
  }
  cv::Vec3b median(0, 0, 0);
  for (int c = 0; c < 3; ++c) {
    auto& all = levels[static_cast<size_t>(c)];
    if (all.empty()) continue;
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
    std::nth_element(all.begin(), middle, all.end());
    median[c] = *middle;
  }
  return median;
}

// The part of a frame around an outline.
struct FitView {
  cv::Rect window;
  cv::Mat contrast, inside, allowed;
  std::vector<cv::Mat> parts;  // of `inside`, where something cuts the animal in several
};

FitView ViewOf(const cv::Mat& frame, const cv::Mat& background, bool flat, const Polygons& outline,
               const std::vector<Polygons>& others) {
  FitView view;
  const double area = AreaOf(outline);
  if (!(area >= 16) || frame.type() != CV_8UC3) return view;
  const datasets::Box box = datasets::BoxOf(outline);
  const double reach = kFitReach * std::sqrt(area) + 3;
  view.window = WindowOf(box, reach, frame.size());
  if (view.window.width < 4 || view.window.height < 4) {
    view.window = {};
    return view;
  }
  view.inside = MaskOf(outline, view.window);
  for (const datasets::Ring& part : PartsOf(outline)) {
    view.parts.push_back(MaskOf({part}, view.window));
  }
  cv::Mat distance;
  cv::distanceTransform(view.inside == 0, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
  view.allowed = distance <= reach - 3;
  cv::Mat free = view.inside == 0;
  for (const Polygons& other : others) {
    const cv::Mat taken = MaskOf(other, view.window);
    view.allowed.setTo(0, taken);
    free.setTo(0, taken);
  }
  const cv::Mat part = frame(view.window);
  view.contrast = datasets::ContrastTo(
      part, !flat ? background(view.window)
                  : cv::Mat(part.size(), CV_8UC3, cv::Scalar(MedianWhere(part, free))));
  return view;
}

// The part of what stands out that shares most with `inside`; 0: none does.
int PartUnder(const cv::Mat& parts, int count, const cv::Mat& inside) {
  std::vector<int> shared(static_cast<size_t>(count), 0);
  for (int y = 0; y < parts.rows; ++y) {
    for (int x = 0; x < parts.cols; ++x) {
      if (inside.at<uchar>(y, x)) ++shared[static_cast<size_t>(parts.at<int>(y, x))];
    }
  }
  if (count < 2) return 0;
  const auto most = std::max_element(shared.begin() + 1, shared.end());
  return *most == 0 ? 0 : static_cast<int>(most - shared.begin());
}

// What stands out under each part of the outline; empty when nothing does.
cv::Mat CutOf(const FitView& view, double cut, int radius) {
  const cv::Mat above = datasets::Open((view.contrast > cut) & view.allowed, radius);
  cv::Mat labels, found;
  const int count = cv::connectedComponents(above, labels, 8, CV_32S);
  const auto take = [&](const cv::Mat& inside) {
    const int part = PartUnder(labels, count, inside);
    if (part == 0) return;
    const cv::Mat mask = datasets::FillHoles(labels == part) & view.allowed;
    found = found.empty() ? mask : cv::Mat(found | mask);
  };
  if (view.parts.empty()) take(view.inside);
  for (const cv::Mat& part : view.parts) take(part);
  return found;
}

// A large animal is learned from a smaller picture: the search tries hundreds of openings.
double Shrink(FitView& view, double area) {
  constexpr double kMostLength = 96;  // pixels, of the square root of the area
  const double scale = std::min(1.0, kMostLength / std::sqrt(area));
  if (scale == 1) return 1;
  const cv::Size size(std::max(4, static_cast<int>(view.window.width * scale)),
                      std::max(4, static_cast<int>(view.window.height * scale)));
  cv::resize(view.contrast, view.contrast, size, 0, 0, cv::INTER_AREA);
  cv::resize(view.inside, view.inside, size, 0, 0, cv::INTER_NEAREST);
  cv::resize(view.allowed, view.allowed, size, 0, 0, cv::INTER_NEAREST);
  for (cv::Mat& part : view.parts) cv::resize(part, part, size, 0, 0, cv::INTER_NEAREST);
  return scale;
}

}  // namespace

std::vector<datasets::Ring> PartsOf(const Polygons& outline) {
  constexpr double kLeastShare = 0.1;
  std::vector<datasets::Ring> parts;
  const double area = AreaOf(outline);
  for (const datasets::Ring& ring : outline) {
    if (datasets::RingArea(ring) >= kLeastShare * area) parts.push_back(ring);
  }
  if (parts.size() < 2) parts.clear();
  return parts;
}

OutlineFit LearnOutlineFit(const cv::Mat& frame, const cv::Mat& background, const Polygons& outline,
                           const std::vector<Polygons>& others) {
  constexpr double kLeastCut = 10, kMostCut = 180, kStep = 1.15;
  OutlineFit best;
  const bool known = background.size() == frame.size() && background.type() == CV_8UC3;
  for (const bool flat : {false, true}) {
    if (!flat && !known) continue;
    FitView view = ViewOf(frame, background, flat, outline, others);
    if (view.window.empty()) return best;
    const double area = std::max(1, cv::countNonZero(view.inside)), scale = Shrink(view, area);
    const int most_radius = LegRadius(area * scale * scale) + 2;
    for (double cut = kLeastCut; cut < kMostCut; cut *= kStep) {
      for (int radius = 0; radius <= most_radius; ++radius) {
        const cv::Mat mask = CutOf(view, cut, radius);
        if (mask.empty()) break;
        const double overlap = static_cast<double>(cv::countNonZero(mask & view.inside)) /
                               cv::countNonZero(mask | view.inside);
        if (overlap <= best.overlap) continue;
        best = {cut, static_cast<int>(std::lround(radius / scale)), flat, overlap};
      }
    }
  }
  return best;
}

Polygons FitOutline(const OutlineFit& fit, const cv::Mat& frame, const cv::Mat& background,
                    const Polygons& near, const std::vector<Polygons>& others) {
  if (fit.overlap <= 0 || (!fit.flat && background.size() != frame.size())) return {};
  const FitView view = ViewOf(frame, background, fit.flat, near, others);
  if (view.window.empty()) return {};
  const cv::Mat mask = CutOf(view, fit.cut, fit.radius);
  if (mask.empty()) return {};
  return datasets::TraceMask(mask, 0.7, view.window.tl(), 12);
}

}  // namespace annotate
