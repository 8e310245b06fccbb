// Key points: each click sets the next point of the skeleton on the chosen animal.
#include <algorithm>
#include <cmath>
#include <set>

#include "annotate/tools/point_lists.h"
#include "annotate/tools/shape_geometry.h"
#include "annotate/tools/tool_list.h"

namespace annotate {
namespace {

using datasets::Id;
using datasets::KeyPoint;
using datasets::Skeleton;

constexpr double kGripReach = 9, kGripDeadZone = 4, kNearOutline = 12;  // screen pixels
constexpr int kHiddenPoint = 1, kVisiblePoint = 2;

class PointsTool : public Tool {
 public:
  const char* id() const override { return "points"; }
  bool busy() const override { return grip_.has_value(); }
  bool wants_keys() const override { return true; }
  void Cancel() override {
    grip_.reset();
    hot_.reset();
    Forget();
    adding_ = false;
    note_.clear();
  }

  ToolResult OnInput(const ToolInput& input, const ToolContext& context) override {
    if (!IsFinite(input.position)) return {};
    pixel_ = ImagePixelsPerScreenPixel(input);
    if (!SkeletonOf(nullptr, context)) {
      Cancel();
      return {};
    }
    Follow(context);
    cursor_ = Clamped(input.position, context);
    switch (input.type) {
      case ToolInput::Type::kPress:
        return input.button > 1 ? ToolResult{} : Press(input.button == 1, context);
      case ToolInput::Type::kDoubleClick:
        return {true, std::nullopt};
      case ToolInput::Type::kMove:
        if (!grip_) hot_ = Hover(context);
        if (grip_ && cv::norm(cursor_ - grip_->pressed_at) > kGripDeadZone * pixel_) {
          grip_->moved = true;
        }
        return {busy(), std::nullopt};
      case ToolInput::Type::kRelease:
        return grip_ && (input.button == 1) == grip_->right ? Release(context) : ToolResult{};
      case ToolInput::Type::kKey:
        return Key(input, context);
      case ToolInput::Type::kWheel:
        return {};
    }
    return {};
  }

  Overlay Draw(const ToolContext& context) const override {
    Overlay overlay;
    const Skeleton* any = SkeletonOf(nullptr, context);
    if (!any) {
      overlay.hint = "There is no skeleton yet: it says which points an animal has. Make one first";
      return overlay;
    }
    const Shape* target = Target(context);
    overlay.points = Overlay::Points{target ? target->annotation_id : 0, {}, 0};
    if (target) overlay.points->points = target->key_points;
    if (grip_) {
      const Shape* gripped = Gripped(context);
      overlay.points->annotation_id = grip_->shape;
      overlay.points->points = gripped ? gripped->key_points : std::vector<KeyPoint>();
      With(&overlay.points->points, Moved(), *SkeletonOf(gripped, context));
      overlay.points->current = grip_->point.point_id;
      overlay.hint = "Release to put " + grip_->point.name + " here, Esc takes it back";
      return overlay;
    }
    const Aim aim = AimOf(context);
    overlay.points->current =
        hot_ ? (hot_->shape == overlay.points->annotation_id ? hot_->point : 0) : current_;
    if (hot_) {
      overlay.hint = "Drag moves the point, right click hides or shows it, Delete makes it absent";
    } else if (aim.place < 0) {
      overlay.hint =
          aim.shape && aim.shape != target ? "All its points are set: a click chooses the animal"
          : target ? "All its points are set. Click another animal; drag moves a point, "
                     "Tab chooses one, Enter ends"
                   : "Click an animal to set its points; a digit chooses one to set them elsewhere";
    } else {
      const size_t place = static_cast<size_t>(aim.place);
      const datasets::SkeletonPoint& point = aim.skeleton->points[place];
      overlay.cursor_text = point.name;
      overlay.sets_of = aim.shape ? aim.shape->annotation_id : 0;
      overlay.hint =
          aim.shape && FindPoint(aim.shape->key_points, point.id)
              ? "Click puts " + point.name +
                    " elsewhere, Alt+arrows nudge it, Delete makes it absent, Tab: the next point"
              : "Click sets " + point.name + " (" + std::to_string(place + 1) + " of " +
                    std::to_string(aim.skeleton->points.size()) +
                    "), right click as hidden; Tab: another point, Delete: absent" +
                    (target ? ", Enter: next animal" : "");
    }
    if (!note_.empty()) overlay.hint = note_;
    return overlay;
  }

 private:
  struct Hot {
    Id shape = 0, point = 0;
  };
  struct Grip {  // a point that the mouse holds
    Id shape = 0;
    KeyPoint point;
    bool follows = false;  // it goes where the mouse is, moved or not
    bool right = false, moved = false;
    cv::Point2d pressed_at;
  };
  struct Aim {                     // what a click sets
    const Shape* shape = nullptr;  // null: a new label
    const Skeleton* skeleton = nullptr;
    int place = -1;  // -1: nothing
  };

  void Forget() {
    current_ = 0;
    by_tab_ = false;
    after_ = -1;
    absent_.clear();
  }

  // The label that was made for the first points has no id for a moment; then it is selected.
  const Shape* Target(const ToolContext& context) const {
    if (context.selected_annotation) {
      if (const Shape* shape = Find(context, context.selected_annotation)) return shape;
    }
    return adding_ ? Find(context, 0) : nullptr;
  }
  static const Shape* Find(const ToolContext& context, Id id) {
    const Shape* found = nullptr;
    if (!context.shapes) return found;
    for (const Shape& shape : *context.shapes) {
      if (shape.annotation_id == id && (id || !shape.key_points.empty())) found = &shape;
    }
    return found;
  }
  const Shape* Gripped(const ToolContext& context) const {
    if (grip_->shape) return Find(context, grip_->shape);
    return adding_ ? Target(context) : nullptr;
  }

  // What was chosen on one animal is not meant of another.
  void Follow(const ToolContext& context) {
    const Shape* target = Target(context);
    const Id now = target ? target->annotation_id : 0;
    if (now > 0) {
      if (!adding_ && now != followed_) Forget();
      if (adding_ && grip_ && grip_->shape == 0) grip_->shape = now;
      adding_ = false;
    } else if (now != followed_ && !adding_) {
      Forget();
    }
    followed_ = now;
    if (grip_ && grip_->shape && !Find(context, grip_->shape)) {
      // Either it was deleted, or the prediction has become the label that is selected now.
      const bool is_label_now = grip_->shape < 0 && target;
      if (is_label_now) {
        grip_->shape = target->annotation_id;
      } else {
        grip_.reset();
      }
    }
  }

  // The first point that is neither set nor said to be absent, after the last one that was set (or
  // that one, when it was taken back).
  Id First(const Skeleton& skeleton, const Shape* shape) const {
    const bool is_target = shape ? shape->annotation_id == followed_ : followed_ == 0;
    const int count = static_cast<int>(skeleton.points.size());
    const int from = is_target && after_ >= 0 && after_ < count ? after_ : 0;
    for (int i = 0; i < count; ++i) {
      const Id id = skeleton.points[static_cast<size_t>((from + i) % count)].id;
      if (is_target && absent_.count(id)) continue;
      if (!shape || !FindPoint(shape->key_points, id)) return id;
    }
    return 0;
  }
  // The one that was chosen, else the first.
  Id Next(const Skeleton& skeleton, const Shape* shape) const {
    const bool chosen = PlaceOfId(skeleton, current_) >= 0 &&
                        (by_tab_ || !shape || !FindPoint(shape->key_points, current_));
    return chosen ? current_ : First(skeleton, shape);
  }
  Aim AimOf(const ToolContext& context) const {
    const Shape* target = Target(context);
    if (target) {
      const Skeleton* skeleton = SkeletonOf(target, context);
      const int place = PlaceOfId(*skeleton, Next(*skeleton, target));
      if (place >= 0) return {target, skeleton, place};
    }
    // It is complete, or nobody is chosen: another one's turn.
    const Shape* shape = Under(context);
    const Skeleton* skeleton = SkeletonOf(shape, context);
    if (!shape && !context.animal_without_label) return {nullptr, skeleton, -1};
    return {shape, skeleton,
            PlaceOfId(*skeleton, target ? First(*skeleton, shape) : Next(*skeleton, shape))};
  }

  std::optional<Hot> Hover(const ToolContext& context) const {
    std::optional<Hot> nearest;
    double reach = kGripReach * pixel_;
    const auto look = [&](const Shape& shape) {
      for (const KeyPoint& point : shape.key_points) {
        const double distance = cv::norm(cv::Point2d(point.x, point.y) - cursor_);
        if (distance > reach) continue;
        reach = distance;
        nearest = Hot{shape.annotation_id, point.point_id};
      }
    };
    if (const Shape* target = Target(context)) look(*target);  // others do not get in its way
    if (nearest || !context.shapes) return nearest;
    for (const Shape& shape : *context.shapes) look(shape);
    return nearest;
  }

  // The animal whose outline is at the cursor.
  const Shape* Under(const ToolContext& context) const {
    const auto hits = ShapesAt(context.shapes, cursor_);
    for (const Shape* shape : hits) {
      if (shape->annotation_id) return shape;
    }
    const Shape* nearest = nullptr;
    if (!context.shapes) return nearest;
    double reach = kNearOutline * pixel_;
    for (const Shape& shape : *context.shapes) {
      const auto edge = NearestEdge(shape.polygons, cursor_, reach);
      if (!edge || !shape.annotation_id) continue;
      nearest = &shape;
      reach = edge->distance;
    }
    return nearest;
  }

  KeyPoint Moved() const {
    KeyPoint point = grip_->point;
    if (grip_->follows || grip_->moved) {
      point.x = cursor_.x;
      point.y = cursor_.y;
    }
    return point;
  }

  ToolResult Press(bool right, const ToolContext& context) {
    note_.clear();
    if (grip_) return {true, std::nullopt};
    hot_ = Hover(context);
    if (hot_) {
      const Shape* shape = Find(context, hot_->shape);
      const KeyPoint* point = shape ? FindPoint(shape->key_points, hot_->point) : nullptr;
      if (!point) return {true, std::nullopt};
      if (right) {
        KeyPoint turned = *point;
        turned.visibility = turned.visibility == kHiddenPoint ? kVisiblePoint : kHiddenPoint;
        return Set(*shape, turned, context,
                   (turned.visibility == kHiddenPoint ? "Hide " : "Show ") + turned.name);
      }
      grip_ = Grip{hot_->shape, *point, false, false, false, cursor_};
      return {true, std::nullopt};
    }
    const Aim aim = AimOf(context);
    if (aim.place < 0) {
      if (aim.shape) return Select(aim.shape->annotation_id, context);
      note_ = "Nobody is left here: click an animal, or choose one by its digit";
      return {};
    }
    const datasets::SkeletonPoint& wanted = aim.skeleton->points[static_cast<size_t>(aim.place)];
    KeyPoint point;
    point.name = wanted.name;
    point.point_id = wanted.id;
    point.visibility = right ? kHiddenPoint : kVisiblePoint;
    grip_ = Grip{aim.shape ? aim.shape->annotation_id : 0, point, true, right, false, cursor_};
    if (!aim.shape) adding_ = false;  // of a new label, not of the one that is being stored
    return {true, std::nullopt};
  }

  ToolResult Release(const ToolContext& context) {
    const Grip grip = *grip_;
    const KeyPoint point = Moved();
    const Shape* shape = Gripped(context);
    grip_.reset();
    if (!grip.follows && !grip.moved) {
      const ToolResult result = Select(grip.shape, context);
      Follow(context);
      if (shape) followed_ = shape->annotation_id;
      current_ = grip.point.point_id;
      by_tab_ = false;
      return {true, result.change};
    }
    static const Shape kNew;
    const bool is_new = !shape || !FindPoint(shape->key_points, point.point_id);
    return Set(shape ? *shape : kNew, point, context, (is_new ? "Set " : "Move ") + point.name);
  }

  ToolResult Set(const Shape& shape, const KeyPoint& point, const ToolContext& context,
                 const std::string& label) {
    const Skeleton& skeleton = *SkeletonOf(&shape, context);
    std::vector<KeyPoint> points = shape.key_points;
    With(&points, point, skeleton);
    if (shape.annotation_id != followed_) Forget();
    after_ = PlaceOfId(skeleton, point.point_id);
    absent_.erase(point.point_id);
    current_ = 0;
    by_tab_ = false;
    return Change(shape, std::move(points), label);
  }

  ToolResult Change(const Shape& shape, std::vector<KeyPoint> points, const std::string& label) {
    ShapeChange change;
    change.kind = ShapeChange::Kind::kPoints;
    change.annotation_id = shape.annotation_id;
    change.category_id = shape.category_id;
    change.key_points = std::move(points);
    change.label = label;
    if (shape.annotation_id <= 0) adding_ = true;
    followed_ = shape.annotation_id;
    hot_.reset();
    return {true, change};
  }

  static ToolResult Select(Id annotation, const ToolContext& context) {
    if (annotation == context.selected_annotation) return {true, std::nullopt};
    ShapeChange change;
    change.kind = ShapeChange::Kind::kSelect;
    change.annotation_id = annotation;
    change.label = "Select";
    return {true, change};
  }

  ToolResult Key(const ToolInput& input, const ToolContext& context) {
    note_.clear();
    if (grip_) {
      if (input.key == ToolKey::kEscape || input.key == ToolKey::kBackspace) grip_.reset();
      return {true, std::nullopt};
    }
    const Shape* target = Target(context);
    const Skeleton* skeleton = SkeletonOf(target, context);
    switch (input.key) {
      case ToolKey::kTab:
        Step(*skeleton, target, input.shift ? -1 : 1);
        return {true, std::nullopt};
      case ToolKey::kEscape:
        if (!current_) return {};
        current_ = 0;
        by_tab_ = false;
        return {true, std::nullopt};
      case ToolKey::kEnter:
        if (!target) return {};
        Forget();
        adding_ = false;
        return Select(0, context);
      case ToolKey::kDelete:
      case ToolKey::kBackspace:
        return Remove(*skeleton, target, context);
      case ToolKey::kLeft:
      case ToolKey::kRight:
      case ToolKey::kUp:
      case ToolKey::kDown:
        return input.alt ? Nudge(input, target, context) : ToolResult{};
      default:
        return {};
    }
  }

  void Step(const Skeleton& skeleton, const Shape* target, int direction) {
    const int count = static_cast<int>(skeleton.points.size());
    const int place = PlaceOfId(skeleton, current_ ? current_ : First(skeleton, target));
    const int next =
        place < 0 ? (direction > 0 ? 0 : count - 1) : (place + direction + count) % count;
    current_ = skeleton.points[static_cast<size_t>(next)].id;
    by_tab_ = true;
    absent_.erase(current_);
    hot_.reset();
  }

  ToolResult Remove(const Skeleton& skeleton, const Shape* target, const ToolContext& context) {
    const Shape* shape = hot_ ? Find(context, hot_->shape) : target;
    const Id point = hot_ ? hot_->point : current_ ? current_ : First(skeleton, target);
    if (!point) {
      note_ = "Point at the point that is absent, or choose it with Tab";
      return {true, std::nullopt};
    }
    const bool is_set = shape && FindPoint(shape->key_points, point);
    if (!shape || shape == target) {  // not asked for again
      absent_.insert(point);
      after_ = PlaceOfId(skeleton, point);
      current_ = 0;
      by_tab_ = false;
    }
    if (!is_set) return {true, std::nullopt};
    std::vector<KeyPoint> points = shape->key_points;
    const std::string name = FindPoint(points, point)->name;
    Without(&points, point);
    return Change(*shape, std::move(points), "Remove " + name);
  }

  ToolResult Nudge(const ToolInput& input, const Shape* target, const ToolContext& context) {
    const Shape* shape = hot_ ? Find(context, hot_->shape) : target;
    const Skeleton& skeleton = *SkeletonOf(shape, context);
    const bool has_last = after_ >= 0 && after_ < static_cast<int>(skeleton.points.size());
    const Id last = has_last ? skeleton.points[static_cast<size_t>(after_)].id : 0;
    const KeyPoint* point = shape ? FindPoint(shape->key_points, hot_       ? hot_->point
                                                                 : current_ ? current_
                                                                            : last)
                                  : nullptr;
    if (!point) {
      note_ = "Point at a point, or choose it with Tab, to nudge it";
      return {true, std::nullopt};
    }
    const double step = input.shift ? 10 : 1;
    cv::Point2d at(point->x, point->y);
    if (input.key == ToolKey::kLeft) at.x -= step;
    if (input.key == ToolKey::kRight) at.x += step;
    if (input.key == ToolKey::kUp) at.y -= step;
    if (input.key == ToolKey::kDown) at.y += step;
    at = Clamped(at, context);
    KeyPoint moved = *point;
    moved.x = at.x;
    moved.y = at.y;
    const bool by_tab = by_tab_;
    const ToolResult result = Set(*shape, moved, context, "Nudge " + moved.name);
    current_ = moved.point_id;
    by_tab_ = by_tab;
    return result;
  }

  double pixel_ = 1;  // image pixels a screen pixel
  cv::Point2d cursor_;
  std::optional<Hot> hot_;
  std::optional<Grip> grip_;
  Id current_ = 0;       // chosen with Tab or a click; 0: the first that is not set
  bool by_tab_ = false;  // it is what a click sets, also when it is set already
  int after_ = -1;       // place of the point that was set last
  std::set<Id> absent_;  // said to be
  Id followed_ = 0;      // whose these are; a shape's id
  bool adding_ = false;  // the label of what was set last may have no id yet
  std::string note_;
};

}  // namespace

std::unique_ptr<Tool> MakePointsTool() { return std::make_unique<PointsTool>(); }

}  // namespace annotate
