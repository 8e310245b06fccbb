// What a detector's model file says about itself beside its weights, and how detections of the
// network become detections of animals. No torch type here.
#pragma once

#include <map>
#include <string>

#include "train/base/predictor.h"
#include "train/base/training_data.h"

namespace train {

struct DetectDescription {
  ModelInfo info;             // its architecture is the detector's name
  nlohmann::json settings;    // of the network, as Detector::settings()
  double temperature = 1;     // class evidence is divided by it (Guo et al. 2017)
  double least_score = 0.25;  // below it nothing is taken for an animal
};

// The figures about classes and sizes that the labels give.
ModelInfo InfoOfLabels(const TrainingData& data, const std::string& architecture);

// The metadata of a weights file and back. `model_file` is only named in errors; throws Error for
// metadata that lacks something or has values out of range.
std::map<std::string, std::string> ToMetadata(const DetectDescription& description);
DetectDescription DetectDescriptionOf(const std::map<std::string, std::string>& metadata,
                                      const std::string& model_file);

}  // namespace train
