// What a person does with mouse and keyboard, as tools see it.
#pragma once

#include <opencv2/core.hpp>

namespace annotate {

enum class ToolKey {
  kNone,
  kEnter,
  kSpace,
  kEscape,
  kBackspace,
  kDelete,
  kLeft,
  kRight,
  kUp,
  kDown,
  kTab
};

struct ToolInput {
  enum class Type { kPress, kMove, kRelease, kDoubleClick, kWheel, kKey };
  Type type = Type::kMove;
  cv::Point2d position;                      // continuous image coordinates
  double image_pixels_per_screen_pixel = 1;  // so that snapping is in screen pixels at every zoom
  int button = 0;                            // 0 left, 1 right, 2 middle
  bool button_down = false;                  // left button held while moving
  bool ctrl = false, shift = false, alt = false;
  double wheel = 0;  // notches, up is positive
  ToolKey key = ToolKey::kNone;
  double seconds = 0;  // monotonic clock
};

}  // namespace annotate
