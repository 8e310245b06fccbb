// What an idnet model file says about itself beside its weights. No torch type.
#pragma once

#include <map>
#include <string>

#include "train/idseg/description.h"

namespace train {

struct IdnetDescription {
  ModelInfo info;
  CropInput crop;
  bool dense = false;  // DenseNet-121 instead of the small network
  double frame_temperature = 1, window_temperature = 1;
};

std::map<std::string, std::string> ToMetadata(const IdnetDescription& description);
// Throws Error naming the file for anything that cannot be used.
IdnetDescription IdnetFromMetadata(const std::map<std::string, std::string>& metadata,
                                   const std::string& model_file);

}  // namespace train
