// What a project has to learn from, as a training takes it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "datasets/project.h"
#include "train/base/training_data.h"

namespace infer {

struct LabelSelection {
  std::vector<std::string> videos;  // names; empty: all, and the picture files
  int start_frame = 0;              // [start_frame, end_frame) of video frames
  std::optional<int> end_frame;
  int max_labels = 0;     // 0: all; else so many, evenly spread
  bool filled_in = true;  // frames with carried or interpolated labels, too
};

struct GatheredLabels {
  train::TrainingData data;
  std::vector<datasets::Id> videos;  // parallel to data.backgrounds; 0: picture files
  int animals = 0;                   // outlines
  int empty_frames = 0;              // looked at, without animals
  int corrected = 0;   // frames that a reviewer corrected; they weigh kCorrectionWeight
  int held_out = 0;    // labeled frames left out because they are marked val or test
  int incomplete = 0;  // left out because they were filled in without one of the animals
};

constexpr double kCorrectionWeight = 3;

// Labeled frames: state started or done with at least one label, or `empty`; never those whose
// split is val or test. Imported, drawn and accepted labels count alike. The class of an animal is
// the name of its category; a crowd is left out of learning. Frames come by video and frame number.
// In a frame that nobody has said to be done, a predicted animal without a label is like a crowd;
// one that was filled in without an animal of the frames beside it is left out
// (complete_frames.h). `data.picture` decodes through `project`, which must outlive it. Throws
// Error when nothing is left to learn from.
GatheredLabels GatherLabels(const datasets::Project& project, const LabelSelection& selection,
                            datasets::Job& job);

}  // namespace infer
