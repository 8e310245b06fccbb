// A training as a job of the project: labels in, a model file and its row out.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "datasets/project.h"
#include "infer/learning/behavior_training.h"
#include "infer/learning/project_labels.h"
#include "train/base/training_news.h"
#include "train/base/training_options.h"

namespace infer {

struct TrainedModel {
  train::TrainResult result;
  datasets::ModelRow model;
  std::filesystem::path file;  // absolute
  bool cancelled = false;      // by the user; the best checkpoint so far is what `file` holds
  int labels = 0;              // frames learned from
  int incomplete = 0;          // left out: GatheredLabels::incomplete
};

// The model file for a training that was given no name: PROJECT-N.safetensors beside the project, N
// counting up. It is made, empty, so that no other training takes it (unless not to `reserve` it:
// of several processes that train together one writes); TrainOnProject removes it again where
// nothing came of it. With `resume`: the file whose training left the newest checkpoint, even if it
// was killed before there was a model; of this architecture, where one is named. Throws Error when
// there is none.
std::filesystem::path DefaultModelFile(const datasets::Project& project, bool resume,
                                       const std::string& architecture = "", bool reserve = true);

// A picture of what a running training makes of a labeled frame, and where that frame is.
struct ShownSample {
  train::TrainSample sample;
  datasets::Id video_id = 0;  // 0: a picture file
  int frame_index = 0;
};

// Gathers the labels, trains, and registers job and model. A cancelled training whose best
// checkpoint was written is registered too and returned with `cancelled` set; without one,
// Cancelled is thrown. Any other failure marks the job failed and is thrown on.
// `on_progress` and `on_sample` are called from this thread, as train::Train does.
TrainedModel TrainOnProject(
    datasets::Project& project, const LabelSelection& selection, const train::TrainOptions& options,
    const std::filesystem::path& model_file, datasets::Job& job,
    const std::function<void(const train::TrainProgress&)>& on_progress = {},
    const std::function<void(const ShownSample&)>& on_sample = {});

// The same with labels that `gather` brings; networks that outline animals only, alone. `selection`
// is noted in the job.
TrainedModel TrainOnLabels(datasets::Project& project, const LabelSelection& selection,
                           const train::TrainOptions& options,
                           const std::filesystem::path& model_file, datasets::Job& job,
                           const std::function<GatheredLabels()>& gather,
                           const std::function<void(const train::TrainProgress&)>& on_progress = {},
                           const std::function<void(const ShownSample&)>& on_sample = {});

// A network that finds key points learns from the labels' points; TrainOnProject does that too.

// The same for the networks that recognize behavior; `on_note` gets one line for everything that is
// left out.
TrainedModel TrainBehaviorOnProject(
    datasets::Project& project, const LabelSelection& selection, const train::TrainOptions& options,
    const train::BehaviorOptions& behavior, const std::filesystem::path& model_file,
    datasets::Job& job, const std::function<void(const train::TrainProgress&)>& on_progress,
    const std::function<void(const std::string&)>& on_note);

}  // namespace infer
