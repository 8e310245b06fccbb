#include "train/base/architecture.h"
#include "train/idseg/description.h"
#include "train/idseg/training.h"

namespace train {

std::vector<Architecture> IdsegNetworks() {
  const auto read = [](const Architecture::Metadata& metadata, const std::string& name) {
    return FromMetadata(metadata, name).info;
  };
  return {{"idseg", "outlines and names animals; small, learns from nothing in minutes",
           Task::kOutlines, kTogetherOptions, TrainIdseg, nullptr, LoadIdsegPredictor, read}};
}

}  // namespace train
