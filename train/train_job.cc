#include "train/train_job.h"

#include "datasets/base/error.h"
#include "train/detect/description.h"
#include "train/detect/registry.h"
#include "train/detect/training.h"
#include "train/device.h"
#include "train/idnet/description.h"
#include "train/idnet/idnet.h"
#include "train/idseg/description.h"
#include "train/idseg/training.h"
#include "train/predictor.h"

namespace train {

using datasets::Error;

std::vector<std::string> Architectures() {
  std::vector<std::string> names = {"idseg", kIdnet, kIdnetDense};
  for (const DetectorKind& kind : DetectorKinds()) names.push_back(kind.name);
  return names;
}

TrainResult Train(const TrainingData& data, const TrainOptions& options,
                  const std::string& model_file, datasets::Job& job,
                  const std::function<void(const TrainProgress&)>& on_progress,
                  const std::function<void(const TrainSample&)>& on_sample) {
  datasets::CheckOptions(options, "train");
  UseThreads(options.threads);
  if (options.model == "idseg") {
    return TrainIdseg(data, options, model_file, job, on_progress, on_sample);
  }
  if (IsIdentityArchitecture(options.model)) {
    if (options.together.world_size > 1 || options.together.rank > 0) {
      throw Error("model '" + options.model + "'", "it learns in one process only",
                  "leave --rank and --world-size out");
    }
    return TrainIdnet(data, options, model_file, job, on_progress);
  }
  if (FindDetectorKind(options.model)) {
    return TrainDetector(data, options, model_file, job, on_progress, on_sample);
  }
  throw Error("model '" + options.model + "'", "there is no such architecture",
              "`vole models --architectures` lists them; idseg is the default");
}

std::unique_ptr<Predictor> LoadPredictor(const std::string& model_file,
                                         const PredictorOptions& options) {
  UseThreads(options.threads);
  const WeightsFile file = ReadSafetensors(model_file);
  if (IsDetectorModel(file.metadata)) return LoadDetectPredictor(file, model_file, options);
  if (IsIdentityModel(model_file)) {
    throw Error("model " + model_file, "it names animals from their crops and finds none",
                "choose a model that outlines animals; this one helps it by --identity");
  }
  return LoadIdsegPredictor(file, model_file, options);
}

ModelInfo ReadModelInfo(const std::string& model_file) {
  const auto metadata = ReadSafetensorsMetadata(model_file);
  if (IsDetectorModel(metadata)) return DetectDescriptionOf(metadata, model_file).info;
  const auto architecture = metadata.find("architecture");
  if (architecture != metadata.end() && IsIdentityArchitecture(architecture->second)) {
    return IdnetFromMetadata(metadata, model_file).info;
  }
  return FromMetadata(metadata, model_file).info;
}

}  // namespace train
