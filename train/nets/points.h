// Heat maps of key points: an encoder and decoder in the manner of U-Net (Ronneberger et al. 2015)
// and stacked hourglasses (Newell et al. 2016), with offsets below the grid of the map as
// Papandreou et al. 2017. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <vector>

#include "train/nets/idseg.h"

namespace train {

inline constexpr int kPointsChannels = 4;  // R, G, B, the animal's own outline
inline constexpr int kPointsStride = 2;    // input pixels a cell of the maps

struct PointsNetImpl : torch::nn::Module {
  explicit PointsNetImpl(int points);
  // x: [N, 4, S, S], S a multiple of 32. Returns [N, 4 * points, S / 2, S / 2]: for each point the
  // logit of its heat; then, for each point, x and y from the cell's center to the point in cells;
  // then the logit that the point is seen, not hidden.
  torch::Tensor forward(const torch::Tensor& x);
  // For inference: normalizations into convolutions.
  void Fold(torch::ScalarType type);

  int points;
  torch::ScalarType type = torch::kFloat32;
  ConvNorm stem{nullptr}, fine{nullptr}, last{nullptr};
  std::vector<ConvNorm> down, lateral, merge;
  std::vector<Residual> deep;
  torch::nn::Conv2d head{nullptr};
};
TORCH_MODULE(PointsNet);

}  // namespace train
