// Drawing tools as state machines: input in, overlay and finished shape changes out. No window, no
// store: the caller turns a ShapeChange into an Edit. One tool object lives as long as it is the
// active tool of the canvas.
#pragma once

#include <functional>
#include <memory>
#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <vector>

#include "annotate/assist/assist.h"
#include "annotate/tools/tool_input.h"
#include "datasets/store/records.h"
#include "datasets/video/video.h"

namespace annotate {

// A shape on the frame as tools see it: a label or a prediction.
struct Shape : datasets::Outline {
  datasets::Id annotation_id = 0;  // 0 for a prediction
  datasets::Id prediction_id = 0;
  datasets::Id category_id = 0;
  bool occluded = false;
  std::vector<datasets::KeyPoint> key_points;  // those that are set, in the order of their skeleton
};

struct ToolContext {                                    // valid during one OnInput call
  int width = 0, height = 0;                            // image, pixels
  const cv::Mat* frame = nullptr;                       // BGR, may be null while decoding
  const cv::Mat* background = nullptr;                  // BGR or null when the camera moves
  const std::vector<Shape>* shapes = nullptr;           // labels of this frame
  const std::vector<Shape>* predictions = nullptr;      // machine's opinion on this frame
  const std::vector<Shape>* neighbor_shapes = nullptr;  // labels of the nearest labeled frame
  datasets::Id selected_annotation = 0;
  double typical_area = 0;  // median labeled animal area in image pixels; 0 unknown
  const std::vector<datasets::Skeleton>* skeletons = nullptr;
  datasets::Id skeleton_id = 0;  // of animals that have no point yet; 0: the first one
  // Of which animal points beside all others are; 0: a new one; nullopt: nobody is left.
  std::optional<datasets::Id> animal_without_label;
  std::shared_ptr<const AnimalModel> animal_model;  // learned from labels; null: there is none
  // Carries out what takes longer than a frame of the window, on another thread; of several only
  // the newest need be. Null: tools do it at once. Pictures must then stay as they are.
  const std::function<void(std::function<void()>)>* run_aside = nullptr;
};

// What a finished gesture wants changed; the caller makes it one Edit, one transaction.
struct ShapeChange : datasets::Outline {
  // kPoints: the animal's key points are `key_points`, all of them; its outline stays. kReplace:
  // the points went along, where `key_points` holds any; else they stay.
  enum class Kind { kAdd, kReplace, kDelete, kSelect, kPoints };
  Kind kind = Kind::kAdd;
  // For replace, delete, select (0 = select nothing) and points (0 = of a label that is made for
  // them, or was just now and has no id yet).
  datasets::Id annotation_id = 0;
  datasets::Id category_id = 0;  // for add: the animal it is, when the tool knows; else 0
  std::vector<datasets::KeyPoint> key_points;
  std::string label;  // for the undo list: "Draw polygon", "Move vertex", ...
};

struct Overlay {  // drawn above the frame, image coordinates
  struct Line {
    std::vector<cv::Point2d> points;
    bool closed = false;
    bool proposal = false;
    bool guide = false;  // faint: not part of any outline
  };
  struct Handle {
    cv::Point2d position;
    bool hot = false;
    bool edge = false;
  };
  std::vector<Line> lines;
  std::vector<Handle> handles;
  std::vector<Correction> corrections;              // places that belong to the animal, or do not
  std::optional<cv::Point2d> cursor_circle_center;  // brush tip
  double cursor_circle_radius = 0;                  // image pixels
  struct Points {                    // of one animal, drawn in place of those that it has
    datasets::Id annotation_id = 0;  // 0: it has no label yet
    std::vector<datasets::KeyPoint> points;
    datasets::Id current = 0;  // of the skeleton's points: what keys are about; 0: none
  };
  std::optional<Points> points;
  std::string cursor_text;              // beside the cursor: what a click sets
  std::optional<datasets::Id> sets_of;  // of which animal's label (as in Points)
  std::string hint;                     // one line for the status bar: what the keys do now
};

struct ToolResult {
  bool consumed = false;  // else the canvas may pan, zoom or select
  std::optional<ShapeChange> change;
};

class Tool {
 public:
  virtual ~Tool() = default;
  virtual const char* id() const = 0;  // "polygon", "select", "brush", ...
  virtual ToolResult OnInput(const ToolInput& input, const ToolContext& context) = 0;
  // Takes what was carried out aside since; call it before each drawing.
  virtual ToolResult Poll(const ToolContext&) { return {}; }
  virtual Overlay Draw(const ToolContext& context) const = 0;
  virtual bool busy() const = 0;  // in the middle of a gesture: frame changes wait or cancel it
  virtual void Cancel() = 0;
  // Live parameter with a slider (simplify tolerance, wand tolerance, tip size), or empty name.
  struct Parameter {
    std::string name;
    double value = 0, low = 0, high = 1;
  };
  virtual Parameter parameter() const { return {}; }
  virtual void SetParameter(double) {}
  // Keys are for the tool also between gestures; those that it does not use go on.
  virtual bool wants_keys() const { return false; }
  // A proposal waits for Enter (accept) or Escape.
  virtual bool has_proposal() const { return false; }
  struct Proposed {
    datasets::Polygons outline;
    datasets::Id replaces = 0;     // the label whose place and name it takes; 0: a new label
    datasets::Id category_id = 0;  // the animal, when the tool knows
  };
  virtual Proposed proposed() const { return {}; }  // empty without a proposal
};

// ids: select polygon box brush eraser blob wand scissors grabcut model points transform. Throws
// Error for another.
//
// Left button unless said otherwise; distances in screen pixels hold at every zoom. Positions
// outside the image are taken to its border. Each gesture ends in at most one ShapeChange, whose
// rings have at least 3 points and an area; whatever a tool can't do it says in the hint.
std::unique_ptr<Tool> MakeTool(const std::string& id);
std::vector<std::string> ToolIds();

}  // namespace annotate
