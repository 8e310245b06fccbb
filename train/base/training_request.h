// What a family of networks is asked to do beside its labels. No torch type here.
#pragma once

#include <string>

#include "datasets/base/job.h"
#include "train/base/training_news.h"
#include "train/base/training_options.h"

namespace train {

// Everything is owned by the caller and outlives the training.
struct TrainingRequest {
  const TrainOptions& options;
  const std::string& model_file;
  datasets::Job& job;
  const OnProgress& on_progress;  // may be empty
  const OnSample& on_sample;      // may be empty
};

}  // namespace train
