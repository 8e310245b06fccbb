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
  Work Search(const cv::Point2d& at, const ToolInput& input, const ToolContext& context) override {
    kept_ = input.shift ? raw() : datasets::Polygons();
    pressed_at_ = at;
    color_tolerance_ = kUsualTolerance;
    return Flood(context);
  }

  // Right or down takes more, left or up less.
  Work Drag(const cv::Point2d& at, const ToolInput&, const ToolContext& context) override {
    const cv::Point2d way = at - pressed_at_;
    const double along = std::abs(way.x) >= std::abs(way.y) ? way.x : way.y;
    const double steps = std::trunc(along / (kScreenPixelsPerStep * pixel()));
    const double wanted = std::clamp(kUsualTolerance + steps, 1.0, 255.0);
    if (wanted == color_tolerance_) return {};
    color_tolerance_ = wanted;
    return Flood(context);
  }

  std::string IdleHint(const ToolContext&) const override {
    return "Press on an animal and drag: right takes more, left less; Shift+press adds to the "
           "proposal";
  }
  const char* label() const override { return "Outline by wand"; }
  bool takes_corrections() const override { return false; }  // Shift+press floods once more

 private:
  Work Flood(const ToolContext& context) const {
    return
        [frame = *context.frame, at = pressed_at_, tolerance = color_tolerance_, kept = kept_,
         replaces = LabelAt(pressed_at_, context), width = context.width, height = context.height] {
          Found found{WandAt(frame, at, tolerance).polygons, replaces, 0, ""};
          if (!kept.empty()) {
            ToolContext image;
            image.width = width;
            image.height = height;
            datasets::Polygons both = kept;
            both.insert(both.end(), found.outline.begin(), found.outline.end());
            const cv::Rect window = WindowOf(both, 1, image);
            if (!window.empty()) {
              found.outline = ShapeFromMask(MaskOf(both, window), window, image).polygons;
            }
          }
          if (found.outline.empty())
            found.note = "Too small a spot: drag to the right to take more";
          return found;
        };
  }

  cv::Point2d pressed_at_;
  double color_tolerance_ = kUsualTolerance;
  datasets::Polygons kept_;
};

}  // namespace

std::unique_ptr<Tool> MakeWandTool() { return std::make_unique<WandTool>(); }

}  // namespace annotate
