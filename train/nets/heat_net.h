// What networks of key points have in common: maps of where each point is. Internal to train/
// (torch types).
#pragma once

#include <torch/torch.h>

namespace train {

inline constexpr int kPointsChannels = 4;  // R, G, B, the animal's own outline

struct HeatNetImpl : torch::nn::Module {
  HeatNetImpl(int points, int stride, bool offsets)
      : points(points), stride(stride), offsets(offsets) {}
  // x: [N, 4, S, S], S a multiple of 32. Returns [N, points, S / stride, S / stride], the logits of
  // the points' heat; with offsets 4 * points channels: then, for each point, x and y from the
  // cell's center to the point in cells; then the logit that the point is seen, not hidden.
  virtual torch::Tensor forward(const torch::Tensor& x) = 0;
  // For inference only, from here on: what can be computed once is.
  virtual void Fold(torch::ScalarType type) = 0;

  int points;
  int stride;  // input pixels a cell of the maps
  bool offsets;
};

}  // namespace train
