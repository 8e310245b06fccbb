// What the one-click tools share: the search runs aside, its proposal is shown until a person takes
// or drops it, and can be simplified meanwhile.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "annotate/tools/shape_geometry.h"

namespace annotate {

class ProposalTool : public Tool {
 public:
  bool busy() const override { return has_proposal() || waits(); }
  bool has_proposal() const override { return !shown_.empty(); }
  Proposed proposed() const override { return {shown_, replaces_, category_}; }
  void Cancel() override;
  // Simplification in image pixels while there is a proposal.
  Parameter parameter() const override;
  void SetParameter(double value) override;
  ToolResult OnInput(const ToolInput& input, const ToolContext& context) override;
  ToolResult Poll(const ToolContext& context) override;
  Overlay Draw(const ToolContext& context) const override;

 protected:
  struct Found {
    datasets::Polygons outline;
    datasets::Id replaces = 0;  // the label whose place and name it takes; 0: a new label
    datasets::Id category = 0;  // the animal, when the search knows it
    std::string note;           // why there is no outline
  };
  // Runs on another thread, when everything in the context may be gone: it holds its own copies.
  using Work = std::function<Found()>;

  // How to look for an animal at `at`. context.frame is not null.
  virtual Work Search(const cv::Point2d& at, const ToolInput& input,
                      const ToolContext& context) = 0;
  virtual std::string IdleHint(const ToolContext& context) const = 0;
  virtual const char* label() const = 0;  // for the undo list
  // A drag goes on from where the button went down; nothing to do by default.
  virtual Work Drag(const cv::Point2d&, const ToolInput&, const ToolContext&) { return {}; }

  // Looks again after a person said what belongs to the animal and what does not: outside the
  // proposal Shift+click adds, inside it leaves out. Tools for which Shift means something else
  // return nothing.
  virtual bool takes_corrections() const { return true; }

  // The label under a position, which a proposal there would replace; 0 for none.
  static datasets::Id LabelAt(const cv::Point2d& at, const ToolContext& context);
  const datasets::Polygons& raw() const { return raw_; }
  double pixel() const { return pixel_; }  // image pixels a screen pixel

 private:
  struct Answer;  // of a search that may still run
  bool waits() const { return awaited_ != nullptr; }
  void Start(Work work, const ToolContext& context);
  void Correct(const ToolContext& context);  // by corrections_; with none, as it was found
  bool IsInside(const cv::Point2d& at) const;
  ToolResult Accept(const ToolContext& context);
  void Simplify();

  std::shared_ptr<Answer> awaited_;
  bool take_when_found_ = false;  // Enter came before the answer
  datasets::Polygons raw_, shown_;
  datasets::Polygons found_;  // the proposal before corrections
  cv::Point2d found_at_;      // where it was looked for
  std::vector<Correction> corrections_;
  datasets::Id replaces_ = 0, category_ = 0;
  double tolerance_ = 1, found_tolerance_ = 1, pixel_ = 1;
  bool tolerance_chosen_ = false;  // by the person; else as coarse as keeps IoU 0.98
  bool dragging_ = false;
  std::string note_;
};

}  // namespace annotate
