// The names beside the animals, and what the picture has to say in words.
#include <algorithm>
#include <cstdio>

#include "app/model/drawing/tag_layout.h"
#include "app/model/requests/label_requests.h"
#include "app/model/session/shown_unknown.h"
#include "app/ui/views/canvas/canvas_view.h"
#include "datasets/recorded_job.h"
#include "datasets/store/names.h"
#include "datasets/store/points.h"

namespace app {

void CanvasView::DrawNames(UiContext& context, ImDrawList* draw) {
  const auto view = context.session.frame_view();
  const auto project = context.session.project_view();
  if (!view || !project) return;
  const float scale = context.scale;
  const bool digits = ImGui::GetIO().KeyCtrl && context.mode == Mode::kLabel;
  const auto animals = NamedAnimals(*project);
  struct Name {
    std::string text;
    uint32_t color;
    bool selected;
  };
  std::vector<Name> names;
  std::vector<TagRequest> requests;
  ImGui::PushFont(context.fonts.small);
  const auto add = [&](const annotate::Shape& shape, const std::string& suffix) {
    if (shape.polygons.empty() && shape.key_points.empty()) return;
    const datasets::Box box = shape.polygons.empty() ? datasets::BoxOfPoints(shape.key_points)
                                                     : datasets::BoxOf(shape.polygons);
    const ImVec2 low = ToWindow({box.x, box.y});
    const ImVec2 high = ToWindow({box.x + box.width, box.y + box.height});
    if (high.x < area_origin_.x || high.y < area_origin_.y ||
        low.x > area_origin_.x + area_size_.x || low.y > area_origin_.y + area_size_.y) {
      return;
    }
    int index = 0;
    const datasets::Id shown_as = ShownAs(shape.category_id, shape.prediction_id != 0);
    const datasets::CategoryRow* category = CategoryOf(*project, shown_as, &index);
    Name name;
    name.text = (category            ? category->name
                 : shape.category_id ? "?"
                                     : "new animal") +
                (shown_as != shape.category_id ? ", as it would be" : suffix);
    const auto digit = std::find(animals.begin(), animals.end(), category) - animals.begin();
    if (digits && digit < std::min<long>(9, static_cast<long>(animals.size()))) {
      name.text = std::to_string(digit + 1) + "  " + name.text;
    }
    name.color = category && category->color ? category->color : datasets::PaletteColor(index);
    const datasets::Id edit_id = EditId(shape);
    name.selected = edit_id && edit_id == context.session.selected_annotation;
    const ImVec2 size = ImGui::CalcTextSize(name.text.c_str());
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const bool pointed_at =
        hovered_ && mouse.x >= low.x && mouse.x <= high.x && mouse.y >= low.y && mouse.y <= high.y;
    requests.push_back({low.x, low.y, high.x, high.y, size.x + 10 * scale, size.y + 4 * scale,
                        name.selected || pointed_at});
    names.push_back(std::move(name));
  };
  // How sure a prediction is, is known at its end.
  const auto job = project->predict_job.find(view->video_id);
  const bool predicting =
      job != project->predict_job.end() &&
      std::any_of(project->jobs.begin(), project->jobs.end(), [&](const datasets::JobRow& row) {
        return row.id == job->second && datasets::IsOpen(row);
      });
  const bool numbered = project->numbered_videos.count(view->video_id) > 0;
  const auto& labels = Labels(context);
  const SharedNames shared = SharedNamesIn(*project, view->video_id);
  const LabeledBy is_labeled(labels, shared);
  std::string naming;  // what a digit would do
  if (show_labels_) {
    for (const annotate::Shape& shape : labels)
      add(shape, shape.occluded ? " (partly hidden)" : "");
  }
  for (size_t i = 0; show_predictions_ && i < view->predictions.size(); ++i) {
    const annotate::Shape& shape = view->predictions[i];
    if (show_labels_ && is_labeled(shape)) continue;
    std::string text = " ?";
    if (i < view->prediction_rows.size() && !predicting) {
      const datasets::PredictionRow& row = view->prediction_rows[i];
      char sure[32] = "";  // not known of what was seen live
      if (row.confidence > 0) snprintf(sure, sizeof sure, "  %.0f %%", 100 * row.confidence);
      text = numbered ? "#" + std::to_string(row.tracklet + 1) + sure : sure;
      if (shape.category_id == project->unknown_id) {
        const ShownUnknown* unknown =
            FindUnknown(*project, view->video_id, view->frame, row.tracklet);
        const std::string guess = unknown ? GuessText(*project, *unknown) : "";
        text = " " + std::to_string(row.tracklet) + (guess.empty() ? "" : ", " + guess);
        if (unknown && EditId(shape) == context.session.selected_annotation &&
            context.mode != Mode::kBehavior) {
          naming = "1-9 names it on frames " + std::to_string(unknown->animal.start_frame) +
                   " to " + std::to_string(unknown->animal.end_frame - 1);
        }
      }
    }
    const size_t names_before = names.size();
    add(shape, text);
    if (shared(shape.category_id) && names.size() > names_before &&
        i < view->prediction_rows.size()) {
      names.back().color = datasets::PaletteColor(view->prediction_rows[i].tracklet);
    }
  }
  const auto places = PlaceTags(requests, area_origin_.x, area_origin_.y,
                                area_origin_.x + area_size_.x, area_origin_.y + area_size_.y);
  for (size_t i = 0; i < places.size(); ++i) {
    if (places[i].hidden) continue;
    const TagRequest& request = requests[i];
    const ImVec2 low(places[i].x, places[i].y);
    const ImVec2 high(low.x + request.width, low.y + request.height);
    const ImU32 color = ToImColor(names[i].color);
    if (places[i].displaced) {
      const ImVec2 animal((request.left + request.right) / 2, (request.top + request.bottom) / 2);
      draw->AddLine(ImVec2((low.x + high.x) / 2, low.y > animal.y ? low.y : high.y), animal,
                    IM_COL32(0, 0, 0, 150), 2.5f * scale);
      draw->AddLine(ImVec2((low.x + high.x) / 2, low.y > animal.y ? low.y : high.y), animal, color,
                    scale);
    }
    draw->AddRectFilled(low, high, IM_COL32(0, 0, 0, names[i].selected ? 230 : 165), 3 * scale);
    if (names[i].selected) draw->AddRect(low, high, color, 3 * scale, 0, 1.5f * scale);
    draw->AddText(ImVec2(low.x + 5 * scale, low.y + 2 * scale), color, names[i].text.c_str());
  }
  const bool some_hidden =
      std::any_of(places.begin(), places.end(), [](const TagPlace& place) { return place.hidden; });
  const bool unreadable = context.session.ShowsFrame() && context.session.picture().bgr.empty() &&
                          !project->missing_videos.count(view->video_id);
  const std::string text =
      preview_     ? preview_->text
      : unreadable ? "This frame's picture cannot be read: its outlines can be changed"
      : view->state == datasets::ImageState::kEmpty ? "marked: no animal in this frame"
      : !naming.empty()                             ? naming
      : some_hidden ? "Not every name has room: point at an animal, or zoom in"
                    : "";
  if (!text.empty()) {
    const float most_wide = area_size_.x - 40 * scale;
    const ImVec2 size = ImGui::CalcTextSize(text.c_str(), nullptr, false, most_wide);
    const ImVec2 at(area_origin_.x + (area_size_.x - size.x) / 2,
                    area_origin_.y + area_size_.y - size.y - 14 * scale);
    draw->AddRectFilled(ImVec2(at.x - 8 * scale, at.y - 4 * scale),
                        ImVec2(at.x + size.x + 8 * scale, at.y + size.y + 4 * scale),
                        IM_COL32(0, 0, 0, 190), 4 * scale);
    draw->AddText(nullptr, 0, at, WarningColor(), text.c_str(), nullptr, most_wide);
  }
  ImGui::PopFont();
}

}  // namespace app
