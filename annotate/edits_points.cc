#include "annotate/edits_points.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "annotate/edits.h"
#include "datasets/store/points.h"

namespace annotate {
namespace {

using datasets::AnnotationRow;
using datasets::Error;
using datasets::Id;
using datasets::ImageRow;
using datasets::KeyPoint;
using datasets::LabelPointRow;
using datasets::Skeleton;
using datasets::SkeletonEdgeRow;
using datasets::SkeletonPointRow;
using datasets::Writer;

struct LabelPlace {
  AnnotationRow label;
  ImageRow image;
  std::vector<LabelPointRow> points;
};

LabelPlace Look(Recorder& recorder, Id annotation_id) {
  const auto label = recorder.reader().AnnotationById(annotation_id);
  if (!label) {
    throw Error("label " + std::to_string(annotation_id), "it has been deleted meanwhile");
  }
  const auto image = recorder.reader().ImageById(label->image_id);
  if (image->video_id) recorder.SetPlace({*image->video_id, *image->frame_index});
  return {*label, *image, datasets::PointsOfLabel(recorder.connection(), annotation_id)};
}

Skeleton SkeletonOfPoint(const Recorder& recorder, Id point_id, std::string* name) {
  for (Skeleton& skeleton : recorder.reader().Skeletons()) {
    for (const datasets::SkeletonPoint& point : skeleton.points) {
      if (point.id != point_id) continue;
      *name = point.name;
      return std::move(skeleton);
    }
  }
  throw Error("point " + std::to_string(point_id), "it is in no skeleton any more");
}

void CheckInside(const ImageRow& image, const KeyPoint& point) {
  if (point.x >= 0 && point.y >= 0 && point.x <= image.width && point.y <= image.height) return;
  throw Error("point '" + point.name + "'", "it lies outside of the picture", "set it inside");
}

void UpdatePoint(Recorder& recorder, const LabelPointRow& point) {
  recorder.Change("annotation_points", point.id, [&](Writer& writer) {
    datasets::UpdateLabelPoint(writer.connection(), point.id, point);
  });
}

void DeletePoint(Recorder& recorder, Id row) {
  recorder.Change("annotation_points", row,
                  [&](Writer& writer) { datasets::DeleteLabelPoint(writer.connection(), row); });
}

// After its points have changed: the box follows; without outline and points it goes.
void Settle(Recorder& recorder, Id annotation_id) {
  LabelPlace now = Look(recorder, annotation_id);
  if (now.label.HasShape()) return;
  if (now.points.empty()) {
    DeleteLabel(recorder, annotation_id);
    return;
  }
  const datasets::Box before = now.label.box;
  MeasurePoints(now.image, &now.label);
  const datasets::Box& box = now.label.box;
  if (box.x == before.x && box.y == before.y && box.width == before.width &&
      box.height == before.height) {
    return;
  }
  now.label.author = recorder.author();
  recorder.Change("annotations", annotation_id,
                  [&](Writer& writer) { writer.UpdateAnnotation(now.label); });
}

// What was interpolated or carried is a person's once a person changes its points; its outline, at
// which nobody has looked, is still the program's.
void TakeOver(Recorder& recorder, Id annotation_id) {
  const auto label = recorder.reader().AnnotationById(annotation_id);
  if (!label || label->keyframe) return;
  datasets::AnnotationRow own = *label;
  own.keyframe = true;
  if (!own.HasShape()) own.source = datasets::LabelSource::kDrawn;
  own.author = recorder.author();
  recorder.Change("annotations", annotation_id,
                  [&](Writer& writer) { writer.UpdateAnnotation(own); });
}

LabelPointRow* Find(LabelPlace& place, Id point_id) {
  for (LabelPointRow& point : place.points) {
    if (point.point_id == point_id) return &point;
  }
  return nullptr;
}

LabelPointRow& Require(Recorder& recorder, LabelPlace& place, Id point_id) {
  if (LabelPointRow* point = Find(place, point_id)) return *point;
  std::string name;
  SkeletonOfPoint(recorder, point_id, &name);
  throw Error("point '" + name + "'", "this animal does not have it", "set it first");
}

void CheckNameIsFree(const Recorder& recorder, const Skeleton& skeleton) {
  datasets::CheckSkeleton(skeleton);
  for (const Skeleton& other : recorder.reader().Skeletons()) {
    if (other.name == skeleton.name && other.id != skeleton.id) {
      throw Error("skeleton '" + skeleton.name + "'", "the name is taken", "choose another one");
    }
  }
}

void RemoveFromLabels(Recorder& recorder, Id point_id) {
  std::set<Id> labels;
  for (const Id row : datasets::LabelPointsOf(recorder.connection(), point_id)) {
    labels.insert(datasets::LabelOfPoint(recorder.connection(), row));
    DeletePoint(recorder, row);
  }
  const auto place = recorder.place();
  for (const Id label : labels) Settle(recorder, label);
  if (place) recorder.SetPlace(*place);
}

void ChangePoint(Recorder& recorder, const SkeletonPointRow& row) {
  recorder.Change("skeleton_points", row.id,
                  [&](Writer& writer) { datasets::UpdateSkeletonPoint(writer.connection(), row); });
}

// Makes the stored points and edges of skeleton `id` those of `wanted`.
void Store(Recorder& recorder, Id id, const Skeleton& wanted) {
  datasets::Connection& connection = recorder.connection();
  std::map<Id, SkeletonPointRow> known;
  for (const SkeletonPointRow& row : datasets::ReadSkeletonPoints(connection, id)) {
    known[row.id] = row;
  }
  std::set<Id> kept;
  for (const auto& point : wanted.points) {
    if (point.id == 0) continue;
    if (!known.count(point.id) || !kept.insert(point.id).second) {
      throw Error("point '" + point.name + "'", "it is not in this skeleton any more",
                  "look at the skeleton again");
    }
  }
  for (const SkeletonEdgeRow& edge : datasets::ReadSkeletonEdges(connection, id)) {
    bool stays = false;
    for (const auto& [from, to] : wanted.edges) {
      stays |= wanted.points[static_cast<size_t>(from)].id == edge.from_point_id &&
               wanted.points[static_cast<size_t>(to)].id == edge.to_point_id;
    }
    if (stays) continue;
    recorder.Change("skeleton_edges", edge.id, [&](Writer& writer) {
      datasets::DeleteSkeletonEdge(writer.connection(), edge.id);
    });
  }
  for (auto& [point_id, row] : known) {  // before any of them goes
    if (!row.partner_id || (kept.count(point_id) && kept.count(*row.partner_id))) continue;
    row.partner_id.reset();
    ChangePoint(recorder, row);
  }
  for (const auto& [point_id, row] : known) {
    if (kept.count(point_id)) continue;
    RemoveFromLabels(recorder, point_id);
    recorder.Change("skeleton_points", point_id, [&, point = point_id](Writer& writer) {
      datasets::DeleteSkeletonPoint(writer.connection(), point);
    });
  }
  std::vector<Id> ids;
  for (const auto& point : wanted.points) {
    ids.push_back(point.id ? point.id : recorder.Insert("skeleton_points", [&](Writer& writer) {
      return datasets::InsertSkeletonPoint(
          writer.connection(), {0, id, point.name, static_cast<int>(ids.size()), point.color, {}});
    }));
  }
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto& point = wanted.points[i];
    SkeletonPointRow row{ids[i], id, point.name, static_cast<int>(i), point.color, {}};
    if (point.partner >= 0) row.partner_id = ids[static_cast<size_t>(point.partner)];
    ChangePoint(recorder, row);
  }
  std::set<std::pair<Id, Id>> there;
  for (const SkeletonEdgeRow& edge : datasets::ReadSkeletonEdges(connection, id)) {
    there.insert({edge.from_point_id, edge.to_point_id});
  }
  for (const auto& [from, to] : wanted.edges) {
    const Id first = ids[static_cast<size_t>(from)], second = ids[static_cast<size_t>(to)];
    if (there.count({first, second})) continue;
    recorder.Insert("skeleton_edges", [&](Writer& writer) {
      return datasets::InsertSkeletonEdge(writer.connection(), first, second);
    });
  }
}

}  // namespace

void MeasurePoints(const ImageRow& image, AnnotationRow* label) {
  if (label->key_points.empty()) {
    throw Error("label", "it has no outline and no points", "draw at least one of them");
  }
  for (const KeyPoint& point : label->key_points) CheckInside(image, point);
  label->box = datasets::BoxOfPoints(label->key_points);
  label->area = 0;
}

Id InsertLabel(Recorder& recorder, AnnotationRow label) {
  const std::vector<KeyPoint> points = std::move(label.key_points);
  label.key_points.clear();
  const Id id = recorder.Insert("annotations",
                                [&](Writer& writer) { return writer.InsertAnnotation(label); });
  for (const KeyPoint& point : points) {
    if (point.visibility == 0) continue;
    if (point.point_id == 0) {
      throw Error("point '" + point.name + "'", "no skeleton knows it", "make a skeleton first");
    }
    recorder.Insert("annotation_points", [&](Writer& writer) {
      return datasets::InsertLabelPoint(writer.connection(), id, point);
    });
  }
  return id;
}

void DeleteLabel(Recorder& recorder, Id annotation_id) {
  for (const LabelPointRow& point : datasets::PointsOfLabel(recorder.connection(), annotation_id)) {
    DeletePoint(recorder, point.id);
  }
  recorder.Change("annotations", annotation_id,
                  [&](Writer& writer) { writer.DeleteAnnotation(annotation_id); });
}

Edit SetPoint(Id annotation_id, Id point_id, double x, double y, bool visible) {
  return {"Set point", std::nullopt, [=](Recorder& recorder) {
            LabelPlace place = Look(recorder, annotation_id);
            KeyPoint point;
            const Skeleton skeleton = SkeletonOfPoint(recorder, point_id, &point.name);
            point.x = x;
            point.y = y;
            point.visibility = visible ? 2 : 1;
            point.point_id = point_id;
            CheckInside(place.image, point);
            for (const LabelPointRow& other : place.points) {
              if (PlaceOf(skeleton, other.name) < 0) {
                throw Error(
                    "point '" + point.name + "'",
                    "this animal has points of another skeleton than '" + skeleton.name + "'",
                    "remove those first");
              }
            }
            if (LabelPointRow* there = Find(place, point_id)) {
              static_cast<KeyPoint&>(*there) = point;
              UpdatePoint(recorder, *there);
            } else {
              recorder.Insert("annotation_points", [&](Writer& writer) {
                return datasets::InsertLabelPoint(writer.connection(), annotation_id, point);
              });
            }
            TakeOver(recorder, annotation_id);
            Settle(recorder, annotation_id);
          }};
}

namespace {

void ReplacePoints(Recorder& recorder, Id annotation_id, const std::vector<KeyPoint>& points) {
  LabelPlace place = Look(recorder, annotation_id);
  std::set<Id> wanted;
  std::optional<Skeleton> skeleton;
  for (KeyPoint point : points) {
    if (!wanted.insert(point.point_id).second) {
      throw Error("point '" + point.name + "'", "it is set twice", "set it once");
    }
    const Skeleton its = SkeletonOfPoint(recorder, point.point_id, &point.name);
    if (skeleton && skeleton->id != its.id) {
      throw Error("point '" + point.name + "'",
                  "this animal has points of another skeleton than '" + its.name + "'",
                  "remove those first");
    }
    skeleton = its;
    CheckInside(place.image, point);
  }
  for (const LabelPointRow& point : place.points) {
    if (!wanted.count(point.point_id)) DeletePoint(recorder, point.id);
  }
  for (const KeyPoint& point : points) {
    LabelPointRow* there = Find(place, point.point_id);
    if (!there) {
      recorder.Insert("annotation_points", [&](Writer& writer) {
        return datasets::InsertLabelPoint(writer.connection(), annotation_id, point);
      });
    } else if (there->x != point.x || there->y != point.y ||
               there->visibility != point.visibility) {
      static_cast<KeyPoint&>(*there) = point;
      UpdatePoint(recorder, *there);
    }
  }
  TakeOver(recorder, annotation_id);
  Settle(recorder, annotation_id);
}

// Whether nothing but points of this person's is there, as the gesture makes it.
bool IsOfGesture(const AnnotationRow& label, const std::string& author) {
  return label.author == author && !label.HasShape() &&
         label.source == datasets::LabelSource::kDrawn;
}

// `points` over those that are there.
std::vector<KeyPoint> Merged(std::vector<KeyPoint> there, const std::vector<KeyPoint>& points) {
  for (const KeyPoint& point : points) {
    const auto same = std::find_if(there.begin(), there.end(), [&](const KeyPoint& other) {
      return other.point_id == point.point_id;
    });
    if (same == there.end()) {
      there.push_back(point);
    } else {
      *same = point;
    }
  }
  return there;
}

}  // namespace

Edit SetPoints(Id annotation_id, const std::vector<KeyPoint>& points, const std::string& label) {
  return {label, std::nullopt,
          [=](Recorder& recorder) { ReplacePoints(recorder, annotation_id, points); }};
}

Edit AddPoints(Id video_id, int frame_index, const AnnotationRow& row, const std::vector<Id>& known,
               const std::string& label) {
  return {label, Place{video_id, frame_index}, [=](Recorder& recorder) {
            const ImageRow image = recorder.ImageAt(video_id, frame_index);
            for (const AnnotationRow& there : recorder.reader().AnnotationsOfImage(image.id)) {
              if (std::find(known.begin(), known.end(), there.id) != known.end()) continue;
              if (row.category_id && there.category_id != row.category_id) continue;
              ReplacePoints(recorder, there.id,
                            IsOfGesture(there, recorder.author())
                                ? row.key_points
                                : Merged(there.key_points, row.key_points));
              return;
            }
            AddAnnotation(video_id, frame_index, row, label).change(recorder);
          }};
}

Edit SetPointHidden(Id annotation_id, Id point_id, bool hidden) {
  return {hidden ? "Hide point" : "Show point", std::nullopt, [=](Recorder& recorder) {
            LabelPlace place = Look(recorder, annotation_id);
            LabelPointRow& point = Require(recorder, place, point_id);
            point.visibility = hidden ? 1 : 2;
            UpdatePoint(recorder, point);
            TakeOver(recorder, annotation_id);
          }};
}

Edit RemovePoint(Id annotation_id, Id point_id) {
  return {"Remove point", std::nullopt, [=](Recorder& recorder) {
            LabelPlace place = Look(recorder, annotation_id);
            DeletePoint(recorder, Require(recorder, place, point_id).id);
            TakeOver(recorder, annotation_id);
            Settle(recorder, annotation_id);
          }};
}

Edit SwapLeftRight(Id annotation_id) {
  return {"Swap left and right", std::nullopt, [=](Recorder& recorder) {
            LabelPlace place = Look(recorder, annotation_id);
            std::map<Id, Id> partners;
            for (const Skeleton& skeleton : recorder.reader().Skeletons()) {
              for (const auto& point : skeleton.points) {
                if (point.partner < 0) continue;
                partners[point.id] = skeleton.points[static_cast<size_t>(point.partner)].id;
              }
            }
            bool any = false;
            for (LabelPointRow& point : place.points) {
              const auto partner = partners.find(point.point_id);
              if (partner == partners.end()) continue;
              any = true;
              LabelPointRow* other = Find(place, partner->second);
              if (!other) {
                point.point_id = partner->second;
                UpdatePoint(recorder, point);
              } else if (point.point_id < other->point_id) {
                std::swap(point.x, other->x);
                std::swap(point.y, other->y);
                std::swap(point.visibility, other->visibility);
                UpdatePoint(recorder, point);
                UpdatePoint(recorder, *other);
              }
            }
            if (!any) {
              throw Error("left and right", "no point of this animal has a symmetric partner",
                          "say in its skeleton which points are");
            }
            TakeOver(recorder, annotation_id);
          }};
}

Edit AddSkeleton(const Skeleton& skeleton) {
  return {"Add skeleton", std::nullopt, [=](Recorder& recorder) {
            Skeleton fresh = skeleton;
            fresh.id = 0;
            for (auto& point : fresh.points) point.id = 0;
            CheckNameIsFree(recorder, fresh);
            const Id id = recorder.Insert("skeletons", [&](Writer& writer) {
              return datasets::InsertSkeletonRow(writer.connection(), fresh.name);
            });
            Store(recorder, id, fresh);
          }};
}

Edit ChangeSkeleton(const Skeleton& skeleton) {
  return {"Change skeleton", std::nullopt, [=](Recorder& recorder) {
            CheckNameIsFree(recorder, skeleton);
            recorder.Change("skeletons", skeleton.id, [&](Writer& writer) {
              datasets::RenameSkeletonRow(writer.connection(), skeleton.id, skeleton.name);
            });
            Store(recorder, skeleton.id, skeleton);
          }};
}

Edit DeleteSkeleton(Id skeleton_id) {
  return {"Delete skeleton", std::nullopt, [=](Recorder& recorder) {
            Store(recorder, skeleton_id, {});
            recorder.Change("skeletons", skeleton_id, [&](Writer& writer) {
              datasets::DeleteSkeletonRow(writer.connection(), skeleton_id);
            });
          }};
}

}  // namespace annotate
