#include "app/ui/theme.h"

#include <array>
#include <cmath>

namespace app {
namespace {

constexpr std::array<Dash, 4> kDashes = {Dash{0, 0}, Dash{9, 4}, Dash{3, 3}, Dash{14, 6}};

bool IsDark() { return ImGui::GetStyleColorVec4(ImGuiCol_WindowBg).x < 0.5f; }

}  // namespace

void ApplyTheme(const ThemeSettings& settings) {
  ImGuiStyle& style = ImGui::GetStyle();
  style = ImGuiStyle();
  if (settings.dark) {
    ImGui::StyleColorsDark(&style);
  } else {
    ImGui::StyleColorsLight(&style);
  }
  style.WindowRounding = 0;
  style.ChildRounding = 4;
  style.FrameRounding = 4;
  style.PopupRounding = 6;
  style.GrabRounding = 4;
  style.TabRounding = 4;
  style.FrameBorderSize = 1;
  style.FramePadding = ImVec2(8, 4);
  style.ItemSpacing = ImVec2(8, 6);
  style.WindowPadding = ImVec2(10, 8);
  style.ScrollbarSize = 13;
  const auto gray = [](float v, float a = 1) { return ImVec4(v, v, v * 1.03f, a); };
  ImVec4* c = style.Colors;
  c[ImGuiCol_WindowBg] = gray(settings.dark ? 0.115f : 0.96f);  // the colors below go by it
  const ImVec4 accent = ImGui::ColorConvertU32ToFloat4(AccentColor());
  const auto faded = [&accent](float a) { return ImVec4(accent.x, accent.y, accent.z, a); };
  if (settings.dark) {
    c[ImGuiCol_ChildBg] = gray(0.115f, 0);
    c[ImGuiCol_PopupBg] = gray(0.15f, 0.98f);
    c[ImGuiCol_FrameBg] = gray(0.20f);
    c[ImGuiCol_FrameBgHovered] = gray(0.26f);
    c[ImGuiCol_Border] = gray(0.36f);
    c[ImGuiCol_Separator] = gray(0.26f);
    c[ImGuiCol_MenuBarBg] = gray(0.14f);
    c[ImGuiCol_Text] = gray(0.92f);
  } else {
    c[ImGuiCol_ChildBg] = gray(0.96f, 0);
    c[ImGuiCol_FrameBg] = gray(0.86f);
    c[ImGuiCol_FrameBgHovered] = gray(0.80f);
    c[ImGuiCol_Border] = gray(0.62f);
    c[ImGuiCol_Separator] = gray(0.76f);
    c[ImGuiCol_MenuBarBg] = gray(0.90f);
    c[ImGuiCol_Text] = gray(0.08f);
  }
  c[ImGuiCol_TextDisabled] = ImGui::ColorConvertU32ToFloat4(MutedTextColor());
  c[ImGuiCol_Button] = faded(0.30f);
  c[ImGuiCol_ButtonHovered] = faded(0.55f);
  c[ImGuiCol_ButtonActive] = faded(0.80f);
  c[ImGuiCol_Header] = faded(0.28f);
  c[ImGuiCol_HeaderHovered] = faded(0.45f);
  c[ImGuiCol_HeaderActive] = faded(0.60f);
  c[ImGuiCol_Tab] = faded(0.15f);
  c[ImGuiCol_TabHovered] = faded(0.55f);
  c[ImGuiCol_TabActive] = faded(0.45f);
  c[ImGuiCol_CheckMark] = accent;
  c[ImGuiCol_SliderGrab] = accent;
  c[ImGuiCol_PlotHistogram] = accent;
  c[ImGuiCol_PlotLines] = accent;
  style.ScaleAllSizes(settings.scale);
}

ImU32 ToImColor(uint32_t rgb, float opacity) {
  return IM_COL32(rgb >> 16 & 255, rgb >> 8 & 255, rgb & 255,
                  static_cast<int>(std::lround(opacity * 255)));
}

Dash PaletteDash(int index) {
  return kDashes[static_cast<size_t>(std::max(index, 0)) % kDashes.size()];
}

ImU32 AccentColor() { return IsDark() ? IM_COL32(86, 156, 214, 255) : IM_COL32(20, 98, 170, 255); }
ImU32 OnAccentColor() {
  return IsDark() ? IM_COL32(10, 12, 16, 255) : IM_COL32(255, 255, 255, 255);
}
ImU32 WarningColor() { return IsDark() ? IM_COL32(240, 180, 60, 255) : IM_COL32(160, 100, 0, 255); }
ImU32 ErrorColor() { return IsDark() ? IM_COL32(240, 100, 80, 255) : IM_COL32(180, 40, 20, 255); }
ImU32 MutedTextColor() {
  return IsDark() ? IM_COL32(160, 160, 165, 255) : IM_COL32(95, 95, 100, 255);
}

ImU32 ConfidenceColor(double confidence) {
  const float t = static_cast<float>(std::min(std::max(confidence, 0.0), 1.0));
  const auto mix = [t](float low, float high) { return static_cast<int>(low + (high - low) * t); };
  return IM_COL32(mix(213, 0), mix(94, 158), mix(0, 115), 255);
}

}  // namespace app
