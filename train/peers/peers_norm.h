// Batch normalization over the batch of all processes, so that several processes with a share each
// learn what one process with the whole batch would. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include "train/peers/peers.h"

namespace train {

struct PeersNorm {
  torch::Tensor weight, bias;               // [C]
  torch::Tensor running_mean, running_var;  // [C]; they move by those of the whole batch
  double momentum = 0.1, eps = 1e-5;
};

// As torch::batch_norm(x, ...) in training mode, x: [N, C, H, W] of the same size in every process;
// the running statistics stay equal everywhere.
torch::Tensor NormOverPeers(const torch::Tensor& x, const PeersNorm& norm, Peers& peers);

}  // namespace train
