#include "annotate/tools/point_lists.h"

#include <algorithm>

namespace annotate {

using datasets::Id;
using datasets::KeyPoint;
using datasets::Skeleton;

const Skeleton* SkeletonOf(const Shape* shape, const ToolContext& context) {
  if (!context.skeletons || context.skeletons->empty()) return nullptr;
  const Skeleton* chosen = &context.skeletons->front();
  for (const Skeleton& skeleton : *context.skeletons) {
    if (skeleton.id == context.skeleton_id) chosen = &skeleton;
  }
  if (!shape || shape->key_points.empty()) return chosen;
  for (const Skeleton& skeleton : *context.skeletons) {
    for (const datasets::SkeletonPoint& point : skeleton.points) {
      if (point.id == shape->key_points.front().point_id) return &skeleton;
    }
  }
  return chosen;
}

int PlaceOfId(const Skeleton& skeleton, Id point) {
  for (size_t i = 0; i < skeleton.points.size(); ++i) {
    if (skeleton.points[i].id == point) return static_cast<int>(i);
  }
  return -1;
}

const KeyPoint* FindPoint(const std::vector<KeyPoint>& points, Id id) {
  for (const KeyPoint& point : points) {
    if (point.point_id == id) return &point;
  }
  return nullptr;
}

void Without(std::vector<KeyPoint>* points, Id id) {
  points->erase(std::remove_if(points->begin(), points->end(),
                               [id](const KeyPoint& point) { return point.point_id == id; }),
                points->end());
}

// Sets it, or puts it elsewhere; in the skeleton's order.
void With(std::vector<KeyPoint>* points, const KeyPoint& set, const Skeleton& skeleton) {
  Without(points, set.point_id);
  points->push_back(set);
  std::stable_sort(points->begin(), points->end(), [&](const KeyPoint& a, const KeyPoint& b) {
    return PlaceOfId(skeleton, a.point_id) < PlaceOfId(skeleton, b.point_id);
  });
}

}  // namespace annotate
