// Labels between two key frames of one animal.
#pragma once

#include <vector>

#include "datasets/keypoints/skeleton.h"
#include "datasets/shape/polygon.h"

namespace annotate {

struct KeyOutline {
  int frame = 0;  // 0-based
  datasets::Polygons polygons;
};

struct InterpolatedOutline {
  int frame = 0;
  datasets::Polygons polygons;
};

// One outline for every frame strictly between the two keys (either order), or every `step`-th.
// Rings are paired largest with nearest; winding and starting points need not agree. A ring that
// only one key has is left out. Throws Error when a key has no outline.
std::vector<InterpolatedOutline> Interpolate(const KeyOutline& from, const KeyOutline& to,
                                             int step = 1);

struct FramePoints {
  int frame = 0;
  std::vector<datasets::KeyPoint> points;
};
// The points that both keys have, on straight lines, for every frame strictly between them (either
// order); hidden where one of the keys hides them. None where they have no point in common.
std::vector<FramePoints> InterpolatePoints(const FramePoints& from, const FramePoints& to);

}  // namespace annotate
