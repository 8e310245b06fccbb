// Blob, fitted last outline, and the model's mask: one click, one proposal.
#include <algorithm>
#include <cmath>

#include "annotate/assist/assist.h"
#include "annotate/assist/pixel_region.h"
#include "annotate/tools/proposal_tool.h"
#include "annotate/tools/tool_list.h"

namespace annotate {
namespace {

const cv::Mat& BackgroundOf(const ToolContext& context) {
  static const cv::Mat none;
  return context.background ? *context.background : none;
}

class BlobTool : public ProposalTool {
 public:
  const char* id() const override { return "blob"; }

 protected:
  void Search(const cv::Point2d& at, const ToolInput&, const ToolContext& context) override {
    const Proposal found = BlobAt(*context.frame, BackgroundOf(context), at, context.typical_area);
    if (found.polygons.empty()) {
      SayNothingFound("No animal stands out here: try the wand, the scissors or the polygon");
      return;
    }
    Propose(found.polygons, LabelAt(at, context), 0, context);
  }
  std::string IdleHint(const ToolContext&) const override {
    return "Click the middle of an animal: its outline is proposed";
  }
  const char* label() const override { return "Outline by one click"; }
};

class GrabCutTool : public ProposalTool {
 public:
  const char* id() const override { return "grabcut"; }

 protected:
  void Search(const cv::Point2d& at, const ToolInput&, const ToolContext& context) override {
    const datasets::Id here = LabelAt(at, context);
    if (const Shape* label = FindShape(context, here)) {  // fits a label of this frame better
      Fit(label->polygons, {}, here, label->category_id, context);
      return;
    }
    const Proposal blob = BlobAt(*context.frame, BackgroundOf(context), at, context.typical_area);
    const cv::Point2d target = blob.polygons.empty() ? at : CenterOf(blob.polygons);
    if (const Shape* last = Neighbor(target, context)) {
      Show(FitLastOutline(*context.frame, BackgroundOf(context), last->polygons, at,
                          context.typical_area),
           0, last->category_id, context);
    } else if (!blob.polygons.empty()) {
      Fit(blob.polygons, {}, 0, 0, context);
    } else {
      SayNothingFound("No outline to start from: label a frame near this one first");
    }
  }
  std::string IdleHint(const ToolContext& context) const override {
    return context.neighbor_shapes && !context.neighbor_shapes->empty()
               ? "Click an animal: its outline of the nearest labeled frame is fitted to it"
               : "Click an animal, or inside an outline to fit it better";
  }
  const char* label() const override { return "Fit outline"; }

 private:
  void Fit(const datasets::Polygons& outline, cv::Point2d shift, datasets::Id replaces,
           datasets::Id category, const ToolContext& context) {
    Show(GrabCutFrom(*context.frame, BackgroundOf(context), outline, shift), replaces, category,
         context);
  }

  void Show(const Proposal& fitted, datasets::Id replaces, datasets::Id category,
            const ToolContext& context) {
    if (fitted.polygons.empty()) {
      SayNothingFound("The outline does not fit anything here: click nearer to the animal");
      return;
    }
    Propose(fitted.polygons, replaces, category, context);
  }

  // The nearest outline of the neighbor frame whose animal has no label in this frame yet.
  static const Shape* Neighbor(const cv::Point2d& target, const ToolContext& context) {
    const Shape* nearest = nullptr;
    double distance = 0;
    if (!context.neighbor_shapes) return nullptr;
    for (const Shape& shape : *context.neighbor_shapes) {
      if (AreaOf(shape.polygons) < 16) continue;
      const bool labeled =
          context.shapes &&
          std::any_of(context.shapes->begin(), context.shapes->end(),
                      [&](const Shape& label) { return label.category_id == shape.category_id; });
      if (labeled) continue;
      const double here = cv::norm(CenterOf(shape.polygons) - target);
      if (!nearest || here < distance) nearest = &shape, distance = here;
    }
    return nearest;
  }
};

class ModelTool : public ProposalTool {
 public:
  const char* id() const override { return "model"; }
  ToolResult OnInput(const ToolInput& input, const ToolContext& context) override {
    if (IsFinite(input.position)) cursor_ = Clamped(input.position, context);
    return ProposalTool::OnInput(input, context);
  }
  Overlay Draw(const ToolContext& context) const override {
    Overlay overlay = ProposalTool::Draw(context);
    if (has_proposal()) return overlay;
    const auto hits = ShapesAt(context.predictions, cursor_);
    if (hits.empty()) return overlay;
    for (const datasets::Ring& ring : hits.front()->polygons) {
      overlay.lines.push_back({ring, true, true});
    }
    return overlay;
  }

 protected:
  void Search(const cv::Point2d& at, const ToolInput&, const ToolContext& context) override {
    const auto hits = ShapesAt(context.predictions, at);
    if (hits.empty()) {
      SayNothingFound(context.predictions && !context.predictions->empty()
                          ? "The model sees no animal here"
                          : "No prediction in this frame: train a model and predict first");
      return;
    }
    const Shape& taken = *hits.front();
    datasets::Polygons outline = taken.polygons;
    if (outline.empty() && taken.rle) {
      const cv::Rect whole(0, 0, context.width, context.height);
      outline = ShapeFromMask(MaskOf(taken, whole), whole, context).polygons;
    }
    Propose(outline, LabelAt(at, context), taken.category_id, context);
  }
  std::string IdleHint(const ToolContext& context) const override {
    return context.predictions && !context.predictions->empty()
               ? "Click an animal: the model's outline is proposed"
               : "No prediction in this frame: train a model and predict first";
  }
  const char* label() const override { return "Take the model's outline"; }

 private:
  cv::Point2d cursor_{-1, -1};
};

}  // namespace

std::unique_ptr<Tool> MakeBlobTool() { return std::make_unique<BlobTool>(); }
std::unique_ptr<Tool> MakeGrabCutTool() { return std::make_unique<GrabCutTool>(); }
std::unique_ptr<Tool> MakeModelTool() { return std::make_unique<ModelTool>(); }

}  // namespace annotate
