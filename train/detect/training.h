// Training and prediction with the reference detectors, as train_job.h and predictor.h promise.
// Internal to train/; no torch type here.
#pragma once

#include "train/base/predictor.h"
#include "train/base/training_data.h"
#include "train/base/training_request.h"
#include "train/weights/safetensors.h"

namespace train {

// As Train(), for options.model of the registry.
TrainResult TrainDetector(const TrainingData& data, const TrainingRequest& request);

std::unique_ptr<Predictor> LoadDetectPredictor(const WeightsFile& file, const std::string& name,
                                               const PredictorOptions& options);

}  // namespace train
