// Edits that rest on what is there when they are carried out, not on what was on the screen: a key
// that is pressed twice before the window has been drawn anew goes on from its first time.
#include <algorithm>
#include <set>

#include "annotate/edits.h"
#include "annotate/edits_points.h"
#include "annotate/tools/shape_geometry.h"
#include "datasets/shape/mask.h"
#include "datasets/shape/same_place.h"
#include "datasets/store/points.h"
#include "datasets/unknown_name.h"

namespace annotate {
namespace {

using datasets::AnnotationRow;
using datasets::Error;
using datasets::Id;
using datasets::ImageRow;
using datasets::KeyPoint;

Shape ShapeFrom(const AnnotationRow& row) {
  Shape shape;
  static_cast<datasets::Outline&>(shape) = row;
  shape.annotation_id = row.id;
  shape.category_id = row.category_id;
  shape.key_points = row.key_points;
  if (shape.polygons.empty() && row.rle && !row.rle->empty()) {
    shape.polygons = datasets::TraceMask(datasets::DecodeMask(*row.rle));
  }
  return shape;
}

// Outline, holes and key points; points have no place outside of the picture.
Shape NudgedShape(Shape shape, const ImageRow& image, cv::Point2d by) {
  ToolContext context;
  context.width = image.width;
  context.height = image.height;
  if (!shape.key_points.empty()) {
    by = ShiftInside(datasets::BoxOfPoints(shape.key_points), by, image.width, image.height);
  }
  if (!shape.polygons.empty()) {
    datasets::Polygons outlines = shape.polygons;
    for (datasets::Ring& ring : outlines) {
      for (cv::Point2d& point : ring) point += by;
    }
    static_cast<datasets::Outline&>(shape) =
        WithOutlines(shape, std::move(outlines), context, ShiftBy(by));
  }
  shape.key_points = Shifted(shape.key_points, by);
  return shape;
}

datasets::Box PlaceOfRow(const AnnotationRow& row) {
  return row.HasShape() ? row.Bounds() : datasets::BoxOfPoints(row.key_points);
}

std::optional<AnnotationRow> LabelOfSeen(Recorder& recorder, const SeenPrediction& seen) {
  const auto image = recorder.reader().ImageAt(seen.video_id, seen.frame_index);
  if (!image) return std::nullopt;
  double nearest = datasets::kSamePlace;
  const bool is_shared =
      seen.numbered || datasets::UnknownOf(recorder.reader().Categories()) == seen.row.category_id;
  std::optional<AnnotationRow> found;
  for (AnnotationRow& label : recorder.reader().AnnotationsOfImage(image->id)) {
    if (label.category_id != seen.row.category_id) continue;
    if (std::count(seen.known.begin(), seen.known.end(), label.id) > 0) continue;
    if (!is_shared) return label;
    const double overlap = datasets::BoxIou(PlaceOfRow(label), PlaceOfRow(seen.row));
    if (overlap < nearest) continue;
    nearest = overlap;
    found = std::move(label);
  }
  return found;
}

struct FrameBefore {
  int frame = 0;
  std::vector<AnnotationRow> labels;
};
std::optional<FrameBefore> NearestBefore(Recorder& recorder, Id video_id, int frame_index) {
  const std::vector<ImageRow> images = recorder.reader().ImagesBetween(video_id, 0, frame_index);
  for (auto image = images.rbegin(); image != images.rend(); ++image) {
    FrameBefore before{image->frame_index.value_or(0),
                       recorder.reader().AnnotationsOfImage(image->id)};
    if (!before.labels.empty()) return before;
  }
  return std::nullopt;
}

FrameBefore RequireBefore(Recorder& recorder, Id video_id, int frame_index) {
  auto before = NearestBefore(recorder, video_id, frame_index);
  if (before) return std::move(*before);
  throw Error("frame " + std::to_string(frame_index),
              "there is no labeled frame before this one to copy from", "label one first");
}

std::vector<AnnotationRow> LabelsAt(Recorder& recorder, Id video_id, int frame_index) {
  const auto image = recorder.reader().ImageAt(video_id, frame_index);
  return image ? recorder.reader().AnnotationsOfImage(image->id) : std::vector<AnnotationRow>();
}

// Of each label the one of its name in the other frame, or null; of several of one name those that
// are nearest to each other belong together.
std::vector<const AnnotationRow*> Counterparts(const std::vector<AnnotationRow>& labels,
                                               const std::vector<AnnotationRow>& others) {
  struct Pair {
    double distance = 0;
    size_t label = 0, other = 0;
  };
  const auto center = [](const AnnotationRow& row) {
    const datasets::Box box = PlaceOfRow(row);
    return cv::Point2d(box.x + box.width / 2, box.y + box.height / 2);
  };
  std::vector<Pair> pairs;
  for (size_t i = 0; i < labels.size(); ++i) {
    for (size_t k = 0; k < others.size(); ++k) {
      if (labels[i].category_id != others[k].category_id) continue;
      pairs.push_back({cv::norm(center(labels[i]) - center(others[k])), i, k});
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const Pair& a, const Pair& b) { return a.distance < b.distance; });
  std::vector<const AnnotationRow*> of(labels.size(), nullptr);
  std::set<size_t> used;
  for (const Pair& pair : pairs) {
    if (of[pair.label] || !used.insert(pair.other).second) continue;
    of[pair.label] = &others[pair.other];
  }
  return of;
}

AnnotationRow CopyOf(const AnnotationRow& row) {
  AnnotationRow copy;
  copy.category_id = row.category_id;
  static_cast<datasets::Outline&>(copy) = ShapeFrom(row);
  copy.key_points = row.key_points;
  return copy;
}

}  // namespace

Edit NudgeAnnotation(Id annotation_id, const cv::Point2d& by) {
  return {"Nudge", std::nullopt, [=](Recorder& recorder) {
            const auto row = recorder.reader().AnnotationById(annotation_id);
            if (!row) {
              throw Error("label " + std::to_string(annotation_id),
                          "it has been deleted meanwhile");
            }
            const auto image = recorder.reader().ImageById(row->image_id);
            const Shape moved = NudgedShape(ShapeFrom(*row), *image, by);
            if (moved.HasShape()) {
              ReplaceShape(annotation_id, moved.polygons, moved.rle, "", moved.key_points)
                  .change(recorder);
            } else {
              SetPoints(annotation_id, moved.key_points).change(recorder);
            }
          }};
}

Edit CopyFromBefore(Id video_id, int frame_index) {
  return {"Copy labels", Place{video_id, frame_index}, [=](Recorder& recorder) {
            const FrameBefore before = RequireBefore(recorder, video_id, frame_index);
            std::set<Id> taken;
            for (const AnnotationRow& label : LabelsAt(recorder, video_id, frame_index)) {
              taken.insert(label.category_id);
            }
            for (const AnnotationRow& label : before.labels) {
              if (taken.count(label.category_id)) continue;
              AddAnnotation(video_id, frame_index, CopyOf(label)).change(recorder);
            }
          }};
}

Edit CopyPointsFromBefore(Id video_id, int frame_index, Id only_category) {
  return {"Copy points", Place{video_id, frame_index}, [=](Recorder& recorder) {
            const FrameBefore before = RequireBefore(recorder, video_id, frame_index);
            std::vector<AnnotationRow> labels;
            for (const AnnotationRow& label : before.labels) {
              if (only_category && label.category_id != only_category) continue;
              if (!label.key_points.empty()) labels.push_back(label);
            }
            // As they are before the first is copied.
            const std::vector<AnnotationRow> all = LabelsAt(recorder, video_id, frame_index);
            const std::vector<const AnnotationRow*> here = Counterparts(labels, all);
            for (size_t i = 0; i < labels.size(); ++i) {
              if (!here[i]) {
                AnnotationRow row;
                row.category_id = labels[i].category_id;
                row.key_points = labels[i].key_points;
                AddAnnotation(video_id, frame_index, row).change(recorder);
              } else if (here[i]->key_points.empty()) {
                SetPoints(here[i]->id, labels[i].key_points).change(recorder);
              }
            }
            if (labels.empty()) {
              throw Error("frame " + std::to_string(before.frame),
                          "the nearest labeled frame before this one has no key points to copy",
                          "place them there first");
            }
          }};
}

Edit NamePrediction(Id job_id, Id video_id, int frame_index, Id prediction_id, Id to_category,
                    bool numbered) {
  return {"Name animal", Place{video_id, frame_index}, [=](Recorder& recorder) {
            std::optional<datasets::PredictionRow> named;
            recorder.reader().ForEachPrediction(job_id, video_id, frame_index, frame_index + 1,
                                                datasets::PredictionView::kCorrected,
                                                [&](int, const auto& rows) {
                                                  for (const datasets::PredictionRow& row : rows) {
                                                    if (row.id == prediction_id) named = row;
                                                  }
                                                });
            if (!named) {
              throw Error("prediction", "it has been taken out of this frame meanwhile",
                          "look at the frame again");
            }
            AssignPredictionName(job_id, video_id, frame_index, frame_index + 1, named->category_id,
                                 to_category,
                                 numbered ? std::optional<int>(named->tracklet) : std::nullopt)
                .change(recorder);
          }};
}

Edit CorrectPrediction(const SeenPrediction& seen, const datasets::Outline& outline,
                       const std::vector<KeyPoint>& key_points) {
  const Place place{seen.video_id, seen.frame_index};
  return {
      "Correct prediction", place, [=](Recorder& recorder) {
        if (const auto label = LabelOfSeen(recorder, seen)) {
          ReplaceShape(label->id, outline.polygons, outline.rle, "", key_points).change(recorder);
          return;
        }
        AnnotationRow row = seen.row;
        static_cast<datasets::Outline&>(row) = outline;
        if (!key_points.empty()) row.key_points = key_points;
        AddAnnotation(seen.video_id, seen.frame_index, row).change(recorder);
      }};
}

Edit NudgePrediction(const SeenPrediction& seen, const cv::Point2d& by) {
  return {"Nudge", Place{seen.video_id, seen.frame_index}, [=](Recorder& recorder) {
            if (const auto label = LabelOfSeen(recorder, seen)) {
              NudgeAnnotation(label->id, by).change(recorder);
              return;
            }
            const ImageRow image = recorder.ImageAt(seen.video_id, seen.frame_index);
            const Shape moved = NudgedShape(ShapeFrom(seen.row), image, by);
            AnnotationRow row = seen.row;
            static_cast<datasets::Outline&>(row) = moved;
            row.key_points = moved.key_points;
            AddAnnotation(seen.video_id, seen.frame_index, row).change(recorder);
          }};
}

Edit SwapSidesOfPrediction(const SeenPrediction& seen) {
  return {"Swap left and right", Place{seen.video_id, seen.frame_index}, [=](Recorder& recorder) {
            auto label = LabelOfSeen(recorder, seen);
            if (!label) {
              AddAnnotation(seen.video_id, seen.frame_index, seen.row).change(recorder);
              label = LabelOfSeen(recorder, seen);
            }
            if (label) SwapLeftRight(label->id).change(recorder);
          }};
}

}  // namespace annotate
