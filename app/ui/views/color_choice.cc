#include "app/ui/views/color_choice.h"

#include <imgui.h>

#include "app/ui/theme.h"
#include "datasets/store/names.h"

namespace app {

std::optional<uint32_t> DrawColorChoice(const char* id, uint32_t color, float scale) {
  constexpr int kOffered = 16, kColumns = 8;
  std::optional<uint32_t> chosen;
  ImGui::PushID(id);
  const float side = ImGui::GetTextLineHeight();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  if (ImGui::InvisibleButton("color", ImVec2(side, side))) ImGui::OpenPopup("colors");
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRectFilled(at, ImVec2(at.x + side, at.y + side), ToImColor(color), 3 * scale);
  if (ImGui::IsItemHovered()) {
    draw->AddRect(at, ImVec2(at.x + side, at.y + side), AccentColor(), 3 * scale, 0, 2 * scale);
    ImGui::SetTooltip("Another color");
  }
  if (ImGui::BeginPopup("colors")) {
    for (int i = 0; i < kOffered; ++i) {
      if (i % kColumns) ImGui::SameLine();
      ImGui::PushID(i);
      const uint32_t offered = datasets::PaletteColor(i);
      if (ImGui::ColorButton("##offered", ImGui::ColorConvertU32ToFloat4(ToImColor(offered)))) {
        chosen = offered;
        ImGui::CloseCurrentPopup();
      }
      ImGui::PopID();
    }
    static float edited[3];
    if (ImGui::IsWindowAppearing()) {
      const ImVec4 now = ImGui::ColorConvertU32ToFloat4(ToImColor(color));
      edited[0] = now.x, edited[1] = now.y, edited[2] = now.z;
    }
    ImGui::ColorEdit3("##any", edited, ImGuiColorEditFlags_DisplayHex);
    ImGui::SameLine();
    if (ImGui::Button("Take")) {
      const auto part = [](float value) { return static_cast<uint32_t>(value * 255 + 0.5f); };
      chosen = part(edited[0]) << 16 | part(edited[1]) << 8 | part(edited[2]);
      ImGui::CloseCurrentPopup();
    }
    ImGui::EndPopup();
  }
  ImGui::PopID();
  if (chosen && (*chosen == color || *chosen == 0)) chosen.reset();  // 0 means: by itself
  return chosen;
}

}  // namespace app
