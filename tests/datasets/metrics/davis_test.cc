#include "datasets/metrics/davis.h"

#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"

namespace davis_test {

using namespace datasets;

namespace {

cv::Mat Square(int x, int y, int side, int size = 100) {
  cv::Mat mask = cv::Mat::zeros(size, size, CV_8UC1);
  mask(cv::Rect(x, y, side, side)) = 255;
  return mask;
}
const cv::Mat kEmpty = cv::Mat::zeros(100, 100, CV_8UC1);

}  // namespace

TEST_CASE("Region similarity is the IoU, and 1 where nothing is owed and nothing given") {
  CHECK(RegionSimilarity(kEmpty, kEmpty) == 1);
  CHECK(RegionSimilarity(Square(10, 10, 20), kEmpty) == 0);
  CHECK(RegionSimilarity(Square(10, 10, 20), Square(20, 10, 20)) == doctest::Approx(200.0 / 600));
  CHECK_THROWS_AS(RegionSimilarity(kEmpty, cv::Mat::zeros(9, 9, CV_8UC1)), Error);
}

TEST_CASE("Boundary accuracy forgives shifts within the disk and nothing beyond") {
  // Diagonal 141.4 pixels, radius ceil(1.13) = 2.
  CHECK(BoundaryAccuracy(kEmpty, kEmpty) == 1);
  CHECK(BoundaryAccuracy(Square(10, 10, 20), kEmpty) == 0);
  CHECK(BoundaryAccuracy(kEmpty, Square(10, 10, 20)) == 0);
  CHECK(BoundaryAccuracy(Square(10, 10, 20), Square(12, 10, 20)) == doctest::Approx(1));
  CHECK(BoundaryAccuracy(Square(10, 10, 20), Square(60, 60, 20)) == 0);
  // Radius 1, moved by 2 to the right. A 20-square at 10 has boundary rows and columns 9 and 29
  // over 9..29: 21 * 4 - 4 = 80 pixels. Of each boundary the two horizontal sides but their first
  // pixel stay within reach: 2 * 20; the vertical sides at 9 and 29 have none but the ends.
  // Truth columns 9..29 against predicted columns 11..31: row pixels 10..29 are within 1 of 11..31.
  CHECK(BoundaryAccuracy(Square(10, 10, 20), Square(12, 10, 20), 1) == doctest::Approx([] {
          int reached = 0;
          for (int x = 9; x <= 29; ++x)
            for (int y = 9; y <= 29; ++y) {
              if (x != 9 && x != 29 && y != 9 && y != 29) continue;
              const auto on = [](int u, int v) {
                return u >= 11 && u <= 31 && v >= 9 && v <= 29 &&
                       (u == 11 || u == 31 || v == 9 || v == 29);
              };
              reached += on(x, y) || on(x - 1, y) || on(x + 1, y) || on(x, y - 1) || on(x, y + 1);
            }
          return reached / 80.0;
        }()));
}

TEST_CASE("An object that touches the image's border has no boundary along it") {
  cv::Mat full(20, 20, CV_8UC1, cv::Scalar(255));
  CHECK(BoundaryAccuracy(full, full) == 1);
  CHECK(BoundaryAccuracy(full, cv::Mat::zeros(20, 20, CV_8UC1)) == 1);  // neither has a boundary
}

TEST_CASE("A steady shape is steady wherever it moves, a changing one is less so") {
  cv::Mat shape = cv::Mat::zeros(100, 100, CV_8UC1), moved = shape.clone(), other = shape.clone();
  cv::ellipse(shape, {40, 40}, {25, 10}, 20, 0, 360, 255, -1);
  cv::ellipse(moved, {55, 47}, {25, 10}, 20, 0, 360, 255, -1);
  cv::ellipse(other, {40, 40}, {12, 20}, 70, 0, 360, 255, -1);
  CHECK(TemporalInstability(shape, shape) == doctest::Approx(0));
  CHECK(TemporalInstability(shape, moved) == doctest::Approx(0));
  CHECK(TemporalInstability(shape, other) > 0.02);
  CHECK(std::isnan(TemporalInstability(shape, kEmpty)));
}

TEST_CASE("Recall counts values above one half, decay compares the first and the last quarter") {
  // Edges round(1, 2.75, 4.5, 6.25, 8) - 1 = 0, 2, 3, 5, 7: first three against last three.
  const auto statistics = DavisStatisticsOf({.9, .8, .7, .6, .5, .4, .3, .2});
  CHECK(statistics.mean == doctest::Approx(.55));
  CHECK(statistics.recall == doctest::Approx(.5));
  CHECK(statistics.decay == doctest::Approx(.8 - .3));
  CHECK(DavisStatisticsOf({}).mean == 0);
  CHECK(DavisStatisticsOf({.7}).decay == 0);
}

TEST_CASE("The first and the last frame of a video do not count") {
  const cv::Mat square = Square(10, 10, 20);
  const auto figures =
      EvaluateDavis({square, square, square, kEmpty}, {kEmpty, square, square, square});
  CHECK(figures.j.mean == 1);
  CHECK(figures.f.mean == 1);
  CHECK(figures.t == doctest::Approx(0));
  CHECK(EvaluateDavis({square}, {kEmpty}).j.mean == 0);
  CHECK(std::isnan(EvaluateDavis({square}, {kEmpty}).t));  // nothing follows nothing
  CHECK(std::isnan(EvaluateDavis({square, square, square}, {square, square, square}).t));
  CHECK(EvaluateDavis({}, {}).j.mean == 0);
  CHECK_THROWS_AS(EvaluateDavis({square}, {}), Error);
}

}  // namespace davis_test
