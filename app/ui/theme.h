// Fonts, sizes and colors of the window: light or dark, any scale, told apart without color too.
#pragma once

#include <imgui.h>

#include <cstdint>
#include <string>

namespace app {

struct ThemeSettings {
  bool dark = true;
  float scale = 1.0f;         // user's UI scale, times the monitor's content scale
  bool dash_patterns = true;  // outlines of animals differ by dash pattern as well as by color
};

struct Fonts {
  ImFont* body = nullptr;
  ImFont* heading = nullptr;
  ImFont* small = nullptr;
};

void ApplyTheme(const ThemeSettings& settings);

ImU32 ToImColor(uint32_t rgb, float opacity = 1);  // 0xRRGGBB
struct Dash {
  float on = 0, off = 0;
};  // window pixels at scale 1; off 0 = solid
Dash PaletteDash(int index);
// Colors with a meaning, in the current theme.
ImU32 AccentColor();
ImU32 OnAccentColor();  // text and icons on the accent
ImU32 WarningColor();
ImU32 ErrorColor();
ImU32 MutedTextColor();
ImU32 ConfidenceColor(double confidence);  // 0 red-orange .. 1 blue-green

}  // namespace app
