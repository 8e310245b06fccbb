// Heat maps of key points: an encoder and decoder in the manner of U-Net (Ronneberger et al. 2015)
// and stacked hourglasses (Newell et al. 2016), with offsets below the grid of the map as
// Papandreou et al. 2017. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <vector>

#include "train/nets/heat_net.h"
#include "train/nets/idseg.h"

namespace train {

inline constexpr int kPointsStride = 2;  // input pixels a cell of the maps

struct PointsNetImpl : HeatNetImpl {
  explicit PointsNetImpl(int points);
  torch::Tensor forward(const torch::Tensor& x) override;
  void Fold(torch::ScalarType type) override;  // normalizations into convolutions

  torch::ScalarType type = torch::kFloat32;
  ConvNorm stem{nullptr}, fine{nullptr}, last{nullptr};
  std::vector<ConvNorm> down, lateral, merge;
  std::vector<Residual> deep;
  torch::nn::Conv2d head{nullptr};
};
TORCH_MODULE(PointsNet);

}  // namespace train
