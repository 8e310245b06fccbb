#include "app/model/drawing/triangulate.h"

#include <doctest/doctest.h>

#include <cmath>

namespace triangulate_test {

namespace {

double CoveredArea(const datasets::Ring& ring) {
  const std::vector<int> triangles = app::TriangulateRing(ring);
  double area = 0;
  for (size_t i = 0; i + 2 < triangles.size(); i += 3) {
    area +=
        datasets::RingArea({ring[triangles[i]], ring[triangles[i + 1]], ring[triangles[i + 2]]});
  }
  return area;
}

}  // namespace

TEST_CASE("the triangles of a simple outline cover exactly its area, in either winding") {
  datasets::Ring star;
  for (int i = 0; i < 40; ++i) {
    const double radius = i % 2 ? 10 : 25, angle = i * 2 * 3.14159265358979 / 40;
    star.emplace_back(50 + radius * std::cos(angle), 50 + radius * std::sin(angle));
  }
  CHECK(CoveredArea(star) == doctest::Approx(datasets::RingArea(star)));
  const datasets::Ring other_way(star.rbegin(), star.rend());
  CHECK(CoveredArea(other_way) == doctest::Approx(datasets::RingArea(star)));
}

TEST_CASE("an outline that crosses itself or has too few points gives no error") {
  CHECK(app::TriangulateRing({{0, 0}, {1, 1}}).empty());
  CHECK(app::TriangulateRing({{0, 0}, {10, 10}, {10, 0}, {0, 10}}).size() == 6);
}

}  // namespace triangulate_test
