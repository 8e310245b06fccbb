// CanvasView: the strip of tools, the active tool's settings, the picture's look and the legend of
// animals, all laid over the picture.
#include <algorithm>
#include <cstdio>

#include "app/ui/views/canvas/canvas_view.h"
#include "app/ui/views/canvas/tool_icons.h"
#include "datasets/store/names.h"

namespace app {
namespace {

constexpr float kIcon = 22, kButton = 32, kMargin = 8;  // window pixels at scale 1

ImU32 PanelColor() {
  ImVec4 color = ImGui::GetStyleColorVec4(ImGuiCol_WindowBg);
  color.w = 0.86f;
  return ImGui::ColorConvertFloat4ToU32(color);
}

}  // namespace

void CanvasView::DrawToolStrip(UiContext& context) {
  if (context.mode != Mode::kLabel) return;
  const float scale = context.scale, side = kButton * scale;
  std::vector<const Action*> tools;
  for (const Action& action : context.actions.all()) {
    if (action.id.rfind("tool.", 0) == 0) tools.push_back(&action);
  }
  // One column, or two where the picture is low.
  const float room = area_size_.y - 2 * kMargin * scale;
  const size_t rows =
      std::max<size_t>(1, std::min(tools.size(), static_cast<size_t>(std::max(1.f, room / side))));
  const size_t columns = (tools.size() + rows - 1) / rows;
  tools_width_ = static_cast<float>(columns) * side;
  const ImVec2 corner(area_origin_.x + kMargin * scale, area_origin_.y + kMargin * scale);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->AddRectFilled(corner,
                      ImVec2(corner.x + static_cast<float>(columns) * side,
                             corner.y + static_cast<float>(rows) * side),
                      PanelColor(), 5 * scale);
  for (size_t i = 0; i < tools.size(); ++i) {
    const Action& action = *tools[i];
    const std::string id = action.id.substr(5);
    const bool on = id == tool_->id();
    const ImVec2 at(corner.x + static_cast<float>(i / rows) * side,
                    corner.y + static_cast<float>(i % rows) * side);
    ImGui::SetCursorScreenPos(at);
    if (ImGui::InvisibleButton(action.id.c_str(), ImVec2(side, side))) {
      context.actions.Run(action.id);
    }
    const bool hovered = ImGui::IsItemHovered();
    const ImVec2 inner(at.x + 2 * scale, at.y + 2 * scale);
    const ImVec2 outer(at.x + side - 2 * scale, at.y + side - 2 * scale);
    if (on || hovered) {
      draw->AddRectFilled(
          inner, outer, on ? AccentColor() : ImGui::GetColorU32(ImGuiCol_ButtonHovered), 4 * scale);
    }
    const float gap = (side - kIcon * scale) / 2;
    DrawToolIcon(draw, id, ImVec2(at.x + gap, at.y + gap), kIcon * scale,
                 on ? OnAccentColor() : ImGui::GetColorU32(ImGuiCol_Text));
    if (hovered) {
      const std::string key = action.chords.empty() ? "" : "   " + ChordText(action.chords.front());
      ImGui::BeginTooltip();
      ImGui::Text("%s%s", action.title.c_str(), key.c_str());
      ImGui::PushStyleColor(ImGuiCol_Text, MutedTextColor());
      ImGui::TextUnformatted(action.help.c_str());
      ImGui::PopStyleColor();
      ImGui::EndTooltip();
    }
  }
}

// What can be set of the active tool, at the upper edge, right of the strip.
void CanvasView::DrawOptions(UiContext& context) {
  const float scale = context.scale;
  const float indent =
      context.mode == Mode::kLabel ? tools_width_ + 2.5f * kMargin * scale : kMargin * scale;
  ImGui::SetCursorScreenPos(
      ImVec2(area_origin_.x + indent, area_origin_.y + (kMargin + 3) * scale));
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->ChannelsSplit(2);
  draw->ChannelsSetCurrent(1);
  ImGui::BeginGroup();
  if (ImGui::Button("Picture")) ImGui::OpenPopup("look");
  if (ImGui::IsItemHovered()) ImGui::SetTooltip("Brightness, contrast and gamma, for the eye only");
  DrawLookPopup(context);
  const annotate::Tool::Parameter parameter =
      context.mode == Mode::kLabel ? tool_->parameter() : annotate::Tool::Parameter();
  if (!parameter.name.empty()) {
    ImGui::SameLine(0, 12 * scale);
    ImGui::AlignTextToFramePadding();
    ImGui::TextUnformatted(parameter.name.c_str());
    ImGui::SameLine(0, 6 * scale);
    float value = static_cast<float>(parameter.value);
    ImGui::SetNextItemWidth(130 * scale);
    const bool wide = parameter.high > 50;
    if (ImGui::SliderFloat("##parameter", &value, static_cast<float>(parameter.low),
                           static_cast<float>(parameter.high), wide ? "%.0f" : "%.1f",
                           wide ? ImGuiSliderFlags_Logarithmic : 0)) {
      tool_->SetParameter(value);
    }
  }
  DrawSkeletonChoice(context);
  if (tool_->has_proposal()) {
    const auto press = [&](annotate::ToolKey key) {
      annotate::ToolInput input = InputNow();
      input.type = annotate::ToolInput::Type::kKey;
      input.key = key;
      SendToTool(context, input);
    };
    ImGui::SameLine(0, 12 * scale);
    ImGui::PushStyleColor(ImGuiCol_Button, AccentColor());
    ImGui::PushStyleColor(ImGuiCol_Text, OnAccentColor());
    const bool take = ImGui::Button("Take (Enter)");
    ImGui::PopStyleColor(2);
    ImGui::SameLine(0, 6 * scale);
    const bool drop = ImGui::Button("Drop (Esc)");
    if (take) press(annotate::ToolKey::kEnter);
    if (drop) press(annotate::ToolKey::kEscape);
  }
  ImGui::EndGroup();
  draw->ChannelsSetCurrent(0);
  const ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
  draw->AddRectFilled(ImVec2(low.x - 5 * scale, low.y - 4 * scale),
                      ImVec2(high.x + 5 * scale, high.y + 4 * scale), PanelColor(), 5 * scale);
  draw->ChannelsMerge();
}

// Of the tool for key points: which skeleton, where there is more than one; or a way to make one.
void CanvasView::DrawSkeletonChoice(UiContext& context) {
  make_skeleton_ = ImVec2(0, 0);
  const auto project = context.session.project_view();
  if (context.mode != Mode::kLabel || std::string(tool_->id()) != "points" || !project) return;
  const float scale = context.scale;
  ImGui::SameLine(0, 12 * scale);
  ImGui::AlignTextToFramePadding();
  if (project->skeletons.empty()) {
    ImGui::TextUnformatted("Which points does an animal have?");
    ImGui::SameLine(0, 6 * scale);
    if (ImGui::Button("Make a skeleton...")) context.actions.Run("points.skeleton");
    const ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
    make_skeleton_ = ImVec2((low.x + high.x) / 2, (low.y + high.y) / 2);
    return;
  }
  if (project->skeletons.size() < 2) return;
  const auto chosen =
      std::find_if(project->skeletons.begin(), project->skeletons.end(),
                   [&](const datasets::Skeleton& one) { return one.id == skeleton_id_; });
  ImGui::TextUnformatted("Skeleton");
  ImGui::SameLine(0, 6 * scale);
  ImGui::SetNextItemWidth(130 * scale);
  const datasets::Skeleton& shown =
      chosen == project->skeletons.end() ? project->skeletons.front() : *chosen;
  if (!ImGui::BeginCombo("##skeleton", shown.name.c_str())) return;
  for (const datasets::Skeleton& one : project->skeletons) {
    ImGui::PushID(static_cast<int>(one.id));
    if (ImGui::Selectable(one.name.c_str(), one.id == shown.id)) skeleton_id_ = one.id;
    ImGui::PopID();
  }
  ImGui::EndCombo();
}

void CanvasView::DrawLookPopup(UiContext& context) {
  if (!ImGui::BeginPopup("look")) return;
  const float width = 220 * context.scale;
  ImGui::SetNextItemWidth(width);
  ImGui::SliderFloat("Brightness", &look_.brightness, -1, 1, "%.2f");
  ImGui::SetNextItemWidth(width);
  ImGui::SliderFloat("Contrast", &look_.contrast, 0.2f, 4, "%.2f", ImGuiSliderFlags_Logarithmic);
  ImGui::SetNextItemWidth(width);
  ImGui::SliderFloat("Gamma", &look_.gamma, 0.3f, 4, "%.2f", ImGuiSliderFlags_Logarithmic);
  if (ImGui::Button("As recorded")) look_ = PictureLook();
  ImGui::SameLine();
  if (ImGui::Button("Lift the shadows")) {
    look_ = PictureLook();
    look_.gamma = 2;
  }
  ImGui::PushStyleColor(ImGuiCol_Text, MutedTextColor());
  ImGui::TextUnformatted("Changes what you see, not the video or the training.");
  ImGui::PopStyleColor();
  ImGui::EndPopup();
}

// While Ctrl is held: which digit is which animal, and what a digit would do now.
void CanvasView::DrawIdentityLegend(UiContext& context) {
  const auto project = context.session.project_view();
  if (!project) return;
  const auto animals = NamedAnimals(*project);
  if (animals.empty()) return;
  const auto& labels = Labels(context);
  const auto label_of = [&](datasets::Id category) {
    return std::find_if(labels.begin(), labels.end(), [&](const annotate::Shape& label) {
      return label.category_id == category;
    });
  };
  const datasets::Id selected = context.session.selected_annotation;
  ImGui::SetNextWindowPos(ImVec2(area_origin_.x + area_size_.x - 12 * context.scale,
                                 area_origin_.y + 12 * context.scale),
                          ImGuiCond_Always, ImVec2(1, 0));
  ImGui::SetNextWindowBgAlpha(0.92f);
  ImGui::Begin("##legend", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_AlwaysAutoResize |
                   ImGuiWindowFlags_NoInputs | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoFocusOnAppearing);
  ImGui::PushStyleColor(ImGuiCol_Text, MutedTextColor());
  ImGui::TextUnformatted(selected ? "A digit names the selected animal"
                                  : "A digit chooses the animal to draw");
  ImGui::PopStyleColor();
  for (size_t i = 0; i < animals.size() && i < 9; ++i) {
    const datasets::CategoryRow& category = *animals[i];
    int index = 0;
    CategoryOf(*project, category.id, &index);
    const uint32_t color = category.color ? category.color : datasets::PaletteColor(index);
    const float side = ImGui::GetTextLineHeight();
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImDrawList* draw = ImGui::GetWindowDrawList();
    draw->AddRectFilled(at, ImVec2(at.x + side, at.y + side), ToImColor(color), 3 * context.scale);
    char digit[8];
    snprintf(digit, sizeof digit, "%zu", i + 1);
    const ImVec2 size = ImGui::CalcTextSize(digit);
    draw->AddText(ImVec2(at.x + (side - size.x) / 2, at.y), IM_COL32(10, 12, 16, 255), digit);
    ImGui::Dummy(ImVec2(side, side));
    ImGui::SameLine();
    const auto label = label_of(category.id);
    const char* note = label == labels.end()                          ? ""
                       : selected && label->annotation_id == selected ? "  (selected)"
                       : selected                                     ? "  (here: the two swap)"
                                                                      : "  (here)";
    ImGui::Text("%s%s", category.name.c_str(), note);
  }
  ImGui::End();
}

}  // namespace app
