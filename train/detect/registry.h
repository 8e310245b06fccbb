// The reference detectors by name: one line each in detector_list.inc. Internal to train/ (torch
// types).
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "train/base/architecture.h"
#include "train/base/training_options.h"
#include "train/detect/augment.h"
#include "train/detect/detector.h"
#include "train/learn/trainer.h"

namespace train {

// What is known when a training is planned.
struct PlanInput {
  int classes = 1;
  int labels = 0;                     // pictures to learn from
  cv::Size picture;                   // the largest
  double median_area = 0;             // of an animal, image pixels
  const WeightsFile* init = nullptr;  // what --init names; nullptr: from scratch
  bool gpu = false;
  TrainOptions options;
};

struct DetectPlan {
  nlohmann::json settings;  // of the network, as Detector::settings()
  TrainerOptions trainer;   // steps are of one batch each
  int batch = 1;
  int most_short_side = 0;  // larger pictures are shrunk before they are kept; 0: never
  DetectAugment augment;
};

// After so long a training on a processor ends, unless a person says another time.
constexpr double kProcessorMinutes = 20;

struct DetectorKind {
  std::string name, summary;
  OptionNames options;  // beyond those that every detector takes (networks.cc)
  std::function<std::unique_ptr<Detector>(int classes, const nlohmann::json& settings)> make;
  std::function<DetectPlan(const PlanInput&)> plan;
};

const std::vector<DetectorKind>& DetectorKinds();
// nullptr when there is none of that name.
const DetectorKind* FindDetectorKind(const std::string& name);
// Throws Error for an unknown name, a class count below 1 or settings that cannot be.
std::unique_ptr<Detector> MakeDetector(const std::string& name, int classes,
                                       const nlohmann::json& settings);

}  // namespace train
