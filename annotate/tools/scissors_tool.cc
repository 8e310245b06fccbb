// Intelligent scissors: the outline follows edges from click to click. The window's thread never
// searches: until the map around a click is ready the line to the mouse is straight, and pieces
// whose map comes late are put in when it does.
#include <algorithm>
#include <cmath>
#include <memory>

#include "annotate/tools/edge_paths.h"
#include "annotate/tools/shape_geometry.h"
#include "annotate/tools/tool_list.h"

namespace annotate {
namespace {

constexpr double kClosingReach = 10;  // screen pixels

class ScissorsTool : public Tool {
 public:
  const char* id() const override { return "scissors"; }
  bool busy() const override { return !anchors_.empty(); }
  void Cancel() override {
    anchors_.clear();
    pieces_.clear();
    live_.clear();
    map_.reset();
    search_.reset();
    closing_ = false;
    note_.clear();
  }
  Parameter parameter() const override { return {"Simplify, px", simplify_, 0, 5}; }
  void SetParameter(double value) override {
    if (std::isfinite(value)) simplify_ = std::clamp(value, 0.0, 5.0);
  }

  ToolResult OnInput(const ToolInput& input, const ToolContext& context) override {
    if (!IsFinite(input.position) || context.width <= 0 || context.height <= 0) return {};
    pixel_ = ImagePixelsPerScreenPixel(input);
    cursor_ = Clamped(input.position, context);
    straight_ = input.ctrl;
    switch (input.type) {
      case ToolInput::Type::kPress:
        if (input.button != 0) return {};
        return Press(input, context);
      case ToolInput::Type::kMove:
        if (!busy()) return {};
        FollowCursor();
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

  ToolResult Poll(const ToolContext& context) override {
    EdgeSearch::Answer answer;
    if (!search_ || !search_->Take(answer)) return {};
    search_.reset();
    size_t next = 0;
    for (Piece& piece : pieces_) {
      if (!piece.late || next >= answer.paths.size()) continue;
      piece.path = std::move(answer.paths[next++]);
      piece.late = false;
    }
    map_ = std::move(answer.map);
    FollowCursor();
    return closing_ ? Close(context) : ToolResult{};
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
    if (map_ && map_->mapped()) {
      const cv::Point2d a = map_->window().tl(), b = map_->window().br();
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
  struct Piece {  // leads from anchor i to anchor i + 1
    EdgePiece asked;
    datasets::Ring path;
    bool late = false;  // its map was not ready: `path` is straight until it is
  };

  bool NearFirst() const {
    return anchors_.size() >= 2 && cv::norm(cursor_ - anchors_.front()) <= kClosingReach * pixel_;
  }

  datasets::Ring Fixed() const {
    datasets::Ring points = {anchors_.front()};
    for (const Piece& piece : pieces_) {
      points.insert(points.end(), piece.path.begin(), piece.path.end());
    }
    return points;
  }

  void FollowCursor() { live_ = map_ && !straight_ ? map_->To(cursor_) : datasets::Ring{cursor_}; }

  ToolResult Press(const ToolInput& input, const ToolContext& context) {
    note_.clear();
    closing_ = false;
    if (NearFirst()) return Close(context);
    if (busy()) {
      if (cv::norm(cursor_ - anchors_.back()) <= pixel_) return {true, std::nullopt};
      Piece piece;
      piece.asked = {anchors_.back(), cursor_, input.ctrl};
      piece.late = !map_ && !input.ctrl;
      piece.path = map_ ? PathOf(piece.asked, *map_) : datasets::Ring{cursor_};
      pieces_.push_back(std::move(piece));
    }
    anchors_.push_back(cursor_);
    live_.clear();
    SearchAround(cursor_, context);
    return {true, std::nullopt};
  }

  // The newest search does all that older ones have left.
  void SearchAround(const cv::Point2d& at, const ToolContext& context) {
    map_.reset();
    std::vector<EdgePiece> late;
    for (const Piece& piece : pieces_) {
      if (piece.late) late.push_back(piece.asked);
    }
    search_ = std::make_shared<EdgeSearch>(context.frame ? *context.frame : cv::Mat(),
                                           std::move(late), at);
    if (context.run_aside) {
      (*context.run_aside)([search = search_] { search->Carry(); });
    } else {
      search_->Carry();
      Poll(context);
    }
  }

  ToolResult Key(ToolKey key, const ToolContext& context) {
    switch (key) {
      case ToolKey::kEnter:
      case ToolKey::kSpace:
        return Close(context);
      case ToolKey::kBackspace:
        note_.clear();
        closing_ = false;
        anchors_.pop_back();
        live_.clear();
        if (anchors_.empty()) {
          Cancel();
        } else {
          pieces_.pop_back();
          SearchAround(anchors_.back(), context);
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
    if (search_) {  // the last pieces are still being looked for
      closing_ = true;
      return {true, std::nullopt};
    }
    closing_ = false;
    datasets::Ring ring = Fixed();
    const cv::Point2d first = anchors_.front();
    if (anchors_.size() >= 2 && map_ && cv::Rect2d(map_->window()).contains(first)) {
      const datasets::Ring last = map_->To(first);
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
  std::vector<Piece> pieces_;
  datasets::Ring live_;
  cv::Point2d cursor_;
  bool straight_ = false, closing_ = false;
  std::unique_ptr<EdgeMap> map_;        // around the last click, once it is there
  std::shared_ptr<EdgeSearch> search_;  // that may still run
  double pixel_ = 1, simplify_ = 1;
  std::string note_;
};

}  // namespace

std::unique_ptr<Tool> MakeScissorsTool() { return std::make_unique<ScissorsTool>(); }

}  // namespace annotate
