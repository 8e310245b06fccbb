// Where the key points of animals stand in their skeletons, for those who draw them.
#pragma once

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "datasets/keypoints/skeleton.h"

namespace app {

class PointPlaces {
 public:
  PointPlaces() = default;
  explicit PointPlaces(const std::vector<datasets::Skeleton>& skeletons);

  uint32_t ColorOf(const datasets::KeyPoint& point) const;  // white for one that is in no skeleton
  // The lines between those of `points` that a skeleton joins, as indices into `points`.
  std::vector<std::pair<size_t, size_t>> EdgesBetween(
      const std::vector<datasets::KeyPoint>& points) const;

 private:
  struct Place {
    uint32_t color = 0;
    std::vector<int64_t> joined;  // points that a line goes to, each line once
  };
  std::unordered_map<int64_t, Place> places_;  // by the point's id
};

}  // namespace app
