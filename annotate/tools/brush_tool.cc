// Brush and eraser: one stroke changes the selected animal, or paints a new one.
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "annotate/tools/shape_geometry.h"
#include "annotate/tools/tool_list.h"

namespace annotate {
namespace {

constexpr double kSmallestRadius = 1, kLargestRadius = 200, kUsualRadius = 10;  // image pixels
constexpr double kRadiusPerNotch = 1.15;

class BrushTool : public Tool {
 public:
  explicit BrushTool(bool erases) : erases_(erases) {}
  const char* id() const override { return erases_ ? "eraser" : "brush"; }
  bool busy() const override { return painting_; }
  void Cancel() override {
    painting_ = false;
    canvas_.release();
    before_.release();
    note_.clear();
  }
  Parameter parameter() const override {
    return {"Tip radius, px", radius_, kSmallestRadius, kLargestRadius};
  }
  void SetParameter(double value) override {
    if (std::isfinite(value)) radius_ = std::clamp(value, kSmallestRadius, kLargestRadius);
  }

  ToolResult OnInput(const ToolInput& input, const ToolContext& context) override {
    if (!IsFinite(input.position) || context.width <= 0 || context.height <= 0) return {};
    const cv::Point2d before = cursor_;
    cursor_ = Clamped(input.position, context);
    over_image_ = true;
    switch (input.type) {
      case ToolInput::Type::kWheel:
        if (!input.ctrl || !std::isfinite(input.wheel)) return {};
        SetParameter(radius_ * std::pow(kRadiusPerNotch, std::clamp(input.wheel, -20.0, 20.0)));
        return {true, std::nullopt};
      case ToolInput::Type::kPress:
        if (input.button != 0 || painting_) return {};
        return Start(input, context);
      case ToolInput::Type::kMove:
        if (!painting_) return {};
        Stroke(before, cursor_);
        return {true, std::nullopt};
      case ToolInput::Type::kRelease:
        if (input.button != 0 || !painting_) return {};
        Stroke(before, cursor_);
        return Finish(context);
      case ToolInput::Type::kKey:
        if (input.key != ToolKey::kEscape || !painting_) return {};
        Cancel();
        return {true, std::nullopt};
      case ToolInput::Type::kDoubleClick:
        return {true, std::nullopt};
    }
    return {};
  }

  Overlay Draw(const ToolContext& context) const override {
    Overlay overlay;
    if (over_image_) {
      overlay.cursor_circle_center = cursor_;
      overlay.cursor_circle_radius = radius_;
    }
    if (painting_ && !touched_.empty()) {
      std::vector<std::vector<cv::Point>> borders;
      const cv::Rect window = touched_ & cv::Rect({0, 0}, canvas_.size());
      cv::findContours(canvas_(window).clone(), borders, cv::RETR_CCOMP, cv::CHAIN_APPROX_SIMPLE,
                       window.tl());
      for (const auto& border : borders) {
        Overlay::Line line;
        line.closed = true;
        for (const cv::Point& point : border) {
          line.points.push_back(cv::Point2d(point) + cv::Point2d(0.5, 0.5));
        }
        overlay.lines.push_back(std::move(line));
      }
    }
    const bool selected = FindShape(context, context.selected_annotation) != nullptr;
    overlay.hint =
        !note_.empty() ? note_
        : erases_      ? selected
                             ? "Drag rubs out; Ctrl+wheel or [ ] sizes the tip, Ctrl+drag paints"
                             : "Press on an animal and drag to rub out; Ctrl+wheel or [ ] sizes the tip"
        : selected     ? "Drag on the selected animal adds to it, apart from it paints a new one "
                         "(Shift: a part); Ctrl rubs out, Ctrl+wheel sizes the tip"
                       : "Drag paints a new animal; Ctrl+wheel or [ ] sizes the tip";
    return overlay;
  }

 private:
  ToolResult Start(const ToolInput& input, const ToolContext& context) {
    note_.clear();
    rubs_out_ = erases_ != input.ctrl;
    target_ = input.alt && !rubs_out_ ? 0 : context.selected_annotation;
    const Shape* shape = FindShape(context, target_);
    if (!shape && rubs_out_) {
      const auto hits = ShapesAt(context.shapes, cursor_);
      shape = hits.empty() ? nullptr : hits.front();
      if (!shape) {
        note_ = "Nothing to rub out here: press on an animal's outline or select it first";
        return {true, std::nullopt};
      }
    }
    target_ = shape ? shape->annotation_id : 0;
    canvas_ = cv::Mat(context.height, context.width, CV_8UC1, cv::Scalar(0));
    touched_ = {};
    if (shape) {
      canvas_ = shape->MaskIn({0, 0, context.width, context.height});
      if (!rubs_out_ && !input.shift) before_ = canvas_.clone();
      touched_ = datasets::BoundsOf(canvas_);
    }
    painting_ = true;
    Stroke(cursor_, cursor_);
    return {true, std::nullopt};
  }

  void Stroke(const cv::Point2d& from, const cv::Point2d& to) {
    // Sub-pixel drawing: pixel centers are at half coordinates, OpenCV's at whole ones.
    constexpr int kBits = 4;
    const auto fixed = [](const cv::Point2d& point) {
      return cv::Point(static_cast<int>(std::lround((point.x - 0.5) * (1 << kBits))),
                       static_cast<int>(std::lround((point.y - 0.5) * (1 << kBits))));
    };
    const cv::Scalar value(rubs_out_ ? 0 : 255);
    const double length = cv::norm(to - from);
    const double step = std::max(0.5, radius_ / 4);
    const int steps = static_cast<int>(std::ceil(length / step));
    for (int i = 0; i <= steps; ++i) {
      const cv::Point2d at = steps > 0 ? from + (to - from) * (i / static_cast<double>(steps)) : to;
      cv::circle(canvas_, fixed(at), static_cast<int>(std::lround(radius_ * (1 << kBits))), value,
                 cv::FILLED, cv::LINE_8, kBits);
    }
    if (rubs_out_) return;
    const int reach = static_cast<int>(std::ceil(radius_)) + 2;
    const cv::Rect tip_path(cv::Point(static_cast<int>(std::min(from.x, to.x)) - reach,
                                      static_cast<int>(std::min(from.y, to.y)) - reach),
                            cv::Point(static_cast<int>(std::max(from.x, to.x)) + reach + 1,
                                      static_cast<int>(std::max(from.y, to.y)) + reach + 1));
    touched_ |= tip_path & cv::Rect({0, 0}, canvas_.size());
  }

  // What was painted apart from the selected animal is another animal.
  bool IsApart(const cv::Rect& window) const {
    if (before_.empty()) return false;
    cv::Mat near;
    cv::dilate(before_(window), near, cv::Mat());
    const cv::Mat added = canvas_(window) & ~before_(window);
    return cv::countNonZero(added) > 0 && cv::countNonZero(added & near) == 0;
  }

  ToolResult Finish(const ToolContext& context) {
    const bool same_image = canvas_.size() == cv::Size(context.width, context.height);
    const Shape* target = FindShape(context, target_);
    const cv::Rect window = touched_ & cv::Rect({0, 0}, canvas_.size());
    datasets::Outline shape;
    if (same_image && !window.empty()) {
      if (target && IsApart(window)) {
        target = nullptr;
        canvas_.setTo(0, before_);
      }
      shape = ShapeFromMask(canvas_(window), window, context);
    }
    painting_ = false;
    canvas_.release();
    before_.release();
    if (shape.polygons.empty()) {
      note_ = target ? "Nothing would remain; Delete removes the animal"
                     : "Too small to be an animal: drag farther or size the tip";
      return {true, std::nullopt};
    }
    if (!target) {
      if (rubs_out_) return {true, std::nullopt};
      return {true, AddChange(std::move(shape), "Paint animal")};
    }
    return {true, ReplaceChange(target_, std::move(shape), rubs_out_ ? "Rub out" : "Paint")};
  }

  const bool erases_;
  bool painting_ = false, rubs_out_ = false, over_image_ = false;
  double radius_ = kUsualRadius;
  cv::Point2d cursor_;
  datasets::Id target_ = 0;
  cv::Mat canvas_;    // the whole image while painting
  cv::Mat before_;    // the selected animal when the stroke began; empty: it takes every part
  cv::Rect touched_;  // holds every foreground pixel of canvas_
  std::string note_;
};

}  // namespace

std::unique_ptr<Tool> MakeBrushTool(bool erases) { return std::make_unique<BrushTool>(erases); }

}  // namespace annotate
