// Training and prediction with idseg, the two small networks of Vole's own, as train_job.h and
// predictor.h promise. Internal to train/; no torch type here.
#pragma once

#include <memory>
#include <string>

#include "train/base/predictor.h"
#include "train/base/training_data.h"
#include "train/base/training_request.h"
#include "train/weights/safetensors.h"

namespace train {

// As Train(), for idseg.
TrainResult TrainIdseg(const TrainingData& data, const TrainingRequest& request);

std::unique_ptr<Predictor> LoadIdsegPredictor(const WeightsFile& file, const std::string& name,
                                              const PredictorOptions& options);

}  // namespace train
