// Times of a video as people write them.
#pragma once

#include <optional>
#include <string>

namespace app {

std::string ClockText(double seconds);  // "2:07.50", "1:02:07.50"

// The frame that a person typed: its number ("1250") or a time ("2:07", "1:02:07.5", as ClockText
// counts it: frame / fps). Nothing for any other text, or for a time where fps is not known.
std::optional<int> FrameOfText(const std::string& text, double fps);

}  // namespace app
