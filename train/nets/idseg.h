// The default networks. Internal to train/ (torch types).
//
// IdsegNet: a small encoder-decoder in the manner of U-Net (Ronneberger et al. 2015) with additive
// skips and a sub-pixel head (Shi et al. 2016), so that most work happens at half resolution.
// CropNet: four convolution blocks that name one masked crop.
#pragma once

#include <torch/torch.h>

#include <utility>
#include <vector>

namespace train {

class Peers;

// Channels of the input, in this order: R, G, B (normalized), |frame - background|, and 1 where a
// background is known, 0 where it is not (then the difference is 0 too).
inline constexpr int kSegInputChannels = 5;
inline constexpr int kSegStride = 32;  // height and width must be multiples of this

// Channels of the output, in this order; logits but for the way to the center.
inline constexpr int kAnimalChannel = 0;  // this pixel belongs to an animal
inline constexpr int kCoreChannel = 1;    // ... and lies deep inside that animal's outline
// From the pixel to the center of gravity of what is seen of its animal (Cheng et al. 2020,
// Panoptic-DeepLab), x and y, in units of kCenterUnit pixels of the input. It knows no names: it
// says which pixels belong together. Models from before have no such channels.
inline constexpr int kCenterChannel = 2;
inline constexpr double kCenterUnit = 16;

struct ConvNormImpl : torch::nn::Module {
  ConvNormImpl(int in, int out, int kernel, int stride, bool relu);
  torch::Tensor forward(const torch::Tensor& x);
  // Multiplies the normalization into the convolution, which then computes in `type`; the module is
  // for inference afterwards, and its named weights are those from before.
  void Fold(torch::ScalarType type);
  torch::nn::Conv2d conv{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};
  bool relu = true;
  bool folded = false;
  Peers* peers = nullptr;  // where set, the normalization is over the batch of all processes
};
TORCH_MODULE(ConvNorm);

// Every ConvNorm of `module` normalizes over the batch of all processes from now on.
void NormalizeOverPeers(torch::nn::Module& module, Peers* peers);

struct ResidualImpl : torch::nn::Module {
  explicit ResidualImpl(int channels);
  torch::Tensor forward(const torch::Tensor& x);
  ConvNorm first{nullptr}, second{nullptr};
};
TORCH_MODULE(Residual);

struct IdsegNetImpl : torch::nn::Module {
  explicit IdsegNetImpl(int classes, bool centers = true);
  // x: [N, 5, H, W], H and W multiples of 32. Returns [N, first_class() + classes, H, W].
  torch::Tensor forward(const torch::Tensor& x);
  void Fold(torch::ScalarType type);

  int first_class() const { return centers ? kCenterChannel + 2 : kCenterChannel; }

  int classes;
  bool centers;
  torch::ScalarType type = torch::kFloat32;  // of the arithmetic; results are float32
  ConvNorm stem{nullptr}, fine{nullptr};
  std::vector<ConvNorm> down;
  std::vector<Residual> deep;
  std::vector<ConvNorm> lateral, merge;
  ConvNorm last{nullptr};
  torch::nn::Conv2d head{nullptr};
};
TORCH_MODULE(IdsegNet);

struct CropNetImpl : torch::nn::Module {
  CropNetImpl(int in_channels, int classes);
  torch::Tensor forward(const torch::Tensor& x);  // [N, C, S, S] -> logits [N, classes]
  void Fold(torch::ScalarType type);

  torch::ScalarType type = torch::kFloat32;
  std::vector<ConvNorm> blocks;
  torch::nn::Linear head{nullptr};
};
TORCH_MODULE(CropNet);

}  // namespace train
