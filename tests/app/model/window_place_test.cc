#include "app/model/drawing/window_place.h"

#include <doctest/doctest.h>

namespace window_place_test {

namespace {

using app::OnScreen;
using app::WindowPlace;

const WindowPlace kLaptop{0, 0, 1920, 1080}, kBeside{1920, 0, 2560, 1440};

bool Same(const WindowPlace& a, const WindowPlace& b) {
  return a.x == b.x && a.y == b.y && a.width == b.width && a.height == b.height &&
         a.maximized == b.maximized;
}

}  // namespace

TEST_CASE("a window that can be seen and taken hold of stays where it was") {
  for (const WindowPlace& place :
       {WindowPlace{100, 50, 1280, 720}, WindowPlace{0, 0, 1920, 1080},
        WindowPlace{1500, 100, 1280, 720},  // over both monitors
        WindowPlace{-300, 100, 1280, 720, true}, WindowPlace{2000, 900, 1280, 720}}) {
    CHECK(Same(OnScreen(place, {kLaptop, kBeside}), place));
  }
}

TEST_CASE("a window on a monitor that is gone comes back to the nearest one that is left") {
  const WindowPlace there{2200, 100, 1280, 720};
  CHECK(Same(OnScreen(there, {kLaptop, kBeside}), there));
  CHECK(Same(OnScreen(there, {kLaptop}), {640, 100, 1280, 720}));
  CHECK(Same(OnScreen({5000, -3000, 1280, 720}, {kLaptop, kBeside}), {3200, 0, 1280, 720}));
  CHECK(Same(OnScreen({2200, 100, 2400, 1400, true}, {kLaptop}), {0, 0, 1920, 1080, true}));
  CHECK(Same(OnScreen({2147483000, 2147483000, 1280, 720}, {kLaptop}), {640, 360, 1280, 720}));
}

TEST_CASE("a window whose top is out of reach comes down, one larger than the screen shrinks") {
  CHECK(Same(OnScreen({100, -300, 1280, 720}, {kLaptop}), {100, 0, 1280, 720}));
  CHECK(Same(OnScreen({0, 0, 1440, 900}, {{0, 0, 1280, 720}}), {0, 0, 1280, 720}));
}

TEST_CASE("without any monitor, or without a known place, nothing is moved") {
  CHECK(Same(OnScreen({2200, 100, 1280, 720}, {}), {2200, 100, 1280, 720}));
  CHECK(Same(OnScreen({}, {kLaptop}), {}));
}

}  // namespace window_place_test
