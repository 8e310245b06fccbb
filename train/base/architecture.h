// A network that can be trained: what it is for, which options it takes, how it learns and how its
// model files are opened. Each family says so of its own; train/architectures.h has them all. No
// torch type here.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "train/base/predictor.h"
#include "train/base/training_data.h"
#include "train/base/training_request.h"

namespace train {

struct BehaviorData;
struct BehaviorOptions;
struct BehaviorSpan;
struct PointData;
struct WeightsFile;

enum class Task {
  kOutlines,  // finds animals in a frame, with a mask or a box
  kNames,     // names animals that another model outlined
  kBehavior,  // says what an animal, or a region, does
  kPoints     // finds key points of animals
};

using OptionNames = std::vector<std::string_view>;
inline OptionNames Joined(OptionNames names, const OptionNames& more) {
  names.insert(names.end(), more.begin(), more.end());
  return names;
}
// Of networks that several processes can train together.
inline const OptionNames kTogetherOptions = {"rank", "world-size", "rendezvous", "peer-timeout"};

struct Architecture {
  using Metadata = std::map<std::string, std::string>;  // of a weights file

  std::string_view name, summary;
  Task task;
  // Of TrainOptions, TogetherOptions, BehaviorOptions, beyond those that every architecture takes.
  OptionNames options;
  // As the task asks, one of the three; the others are null.
  TrainResult (*train)(const TrainingData&, const TrainingRequest&) = nullptr;
  TrainResult (*train_behavior)(const BehaviorData&, const std::vector<BehaviorSpan>&,
                                const BehaviorOptions&, const TrainingRequest&) = nullptr;
  // Null unless it outlines animals. `name`: of the file, for errors.
  std::unique_ptr<Predictor> (*load)(const WeightsFile&, const std::string& name,
                                     const PredictorOptions&) = nullptr;
  ModelInfo (*read)(const Metadata&, const std::string& name) = nullptr;
  TrainResult (*train_points)(const PointData&, const TrainingRequest&) = nullptr;

  bool Takes(std::string_view option) const;
};

}  // namespace train
