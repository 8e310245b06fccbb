#include "datasets/formats/yolo/yolo_bridge.h"

#include <cmath>
#include <nanoflann.hpp>

namespace datasets {

namespace {

// Corners as nanoflann sees them.
struct Corners {
  Ring points;
  size_t kdtree_get_point_count() const { return points.size(); }
  double kdtree_get_pt(size_t index, size_t axis) const {
    return axis == 0 ? points[index].x : points[index].y;
  }
  template <class Box>
  bool kdtree_get_bbox(Box&) const {
    return false;
  }
};

using Tree =
    nanoflann::KDTreeSingleIndexDynamicAdaptor<nanoflann::L2_Simple_Adaptor<double, Corners>,
                                               Corners, 2>;

}  // namespace

Ring BridgeParts(const Polygons& parts) {
  if (parts.empty()) return {};
  Ring outline;
  std::vector<size_t> next;     // the point that follows on the joined outline
  Corners corners;              // of the parts, numbered without gaps as the tree needs them
  std::vector<size_t> node_of;  // a corner's point
  Tree tree(2, corners);
  const auto append = [&](const cv::Point2d& point) {
    outline.push_back(point);
    next.push_back(outline.size());
  };
  for (const Ring& part : parts) {
    if (part.empty()) continue;
    const size_t first = outline.size(), first_corner = corners.points.size(), size = part.size();
    size_t nearest_corner = 0, from = 0;
    double best = INFINITY;
    for (size_t k = 0; first > 0 && k < size; ++k) {
      const double query[2] = {part[k].x, part[k].y};
      size_t index = 0;
      double distance = INFINITY;
      nanoflann::KNNResultSet<double> nearest(1);
      nearest.init(&index, &distance);
      tree.findNeighbors(nearest, query, nanoflann::SearchParams());
      if (distance >= best) continue;
      best = distance;
      nearest_corner = index;
      from = k;
    }
    for (size_t k = 0; k < size; ++k) {
      node_of.push_back(outline.size());
      corners.points.push_back(part[(from + k) % size]);
      append(corners.points.back());
    }
    if (first == 0) {
      next.back() = 0;
    } else {  // back to where the part began, and again the corner where the bridge stands
      const size_t at = node_of[nearest_corner];
      append(part[from]);
      append(outline[at]);
      next.back() = next[at];
      next[at] = first;
    }
    tree.addPoints(first_corner, first_corner + size - 1);
  }
  Ring whole;
  if (outline.empty()) return whole;
  whole.reserve(outline.size());
  size_t at = 0;
  do {
    whole.push_back(outline[at]);
    at = next[at];
  } while (at != 0);
  return whole;
}

}  // namespace datasets
