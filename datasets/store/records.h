// Plain rows of the project file. An id of 0 means "not stored yet"; optional means SQL NULL.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "datasets/keypoints/skeleton.h"
#include "datasets/shape/outline.h"
#include "datasets/video/video_parts.h"

namespace datasets {

using Id = int64_t;

struct VideoRow {
  Id id = 0;
  std::string name;  // unique in the project; the file stem, suffixed _2, _3, ... if taken
  std::string path;  // relative to the project's folder where possible; of the first part
  std::string fingerprint;
  int width = 0, height = 0, frame_count = 0;
  double fps = 0;
  bool static_camera = false;
  std::vector<VideoPart> parts;  // none: one file
};

enum class ImageState { kNew, kStarted, kDone, kEmpty };  // kEmpty: looked at, no animal in it

struct ImageRow {  // a frame of a video, or a picture file
  Id id = 0;
  std::optional<Id> video_id;
  std::optional<int> frame_index;   // 0-based index in decode order
  std::optional<std::string> path;  // picture file, when not a video frame
  int width = 0, height = 0;
  ImageState state = ImageState::kNew;
  std::string split;  // "", "train", "val" or "test"

  // Nothing may be learned from it or carried to it.
  bool IsHeldOut() const { return split == "val" || split == "test"; }
  // A person has said that it is complete.
  bool IsDecided() const { return state == ImageState::kDone || state == ImageState::kEmpty; }
};

struct CategoryRow {  // in the default way of working: one individual animal
  Id id = 0;
  std::string name, supercategory;
  uint32_t color = 0;  // 0xRRGGBB
  int sort_order = 0;
};

struct TrackRow {  // one chain within one video; the animal it is, in all videos, is its category
  Id id = 0;
  Id video_id = 0;
  Id category_id = 0;
  std::optional<int64_t> external_id;  // track_id of the file that it was imported from
};

enum class LabelSource { kDrawn, kAccepted, kImported, kInterpolated };

// A person's label of one animal in one image: an outline, key points, or both. Without an outline
// (HasShape()) the box is that of the points and the area is 0.
struct AnnotationRow : Outline {
  Id id = 0;
  Id image_id = 0;
  Id category_id = 0;
  std::optional<Id> track_id;
  Box box;
  double area = 0;
  bool iscrowd = false;
  bool keyframe = true;
  bool occluded = false;
  LabelSource source = LabelSource::kDrawn;
  std::optional<Id> job_id;  // the prediction job it was accepted from
  std::string author;
  std::vector<KeyPoint> key_points;  // those that were set, in the order of their skeleton
  std::string extra_json;            // fields of the imported file that we do not interpret, or ""

  // Carried or interpolated by the program, and no person has looked at its outline since: it is no
  // evidence of what a person saw, but may teach a network, unless it is a model's own answer.
  bool IsFilledIn() const { return source == LabelSource::kInterpolated; }
  bool MayTeach() const { return !IsFilledIn() || !job_id; }
  // The same, and no person has said anything else about it (a name, a point): it gives way.
  bool GivesWay() const { return IsFilledIn() && !keyframe; }
};

inline bool AnyFilledIn(const std::vector<AnnotationRow>& labels_of_frame) {
  for (const AnnotationRow& label : labels_of_frame) {
    if (label.IsFilledIn()) return true;
  }
  return false;
}

struct BehaviorRow {
  Id id = 0;
  std::string name;
  bool is_point = false;        // else a state
  std::string exclusion_group;  // "" = none
  uint32_t color = 0;
  std::string shortcut;
};

struct BehaviorIntervalRow {  // [start_frame, end_frame)
  Id id = 0;
  Id video_id = 0;
  std::optional<Id> track_id;
  std::string subject;  // animal or region name; "" = whole frame
  Id behavior_id = 0;
  int start_frame = 0, end_frame = 0;
  bool present = true;  // false: an explicit "not this behavior"
  LabelSource source = LabelSource::kDrawn;
  std::string author;
  std::string note;      // in a person's words
  bool flagged = false;  // to be found again
};

struct RegionRow {  // a place of a video's picture with a name (an arena, a nest)
  Id id = 0;
  Id video_id = 0;
  std::string name;  // unique in the video
  Polygons polygons;
};

}  // namespace datasets
