// The animal under a click, from what a model learned from labels takes for animals.
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "annotate/assist/assist.h"
#include "annotate/assist/pixel_region.h"
#include "datasets/shape/mask.h"

namespace annotate {
namespace {

constexpr double kHalfSide = 1.2;  // of the first look, in square roots of the typical area
constexpr double kFarthest = 3.5;  // half side of the last look, in the same
constexpr double kMaybeTwo = 1.2;  // area, in typical areas, from which necks are cut
constexpr double kTwoLearnedAnimals = 1.7;  // from which a region is split anyhow
constexpr double kPart = 0.25;  // area, in typical areas, of the least part of a neighbor
// Half the width of a neck, in square roots of the typical area: where two animals are likely and
// where they are sure.
constexpr double kThinNeck = 0.15, kWideNeck = 0.3;
constexpr double kLeastShare = 0.3, kMostShare = 3;  // of the typical area, of what may be it
constexpr double kMostOdds = 3;  // so that one pixel that is sure does not outweigh its neighbors
constexpr double kSmallestLearnedArea = 12;  // pixels
constexpr int kLooks = 3;

// The evidence at the scale of the frame: smooth, so that its zero is an outline between pixels.
cv::Mat Enlarged(const AnimalEvidence& evidence) {
  cv::Mat odds = cv::max(cv::min(evidence.log_odds, kMostOdds), -kMostOdds), smooth, enlarged;
  cv::GaussianBlur(odds, smooth, {0, 0}, 0.7);
  cv::resize(smooth, enlarged, evidence.view.size(), 0, 0, cv::INTER_CUBIC);
  return enlarged;
}

// What belongs to the seed of a region that thin necks hold together; the whole where it has none.
cv::Mat CutNecks(const cv::Mat& region, cv::Point seed, double typical_area) {
  const double animals = cv::countNonZero(region) / typical_area;
  const double misfit = std::abs(std::log(animals));
  const double neck = animals > kTwoLearnedAnimals ? kWideNeck : kThinNeck;
  const int widest = static_cast<int>(std::lround(neck * std::sqrt(typical_area)));
  for (int radius = std::max(1, LegRadius(typical_area) / 2); radius <= widest; ++radius) {
    cv::Mat labels, areas, centers;
    const int count =
        cv::connectedComponentsWithStats(Open(region, radius), labels, areas, centers, 8, CV_32S);
    cv::Mat cores(region.size(), CV_8UC1, cv::Scalar(0));
    int kept = 0;
    for (int part = 1; part < count; ++part) {
      if (areas.at<int>(part, cv::CC_STAT_AREA) < kPart * typical_area) continue;
      cores.setTo(255, labels == part);
      ++kept;
    }
    if (kept < 2) continue;
    cv::Mat distances, nearest;  // each pixel goes to the part that is nearest to it
    cv::distanceTransform(~cores, distances, nearest, cv::DIST_L2, 5, cv::DIST_LABEL_CCOMP);
    const cv::Mat own =
        ComponentAt(region & (nearest == nearest.at<int>(seed)), seed, 2 * radius + 3);
    if (own.empty()) continue;
    const double area = std::max(1, cv::countNonZero(own));
    if (std::abs(std::log(area / typical_area)) < misfit) return own;
  }
  return region;
}

}  // namespace

Proposal LearnedBlobAt(const cv::Mat& frame, const cv::Mat& background, cv::Point2d seed,
                       double typical_area, const AnimalModel& model,
                       const std::vector<datasets::Polygons>& others) {
  const auto seed_pixel = PixelAt(seed, frame.size());
  if (!seed_pixel || frame.type() != CV_8UC3 || !(typical_area > kSmallestLearnedArea) || !model)
    return {};
  const double length = std::sqrt(typical_area);
  cv::Rect box = WindowAround(seed, kHalfSide * length, frame.size()), view;
  const cv::Rect farthest = WindowAround(seed, kFarthest * length, frame.size());
  const int radius = LegRadius(typical_area) / 2;
  cv::Point local_seed;
  cv::Mat region;
  for (int look = 0; look < kLooks; ++look) {
    const AnimalEvidence evidence = model(frame, background, box, typical_area);
    view = evidence.view;
    if (evidence.log_odds.empty() || !view.contains(*seed_pixel)) return {};
    cv::Mat animals = Enlarged(evidence) > 0;
    for (const datasets::Polygons& other : others) animals.setTo(0, MaskOf(other, view));
    local_seed = *seed_pixel - view.tl();
    region = ComponentAt(Open(animals, radius), local_seed, 2 * radius + 3);
    if (region.empty()) return {};
    const cv::Rect found = (cv::boundingRect(region) + view.tl()) & farthest;
    const bool whole = !LeavesWindow(region, view, frame.size()) || found == box;
    if (look > 0 && whole) break;
    box = found;
  }
  region = FillHoles(region);
  for (const datasets::Polygons& other : others) region.setTo(0, MaskOf(other, view));
  if (cv::countNonZero(region) > kMaybeTwo * typical_area) {
    region = CutNecks(region, local_seed, typical_area);
  }
  if (cv::countNonZero(region) > kTwoLearnedAnimals * typical_area) {
    region = SplitAt(region, local_seed, typical_area);
  }
  const double area = cv::countNonZero(region);
  if (area < kLeastShare * typical_area || area > kMostShare * typical_area) return {};
  Proposal proposal;
  proposal.polygons = datasets::TraceMask(region, 0.7, view.tl(), kSmallestLearnedArea);
  proposal.quality = EdgeShare(frame(view), region);
  return proposal;
}

}  // namespace annotate
