#include "app/ui/views/keys_view.h"

#include <algorithm>
#include <utility>

namespace app {

void KeysView::AddActions(ActionTable& actions, Session&) {
  Action open;
  open.id = "help.keys";
  open.title = "Keys...";
  open.menu = "Help";
  open.help = "All keys, and how to change them";
  open.chords = {ParseChord("F1")};
  open.run = [this] { open_ = !open_; };
  actions.Add(open);
}

bool KeysView::TakeKey(const Chord& chord, ActionTable& actions) {
  if (waiting_for_.empty()) return false;
  if (chord.key == "Escape") {
    waiting_for_.clear();
    escape_taken_ = true;
    return true;
  }
  const std::vector<std::string> others = actions.Conflicts(waiting_for_, chord);
  warning_.clear();
  if (!others.empty()) {
    warning_ = ChordText(chord) + " is also the key of \"" + others.front() +
               "\": both keep it, and " + "the one of the current mode runs. Change one of them.";
  }
  actions.Bind(waiting_for_, {chord});
  waiting_for_.clear();
  if (on_change) on_change();
  return true;
}

void KeysView::Draw(UiContext& context) {
  if (!open_) return;
  const float scale = context.scale;
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  ImGui::SetNextWindowPos(ImVec2(viewport->WorkPos.x + viewport->WorkSize.x / 2,
                                 viewport->WorkPos.y + viewport->WorkSize.y / 2),
                          ImGuiCond_Appearing, ImVec2(0.5f, 0.5f));
  ImGui::SetNextWindowSize(ImVec2(620 * scale, 560 * scale), ImGuiCond_Appearing);
  if (!ImGui::Begin("Keys", &open_,
                    ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoSavedSettings)) {
    ImGui::End();
    return;
  }
  const bool escape_taken = std::exchange(escape_taken_, false);
  if (ImGui::IsWindowFocused(ImGuiFocusedFlags_RootAndChildWindows) && !escape_taken &&
      ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_Escape), false)) {
    open_ = false;
  }
  ImGui::SetNextItemWidth(-1);
  ImGui::InputTextWithHint("##filter", "Find a command", filter_, sizeof filter_);
  if (!warning_.empty()) {
    ImGui::PushStyleColor(ImGuiCol_Text, WarningColor());
    ImGui::TextWrapped("%s", warning_.c_str());
    ImGui::PopStyleColor();
  }
  ImGui::BeginChild("list");
  static constexpr const char* kScopes[] = {"", "while labeling", "on behavior", "in review"};
  for (const Action* action : context.actions.Search(filter_)) {
    ImGui::PushID(action->id.c_str());
    ImGui::TextUnformatted(
        ((action->menu.empty() ? "" : action->menu + ": ") + action->title).c_str());
    if (!action->help.empty() && ImGui::IsItemHovered())
      ImGui::SetTooltip("%s", action->help.c_str());
    ImGui::SameLine(330 * scale);
    ImGui::TextDisabled("%s", kScopes[static_cast<int>(action->scope)]);
    ImGui::SameLine(450 * scale);
    const std::string keys = waiting_for_ == action->id ? "press a key..."
                             : action->chords.empty()   ? "-"
                                                        : ChordText(action->chords.front());
    if (ImGui::Button(keys.c_str(), ImVec2(140 * scale, 0))) waiting_for_ = action->id;
    ImGui::PopID();
  }
  ImGui::EndChild();
  ImGui::End();
}

}  // namespace app
