#include "app/model/requests/pending_shapes.h"

#include <algorithm>

#include "datasets/shape/same_place.h"

namespace app {
namespace {

using Kind = annotate::ShapeChange::Kind;

auto ById(datasets::Id id) {
  return [id](const annotate::Shape& shape) { return shape.annotation_id == id; };
}

// Of a label that has an id, the label; else the one that was made for the points.
template <class Shapes>
auto FindPointsOf(Shapes& labels, const annotate::ShapeChange& change, datasets::Id category,
                  const std::vector<datasets::Id>& known) {
  return std::find_if(labels.begin(), labels.end(), [&](const annotate::Shape& label) {
    if (change.annotation_id > 0) return label.annotation_id == change.annotation_id;
    const bool is_new = std::find(known.begin(), known.end(), label.annotation_id) == known.end();
    return is_new && (!category || label.category_id == category);
  });
}

// Of a label whose name says nothing, for several have it.
bool IsSamePlace(const annotate::Shape& label, const annotate::ShapeChange& change) {
  return datasets::BoxIou(datasets::BoxOf(label.polygons), datasets::BoxOf(change.polygons)) >=
         datasets::kSamePlace;
}

bool Equal(const std::vector<datasets::KeyPoint>& a, const std::vector<datasets::KeyPoint>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& one, const auto& other) {
    return one.point_id == other.point_id && one.x == other.x && one.y == other.y &&
           one.visibility == other.visibility;
  });
}

}  // namespace

void PendingShapes::Add(const annotate::ShapeChange& change, datasets::Id category,
                        const FrameView& view, double seconds_now, bool shares_name) {
  if (change.kind == Kind::kSelect) return;
  Waiting waiting{change,      category, view.video_id, view.frame, view.revision,
                  seconds_now, {},       shares_name};
  for (const annotate::Shape& label : view.labels) waiting.known.push_back(label.annotation_id);
  waiting_.push_back(std::move(waiting));
}

// Whatever else is added is shown, or not, for itself.
bool PendingShapes::IsOfSameLabel(const Waiting& a, const Waiting& b) {
  if (a.change.annotation_id > 0) return a.change.annotation_id == b.change.annotation_id;
  return b.change.annotation_id <= 0 && a.change.kind == Kind::kPoints &&
         b.change.kind == Kind::kPoints && a.category == b.category;
}

bool PendingShapes::IsShown(const Waiting& waiting, const FrameView& view) {
  if (view.revision == waiting.revision) return false;
  const annotate::ShapeChange& change = waiting.change;
  if (change.kind == Kind::kAdd) {
    for (const annotate::Shape& label : view.labels) {
      const bool is_new = std::find(waiting.known.begin(), waiting.known.end(),
                                    label.annotation_id) == waiting.known.end();
      // The store may keep an outline with other digits, or cut; an animal has one label a frame.
      const bool named = waiting.category && label.category_id == waiting.category;
      const bool is_it = label.polygons == change.polygons ||
                         (named && (!waiting.shares_name || IsSamePlace(label, change)));
      if (!is_new || !is_it) continue;
      added_ = label.annotation_id;
      return true;
    }
    return false;
  }
  if (change.kind == Kind::kPoints) {
    const auto label = FindPointsOf(view.labels, change, waiting.category, waiting.known);
    if (label == view.labels.end()) return change.annotation_id > 0;
    if (!Equal(label->key_points, change.key_points)) return false;
    if (change.annotation_id <= 0) added_ = label->annotation_id;
    return true;
  }
  const auto label =
      std::find_if(view.labels.begin(), view.labels.end(), ById(change.annotation_id));
  if (label == view.labels.end()) return true;
  return change.kind == Kind::kReplace && label->polygons == change.polygons &&
         (change.key_points.empty() || Equal(label->key_points, change.key_points));
}

const std::vector<annotate::Shape>& PendingShapes::LabelsOf(const FrameView& view,
                                                            double seconds_now) {
  // Changes are carried out in order: what came before one that is shown is shown or overwritten.
  for (size_t i = waiting_.size(); i-- > 0;) {
    const Waiting& waiting = waiting_[i];
    const bool elsewhere = waiting.frame != view.frame || waiting.video_id != view.video_id;
    if (elsewhere || seconds_now - waiting.since > kPatienceSeconds) {
      waiting_.erase(waiting_.begin() + static_cast<long>(i));
    } else if (IsShown(waiting, view)) {
      const Waiting shown = waiting;
      waiting_.erase(waiting_.begin() + static_cast<long>(i));
      for (size_t before = i; before-- > 0;) {
        if (!IsOfSameLabel(waiting_[before], shown)) continue;
        waiting_.erase(waiting_.begin() + static_cast<long>(before));
        --i;
      }
    }
  }
  if (waiting_.empty()) return view.labels;
  labels_ = view.labels;
  for (const Waiting& waiting : waiting_) {
    const annotate::ShapeChange& change = waiting.change;
    if (change.kind == Kind::kAdd) {
      annotate::Shape shape;
      shape.category_id = waiting.category;
      shape.polygons = change.polygons;
      shape.rle = change.rle;
      labels_.push_back(std::move(shape));
      continue;
    }
    if (change.kind == Kind::kPoints) {
      auto label = FindPointsOf(labels_, change, waiting.category, waiting.known);
      if (label == labels_.end() && change.annotation_id > 0) continue;
      if (label == labels_.end()) {
        annotate::Shape shape;
        shape.category_id = waiting.category;
        shape.polygons = change.polygons;
        shape.rle = change.rle;
        label = labels_.insert(labels_.end(), std::move(shape));
      }
      label->key_points = change.key_points;
      if (label->key_points.empty() && !label->HasShape()) labels_.erase(label);
      continue;
    }
    const auto label = std::find_if(labels_.begin(), labels_.end(), ById(change.annotation_id));
    if (label == labels_.end()) continue;
    if (change.kind == Kind::kDelete) {
      labels_.erase(label);
    } else {
      label->polygons = change.polygons;
      label->rle = change.rle;
      if (!change.key_points.empty()) label->key_points = change.key_points;
    }
  }
  return labels_;
}

}  // namespace app
