// Times of a video as people write them.
#pragma once

#include <optional>
#include <string>

#include "datasets/video/frame_times.h"

namespace app {

std::string ClockText(double seconds);  // "2:07.50", "1:02:07.50"

// The frame that a person typed: its number ("1250") or a time ("2:07", "1:02:07.5"): the frame
// that begins to be shown nearest to it. Nothing for any other text.
std::optional<int> FrameOfText(const std::string& text, const datasets::FrameTimes& times);

}  // namespace app
