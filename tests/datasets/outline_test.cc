#include "datasets/shape/outline.h"

#include <doctest/doctest.h>

namespace outline_test {

using datasets::Outline;
using datasets::Ring;

namespace {

Ring Square(double x, double y, double side) {
  return {{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}};
}

Outline WithHole() {
  cv::Mat mask(40, 60, CV_8UC1, cv::Scalar(0));
  mask(cv::Rect(10, 5, 20, 20)).setTo(255);
  mask(cv::Rect(15, 10, 5, 5)).setTo(0);
  Outline outline;
  outline.polygons = {Square(10, 5, 20)};
  outline.rle = datasets::EncodeMask(mask);
  return outline;
}

}  // namespace

TEST_CASE("An outline without polygons and mask has no shape, no box and no area") {
  const Outline outline;
  CHECK_FALSE(outline.HasShape());
  CHECK(outline.Area({60, 40}) == 0);
  CHECK(outline.Bounds().width == 0);
  CHECK(outline.Rings().empty());
  CHECK(datasets::RleArea(outline.Mask({60, 40})) == 0);
  CHECK(cv::countNonZero(outline.MaskIn({0, 0, 60, 40})) == 0);
}

TEST_CASE("Where a mask is set it is the truth, and the polygons only outline it") {
  const Outline outline = WithHole();
  CHECK(outline.Area({60, 40}) == 20 * 20 - 5 * 5);
  CHECK(datasets::RleArea(outline.Mask({60, 40})) == 20 * 20 - 5 * 5);
  CHECK(outline.Rings().size() == 1);
  CHECK(outline.Bounds().x == 10);
  CHECK(cv::countNonZero(outline.MaskIn({12, 8, 10, 10})) == 100 - 25);
}

TEST_CASE("Parts of an outline that overlap count what they share once") {
  Outline outline;
  outline.polygons = {Square(10, 10, 10), Square(15, 10, 10)};
  CHECK(outline.Area({60, 40}) == doctest::Approx(150));
  CHECK(outline.Bounds().width == doctest::Approx(15));
}

TEST_CASE("A window over the edge of the picture sees background there") {
  const Outline outline = WithHole();
  const cv::Mat mask = outline.MaskIn({-5, -5, 20, 20});
  CHECK(mask.size() == cv::Size(20, 20));
  CHECK(cv::countNonZero(mask(cv::Rect(0, 0, 15, 10))) == 0);
  CHECK(cv::countNonZero(mask) == 5 * 10);
  Outline polygons;
  polygons.polygons = outline.polygons;
  CHECK(cv::countNonZero(polygons.MaskIn({-5, -5, 20, 20}) != mask) == 0);
}

TEST_CASE("A mask alone is traced where rings are asked for") {
  Outline outline = WithHole();
  outline.polygons.clear();
  CHECK(outline.HasShape());
  REQUIRE(outline.Rings().size() == 1);
  CHECK(datasets::RingArea(outline.Rings()[0]) == doctest::Approx(400).epsilon(0.03));
}

}  // namespace outline_test
