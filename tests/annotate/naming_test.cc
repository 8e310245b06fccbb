#include "annotate/assist/naming.h"

#include <doctest/doctest.h>

#include <opencv2/imgproc.hpp>

namespace naming_test {

namespace {

using annotate::NameByLooksAndPlace;
using annotate::NameEvidence;
using annotate::Sighting;
using annotate::SightingOf;

datasets::Polygons Box(double x, double y, double width, double height) {
  return {{{x, y}, {x + width, y}, {x + width, y + height}, {x, y + height}}};
}

Sighting Seen(int frame, double x, double y, double area = 1600) { return {frame, {x, y}, area}; }

}  // namespace

TEST_CASE("A sighting is the middle and the size of what an outline covers, of all its parts") {
  const Sighting whole = SightingOf(Box(10, 20, 40, 30), 7);
  CHECK(whole.frame == 7);
  CHECK(whole.area == doctest::Approx(1200));
  CHECK(whole.center.x == doctest::Approx(30));
  CHECK(whole.center.y == doctest::Approx(35));
  datasets::Polygons parts = Box(0, 0, 10, 10);
  parts.push_back(Box(30, 0, 10, 30)[0]);
  const Sighting both = SightingOf(parts, 0);
  CHECK(both.area == doctest::Approx(400));
  CHECK(both.center.x == doctest::Approx(0.25 * 5 + 0.75 * 35));
  // Far from the origin, and a ring without an area.
  CHECK(SightingOf(Box(1e7, 1e7, 2, 2), 0).center.x == doctest::Approx(1e7 + 1).epsilon(1e-12));
  CHECK(SightingOf({{{3, 4}, {3, 4}, {3, 4}}}, 0).center.x == doctest::Approx(3));
}

TEST_CASE("Look-alikes keep their names by where they were, whichever is outlined first") {
  NameEvidence evidence;
  evidence.sightings[1] = {Seen(10, 100, 100)};
  evidence.sightings[2] = {Seen(10, 300, 100)};
  CHECK(NameByLooksAndPlace(Seen(15, 310, 120), {}, evidence, {}) == 2);
  CHECK(NameByLooksAndPlace(Seen(15, 110, 90), {}, evidence, {}) == 1);
  // Also backward in time.
  CHECK(NameByLooksAndPlace(Seen(4, 310, 120), {}, evidence, {}) == 2);
  // What has a label in the frame is no candidate any more.
  CHECK(NameByLooksAndPlace(Seen(15, 310, 120), {}, evidence, {2}) == 1);
  CHECK(NameByLooksAndPlace(Seen(15, 310, 120), {}, evidence, {1, 2}) == 0);
  CHECK(NameByLooksAndPlace(Seen(15, 310, 120), {}, {}, {}) == 0);
  evidence.sightings[3] = {};
  CHECK(NameByLooksAndPlace(Seen(15, 310, 120), {}, evidence, {1, 2}) == 0);
}

TEST_CASE("An animal that runs is expected where it runs to, not where another one stands now") {
  NameEvidence evidence;
  evidence.sightings[1] = {Seen(20, 200, 100), Seen(10, 100, 100)};  // 10 pixels a frame
  evidence.sightings[2] = {Seen(20, 310, 100), Seen(10, 312, 100)};
  CHECK(NameByLooksAndPlace(Seen(30, 302, 100), {}, evidence, {}) == 1);
  CHECK(NameByLooksAndPlace(Seen(30, 309, 102), {}, evidence, {}) == 2);
  // One that has stopped where it was is still known.
  CHECK(NameByLooksAndPlace(Seen(30, 203, 100), {}, evidence, {}) == 1);
}

TEST_CASE("Unlike animals keep their names by size and color, also far from where they were") {
  NameEvidence evidence;
  evidence.sightings[1] = {Seen(10, 100, 100, 3700), Seen(0, 90, 100, 3800)};
  evidence.sightings[2] = {Seen(10, 400, 100, 2600), Seen(0, 400, 90, 2700)};
  CHECK(NameByLooksAndPlace(Seen(300, 400, 120, 3650), {}, evidence, {}) == 1);
  CHECK(NameByLooksAndPlace(Seen(300, 110, 120, 2650), {}, evidence, {}) == 2);
  for (auto& [animal, seen] : evidence.sightings) {
    for (Sighting& sighting : seen) sighting.area = 3000;
  }
  evidence.colors[1] = annotate::ColorOf({{60, 128, 128}, {66, 128, 128}});
  CHECK(NameByLooksAndPlace(Seen(300, 110, 120, 3000), cv::Vec3d(180, 128, 128), evidence, {}) ==
        1);
  evidence.colors[2] = annotate::ColorOf({{180, 128, 128}});
  CHECK(NameByLooksAndPlace(Seen(300, 110, 120, 3000), cv::Vec3d(180, 128, 128), evidence, {}) ==
        2);
  CHECK(NameByLooksAndPlace(Seen(300, 110, 120, 3000), {}, evidence, {}) == 1);
}

TEST_CASE("The color under an outline is that of its pixels, within the picture") {
  cv::Mat picture(60, 80, CV_8UC3, cv::Scalar(255, 255, 255));
  cv::rectangle(picture, cv::Rect(20, 20, 20, 20), cv::Scalar(0, 0, 0), cv::FILLED);
  const auto dark = annotate::ColorUnder(Box(22, 22, 16, 16), picture);
  REQUIRE(dark);
  CHECK((*dark)[0] == doctest::Approx(0).epsilon(0.01));
  const auto over_the_edge = annotate::ColorUnder(Box(70, 50, 40, 40), picture);
  REQUIRE(over_the_edge);
  CHECK((*over_the_edge)[0] == doctest::Approx(255).epsilon(0.01));
  CHECK_FALSE(annotate::ColorUnder(Box(200, 200, 10, 10), picture));
  CHECK_FALSE(annotate::ColorUnder({}, picture));
  const annotate::AnimalColor color = annotate::ColorOf({{10, 0, 4}, {30, 0, 4}});
  CHECK(color.mean == cv::Vec3d(20, 0, 4));
  CHECK(color.deviation == cv::Vec3d(10, 0, 0));
}

}  // namespace naming_test
