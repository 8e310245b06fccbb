// Training and prediction with the reference detectors, as train_job.h and predictor.h promise.
// Internal to train/; no torch type here.
#pragma once

#include "train/predictor.h"
#include "train/training_data.h"
#include "train/training_news.h"
#include "train/training_options.h"
#include "train/weights/safetensors.h"

namespace train {

// As Train(), for options.model of the registry.
TrainResult TrainDetector(const TrainingData& data, const TrainOptions& options,
                          const std::string& model_file, datasets::Job& job,
                          const std::function<void(const TrainProgress&)>& on_progress,
                          const std::function<void(const TrainSample&)>& on_sample);

// Whether the metadata of a model file name a detector of the registry.
bool IsDetectorModel(const std::map<std::string, std::string>& metadata);
std::unique_ptr<Predictor> LoadDetectPredictor(const WeightsFile& file, const std::string& name,
                                               const PredictorOptions& options);

}  // namespace train
