#include "datasets/shape/polygon.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

#include "datasets/base/error.h"

namespace polygon_test {

using namespace datasets;

namespace {
const Ring kSquare = {{1, 1}, {5, 1}, {5, 5}, {1, 5}};  // clockwise on the screen
}

TEST_CASE("Areas, boxes and their overlap are those worked by hand") {
  CHECK(SignedRingArea(kSquare) == 16);
  CHECK(SignedRingArea({kSquare.rbegin(), kSquare.rend()}) == -16);
  CHECK(RingArea({kSquare.rbegin(), kSquare.rend()}) == 16);
  CHECK(RingArea({{0, 0}, {1, 1}}) == 0);
  const Box box = BoxOf({kSquare, {{-2, 3}, {0, 9}, {1, 2}}});
  CHECK(box.x == -2);
  CHECK(box.y == 1);
  CHECK(box.width == 7);
  CHECK(box.height == 8);
  CHECK(BoxOf({}).width == 0);
  CHECK(BoxIou({0, 0, 4, 4}, {2, 2, 4, 4}) == doctest::Approx(4.0 / 28));
  CHECK(BoxIou({0, 0, 4, 4}, {4, 0, 4, 4}) == 0);
  CHECK(BoxIou({0, 0, 0, 0}, {0, 0, 0, 0}) == 0);
}

TEST_CASE("A ring that crosses or touches itself is noticed") {
  CHECK_FALSE(SelfCrosses(kSquare));
  CHECK(SelfCrosses({{0, 0}, {4, 4}, {4, 0}, {0, 4}}));
  CHECK(SelfCrosses({{0, 0}, {8, 0}, {8, 8}, {4, 0}, {0, 8}}));  // a vertex on another edge
  CHECK_FALSE(SelfCrosses({{0, 0}, {4, 0}, {4, 0}, {4, 4}, {0, 4}, {0, 0}}));  // repeated points
  CHECK_FALSE(SelfCrosses({{0, 0}, {1, 0}, {0, 1}}));
}

TEST_CASE("Simplifying keeps corners, drops what lies within the tolerance, never below three") {
  Ring ring;
  for (int i = 0; i < 10; ++i) ring.emplace_back(i, (i % 2) * 0.3);
  for (int i = 0; i < 10; ++i) ring.emplace_back(10, i);
  for (int i = 10; i > 0; --i) ring.emplace_back(i, 10);
  for (int i = 10; i > 0; --i) ring.emplace_back(0, i);
  const Ring simple = SimplifyRing(ring, 0.5);
  CHECK(simple.size() == 4);
  CHECK(RingArea(simple) == doctest::Approx(100));
  CHECK(SimplifyRing(ring, 1000).size() == 3);
  CHECK(SimplifyRing({{0, 0}, {4, 0}, {0, 4}}, 1000).size() == 3);
  CHECK(SimplifyRing({}, 1).empty());
}

TEST_CASE("Rings that enclose nothing are refused with their name") {
  const double nan = std::nan(""), infinite = std::numeric_limits<double>::infinity();
  CHECK_NOTHROW(CheckRing(kSquare, "outline"));
  CHECK_NOTHROW(CheckRing({{0, 0}, {4, 4}, {4, 0}, {0, 4}}, "bow-tie"));
  CHECK_THROWS_WITH_AS(CheckRing({{0, 0}, {1, 1}, {0, 0}}, "mouse 3"),
                       doctest::Contains("mouse 3: the outline has 2 distinct"), Error);
  CHECK_THROWS_AS(CheckRing({}, "x"), Error);
  CHECK_THROWS_AS(CheckRing({{0, 0}, {1, 1}, {2, 2}, {3, 3}}, "x"), Error);
  CHECK_THROWS_AS(CheckRing({{0, 0}, {1, nan}, {2, 0}}, "x"), Error);
  CHECK_THROWS_AS(CheckRing({{0, 0}, {infinite, 1}, {2, 0}}, "x"), Error);
}

TEST_CASE("A blend starts at one ring, ends at the other, and moves evenly between them") {
  Ring moved;
  for (const auto& point : kSquare) moved.push_back(point + cv::Point2d(10, 2));
  // The same square starting at another corner and wound the other way round.
  Ring turned{moved[2], moved[1], moved[0], moved[3]};
  const Ring half = InterpolateRings(kSquare, turned, 0.5);
  const Box box = BoxOf({half});
  CHECK(box.x == doctest::Approx(6));
  CHECK(box.y == doctest::Approx(2));
  CHECK(RingArea(half) == doctest::Approx(16));
  CHECK(RingArea(InterpolateRings(kSquare, moved, 0)) == doctest::Approx(16));
  const Ring triangle = {{0, 0}, {9, 0}, {4, 12}};
  CHECK(RingArea(InterpolateRings(kSquare, triangle, 0)) == doctest::Approx(16));
  CHECK(RingArea(InterpolateRings(kSquare, triangle, 1)) == doctest::Approx(54));
}

// Every edge with every other one.
bool SelfCrossesSlowly(const Ring& ring) {
  const size_t n = ring.size();
  const auto side = [](const cv::Point2d& o, const cv::Point2d& a, const cv::Point2d& b) {
    const double cross = (a - o).cross(b - o);
    return (cross > 0) - (cross < 0);
  };
  const auto within = [](const cv::Point2d& p, const cv::Point2d& a, const cv::Point2d& b) {
    return p.x >= std::min(a.x, b.x) && p.x <= std::max(a.x, b.x) && p.y >= std::min(a.y, b.y) &&
           p.y <= std::max(a.y, b.y);
  };
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = i + 2; j < n; ++j) {
      if (i == 0 && j == n - 1) continue;
      const auto &a = ring[i], &b = ring[i + 1], &c = ring[j], &d = ring[(j + 1) % n];
      const int abc = side(a, b, c), abd = side(a, b, d), cda = side(c, d, a), cdb = side(c, d, b);
      if ((abc != abd && cda != cdb) || (abc == 0 && within(c, a, b)) ||
          (abd == 0 && within(d, a, b)) || (cda == 0 && within(a, c, d)) ||
          (cdb == 0 && within(b, c, d))) {
        return true;
      }
    }
  }
  return false;
}

TEST_CASE("crossings are found as when every edge is held against every other") {
  std::mt19937 random(5);
  int crossing = 0;
  for (int round = 0; round < 3000; ++round) {
    const int corners = 4 + static_cast<int>(random() % 12);
    Ring ring;
    for (int i = 0; i < corners; ++i) {  // around a center, so that about half do not cross
      const double angle = 2 * CV_PI * i / corners, reach = 1 + static_cast<double>(random() % 9);
      ring.emplace_back(std::round(10 * reach * std::cos(angle)),
                        std::round(10 * reach * std::sin(angle)));
    }
    if (round % 2) std::swap(ring[random() % ring.size()], ring[random() % ring.size()]);
    if (WithoutRepeats(ring).size() != ring.size()) continue;
    const bool slow = SelfCrossesSlowly(ring);
    crossing += slow;
    CHECK(SelfCrosses(ring) == slow);
  }
  CHECK(crossing > 300);
  CHECK(crossing < 2700);
}

TEST_CASE("an outline of a hundred thousand corners is looked through quickly") {
  Ring comb;  // teeth of one pixel: up and down, and back along the bottom
  for (int i = 0; i < 50000; ++i) {
    comb.emplace_back(i, i % 2 ? 400 : 1);
    comb.emplace_back(i + 0.5, i % 2 ? 400 : 1);
  }
  comb.emplace_back(50000, 0);
  comb.emplace_back(0, 0);
  CHECK_FALSE(SelfCrosses(comb));
  std::swap(comb[700], comb[703]);
  CHECK(SelfCrosses(comb));
}

}  // namespace polygon_test
