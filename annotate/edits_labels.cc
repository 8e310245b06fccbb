#include <cmath>
#include <map>
#include <set>

#include "annotate/edits.h"
#include "annotate/edits_points.h"
#include "datasets/shape/mask.h"
#include "datasets/store/connection.h"
#include "datasets/store/subjects/subjects.h"
#include "datasets/unknown_name.h"

namespace annotate {
namespace {

using datasets::AnnotationRow;
using datasets::Error;
using datasets::Id;
using datasets::ImageRow;
using datasets::ImageState;
using datasets::Writer;

// Fills in box and area. The area of several parts counts what they share once.
void Measure(const ImageRow& image, AnnotationRow* annotation) {
  if (!annotation->HasShape()) {
    if (annotation->key_points.empty()) {
      throw Error("outline", "it is empty", "draw at least three points");
    }
    MeasurePoints(image, annotation);
    return;
  }
  for (const datasets::Ring& ring : annotation->polygons) datasets::CheckRing(ring, "outline");
  if (annotation->rle) {
    if (annotation->rle->width != image.width || annotation->rle->height != image.height) {
      throw Error("mask", "its size is not that of the frame");
    }
  }
  annotation->box = annotation->Bounds();
  annotation->area = annotation->Area({image.width, image.height});
}

AnnotationRow Existing(const Recorder& recorder, Id annotation_id) {
  const auto annotation = recorder.reader().AnnotationById(annotation_id);
  if (!annotation) {
    throw Error("label " + std::to_string(annotation_id), "it has been deleted meanwhile");
  }
  return *annotation;
}

// What a person changes is theirs from then on: what is filled in later does not replace it.
void Update(Recorder& recorder, AnnotationRow annotation) {
  annotation.author = recorder.author();
  annotation.keyframe = true;
  recorder.Change("annotations", annotation.id,
                  [&](Writer& writer) { writer.UpdateAnnotation(annotation); });
}

std::optional<Id> TrackOf(const Recorder& recorder, const ImageRow& image, Id category_id) {
  if (!image.video_id) return std::nullopt;
  std::optional<Id> only;  // where several have the name, any of them would be another animal's
  for (const datasets::TrackRow& track : recorder.reader().Tracks(*image.video_id)) {
    if (track.category_id != category_id) continue;
    if (only) return std::nullopt;
    only = track.id;
  }
  return only;
}

// Labels of one image: `a` becomes `b` and the other way round; each takes over the other's track.
void SwapInImage(Recorder& recorder, const ImageRow& image, Id a, Id b) {
  const std::vector<AnnotationRow> annotations = recorder.reader().AnnotationsOfImage(image.id);
  std::map<Id, std::optional<Id>> track_of;
  for (const AnnotationRow& annotation : annotations) {
    if (annotation.category_id == a || annotation.category_id == b) {
      track_of.emplace(annotation.category_id, annotation.track_id);
    }
  }
  for (AnnotationRow annotation : annotations) {
    if (annotation.category_id != a && annotation.category_id != b) continue;
    annotation.category_id = annotation.category_id == a ? b : a;
    const auto partner = track_of.find(annotation.category_id);
    annotation.track_id = partner != track_of.end()
                              ? partner->second
                              : TrackOf(recorder, image, annotation.category_id);
    Update(recorder, std::move(annotation));
  }
}

std::string CategoryName(const Recorder& recorder, Id category_id) {
  for (const datasets::CategoryRow& category : recorder.reader().Categories()) {
    if (category.id == category_id) return category.name;
  }
  throw Error("animal " + std::to_string(category_id), "it is not in the project");
}

constexpr char kNameOneByOne[] = "name each one by itself";

bool IsUnknownAnimal(const Recorder& recorder, Id category_id) {
  return datasets::UnknownOf(recorder.reader().Categories()) == category_id;
}

// Bouts name their subject: an animal or a region, so that no animal may be called like either.
std::set<std::string> TakenNames(const Recorder& recorder) {
  std::set<std::string> names;
  for (const auto& category : recorder.reader().Categories()) names.insert(category.name);
  for (const Id video : recorder.reader().VideoIds()) {
    for (const auto& region : recorder.reader().Regions(video)) names.insert(region.name);
  }
  return names;
}

void CheckAnimalNameIsFree(const Recorder& recorder, const std::string& name) {
  if (TakenNames(recorder).count(name) == 0) return;
  throw Error("animal '" + name + "'", "the name is taken", "choose another one");
}

Id NewAnimal(Recorder& recorder) {
  const std::set<std::string> names = TakenNames(recorder);
  int number = 1;
  while (names.count("animal_" + std::to_string(number))) ++number;
  return recorder.Insert("categories", [&](Writer& writer) {
    return writer.FindOrInsertCategory("animal_" + std::to_string(number));
  });
}

void InsertSwap(Recorder& recorder, Id job_id, Id video_id, int start_frame, int end_frame, Id a,
                Id b, std::optional<int> number = {}) {
  datasets::PredictionCorrectionRow correction;
  correction.job_id = job_id;
  correction.video_id = video_id;
  correction.start_frame = start_frame;
  correction.end_frame = end_frame;
  correction.category_id = a;
  correction.other_category_id = b;
  correction.number = correction.other_number = number;
  correction.author = recorder.author();
  recorder.Insert("prediction_corrections",
                  [&](Writer& writer) { return writer.InsertPredictionCorrection(correction); });
}

bool HasLabelOf(const Recorder& recorder, const ImageRow& image, Id category_id) {
  for (const AnnotationRow& label : recorder.reader().AnnotationsOfImage(image.id)) {
    if (label.category_id == category_id) return true;
  }
  return false;
}

void CheckNames(const Recorder& recorder, const char* what, Id a, Id b) {
  CategoryName(recorder, a);
  CategoryName(recorder, b);
  if (a == b) throw Error(what, "it needs two different animals", "choose another one");
  if (IsUnknownAnimal(recorder, a) || IsUnknownAnimal(recorder, b)) {
    throw Error(what, "animals without a name are not one animal", kNameOneByOne);
  }
}

// Spans in which swapping the predictions of the two is the same as renaming `from`: none of their
// frames has only `to`. As few as there can be.
std::vector<std::pair<int, int>> SpansToSwap(const datasets::Reader& reader, Id job_id, Id video_id,
                                             int start_frame, int end_frame, Id from, Id to) {
  std::vector<std::pair<int, int>> spans;
  bool span_is_open = false, has_from = false, has_to = false;
  int current = -1;
  const auto close_frame = [&] {
    if (has_from && span_is_open) {
      spans.back().second = current + 1;
    } else if (has_from) {
      spans.emplace_back(current, current + 1);
    }
    if (has_from || has_to) span_is_open = has_from;
    has_from = has_to = false;
  };
  reader.ForEachConfidence(job_id, video_id, [&](int frame, Id category, double) {
    if (frame < start_frame || frame >= end_frame) return;
    if (frame != current) close_frame();
    current = frame;
    has_from |= category == from;
    has_to |= category == to;
  });
  close_frame();
  return spans;
}

}  // namespace

Edit AddAnnotation(Id video_id, int frame_index, const AnnotationRow& annotation,
                   const std::string& label) {
  return {label, Place{video_id, frame_index}, [=](Recorder& recorder) {
            const ImageRow image = recorder.ImageAt(video_id, frame_index);
            AnnotationRow row = annotation;
            row.id = 0;
            row.image_id = image.id;
            if (row.author.empty()) row.author = recorder.author();
            Measure(image, &row);
            if (row.category_id == 0) row.category_id = NewAnimal(recorder);
            InsertLabel(recorder, row);
            if (image.state == ImageState::kEmpty || image.state == ImageState::kNew) {
              recorder.Change("images", image.id, [&](Writer& writer) {
                writer.SetImageState(image.id, ImageState::kStarted);
              });
            }
          }};
}

namespace {

// The place of an edit of one label is known only when it is carried out.
Edit OnAnnotation(const std::string& label, Id annotation_id,
                  const std::function<void(Recorder&, const ImageRow&, AnnotationRow)>& change) {
  return {label, std::nullopt, [=](Recorder& recorder) {
            const AnnotationRow annotation = Existing(recorder, annotation_id);
            const auto image = recorder.reader().ImageById(annotation.image_id);
            if (image->video_id) recorder.SetPlace({*image->video_id, *image->frame_index});
            change(recorder, *image, annotation);
          }};
}

// Whether animals of this video share the name, as larvae do: some frame has it more than once.
bool IsShared(const Recorder& recorder, const ImageRow& image, Id category_id) {
  if (IsUnknownAnimal(recorder, category_id)) return true;
  return recorder.connection()
      .Query(
          "SELECT 1 FROM annotations JOIN images ON images.id = annotations.image_id"
          " WHERE annotations.category_id = ?1 AND iscrowd = 0 AND images.video_id IS ?3"
          " AND (?3 IS NOT NULL OR images.id = ?2)"
          " GROUP BY images.id HAVING count(*) > 1 LIMIT 1",
          category_id, image.id, image.video_id)
      .Step();
}

}  // namespace

Edit ReplaceShape(Id annotation_id, const datasets::Polygons& polygons,
                  const std::optional<datasets::Rle>& rle, const std::string& label,
                  const std::vector<datasets::KeyPoint>& key_points) {
  return OnAnnotation(label, annotation_id,
                      [=](Recorder& recorder, const ImageRow& image, AnnotationRow row) {
                        row.polygons = polygons;
                        row.rle = rle;
                        if (!row.HasShape()) {
                          throw Error("outline", "it is empty", "draw at least three points");
                        }
                        row.source = datasets::LabelSource::kDrawn;
                        Measure(image, &row);
                        Update(recorder, std::move(row));
                        if (key_points.empty()) return;
                        SetPoints(annotation_id, key_points).change(recorder);
                      });
}

Edit DeleteAnnotation(Id annotation_id) {
  return OnAnnotation("Delete outline", annotation_id,
                      [](Recorder& recorder, const ImageRow&, const AnnotationRow& row) {
                        DeleteLabel(recorder, row.id);
                      });
}

Edit SetOccluded(Id annotation_id, bool occluded) {
  return OnAnnotation(occluded ? "Mark as hidden" : "Mark as visible", annotation_id,
                      [=](Recorder& recorder, const ImageRow&, AnnotationRow row) {
                        if (row.occluded == occluded) return;
                        row.occluded = occluded;
                        Update(recorder, std::move(row));
                      });
}

Edit AssignName(Id annotation_id, Id category_id) {
  return OnAnnotation("Name animal", annotation_id,
                      [=](Recorder& recorder, const ImageRow& image, AnnotationRow row) {
                        CategoryName(recorder, category_id);
                        const Id old_category = row.category_id;
                        if (old_category == category_id) return;
                        const auto labels = recorder.reader().AnnotationsOfImage(image.id);
                        const auto named =
                            std::find_if(labels.begin(), labels.end(), [&](const auto& other) {
                              return other.id != row.id && other.category_id == category_id;
                            });
                        std::optional<Id> track;
                        // Asked of the whole video, so only where there is somebody to swap with.
                        if (named == labels.end()) {
                          track = TrackOf(recorder, image, category_id);
                        } else if (!IsShared(recorder, image, category_id)) {
                          AnnotationRow other = *named;
                          track = other.track_id;
                          other.category_id = old_category;
                          other.track_id = row.track_id;
                          Update(recorder, std::move(other));
                        }
                        row.category_id = category_id;
                        row.track_id = track;
                        Update(recorder, std::move(row));
                      });
}

int AcceptLabels(Recorder& recorder, Id image_id) {
  int accepted = 0;
  for (AnnotationRow row : recorder.reader().AnnotationsOfImage(image_id)) {
    if (!row.IsFilledIn()) continue;
    row.source = datasets::LabelSource::kAccepted;
    Update(recorder, std::move(row));
    ++accepted;
  }
  return accepted;
}

Edit SetImageState(Id video_id, int frame_index, ImageState state) {
  const std::string label = state == ImageState::kEmpty  ? "Mark frame as empty"
                            : state == ImageState::kDone ? "Mark frame as done"
                                                         : "Mark frame as not done";
  return {label, Place{video_id, frame_index}, [=](Recorder& recorder) {
            const ImageRow image = recorder.ImageAt(video_id, frame_index);
            const size_t labels = recorder.reader().AnnotationsOfImage(image.id).size();
            if (state == ImageState::kEmpty && labels > 0) {
              throw Error("frame " + std::to_string(frame_index),
                          "it holds " + std::to_string(labels) + " label(s), so it is not empty",
                          "delete them first");
            }
            if (state == ImageState::kDone) AcceptLabels(recorder, image.id);
            recorder.Change("images", image.id,
                            [&](Writer& writer) { writer.SetImageState(image.id, state); });
          }};
}

Edit AddCategory(const std::string& name) {
  return {"Add animal", std::nullopt, [=](Recorder& recorder) {
            CheckAnimalNameIsFree(recorder, name);
            recorder.Insert("categories",
                            [&](Writer& writer) { return writer.FindOrInsertCategory(name); });
          }};
}

namespace {

// What an animal was seen to do goes with its name. Where a region has that name too, nobody can
// tell whose the bouts are: they stay.
void RenameSubject(Recorder& recorder, const std::string& before, const std::string& after) {
  for (const Id video : recorder.reader().VideoIds()) {
    const std::vector<datasets::RegionRow> regions = recorder.reader().Regions(video);
    if (std::any_of(regions.begin(), regions.end(),
                    [&](const auto& region) { return region.name == before; })) {
      continue;
    }
    for (datasets::BehaviorIntervalRow bout : recorder.reader().BehaviorIntervals(video)) {
      if (bout.subject != before) continue;
      bout.subject = after;
      recorder.Change("behavior_intervals", bout.id,
                      [&](Writer& writer) { writer.UpdateBehaviorInterval(bout); });
    }
    auto decisions = recorder.connection().Query(
        "SELECT id FROM review_decisions WHERE video_id = ? AND subject = ?", video, before);
    std::vector<Id> decided;
    while (decisions.Step()) decided.push_back(decisions.Int(0));
    for (const Id decision : decided) {
      recorder.Change("review_decisions", decision, [&](Writer& writer) {
        writer.connection().Run("UPDATE review_decisions SET subject = ? WHERE id = ?", after,
                                decision);
      });
    }
  }
}

}  // namespace

Edit ChangeCategory(datasets::CategoryRow category) {
  return {"Change animal", std::nullopt, [=](Recorder& recorder) {
            const std::string before = CategoryName(recorder, category.id);
            if (before != category.name) {
              if (IsUnknownAnimal(recorder, category.id)) {
                throw Error("'" + before + "'", "it stands for all animals without a name",
                            kNameOneByOne);
              }
              CheckAnimalNameIsFree(recorder, category.name);
            }
            recorder.Change("categories", category.id,
                            [&](Writer& writer) { writer.UpdateCategory(category); });
            if (before == category.name) return;
            RenameSubject(recorder, before, category.name);
            // Undo does so by itself: it knows the animal's names (annotate/edit.cc).
            datasets::RenameSubject(recorder.connection(), before, category.name);
          }};
}

Edit AssignPredictionName(Id job_id, Id video_id, int start_frame, int end_frame, Id from_category,
                          Id to_category, std::optional<int> number) {
  return {"Name animal", Place{video_id, start_frame}, [=](Recorder& recorder) {
            CategoryName(recorder, from_category);
            CategoryName(recorder, to_category);
            if (from_category == to_category) return;
            if (!number) CheckNames(recorder, "naming", from_category, to_category);
            InsertSwap(recorder, job_id, video_id, start_frame, end_frame, from_category,
                       to_category, number);
          }};
}

Edit SwapAnimals(Id video_id, Id job_id, int start_frame, int end_frame, Id category_id,
                 Id other_category_id) {
  return {"Swap animals", Place{video_id, start_frame}, [=](Recorder& recorder) {
            CheckNames(recorder, "swap", category_id, other_category_id);
            for (const ImageRow& image :
                 recorder.reader().ImagesBetween(video_id, start_frame, end_frame)) {
              SwapInImage(recorder, image, category_id, other_category_id);
            }
            if (job_id != 0) {
              InsertSwap(recorder, job_id, video_id, start_frame, end_frame, category_id,
                         other_category_id);
            }
          }};
}

Edit ReassignAnimal(Id video_id, Id job_id, int start_frame, int end_frame, Id category_id,
                    Id new_category_id) {
  return {"Reassign animal", Place{video_id, start_frame}, [=](Recorder& recorder) {
            CheckNames(recorder, "reassigning", category_id, new_category_id);
            bool found = false;
            for (const ImageRow& image :
                 recorder.reader().ImagesBetween(video_id, start_frame, end_frame)) {
              if (!HasLabelOf(recorder, image, category_id)) continue;
              SwapInImage(recorder, image, category_id, new_category_id);
              found = true;
            }
            for (const auto& [start, end] :
                 job_id == 0 ? std::vector<std::pair<int, int>>()
                             : SpansToSwap(recorder.reader(), job_id, video_id, start_frame,
                                           end_frame, category_id, new_category_id)) {
              InsertSwap(recorder, job_id, video_id, start, end, category_id, new_category_id);
              found = true;
            }
            if (!found) {
              throw Error("'" + CategoryName(recorder, category_id) + "'",
                          "no frame from " + std::to_string(start_frame) + " to " +
                              std::to_string(end_frame - 1) + " has it",
                          "choose another animal, or another reach");
            }
          }};
}

}  // namespace annotate
