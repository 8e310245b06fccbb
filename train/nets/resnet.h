// ResNet-18/34/50/101/152 (He et al. 2016) with the module names of torchvision, strides in the 3x3
// convolutions as there, so that its weights load by name. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <vector>

#include "train/nn/prepared_conv.h"

namespace train {

class Peers;

enum class NormKind {
  kBatch,   // weight, bias learned; running_mean, running_var, num_batches_tracked
  kFrozen,  // weight, bias, running_mean, running_var as constants (torchvision FrozenBatchNorm2d)
  kGroup,   // weight, bias learned (Wu & He 2018), independent of the batch size
};

struct NormOptions {
  NormKind kind = NormKind::kBatch;
  double eps = 1e-5;
  int groups = 32;  // of kGroup, when the channels are divisible by it
};

// `channels` times `width`, to the next multiple of 8, at least 8: a narrower network learns
// faster.
int Narrowed(int channels, double width);

// A normalization over [N, C, H, W] under the names above.
class Norm2dImpl : public torch::nn::Module {
 public:
  Norm2dImpl(int channels, const NormOptions& options);
  torch::Tensor forward(const torch::Tensor& x);
  bool constant() const { return options.kind == NormKind::kFrozen; }
  // The factor and offset that the constants amount to, each [C]; not for kGroup.
  std::pair<torch::Tensor, torch::Tensor> Affine() const;

  NormOptions options;
  torch::Tensor weight, bias, running_mean, running_var, num_batches_tracked;
  bool folded = false;     // the convolution before it has taken it over
  Peers* peers = nullptr;  // where set, kBatch normalizes over the batch of all processes
};
TORCH_MODULE(Norm2d);

// Every Norm2d of `module` normalizes over the batch of all processes from now on.
void NormalizeResNetOverPeers(torch::nn::Module& module, Peers* peers);

torch::nn::Conv2d MakeConv2d(int in, int out, int kernel, int stride, bool bias);

// norm(conv(x)) (+ add) (ReLU). A constant norm becomes part of the convolution: one pass over the
// map instead of three, equal up to rounding; gradients reach the convolution's weight as ever.
torch::Tensor ConvThenNorm(torch::nn::Conv2d& conv, Norm2d& norm, const torch::Tensor& x,
                           bool relu = false, const torch::Tensor& add = {});
// For inference only, once: the norm moves into the convolution for good, and its weights become
// `type` in channels-last layout. A group norm stays what it is.
void FoldNorm(torch::nn::Conv2d& conv, Norm2d& norm, torch::ScalarType type);

// BasicBlock or Bottleneck: conv1 bn1 conv2 bn2 (conv3 bn3) (downsample.0 downsample.1).
class ResidualBlockImpl : public torch::nn::Module {
 public:
  ResidualBlockImpl(int in, int width, int stride, bool bottleneck, const NormOptions& norm);
  torch::Tensor forward(const torch::Tensor& x);
  void Fold(torch::ScalarType type);
  // Its last norm's factors become 0 (Goyal et al. 2017, section 5.1): what comes in goes out.
  void BeginAsIdentity();

 private:
  torch::nn::Conv2d conv1{nullptr}, conv2{nullptr}, conv3{nullptr}, down_conv{nullptr};
  Norm2d bn1{nullptr}, bn2{nullptr}, bn3{nullptr}, down_norm{nullptr};
};
TORCH_MODULE(ResidualBlock);

// Layer 1..4 of the network of that depth; [N, C, H, W] -> [N, channels, H / stride, W / stride].
// `width`: its channels as a share of the published network's. Throws Error for a depth other than
// 18, 34, 50, 101, 152.
torch::nn::Sequential MakeResNetLayer(int depth, int layer, const NormOptions& norm,
                                      double width = 1);
// Channels that layer 1..4 gives.
int ResNetChannels(int depth, int layer, double width = 1);

class ResNetImpl : public torch::nn::Module {
 public:
  // `classes` > 0 adds the classifier `fc`.
  explicit ResNetImpl(int depth, const NormOptions& norm = {}, int classes = 0, double width = 1);
  // [N, 3, H, W] -> C2, C3, C4, C5 at strides 4, 8, 16, 32.
  std::vector<torch::Tensor> Features(const torch::Tensor& x);
  // Logits [N, classes]; without a classifier the averaged C5, [N, channels].
  torch::Tensor forward(const torch::Tensor& x);
  // Parts that learn, counted from the end: 5 all, 3 without conv1, bn1 and layer1, 0 none
  // (torchvision's trainable_layers).
  void FreezeAllBut(int trainable_layers);
  // For inference only: norms become part of the convolutions, arithmetic in `type`.
  void Fold(torch::ScalarType type);

  const int depth;

 private:
  torch::nn::Conv2d conv1{nullptr};
  Norm2d bn1{nullptr};
  torch::nn::Sequential layer1{nullptr}, layer2{nullptr}, layer3{nullptr}, layer4{nullptr};
  torch::nn::Linear fc{nullptr};
};
TORCH_MODULE(ResNet);

}  // namespace train
