#include "app/model/drawing/point_places.h"

namespace app {

PointPlaces::PointPlaces(const std::vector<datasets::Skeleton>& skeletons) {
  for (const datasets::Skeleton& skeleton : skeletons) {
    for (const datasets::SkeletonPoint& point : skeleton.points) {
      places_[point.id].color = point.color;
    }
    for (const auto& [from, to] : skeleton.edges) {
      places_[skeleton.points[static_cast<size_t>(from)].id].joined.push_back(
          skeleton.points[static_cast<size_t>(to)].id);
    }
  }
}

uint32_t PointPlaces::ColorOf(const datasets::KeyPoint& point) const {
  const auto place = places_.find(point.point_id);
  return place == places_.end() ? 0xFFFFFF : place->second.color;
}

std::vector<std::pair<size_t, size_t>> PointPlaces::EdgesBetween(
    const std::vector<datasets::KeyPoint>& points) const {
  std::vector<std::pair<size_t, size_t>> edges;
  for (size_t i = 0; i < points.size(); ++i) {
    const auto place = places_.find(points[i].point_id);
    if (place == places_.end()) continue;
    for (const int64_t other : place->second.joined) {
      for (size_t k = 0; k < points.size(); ++k) {
        if (points[k].point_id == other) edges.emplace_back(i, k);
      }
    }
  }
  return edges;
}

}  // namespace app
