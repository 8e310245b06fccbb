// A color of an animal or a behavior as a square that opens a choice of colors.
#pragma once

#include <cstdint>
#include <optional>

namespace app {

// Draws the square, as high as a line of text. The color that a person has chosen with it, once.
std::optional<uint32_t> DrawColorChoice(const char* id, uint32_t color, float scale);

}  // namespace app
