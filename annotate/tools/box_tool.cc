// Box: drag a rectangle; it becomes an outline of four points.
#include <cmath>

#include "annotate/tools/shape_geometry.h"
#include "annotate/tools/tool_list.h"

namespace annotate {
namespace {

class BoxTool : public Tool {
 public:
  const char* id() const override { return "box"; }
  bool busy() const override { return dragging_; }
  void Cancel() override {
    dragging_ = false;
    note_.clear();
  }

  ToolResult OnInput(const ToolInput& input, const ToolContext& context) override {
    if (!IsFinite(input.position)) return {};
    if (input.type == ToolInput::Type::kPress && input.button == 0) {
      note_.clear();
      dragging_ = true;
      from_ = to_ = Clamped(input.position, context);
      return {true, std::nullopt};
    }
    if (!dragging_) return {};
    if (input.type == ToolInput::Type::kKey) {
      if (input.key != ToolKey::kEscape) return {};
      Cancel();
      return {true, std::nullopt};
    }
    if (input.type == ToolInput::Type::kMove) to_ = Clamped(input.position, context);
    if (input.type != ToolInput::Type::kRelease || input.button != 0) return {true, std::nullopt};
    to_ = Clamped(input.position, context);
    dragging_ = false;
    constexpr double kSmallestSide = 2;  // image pixels
    if (std::abs(to_.x - from_.x) < kSmallestSide || std::abs(to_.y - from_.y) < kSmallestSide) {
      note_ = "Too small: press at one corner and drag to the opposite one";
      return {true, std::nullopt};
    }
    return {true, AddChange({{Corners()}, std::nullopt}, "Draw box")};
  }

  Overlay Draw(const ToolContext&) const override {
    Overlay overlay;
    if (dragging_) overlay.lines.push_back({Corners(), true, false});
    overlay.hint = dragging_ ? "Release at the opposite corner, Esc drops it"
                   : !note_.empty()
                       ? note_
                       : "Drag from one corner of the animal's box to the opposite one";
    return overlay;
  }

 private:
  datasets::Ring Corners() const { return {from_, {to_.x, from_.y}, to_, {from_.x, to_.y}}; }

  bool dragging_ = false;
  cv::Point2d from_, to_;
  std::string note_;
};

}  // namespace

std::unique_ptr<Tool> MakeBoxTool() { return std::make_unique<BoxTool>(); }

}  // namespace annotate
