#include "train/base/architecture.h"
#include "train/detect/description.h"
#include "train/detect/registry.h"
#include "train/detect/training.h"

namespace train {

std::vector<Architecture> DetectorNetworks() {
  const auto read = [](const Architecture::Metadata& metadata, const std::string& name) {
    return DetectDescriptionOf(metadata, name).info;
  };
  const OptionNames all = Joined(kTogetherOptions, {"size", "init-partial"});
  std::vector<Architecture> networks;
  for (const DetectorKind& kind : DetectorKinds()) {
    networks.push_back({kind.name, kind.summary, Task::kOutlines, Joined(all, kind.options),
                        TrainDetector, nullptr, LoadDetectPredictor, read});
  }
  return networks;
}

}  // namespace train
