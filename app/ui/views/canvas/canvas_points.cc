// CanvasView: the key points of animals, and what is done to them.
#include <algorithm>
#include <cmath>

#include "app/model/requests/label_requests.h"
#include "app/model/requests/point_requests.h"
#include "app/ui/views/canvas/canvas_view.h"
#include "datasets/store/names.h"
#include "datasets/store/points.h"

namespace app {
namespace {

constexpr float kPointed = 9;  // window pixels from the cursor, at scale 1

struct DotLook {
  float radius = 4, opacity = 1;
};

void DrawDot(ImDrawList* draw, const ImVec2& at, uint32_t color, bool hidden, const DotLook& look) {
  const ImU32 dark = IM_COL32(0, 0, 0, static_cast<int>(200 * look.opacity));
  const ImU32 bright = ToImColor(color, look.opacity);
  const float rim = std::max(1.f, 0.3f * look.radius);
  if (hidden) {  // hollow
    const float radius = look.radius + 0.8f * rim;
    draw->AddCircle(at, radius, dark, 0, 2.2f * rim);
    draw->AddCircle(at, radius, bright, 0, 1.2f * rim);
    return;
  }
  draw->AddCircleFilled(at, look.radius + rim, dark);
  draw->AddCircleFilled(at, look.radius, bright);
}

}  // namespace

void CanvasView::CommitPoints(UiContext& context, const annotate::ShapeChange& change) {
  Session& session = context.session;
  const auto view = session.frame_view();
  if (!view || view->frame != session.frame()) return;
  annotate::ShapeChange shown = change;
  datasets::Id animal = change.category_id;
  if (const auto* prediction = FindPrediction(view.get(), change.annotation_id)) {
    animal = prediction->category_id;
    static_cast<datasets::Outline&>(shown) = *prediction;
    shown.annotation_id = 0;  // a label now
  } else if (change.annotation_id == 0 && animal == 0) {
    const auto free = AnimalForPoints(session, Labels(context));
    if (!free) return;
    animal = *free;
    session.next_animal = 0;
  }
  session.selected_annotation = change.annotation_id;  // 0: until it is stored
  if (animal) session.selected_category = animal;
  RequestPoints(session, change, animal);
  pending_.Add(shown, animal, *view, ImGui::GetTime());
}

void CanvasView::AddPointActions(ActionTable& actions, Session& session) {
  const auto add = [&](const char* id, const char* title, const char* menu, const char* keys,
                       std::function<void()> run, const char* help, Scope scope) {
    Action action;
    action.id = id, action.title = title, action.menu = menu, action.help = help;
    action.scope = scope;
    if (*keys) action.chords.push_back(ParseChord(keys));
    action.run = std::move(run);
    actions.Add(std::move(action));
  };
  add(
      "points.swap", "Swap left and right of the animal's points", "Edit", "X",
      [&session] { RequestSwapLeftRight(session, session.selected_annotation); },
      "Each point becomes its symmetric partner", Scope::kLabeling);
  add(
      "points.copy", "Copy key points from the labeled frame before", "Edit", "Shift+B",
      [&session] { RequestCopyPoints(session); },
      "Of the selected animal, or of all that have none here", Scope::kLabeling);
  add(
      "canvas.point_names", "Names of key points", "View", "Shift+K",
      [this] { show_point_names_ = !show_point_names_; },
      "Of the selected animal, or of all; the name under the mouse always shows", Scope::kAlways);
}

void CanvasView::DrawPoints(UiContext& context, const annotate::Overlay& overlay,
                            ImDrawList* draw) {
  const auto view = context.session.frame_view();
  const auto project = context.session.project_view();
  if (!view || !project) return;
  if (placed_revision_ != project->revision) {
    placed_revision_ = project->revision;
    point_places_ = PointPlaces(project->skeletons);
  }
  const auto& labels = Labels(context);
  const datasets::Id selected = context.session.selected_annotation;
  const auto& draft = overlay.points;
  const LabeledBy is_labeled(labels, SharedNamesIn(*project, view->video_id));
  bool drew_draft = false;
  if (show_predictions_) {
    for (const annotate::Shape& shape : view->predictions) {
      if (show_labels_ && is_labeled(shape)) continue;
      const datasets::Id id = EditId(shape);
      const bool is_draft = draft && draft->annotation_id == id;
      drew_draft |= is_draft;
      DrawPointsOf(context, shape, is_draft ? draft->points : shape.key_points, true,
                   is_draft ? draft->current : 0, id == selected, draw);
    }
  }
  for (const annotate::Shape& shape : labels) {
    if (!show_labels_) break;
    const datasets::Id id = shape.annotation_id;
    const bool is_draft = draft && id && draft->annotation_id == id;
    drew_draft |= is_draft;
    DrawPointsOf(context, shape, is_draft ? draft->points : shape.key_points, false,
                 is_draft ? draft->current : 0, id && id == selected, draw);
  }
  if (draft && !drew_draft && !draft->points.empty()) {  // of a label that does not exist yet
    DrawPointsOf(context, annotate::Shape(), draft->points, false, draft->current, true, draw);
  }
}

void CanvasView::DrawPointsOf(UiContext& context, const annotate::Shape& shape,
                              const std::vector<datasets::KeyPoint>& points, bool prediction,
                              datasets::Id current, bool selected, ImDrawList* draw) {
  if (points.empty()) return;
  const float scale = context.scale;
  const datasets::Box box = datasets::BoxOfPoints(points);
  const float size = static_cast<float>(std::hypot(box.width, box.height) * placement_.scale);
  DotLook look;  // smaller on animals that are small on the window
  look.radius = std::clamp(0.045f * size, 2.2f, selected ? 4.6f : 4.0f) * scale;
  if (points.size() == 1 || selected) look.radius = std::max(look.radius, 3.6f * scale);
  look.opacity = prediction && !selected ? 0.6f : 1;
  const auto project = context.session.project_view();
  int index = 0;
  const datasets::CategoryRow* category =
      CategoryOf(*project, ShownAs(shape.category_id, prediction), &index);
  const uint32_t color =
      category && category->color ? category->color : datasets::PaletteColor(index);
  std::vector<ImVec2> at;
  at.reserve(points.size());
  for (const datasets::KeyPoint& point : points) at.push_back(ToWindow({point.x, point.y}));
  for (const auto& [from, to] : point_places_.EdgesBetween(points)) {
    draw->AddLine(at[from], at[to], IM_COL32(0, 0, 0, static_cast<int>(140 * look.opacity)),
                  3.2f * scale);
    draw->AddLine(at[from], at[to], ToImColor(color, look.opacity), 1.5f * scale);
  }
  for (size_t i = 0; i < points.size(); ++i) {
    DrawDot(draw, at[i], point_places_.ColorOf(points[i]), points[i].visibility == 1, look);
    if (current && points[i].point_id == current) {
      draw->AddCircle(at[i], look.radius + 4 * scale, IM_COL32(0, 0, 0, 220), 0, 3.4f * scale);
      draw->AddCircle(at[i], look.radius + 4 * scale, AccentColor(), 0, 1.8f * scale);
    }
  }
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const bool others_too = context.session.selected_annotation == 0;
  for (size_t i = 0; i < points.size(); ++i) {
    const bool pointed =
        hovered_ && std::hypot(at[i].x - mouse.x, at[i].y - mouse.y) <= kPointed * scale;
    if (pointed ? !next_point_.empty() : !(show_point_names_ && (selected || others_too))) continue;
    const std::string text =
        points[i].name + (points[i].visibility == 1 && pointed ? " (hidden)" : "");
    const ImVec2 place(at[i].x + look.radius + 5 * scale, at[i].y + look.radius);
    DrawPlate(context, text, place, point_places_.ColorOf(points[i]), draw);
  }
}

// Words on a dark plate, kept inside of the canvas.
void CanvasView::DrawPlate(UiContext& context, const std::string& text, ImVec2 at, uint32_t color,
                           ImDrawList* draw) {
  const float scale = context.scale, pad = 4 * scale;
  ImFont* font = context.fonts.small;
  const ImVec2 size = font->CalcTextSizeA(font->FontSize, 1e9f, 0, text.c_str());
  at.x = std::clamp(at.x, area_origin_.x,
                    std::max(area_origin_.x, area_origin_.x + area_size_.x - size.x - 2 * pad));
  at.y = std::clamp(at.y, area_origin_.y,
                    std::max(area_origin_.y, area_origin_.y + area_size_.y - size.y - pad));
  draw->AddRectFilled(at, ImVec2(at.x + size.x + 2 * pad, at.y + size.y + pad),
                      IM_COL32(0, 0, 0, 190), 3 * scale);
  draw->AddText(font, font->FontSize, ImVec2(at.x + pad, at.y + pad / 2), ToImColor(color),
                text.c_str());
}

// Which point of whom a click sets.
void CanvasView::NamePoint(UiContext& context, const annotate::Overlay& overlay) {
  next_point_.clear();
  const auto project = context.session.project_view();
  if (overlay.cursor_text.empty() || !overlay.sets_of || !project) return;
  datasets::Id animal = 0;
  if (*overlay.sets_of == 0) animal = AnimalForPoints(context.session, Labels(context)).value_or(0);
  for (const annotate::Shape& shape : editable_) {
    if (*overlay.sets_of && shape.annotation_id == *overlay.sets_of) animal = shape.category_id;
  }
  for (const annotate::Shape& shape : Labels(context)) {
    if (*overlay.sets_of && shape.annotation_id == *overlay.sets_of) animal = shape.category_id;
  }
  int index = 0;
  const datasets::CategoryRow* category = CategoryOf(*project, animal, &index);
  next_point_ = overlay.cursor_text + " of " + (category ? category->name : "a new animal");
}

// The same beside the cursor.
void CanvasView::DrawNextPoint(UiContext& context, const annotate::Overlay& overlay,
                               ImDrawList* draw) {
  const auto project = context.session.project_view();
  if (!hovered_ || next_point_.empty() || !project) return;
  datasets::KeyPoint point;
  for (const datasets::Skeleton& skeleton : project->skeletons) {
    const int place = datasets::PlaceOf(skeleton, overlay.cursor_text);
    if (place < 0 || point.point_id) continue;
    point.point_id = skeleton.points[static_cast<size_t>(place)].id;
  }
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  DrawPlate(context, next_point_,
            ImVec2(mouse.x + 14 * context.scale, mouse.y + 16 * context.scale),
            point_places_.ColorOf(point), draw);
}

}  // namespace app
