// ResNet with a feature pyramid (Lin et al. 2017), module names as torchvision's BackboneWithFPN:
// body.*, fpn.inner_blocks.{0-3}.0.*, fpn.layer_blocks.{0-3}.0.*. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <vector>

#include "train/nets/resnet.h"

namespace train {

inline constexpr int kPyramidChannels = 256;

class ResNetPyramidImpl : public torch::nn::Module {
 public:
  // `width`: all channels as a share of the published network's.
  ResNetPyramidImpl(int depth, const NormOptions& norm, double width = 1);
  // [N, 3, H, W] -> P2..P5 at strides 4, 8, 16, 32, and P6: every second pixel of P5.
  std::vector<torch::Tensor> forward(const torch::Tensor& x);
  // For inference only.
  void Fold(torch::ScalarType type);

  ResNet body{nullptr};

 private:
  std::vector<torch::nn::Conv2d> inner_, layer_;
};
TORCH_MODULE(ResNetPyramid);

}  // namespace train
