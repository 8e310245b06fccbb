#include "app/model/live/live_setup.h"

#include <doctest/doctest.h>

namespace live_setup_test {

namespace {

datasets::RegionRow Region(const std::string& name, const std::vector<double>& sides) {
  datasets::RegionRow region;
  region.name = name;
  for (const double side : sides) {
    region.polygons.push_back({{0, 0}, {side, 0}, {side, side}, {0, side}});
  }
  return region;
}

}  // namespace

TEST_CASE("each part of a region is a zone, the largest under its name") {
  const auto zones = app::ZonesOfRegions(
      {Region("nest", {10, 30, 20}), Region("nest 2", {5}), Region("left", {}), Region("x", {1})});
  REQUIRE(zones.size() == 5);
  CHECK(zones[0].name == "nest");
  CHECK(zones[0].outline[1].x == 30);
  CHECK(zones[1].name == "nest 3");  // nest 2 is another region
  CHECK(zones[1].outline[1].x == 20);
  CHECK(zones[2].name == "nest 4");
  CHECK(zones[3].name == "nest 2");
  CHECK(zones[3].outline[1].x == 5);
  CHECK(zones[4].name == "x");
}

}  // namespace live_setup_test
