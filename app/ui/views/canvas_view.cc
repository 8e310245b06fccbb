#include "app/ui/views/canvas_view.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "app/model/label_requests.h"
#include "datasets/base/error.h"

namespace app {
namespace {

constexpr double kZoomPerNotch = 1.2;
constexpr double kLargestZoom = 40, kSmallestZoom = 0.02;

annotate::ToolKey ToolKeyOf(const Chord& chord) {
  static const std::map<std::string, annotate::ToolKey> keys = {
      {"Enter", annotate::ToolKey::kEnter},   {"Space", annotate::ToolKey::kSpace},
      {"Escape", annotate::ToolKey::kEscape}, {"Backspace", annotate::ToolKey::kBackspace},
      {"Delete", annotate::ToolKey::kDelete}, {"Left", annotate::ToolKey::kLeft},
      {"Right", annotate::ToolKey::kRight},   {"Up", annotate::ToolKey::kUp},
      {"Down", annotate::ToolKey::kDown}};
  const auto it = keys.find(chord.key);
  return it == keys.end() ? annotate::ToolKey::kNone : it->second;
}

ImVec2 operator+(const ImVec2& a, const ImVec2& b) { return ImVec2(a.x + b.x, a.y + b.y); }

}  // namespace

CanvasView::CanvasView() : frame_layer_(new FrameLayer), overlay_layer_(new OverlayLayer) {
  SetTool("select");
}

CanvasView::~CanvasView() = default;

void CanvasView::SetTool(const std::string& id) {
  if (tool_ && id == tool_->id()) return;
  tool_ = annotate::MakeTool(id);
}

void CanvasView::AddActions(ActionTable& actions, UiContext& context) {
  Session& session = context.session;
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
      {"brush", "Brush", "U", "Paint; the wheel sizes the tip"},
      {"eraser", "Eraser", "E", "Rub parts of an animal out"},
      {"blob", "One click (blob)", "O", "Click an animal: outline from the background difference"},
      {"wand", "Magic wand", "W", "Press on an animal and drag: farther takes more"},
      {"scissors", "Intelligent scissors", "I", "The outline follows edges between clicks"},
      {"grabcut", "Fit last outline", "G", "The nearest labeled outline, fitted to this frame"},
      {"model", "Model's mask", "M", "Click takes the trained model's mask"}};
  for (const ToolEntry& tool : kTools) {
    const std::string id = tool.id;
    add(("tool." + id).c_str(), tool.title, "Tools", tool.key, [this, id] { SetTool(id); },
        tool.help, Scope::kLabeling);
  }
  add(
      "canvas.fit", "Show the whole frame", "View", "F", [this] { fitted_ = false; }, "");
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
      "label.copy", "Copy labels from the nearest labeled frame", "Edit", "Ctrl+B",
      [&session] { RequestCopyFromNeighbor(session); }, "", Scope::kLabeling);
  for (int i = 1; i <= 9; ++i) {
    const std::string digit = std::to_string(i);
    add(("animal." + digit).c_str(), ("Assign animal " + digit).c_str(), "", digit.c_str(),
        [&session, i] {
          const auto project = session.project_view();
          if (!project || static_cast<size_t>(i) > project->categories.size()) return;
          const datasets::Id category = project->categories[static_cast<size_t>(i - 1)].id;
          session.selected_category = category;
          if (session.selected_annotation) {
            RequestAssign(session, session.selected_annotation, category);
          }
        },
        "", Scope::kLabeling);
  }
}

ImVec2 CanvasView::ToWindow(const cv::Point2d& image) const {
  return ImVec2(static_cast<float>(placement_.x + image.x * placement_.scale),
                static_cast<float>(placement_.y + image.y * placement_.scale));
}

cv::Point2d CanvasView::ToImage(const ImVec2& window) const {
  return {(window.x - placement_.x) / placement_.scale,
          (window.y - placement_.y) / placement_.scale};
}

void CanvasView::Fit(const ImVec2& size, int width, int height) {
  placement_.scale = std::min(size.x / width, size.y / height) * 0.97;
  placement_.x = area_origin_.x + (size.x - width * placement_.scale) / 2;
  placement_.y = area_origin_.y + (size.y - height * placement_.scale) / 2;
  fitted_ = true;
}

void CanvasView::ApplyRequest(UiContext& context, const ImVec2& origin, const ImVec2& size) {
  // The picture stays where it was on the frame when panels change size.
  if (origin.x != area_origin_.x || origin.y != area_origin_.y || size.x != area_size_.x ||
      size.y != area_size_.y) {
    fitted_ = false;
  }
  area_origin_ = origin;
  area_size_ = size;
  if (image_width_ <= 0) return;
  CanvasRequest& request = context.canvas_request;
  if (request.fit || !fitted_) Fit(size, image_width_, image_height_);
  if (request.zoom_to) {
    const datasets::Box& box = *request.zoom_to;
    const double margin = 0.6 * std::max({box.width, box.height, 40.0});
    placement_.scale =
        std::clamp(std::min(size.x / (box.width + 2 * margin), size.y / (box.height + 2 * margin)),
                   kSmallestZoom, kLargestZoom);
    placement_.x = origin.x + size.x / 2 - (box.x + box.width / 2) * placement_.scale;
    placement_.y = origin.y + size.y / 2 - (box.y + box.height / 2) * placement_.scale;
  }
  request = CanvasRequest();
}

annotate::ToolContext CanvasView::ContextForTool(UiContext& context) {
  annotate::ToolContext tool;
  tool.width = image_width_;
  tool.height = image_height_;
  static const std::vector<annotate::Shape> kNone;
  tool.shapes = tool.predictions = tool.neighbor_shapes = &kNone;
  const auto view = context.session.frame_view();
  if (view && view->frame == context.session.frame()) {
    tool.shapes = &view->labels;
    tool.predictions = &view->predictions;
    tool.neighbor_shapes = &view->neighbor_labels;
    std::vector<double> areas;
    for (const auto* shapes : {&view->labels, &view->neighbor_labels}) {
      for (const annotate::Shape& shape : *shapes) {
        double area = 0;
        for (const datasets::Ring& ring : shape.polygons) area += datasets::RingArea(ring);
        if (area > 0) areas.push_back(area);
      }
    }
    if (!areas.empty()) {
      std::nth_element(areas.begin(), areas.begin() + static_cast<long>(areas.size() / 2),
                       areas.end());
      tool.typical_area = areas[areas.size() / 2];
    }
  }
  tool.selected_annotation = context.session.selected_annotation;
  return tool;
}

void CanvasView::Commit(UiContext& context, const annotate::ShapeChange& change) {
  if (change.kind == annotate::ShapeChange::Kind::kSelect) {
    context.session.selected_annotation = change.annotation_id;
    const auto view = context.session.frame_view();
    if (!view) return;
    for (const annotate::Shape& shape : view->labels) {
      if (shape.annotation_id == change.annotation_id) {
        context.session.selected_category = shape.category_id;
      }
    }
    return;
  }
  RequestShapeChange(context.session, change);
}

void CanvasView::SendToTool(UiContext& context, annotate::ToolInput input) {
  annotate::ToolContext tool_context = ContextForTool(context);
  const DecodedFrame picture = context.session.picture();
  const auto background = context.session.background();
  if (picture.frame == context.session.frame()) tool_context.frame = &picture.bgr;
  if (background && !background->bgr.empty()) tool_context.background = &background->bgr;
  input.image_pixels_per_screen_pixel = context.scale / placement_.scale;
  input.seconds = ImGui::GetTime();
  try {
    const annotate::ToolResult result = tool_->OnInput(input, tool_context);
    if (result.change) Commit(context, *result.change);
    if (!result.consumed && input.type == annotate::ToolInput::Type::kWheel) {
      const ImVec2 mouse = ImGui::GetIO().MousePos;
      const cv::Point2d at = ToImage(mouse);
      placement_.scale = std::clamp(placement_.scale * std::pow(kZoomPerNotch, input.wheel),
                                    kSmallestZoom, kLargestZoom);
      placement_.x = mouse.x - at.x * placement_.scale;
      placement_.y = mouse.y - at.y * placement_.scale;
    }
    if (!result.consumed && input.type == annotate::ToolInput::Type::kPress && input.button != 2) {
      panning_ = true;
    }
  } catch (const datasets::Error& error) {
    context.session.Say(Message::Kind::kError, error.what());
  }
}

bool CanvasView::OnKey(const Chord& chord, UiContext& context) {
  const annotate::ToolKey key = ToolKeyOf(chord);
  if (key == annotate::ToolKey::kNone || !tool_ || context.mode != Mode::kLabel) return false;
  if (!tool_->busy() && !tool_->has_proposal()) {
    const bool arrow = key == annotate::ToolKey::kLeft || key == annotate::ToolKey::kRight ||
                       key == annotate::ToolKey::kUp || key == annotate::ToolKey::kDown;
    if (!arrow || !chord.alt || !context.session.selected_annotation) return false;
    const double step = chord.shift ? 10 : 1;
    const double dx = key == annotate::ToolKey::kLeft    ? -step
                      : key == annotate::ToolKey::kRight ? step
                                                         : 0;
    const double dy = key == annotate::ToolKey::kUp     ? -step
                      : key == annotate::ToolKey::kDown ? step
                                                        : 0;
    RequestNudge(context.session, context.session.selected_annotation, dx, dy);
    return true;
  }
  annotate::ToolInput input;
  input.type = annotate::ToolInput::Type::kKey;
  input.key = key;
  input.ctrl = chord.ctrl, input.shift = chord.shift, input.alt = chord.alt;
  input.position = ToImage(ImGui::GetIO().MousePos);
  SendToTool(context, input);
  return true;
}

void CanvasView::HandleMouse(UiContext& context, const ImVec2&, bool hovered) {
  const ImGuiIO& io = ImGui::GetIO();
  annotate::ToolInput input;
  input.position = ToImage(io.MousePos);
  input.ctrl = io.KeyCtrl, input.shift = io.KeyShift, input.alt = io.KeyAlt;
  input.button_down = io.MouseDown[0];
  using Type = annotate::ToolInput::Type;
  const auto send = [&](Type type, int button) {
    input.type = type;
    input.button = button;
    SendToTool(context, input);
  };
  if (panning_ || io.MouseDown[2]) {
    if (hovered || panning_) {
      placement_.x += io.MouseDelta.x;
      placement_.y += io.MouseDelta.y;
    }
    if (!io.MouseDown[0] && !io.MouseDown[1]) panning_ = false;
    if (!io.MouseDown[2]) {
      for (int button = 0; button < 2; ++button) {
        if (ImGui::IsMouseReleased(button)) send(Type::kRelease, button);
      }
    }
    return;
  }
  if (io.MouseDelta.x != 0 || io.MouseDelta.y != 0) {
    if (hovered || was_down_) send(Type::kMove, 0);
  }
  for (int button = 0; button < 2; ++button) {
    if (hovered && ImGui::IsMouseDoubleClicked(button)) {
      send(Type::kDoubleClick, button);
    } else if (hovered && ImGui::IsMouseClicked(button)) {
      if (button == 0) was_down_ = true;
      send(Type::kPress, button);
    }
    if (ImGui::IsMouseReleased(button) && (hovered || was_down_)) {
      if (button == 0) was_down_ = false;
      send(Type::kRelease, button);
    }
  }
  if (hovered && io.MouseWheel != 0) {
    input.wheel = io.MouseWheel;
    send(Type::kWheel, 0);
  }
}

void CanvasView::Draw(UiContext& context) {
  const ImVec2 origin = ImGui::GetCursorScreenPos();
  const ImVec2 size = ImGui::GetContentRegionAvail();
  const datasets::VideoRow* video = context.session.video();
  if (!video) {
    ImGui::SetCursorPos(ImVec2(size.x / 2 - 160 * context.scale, size.y / 2 - 40 * context.scale));
    ImGui::BeginGroup();
    ImGui::PushFont(context.fonts.heading);
    ImGui::TextUnformatted("Drop a video here");
    ImGui::PopFont();
    ImGui::TextUnformatted("or add one from the list on the left.");
    ImGui::EndGroup();
    return;
  }
  if (video->width != image_width_ || video->height != image_height_) {
    image_width_ = video->width;
    image_height_ = video->height;
    fitted_ = false;
  }
  // A gesture belongs to the frame it began on.
  if (tool_frame_ != context.session.frame()) {
    if (tool_->busy() || tool_->has_proposal()) tool_->Cancel();
    tool_frame_ = context.session.frame();
    context.session.selected_annotation = 0;
  }
  ApplyRequest(context, origin, size);
  ImGui::InvisibleButton("##surface", size,
                         ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight |
                             ImGuiButtonFlags_MouseButtonMiddle);
  ImGui::SetItemAllowOverlap();
  const bool hovered = ImGui::IsItemHovered();
  if (context.mode != Mode::kLabel && std::string(tool_->id()) != "select") SetTool("select");
  ImGui::SetCursorScreenPos(origin);
  DrawToolbar(context);
  const bool over_toolbar = ImGui::IsAnyItemHovered() && !hovered;
  HandleMouse(context, origin, hovered && !over_toolbar);
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->PushClipRect(origin, origin + size, true);
  DrawLabels(context, draw);
  DrawToolOverlay(context, draw);
  draw->PopClipRect();
  if (ImGui::GetIO().KeyCtrl && context.mode == Mode::kLabel) DrawIdentityLegend(context);
}

}  // namespace app
