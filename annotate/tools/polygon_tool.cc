// Polygon: click points, drag for freehand; also parts of and holes in the selected animal.
#include <algorithm>
#include <cmath>

#include "annotate/tools/shape_geometry.h"
#include "annotate/tools/tool_list.h"

namespace annotate {
namespace {

constexpr double kSnapReach = 10, kFreehandStep = 4, kSamePoint = 2;  // screen pixels

class PolygonTool : public Tool {
 public:
  const char* id() const override { return "polygon"; }
  bool busy() const override { return !points_.empty(); }
  void Cancel() override {
    points_.clear();
    freehand_ = false;
    note_.clear();
  }
  Parameter parameter() const override { return {"Freehand simplify, px", simplify_, 0, 5}; }
  void SetParameter(double value) override {
    if (std::isfinite(value)) simplify_ = std::clamp(value, 0.0, 5.0);
  }

  ToolResult OnInput(const ToolInput& input, const ToolContext& context) override {
    if (!IsFinite(input.position)) return {};
    pixel_ = ImagePixelsPerScreenPixel(input);
    cursor_ = Clamped(input.position, context);
    switch (input.type) {
      case ToolInput::Type::kPress:
        if (input.button != 0) return {};
        return Press(input, context);
      case ToolInput::Type::kMove:
        if (!busy()) return {};
        if (input.button_down && cv::norm(cursor_ - points_.back()) > kFreehandStep * pixel_) {
          points_.push_back(cursor_);
          freehand_ = true;
          away_ = away_ || !NearFirst();
        }
        return {true, std::nullopt};
      case ToolInput::Type::kRelease:
        if (input.button != 0 || !busy()) return {};
        // A freehand loop closes where the button is let go near its start.
        if (freehand_ && away_ && points_.size() >= 3 && NearFirst()) return Close(context);
        return {true, std::nullopt};
      case ToolInput::Type::kDoubleClick:
        if (input.button != 0 || !busy()) return {};
        if (cv::norm(cursor_ - points_.back()) > kSamePoint * pixel_) points_.push_back(cursor_);
        return Close(context);
      case ToolInput::Type::kKey:
        return busy() ? Key(input.key, context) : ToolResult{};
      case ToolInput::Type::kWheel:
        return {};
    }
    return {};
  }

  Overlay Draw(const ToolContext& context) const override {
    Overlay overlay;
    if (!busy()) {
      overlay.hint = !note_.empty() ? note_
                     : FindShape(context, context.selected_annotation)
                         ? "Click points or drag freehand; Shift+click starts a further part of "
                           "the selected animal, Ctrl+click a hole in it"
                         : "Click points around the animal or drag freehand";
      return overlay;
    }
    Overlay::Line line;
    line.points = points_;
    line.points.push_back(NearFirst() && points_.size() >= 3 ? points_.front() : cursor_);
    overlay.lines.push_back(std::move(line));
    if (!freehand_) {
      for (const cv::Point2d& point : points_) overlay.handles.push_back({point, false, false});
    } else {
      overlay.handles.push_back({points_.front(), false, false});
    }
    if (NearFirst() && points_.size() >= 3) overlay.handles.front().hot = true;
    const std::string count = std::to_string(points_.size()) + " points: ";
    overlay.hint = !note_.empty() ? note_
                                  : count +
                                        "Enter, Space, double-click or the first point closes; "
                                        "Backspace drops the last point, Esc drops all";
    return overlay;
  }

 private:
  enum class Purpose { kNew, kPart, kHole };

  bool NearFirst() const {
    return !points_.empty() && cv::norm(cursor_ - points_.front()) <= kSnapReach * pixel_;
  }

  ToolResult Press(const ToolInput& input, const ToolContext& context) {
    note_.clear();
    if (!busy()) {
      const bool selected = FindShape(context, context.selected_annotation) != nullptr;
      purpose_ = selected && input.shift  ? Purpose::kPart
                 : selected && input.ctrl ? Purpose::kHole
                                          : Purpose::kNew;
      target_ = purpose_ == Purpose::kNew ? 0 : context.selected_annotation;
      points_ = {cursor_};
      away_ = false;
      return {true, std::nullopt};
    }
    if (points_.size() >= 3 && NearFirst()) return Close(context);
    if (cv::norm(cursor_ - points_.back()) > kSamePoint * pixel_) points_.push_back(cursor_);
    return {true, std::nullopt};
  }

  ToolResult Key(ToolKey key, const ToolContext& context) {
    switch (key) {
      case ToolKey::kEnter:
      case ToolKey::kSpace:
        return Close(context);
      case ToolKey::kBackspace:
        note_.clear();
        points_.pop_back();
        if (points_.empty()) Cancel();
        return {true, std::nullopt};
      case ToolKey::kEscape:
        Cancel();
        return {true, std::nullopt};
      default:
        return {};
    }
  }

  ToolResult Close(const ToolContext& context) {
    datasets::Ring ring;
    for (const cv::Point2d& point : points_) ring.push_back(Clamped(point, context));
    if (!IsDrawable(ring)) {
      note_ = ring.size() < 3 ? "An outline needs three points: click on, or Esc drops it"
                              : "These points span no area: click on, or Esc drops them";
      return {true, std::nullopt};
    }
    if (freehand_ && simplify_ > 0) {
      datasets::Ring simple = datasets::SimplifyRing(ring, simplify_ * pixel_);
      if (IsDrawable(simple)) ring = std::move(simple);
    }
    const Shape* target = FindShape(context, target_);
    const Purpose purpose = target ? purpose_ : Purpose::kNew;
    if (purpose == Purpose::kNew) {
      Cancel();
      return {true, AddChange({{std::move(ring)}, std::nullopt}, "Draw polygon")};
    }
    datasets::Outline shape = purpose == Purpose::kPart ? WithPart(*target, ring, context)
                                                        : WithHole(*target, ring, context);
    Cancel();
    if (shape.polygons.empty()) {
      note_ = "No hole made: nothing of the animal would remain";
      return {true, std::nullopt};
    }
    return {true, ReplaceChange(target_, std::move(shape),
                                purpose == Purpose::kPart ? "Add part" : "Cut hole")};
  }

  datasets::Ring points_;
  cv::Point2d cursor_;
  Purpose purpose_ = Purpose::kNew;
  datasets::Id target_ = 0;
  double pixel_ = 1, simplify_ = 1;  // simplify in screen pixels
  bool freehand_ = false, away_ = false;
  std::string note_;
};

}  // namespace

std::unique_ptr<Tool> MakePolygonTool() { return std::make_unique<PolygonTool>(); }

}  // namespace annotate
