// Training as one call: labeled frames in, a model file out. No torch type here.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "train/training_data.h"
#include "train/training_news.h"
#include "train/training_options.h"

namespace train {

// Trains and writes `model_file` (the best checkpoint; atomic: temp file, fsync, rename) and
// `model_file`.last for --resume. On cancel the best checkpoint so far is written first, then
// Cancelled is thrown. Throws Error when the labels cannot be learned from (no labels, one class
// without any pixel, ...). `on_sample` gets one or two frames with each validation, and every 15 s
// or so, from this thread; they cost at most 2 % of the time and change nothing that is learned.
TrainResult Train(const TrainingData& data, const TrainOptions& options,
                  const std::string& model_file, datasets::Job& job,
                  const std::function<void(const TrainProgress&)>& on_progress = {},
                  const std::function<void(const TrainSample&)>& on_sample = {});

// Names of the architectures that `model` accepts.
std::vector<std::string> Architectures();

}  // namespace train
