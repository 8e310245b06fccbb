#include "annotate/assist/interpolate.h"

#include <algorithm>

#include "annotate/assist/pixel_region.h"
#include "datasets/base/error.h"

namespace annotate {
namespace {

struct Pair {
  const datasets::Ring* from;
  const datasets::Ring* to;
};

std::vector<const datasets::Ring*> LargestFirst(const KeyOutline& key) {
  std::vector<const datasets::Ring*> rings;
  for (const datasets::Ring& ring : key.polygons) {
    if (ring.size() >= 3 && datasets::RingArea(ring) > 0) rings.push_back(&ring);
  }
  if (rings.empty()) {
    throw datasets::Error("interpolation from frame " + std::to_string(key.frame),
                          "the label of that frame has no outline",
                          "outline the animal there first");
  }
  std::stable_sort(rings.begin(), rings.end(), [](const auto* a, const auto* b) {
    return datasets::RingArea(*a) > datasets::RingArea(*b);
  });
  return rings;
}

std::vector<Pair> PairRings(const KeyOutline& from, const KeyOutline& to) {
  std::vector<Pair> pairs;
  const auto rings = LargestFirst(from);
  auto free = LargestFirst(to);
  pairs.push_back({rings.front(), free.front()});
  const cv::Point2d motion = CenterOf({*free.front()}) - CenterOf({*rings.front()});
  free.erase(free.begin());
  for (size_t i = 1; i < rings.size() && !free.empty(); ++i) {
    const cv::Point2d expected = CenterOf({*rings[i]}) + motion;
    const auto nearest =
        std::min_element(free.begin(), free.end(), [&](const auto* a, const auto* b) {
          return cv::norm(CenterOf({*a}) - expected) < cv::norm(CenterOf({*b}) - expected);
        });
    pairs.push_back({rings[i], *nearest});
    free.erase(nearest);
  }
  return pairs;
}

}  // namespace

std::vector<InterpolatedOutline> Interpolate(const KeyOutline& from, const KeyOutline& to,
                                             int step) {
  if (from.frame > to.frame) return Interpolate(to, from, step);
  VOLE_CHECK(step > 0);
  const std::vector<Pair> pairs = PairRings(from, to);
  std::vector<InterpolatedOutline> between;
  for (int frame = from.frame + step; frame < to.frame; frame += step) {
    const double t = static_cast<double>(frame - from.frame) / (to.frame - from.frame);
    InterpolatedOutline outline{frame, {}};
    for (const Pair& pair : pairs) {
      outline.polygons.push_back(datasets::InterpolateRings(*pair.from, *pair.to, t));
    }
    between.push_back(std::move(outline));
  }
  return between;
}

std::vector<FramePoints> InterpolatePoints(const FramePoints& from, const FramePoints& to) {
  if (to.frame < from.frame) return InterpolatePoints(to, from);
  std::vector<FramePoints> between;
  for (int frame = from.frame + 1; frame < to.frame; ++frame) {
    const double share = static_cast<double>(frame - from.frame) / (to.frame - from.frame);
    FramePoints here{frame, {}};
    for (const datasets::KeyPoint& first : from.points) {
      for (const datasets::KeyPoint& last : to.points) {
        if (last.point_id != first.point_id) continue;
        datasets::KeyPoint point = first;
        point.x += (last.x - first.x) * share;
        point.y += (last.y - first.y) * share;
        point.visibility = std::min(first.visibility, last.visibility);
        here.points.push_back(point);
      }
    }
    if (!here.points.empty()) between.push_back(std::move(here));
  }
  return between;
}

}  // namespace annotate
