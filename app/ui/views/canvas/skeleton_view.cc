#include "app/ui/views/canvas/skeleton_view.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <optional>

#include "app/model/requests/point_requests.h"
#include "app/ui/item_middle.h"
#include "app/ui/window.h"
#include "datasets/base/error.h"

namespace app {
void SkeletonView::AddActions(ActionTable& actions, Session&) {
  Action open;
  open.id = "points.skeleton";
  open.title = "New skeleton of key points...";
  open.menu = "Edit";
  open.help = "Which points an animal has, and which of them lines join";
  open.run = [this] {
    open_ = starts_ = true;
    settling_ = 6;
  };
  actions.Add(open);
}

void SkeletonView::Describe(nlohmann::json& state) const {
  state["skeleton"] = {{"open", open_},
                       {"error", error_},
                       {"points", {points_field_.x, points_field_.y}},
                       {"make", {make_button_.x, make_button_.y}}};
}

// What it says on opening: an example that can be taken as it is.
void SkeletonView::Fill() {
  snprintf(name_, sizeof name_, "mouse");
  snprintf(points_, sizeof points_, "nose\nleft_ear\nright_ear\nneck\ntail_base");
  snprintf(edges_, sizeof edges_, "nose-neck, left_ear-neck, right_ear-neck, neck-tail_base");
  snprintf(pairs_, sizeof pairs_, "left_ear-right_ear");
  pairs_are_own_ = false;
}

void SkeletonView::DrawFields(UiContext& context) {
  const float scale = context.scale, line = ImGui::GetTextLineHeight();
  const auto label = [](const char* text, const char* more) {
    ImGui::TextUnformatted(text);
    ImGui::SameLine();
    ImGui::TextDisabled("%s", more);
  };
  label("Name", "");
  ImGui::SetNextItemWidth(-1);
  if (starts_) ImGui::SetKeyboardFocusHere();
  ImGui::InputText("##name", name_, sizeof name_, ImGuiInputTextFlags_AutoSelectAll);
  label("Points", "one a line, in the order in which you will click them");
  const bool edited = ImGui::InputTextMultiline("##points", points_, sizeof points_,
                                                ImVec2(-1, 7 * line + 8 * scale));
  points_field_ = MiddleOfItem();
  label("Lines between them", "such as nose-neck, neck-tail_base");
  ImGui::SetNextItemWidth(-1);
  ImGui::InputText("##edges", edges_, sizeof edges_);
  label("Left and right", "points that a mirror image takes for each other");
  ImGui::SetNextItemWidth(-1);
  pairs_are_own_ |= ImGui::InputText("##pairs", pairs_, sizeof pairs_);
  if (edited && !pairs_are_own_) {
    snprintf(pairs_, sizeof pairs_, "%s", PairsByName(points_).c_str());
  }
}

void SkeletonView::DrawButtons(UiContext& context) {
  std::optional<datasets::Skeleton> skeleton;
  error_.clear();
  try {
    skeleton = SkeletonFromText(name_, points_, edges_, pairs_);
    for (const datasets::Skeleton& other : context.session.project_view()->skeletons) {
      if (other.name == skeleton->name) error_ = "There is a skeleton of this name already";
    }
  } catch (const datasets::Error& error) {
    error_ = error.what();
  }
  if (!error_.empty()) {
    ImGui::PushStyleColor(ImGuiCol_Text, WarningColor());
    ImGui::TextWrapped("%s", error_.c_str());
    ImGui::PopStyleColor();
  }
  const bool make = ImGui::Button("Make it", ImVec2(100 * context.scale, 0));
  make_button_ = MiddleOfItem();
  ImGui::SameLine();
  const bool leave = ImGui::Button("Cancel", ImVec2(100 * context.scale, 0));
  if (make && error_.empty()) RequestAddSkeleton(context.session, *skeleton);
  if ((make && error_.empty()) || leave) open_ = false;
}

void SkeletonView::Draw(UiContext& context) {
  if (!open_ || !context.session.project_view()) return;
  if (starts_) Fill();
  // ImGui gives the keyboard to a field some frames after it was asked to; letters that are typed
  // before would be commands.
  if (settling_ > 0) {
    --settling_;
    Window::Wake();
  }
  const ImGuiViewport* viewport = ImGui::GetMainViewport();
  ImGui::SetNextWindowPos(ImVec2(viewport->WorkPos.x + viewport->WorkSize.x / 2,
                                 viewport->WorkPos.y + viewport->WorkSize.y / 2),
                          ImGuiCond_Appearing, ImVec2(0.5f, 0.5f));
  ImGui::SetNextWindowSize(ImVec2(460 * context.scale, 0), ImGuiCond_Always);
  bool stays = true;
  if (ImGui::Begin("New skeleton", &stays,
                   ImGuiWindowFlags_NoCollapse | ImGuiWindowFlags_NoSavedSettings)) {
    stays &=
        !(ImGui::IsWindowFocused() && ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_Escape)));
    DrawFields(context);
    DrawButtons(context);
    starts_ = false;
  }
  ImGui::End();
  open_ &= stays;
}

}  // namespace app
