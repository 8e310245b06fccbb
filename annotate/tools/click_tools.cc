// Blob, fitted last outline, and the model's mask: one click, one proposal.
#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "annotate/assist/assist.h"
#include "annotate/assist/pixel_region.h"
#include "annotate/tools/proposal_tool.h"
#include "annotate/tools/tool_list.h"

namespace annotate {
namespace {

// Headers of the pictures: they share the pixels and keep them.
cv::Mat FrameOf(const ToolContext& context) { return *context.frame; }
cv::Mat BackgroundOf(const ToolContext& context) {
  return context.background ? *context.background : cv::Mat();
}

class BlobTool : public ProposalTool {
 public:
  const char* id() const override { return "blob"; }

 protected:
  Work Search(const cv::Point2d& at, const ToolInput&, const ToolContext& context) override {
    const datasets::Id replaces = LabelAt(at, context);
    std::vector<datasets::Polygons> others;
    for (const Shape& shape : context.shapes ? *context.shapes : std::vector<Shape>()) {
      if (shape.annotation_id != replaces) others.push_back(shape.polygons);
    }
    return [at, frame = FrameOf(context), background = BackgroundOf(context),
            area = context.typical_area, model = context.animal_model, replaces,
            others = std::move(others)] {
      Found found{{}, replaces, 0, ""};
      if (model) {
        found.outline = LearnedBlobAt(frame, background, at, area, *model, others).polygons;
      }
      if (found.outline.empty()) found.outline = BlobAt(frame, background, at, area).polygons;
      if (found.outline.empty()) {
        found.note = "No animal stands out here: try the wand, the scissors or the polygon";
      }
      return found;
    };
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
  Work Search(const cv::Point2d& at, const ToolInput&, const ToolContext& context) override {
    const cv::Mat frame = FrameOf(context), background = BackgroundOf(context);
    if (const Shape* label = FindShape(context, LabelAt(at, context))) {  // fits it better
      return [=, outline = label->polygons, replaces = label->annotation_id,
              category = label->category_id] {
        return Answer(GrabCutFrom(frame, background, outline, {}), replaces, category);
      };
    }
    return [=, area = context.typical_area, last = Unlabeled(context)] {
      const Proposal blob = BlobAt(frame, background, at, area);
      const cv::Point2d target = blob.polygons.empty() ? at : CenterOf(blob.polygons);
      if (const Shape* nearest = Nearest(last, target)) {
        return Answer(FitLastOutline(frame, background, nearest->polygons, at, area), 0,
                      nearest->category_id);
      }
      if (blob.polygons.empty()) {
        Found nothing;
        nothing.note = "No outline to start from: label a frame near this one first";
        return nothing;
      }
      return Answer(GrabCutFrom(frame, background, blob.polygons, {}), 0, 0);
    };
  }
  std::string IdleHint(const ToolContext& context) const override {
    return context.neighbor_shapes && !context.neighbor_shapes->empty()
               ? "Click an animal: its outline of the nearest labeled frame is fitted to it"
               : "Click an animal, or inside an outline to fit it better";
  }
  const char* label() const override { return "Fit outline"; }

 private:
  static Found Answer(const Proposal& fitted, datasets::Id replaces, datasets::Id category) {
    Found found{fitted.polygons, replaces, category, ""};
    if (found.outline.empty()) {
      found.note = "The outline does not fit anything here: click nearer to the animal";
    }
    return found;
  }

  // The outlines of the neighbor frame whose animals have no label in this frame yet.
  static std::vector<Shape> Unlabeled(const ToolContext& context) {
    std::vector<Shape> shapes;
    if (!context.neighbor_shapes) return shapes;
    for (const Shape& shape : *context.neighbor_shapes) {
      if (AreaOf(shape.polygons) < 16) continue;
      const bool labeled =
          context.shapes &&
          std::any_of(context.shapes->begin(), context.shapes->end(),
                      [&](const Shape& label) { return label.category_id == shape.category_id; });
      if (!labeled) shapes.push_back(shape);
    }
    return shapes;
  }

  static const Shape* Nearest(const std::vector<Shape>& shapes, const cv::Point2d& target) {
    const Shape* nearest = nullptr;
    double distance = 0;
    for (const Shape& shape : shapes) {
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
  Work Search(const cv::Point2d& at, const ToolInput&, const ToolContext& context) override {
    const auto hits = ShapesAt(context.predictions, at);
    if (hits.empty()) {
      const bool some = context.predictions && !context.predictions->empty();
      return [some] {
        Found nothing;
        nothing.note = some ? "The model sees no animal here"
                            : "No prediction in this frame: train a model and predict first";
        return nothing;
      };
    }
    return [taken = *hits.front(), replaces = LabelAt(at, context), width = context.width,
            height = context.height] {
      Found found{taken.polygons, replaces, taken.category_id, ""};
      if (found.outline.empty() && taken.rle) {
        ToolContext image;
        image.width = width;
        image.height = height;
        const cv::Rect whole(0, 0, width, height);
        found.outline = ShapeFromMask(taken.MaskIn(whole), whole, image).polygons;
      }
      return found;
    };
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
