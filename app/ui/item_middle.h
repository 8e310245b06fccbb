// Where the item that was drawn last is, for tests that move a real mouse.
#pragma once

#include <imgui.h>

namespace app {

inline ImVec2 MiddleOfItem() {  // window pixels
  const ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
  return ImVec2((low.x + high.x) / 2, (low.y + high.y) / 2);
}

}  // namespace app
