#include "annotate/tools/proposal_tool.h"

#include <algorithm>
#include <cmath>
#include <mutex>
#include <utility>

#include "annotate/assist/pixel_region.h"

namespace annotate {
namespace {

constexpr double kLargestTolerance = 5;  // image pixels

datasets::Polygons Simplified(const datasets::Polygons& polygons, double tolerance) {
  datasets::Polygons simple;
  for (const datasets::Ring& ring : polygons) {
    datasets::Ring shorter = tolerance > 0 ? datasets::SimplifyRing(ring, tolerance) : ring;
    if (!IsDrawable(shorter)) shorter = ring;
    simple.push_back(std::move(shorter));
  }
  return simple;
}

// As few points as keep IoU 0.98 to the outline.
double CoarsestTolerance(const datasets::Polygons& outline) {
  constexpr double kEnough = 0.98;
  const datasets::Box box = datasets::BoxOf(outline);
  const cv::Point2d corner(std::floor(box.x), std::floor(box.y));
  const cv::Size size(static_cast<int>(std::ceil(box.width)) + 2,
                      static_cast<int>(std::ceil(box.height)) + 2);
  datasets::Polygons local = outline;
  for (datasets::Ring& ring : local) {
    for (cv::Point2d& point : ring) point -= corner;
  }
  for (const double tolerance : {4.0, 3.0, 2.5, 2.0, 1.6, 1.3, 1.0, 0.7, 0.4}) {
    if (IouOf(Simplified(local, tolerance), local, size) >= kEnough) return tolerance;
  }
  return 0;
}

// The outline within the picture. What another animal's label covers stays that animal's, unless it
// covers nearly all.
datasets::Polygons Clear(const datasets::Polygons& outline, datasets::Id replaces,
                         const std::vector<Shape>& labels, int width, int height) {
  ToolContext context;
  context.width = width;
  context.height = height;
  datasets::Polygons clamped = outline;
  for (datasets::Ring& ring : clamped) {
    for (cv::Point2d& point : ring) point = Clamped(point, context);
  }
  clamped.erase(std::remove_if(clamped.begin(), clamped.end(),
                               [](const auto& ring) { return !IsDrawable(ring); }),
                clamped.end());
  const cv::Rect window = WindowOf(clamped, 1, context);
  if (window.empty()) return clamped;
  const cv::Mat mask = MaskOf(clamped, window);
  cv::Mat left = mask.clone();
  for (const Shape& shape : labels) {
    if (shape.annotation_id == replaces) continue;
    if ((WindowOf(shape.polygons, 1, context) & window).empty() && !shape.rle) continue;
    left.setTo(0, shape.MaskIn(window));
  }
  const int before = cv::countNonZero(mask), after = cv::countNonZero(left);
  if (after == before || after <= 0.2 * before) return clamped;
  clamped = ShapeFromMask(Open(left, 1), window, context).polygons;
  const auto largest = std::max_element(
      clamped.begin(), clamped.end(),
      [](const auto& a, const auto& b) { return datasets::RingArea(a) < datasets::RingArea(b); });
  if (largest != clamped.end()) clamped = {datasets::Ring(*largest)};
  return clamped;
}

}  // namespace

struct ProposalTool::Answer {
  std::mutex mutex;
  bool ready = false;
  Found found;
  double coarsest_tolerance = 0;
};

void ProposalTool::Cancel() {
  awaited_.reset();
  take_when_found_ = false;
  raw_.clear();
  shown_.clear();
  found_.clear();
  corrections_.clear();
  note_.clear();
  dragging_ = false;
}

Tool::Parameter ProposalTool::parameter() const {
  return {"Simplify, px", tolerance_, 0, kLargestTolerance};
}

void ProposalTool::SetParameter(double value) {
  if (!std::isfinite(value)) return;
  tolerance_ = std::clamp(value, 0.0, kLargestTolerance);
  tolerance_chosen_ = true;
  Simplify();
}

void ProposalTool::Simplify() {
  if (!raw_.empty()) shown_ = Simplified(raw_, tolerance_);
}

datasets::Id ProposalTool::LabelAt(const cv::Point2d& at, const ToolContext& context) {
  const auto hits = ShapesAt(context.shapes, at);
  for (const Shape* shape : hits) {
    if (shape->annotation_id == context.selected_annotation) return shape->annotation_id;
  }
  return hits.empty() ? 0 : hits.front()->annotation_id;
}

void ProposalTool::Start(Work work, const ToolContext& context) {
  auto answer = std::make_shared<Answer>();
  awaited_ = answer;
  take_when_found_ = false;
  static const std::vector<Shape> kNone;
  auto search = [answer, work = std::move(work), labels = context.shapes ? *context.shapes : kNone,
                 width = context.width, height = context.height] {
    Found found;
    try {
      found = work();
      if (!found.outline.empty()) {
        found.outline = Clear(found.outline, found.replaces, labels, width, height);
        if (found.outline.empty()) found.note = "Nothing found here: click the middle of an animal";
      }
    } catch (const std::exception& error) {  // OpenCV throws its own
      found = {};
      found.note = error.what();
    }
    const double coarsest = found.outline.empty() ? 0 : CoarsestTolerance(found.outline);
    std::scoped_lock lock(answer->mutex);
    answer->found = std::move(found);
    answer->coarsest_tolerance = coarsest;
    answer->ready = true;
  };
  if (context.run_aside) {
    (*context.run_aside)(std::move(search));
  } else {
    search();
    Poll(context);
  }
}

ToolResult ProposalTool::Poll(const ToolContext& context) {
  if (!awaited_) return {};
  const std::shared_ptr<Answer> answer = awaited_;
  std::scoped_lock lock(answer->mutex);
  if (!answer->ready) return {};
  const bool take = take_when_found_;
  awaited_.reset();
  take_when_found_ = false;
  note_ = answer->found.note;
  if (answer->found.outline.empty()) {
    if (corrections_.empty()) {
      raw_.clear();
      shown_.clear();
    } else {  // as it was before that click
      corrections_.pop_back();
    }
    return {};
  }
  raw_ = std::move(answer->found.outline);
  replaces_ = answer->found.replaces;
  category_ = answer->found.category;
  if (!tolerance_chosen_) tolerance_ = answer->coarsest_tolerance;
  if (corrections_.empty()) {
    found_ = raw_;
    found_tolerance_ = tolerance_;
  }
  Simplify();
  return take ? Accept(context) : ToolResult{};
}

void ProposalTool::Correct(const ToolContext& context) {
  if (corrections_.empty()) {
    raw_ = found_;
    if (!tolerance_chosen_) tolerance_ = found_tolerance_;
    Simplify();
    return;
  }
  std::vector<datasets::Polygons> others;
  for (const Shape& shape : context.shapes ? *context.shapes : std::vector<Shape>()) {
    if (shape.annotation_id != replaces_) others.push_back(shape.polygons);
  }
  Start(
      [frame = *context.frame, background = context.background ? *context.background : cv::Mat(),
       found = found_, at = found_at_, corrections = corrections_, area = context.typical_area,
       others = std::move(others), replaces = replaces_, category = category_] {
        Found corrected{Corrected(frame, background, found, at, corrections, area, others),
                        replaces, category, ""};
        if (corrected.outline.empty()) corrected.note = "Nothing would be left of the outline";
        return corrected;
      },
      context);
}

bool ProposalTool::IsInside(const cv::Point2d& at) const {
  return std::any_of(shown_.begin(), shown_.end(), [&](const auto& ring) {
    Shape shape;
    shape.polygons = {ring};
    return Contains(shape, at);
  });
}

ToolResult ProposalTool::Accept(const ToolContext& context) {
  datasets::Outline shape{shown_, std::nullopt};
  const bool replaces = FindShape(context, replaces_) != nullptr;
  ShapeChange change = replaces ? ReplaceChange(replaces_, std::move(shape), label())
                                : AddChange(std::move(shape), label());
  change.category_id = category_;
  Cancel();
  return {true, std::move(change)};
}

ToolResult ProposalTool::OnInput(const ToolInput& input, const ToolContext& context) {
  if (!IsFinite(input.position)) return {};
  pixel_ = ImagePixelsPerScreenPixel(input);
  const cv::Point2d at = Clamped(input.position, context);
  switch (input.type) {
    case ToolInput::Type::kPress: {
      if (input.button != 0) return {};
      const bool inside = !waits() && IsInside(at);
      if (inside && !input.shift) return Accept(context);
      note_.clear();
      if (context.frame == nullptr || context.frame->empty()) {
        Cancel();
        note_ = "The picture is still being read: click again in a moment";
      } else if (input.shift && has_proposal() && takes_corrections()) {
        if (!waits()) {
          corrections_.push_back({at, !inside});
          Correct(context);
        }
        return {true, std::nullopt};
      } else {
        corrections_.clear();
        found_at_ = at;
        Start(Search(at, input, context), context);
      }
      dragging_ = true;
      return {true, std::nullopt};
    }
    case ToolInput::Type::kMove:
      if (dragging_ && input.button_down && context.frame != nullptr) {
        if (Work work = Drag(at, input, context)) Start(std::move(work), context);
        return {true, std::nullopt};
      }
      dragging_ = dragging_ && input.button_down;
      return {};
    case ToolInput::Type::kRelease:
      if (input.button != 0 || !dragging_) return {};
      dragging_ = false;
      return {true, std::nullopt};
    case ToolInput::Type::kDoubleClick:
      return {true, std::nullopt};  // its presses were seen
    case ToolInput::Type::kKey:
      if (!busy()) return {};
      if (input.key == ToolKey::kEnter || input.key == ToolKey::kSpace) {
        if (!waits()) return Accept(context);
        take_when_found_ = true;
        return {true, std::nullopt};
      }
      if (input.key == ToolKey::kBackspace && !corrections_.empty() && !waits() &&
          context.frame != nullptr) {
        corrections_.pop_back();
        Correct(context);
        return {true, std::nullopt};
      }
      if (input.key == ToolKey::kEscape || input.key == ToolKey::kBackspace ||
          input.key == ToolKey::kDelete) {
        Cancel();
        return {true, std::nullopt};
      }
      return {};
    case ToolInput::Type::kWheel:
      if (!input.ctrl || !has_proposal() || !std::isfinite(input.wheel)) return {};
      SetParameter(tolerance_ + 0.25 * std::clamp(input.wheel, -20.0, 20.0));
      return {true, std::nullopt};
  }
  return {};
}

Overlay ProposalTool::Draw(const ToolContext& context) const {
  Overlay overlay;
  for (const datasets::Ring& ring : shown_) overlay.lines.push_back({ring, true, true});
  for (const Correction& correction : corrections_) {
    overlay.corrections.push_back(correction);
  }
  if (!has_proposal() || !note_.empty()) {
    overlay.hint = waits()         ? "Looking for the outline..."
                   : note_.empty() ? IdleHint(context)
                                   : note_;
    return overlay;
  }
  size_t points = 0;
  for (const datasets::Ring& ring : shown_) points += ring.size();
  overlay.hint =
      "Proposal, " + std::to_string(points) + " points: Enter or a click on it " +
      (FindShape(context, replaces_) ? "replaces the old outline" : "takes it") +
      ", Esc drops it; " +
      (takes_corrections() ? "Shift+click outside it adds, inside it leaves out; " : "") +
      "Ctrl+wheel simplifies";
  return overlay;
}

}  // namespace annotate
