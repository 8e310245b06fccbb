// Magic wand: press on an animal, drag for more or less, release, take it.
#include <algorithm>
#include <cmath>

#include "annotate/assist/assist.h"
#include "annotate/assist/pixel_region.h"
#include "annotate/tools/proposal_tool.h"
#include "annotate/tools/tool_list.h"

namespace annotate {
namespace {

constexpr double kUsualTolerance = 15;      // grey levels of 255
constexpr double kScreenPixelsPerStep = 3;  // of one grey level

class WandTool : public ProposalTool {
 public:
  const char* id() const override { return "wand"; }

 protected:
  void Search(const cv::Point2d& at, const ToolInput& input, const ToolContext& context) override {
    kept_ = input.shift ? raw() : datasets::Polygons();
    pressed_at_ = at;
    color_tolerance_ = kUsualTolerance;
    Flood(context);
  }

  // Right or down takes more, left or up less.
  void Drag(const cv::Point2d& at, const ToolInput&, const ToolContext& context) override {
    const cv::Point2d way = at - pressed_at_;
    const double along = std::abs(way.x) >= std::abs(way.y) ? way.x : way.y;
    const double steps = std::trunc(along / (kScreenPixelsPerStep * pixel()));
    const double wanted = std::clamp(kUsualTolerance + steps, 1.0, 255.0);
    if (wanted == color_tolerance_) return;
    color_tolerance_ = wanted;
    Flood(context);
  }

  std::string IdleHint(const ToolContext&) const override {
    return "Press on an animal and drag: right takes more, left less; Shift+press adds to the "
           "proposal";
  }
  const char* label() const override { return "Outline by wand"; }

 private:
  void Flood(const ToolContext& context) {
    datasets::Polygons outline = WandAt(*context.frame, pressed_at_, color_tolerance_).polygons;
    if (!kept_.empty()) {
      datasets::Polygons both = kept_;
      both.insert(both.end(), outline.begin(), outline.end());
      const cv::Rect window = WindowOf(both, 1, context);
      if (!window.empty()) outline = ShapeFromMask(MaskOf(both, window), window, context).polygons;
    }
    if (outline.empty()) {
      SayNothingFound("Too small a spot: drag to the right to take more");
      return;
    }
    Propose(outline, LabelAt(pressed_at_, context), 0, context);
  }

  cv::Point2d pressed_at_;
  double color_tolerance_ = kUsualTolerance;
  datasets::Polygons kept_;
};

}  // namespace

std::unique_ptr<Tool> MakeWandTool() { return std::make_unique<WandTool>(); }

}  // namespace annotate
