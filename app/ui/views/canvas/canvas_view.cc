#include "app/ui/views/canvas/canvas_view.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "annotate/tools/shape_geometry.h"
#include "app/model/requests/behavior_requests.h"
#include "app/model/requests/label_requests.h"
#include "app/model/requests/point_requests.h"
#include "app/model/requests/unknown_requests.h"
#include "app/ui/window.h"
#include "datasets/base/error.h"

namespace app {
namespace {

constexpr float kClick = 4;  // window pixels that a click may move

annotate::ToolKey ToolKeyOf(const Chord& chord) {
  static const std::map<std::string, annotate::ToolKey> keys = {
      {"Enter", annotate::ToolKey::kEnter},   {"Space", annotate::ToolKey::kSpace},
      {"Escape", annotate::ToolKey::kEscape}, {"Backspace", annotate::ToolKey::kBackspace},
      {"Delete", annotate::ToolKey::kDelete}, {"Left", annotate::ToolKey::kLeft},
      {"Right", annotate::ToolKey::kRight},   {"Up", annotate::ToolKey::kUp},
      {"Down", annotate::ToolKey::kDown},     {"Tab", annotate::ToolKey::kTab}};
  const auto it = keys.find(chord.key);
  return it == keys.end() ? annotate::ToolKey::kNone : it->second;
}

bool IsArrow(annotate::ToolKey key) {
  return key == annotate::ToolKey::kLeft || key == annotate::ToolKey::kRight ||
         key == annotate::ToolKey::kUp || key == annotate::ToolKey::kDown;
}

// The smallest region of the current video at a position, or null.
const datasets::RegionRow* RegionAt(const UiContext& context, const cv::Point2d& at) {
  const auto project = context.session.project_view();
  if (!project) return nullptr;
  const auto regions = project->regions.find(context.session.video_id());
  if (regions == project->regions.end()) return nullptr;
  const datasets::RegionRow* found = nullptr;
  for (const datasets::RegionRow& region : regions->second) {
    annotate::Shape shape;
    shape.polygons = region.polygons;
    if (!annotate::Contains(shape, at)) continue;
    const auto area = [](const datasets::RegionRow& row) {
      const datasets::Box box = datasets::BoxOf(row.polygons);
      return box.width * box.height;
    };
    if (!found || area(region) < area(*found)) found = &region;
  }
  return found;
}

bool IsDrawingTool(const annotate::Tool& tool) { return std::string(tool.id()) != "select"; }

}  // namespace

CanvasView::CanvasView()
    : frame_layer_(new FrameLayer),
      overlay_layer_(new OverlayLayer),
      run_aside_([this](std::function<void()> work) { worker_->Run(std::move(work)); }) {
  SetTool("select");
}

CanvasView::~CanvasView() = default;

void CanvasView::SetTool(const std::string& id) {
  if (tool_ && id == tool_->id()) return;
  if (tool_) tool_->Cancel();
  std::unique_ptr<annotate::Tool>& tool = tools_[id];
  if (!tool) tool = annotate::MakeTool(id);
  tool_ = tool.get();
}

annotate::ToolContext CanvasView::ContextForTool(UiContext& context) {
  annotate::ToolContext tool;
  tool.width = image_width_;
  tool.height = image_height_;
  static const std::vector<annotate::Shape> kNone;
  tool.shapes = tool.predictions = tool.neighbor_shapes = &kNone;
  const auto view = context.session.frame_view();
  if (view && view->frame == context.session.frame()) {
    tool.shapes = &Labels(context);
    tool.predictions = &view->predictions;
    tool.neighbor_shapes = &view->neighbor_labels;
    std::vector<double> areas;
    for (const auto* shapes : {tool.shapes, tool.neighbor_shapes}) {
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
  // Tools that change an outline change a prediction as well, which then is a label.
  const std::string id = tool_->id();
  const bool sets_points = id == "points";
  const bool edits =
      id == "select" || id == "transform" || id == "brush" || id == "eraser" || sets_points;
  if (edits && show_predictions_ && context.mode != Mode::kBehavior && !tool.predictions->empty()) {
    const auto project = context.session.project_view();
    const SharedNames shared =
        project ? SharedNamesIn(*project, context.session.video_id()) : SharedNames();
    editable_ = EditableShapes(*tool.shapes, *tool.predictions, shared);
    tool.shapes = &editable_;
  }
  if (const auto project = context.session.project_view(); sets_points && project) {
    tool.skeletons = &project->skeletons;
    tool.skeleton_id = skeleton_id_;
    tool.animal_without_label = AnimalForPoints(context.session, Labels(context));
  }
  tool.selected_annotation = context.session.selected_annotation;
  if (const auto learned = Learned(context)) {
    if (learned->model) tool.animal_model = {learned, &learned->model};
    if (tool.typical_area <= 0) tool.typical_area = learned->typical_area;
  }
  return tool;
}

bool CanvasView::MayDraw(const UiContext& context) const {
  return context.mode == Mode::kLabel || !region_name_.empty();
}

// A new picture takes a moment to be read; until it has been drawn the one before it is seen.
bool CanvasView::SeesFrame(const Session& session) const {
  return session.ShowsFrame() && seen_.video_id == session.video_id() &&
         seen_.frame_index == session.frame();
}

bool CanvasView::MayPlace(UiContext& context) const {
  Session& session = context.session;
  if (SeesFrame(session)) return true;
  const std::string why = "Frame " + std::to_string(session.frame()) +
                          " is still being read, so nothing was done to the picture before it: "
                          "wait until it shows, then do it again";
  const auto& messages = session.messages();
  if (messages.empty() || messages.back().text != why) session.Say(Message::Kind::kInfo, why);
  return false;
}

void CanvasView::Commit(UiContext& context, const annotate::ShapeChange& change) {
  using Kind = annotate::ShapeChange::Kind;
  Session& session = context.session;
  if (change.kind == Kind::kAdd && !region_name_.empty()) {
    RequestAddRegion(session, region_name_, change.polygons);
    session.selected_subject = std::exchange(region_name_, "");
    SetTool("select");
    return;
  }
  if (change.kind == Kind::kPoints) {
    CommitPoints(context, change);
    return;
  }
  const auto view = session.frame_view();
  if (change.kind == Kind::kSelect) {
    session.selected_annotation = change.annotation_id;
    for (const annotate::Shape& shape : Labels(context)) {
      if (change.annotation_id && shape.annotation_id == change.annotation_id) {
        session.selected_category = shape.category_id;
      }
    }
    if (const auto* chosen = FindPrediction(view.get(), change.annotation_id)) {
      session.selected_category = chosen->category_id;
    }
    return;
  }
  if (const auto* corrected = FindPrediction(view.get(), change.annotation_id)) {
    const datasets::Id animal = corrected->category_id;
    RequestShapeChange(session, change);
    if (change.kind == Kind::kReplace && view->frame == session.frame()) {  // it is a label now
      annotate::ShapeChange added = change;
      added.kind = Kind::kAdd;
      added.annotation_id = 0;
      const auto project = session.project_view();
      const bool shares = project && SharedNamesIn(*project, view->video_id)(animal);
      pending_.Add(added, animal, *view, ImGui::GetTime(), shares);
    }
    return;
  }
  datasets::Id animal = 0;
  if (change.kind == Kind::kAdd) {
    session.selected_category = animal = AnimalOf(context, change.polygons, change.category_id);
  }
  RequestShapeChange(session, change, animal);
  if (change.kind == Kind::kAdd) session.next_animal = 0;
  if (view && view->frame == session.frame()) {
    pending_.Add(change, animal, *view, ImGui::GetTime());
  }
}

annotate::ToolInput CanvasView::InputNow() const {
  const ImGuiIO& io = ImGui::GetIO();
  annotate::ToolInput input;
  input.position = ToImage(io.MousePos);
  input.ctrl = io.KeyCtrl, input.shift = io.KeyShift, input.alt = io.KeyAlt;
  input.button_down = io.MouseDown[0] && button_down_;
  return input;
}

bool CanvasView::SendToTool(UiContext& context, annotate::ToolInput input) {
  using Type = annotate::ToolInput::Type;
  // The frame may have changed since the last drawing, by a key of the same moment.
  if (tool_at_.frame_index != context.session.frame() ||
      tool_at_.video_id != context.session.video_id()) {
    LeaveFrame(context);
  }
  const bool begins =
      input.type == Type::kPress || input.type == Type::kDoubleClick || input.type == Type::kKey;
  if (begins && !tool_->busy() && !SeesFrame(context.session)) {
    if (context.session.playing() && !IsDrawingTool(*tool_)) return false;  // the picture is moved
    return !MayPlace(context);
  }
  annotate::ToolContext tool_context = ContextForTool(context);
  const DecodedFrame picture = context.session.picture();
  const auto background = context.session.background();
  const bool reads = picture.frame == context.session.frame() && !picture.bgr.empty();
  if (reads) tool_context.frame = &picture.bgr;
  if (background && !background->bgr.empty()) tool_context.background = &background->bgr;
  tool_context.run_aside = &run_aside_;
  input.image_pixels_per_screen_pixel = context.scale / placement_.scale;
  input.seconds = ImGui::GetTime();
  try {
    const annotate::ToolResult result = tool_->OnInput(input, tool_context);
    if (result.change) Commit(context, *result.change);
    return result.consumed;
  } catch (const std::exception& error) {  // OpenCV throws its own
    tool_->Cancel();
    context.session.Say(Message::Kind::kError, error.what());
    return true;
  }
}

void CanvasView::TakeResult(UiContext& context) {
  try {
    const annotate::ToolResult result = tool_->Poll(ContextForTool(context));
    if (result.change) Commit(context, *result.change);
  } catch (const std::exception& error) {  // OpenCV throws its own
    tool_->Cancel();
    context.session.Say(Message::Kind::kError, error.what());
  }
}

bool CanvasView::OnKey(const Chord& chord, UiContext& context) {
  const annotate::ToolKey key = ToolKeyOf(chord);
  const bool labeling = MayDraw(context);
  if (key == annotate::ToolKey::kEscape && !region_name_.empty() && !tool_->busy()) {
    region_name_.clear();
    return true;
  }
  annotate::ToolInput input = InputNow();
  input.type = annotate::ToolInput::Type::kKey;
  input.key = key;
  input.ctrl = chord.ctrl, input.shift = chord.shift, input.alt = chord.alt;
  if (labeling && tool_->busy()) {
    if (chord.key == "z" && chord.ctrl) {  // takes back within the gesture, not what was before it
      input.key = IsDrawingTool(*tool_) && !tool_->has_proposal() ? annotate::ToolKey::kBackspace
                                                                  : annotate::ToolKey::kEscape;
      input.ctrl = false;
      if (!SendToTool(context, input)) tool_->Cancel();
      return true;
    }
    if (TakeAsDigit(context, chord)) return true;
    if (key == annotate::ToolKey::kNone) return false;
    if (SendToTool(context, input)) return true;
    return !tool_->has_proposal();  // a half-drawn outline stays on its frame
  }
  if (chord == Chord{"Space"} && hovered_) {  // pans while held with the button down
    space_held_ = true;
    return true;
  }
  if (!labeling || key == annotate::ToolKey::kNone) return false;
  Session& session = context.session;
  const bool steps = IsArrow(key) && !chord.alt;  // through frames that are not seen, too
  if (tool_->wants_keys() && (!steps || SeesFrame(session)) && SendToTool(context, input)) {
    return true;
  }
  if (IsArrow(key)) {
    if (!chord.alt || !session.selected_annotation) return false;
    const double step = chord.shift ? 10 : 1;
    const double dx = key == annotate::ToolKey::kLeft    ? -step
                      : key == annotate::ToolKey::kRight ? step
                                                         : 0;
    const double dy = key == annotate::ToolKey::kUp     ? -step
                      : key == annotate::ToolKey::kDown ? step
                                                        : 0;
    if (MayPlace(context)) RequestNudge(session, session.selected_annotation, dx, dy);
    return true;
  }
  if (key == annotate::ToolKey::kBackspace || key == annotate::ToolKey::kDelete) {
    return hovered_ && SendToTool(context, input);
  }
  if (key == annotate::ToolKey::kEscape && session.selected_annotation) {
    session.selected_annotation = 0;
    return true;
  }
  return false;
}

// Space pans while it is held and the button is down; let go without that, it does what it is bound
// to.
void CanvasView::HandleSpace(UiContext& context) {
  if (!space_held_ || ImGui::IsKeyDown(ImGui::GetKeyIndex(ImGuiKey_Space))) return;
  space_held_ = false;
  if (std::exchange(space_panned_, false)) return;
  const Scope scope = context.mode == Mode::kLabel      ? Scope::kLabeling
                      : context.mode == Mode::kBehavior ? Scope::kBehavior
                                                        : Scope::kReview;
  const Action* action = context.actions.ForChord(Chord{"Space"}, scope);
  if (action) context.actions.Run(action->id);
}

void CanvasView::HandleMouse(UiContext& context, bool hovered) {
  using Type = annotate::ToolInput::Type;
  const ImGuiIO& io = ImGui::GetIO();
  hovered_ = hovered;
  const auto send = [&](Type type, int button, double wheel = 0) {
    annotate::ToolInput input = InputNow();
    input.type = type;
    input.button = button;
    input.wheel = wheel;
    return SendToTool(context, input);
  };
  if (pan_button_ >= 0) {
    Pan(io.MouseDelta.x, io.MouseDelta.y);
    panned_ += std::abs(io.MouseDelta.x) + std::abs(io.MouseDelta.y);
    if (io.MouseDown[pan_button_]) return;
    const bool was_drag = panned_ > kClick * context.scale;
    const int button = std::exchange(pan_button_, -1);
    if (button == 0) button_down_ = false;
    if (space_panned_ || button == 2) return;
    if (was_drag) {
      if (!tool_->busy()) tool_->Cancel();  // the press was no click
    } else {
      send(Type::kRelease, button);
    }
    return;
  }
  if ((io.MouseDelta.x != 0 || io.MouseDelta.y != 0) && (hovered || button_down_)) {
    send(Type::kMove, 0);
  }
  const auto start_pan = [&](int button) {
    pan_button_ = button;
    panned_ = 0;
  };
  for (int button = 0; button < 3; ++button) {
    if (!hovered || !ImGui::IsMouseClicked(button)) continue;
    if (button == 2 || (button == 0 && space_held_)) {
      space_panned_ = space_held_;
      start_pan(button);
      continue;
    }
    if (button == 0) button_down_ = true;
    if (button == 0 && context.mode == Mode::kBehavior && region_name_.empty()) {
      if (const auto* region = RegionAt(context, ToImage(io.MousePos))) {
        context.session.selected_subject = region->name;
      }
    }
    if (context.session.playing() && IsDrawingTool(*tool_)) {
      context.session.SetPlaying(false, context.session.speed());
      const DecodedFrame seen = context.session.picture();  // the person means that one
      if (seen.video_id == context.session.video_id()) context.session.GoToFrame(seen.frame);
    }
    bool used = send(Type::kPress, button);
    if (ImGui::IsMouseDoubleClicked(button)) used = send(Type::kDoubleClick, button) || used;
    if (used) continue;
    if (button == 0 && ImGui::IsMouseDoubleClicked(0)) {
      Fit();
    } else if (io.MouseDown[button]) {
      start_pan(button);
    }
  }
  if (pan_button_ >= 0) return;
  for (int button = 0; button < 2; ++button) {
    if (!ImGui::IsMouseReleased(button) || (!hovered && !button_down_)) continue;
    if (button == 0) button_down_ = false;
    send(Type::kRelease, button);
  }
  if (hovered && io.MouseWheel != 0 && !send(Type::kWheel, 0, io.MouseWheel)) {
    ZoomAt(io.MousePos, std::pow(kZoomPerNotch, io.MouseWheel));
  }
}

// A gesture belongs to the frame it began on.
void CanvasView::LeaveFrame(UiContext& context) {
  const bool drawing = tool_->busy() && !tool_->has_proposal();
  tool_->Cancel();
  region_name_.clear();
  if (drawing && IsDrawingTool(*tool_)) {
    context.session.Say(Message::Kind::kInfo,
                        "The unfinished outline stayed behind: it was dropped");
  }
  tool_at_.frame_index = context.session.frame();
  tool_at_.video_id = context.session.video_id();
  context.session.selected_annotation = 0;
}

// A video that has been moved: where it was, and the way to find it again.
void CanvasView::DrawMissing(UiContext& context, const ImVec2& origin, const ImVec2& size) {
  const auto project = context.session.project_view();
  if (!project || !project->missing_videos.count(context.session.video_id())) return;
  const datasets::VideoRow& video = *context.session.video();
  const auto& parts = video.parts;
  const size_t part = parts.empty() ? 0 : datasets::PartAt(parts, context.session.frame());
  if (!project->missing_parts.at(video.id).count(part)) return;  // this one can be seen
  ImGui::SetNextWindowPos(ImVec2(origin.x + size.x / 2, origin.y + size.y / 2), ImGuiCond_Always,
                          ImVec2(0.5f, 0.5f));
  ImGui::SetNextWindowSize(ImVec2(std::min(460 * context.scale, size.x), 0));
  ImGui::Begin("##missing", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoFocusOnAppearing);
  ImGui::PushFont(context.fonts.heading);
  ImGui::TextUnformatted("This video is not where it was");
  ImGui::PopFont();
  ImGui::TextWrapped("%s", (parts.empty() ? video.path : parts[part].path).c_str());
  ImGui::TextWrapped("Labels and predictions are safe in the project; only the pictures are gone.");
  if (ImGui::Button("Find it...")) context.actions.Run("project.find_video");
  ImGui::End();
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
  preview_ = std::exchange(context.canvas_request.names, std::nullopt);
  const std::optional<int> follows = context.canvas_request.follows;
  ApplyRequest(context, origin, size);
  DrawMissing(context, origin, size);
  if (video->width != image_width_ || video->height != image_height_) {
    image_width_ = video->width;
    image_height_ = video->height;
    Fit();
  }
  if (tool_at_.frame_index != context.session.frame() ||
      tool_at_.video_id != context.session.video_id()) {
    LeaveFrame(context);
  }
  if (follows) SelectUnknown(context.session, *follows);
  if (!MayDraw(context) && IsDrawingTool(*tool_)) SetTool("select");
  TakeResult(context);
  NameProposal(context);
  ImGui::InvisibleButton("##surface", size,
                         ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight |
                             ImGuiButtonFlags_MouseButtonMiddle);
  ImGui::SetItemAllowOverlap();
  const bool over_surface = ImGui::IsItemHovered();
  ImDrawList* draw = ImGui::GetWindowDrawList();
  draw->PushClipRect(origin, ImVec2(origin.x + size.x, origin.y + size.y), true);
  if (context.mode == Mode::kBehavior) DrawRegions(context, draw);
  DrawNames(context, draw);
  DrawToolOverlay(context, draw);
  draw->PopClipRect();
  DrawToolStrip(context);
  DrawOptions(context);
  const bool over_controls = ImGui::IsAnyItemHovered() && !ImGui::IsItemHovered() && !over_surface;
  HandleMouse(context, over_surface && !over_controls);
  HandleSpace(context);
  PasteIfWanted(context);
  if (ImGui::GetIO().KeyCtrl && context.mode == Mode::kLabel) DrawIdentityLegend(context);
  context.session.SetDrawnTolerance(
      DrawnTolerance(placement_.scale * ImGui::GetIO().DisplayFramebufferScale.x));
  BuildOverlay(context);
  const Session& session = context.session;
  seen_ = session.ShowsFrame() ? annotate::Place{session.video_id(), session.frame()}
                               : annotate::Place{0, -1};
}

}  // namespace app
