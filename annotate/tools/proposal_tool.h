// What the one-click tools share: a proposal that is shown until a person takes or drops it, and
// can be simplified meanwhile.
#pragma once

#include <string>

#include "annotate/tools/shape_geometry.h"

namespace annotate {

class ProposalTool : public Tool {
 public:
  bool busy() const override { return has_proposal(); }
  bool has_proposal() const override { return !shown_.empty(); }
  void Cancel() override;
  // Simplification in image pixels while there is a proposal.
  Parameter parameter() const override;
  void SetParameter(double value) override;
  ToolResult OnInput(const ToolInput& input, const ToolContext& context) override;
  Overlay Draw(const ToolContext& context) const override;

 protected:
  // Looks for an animal at `at`: calls Propose, or SayNothingFound.
  virtual void Search(const cv::Point2d& at, const ToolInput& input,
                      const ToolContext& context) = 0;
  virtual std::string IdleHint(const ToolContext& context) const = 0;
  virtual const char* label() const = 0;  // for the undo list
  // A drag goes on from where the button went down; by default nothing.
  virtual void Drag(const cv::Point2d&, const ToolInput&, const ToolContext&) {}

  // `replaces` (0: a new label) keeps its name; other labels' pixels are left out of the proposal.
  void Propose(const datasets::Polygons& outline, datasets::Id replaces, datasets::Id category,
               const ToolContext& context);
  void SayNothingFound(const std::string& note);
  // The label under a position, which a proposal there would replace; 0 for none.
  static datasets::Id LabelAt(const cv::Point2d& at, const ToolContext& context);
  const datasets::Polygons& raw() const { return raw_; }
  double pixel() const { return pixel_; }  // image pixels a screen pixel

 private:
  ToolResult Accept(const ToolContext& context);
  void Simplify();

  datasets::Polygons raw_, shown_;
  datasets::Id replaces_ = 0, category_ = 0;
  double tolerance_ = 1, pixel_ = 1;
  bool tolerance_chosen_ = false;  // by the person; else as coarse as keeps IoU 0.98
  bool dragging_ = false;
  std::string note_;
};

}  // namespace annotate
