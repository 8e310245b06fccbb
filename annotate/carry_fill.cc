#include <algorithm>
#include <map>
#include <set>

#include "annotate/assist/assist.h"
#include "annotate/assist/carry_motion.h"
#include "annotate/assist/carry_points.h"
#include "annotate/assist/interpolate.h"
#include "annotate/carry_labels.h"
#include "annotate/edits.h"
#include "datasets/base/error.h"
#include "datasets/unknown_name.h"
#include "datasets/video/video.h"

namespace annotate {
namespace {

using datasets::AnnotationRow;
using datasets::Id;
using datasets::ImageRow;

// Key labels farther apart than this are not looked for.
constexpr int kFarthestKey = 500;  // frames
// Straight lines over more than this pass beside the animal, and such labels are learned from.
constexpr double kLongestGap = 1;  // seconds

std::set<Id> AnimalsIn(const std::vector<AnnotationRow>& labels) {
  std::set<Id> animals;
  for (const AnnotationRow& row : labels) animals.insert(row.category_id);
  return animals;
}

struct KeyLabel {
  int frame = 0;
  AnnotationRow row;
};
using IsKey = bool (*)(const AnnotationRow&);
// An outline of the program's own stays that, though a person has set points or a name there.
bool IsKeyOutline(const AnnotationRow& row) { return row.HasShape() && !row.IsFilledIn(); }
bool IsKeyOfPoints(const AnnotationRow& row) { return !row.key_points.empty(); }

// The nearest frame before (direction -1) or after (+1) with such a key label of the animal.
std::optional<KeyLabel> NearestKey(const datasets::Project& project,
                                   const std::vector<ImageRow>& images, int frame, int direction,
                                   Id category_id, IsKey is_key) {
  std::optional<KeyLabel> nearest;
  for (const ImageRow& image : images) {
    const int at = image.frame_index.value_or(-1);
    const int distance = (at - frame) * direction;
    if (image.IsHeldOut() || distance <= 0 || distance > kFarthestKey) continue;
    if (nearest && distance > (nearest->frame - frame) * direction) continue;
    for (const AnnotationRow& row : project.AnnotationsOfImage(image.id)) {
      if (row.category_id != category_id || !row.keyframe || !is_key(row)) continue;
      nearest = KeyLabel{at, row};
    }
  }
  return nearest;
}

// Labels of one animal between its keys around a frame.
class BetweenKeys {
 public:
  BetweenKeys(const datasets::Project& project, const std::vector<ImageRow>& images, int frame,
              int most_frames)
      : project_(project), images_(images), frame_(frame), most_frames_(most_frames) {}

  std::map<int, AnnotationRow> Of(Id animal) {  // by frame
    std::map<int, AnnotationRow> rows;
    if (const auto keys = Keys(animal, IsKeyOutline)) {
      const KeyOutline from{keys->first.frame, keys->first.row.Rings()};
      const KeyOutline to{keys->second.frame, keys->second.row.Rings()};
      if (!from.polygons.empty() && !to.polygons.empty()) {
        for (auto& between : Interpolate(from, to)) {
          rows[between.frame].polygons = std::move(between.polygons);
        }
      }
    }
    if (const auto keys = Keys(animal, IsKeyOfPoints)) {
      for (auto& between : InterpolatePoints({keys->first.frame, keys->first.row.key_points},
                                             {keys->second.frame, keys->second.row.key_points})) {
        rows[between.frame].key_points = std::move(between.points);
      }
    }
    return rows;
  }
  int too_long() const { return too_long_; }  // frames of a gap that was not filled; 0: none

 private:
  std::optional<std::pair<KeyLabel, KeyLabel>> Keys(Id animal, IsKey is_key) {
    const auto before = NearestKey(project_, images_, frame_ + 1, -1, animal, is_key);
    const auto after = NearestKey(project_, images_, frame_, 1, animal, is_key);
    if (!before || !after) return std::nullopt;
    if (after->frame - before->frame > most_frames_) {
      too_long_ = after->frame - before->frame - 1;
      return std::nullopt;
    }
    return std::pair(*before, *after);
  }

  const datasets::Project& project_;
  const std::vector<ImageRow>& images_;
  const int frame_, most_frames_;
  int too_long_ = 0;
};

}  // namespace

Edit AddFilledIn(Id video_id, int place, std::vector<FilledLabel> labels,
                 const std::string& label) {
  return {label, Place{video_id, place}, [=](Recorder& recorder) {
            struct Found {
              std::string closed;
              std::set<Id> animals;
            };
            std::map<int, Found> found;  // before anything is added
            for (const FilledLabel& one : labels) {
              const auto [at, is_new] = found.try_emplace(one.frame);
              const auto image = recorder.reader().ImageAt(video_id, one.frame);
              if (!is_new || !image) continue;
              at->second = {ClosedBy(*image),
                            AnimalsIn(recorder.reader().AnnotationsOfImage(image->id))};
            }
            int added = 0;
            std::string why;
            for (const FilledLabel& one : labels) {
              const Found& there = found.at(one.frame);
              if (!there.closed.empty()) why = "it " + there.closed;
              if (!there.closed.empty() || there.animals.count(one.row.category_id)) continue;
              AnnotationRow row = one.row;
              row.source = datasets::LabelSource::kInterpolated;
              row.keyframe = false;
              AddAnnotation(video_id, one.frame, row).change(recorder);
              ++added;
            }
            if (added > 0 || labels.empty()) return;
            throw datasets::Error("frame " + std::to_string(labels.front().frame),
                                  why.empty() ? "it has been labeled meanwhile" : why,
                                  "look at what is there now");
          }};
}

NextFrame CarryToNext(const datasets::Project& project, Id video_id, int frame) {
  const datasets::VideoRow video = project.VideoById(video_id);
  const std::vector<AnnotationRow> labels = project.AnnotationsAt(video_id, frame);
  const std::string thing = "frame " + std::to_string(frame);
  if (labels.empty()) {
    throw datasets::Error(thing, "it has no label to carry", "label it first");
  }
  if (const auto image = project.ImageAt(video_id, frame); image && image->IsHeldOut()) {
    throw datasets::Error(thing, "it is kept for testing (" + image->split + ")",
                          "carry from another frame: what is learned from must not show it");
  }
  if (const auto image = project.ImageAt(video_id, frame + 1); image && !ClosedBy(*image).empty()) {
    throw datasets::Error("frame " + std::to_string(frame + 1), "it " + ClosedBy(*image),
                          image->IsHeldOut() ? "label it by hand, or carry onto another frame"
                                             : "mark it as not done first, or carry onto another");
  }
  const std::set<Id> taken = AnimalsIn(project.AnnotationsAt(video_id, frame + 1));
  datasets::VideoReader reader = project.OpenVideo(video);
  const cv::Mat here = reader.Read(frame), next = reader.Read(frame + 1);
  const cv::Mat background = project.BackgroundOf(video).bgr;
  NextFrame carried;
  for (const AnnotationRow& label : labels) {
    if (taken.count(label.category_id) || !label.HasShape()) continue;
    FilledLabel added{frame + 1, {}};
    added.row.category_id = label.category_id;
    added.row.polygons = CarryForward(here, label.Rings(), next, background).polygons;
    if (added.row.polygons.empty()) {
      carried.lost.push_back(label.category_id);
      continue;
    }
    if (const auto motion = MotionInside(here, next, label.Rings())) {
      added.row.key_points = CarriedPoints(here, next, *motion, label.key_points, label.area);
    }
    carried.labels.push_back(std::move(added));
  }
  return carried;
}

std::vector<FilledLabel> InterpolateAround(const datasets::Project& project, Id video_id, int frame,
                                           Id category_id) {
  const std::vector<ImageRow> images = project.ImagesOfVideo(video_id);
  std::set<int> closed;
  for (const ImageRow& image : images) {
    if (image.frame_index && !ClosedBy(image).empty()) closed.insert(*image.frame_index);
  }
  const double fps = project.VideoById(video_id).fps;
  const int most_frames = std::max(2, static_cast<int>(kLongestGap * (fps > 0 ? fps : 25)));
  std::vector<FilledLabel> added;
  BetweenKeys between(project, images, frame, most_frames);
  for (const datasets::CategoryRow& animal : project.Categories()) {
    if (datasets::IsUnknown(animal)) continue;  // two of them need not be one animal
    if (category_id && animal.id != category_id) continue;
    for (auto& [at, row] : between.Of(animal.id)) {
      if (closed.count(at)) continue;
      if (AnimalsIn(project.AnnotationsAt(video_id, at)).count(animal.id)) continue;
      row.category_id = animal.id;
      added.push_back({at, row});
    }
  }
  if (!added.empty()) return added;
  if (const int too_long = between.too_long(); too_long > 0) {
    throw datasets::Error("interpolation",
                          "between the labels lie " + std::to_string(too_long) +
                              " frames, and at most a second (" + std::to_string(most_frames - 1) +
                              ") is filled: on straight lines the outlines would leave the animals",
                          "label a frame between them, or carry the labels on with Ctrl+Shift+B");
  }
  throw datasets::Error("interpolation",
                        "no animal has labels both before and after this frame with free "
                        "frames between them",
                        "label it on both sides first");
}

}  // namespace annotate
