// Turn, scale and move a whole outline, its holes and key points with it, by handles around it.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "annotate/tools/shape_geometry.h"
#include "annotate/tools/tool_list.h"

namespace annotate {
namespace {

constexpr double kHandleReach = 9, kKnobAway = 26, kShapeDeadZone = 3;  // screen pixels
constexpr double kSnapDegrees = 15, kSmallest = 0.05;                   // of the size before
constexpr double kRounding = 1e-6;                                      // image pixels
constexpr int kKnob = 8;  // the handle that turns; 0 to 7: corners and sides from the upper left on

class TransformTool : public Tool {
 public:
  const char* id() const override { return "transform"; }
  bool busy() const override { return grip_ != Grip::kNone; }
  void Cancel() override {
    grip_ = Grip::kNone;
    note_.clear();
  }

  ToolResult OnInput(const ToolInput& input, const ToolContext& context) override {
    if (!IsFinite(input.position)) return {};
    pixel_ = ImagePixelsPerScreenPixel(input);
    const Shape* shape = FindShape(context, context.selected_annotation);
    if (busy() && (!shape || shape->annotation_id != annotation_)) Cancel();
    switch (input.type) {
      case ToolInput::Type::kPress:
        return input.button == 0 ? Press(input.position, shape, context) : ToolResult{};
      case ToolInput::Type::kMove:
        if (busy()) Drag(input, *shape, context);
        hot_ = busy() ? hot_ : HandleAt(input.position, shape);
        return {busy(), std::nullopt};
      case ToolInput::Type::kRelease:
        return input.button == 0 && busy() ? Release(input, *shape, context) : ToolResult{};
      case ToolInput::Type::kKey:
        if (input.key != ToolKey::kEscape || !busy()) return {};
        Cancel();
        return {true, std::nullopt};
      default:
        return {shape != nullptr && input.type == ToolInput::Type::kDoubleClick, std::nullopt};
    }
  }

  Overlay Draw(const ToolContext& context) const override {
    Overlay overlay;
    const Shape* shape = FindShape(context, context.selected_annotation);
    if (!shape || shape->polygons.empty()) {
      overlay.hint = shape ? "It has no outline to turn or scale"
                           : "Click the animal whose outline is to be turned, scaled or moved";
      return overlay;
    }
    const bool moves = busy() && moved_;
    const Way way = moves ? way_ : ShiftBy({0, 0});
    if (moves) {
      for (const datasets::Ring& ring : Moved(shape->polygons, way)) {
        overlay.lines.push_back({ring, true, false});
      }
      if (!shape->key_points.empty()) {
        overlay.points = Overlay::Points{annotation_, Moved(shape->key_points, way), 0};
      }
      overlay.cursor_text = said_;
    }
    auto handles = HandlesOf(*shape);
    const size_t beside_knob = handles[kKnob].y > handles[4].y ? 5 : 1;
    for (cv::Point2d& handle : handles) handle = Moved(handle, way);
    overlay.lines.push_back({{handles[0], handles[2], handles[4], handles[6]}, true, false, true});
    const bool shows_knob = pixel_ > 0;  // how far away it is on the screen is known by then
    if (shows_knob) {
      overlay.lines.push_back({{handles[beside_knob], handles[kKnob]}, false, false, true});
    }
    for (int h = 0; h < (shows_knob ? kKnob + 1 : kKnob); ++h) {
      overlay.handles.push_back({handles[static_cast<size_t>(h)], h == hot_, h == kKnob});
    }
    overlay.hint = !note_.empty()  ? note_
                   : busy()        ? "Release to leave it so, Esc takes it back"
                   : hot_ == kKnob ? "Drag turns the outline; Shift: in steps of 15 degrees"
                   : hot_ >= 0 ? "Drag scales it; Shift: a corner goes as it likes, Alt: about the "
                                 "middle"
                               : "Handles scale, the round one turns, a drag inside moves the "
                                 "outline and its key points";
    return overlay;
  }

 private:
  enum class Grip { kNone, kMove, kScale, kTurn };

  // Corners and sides of the box around it, and the knob above (below, where there is no room).
  std::array<cv::Point2d, 9> HandlesOf(const Shape& shape) const {
    const datasets::Box box = BoxOfAll(shape);
    const double l = box.x, r = box.x + box.width, t = box.y, b = box.y + box.height;
    const double x = (l + r) / 2, y = (t + b) / 2;
    const double away = kKnobAway * pixel_;
    const double knob = t < away ? b + away : t - away;
    return {{{l, t}, {x, t}, {r, t}, {r, y}, {r, b}, {x, b}, {l, b}, {l, y}, {x, knob}}};
  }

  int HandleAt(const cv::Point2d& at, const Shape* shape) const {
    int nearest = -1;
    double reach = kHandleReach * pixel_;
    if (!shape || shape->polygons.empty()) return nearest;
    const auto handles = HandlesOf(*shape);
    for (size_t h = 0; h < handles.size(); ++h) {
      const double away = cv::norm(handles[h] - at);
      if (away > reach) continue;
      reach = away;
      nearest = static_cast<int>(h);
    }
    return nearest;
  }

  ToolResult Press(const cv::Point2d& at, const Shape* shape, const ToolContext& context) {
    note_.clear();
    hot_ = HandleAt(at, shape);
    if (hot_ >= 0 || (shape && !shape->polygons.empty() && Contains(*shape, at))) {
      annotation_ = shape->annotation_id;
      grip_ = hot_ < 0 ? Grip::kMove : hot_ == kKnob ? Grip::kTurn : Grip::kScale;
      pressed_at_ = at;
      moved_ = false;
      way_ = ShiftBy({0, 0});
      said_.clear();
      return {true, std::nullopt};
    }
    const auto hits = ShapesAt(context.shapes, at);
    ShapeChange change;
    change.kind = ShapeChange::Kind::kSelect;
    change.annotation_id = hits.empty() ? 0 : hits.front()->annotation_id;
    change.label = "Select";
    if (change.annotation_id == context.selected_annotation) return {};
    return {!hits.empty(), change};
  }

  Way WayTo(const ToolInput& input, const Shape& shape, const ToolContext& context) {
    const cv::Point2d at = input.position;
    const datasets::Box box = BoxOfAll(shape);
    const cv::Point2d middle(box.x + box.width / 2, box.y + box.height / 2);
    char text[48] = "";
    Way way;
    if (grip_ == Grip::kMove) {
      way = ShiftBy(ShiftInside(box, at - pressed_at_, context.width, context.height));
    } else if (grip_ == Grip::kTurn) {
      const cv::Point2d from = pressed_at_ - middle, to = at - middle;
      double degrees = (std::atan2(to.y, to.x) - std::atan2(from.y, from.x)) * 180 / CV_PI;
      degrees -= 360 * std::round(degrees / 360);
      if (input.shift) degrees = kSnapDegrees * std::round(degrees / kSnapDegrees);
      const double c = std::cos(degrees * CV_PI / 180), s = std::sin(degrees * CV_PI / 180);
      way = {c, -s, middle.x - c * middle.x + s * middle.y,
             s, c,  middle.y - s * middle.x - c * middle.y};
      snprintf(text, sizeof text, "%.0f degrees", degrees);
    } else {
      const auto handles = HandlesOf(shape);
      const cv::Point2d handle = handles[static_cast<size_t>(hot_)];
      const cv::Point2d fixed = input.alt ? middle : handles[static_cast<size_t>((hot_ + 4) % 8)];
      const cv::Point2d arm = handle - fixed, now = handle + (at - pressed_at_) - fixed;
      const bool corner = hot_ % 2 == 0;
      const auto along = [](double to, double from) {
        return std::abs(from) < 1e-9 ? 1 : std::max(kSmallest, to / from);
      };
      double x = along(now.x, arm.x), y = along(now.y, arm.y);
      if (corner && !input.shift) x = y = std::max(kSmallest, now.dot(arm) / arm.dot(arm));
      if (!corner) (hot_ == 1 || hot_ == 5 ? x : y) = 1;
      way = {x, 0, fixed.x - x * fixed.x, 0, y, fixed.y - y * fixed.y};
      snprintf(text, sizeof text, x == y ? "%.0f %%" : "%.0f x %.0f %%", 100 * x, 100 * y);
    }
    said_ = text;
    return way;
  }

  // The last way that leaves all of it in the picture; what already reached beyond may do so.
  void Drag(const ToolInput& input, const Shape& shape, const ToolContext& context) {
    moved_ = moved_ || cv::norm(input.position - pressed_at_) > kShapeDeadZone * pixel_;
    if (!moved_) return;
    const Way way = WayTo(input, shape, context);
    const datasets::Polygons polygons = Moved(shape.polygons, way);
    const datasets::Box was = BoxOfAll(shape);
    Shape then;
    then.polygons = polygons;
    then.key_points = Moved(shape.key_points, way);
    const datasets::Box is = BoxOfAll(then);
    const bool inside =
        is.x >= std::min(0.0, was.x) - kRounding && is.y >= std::min(0.0, was.y) - kRounding &&
        is.x + is.width <= std::max<double>(context.width, was.x + was.width) + kRounding &&
        is.y + is.height <= std::max<double>(context.height, was.y + was.height) + kRounding;
    const bool drawable = std::all_of(polygons.begin(), polygons.end(), IsDrawable);
    note_ = !inside ? "It stays within the picture" : !drawable ? "It would have no area left" : "";
    if (inside && drawable) way_ = way;
  }

  ToolResult Release(const ToolInput& input, const Shape& shape, const ToolContext& context) {
    Drag(input, shape, context);
    const Grip grip = grip_;
    Cancel();
    hot_ = -1;
    if (!moved_ || way_ == ShiftBy({0, 0})) return {true, std::nullopt};
    const char* label = grip == Grip::kMove   ? "Move outline"
                        : grip == Grip::kTurn ? "Turn outline"
                                              : "Scale outline";
    datasets::Polygons polygons = Moved(shape.polygons, way_);
    for (datasets::Ring& ring : polygons) {
      for (cv::Point2d& point : ring) point = Clamped(point, context);
    }
    if (!std::all_of(polygons.begin(), polygons.end(), IsDrawable)) return {true, std::nullopt};
    ShapeChange change =
        ReplaceChange(annotation_, WithOutlines(shape, std::move(polygons), context, way_), label);
    change.key_points = Moved(shape.key_points, way_);
    return {true, change};
  }

  Grip grip_ = Grip::kNone;
  int hot_ = -1;  // handle
  bool moved_ = false;
  double pixel_ = 0;  // image pixels a screen pixel; 0: the mouse has not been here yet
  datasets::Id annotation_ = 0;
  cv::Point2d pressed_at_;
  Way way_ = ShiftBy({0, 0});
  std::string said_, note_;
};

}  // namespace

std::unique_ptr<Tool> MakeTransformTool() { return std::make_unique<TransformTool>(); }

}  // namespace annotate
