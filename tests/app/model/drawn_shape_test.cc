#include "app/model/drawing/drawn_shape.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

namespace drawn_shape_test {

using datasets::Ring;

namespace {

Ring Circle(int points, double radius) {
  Ring ring;
  for (int i = 0; i < points; ++i) {
    const double angle = 2 * CV_PI * i / points;
    ring.emplace_back(100 + radius * std::cos(angle), 100 + radius * std::sin(angle));
  }
  return ring;
}

double DistanceToSegment(const cv::Point2d& p, const cv::Point2d& a, const cv::Point2d& b) {
  const cv::Point2d way = b - a;
  const double along = way.dot(way) > 0 ? std::clamp((p - a).dot(way) / way.dot(way), 0.0, 1.0) : 0;
  return cv::norm(p - (a + way * along));
}

double FarthestFrom(const Ring& points, const Ring& outline) {
  double farthest = 0;
  for (const cv::Point2d& point : points) {
    double nearest = 1e9;
    for (size_t i = 0; i < outline.size(); ++i) {
      nearest = std::min(nearest,
                         DistanceToSegment(point, outline[i], outline[(i + 1) % outline.size()]));
    }
    farthest = std::max(farthest, nearest);
  }
  return farthest;
}

}  // namespace

TEST_CASE("a drawn outline is nowhere more than half a window pixel from the stored one") {
  const Ring circle = Circle(400, 60);
  for (const double scale : {0.05, 0.2, 0.354, 0.5, 1.0, 1.3, 4.0}) {
    const double tolerance = app::DrawnTolerance(scale);
    CAPTURE(scale);
    CHECK(tolerance * scale <= 0.5);
    CHECK(tolerance * scale >= 0.35);  // and not much better than that, which would cost time
    const app::DrawnShape drawn = app::DrawnAt({circle}, tolerance);
    CHECK(FarthestFrom(circle, drawn.outlines[0]) * scale <= 0.5);
    CHECK(FarthestFrom(circle, drawn.insides[0]) * scale <= 1.0);
    CHECK(drawn.outlines[0].size() < 100);
  }
}

TEST_CASE("every point is drawn where the picture is large") {
  for (const double scale : {8.5, 40.0, 0.0, -1.0, std::nan("")})
    CHECK(app::DrawnTolerance(scale) == 0);
  const Ring circle = Circle(400, 60);
  CHECK(app::DrawnAt({circle}, 0).outlines[0] == circle);
  CHECK(app::DrawnAt({circle}, 0).insides[0] == circle);
}

TEST_CASE("an animal far away stays a triangle at least, and its triangles cover it") {
  const app::DrawnShape drawn = app::DrawnAt({Circle(50, 3), Circle(80, 40)}, 10);
  REQUIRE(drawn.outlines.size() == 2);
  REQUIRE(drawn.triangles.size() == 2);
  for (size_t r = 0; r < 2; ++r) {
    CHECK(drawn.insides[r].size() >= 3);
    double area = 0;
    const auto& indices = drawn.triangles[r];
    for (size_t i = 0; i + 2 < indices.size(); i += 3) {
      const auto at = [&](size_t k) { return drawn.insides[r][static_cast<size_t>(indices[k])]; };
      area += datasets::RingArea({at(i), at(i + 1), at(i + 2)});
    }
    CHECK(area == doctest::Approx(datasets::RingArea(drawn.insides[r])));
  }
}

}  // namespace drawn_shape_test
