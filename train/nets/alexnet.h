// AlexNet (Krizhevsky 2014, "One weird trick", one tower) with torchvision's module names, so that
// its weights load by name. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

namespace train {

class AlexNetImpl : public torch::nn::Module {
 public:
  explicit AlexNetImpl(int classes, double dropout = 0.5);
  // x: RGB normalized as torchvision does, [N, 3, H, W], sides of at least 63; 224 as trained.
  // Returns logits [N, classes].
  torch::Tensor forward(const torch::Tensor& x);
  // What the last layer sees: [N, 4096].
  torch::Tensor Features(const torch::Tensor& x);

  static constexpr int kFeatures = 4096;
  static constexpr const char* kClassLayer = "classifier.6.";  // depends on the number of classes

 private:
  torch::nn::Sequential features_{nullptr}, classifier_{nullptr};
};
TORCH_MODULE(AlexNet);

}  // namespace train
