// An outline fitted to a frame: GrabCut in a narrow band (Rother, Kolmogorov, Blake 2004).
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

#include "annotate/assist/assist.h"
#include "annotate/assist/pixel_region.h"
#include "datasets/shape/mask.h"

namespace annotate {
namespace {

constexpr double kInnerShare = 0.10, kOuterShare = 0.14;  // band widths, in square roots of area
constexpr double kMostPixels = 88 * 88;  // of the picture that is cut; larger ones are shrunk
constexpr int kRounds = 2;

int Odd(double value) { return 2 * static_cast<int>(std::lround(value)) + 1; }

cv::Mat Disc(double radius) {
  return cv::getStructuringElement(cv::MORPH_ELLIPSE, {Odd(radius), Odd(radius)});
}

// What GrabCut tells apart: with a background image, the difference to it beside the color.
cv::Mat Features(const cv::Mat& part, const cv::Mat& background_part) {
  if (background_part.empty()) return part;
  cv::Mat contrast = ContrastTo(part, background_part), grey, lab;
  cv::cvtColor(part, grey, cv::COLOR_BGR2GRAY);
  cv::cvtColor(part, lab, cv::COLOR_BGR2Lab);
  cv::Mat chroma;
  cv::extractChannel(lab, chroma, 2);
  cv::Mat features;
  cv::merge(std::vector<cv::Mat>{contrast, grey, chroma}, features);
  return features;
}

// How far the inside differs from the ring around it, in the strongest channel, in grey levels.
double ContrastAcross(const cv::Mat& features, const cv::Mat& inside) {
  cv::Mat ring;
  cv::dilate(inside, ring, Disc(4));
  ring &= ~inside;
  if (cv::countNonZero(ring) == 0) return 0;
  const cv::Scalar in = cv::mean(features, inside), out = cv::mean(features, ring);
  return std::max({std::abs(in[0] - out[0]), std::abs(in[1] - out[1]), std::abs(in[2] - out[2])});
}

// The direction of the long axis, radians.
double AxisOf(const datasets::Polygons& polygons) {
  const datasets::Box box = datasets::BoxOf(polygons);
  const cv::Rect window(
      cv::Point(static_cast<int>(box.x) - 1, static_cast<int>(box.y) - 1),
      cv::Size(static_cast<int>(box.width) + 4, static_cast<int>(box.height) + 4));
  const cv::Moments m = cv::moments(MaskOf(polygons, window), true);
  return 0.5 * std::atan2(2 * m.mu11, m.mu20 - m.mu02);
}

datasets::Polygons Turned(const datasets::Polygons& polygons, cv::Point2d from, cv::Point2d to,
                          double radians) {
  const double c = std::cos(radians), s = std::sin(radians);
  datasets::Polygons turned = polygons;
  for (datasets::Ring& ring : turned) {
    for (cv::Point2d& point : ring) {
      const cv::Point2d p = point - from;
      point = to + cv::Point2d(c * p.x - s * p.y, s * p.x + c * p.y);
    }
  }
  return turned;
}

}  // namespace

Proposal GrabCutFrom(const cv::Mat& frame, const cv::Mat& background,
                     const datasets::Polygons& outline, cv::Point2d shift) {
  const double area = AreaOf(outline);
  if (frame.type() != CV_8UC3 || frame.empty() || !(area >= 16) || !std::isfinite(shift.x) ||
      !std::isfinite(shift.y)) {
    return {};
  }
  datasets::Polygons moved = outline;
  for (datasets::Ring& ring : moved) {
    for (cv::Point2d& point : ring) point += shift;
  }
  const datasets::Box box = datasets::BoxOf(moved);
  const double length = std::sqrt(area), margin = (kOuterShare + 0.25) * length + 3;
  const cv::Rect window = WindowOf(box, margin, frame.size());
  if (window.width < 4 || window.height < 4) return {};

  const cv::Mat inside = MaskOf(moved, window);
  cv::Mat sure_animal, not_ground;
  cv::erode(inside, sure_animal, Disc(kInnerShare * length));
  cv::dilate(inside, not_ground, Disc(kOuterShare * length));
  const bool has_background =
      background.size() == frame.size() && background.type() == frame.type();
  const cv::Mat features = Features(frame(window), has_background ? background(window) : cv::Mat());

  const double shrink = std::min(1.0, std::sqrt(kMostPixels / static_cast<double>(window.area())));
  const cv::Size small(std::max(4, static_cast<int>(std::lround(window.width * shrink))),
                       std::max(4, static_cast<int>(std::lround(window.height * shrink))));
  cv::Mat picture, small_inside, small_sure, small_not_ground;
  cv::resize(features, picture, small, 0, 0, cv::INTER_AREA);
  cv::resize(inside, small_inside, small, 0, 0, cv::INTER_NEAREST);
  cv::resize(sure_animal, small_sure, small, 0, 0, cv::INTER_NEAREST);
  cv::resize(not_ground, small_not_ground, small, 0, 0, cv::INTER_NEAREST);
  cv::Mat trimap(small, CV_8UC1, cv::Scalar(cv::GC_BGD));
  trimap.setTo(cv::GC_PR_BGD, small_not_ground);
  trimap.setTo(cv::GC_PR_FGD, small_inside);
  trimap.setTo(cv::GC_FGD, small_sure);
  const cv::Mat animal = (trimap == cv::GC_FGD) | (trimap == cv::GC_PR_FGD);
  const cv::Mat ground = (trimap == cv::GC_BGD) | (trimap == cv::GC_PR_BGD);
  constexpr int kComponents = 5;  // of GrabCut's color models: each side needs as many pixels
  if (cv::countNonZero(animal) < 2 * kComponents || cv::countNonZero(ground) < 2 * kComponents) {
    return {};
  }
  cv::Mat animal_colors, ground_colors;
  cv::setRNGSeed(1);
  cv::grabCut(picture, trimap, {}, ground_colors, animal_colors, kRounds, cv::GC_INIT_WITH_MASK);
  cv::Mat cut = (trimap == cv::GC_FGD) | (trimap == cv::GC_PR_FGD);
  cv::resize(cut, cut, window.size(), 0, 0, cv::INTER_LINEAR);
  cut = cut > 127;
  cut = Open(cut, LegRadius(area));
  cv::Mat parts, stats, centers;
  const int count = cv::connectedComponentsWithStats(cut, parts, stats, centers, 8, CV_32S);
  int largest = 0;
  for (int i = 1; i < count; ++i) {
    if (largest == 0 ||
        stats.at<int>(i, cv::CC_STAT_AREA) > stats.at<int>(largest, cv::CC_STAT_AREA)) {
      largest = i;
    }
  }
  if (largest == 0) return {};
  const cv::Mat mask = FillHoles(parts == largest);
  constexpr double kNothingThere = 5;  // grey levels
  if (ContrastAcross(features, mask) < kNothingThere) return {};
  Proposal proposal;
  proposal.polygons = datasets::TraceMask(mask, 0.7, window.tl(), 12);
  const double found = cv::countNonZero(mask);
  proposal.quality = std::clamp(std::min(found / area, area / std::max(1.0, found)), 0.0, 1.0);
  return proposal;
}

Proposal FitLastOutline(const cv::Mat& frame, const cv::Mat& background,
                        const datasets::Polygons& last, cv::Point2d click, double typical_area) {
  const double area = AreaOf(last);
  if (frame.empty() || !(area >= 16) || !PixelAt(click, frame.size())) return {};
  const Proposal blob = BlobAt(frame, background, click, typical_area);
  const double blob_area = AreaOf(blob.polygons);
  if (blob_area < 0.5 * area || blob_area > 2 * area) {
    return GrabCutFrom(frame, background, last, click - CenterOf(last));
  }
  const cv::Point2d from = CenterOf(last), to = CenterOf(blob.polygons);
  const double turn = AxisOf(blob.polygons) - AxisOf(last);
  datasets::Polygons placed;
  double likeness = -1;
  for (const double radians : {0.0, turn, turn + CV_PI}) {
    datasets::Polygons candidate = Turned(last, from, to, radians);
    const double iou = IouOf(candidate, blob.polygons, frame.size());
    if (iou > likeness) likeness = iou, placed = std::move(candidate);
  }
  const Proposal fitted = GrabCutFrom(frame, background, placed, {});
  // Where cut and blob disagree, the one whose size is more like the animal's is right more often.
  const auto strangeness = [area](const Proposal& proposal) {
    return std::abs(std::log(std::max(1.0, AreaOf(proposal.polygons)) / area));
  };
  return strangeness(blob) < strangeness(fitted) ? blob : fitted;
}

}  // namespace annotate
