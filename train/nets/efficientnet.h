// EfficientNet (Tan & Le 2019) with torchvision's module names, so that its weights load by name:
// B0 to B7. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <memory>
#include <vector>

namespace train {

// An inverted residual with squeeze and excitation (Sandler et al. 2018, Hu et al. 2018).
class MbConvImpl;

class EfficientNetImpl : public torch::nn::Module {
 public:
  // size: 0 to 7, of B0 to B7. classes 0: no classifier, Features alone. random: it learns with
  // dropout and leaves out blocks (stochastic depth, Huang et al. 2016).
  EfficientNetImpl(int size, int classes, bool random = true);
  // x: RGB normalized as torchvision does, [N, 3, H, W]. Returns logits [N, classes].
  torch::Tensor forward(const torch::Tensor& x);
  // [N, feature_count(), H / 32, W / 32], rounded up.
  torch::Tensor Features(const torch::Tensor& x);
  int feature_count() const { return feature_count_; }  // 1280 of B0, 2048 of B5

  static constexpr const char* kClassLayer = "classifier.";  // depends on the number of classes

 private:
  int feature_count_ = 0;
  double dropout_ = 0;
  std::shared_ptr<torch::nn::Module> stem_, last_;
  std::vector<std::shared_ptr<MbConvImpl>> blocks_;
  torch::nn::Linear classifier_{nullptr};
};
TORCH_MODULE(EfficientNet);

}  // namespace train
