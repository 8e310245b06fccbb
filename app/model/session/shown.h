// What a session gives to be drawn: plain values that workers make and the GUI thread reads.
#pragma once

#include <cstdint>
#include <map>
#include <opencv2/core.hpp>
#include <set>
#include <string>
#include <vector>

#include "annotate/assist/naming.h"
#include "annotate/tools/tool.h"
#include "app/model/drawing/drawn_shape.h"
#include "datasets/project.h"
#include "datasets/store/machine_records.h"
#include "datasets/store/notes/note_store.h"
#include "datasets/store/records.h"
#include "datasets/unknown_name.h"
#include "infer/meetings/meeting_review.h"
#include "infer/meetings/unknown_animals.h"

namespace app {

// One frame as it is drawn. Immutable; made off the GUI thread.
struct FrameView {
  datasets::Id video_id = 0;
  int frame = 0;
  int64_t revision = 0;
  datasets::ImageState state = datasets::ImageState::kNew;
  bool has_image_row = false;
  std::vector<annotate::Shape> labels;
  std::vector<annotate::Shape> predictions;
  std::vector<datasets::PredictionRow> prediction_rows;  // parallel to predictions
  std::vector<annotate::Shape> neighbor_labels;          // of the nearest labeled frame before
  int neighbor_frame = -1;
  annotate::Sightings sightings;  // on the labeled frames nearest to this one, itself left out
  // Parallel to labels and predictions: as they are drawn, at this tolerance (DrawnTolerance).
  std::vector<DrawnShape> drawn_labels, drawn_predictions;
  double drawn_tolerance = 0;
};

// One animal without a name, as a prediction follows it.
struct ShownUnknown {
  datasets::Id video_id = 0, job_id = 0;
  infer::UnknownAnimal animal;
};

// The lists that panels show. Immutable; remade when the revision moves.
struct ProjectView {
  int64_t revision = 0;
  std::vector<datasets::VideoRow> videos;
  std::vector<datasets::CategoryRow> categories;
  datasets::Id unknown_id = 0;  // of those, of animals whose name nobody knows; 0: none
  std::vector<datasets::BehaviorRow> behaviors;
  std::vector<datasets::Skeleton> skeletons;
  bool has_key_points = false;                                                   // on any label
  std::map<datasets::Id, std::vector<datasets::ImageRow>> images;                // by video
  std::map<datasets::Id, std::vector<datasets::BehaviorIntervalRow>> intervals;  // by video
  std::map<datasets::Id, std::vector<datasets::RegionRow>> regions;              // by video
  std::vector<datasets::NoteRow> notes;  // of frames and videos; those of bouts are in intervals
  std::vector<datasets::ModelRow> models;
  std::vector<datasets::JobRow> jobs;
  std::map<datasets::Id, datasets::Id> predict_job;        // newest by video
  std::vector<datasets::ReviewItemRow> review_items;       // of those jobs, highest first
  std::vector<infer::ReviewedMeeting> meetings;            // of those, worth a decision most first
  std::vector<ShownUnknown> unknown_animals;               // of those, longest first
  int named_unknown = 0;                                   // of those, named by people
  std::set<datasets::Id> numbered_videos;                  // whose predicted animals share names
  std::map<datasets::Id, std::string> without_meetings;    // videos that have no list of them: why
  std::vector<int> suggested_frames;                       // of the current video
  std::string undo_label, redo_label;                      // "" = nothing to undo
  std::set<datasets::Id> missing_videos;                   // whose files are not where they were
  std::map<datasets::Id, std::set<size_t>> missing_parts;  // of those, which files (0: the only)
};

// Animals that have a name, in order: who people choose from, and what the digits stand for.
inline std::vector<const datasets::CategoryRow*> NamedAnimals(const ProjectView& project) {
  std::vector<const datasets::CategoryRow*> named;
  for (const datasets::CategoryRow& animal : project.categories) {
    if (!datasets::IsUnknown(animal)) named.push_back(&animal);
  }
  return named;
}

struct Message {
  enum class Kind { kInfo, kSuccess, kError };
  Kind kind = Kind::kInfo;
  std::string text;
  double seconds_shown = 0;
  bool sticky = false;  // stays until a person closes it, as errors do
};

// A picture that the decoder thread has ready; empty where the frame cannot be read.
struct DecodedFrame {
  datasets::Id video_id = 0;
  int frame = -1;
  cv::Mat bgr;   // shared, do not write
  cv::Mat bgra;  // the same, as graphics cards take it without rearranging
};

}  // namespace app
