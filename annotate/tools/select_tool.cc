// Select and edit: the tool that is active when nothing else is.
#include <algorithm>
#include <cmath>

#include "annotate/assist/pixel_region.h"
#include "annotate/tools/shape_geometry.h"
#include "annotate/tools/tool_list.h"

namespace annotate {
namespace {

constexpr double kVertexReach = 8, kEdgeReach = 6, kDeadZone = 4;  // screen pixels
constexpr double kPathStep = 5;                                    // screen pixels

class SelectTool : public Tool {
 public:
  const char* id() const override { return "select"; }
  bool busy() const override { return state_ != State::kHover && state_ != State::kPressedShape; }

  void Cancel() override {
    state_ = State::kHover;
    edited_.clear();
    path_.clear();
    note_.clear();
  }

  ToolResult OnInput(const ToolInput& input, const ToolContext& context) override {
    if (!IsFinite(input.position)) return {};
    pixel_ = ImagePixelsPerScreenPixel(input);
    if (busy() && !FindShape(context, annotation_)) Cancel();  // it was deleted meanwhile
    const cv::Point2d at = Clamped(input.position, context);
    switch (input.type) {
      case ToolInput::Type::kPress:
        if (input.button != 0) return {};
        return state_ == State::kRedraw ? RedrawPress(input, at, context)
                                        : Press(input, at, context);
      case ToolInput::Type::kDoubleClick:
        return {busy() || Pointed(context), std::nullopt};
      case ToolInput::Type::kMove:
        return Move(input, at, context);
      case ToolInput::Type::kRelease:
        return input.button == 0 ? Release(at, context) : ToolResult{};
      case ToolInput::Type::kKey:
        return Key(input, context);
      case ToolInput::Type::kWheel:
        return {};
    }
    return {};
  }

  Overlay Draw(const ToolContext& context) const override {
    Overlay overlay;
    const Shape* shape = FindShape(context, annotation_);
    if (state_ == State::kDragVertex || state_ == State::kDragShape) {
      for (const datasets::Ring& ring : edited_) overlay.lines.push_back({ring, true, false});
      if (state_ == State::kDragShape && shape && !shape->key_points.empty()) {
        overlay.points = Overlay::Points{annotation_, Shifted(shape->key_points, shift_), 0};
      }
      if (state_ == State::kDragVertex) {
        overlay.handles.push_back({edited_[ring_][point_], true, false});
      }
      overlay.hint = note_.empty() ? "Release to put it here, Esc takes it back" : note_;
      return overlay;
    }
    if (state_ == State::kRedraw && shape && ring_ < shape->polygons.size()) {
      Overlay::Line line;
      line.points = path_;
      line.points.push_back(cursor_);
      overlay.lines.push_back(std::move(line));
      AddHandles(shape->polygons, overlay);
      overlay.hint = note_.empty()
                         ? "Draw the new stretch, end it on another point of the outline; "
                           "Backspace drops a point, Esc leaves"
                         : note_;
      return overlay;
    }
    if (shape) {
      AddHandles(shape->polygons, overlay);
      if (hot_edge_) overlay.handles.push_back({hot_edge_->position, true, true});
    }
    overlay.hint = !note_.empty() ? note_
                   : hot_vertex_
                       ? "Drag moves the point, Alt+click or Backspace removes it, Shift+click "
                         "redraws from here"
                   : hot_edge_ ? "Click or drag puts a new point on the edge"
                   : shape && annotation_ < 0
                       ? "A prediction: the first change of it makes it a label; Delete rejects "
                         "it, 1-9 name it"
                   : shape && annotation_ == context.selected_annotation
                       ? "Drag moves the animal, click again for the one below, Delete "
                         "deletes it, 1-9 name it"
                   : shape ? "Click selects"
                           : "Click an animal to select it, labeled or predicted; drag pans, the "
                             "wheel zooms";
    return overlay;
  }

 private:
  enum class State { kHover, kPressedShape, kDragVertex, kDragShape, kRedraw };

  bool Pointed(const ToolContext& context) const { return FindShape(context, annotation_); }

  void AddHandles(const datasets::Polygons& polygons, Overlay& overlay) const {
    for (size_t r = 0; r < polygons.size(); ++r) {
      for (size_t i = 0; i < polygons[r].size(); ++i) {
        const bool hot = hot_vertex_ && hot_vertex_->ring == r && hot_vertex_->point == i;
        overlay.handles.push_back({polygons[r][i], hot, false});
      }
    }
  }

  // What is under the cursor: the selected shape's outline first, then what contains the cursor or
  // whose outline is near.
  void Hover(const cv::Point2d& at, const ToolContext& context) {
    hot_vertex_.reset();
    hot_edge_.reset();
    annotation_ = 0;
    if (!context.shapes) return;
    const auto take = [&](const Shape& shape) {
      hot_vertex_ = NearestVertex(shape.polygons, at, kVertexReach * pixel_);
      if (!hot_vertex_) hot_edge_ = NearestEdge(shape.polygons, at, kEdgeReach * pixel_);
      if (!hot_vertex_ && !hot_edge_) return false;
      annotation_ = shape.annotation_id;
      return true;
    };
    const Shape* selected = FindShape(context, context.selected_annotation);
    if (selected && take(*selected)) return;
    if (selected && Contains(*selected, at)) {  // other outlines do not get in its way
      annotation_ = selected->annotation_id;
      return;
    }
    const auto hits = ShapesAt(context.shapes, at);
    const Shape* inside = hits.empty() ? nullptr : hits.front();
    const Shape* nearest = nullptr;
    double distance = kVertexReach * pixel_;
    for (const Shape& shape : *context.shapes) {
      const auto edge = NearestEdge(shape.polygons, at, distance);
      if (edge && edge->distance <= distance) nearest = &shape, distance = edge->distance;
    }
    if (nearest && take(*nearest)) return;
    if (inside) annotation_ = inside->annotation_id;
    if (!annotation_) annotation_ = PointsAt(at, context);
  }

  // The animal without an outline one of whose key points is at the cursor.
  datasets::Id PointsAt(const cv::Point2d& at, const ToolContext& context) const {
    datasets::Id nearest = 0;
    double reach = kVertexReach * pixel_;
    for (const Shape& shape : *context.shapes) {
      if (!shape.polygons.empty()) continue;
      for (const datasets::KeyPoint& point : shape.key_points) {
        const double distance = cv::norm(cv::Point2d(point.x, point.y) - at);
        if (distance > reach) continue;
        reach = distance;
        nearest = shape.annotation_id;
      }
    }
    return nearest;
  }

  ToolResult Press(const ToolInput& input, const cv::Point2d& at, const ToolContext& context) {
    note_.clear();
    Hover(at, context);
    pressed_at_ = at;
    pressed_selected_ = annotation_ != 0 && annotation_ == context.selected_annotation;
    const Shape* shape = FindShape(context, annotation_);
    if (!shape) {
      state_ = State::kPressedShape;  // of nothing: a click on release clears the selection
      return {};
    }
    if (hot_vertex_ && input.alt) return RemoveVertex(*shape, context);
    if (hot_vertex_ && input.shift) {
      state_ = State::kRedraw;
      ring_ = hot_vertex_->ring;
      point_ = hot_vertex_->point;
      path_ = {hot_vertex_->position};
      cursor_ = at;
      drawing_ = true;
      return {true, std::nullopt};
    }
    moved_ = false;
    if (hot_vertex_) {
      edited_ = shape->polygons;
      ring_ = hot_vertex_->ring;
      point_ = hot_vertex_->point;
      inserted_ = false;
      state_ = State::kDragVertex;
      return {true, std::nullopt};
    }
    if (hot_edge_) {
      edited_ = shape->polygons;
      ring_ = hot_edge_->ring;
      point_ = hot_edge_->point + 1;
      datasets::Ring& ring = edited_[ring_];
      ring.insert(ring.begin() + static_cast<long>(point_), hot_edge_->position);
      inserted_ = true;
      state_ = State::kDragVertex;
      return {true, std::nullopt};
    }
    state_ = State::kPressedShape;
    return {pressed_selected_, std::nullopt};
  }

  ToolResult Move(const ToolInput& input, const cv::Point2d& at, const ToolContext& context) {
    cursor_ = at;
    const bool beyond = cv::norm(at - pressed_at_) > kDeadZone * pixel_;
    switch (state_) {
      case State::kHover:
        note_.clear();
        Hover(at, context);
        return {};
      case State::kPressedShape: {
        if (!input.button_down) {  // the release went elsewhere
          state_ = State::kHover;
          return {};
        }
        moved_ = moved_ || beyond;
        const Shape* shape = FindShape(context, annotation_);
        if (!shape || !pressed_selected_ || !beyond || shape->polygons.empty()) return {};
        state_ = State::kDragShape;
        return DragShape(*shape, at, context);
      }
      case State::kDragVertex:
        moved_ = moved_ || beyond;
        if (moved_ || inserted_) edited_[ring_][point_] = moved_ ? at : edited_[ring_][point_];
        return {true, std::nullopt};
      case State::kDragShape:
        return DragShape(*FindShape(context, annotation_), at, context);
      case State::kRedraw:
        if (drawing_ && input.button_down && cv::norm(at - path_.back()) > kPathStep * pixel_) {
          path_.push_back(at);
        }
        if (const Shape* shape = FindShape(context, annotation_)) {
          hot_vertex_ = NearestVertex(shape->polygons, at, kVertexReach * pixel_);
        }
        return {true, std::nullopt};
    }
    return {};
  }

  ToolResult DragShape(const Shape& shape, const cv::Point2d& at, const ToolContext& context) {
    shift_ = ShiftInside(BoxOfAll(shape), at - pressed_at_, context.width, context.height);
    edited_ = shape.polygons;
    for (datasets::Ring& ring : edited_) {
      for (cv::Point2d& point : ring) point += shift_;
    }
    return {true, std::nullopt};
  }

  ToolResult Release(const cv::Point2d& at, const ToolContext& context) {
    const State state = state_;
    if (state == State::kHover) return {};
    if (state == State::kRedraw) {
      drawing_ = false;
      const Shape* shape = FindShape(context, annotation_);
      const auto end = NearestVertex(shape->polygons, at, kVertexReach * pixel_);
      const bool drawn = path_.size() > 2;  // freehand that ends on the outline is a whole gesture
      if (drawn && end && end->ring == ring_ && end->point != point_) return Redraw(*end, context);
      return {true, std::nullopt};
    }
    state_ = State::kHover;
    if (state == State::kPressedShape) return moved_ ? ToolResult{} : Click(at, context);
    const Shape& shape = *FindShape(context, annotation_);
    if (state == State::kDragShape) {
      if (shift_ == cv::Point2d()) return {true, std::nullopt};
      ShapeChange change = ReplaceChange(
          annotation_, WithOutlines(shape, std::move(edited_), context, ShiftBy(shift_)),
          "Move outline");
      change.key_points = Shifted(shape.key_points, shift_);
      return {true, change};
    }
    if (!moved_ && (!inserted_ || !pressed_selected_)) {
      ToolResult result = Select(annotation_, context);  // a click on the outline only selects
      result.consumed = true;
      return result;
    }
    for (cv::Point2d& point : edited_[ring_]) point = Clamped(point, context);
    if (!IsDrawable(edited_[ring_])) {
      note_ = "Not moved: the outline would have no area left";
      return {true, std::nullopt};
    }
    return {true, ReplaceChange(annotation_, WithOutlines(shape, std::move(edited_), context),
                                inserted_ ? "Insert point" : "Move point")};
  }

  static ToolResult Select(datasets::Id annotation, const ToolContext& context) {
    if (annotation == context.selected_annotation) return {};
    ShapeChange change;
    change.kind = ShapeChange::Kind::kSelect;
    change.annotation_id = annotation;
    change.label = "Select";
    return {true, change};
  }

  // A click selects the smallest shape under it; a click at the same place the next larger one.
  ToolResult Click(const cv::Point2d& at, const ToolContext& context) {
    const auto hits = ShapesAt(context.shapes, at);
    const bool same_place = cv::norm(at - clicked_at_) <= kDeadZone * pixel_;
    clicked_at_ = at;
    if (hits.empty()) return Select(context.shapes ? PointsAt(at, context) : 0, context);
    size_t pick = 0;
    for (size_t i = 0; i < hits.size(); ++i) {
      if (hits[i]->annotation_id != context.selected_annotation) continue;
      pick = same_place ? (i + 1) % hits.size() : i;
    }
    annotation_ = hits[pick]->annotation_id;
    return Select(annotation_, context);
  }

  ToolResult RemoveVertex(const Shape& shape, const ToolContext& context) {
    state_ = State::kHover;
    datasets::Polygons polygons = shape.polygons;
    datasets::Ring& ring = polygons[hot_vertex_->ring];
    ring.erase(ring.begin() + static_cast<long>(hot_vertex_->point));
    if (!IsDrawable(ring)) {
      note_ = "An outline needs three points; Delete removes the whole animal";
      return {true, std::nullopt};
    }
    hot_vertex_.reset();
    return {true, ReplaceChange(annotation_, WithOutlines(shape, std::move(polygons), context),
                                "Remove point")};
  }

  ToolResult RedrawPress(const ToolInput&, const cv::Point2d& at, const ToolContext& context) {
    note_.clear();
    const Shape* shape = FindShape(context, annotation_);
    const auto end = NearestVertex(shape->polygons, at, kVertexReach * pixel_);
    if (end && end->ring == ring_ && end->point != point_) return Redraw(*end, context);
    if (cv::norm(at - path_.back()) > pixel_) path_.push_back(at);
    drawing_ = true;
    return {true, std::nullopt};
  }

  // Of the two stretches between the ends the new path replaces the one that leaves more of the old
  // shape as it was.
  ToolResult Redraw(const OutlinePlace& end, const ToolContext& context) {
    const Shape& shape = *FindShape(context, annotation_);
    if (ring_ >= shape.polygons.size() || point_ >= shape.polygons[ring_].size()) {
      Cancel();
      return {true, std::nullopt};
    }
    const datasets::Ring& old = shape.polygons[ring_];
    const datasets::Ring path(path_.begin() + 1, path_.end());
    const auto stretch = [&](size_t from, size_t to) {
      datasets::Ring points;
      for (size_t i = from;; i = (i + 1) % old.size()) {
        points.push_back(old[i]);
        if (i == to) return points;
      }
    };
    datasets::Ring keeps_end_to_start = stretch(end.point, point_);
    keeps_end_to_start.insert(keeps_end_to_start.end(), path.begin(), path.end());
    datasets::Ring keeps_start_to_end = stretch(point_, end.point);
    keeps_start_to_end.insert(keeps_start_to_end.end(), path.rbegin(), path.rend());
    const cv::Size image(context.width, context.height);
    const auto likeness = [&](const datasets::Ring& ring) {
      return IsDrawable(ring) ? IouOf({ring}, {old}, image) : -1;
    };
    const bool first = likeness(keeps_end_to_start) >= likeness(keeps_start_to_end);
    datasets::Ring& ring = first ? keeps_end_to_start : keeps_start_to_end;
    const datasets::Id annotation = annotation_;
    datasets::Polygons polygons = shape.polygons;
    const size_t changed = ring_;
    Cancel();
    if (!IsDrawable(ring)) {
      note_ = "Not redrawn: the outline would have no area left";
      return {true, std::nullopt};
    }
    polygons[changed] = std::move(ring);
    return {true, ReplaceChange(annotation, WithOutlines(shape, std::move(polygons), context),
                                "Redraw part of the outline")};
  }

  ToolResult Key(const ToolInput& input, const ToolContext& context) {
    if (input.key == ToolKey::kEscape && state_ != State::kHover) {
      Cancel();
      return {true, std::nullopt};
    }
    if (state_ == State::kRedraw) {
      if (input.key == ToolKey::kBackspace) {
        if (path_.size() > 1)
          path_.pop_back();
        else
          Cancel();
        return {true, std::nullopt};
      }
      return {};
    }
    if (state_ != State::kHover) return {};
    const bool removes =
        input.key == ToolKey::kBackspace || (input.key == ToolKey::kDelete && hot_vertex_);
    const Shape* hovered = FindShape(context, annotation_);
    if (removes && hot_vertex_ && hovered && hot_vertex_->ring < hovered->polygons.size() &&
        hot_vertex_->point < hovered->polygons[hot_vertex_->ring].size()) {
      return RemoveVertex(*hovered, context);
    }
    if (input.key == ToolKey::kDelete && FindShape(context, context.selected_annotation)) {
      ShapeChange change;
      change.kind = ShapeChange::Kind::kDelete;
      change.annotation_id = context.selected_annotation;
      change.label = "Delete animal";
      return {true, change};
    }
    return {};
  }

  State state_ = State::kHover;
  double pixel_ = 1;             // image pixels a screen pixel
  datasets::Id annotation_ = 0;  // hovered or edited
  std::optional<OutlinePlace> hot_vertex_, hot_edge_;
  cv::Point2d pressed_at_, cursor_, shift_, clicked_at_{-1e9, -1e9};
  bool pressed_selected_ = false, moved_ = false, inserted_ = false, drawing_ = false;
  size_t ring_ = 0, point_ = 0;
  datasets::Polygons edited_;
  datasets::Ring path_;
  std::string note_;
};

}  // namespace

std::unique_ptr<Tool> MakeSelectTool() { return std::make_unique<SelectTool>(); }

}  // namespace annotate
