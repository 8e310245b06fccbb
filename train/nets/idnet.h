// IdNet of SIPEC (Marks et al. 2022): which animal a masked crop shows, from one frame, and from a
// window of frames of the same animal. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <vector>

#include "train/nets/densenet.h"
#include "train/nets/idseg.h"

namespace train {

// A small convolutional network (that of idseg's crop classifier), or DenseNet-121 behind a 1x1
// convolution to three channels as the original has it; normalization, dropout 0.5, linear layer.
struct IdFrameNetImpl : torch::nn::Module {
  IdFrameNetImpl(int crop_channels, int classes, bool use_dense);
  torch::Tensor Features(const torch::Tensor& x);       // [N, C, S, S] -> [N, feature_count]
  torch::Tensor Logits(const torch::Tensor& features);  // [N, feature_count] -> [N, classes]
  torch::Tensor forward(const torch::Tensor& x) { return Logits(Features(x)); }

  int feature_count = 0;
  CropNet small{nullptr};
  torch::nn::Conv2d to_rgb{nullptr};
  DenseNet dense{nullptr};
  torch::nn::BatchNorm1d norm{nullptr};
  torch::nn::Dropout dropout{nullptr};
  torch::nn::Linear head{nullptr};
};
TORCH_MODULE(IdFrameNet);

// Three bidirectional GRUs (128, 64, 32) over normalized features, leaky ReLU 0.3 and dropout 0.2
// after each, and a linear layer that starts at zero. Its answer is added to the mean of the single
// frames' answers, so that untrained it equals their vote.
struct IdWindowNetImpl : torch::nn::Module {
  IdWindowNetImpl(int features, int classes);
  // features [N, W, F], votes [N, W, classes] -> [N, classes]
  torch::Tensor forward(const torch::Tensor& features, const torch::Tensor& votes);

  std::vector<torch::nn::GRU> layers;
  torch::nn::Dropout dropout{nullptr};
  torch::nn::Linear head{nullptr};
};
TORCH_MODULE(IdWindowNet);

}  // namespace train
