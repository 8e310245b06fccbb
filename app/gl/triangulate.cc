#include "app/gl/triangulate.h"

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
  size_t at = 0, misses = 0;
  while (left.size() > 3) {
    const size_t n = left.size();
    const int a = left[(at + n - 1) % n], b = left[at % n], c = left[(at + 1) % n];
    bool ear = Cross(ring[a], ring[b], ring[c]) > 0;
    for (size_t i = 0; ear && i < n; ++i) {
      const int p = left[i];
      ear = p == a || p == b || p == c || !Inside(ring[p], ring[a], ring[b], ring[c]);
    }
    if (ear || misses > n) {  // a crossing outline has no ear left: cut anyway
      triangles.insert(triangles.end(), {a, b, c});
      left.erase(left.begin() + static_cast<long>(at % n));
      misses = 0;
      if (at >= left.size()) at = 0;
    } else {
      at = (at + 1) % n;
      ++misses;
    }
  }
  triangles.insert(triangles.end(), {left[0], left[1], left[2]});
  return triangles;
}

}  // namespace app
