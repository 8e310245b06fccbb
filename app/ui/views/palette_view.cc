#include "app/ui/views/palette_view.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace app {

void PaletteView::AddActions(ActionTable& actions, Session&) {
  Action open;
  open.id = "view.palette";
  open.title = "Command palette";
  open.menu = "View";
  open.help = "Find every command by a few letters of its name";
  open.chords = {ParseChord("Ctrl+Shift+P"), ParseChord("Ctrl+K")};
  open.run = [this] { appear_ = true; };
  actions.Add(open);
}

void PaletteView::Describe(nlohmann::json& state) const {
  state["palette"] = {{"open", open_}, {"query", query_}};
}

void PaletteView::Draw(UiContext& context) {
  const float scale = context.scale;
  if (appear_) {
    ImGui::OpenPopup("##palette");
    query_[0] = 0;
    at_ = 0;
  }
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  ImGui::SetNextWindowPos(
      ImVec2(viewport->WorkPos.x + viewport->WorkSize.x / 2, viewport->WorkPos.y + 60 * scale),
      ImGuiCond_Always, ImVec2(0.5f, 0));
  ImGui::SetNextWindowSize(ImVec2(560 * scale, 420 * scale));
  open_ = ImGui::BeginPopup("##palette");
  if (!open_) return;
  if (appear_) ImGui::SetKeyboardFocusHere();
  appear_ = false;
  ImGui::SetNextItemWidth(-1);
  const bool enter = ImGui::InputTextWithHint("##query", "What do you want to do?", query_,
                                              sizeof query_, ImGuiInputTextFlags_EnterReturnsTrue);
  if (ImGui::IsItemEdited()) at_ = 0;
  const std::vector<const Action*> hits = context.actions.Search(query_);
  const int count = static_cast<int>(hits.size());
  const int before = at_;
  if (ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_DownArrow))) ++at_;
  if (ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_UpArrow))) --at_;
  at_ = std::clamp(at_, 0, std::max(count - 1, 0));
  std::string chosen;
  // One row is marked: the one that Enter runs.
  ImGui::BeginChild("hits");
  for (int i = 0; i < count; ++i) {
    const Action& action = *hits[static_cast<size_t>(i)];
    const bool enabled = !action.enabled || action.enabled();
    const ImVec2 moved = ImGui::GetIO().MouseDelta;
    const std::string text = (action.menu.empty() ? "" : action.menu + ": ") + action.title;
    ImGui::PushStyleColor(ImGuiCol_HeaderHovered,
                          ImGui::GetStyleColorVec4(i == at_ ? ImGuiCol_Header : ImGuiCol_PopupBg));
    const bool clicked = ImGui::Selectable((text + "##" + action.id).c_str(), i == at_,
                                           enabled ? 0 : ImGuiSelectableFlags_Disabled);
    ImGui::PopStyleColor();
    if (enabled && (clicked || (enter && i == at_))) chosen = action.id;
    if (ImGui::IsItemHovered() && (moved.x != 0 || moved.y != 0)) at_ = i;
    if (i == at_ && before != at_) ImGui::SetScrollHereY(0.5f);
    if (!action.chords.empty()) {
      const std::string keys = ChordText(action.chords.front());
      ImGui::SameLine(ImGui::GetWindowContentRegionMax().x - ImGui::CalcTextSize(keys.c_str()).x);
      ImGui::TextDisabled("%s", keys.c_str());
    }
  }
  if (hits.empty()) ImGui::TextDisabled("No command has these letters");
  ImGui::EndChild();
  if (!chosen.empty() || ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_Escape))) {
    ImGui::CloseCurrentPopup();
  }
  ImGui::EndPopup();
  if (!chosen.empty()) context.actions.Run(chosen);
}

}  // namespace app
