#include "app/model/drawing/tag_layout.h"

#include <doctest/doctest.h>

#include <random>

namespace tag_layout_test {

using app::PlaceTags;
using app::TagRequest;

namespace {

bool Meet(const TagRequest& a, const app::TagPlace& at, const TagRequest& b,
          const app::TagPlace& bt) {
  return at.x < bt.x + b.width && bt.x < at.x + a.width && at.y < bt.y + b.height &&
         bt.y < at.y + a.height;
}

}  // namespace

TEST_CASE("a name stands above its animal, below it where the picture ends above") {
  const auto above = PlaceTags({{100, 100, 140, 120, 30, 10}}, 0, 0, 400, 300);
  CHECK(above[0].x == doctest::Approx(105));
  CHECK(above[0].y < 90);
  CHECK_FALSE(above[0].displaced);
  const auto inside = PlaceTags({{100, 2, 140, 20, 30, 10}}, 0, 0, 400, 300);
  CHECK(inside[0].y >= 0);
}

TEST_CASE("names of animals that huddle do not cover each other") {
  std::mt19937 random(4);
  std::uniform_real_distribution<float> place(150, 250);
  std::vector<TagRequest> requests;
  for (int i = 0; i < 16; ++i) {
    const float x = place(random), y = place(random);
    requests.push_back({x, y, x + 40, y + 30, 60, 14});
  }
  const auto places = PlaceTags(requests, 0, 0, 800, 600);
  REQUIRE(places.size() == 16);
  for (size_t i = 0; i < 16; ++i) {
    for (size_t j = 0; j < i; ++j) {
      CHECK_FALSE(Meet(requests[i], places[i], requests[j], places[j]));
    }
  }
}

TEST_CASE("every name stays on the canvas, also where the canvas is smaller than the name") {
  for (const float x : {-500.f, 0.f, 390.f, 2000.f}) {
    const auto places = PlaceTags({{x, x, x + 10, x + 10, 50, 12}}, 0, 0, 400, 300);
    CHECK(places[0].x >= 0);
    CHECK(places[0].x <= 350);
    CHECK(places[0].y >= 0);
    CHECK(places[0].y <= 288);
  }
  CHECK(PlaceTags({{0, 0, 10, 10, 50, 12}}, 0, 0, 20, 5).size() == 1);
  CHECK(PlaceTags({}, 0, 0, 20, 5).empty());
}

TEST_CASE("in a crowd no name covers another animal, but the one that is pointed at has its name") {
  std::vector<TagRequest> requests;
  for (int i = 0; i < 200; ++i) {  // a grid with room for names in its last rows only
    const float x = static_cast<float>(40 + i % 20 * 34);
    const float y = static_cast<float>(40 + i / 20 * (i < 160 ? 30 : 45));
    requests.push_back({x, y, x + 26, y + 26, i % 5 ? 80.f : 20.f, 16});
  }
  requests[45].wanted = true;
  const auto places = PlaceTags(requests, 0, 0, 800, 600);
  CHECK_FALSE(places[45].hidden);
  size_t shown = 0;
  for (size_t i = 0; i < places.size(); ++i) {
    shown += !places[i].hidden;
    if (places[i].hidden || i == 45) continue;
    CHECK_FALSE(places[i].displaced);
    for (size_t j = 0; j < places.size(); ++j) {
      if (j == i) continue;
      const TagRequest& other = requests[j];
      const TagRequest box{0, 0, 0, 0, other.right - other.left, other.bottom - other.top};
      CHECK_FALSE(Meet(requests[i], places[i], box, {other.left, other.top}));
      if (!places[j].hidden) CHECK_FALSE(Meet(requests[i], places[i], other, places[j]));
    }
  }
  CHECK(shown > 20);
  CHECK(shown < 120);
  requests.resize(app::kCrowd);
  for (const app::TagPlace& place : PlaceTags(requests, 0, 0, 800, 600)) CHECK_FALSE(place.hidden);
}

}  // namespace tag_layout_test
