// The commands of CanvasView: tools, zoom, and what is done to the labels of a frame.
#include <algorithm>

#include "app/model/requests/carry_requests.h"
#include "app/model/requests/label_requests.h"
#include "app/ui/views/canvas/canvas_view.h"
#include "app/ui/window.h"
#include "datasets/store/points.h"

namespace app {
namespace {

constexpr int kMostCarried = 250;  // frames: some seconds, which a person can look through

// Of the label that is selected in the frame; 0: none is.
datasets::Id SelectedAnimal(const Session& session) {
  const auto view = session.frame_view();
  if (!view || !session.selected_annotation) return 0;
  for (const annotate::Shape& shape : view->labels) {
    if (shape.annotation_id == session.selected_annotation) return shape.category_id;
  }
  return 0;
}

}  // namespace

void CanvasView::AddActions(ActionTable& actions, Session& session) {
  worker_ = std::make_unique<ToolWorker>([] { Window::Wake(); }, session.SayError());
  learned_blobs_ = std::make_unique<LearnedBlobs>(
      session.project_file(), [] { Window::Wake(); }, session.SayError());
  const auto add = [&](const char* id, const char* title, const char* menu, const char* keys,
                       std::function<void()> run, const char* help, Scope scope = Scope::kAlways) {
    Action action;
    action.id = id, action.title = title, action.menu = menu, action.help = help;
    action.scope = scope;
    if (*keys) action.chords.push_back(ParseChord(keys));
    action.run = std::move(run);
    actions.Add(std::move(action));
  };
  struct ToolEntry {
    const char *id, *title, *key, *help;
  };
  static const ToolEntry kTools[] = {
      {"select", "Select and edit", "V", "Click an animal, drag its points"},
      {"polygon", "Polygon", "P", "Click points or drag freehand; Enter closes"},
      {"box", "Box", "B", "Drag a rectangle"},
      {"brush", "Brush", "U", "Paint; Ctrl+wheel sizes the tip"},
      {"eraser", "Eraser", "E", "Rub parts of an animal out"},
      {"blob", "Blob", "O",
       "Click an animal: its outline is proposed. Shift+click corrects it, Enter takes it"},
      {"wand", "Magic wand", "W", "Press on an animal and drag: farther takes more"},
      {"scissors", "Intelligent scissors", "I", "The outline follows edges between clicks"},
      {"grabcut", "Fit last outline", "G", "The nearest labeled outline, fitted to this frame"},
      {"model", "Model's mask", "M", "Click takes the trained model's mask"},
      {"points", "Key points", "K", "Each click sets the next point of an animal"},
      {"transform", "Turn and scale", "T", "Handles turn, scale and move a whole outline"}};
  for (const ToolEntry& tool : kTools) {
    const std::string id = tool.id;
    add(("tool." + id).c_str(), tool.title, "Tools", tool.key, [this, id] { SetTool(id); },
        tool.help, Scope::kLabeling);
  }
  add(
      "canvas.fit", "Show the whole frame", "View", "F", [this] { Fit(); },
      "A double-click beside the animals does it too");
  const auto zoom = [this](double factor) {
    const ImVec2 middle(area_origin_.x + area_size_.x / 2, area_origin_.y + area_size_.y / 2);
    ZoomAt(hovered_ ? ImGui::GetIO().MousePos : middle, factor);
  };
  add(
      "canvas.zoom_in", "Zoom in", "View", "=", [zoom] { zoom(kZoomPerNotch * kZoomPerNotch); },
      "About the cursor; the wheel does it too");
  add(
      "canvas.zoom_out", "Zoom out", "View", "-",
      [zoom] { zoom(1 / (kZoomPerNotch * kZoomPerNotch)); }, "About the cursor");
  add(
      "canvas.zoom_animal", "Zoom to the selected animal", "View", "Shift+F",
      [this, &session] {
        const auto view = session.frame_view();
        if (!view) return;
        for (const annotate::Shape& shape :
             EditableShapes(view->labels, view->predictions, {true})) {
          if (shape.annotation_id != session.selected_annotation) continue;
          if (!shape.polygons.empty()) {
            ZoomTo(datasets::BoxOf(shape.polygons));
          } else if (!shape.key_points.empty()) {
            ZoomTo(datasets::BoxOfPoints(shape.key_points));
          }
        }
      },
      "");
  const auto resize_tip = [this](double factor) {
    const annotate::Tool::Parameter now = tool_->parameter();
    if (!now.name.empty()) tool_->SetParameter(std::max(now.value, 0.25) * factor);
  };
  add(
      "brush.larger", "Larger tip, or coarser outline", "Tools", "]",
      [resize_tip] { resize_tip(1.2); }, "Ctrl+wheel does it too", Scope::kLabeling);
  add(
      "brush.smaller", "Smaller tip, or finer outline", "Tools", "[",
      [resize_tip] { resize_tip(1 / 1.2); }, "Ctrl+wheel does it too", Scope::kLabeling);
  add(
      "canvas.labels", "Show labels", "View", "L", [this] { show_labels_ = !show_labels_; }, "");
  add(
      "canvas.predictions", "Show predictions", "View", "Shift+L",
      [this] { show_predictions_ = !show_predictions_; }, "");
  add(
      "label.delete", "Delete the selected animal's outline", "Edit", "Delete",
      [&session] { RequestDelete(session, session.selected_annotation); }, "", Scope::kLabeling);
  add(
      "label.done", "Frame is done", "Edit", "D",
      [&session] { RequestFrameState(session, datasets::ImageState::kDone); },
      "Every animal in this frame is outlined", Scope::kLabeling);
  add(
      "label.empty", "Frame has no animal", "Edit", "N",
      [&session] { RequestFrameState(session, datasets::ImageState::kEmpty); },
      "An explicit negative; different from a frame that nobody looked at", Scope::kLabeling);
  add(
      "label.accept", "Take the predictions as labels", "Edit", "Ctrl+Enter",
      [&session] { RequestAcceptPredictions(session, 0); }, "Only this frame", Scope::kLabeling);
  add(
      "label.carry", "Carry labels to the next frame", "Edit", "Ctrl+Shift+B",
      [&session] { RequestCarry(session); }, "Follows the motion and fits the outlines there",
      Scope::kLabeling);
  add(
      "label.carry_on", "Carry labels on until there is doubt", "Edit", "Ctrl+Alt+B",
      [&session] { RequestCarryOn(session, 1, kMostCarried, SelectedAnimal(session)); },
      "Of the selected animal or of all, through the frames that follow; one undo takes it back",
      Scope::kLabeling);
  add(
      "label.carry_back", "Carry labels back until there is doubt", "Edit", "Ctrl+Alt+Shift+B",
      [&session] { RequestCarryOn(session, -1, kMostCarried, SelectedAnimal(session)); },
      "The same through the frames before", Scope::kLabeling);
  add(
      "label.accept_carried", "Carried labels around here are right", "Edit", "Ctrl+Alt+Enter",
      [&session] { RequestAcceptFilledIn(session); },
      "Carried and interpolated labels teach networks, but are evidence only once you have looked "
      "at them: this takes all that follow each other",
      Scope::kLabeling);
  add(
      "label.interpolate", "Interpolate between labeled frames", "Edit", "Ctrl+Shift+I",
      [&session] { RequestInterpolate(session, SelectedAnimal(session)); },
      "Fills the frames between the labels before and after, of the selected animal or of all",
      Scope::kLabeling);
  add(
      "label.copy", "Copy labels from the nearest labeled frame", "Edit", "Ctrl+B",
      [&session] { RequestCopyFromNeighbor(session); }, "", Scope::kLabeling);
  AddPointActions(actions, session);
  AddClipboardActions(actions, session);
  for (int i = 1; i <= 9; ++i) {
    const std::string digit = std::to_string(i);
    add(("animal." + digit).c_str(), ("Assign animal " + digit).c_str(), "", digit.c_str(),
        [&session, i] {
          const auto project = session.project_view();
          if (!project) return;
          const auto animals = NamedAnimals(*project);
          if (static_cast<size_t>(i) > animals.size()) return;
          const datasets::Id category = animals[static_cast<size_t>(i - 1)]->id;
          session.selected_category = category;
          if (session.selected_annotation) {
            RequestAssign(session, session.selected_annotation, category);
          } else {
            session.next_animal = category;
          }
        },
        "", Scope::kLabeling);
  }
}

}  // namespace app
