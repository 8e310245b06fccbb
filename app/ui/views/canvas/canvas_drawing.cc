// What CanvasView shows: picture, outlines, names, the tool's overlay and its small controls.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/model/drawing/triangulate.h"
#include "app/model/requests/label_requests.h"
#include "app/ui/views/canvas/canvas_view.h"
#include "datasets/store/names.h"

namespace app {
namespace {

// A dot with a plus or a minus: told apart without their colors too.
void DrawCorrection(const ImVec2& at, bool belongs, ImDrawList* draw, float scale) {
  const float radius = 6.5f * scale, arm = 3.5f * scale;
  const ImU32 white = IM_COL32(255, 255, 255, 255);
  draw->AddCircleFilled(at, radius,
                        belongs ? IM_COL32(0, 140, 90, 255) : IM_COL32(205, 60, 40, 255));
  draw->AddCircle(at, radius, white, 0, 1.2f * scale);
  draw->AddLine(ImVec2(at.x - arm, at.y), ImVec2(at.x + arm, at.y), white, 1.6f * scale);
  if (belongs)
    draw->AddLine(ImVec2(at.x, at.y - arm), ImVec2(at.x, at.y + arm), white, 1.6f * scale);
}

}  // namespace
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

bool HasLabelOf(const std::vector<annotate::Shape>& labels, datasets::Id category) {
  return std::any_of(labels.begin(), labels.end(),
                     [&](const annotate::Shape& label) { return label.category_id == category; });
}

void CanvasView::Describe(nlohmann::json& state) const {
  state["canvas"] = {{"x", placement_.x},
                     {"y", placement_.y},
                     {"scale", placement_.scale},
                     {"tool", tool_->id()},
                     {"busy", tool_->busy()},
                     {"proposal", tool_->has_proposal()},
                     {"proposed_animal", proposal_ ? proposal_->animal : -1},
                     {"next_point", next_point_},
                     {"make_skeleton", {make_skeleton_.x, make_skeleton_.y}},
                     {"preview", preview_ ? preview_->text : ""}};
}

// The animal that an outline would be after the change that is being thought about.
datasets::Id CanvasView::ShownAs(datasets::Id category, bool prediction) const {
  if (!preview_ || !(prediction ? preview_->in_predictions : preview_->in_labels)) return category;
  return category == preview_->a ? preview_->b : category == preview_->b ? preview_->a : category;
}

void CanvasView::BuildOverlay(UiContext& context) {
  const auto view = context.session.frame_view();
  const auto project = context.session.project_view();
  overlay_shapes_.clear();
  if (!view || !project) return;
  const auto& labels = Labels(context);
  const std::vector<int64_t> state = {view->video_id,
                                      view->frame,
                                      view->revision,
                                      project->revision,
                                      context.session.selected_annotation,
                                      pending_.empty(),
                                      show_labels_,
                                      show_predictions_,
                                      static_cast<int64_t>(context.mode),
                                      context.theme.dash_patterns,
                                      preview_ ? preview_->a : 0,
                                      preview_ ? preview_->b : 0,
                                      preview_ && preview_->in_labels,
                                      preview_ && preview_->in_predictions,
                                      static_cast<int64_t>(context.scale * 100),
                                      std::llround(view->drawn_tolerance * 1e6)};
  if (state != built_state_ || !pending_.empty()) {
    built_state_ = state;
    ++overlay_key_;
  }
  const auto add = [&](const annotate::Shape& shape, const DrawnShape& outline, bool prediction) {
    int index = 0;
    const datasets::CategoryRow* category =
        CategoryOf(*project, ShownAs(shape.category_id, prediction), &index);
    OverlayShape drawn;
    drawn.outlines = &outline.outlines;
    drawn.insides = &outline.insides;
    drawn.triangles = &outline.triangles;
    drawn.color = category && category->color ? category->color : datasets::PaletteColor(index);
    const datasets::Id edit_id = EditId(shape);
    const bool selected = edit_id != 0 && edit_id == context.session.selected_annotation;
    drawn.fill = prediction ? (selected ? 0.22f : 0.12f) : selected ? 0.38f : 0.24f;
    drawn.line = prediction && !selected ? 0.75f : 1.0f;
    drawn.half_width = (selected ? 1.9f : prediction ? 0.8f : 1.3f) * context.scale;
    if (context.theme.dash_patterns) {
      const Dash dash = PaletteDash(index);
      drawn.dash_on = dash.on * context.scale;
      drawn.dash_off = dash.off * context.scale;
    }
    overlay_shapes_.push_back(drawn);
  };
  // A label hides the prediction of the same animal: it has taken its place.
  const SharedNames shared = SharedNamesIn(*project, view->video_id);
  const LabeledBy is_labeled(labels, shared);
  if (show_predictions_) {
    for (size_t i = 0; i < view->predictions.size(); ++i) {
      const annotate::Shape& shape = view->predictions[i];
      if (show_labels_ && is_labeled(shape)) continue;
      add(shape, view->drawn_predictions[i], true);
      if (shared(shape.category_id) && i < view->prediction_rows.size()) {
        // told apart by their numbers
        overlay_shapes_.back().color = datasets::PaletteColor(view->prediction_rows[i].tracklet);
      }
    }
  }
  // Labels that wait to be stored are not in the view yet.
  const bool stored = &labels == &view->labels;
  fresh_shapes_.resize(stored ? 0 : labels.size());
  for (size_t i = 0; show_labels_ && i < labels.size(); ++i) {
    if (!stored) fresh_shapes_[i] = DrawnAt(labels[i].polygons, view->drawn_tolerance);
    add(labels[i], stored ? view->drawn_labels[i] : fresh_shapes_[i], false);
  }
  overlay_layer_->Build(overlay_shapes_, overlay_key_);
}

void CanvasView::DrawGl(UiContext& context, int framebuffer_width, int framebuffer_height) {
  if (!context.session.video()) return;
  const ImVec2 to_pixels = ImGui::GetIO().DisplayFramebufferScale;
  const DecodedFrame picture = context.session.picture();
  const float fx = to_pixels.x, fy = to_pixels.y;
  frame_layer_->Upload(picture.bgra, picture.video_id * (int64_t{1} << 32) + picture.frame,
                       placement_.scale * fx);
  glEnable(GL_SCISSOR_TEST);
  glScissor(static_cast<int>(area_origin_.x * fx),
            static_cast<int>(framebuffer_height - (area_origin_.y + area_size_.y) * fy),
            static_cast<int>(area_size_.x * fx), static_cast<int>(area_size_.y * fy));
  const float rect[4] = {static_cast<float>(placement_.x) * fx,
                         static_cast<float>(placement_.y) * fy,
                         static_cast<float>(placement_.x + image_width_ * placement_.scale) * fx,
                         static_cast<float>(placement_.y + image_height_ * placement_.scale) * fy};
  look_.smooth = placement_.scale * fx < 3;
  const float width = static_cast<float>(framebuffer_width);
  const float height = static_cast<float>(framebuffer_height);
  // While another video is being opened there is neither a picture of it nor a list of outlines.
  if (!picture.bgra.empty()) frame_layer_->Draw(rect, width, height, look_);
  if (context.session.frame_view()) {
    overlay_layer_->Draw(rect[0], rect[1], static_cast<float>(placement_.scale) * fx, width,
                         height);
  }
  glDisable(GL_SCISSOR_TEST);
}

// Arenas and other places that behavior is marked for; the one that the keys mark stands out.
void CanvasView::DrawRegions(UiContext& context, ImDrawList* draw) {
  const auto project = context.session.project_view();
  if (!project) return;
  const auto regions = project->regions.find(context.session.video_id());
  if (regions == project->regions.end()) return;
  for (const datasets::RegionRow& region : regions->second) {
    const bool active = region.name == context.session.selected_subject;
    ImVec2 top(0, 1e9f);
    for (const datasets::Ring& ring : region.polygons) {
      std::vector<ImVec2> points;
      for (const cv::Point2d& point : ring) points.push_back(ToWindow(point));
      for (const ImVec2& point : points) top = point.y < top.y ? point : top;
      const int count = static_cast<int>(points.size());
      draw->AddPolyline(points.data(), count, IM_COL32(0, 0, 0, 170), ImDrawFlags_Closed,
                        (active ? 5 : 3.5f) * context.scale);
      draw->AddPolyline(points.data(), count, active ? AccentColor() : IM_COL32(235, 235, 235, 255),
                        ImDrawFlags_Closed, (active ? 2.5f : 1.5f) * context.scale);
    }
    const ImVec2 size = ImGui::CalcTextSize(region.name.c_str());
    const float pad = 4 * context.scale;
    const ImVec2 low(top.x, top.y + pad);
    draw->AddRectFilled(low, ImVec2(low.x + size.x + 2 * pad, low.y + size.y + pad),
                        IM_COL32(0, 0, 0, 175), 3 * context.scale);
    draw->AddText(ImVec2(low.x + pad, low.y + pad / 2), IM_COL32(235, 235, 235, 255),
                  region.name.c_str());
  }
}

// A proposal looks like nothing that is stored: dashed, in the color of warnings, lightly filled.
void CanvasView::DrawProposal(const std::vector<ImVec2>& points, bool closed, ImU32 color,
                              ImDrawList* draw, float scale) {
  if (points.size() < 2) return;
  if (closed && points.size() >= 3) {
    datasets::Ring ring;
    for (const ImVec2& point : points) ring.emplace_back(point.x, point.y);
    const ImU32 fill = (color & ~IM_COL32_A_MASK) | IM_COL32(0, 0, 0, 46);
    const ImDrawListFlags flags = draw->Flags;
    draw->Flags &= ~ImDrawListFlags_AntiAliasedFill;  // no seams between the triangles
    const std::vector<int> triangles = TriangulateRing(ring);
    for (size_t i = 0; i + 2 < triangles.size(); i += 3) {
      draw->AddTriangleFilled(points[static_cast<size_t>(triangles[i])],
                              points[static_cast<size_t>(triangles[i + 1])],
                              points[static_cast<size_t>(triangles[i + 2])], fill);
    }
    draw->Flags = flags;
  }
  const float on = 7 * scale, off = 5 * scale;
  float left = on;  // of the current dash (or gap)
  bool drawing = true;
  const size_t count = closed ? points.size() : points.size() - 1;
  for (size_t i = 0; i < count; ++i) {
    ImVec2 from = points[i];
    const ImVec2 to = points[(i + 1) % points.size()];
    float length = std::hypot(to.x - from.x, to.y - from.y);
    while (length > 0) {
      const float step = std::min(left, length);
      const ImVec2 next(from.x + (to.x - from.x) * step / length,
                        from.y + (to.y - from.y) * step / length);
      draw->AddLine(from, next, IM_COL32(0, 0, 0, drawing ? 200 : 90), 3.8f * scale);
      if (drawing) draw->AddLine(from, next, color, 2.2f * scale);
      from = next;
      length -= step;
      left -= step;
      if (left > 0) continue;
      drawing = !drawing;
      left = drawing ? on : off;
    }
  }
}

void CanvasView::DrawToolOverlay(UiContext& context, ImDrawList* draw) {
  const annotate::Overlay overlay = tool_->Draw(ContextForTool(context));
  const float scale = context.scale;
  NamePoint(context, overlay);
  DrawPoints(context, overlay, draw);
  for (const annotate::Overlay::Line& line : overlay.lines) {
    std::vector<ImVec2> points;
    points.reserve(line.points.size());
    for (const cv::Point2d& point : line.points) points.push_back(ToWindow(point));
    const int count = static_cast<int>(points.size());
    const ImDrawFlags flags = line.closed ? ImDrawFlags_Closed : ImDrawFlags_None;
    if (line.guide) {
      draw->AddPolyline(points.data(), count, IM_COL32(255, 255, 255, 70), flags, scale);
    } else if (line.proposal) {
      DrawProposal(points, line.closed, ProposalColor(context), draw, scale);
    } else {
      draw->AddPolyline(points.data(), count, IM_COL32(0, 0, 0, 160), flags, 3.6f * scale);
      draw->AddPolyline(points.data(), count, AccentColor(), flags, 1.8f * scale);
    }
  }
  // Points nearer to each other than a finger's width are shown when the picture is zoomed.
  std::optional<ImVec2> drawn;
  for (const annotate::Overlay::Handle& handle : overlay.handles) {
    const ImVec2 at = ToWindow(handle.position);
    if (!handle.hot && drawn && std::hypot(at.x - drawn->x, at.y - drawn->y) < 7 * scale) continue;
    drawn = at;
    const float radius = (handle.hot ? 5.5f : handle.edge ? 3.5f : 3.5f) * scale;
    draw->AddCircleFilled(at, radius, handle.hot ? AccentColor() : IM_COL32(255, 255, 255, 230));
    draw->AddCircle(at, radius, IM_COL32(0, 0, 0, 220), 0, 1.2f * scale);
  }
  for (const annotate::Correction& correction : overlay.corrections) {
    DrawCorrection(ToWindow(correction.at), correction.belongs, draw, scale);
  }
  if (overlay.cursor_circle_center) {
    const float radius =
        std::max(2.0f, static_cast<float>(overlay.cursor_circle_radius * placement_.scale));
    const ImVec2 at = ToWindow(*overlay.cursor_circle_center);
    draw->AddCircle(at, radius, IM_COL32(0, 0, 0, 200), 0, 3 * scale);
    draw->AddCircle(at, radius, AccentColor(), 0, 1.5f * scale);
  }
  DrawProposedName(context, draw);
  DrawNextPoint(context, overlay, draw);
  if (MayDraw(context) && context.status_hint.empty()) {
    context.status_hint = overlay.hint;
  }
}

}  // namespace app
