// What CanvasView shows: picture, outlines, names, the tool's overlay and its small controls.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "app/ui/views/canvas_view.h"

namespace app {
namespace {

struct NameTag {
  std::string text;
  uint32_t color = 0xFFFFFF;
  cv::Point2d top;  // image coordinates
};

const datasets::CategoryRow* CategoryOf(const ProjectView& project, datasets::Id id, int* index) {
  for (size_t i = 0; i < project.categories.size(); ++i) {
    if (project.categories[i].id == id) {
      *index = static_cast<int>(i);
      return &project.categories[i];
    }
  }
  *index = 0;
  return nullptr;
}

cv::Point2d TopOf(const datasets::Polygons& polygons) {
  const datasets::Box box = datasets::BoxOf(polygons);
  return {box.x + box.width / 2, box.y};
}

void DrawTag(ImDrawList* draw, const ImVec2& at, const std::string& text, uint32_t color,
             float scale) {
  const ImVec2 size = ImGui::CalcTextSize(text.c_str());
  const ImVec2 corner(at.x - size.x / 2 - 4 * scale, at.y - size.y - 6 * scale);
  draw->AddRectFilled(corner, ImVec2(corner.x + size.x + 8 * scale, corner.y + size.y + 2 * scale),
                      IM_COL32(0, 0, 0, 170), 3 * scale);
  draw->AddText(ImVec2(corner.x + 4 * scale, corner.y + scale), ToImColor(color), text.c_str());
}

}  // namespace

void CanvasView::Describe(nlohmann::json& state) const {
  state["canvas"] = {{"x", placement_.x},        {"y", placement_.y}, {"scale", placement_.scale},
                     {"tool", tool_->id()},      {"busy", tool_->busy()},
                     {"proposal", tool_->has_proposal()}};
}

void CanvasView::BuildOverlay(UiContext& context) {
  const auto view = context.session.frame_view();
  const auto project = context.session.project_view();
  overlay_shapes_.clear();
  if (!view || !project) return;
  const std::vector<int64_t> state = {view->video_id,
                                      view->frame,
                                      view->revision,
                                      project->revision,
                                      context.session.selected_annotation,
                                      show_labels_,
                                      show_predictions_,
                                      static_cast<int64_t>(context.mode),
                                      context.theme.dash_patterns,
                                      static_cast<int64_t>(context.scale * 100)};
  if (state != built_state_) {
    built_state_ = state;
    ++overlay_key_;
  }
  const auto add = [&](const annotate::Shape& shape, bool prediction) {
    int index = 0;
    const datasets::CategoryRow* category = CategoryOf(*project, shape.category_id, &index);
    OverlayShape drawn;
    drawn.polygons = &shape.polygons;
    drawn.color = category && category->color ? category->color : PaletteColor(index);
    const bool selected =
        shape.annotation_id != 0 && shape.annotation_id == context.session.selected_annotation;
    drawn.fill = prediction ? 0.12f : selected ? 0.38f : 0.24f;
    drawn.line = prediction ? 0.75f : 1.0f;
    drawn.half_width = (selected ? 1.9f : prediction ? 0.8f : 1.3f) * context.scale;
    if (context.theme.dash_patterns) {
      const Dash dash = PaletteDash(index);
      drawn.dash_on = dash.on * context.scale;
      drawn.dash_off = dash.off * context.scale;
    }
    overlay_shapes_.push_back(drawn);
  };
  // A label hides the prediction of the same animal: it has taken its place.
  if (show_predictions_) {
    for (const annotate::Shape& shape : view->predictions) {
      const bool labeled =
          show_labels_ &&
          std::any_of(view->labels.begin(), view->labels.end(), [&](const annotate::Shape& label) {
            return label.category_id == shape.category_id;
          });
      if (!labeled) add(shape, true);
    }
  }
  if (show_labels_) {
    for (const annotate::Shape& shape : view->labels) add(shape, false);
  }
}

void CanvasView::DrawGl(UiContext& context, int framebuffer_width, int framebuffer_height) {
  if (!context.session.video()) return;
  const ImVec2 to_pixels = ImGui::GetIO().DisplayFramebufferScale;
  const DecodedFrame picture = context.session.picture();
  if (!picture.bgr.empty()) {
    frame_layer_->Upload(picture.bgr,
                         context.session.video_id() * (int64_t{1} << 32) + picture.frame);
  }
  const float fx = to_pixels.x, fy = to_pixels.y;
  glEnable(GL_SCISSOR_TEST);
  glScissor(static_cast<int>(area_origin_.x * fx),
            static_cast<int>(framebuffer_height - (area_origin_.y + area_size_.y) * fy),
            static_cast<int>(area_size_.x * fx), static_cast<int>(area_size_.y * fy));
  const float rect[4] = {static_cast<float>(placement_.x) * fx,
                         static_cast<float>(placement_.y) * fy,
                         static_cast<float>(placement_.x + image_width_ * placement_.scale) * fx,
                         static_cast<float>(placement_.y + image_height_ * placement_.scale) * fy};
  look_.smooth = placement_.scale * fx < 3;
  frame_layer_->Draw(rect, static_cast<float>(framebuffer_width),
                     static_cast<float>(framebuffer_height), look_);
  BuildOverlay(context);
  overlay_layer_->Build(overlay_shapes_, overlay_key_);
  overlay_layer_->Draw(rect[0], rect[1], static_cast<float>(placement_.scale) * fx,
                       static_cast<float>(framebuffer_width),
                       static_cast<float>(framebuffer_height));
  glDisable(GL_SCISSOR_TEST);
}

void CanvasView::DrawLabels(UiContext& context, ImDrawList* draw) {
  const auto view = context.session.frame_view();
  const auto project = context.session.project_view();
  if (!view || !project) return;
  ImGui::PushFont(context.fonts.small);
  const auto tag = [&](const annotate::Shape& shape, const std::string& suffix) {
    if (shape.polygons.empty()) return;
    int index = 0;
    const datasets::CategoryRow* category = CategoryOf(*project, shape.category_id, &index);
    DrawTag(draw, ToWindow(TopOf(shape.polygons)), (category ? category->name : "?") + suffix,
            category && category->color ? category->color : PaletteColor(index), context.scale);
  };
  if (show_labels_) {
    for (const annotate::Shape& shape : view->labels)
      tag(shape, shape.occluded ? " (hidden part)" : "");
  }
  if (show_predictions_) {
    for (size_t i = 0; i < view->predictions.size(); ++i) {
      const annotate::Shape& shape = view->predictions[i];
      const bool labeled =
          show_labels_ &&
          std::any_of(view->labels.begin(), view->labels.end(), [&](const annotate::Shape& label) {
            return label.category_id == shape.category_id;
          });
      if (labeled) continue;
      char text[32] = " ?";
      if (i < view->prediction_rows.size()) {
        snprintf(text, sizeof text, "  %.0f %%", 100 * view->prediction_rows[i].confidence);
      }
      tag(shape, text);
    }
  }
  ImGui::PopFont();
  if (view->state == datasets::ImageState::kEmpty) {
    DrawTag(draw, ImVec2(area_origin_.x + area_size_.x / 2, area_origin_.y + 64 * context.scale),
            "marked: no animal in this frame", 0xE69F00, context.scale);
  }
}

void CanvasView::DrawToolOverlay(UiContext& context, ImDrawList* draw) {
  const annotate::Overlay overlay = tool_->Draw(ContextForTool(context));
  const float scale = context.scale;
  for (const annotate::Overlay::Line& line : overlay.lines) {
    std::vector<ImVec2> points;
    points.reserve(line.points.size());
    for (const cv::Point2d& point : line.points) points.push_back(ToWindow(point));
    const ImU32 color = line.proposal ? WarningColor() : AccentColor();
    const int count = static_cast<int>(points.size());
    const ImDrawFlags flags = line.closed ? ImDrawFlags_Closed : ImDrawFlags_None;
    draw->AddPolyline(points.data(), count, IM_COL32(0, 0, 0, 160), flags, 3.6f * scale);
    draw->AddPolyline(points.data(), count, color, flags, 1.8f * scale);
  }
  for (const annotate::Overlay::Handle& handle : overlay.handles) {
    const ImVec2 at = ToWindow(handle.position);
    const float radius = (handle.hot ? 6.0f : handle.edge ? 3.5f : 4.5f) * scale;
    draw->AddCircleFilled(at, radius, handle.hot ? AccentColor() : IM_COL32(255, 255, 255, 230));
    draw->AddCircle(at, radius, IM_COL32(0, 0, 0, 220), 0, 1.2f * scale);
  }
  if (overlay.cursor_circle_center) {
    const float radius =
        std::max(2.0f, static_cast<float>(overlay.cursor_circle_radius * placement_.scale));
    draw->AddCircle(ToWindow(*overlay.cursor_circle_center), radius, IM_COL32(0, 0, 0, 200), 0,
                    3 * scale);
    draw->AddCircle(ToWindow(*overlay.cursor_circle_center), radius, AccentColor(), 0,
                    1.5f * scale);
  }
  if (context.status_hint.empty()) context.status_hint = overlay.hint;
}

void CanvasView::DrawToolbar(UiContext& context) {
  const float scale = context.scale;
  ImGui::SetCursorScreenPos(ImVec2(area_origin_.x + 8 * scale, area_origin_.y + 8 * scale));
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(4 * scale, 4 * scale));
  ImGui::BeginGroup();
  if (context.mode == Mode::kLabel) {
    float x = 0;
    for (const Action& action : context.actions.all()) {
      if (action.id.rfind("tool.", 0) != 0) continue;
      const std::string id = action.id.substr(5);
      const bool on = id == tool_->id();
      const std::string key = action.chords.empty() ? "" : " " + ChordText(action.chords.front());
      const std::string text = action.title + "##" + id;
      const float width = ImGui::CalcTextSize(action.title.c_str()).x + 20 * scale;
      if (x > 0 && x + width < area_size_.x - 16 * scale) {
        ImGui::SameLine();
      } else {
        x = 0;
      }
      x += width;
      if (on) ImGui::PushStyleColor(ImGuiCol_Button, AccentColor());
      if (ImGui::Button(text.c_str())) context.actions.Run(action.id);
      if (on) ImGui::PopStyleColor();
      if (ImGui::IsItemHovered()) {
        ImGui::SetTooltip("%s%s\n%s", action.title.c_str(), key.c_str(), action.help.c_str());
      }
    }
    const annotate::Tool::Parameter parameter = tool_->parameter();
    if (!parameter.name.empty()) {
      float value = static_cast<float>(parameter.value);
      ImGui::SetNextItemWidth(160 * scale);
      if (ImGui::SliderFloat(parameter.name.c_str(), &value, static_cast<float>(parameter.low),
                             static_cast<float>(parameter.high), "%.1f")) {
        tool_->SetParameter(value);
      }
    }
    if (tool_->has_proposal()) {
      ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(WarningColor()),
                         "Proposal: Enter takes it, Escape drops it");
    }
  }
  DrawLookPopup(context);
  ImGui::EndGroup();
  ImGui::PopStyleVar();
}

void CanvasView::DrawLookPopup(UiContext& context) {
  if (ImGui::SmallButton("Picture...")) ImGui::OpenPopup("look");
  if (ImGui::IsItemHovered()) ImGui::SetTooltip("Brightness, contrast and gamma (view only)");
  if (!ImGui::BeginPopup("look")) return;
  ImGui::SetNextItemWidth(200 * context.scale);
  ImGui::SliderFloat("brightness", &look_.brightness, -1, 1);
  ImGui::SetNextItemWidth(200 * context.scale);
  ImGui::SliderFloat("contrast", &look_.contrast, 0.2f, 4);
  ImGui::SetNextItemWidth(200 * context.scale);
  ImGui::SliderFloat("gamma", &look_.gamma, 0.3f, 4);
  if (ImGui::Button("As recorded")) look_ = PictureLook();
  ImGui::EndPopup();
}

void CanvasView::DrawIdentityLegend(UiContext& context) {
  const auto project = context.session.project_view();
  if (!project || project->categories.empty()) return;
  ImGui::SetNextWindowPos(ImVec2(area_origin_.x + area_size_.x - 12 * context.scale,
                                 area_origin_.y + 12 * context.scale),
                          ImGuiCond_Always, ImVec2(1, 0));
  ImGui::SetNextWindowBgAlpha(0.9f);
  ImGui::Begin("##legend", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_AlwaysAutoResize |
                   ImGuiWindowFlags_NoInputs | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoFocusOnAppearing);
  ImGui::TextUnformatted("Assign with the digit");
  for (size_t i = 0; i < project->categories.size() && i < 9; ++i) {
    const datasets::CategoryRow& category = project->categories[i];
    const uint32_t color = category.color ? category.color : PaletteColor(static_cast<int>(i));
    ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(ToImColor(color)), "%zu  %s", i + 1,
                       category.name.c_str());
  }
  ImGui::End();
}

}  // namespace app
