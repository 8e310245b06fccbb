// PoseNet of SIPEC (Marks et al. 2022): an EfficientNet, five deconvolutions back to the size of
// its input, a heat map a point, after the simple baselines of Xiao et al. 2018. Internal to train/
// (torch types).
#pragma once

#include "train/nets/efficientnet.h"
#include "train/nets/heat_net.h"

namespace train {

struct PoseNetImpl : HeatNetImpl {
  // size: of the EfficientNet, 5 in SIPEC.
  PoseNetImpl(int points, int size);
  // Other animals are left out by the outline, grown by a share of the view, where there is one.
  torch::Tensor forward(const torch::Tensor& x) override;
  void Fold(torch::ScalarType) override {}

  EfficientNet encoder{nullptr};
  std::vector<torch::nn::ConvTranspose2d> up;
  std::vector<torch::nn::BatchNorm2d> norm;
  torch::nn::Conv2d head{nullptr};
};
TORCH_MODULE(PoseNet);

}  // namespace train
