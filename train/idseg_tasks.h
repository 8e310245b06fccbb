// What the two idseg networks learn from, for the trainer. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <optional>
#include <vector>

#include "train/evaluate.h"
#include "train/idseg_runner.h"
#include "train/seg_samples.h"
#include "train/together.h"
#include "train/trainer.h"

namespace train {

// Pixels -> animal, core, class. Loss: cross-entropy and Dice (Milletari et al. 2016) of the animal
// channel, cross-entropy of the core channel, class-balanced cross-entropy of the classes inside
// animals. Frames are held back by index into LearningSet::frames.
class SegTask : public LearningTask {
 public:
  SegTask(const LearningSet& set, const TrainingData& data, const IdsegDescription& description,
          std::vector<int> learn, std::vector<int> held, uint64_t seed, torch::Device device,
          const BatchShare& share, int side);
  torch::nn::Module& module() override { return *net_; }
  torch::Tensor Loss(int64_t step) override;
  std::optional<Validation> Validate() override;
  // The animals of a labeled frame (into data.frames), with the module as it is now.
  std::vector<Detection> Detect(int frame);
  // For the pixels' opinions on held-back frames, with the module as it is now.
  double FitPixelTemperature();

 private:
  const LearningSet& set_;
  const TrainingData& data_;
  Evaluation Evaluate();

  IdsegDescription description_;
  std::vector<int> held_;
  uint64_t seed_;
  // The sum of `value` over the processes; it carries no gradient.
  torch::Tensor OverAll(const torch::Tensor& value) const;
  torch::Device device_;
  BatchShare share_;
  int side_;
  SegSampler sampler_;
  IdsegNet net_;
  torch::Tensor class_weights_;
  std::vector<float> input_;
};

// Masked crop -> class, class-balanced cross-entropy with label smoothing (Szegedy et al. 2016).
class CropTask : public LearningTask {
 public:
  CropTask(const LearningSet& set, const IdsegDescription& description,
           const std::vector<int>& learn, const std::vector<int>& held, uint64_t seed,
           torch::Device device, const BatchShare& share);
  torch::nn::Module& module() override { return *net_; }
  torch::Tensor Loss(int64_t step) override;
  std::optional<Validation> Validate() override;
  // The likeliest class of each animal of a picture, with the module as it is now.
  std::vector<int> Name(const cv::Mat& picture, const std::vector<Detection>& animals);
  // Untempered scores and true classes of the held-back crops.
  void ScoreHeld(std::vector<std::vector<float>>& scores, std::vector<int>& classes);

 private:
  const LearningSet& set_;
  CropInput input_;
  std::vector<std::vector<int>> learn_;  // per class: indices into set.patches
  std::vector<int> held_;
  uint64_t seed_;
  torch::Device device_;
  BatchShare share_;
  CropNet net_;
  std::vector<float> values_;
};

// The temperature that makes the scores most likely (Guo et al. 2017), from 1 to 8; 1.5 without
// examples. Never below 1: the few held-back labels lie closer to what was learned than the rest.
double FitTemperature(const std::vector<std::vector<float>>& scores,
                      const std::vector<int>& classes);

}  // namespace train
