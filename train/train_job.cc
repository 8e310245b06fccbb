#include "train/train_job.h"

#include "datasets/base/error.h"
#include "train/architectures.h"
#include "train/base/device.h"
#include "train/weights/safetensors.h"

namespace train {
namespace {

using datasets::Error;

std::string ListOf(Task task) {
  std::string list;
  for (const std::string& name : NamesFor(task)) list += (list.empty() ? "" : ", ") + name;
  return list;
}

// Throws Error for a file that no architecture of the table wrote.
const Architecture& ArchitectureOf(const Architecture::Metadata& metadata,
                                   const std::string& model_file) {
  const auto name = metadata.find("architecture");
  if (name == metadata.end()) {
    throw Error("model " + model_file, "it holds weights but does not say of which network",
                "choose a model file made by `vole train`; weights of others go into a training "
                "with --init");
  }
  if (const Architecture* found = FindArchitecture(name->second)) return *found;
  throw Error("model " + model_file,
              "it is for the network '" + name->second.substr(0, 40) +
                  "', which this program does not know",
              "use the program it was made with, or train anew");
}

}  // namespace

TrainResult Train(const TrainingData& data, const TrainOptions& options,
                  const std::string& model_file, datasets::Job& job, const OnProgress& on_progress,
                  const OnSample& on_sample) {
  CheckTaken(options);
  const Architecture& architecture = ArchitectureNamed(options.model);
  if (!architecture.train) {
    throw Error("model '" + options.model + "'",
                "it " + std::string(TaskWords(architecture.task)) +
                    " and learns nothing from outlines alone",
                "choose one of " + ListOf(Task::kOutlines));
  }
  UseThreads(options.threads);
  return architecture.train(data, {options, model_file, job, on_progress, on_sample});
}

TrainResult TrainBehavior(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                          const TrainOptions& options, const BehaviorOptions& behavior,
                          const std::string& model_file, datasets::Job& job,
                          const OnProgress& on_progress) {
  CheckTaken(options, behavior);
  const Architecture& architecture = ArchitectureNamed(options.model);
  if (!architecture.train_behavior) {
    throw Error("model '" + options.model + "'", "it is not a network for behavior",
                "choose one of " + ListOf(Task::kBehavior));
  }
  UseThreads(options.threads);
  return architecture.train_behavior(data, spans, behavior,
                                     {options, model_file, job, on_progress, {}});
}

TrainResult TrainPoints(const PointData& data, const TrainOptions& options,
                        const std::string& model_file, datasets::Job& job,
                        const OnProgress& on_progress) {
  CheckTaken(options);
  const Architecture& architecture = ArchitectureNamed(options.model);
  if (!architecture.train_points) {
    throw Error("model '" + options.model + "'", "it is not a network for key points",
                "choose one of " + ListOf(Task::kPoints));
  }
  UseThreads(options.threads);
  return architecture.train_points(data, {options, model_file, job, on_progress, {}});
}

bool MayResume(const std::string& checkpoint, const std::string& architecture) {
  try {
    const auto metadata = ReadSafetensorsMetadata(checkpoint);
    const auto found = metadata.find("architecture");
    return metadata.count("training") > 0 &&
           (found == metadata.end() || found->second == architecture);
  } catch (const Error&) {
    return false;
  }
}

std::unique_ptr<Predictor> LoadPredictor(const std::string& model_file,
                                         const PredictorOptions& options) {
  UseThreads(options.threads);
  const WeightsFile file = ReadSafetensors(model_file);
  const Architecture& architecture = ArchitectureOf(file.metadata, model_file);
  if (architecture.task == Task::kNames) {
    throw Error("model " + model_file, "it names animals from their crops and finds none",
                "choose a model that outlines animals; this one helps it by --identity");
  }
  if (!architecture.load) {
    throw Error("model " + model_file,
                "it " + std::string(TaskWords(architecture.task)) + " and outlines no animals",
                "choose a model that outlines animals");
  }
  return architecture.load(file, model_file, options);
}

ModelInfo ReadModelInfo(const std::string& model_file) {
  const auto metadata = ReadSafetensorsMetadata(model_file);
  return ArchitectureOf(metadata, model_file).read(metadata, model_file);
}

}  // namespace train
