#include "train/detect/registry.h"

#include "datasets/base/error.h"

namespace train {

#define DETECTOR(name) DetectorKind name##Kind();
#include "train/detect/detector_list.inc"
#undef DETECTOR

const std::vector<DetectorKind>& DetectorKinds() {
  static const std::vector<DetectorKind> kinds = {
#define DETECTOR(name) name##Kind(),
#include "train/detect/detector_list.inc"
#undef DETECTOR
  };
  return kinds;
}

const DetectorKind* FindDetectorKind(const std::string& name) {
  for (const DetectorKind& kind : DetectorKinds()) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

std::unique_ptr<Detector> MakeDetector(const std::string& name, int classes,
                                       const nlohmann::json& settings) {
  const DetectorKind* kind = FindDetectorKind(name);
  if (!kind) {
    throw datasets::Error("network '" + name.substr(0, 40) + "'", "this program does not know it",
                          "`vole models --architectures` lists the known ones");
  }
  if (classes < 1 || classes > 1000) {
    throw datasets::Error("network '" + name + "'",
                          "it cannot tell " + std::to_string(classes) + " classes apart",
                          "give 1 to 1000");
  }
  try {
    return kind->make(classes, settings);
  } catch (const nlohmann::json::exception& error) {
    throw datasets::Error("network '" + name + "'", "its settings cannot be used",
                          "choose a model file made by `vole train`");
  }
}

}  // namespace train
