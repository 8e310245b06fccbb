// Training and prediction of a video that nobody has labeled, or hardly.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "datasets/base/error.h"
#include "infer/learning/moving_outlines.h"
#include "infer/learning/project_labels.h"
#include "infer/learning/train_on_project.h"
#include "infer/predict_options.h"

namespace infer {

// Too little is certain without a label: the frame is the one on which an outline helps most.
class OutlineNeeded : public datasets::Error {
 public:
  OutlineNeeded(const std::string& thing, const std::string& cause, const std::string& remedy,
                int frame)
      : Error(thing, cause, remedy), frame_(frame) {}
  int frame() const { return frame_; }

 private:
  int frame_ = 0;
};

struct TrackOptions {
  int animals = 0;  // 0: as many as the video shows
  std::filesystem::path model_file;
  train::TrainOptions train;
  PredictOptions predict;
};

struct ProposedLabels {
  GatheredLabels labels;  // one class; frames of people first, then the machine's own
  ClearFrames found;
  int own_frames = 0, person_frames = 0;
};

// What a training can learn about the animals of this video without a label: outlines of frames on
// which they are certain (moving_outlines.h), held in memory alone and never written among people's
// labels. Frames that people labeled are taken as they are, with the weight of corrections, and
// never proposed. The class is the project's category where it has a single one, else "animal".
// Throws OutlineNeeded where too little is certain.
ProposedLabels ProposeLabels(const datasets::Project& project, const datasets::VideoRow& video,
                             int animals, datasets::Job& job);

struct TrackedVideo {
  ClearFrames found;
  int own_frames = 0, person_frames = 0;
  TrainedModel trained;
  std::string animals;      // as the prediction was told: a number, or auto
  PredictResult predicted;  // of nothing when the training was cancelled
};

// Proposes labels, trains on them as a training job of the project, predicts the whole video with
// numbered animals as a prediction job. Nothing is changed when too little is certain. A cancelled
// training ends it, with `trained.cancelled` set; other cancels throw Cancelled.
TrackedVideo TrackVideo(datasets::Project& project, const datasets::VideoRow& video,
                        const TrackOptions& options, datasets::Job& job,
                        const std::function<void(const ClearFrames&)>& on_found,
                        const std::function<void(const train::TrainProgress&)>& on_progress);

}  // namespace infer
