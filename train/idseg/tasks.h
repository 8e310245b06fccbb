// What the two idseg networks learn from, for the trainer. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <memory>
#include <optional>
#include <vector>

#include "train/idseg/runner.h"
#include "train/idseg/samples.h"
#include "train/learn/evaluate.h"
#include "train/learn/halves.h"
#include "train/learn/together.h"
#include "train/learn/trainer.h"

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
  torch::Tensor Learn(int64_t step) override;
  std::optional<Validation> Validate() override;
  // The animals of a labeled frame (into data.frames), with the module as it is now.
  std::vector<Detection> Detect(int frame);
  // For the pixels' opinions on held-back frames, with the module as it is now.
  double FitPixelTemperature();

 private:
  // Samples of a batch: what the network sees, and [count, side, side] what it must answer.
  struct Drawn {
    std::vector<float> input;
    torch::Tensor animal, core, label;  // shares 0..1, class + 1
    torch::Tensor to_center;            // [count, 2, side, side], in units of kCenterUnit pixels
    torch::Tensor counted, inside;      // weight of each pixel: of all answers, of the class
    torch::Tensor sums;                 // [2]: of those two
  };
  Drawn Draw(int64_t step, int first, int count) const;
  // `sums`: over the whole batch.
  torch::Tensor LossOf(IdsegNet& net, Drawn& drawn, const torch::Tensor& sums) const;
  Evaluation Evaluate();

  const LearningSet& set_;
  const TrainingData& data_;
  IdsegDescription description_;
  std::vector<int> held_;
  uint64_t seed_;
  // The sum of `value` over the processes; it carries no gradient.
  torch::Tensor OverAll(const torch::Tensor& value) const;
  torch::Device device_;
  BatchShare share_;
  int side_;
  SegSampler sampler_;
  IdsegNet net_, twin_{nullptr};
  std::unique_ptr<Halves> halves_;  // null: batches are learned as a whole
  torch::Tensor class_weights_;
  Drawn drawn_[2];  // of the step's halves; the whole batch in the first
};

// Masked crop -> class, class-balanced cross-entropy with label smoothing (Szegedy et al. 2016).
class CropTask : public LearningTask {
 public:
  CropTask(const LearningSet& set, const IdsegDescription& description,
           const std::vector<int>& learn, const std::vector<int>& held, uint64_t seed,
           torch::Device device, const BatchShare& share);
  torch::nn::Module& module() override { return *net_; }
  torch::Tensor Loss(int64_t step) override;
  torch::Tensor Learn(int64_t step) override;
  std::optional<Validation> Validate() override;
  // The likeliest class of each animal of a picture, with the module as it is now.
  std::vector<int> Name(const cv::Mat& picture, const std::vector<Detection>& animals);
  // Untempered scores and true classes of the held-back crops.
  void ScoreHeld(std::vector<std::vector<float>>& scores, std::vector<int>& classes);

 private:
  // Of `count` samples of the step's batch, from `first` of this process's share on.
  torch::Tensor LossOf(CropNet& net, int64_t step, int first, int count);

  const LearningSet& set_;
  CropInput input_;
  std::vector<std::vector<int>> learn_;  // per class: indices into set.patches
  std::vector<int> held_;
  uint64_t seed_;
  torch::Device device_;
  BatchShare share_;
  CropNet net_, twin_{nullptr};
  std::unique_ptr<Halves> halves_;  // null: batches are learned as a whole
  std::vector<float> values_[2];    // of the step's halves; the whole batch in the first
};

}  // namespace train
