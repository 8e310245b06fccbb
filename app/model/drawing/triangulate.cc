#include "app/model/drawing/triangulate.h"

#include <algorithm>
#include <numeric>

namespace app {
namespace {

double Cross(const cv::Point2d& a, const cv::Point2d& b, const cv::Point2d& c) {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

bool Inside(const cv::Point2d& p, const cv::Point2d& a, const cv::Point2d& b,
            const cv::Point2d& c) {
  return Cross(a, b, p) >= 0 && Cross(b, c, p) >= 0 && Cross(c, a, p) >= 0;
}

}  // namespace

std::vector<int> TriangulateRing(const datasets::Ring& ring) {
  std::vector<int> triangles;
  if (ring.size() < 3) return triangles;
  std::vector<int> left(ring.size());
  std::iota(left.begin(), left.end(), 0);
  if (datasets::SignedRingArea(ring) < 0) std::reverse(left.begin(), left.end());
  triangles.reserve((ring.size() - 2) * 3);
  // Only an inward corner can lie inside an ear; a corner that points outward goes on doing so.
  std::vector<char> inward(ring.size());
  std::vector<int> inward_corners;
  const auto turn = [&](size_t i) {
    const size_t n = left.size();
    return Cross(ring[left[(i + n - 1) % n]], ring[left[i]], ring[left[(i + 1) % n]]);
  };
  for (size_t i = 0; i < left.size(); ++i) {
    inward[left[i]] = turn(i) <= 0;
    if (inward[left[i]]) inward_corners.push_back(left[i]);
  }
  size_t at = 0, misses = 0;
  while (left.size() > 3) {
    const size_t n = left.size();
    const int a = left[(at + n - 1) % n], b = left[at % n], c = left[(at + 1) % n];
    bool ear = Cross(ring[a], ring[b], ring[c]) > 0;
    for (size_t i = 0; ear && i < inward_corners.size(); ++i) {
      const int p = inward_corners[i];
      ear = !inward[p] || p == a || p == b || p == c || !Inside(ring[p], ring[a], ring[b], ring[c]);
    }
    if (ear || misses > n) {  // a crossing outline has no ear left: cut anyway
      triangles.insert(triangles.end(), {a, b, c});
      left.erase(left.begin() + static_cast<long>(at % n));
      inward[b] = 0;
      misses = 0;
      if (at >= left.size()) at = 0;
      const size_t before = (at + left.size() - 1) % left.size();
      if (inward[left[before]]) inward[left[before]] = turn(before) <= 0;
      if (inward[left[at]]) inward[left[at]] = turn(at) <= 0;
    } else {
      at = (at + 1) % n;
      ++misses;
    }
  }
  triangles.insert(triangles.end(), {left[0], left[1], left[2]});
  return triangles;
}

std::vector<std::vector<int>> TriangulateRings(const datasets::Polygons& polygons) {
  std::vector<std::vector<int>> triangles;
  for (const datasets::Ring& ring : polygons) triangles.push_back(TriangulateRing(ring));
  return triangles;
}

}  // namespace app
