// Intelligent scissors (Mortensen and Barrett 1995, OpenCV's IntelligentScissorsMB): the outline
// follows edges from click to click.
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <opencv2/imgproc/segmentation.hpp>

#include "annotate/assist/pixel_region.h"
#include "annotate/tools/shape_geometry.h"
#include "annotate/tools/tool_list.h"

namespace annotate {
namespace {

constexpr double kSnapReach = 10;  // screen pixels
// The live path reaches this far from the last click; more would take too long to follow.
constexpr double kReach = 90;  // image pixels

class ScissorsTool : public Tool {
 public:
  const char* id() const override { return "scissors"; }
  bool busy() const override { return !anchors_.empty(); }
  void Cancel() override {
    anchors_.clear();
    paths_.clear();
    live_.clear();
    mapped_ = false;
    note_.clear();
  }
  Parameter parameter() const override { return {"Simplify, px", simplify_, 0, 5}; }
  void SetParameter(double value) override {
    if (std::isfinite(value)) simplify_ = std::clamp(value, 0.0, 5.0);
  }

  ToolResult OnInput(const ToolInput& input, const ToolContext& context) override {
    if (!IsFinite(input.position) || context.width <= 0 || context.height <= 0) return {};
    pixel_ = std::isfinite(input.image_pixels_per_screen_pixel)
                 ? std::max(1e-6, input.image_pixels_per_screen_pixel)
                 : 1;
    cursor_ = Clamped(input.position, context);
    switch (input.type) {
      case ToolInput::Type::kPress:
        if (input.button != 0) return {};
        return Press(input, context);
      case ToolInput::Type::kMove:
        if (!busy()) return {};
        live_ = PathTo(cursor_, input.ctrl);
        return {true, std::nullopt};
      case ToolInput::Type::kRelease:
        return {input.button == 0 && busy(), std::nullopt};
      case ToolInput::Type::kDoubleClick:
        return input.button == 0 && busy() ? Close(context) : ToolResult{};
      case ToolInput::Type::kKey:
        return busy() ? Key(input.key, context) : ToolResult{};
      case ToolInput::Type::kWheel:
        return {};
    }
    return {};
  }

  Overlay Draw(const ToolContext&) const override {
    Overlay overlay;
    if (!busy()) {
      overlay.hint = note_.empty() ? "Click on the animal's edge; the outline follows edges from "
                                     "click to click"
                                   : note_;
      return overlay;
    }
    Overlay::Line fixed;
    fixed.points = Fixed();
    overlay.lines.push_back(std::move(fixed));
    overlay.lines.push_back({live_, false, true});
    if (mapped_) {
      const cv::Point2d a = window_.tl(), b = window_.br();
      overlay.lines.push_back({{a, {b.x, a.y}, b, {a.x, b.y}}, true, false, true});
    }
    for (const cv::Point2d& anchor : anchors_) overlay.handles.push_back({anchor, false, false});
    if (NearFirst()) overlay.handles.front().hot = true;
    overlay.hint = note_.empty()
                       ? "Click fixes the line, Ctrl draws it straight; Enter or the first point "
                         "closes, Backspace drops the last click, Esc drops all"
                       : note_;
    return overlay;
  }

 private:
  bool NearFirst() const {
    return anchors_.size() >= 2 && cv::norm(cursor_ - anchors_.front()) <= kSnapReach * pixel_;
  }

  datasets::Ring Fixed() const {
    datasets::Ring points = {anchors_.front()};
    for (const datasets::Ring& path : paths_) {
      points.insert(points.end(), path.begin(), path.end());
    }
    return points;
  }

  ToolResult Press(const ToolInput& input, const ToolContext& context) {
    note_.clear();
    if (NearFirst()) return Close(context);
    if (busy()) {
      if (cv::norm(cursor_ - anchors_.back()) <= pixel_) return {true, std::nullopt};
      paths_.push_back(PathTo(cursor_, input.ctrl));
      // The path may end short of a click that was out of reach.
      if (paths_.back().empty() || cv::norm(paths_.back().back() - cursor_) > 0) {
        paths_.back().push_back(cursor_);
      }
    }
    anchors_.push_back(cursor_);
    live_.clear();
    MapFrom(cursor_, context);
    return {true, std::nullopt};
  }

  // Edges and best paths around the last click only, so that a click takes milliseconds.
  void MapFrom(const cv::Point2d& from, const ToolContext& context) {
    mapped_ = false;
    if (!context.frame || context.frame->empty() || context.frame->type() != CV_8UC3) return;
    const cv::Size size = context.frame->size();
    const cv::Point2d inside(std::min(from.x, size.width - 0.5),
                             std::min(from.y, size.height - 0.5));
    window_ = WindowAround(inside, kReach, size);
    const auto start = PixelAt(inside, size);
    if (!start || window_.width < 8 || window_.height < 8) return;
    cv::Mat smooth;
    cv::GaussianBlur((*context.frame)(window_), smooth, {0, 0}, 1.0);
    scissors_ = cv::segmentation::IntelligentScissorsMB();
    scissors_.setEdgeFeatureCannyParameters(24, 72, 3, true).setGradientMagnitudeMaxLimit(120);
    scissors_.applyImage(smooth);
    scissors_.buildMap(*start - window_.tl());
    mapped_ = true;
  }

  datasets::Ring PathTo(const cv::Point2d& to, bool straight) const {
    const auto clamp_in = [](double value, int low, int length) {
      return std::clamp(static_cast<int>(value), low, low + length - 1);
    };
    if (!mapped_ || straight) return {to};
    const cv::Point target(clamp_in(to.x, window_.x, window_.width),
                           clamp_in(to.y, window_.y, window_.height));
    std::vector<cv::Point> contour;
    scissors_.getContour(target - window_.tl(), contour);
    datasets::Ring path;
    for (const cv::Point& point : contour) {
      path.push_back(cv::Point2d(point + window_.tl()) + cv::Point2d(0.5, 0.5));
    }
    return path;
  }

  ToolResult Key(ToolKey key, const ToolContext& context) {
    switch (key) {
      case ToolKey::kEnter:
      case ToolKey::kSpace:
        return Close(context);
      case ToolKey::kBackspace:
        note_.clear();
        anchors_.pop_back();
        live_.clear();
        if (anchors_.empty()) {
          Cancel();
        } else {
          paths_.pop_back();
          MapFrom(anchors_.back(), context);
        }
        return {true, std::nullopt};
      case ToolKey::kEscape:
        Cancel();
        return {true, std::nullopt};
      default:
        return {};
    }
  }

  ToolResult Close(const ToolContext& context) {
    datasets::Ring ring = Fixed();
    const cv::Rect2d reach = window_;
    if (anchors_.size() >= 2 && reach.contains(anchors_.front())) {
      const datasets::Ring last = PathTo(anchors_.front(), false);
      ring.insert(ring.end(), last.begin(), last.end());
    }
    for (cv::Point2d& point : ring) point = Clamped(point, context);
    ring.erase(std::unique(ring.begin(), ring.end()), ring.end());
    if (!IsDrawable(ring)) {
      note_ = "The outline spans no area yet: click on along the animal's edge";
      return {true, std::nullopt};
    }
    datasets::Ring simple = datasets::SimplifyRing(ring, simplify_);
    if (IsDrawable(simple)) ring = std::move(simple);
    Cancel();
    return {true, AddChange({{std::move(ring)}, std::nullopt}, "Outline by scissors")};
  }

  std::vector<cv::Point2d> anchors_;
  std::vector<datasets::Ring> paths_;  // paths_[i] leads from anchor i to anchor i + 1
  datasets::Ring live_;
  cv::Point2d cursor_;
  cv::segmentation::IntelligentScissorsMB scissors_;
  cv::Rect window_;
  bool mapped_ = false;
  double pixel_ = 1, simplify_ = 1;
  std::string note_;
};

}  // namespace

std::unique_ptr<Tool> MakeScissorsTool() { return std::make_unique<ScissorsTool>(); }

}  // namespace annotate
