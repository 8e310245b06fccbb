// DenseNet-BC (Huang et al. 2017) with torchvision's module names, so that its weights load by
// name; DenseNet-121 by default. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <array>
#include <vector>

namespace train {

struct DenseNetOptions {
  int growth = 32;                              // channels that each layer adds
  std::array<int, 4> layers = {6, 12, 24, 16};  // of each block
  int first_channels = 64;
};

// norm1 relu conv1 (1x1, 4 growth) norm2 relu conv2 (3x3, growth).
class DenseLayerImpl : public torch::nn::Module {
 public:
  DenseLayerImpl(int in, int growth);
  torch::Tensor forward(const torch::Tensor& x);  // [N, in, H, W] -> [N, growth, H, W]

 private:
  torch::nn::BatchNorm2d norm1_{nullptr}, norm2_{nullptr};
  torch::nn::Conv2d conv1_{nullptr}, conv2_{nullptr};
};
TORCH_MODULE(DenseLayer);

class DenseNetImpl : public torch::nn::Module {
 public:
  explicit DenseNetImpl(int classes, const DenseNetOptions& options = {});
  // x: RGB normalized as torchvision does, [N, 3, H, W], sides of at least 32; 224 as trained.
  // Returns logits [N, classes].
  torch::Tensor forward(const torch::Tensor& x);
  // What the last layer sees: [N, feature_count()].
  torch::Tensor Features(const torch::Tensor& x);
  int feature_count() const { return feature_count_; }  // 1024 of DenseNet-121

  static constexpr const char* kClassLayer = "classifier.";  // depends on the number of classes

 private:
  struct Stage {
    std::vector<DenseLayer> layers;
    torch::nn::BatchNorm2d norm{nullptr};  // of the transition after it; none after the last stage
    torch::nn::Conv2d conv{nullptr};
  };
  int feature_count_ = 0;
  torch::nn::Conv2d conv0_{nullptr};
  torch::nn::BatchNorm2d norm0_{nullptr}, norm5_{nullptr};
  std::vector<Stage> stages_;
  torch::nn::Linear classifier_{nullptr};
};
TORCH_MODULE(DenseNet);

}  // namespace train
