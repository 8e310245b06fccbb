#include "app/model/drawing/clock_text.h"

#include <doctest/doctest.h>

namespace clock_text_test {

using app::ClockText;
using app::FrameOfText;

TEST_CASE("a time has hours only where there are any") {
  CHECK(ClockText(0) == "0:00.00");
  CHECK(ClockText(127.5) == "2:07.50");
  CHECK(ClockText(3599.99) == "59:59.99");
  CHECK(ClockText(3600) == "1:00:00.00");
  CHECK(ClockText(38740) == "10:45:40.00");
}

TEST_CASE("a typed number is a frame, a typed time is the frame that the clock shows it for") {
  CHECK(FrameOfText("1250", 25) == 1250);
  CHECK(FrameOfText(" 0 ", 25) == 0);
  CHECK(FrameOfText("2:07", 25) == 127 * 25);
  CHECK(FrameOfText("2:07.5", 30) == 3825);
  CHECK(FrameOfText("1:02:07", 10) == 37270);
  for (const int frame : {0, 1, 29, 30, 3599, 107892, 1234567}) {
    CHECK(FrameOfText(ClockText(frame / 29.97), 29.97) == frame);
  }
}

TEST_CASE("other text is no frame, and a number beyond all videos is the last one there can be") {
  for (const char* text : {"", " ", "-3", "12.5", "abc", "1e3", "2:", ":30", "1:2:3:4", "2:07x",
                           "2 07", "0x10", "nan", "inf"}) {
    CAPTURE(text);
    CHECK_FALSE(FrameOfText(text, 25).has_value());
  }
  CHECK(FrameOfText("99999999999", 25) == 2147483647);
}

TEST_CASE("in a video whose rate varies a time is that of the frame that shows then") {
  datasets::VideoIndex index;
  index.time_base_den = 10;
  for (int i = 0; i < 40; ++i) index.pts.push_back(i < 20 ? 10 * i : 200 + 5 * (i - 20));
  index.fps = 39 / (index.pts.back() / 10.0);
  const datasets::FrameTimes times(index);
  CHECK(FrameOfText("0:10", times) == 10);
  CHECK(FrameOfText("0:25", times) == 30);
  for (int frame = 0; frame < 40; ++frame) {
    CHECK(FrameOfText(ClockText(times.Between(0, frame)), times) == frame);
  }
}

}  // namespace clock_text_test
