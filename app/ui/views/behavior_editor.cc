#include "app/ui/views/behavior_editor.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/model/requests/behavior_requests.h"

namespace app {

void BehaviorEditor::Open(const datasets::BehaviorRow& behavior) {
  behavior_ = behavior.id;
  opens_ = true;
  snprintf(name_, sizeof name_, "%s", behavior.name.c_str());
  snprintf(group_, sizeof group_, "%s", behavior.exclusion_group.c_str());
  snprintf(key_, sizeof key_, "%s", behavior.shortcut.c_str());
}

void BehaviorEditor::Describe(nlohmann::json& state) const { state["edits_behavior"] = behavior_; }

void BehaviorEditor::Apply(Session& session, const datasets::BehaviorRow& behavior) {
  datasets::BehaviorRow changed = behavior;
  if (name_[0]) changed.name = name_;
  changed.exclusion_group = behavior.is_point ? "" : group_;
  changed.shortcut = key_;
  RequestChangeBehavior(session, behavior, changed);
}

void BehaviorEditor::Draw(UiContext& context, const ProjectView& project) {
  if (!behavior_) return;
  const auto found =
      std::find_if(project.behaviors.begin(), project.behaviors.end(),
                   [&](const datasets::BehaviorRow& row) { return row.id == behavior_; });
  const bool starts = opens_;
  if (opens_) ImGui::OpenPopup("behavior");
  opens_ = false;
  if (!ImGui::BeginPopup("behavior")) {
    behavior_ = 0;
    return;
  }
  if (found == project.behaviors.end()) {
    ImGui::CloseCurrentPopup();
    ImGui::EndPopup();
    return;
  }
  const datasets::BehaviorRow& behavior = *found;
  const float width = 220 * context.scale;
  bool enter = false;
  if (starts) ImGui::SetKeyboardFocusHere();
  ImGui::SetNextItemWidth(width);
  enter |=
      ImGui::InputText("name", name_, sizeof name_,
                       ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll);
  ImGui::SetNextItemWidth(width);
  enter |=
      ImGui::InputText("key", key_, sizeof key_,
                       ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll);
  if (ImGui::IsItemHovered()) {
    ImGui::SetTooltip(
        "One letter; a capital one is pressed with Shift. Empty: the digit of its row");
  }
  const std::string taken = CommandOfBehaviorKey(context.actions, key_);
  if (!taken.empty()) {
    ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(WarningColor()), "instead of: %s",
                       taken.c_str());
  }
  if (!behavior.is_point) {
    ImGui::SetNextItemWidth(width);
    enter |= ImGui::InputText("group", group_, sizeof group_, ImGuiInputTextFlags_EnterReturnsTrue);
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("States of one group end each other");
  }
  if (ImGui::Button("Save") || enter) {
    Apply(context.session, behavior);
    ImGui::CloseCurrentPopup();
  }
  ImGui::SameLine();
  if (ImGui::ArrowButton("up", ImGuiDir_Up)) {
    RequestMoveBehavior(context.session, behavior.id, -1);
  }
  ImGui::SameLine();
  if (ImGui::ArrowButton("down", ImGuiDir_Down)) {
    RequestMoveBehavior(context.session, behavior.id, 1);
  }
  ImGui::SameLine();
  const int bouts = BoutsOf(project, behavior.id);
  const std::string with =
      bouts == 0 ? "" : " with " + std::to_string(bouts) + (bouts == 1 ? " bout" : " bouts");
  if (ImGui::Button(("Delete" + with).c_str())) {
    RequestDeleteBehavior(context.session, behavior);
    ImGui::CloseCurrentPopup();
  }
  if (ImGui::IsItemHovered()) ImGui::SetTooltip("In all videos; Ctrl+Z brings them back");
  ImGui::EndPopup();
}

}  // namespace app
