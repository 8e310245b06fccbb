// The networks that Vole knows, one row each in architectures.cc: what it is for, which options it
// takes, how it learns and how its model files are opened. Whoever must know what an architecture
// does asks this table. No torch type here.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "train/base/predictor.h"
#include "train/base/training_data.h"
#include "train/base/training_request.h"
#include "train/behavior/data.h"
#include "train/weights/safetensors.h"

namespace train {

enum class Task {
  kOutlines,  // finds animals in a frame, with a mask or a box
  kNames,     // names animals that another model outlined
  kBehavior   // says what an animal, or a region, does
};
// "outlines animals", "names animals", "recognizes behavior".
std::string_view TaskWords(Task task);

struct Architecture {
  using Metadata = std::map<std::string, std::string>;  // of a weights file

  std::string_view name, summary;
  Task task;
  // Names of options (TrainOptions, TogetherOptions, BehaviorOptions) beyond those that every
  // architecture takes.
  std::vector<std::string_view> options;
  // As the task asks, one of the two; the other is null.
  TrainResult (*train)(const TrainingData&, const TrainingRequest&);
  TrainResult (*train_behavior)(const BehaviorData&, const std::vector<BehaviorSpan>&,
                                const BehaviorOptions&, const TrainingRequest&);
  // Null unless it outlines animals. `name`: of the file, for errors.
  std::unique_ptr<Predictor> (*load)(const WeightsFile&, const std::string& name,
                                     const PredictorOptions&);
  ModelInfo (*read)(const Metadata&, const std::string& name);

  bool Takes(std::string_view option) const;
};

// In the order in which people should see them.
const std::vector<Architecture>& Architectures();
// Null when there is none of that name.
const Architecture* FindArchitecture(std::string_view name);
// Throws Error that names the known ones.
const Architecture& ArchitectureNamed(const std::string& name);
// Of a model's row: false too for an architecture that this program does not know.
bool IsFor(Task task, std::string_view architecture);
// Of those that learn a task; in the order of the table.
std::vector<std::string> NamesFor(Task task);

// Throws Error for a value out of range, and, by name, for an option that differs from its default
// and that options.model does not take.
void CheckTaken(const TrainOptions& options, const BehaviorOptions& behavior = {});
// "idseg does not take it; maskrcnn, yolact do", for a message about an option.
std::string NotTakenWords(const Architecture& architecture, std::string_view option);
// The same with everything at its default that the architecture does not take.
TrainOptions OnlyTaken(const Architecture& architecture, const TrainOptions& options);
BehaviorOptions OnlyTaken(const Architecture& architecture, const BehaviorOptions& options);

// Shows a visitor of options (datasets/base/options.h) only the fields that the architecture takes.
template <class Visitor>
struct TakenFields {
  const Architecture& architecture;
  Visitor& visitor;
  template <class T>
  void Field(const char* name, T& value, const char* help, datasets::Range range = {}) {
    if (architecture.Takes(name)) visitor.Field(name, value, help, range);
  }
};

}  // namespace train
