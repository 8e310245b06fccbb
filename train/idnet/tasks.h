// What IdNet learns from, for the trainer. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <optional>
#include <vector>

#include "train/idseg/learning_set.h"
#include "train/learn/trainer.h"
#include "train/nets/idnet.h"

namespace train {

// Views of a crop whose features are averaged into one, when learning windows and when predicting.
inline constexpr size_t kIdentityViews = 4;

// Mean features [patches][F] over the first kIdentityViews of TestViews(), in evaluation mode.
torch::Tensor FeaturesOfPatches(IdFrameNet& net, const torch::Device& device,
                                const std::vector<const AnimalPatch*>& patches,
                                const CropInput& input);

// Single crops, class-balanced cross-entropy with label smoothing.
class IdFrameTask : public LearningTask {
 public:
  // `learn`, `held`: indices into set.patches.
  IdFrameTask(const LearningSet& set, const CropInput& input, const std::vector<int>& learn,
              std::vector<int> held, bool dense, uint64_t seed, torch::Device device, int batch);
  torch::nn::Module& module() override { return *net_; }
  IdFrameNet& net() { return net_; }
  torch::Tensor Loss(int64_t step) override;
  std::optional<Validation> Validate() override;
  // Untempered, with the module as it is.
  void ScoreHeld(std::vector<std::vector<float>>& scores, std::vector<int>& classes);

 private:
  const LearningSet& set_;
  CropInput input_;
  std::vector<std::vector<int>> by_class_;
  std::vector<int> held_;
  uint64_t seed_;
  torch::Device device_;
  int batch_;
  IdFrameNet net_;
  std::vector<float> values_;
};

// Windows over the features of a frame network that learns no more.
class IdWindowTask : public LearningTask {
 public:
  IdWindowTask(const LearningSet& set, const TrainingData& data, const CropInput& input,
               IdFrameNet frames, const std::vector<int>& learn, const std::vector<int>& held,
               uint64_t seed, torch::Device device, int batch);
  // Sees every crop anew several times, with the frame network as it is now; call before training.
  void Prepare();
  torch::nn::Module& module() override { return *net_; }
  IdWindowNet& net() { return net_; }
  torch::Tensor Loss(int64_t step) override;
  std::optional<Validation> Validate() override;
  void ScoreHeld(std::vector<std::vector<float>>& scores, std::vector<int>& classes);

 private:
  struct Track {  // one animal of one video, by time
    int class_index = 0;
    std::vector<int> crops;  // into patches_
  };
  std::vector<Track> TracksOf(const std::vector<int>& chosen, const TrainingData& data);
  torch::Tensor Forward(const torch::Tensor& features);  // [N, W, F]

  const LearningSet& set_;
  CropInput input_;
  IdFrameNet frames_;
  std::vector<int> patches_;  // into set_.patches
  std::vector<Track> learn_, held_;
  uint64_t seed_;
  torch::Device device_;
  int batch_;
  IdWindowNet net_;
  torch::Tensor seen_;  // [views, patches, F]
  torch::Tensor calm_;  // [patches, F], as predicting sees them
};

// {crops, crop_accuracy} or with another prefix, and the score that chooses a checkpoint.
Validation JudgeNames(const std::vector<std::vector<float>>& scores,
                      const std::vector<int>& classes, const std::string& what);

}  // namespace train
