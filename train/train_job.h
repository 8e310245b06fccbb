// Training as one call: labeled frames in, a model file out. No torch type here.
#pragma once

#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "train/base/training_data.h"
#include "train/base/training_news.h"
#include "train/base/training_options.h"
#include "train/behavior/data.h"
#include "train/points/points.h"

namespace train {

// Trains and writes `model_file` (the best checkpoint; atomic: temp file, fsync, rename) and
// `model_file`.last for --resume. On cancel the best checkpoint so far is written first, then
// Cancelled is thrown. Throws Error when the labels cannot be learned from (no labels, one class
// without any pixel, ...), and for an option that options.model does not take (architectures.h).
// `on_sample` gets one or two frames with each validation, and every 15 s or so, from this thread;
// they cost at most 2 % of the time and change nothing that is learned.
TrainResult Train(const TrainingData& data, const TrainOptions& options,
                  const std::string& model_file, datasets::Job& job,
                  const OnProgress& on_progress = {}, const OnSample& on_sample = {});

// The same for a network that recognizes behavior, from the labeled frames of `spans`.
TrainResult TrainBehavior(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                          const TrainOptions& options, const BehaviorOptions& behavior,
                          const std::string& model_file, datasets::Job& job,
                          const OnProgress& on_progress = {});

// The same for a network that finds key points.
TrainResult TrainPoints(const PointData& data, const TrainOptions& options,
                        const std::string& model_file, datasets::Job& job,
                        const OnProgress& on_progress = {});

// Whether a checkpoint (`model_file`.last) is of this architecture, or so old that it does not say;
// false for what is no checkpoint.
bool MayResume(const std::string& checkpoint, const std::string& architecture);

}  // namespace train
