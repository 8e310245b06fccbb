// YOLACT (Bolya et al. 2019, arXiv:1904.02689) with a ResNet and its feature pyramid, as the
// reference implementation builds it (configuration yolact_resnet50): 354 named tensors and
// 31,164,943 parameters at 81 classes, under the reference's names. Internal to train/ (torch
// types).
#pragma once

#include <torch/torch.h>

#include <vector>

#include "train/nets/resnet.h"

namespace train {

struct YolactConfig {
  int classes = 81;  // background included, which is class 0
  int depth = 50;    // of the ResNet
  double width = 1;  // the ResNet's channels, as a share of the published ones
  int side = 550;    // of the square input
  int features = 256;
  int prototypes = 32;
  NormOptions norm;
};

// What the network answers for N pictures with P priors.
struct YolactOutput {
  torch::Tensor box;     // [N, P, 4]: offsets from the priors
  torch::Tensor conf;    // [N, P, classes]: logits
  torch::Tensor coef;    // [N, P, prototypes]: -1..1
  torch::Tensor proto;   // [N, h, w, prototypes]: >= 0, at a quarter of the input
  torch::Tensor segm;    // [N, classes - 1, h / 2, w / 2]: logits; only in training mode
  torch::Tensor priors;  // [P, 4]: center and extent, as shares of the picture
};

class YolactImpl : public torch::nn::Module {
 public:
  explicit YolactImpl(const YolactConfig& config);
  // x: [N, 3, side, side], normalized (YolactInput).
  YolactOutput forward(const torch::Tensor& x);
  // Kaiming for the backbone, Xavier for the rest, as the reference starts.
  void InitWeights();
  // What a start without a pretrained backbone needs besides: residual blocks that begin as the
  // identity and small answers. Otherwise the first masks are wrong by several nats, and the steps
  // that repair it leave most prototypes below zero, where their ReLU has no gradient: animals
  // without prototypes have no mask.
  void CalmStart();
  // For inference only, once: norms become part of the convolutions, arithmetic in `type`.
  void Fold(torch::ScalarType type);
  // The normalization of the backbone keeps the statistics that it has, and its factors (the
  // reference does so for batches of fewer than six). After every train().
  void FreezeNorms();

  const YolactConfig config;

 private:
  std::vector<torch::Tensor> Backbone(const torch::Tensor& x);
  std::vector<torch::Tensor> Pyramid(const std::vector<torch::Tensor>& features);

  torch::ScalarType type_ = torch::kFloat32;
  torch::nn::Conv2d conv1{nullptr};
  Norm2d bn1{nullptr};
  std::vector<torch::nn::Sequential> layers_;
  // Of the pyramid, coarsest first, as the reference stores them.
  std::vector<torch::nn::Conv2d> lateral_, predict_, downsample_, proto_;
  torch::nn::Conv2d up_{nullptr}, box_{nullptr}, conf_{nullptr}, coef_{nullptr}, segm_{nullptr};
};
TORCH_MODULE(Yolact);

// RGB 0..1 [3, H, W] -> [1, 3, side, side]: stretched, then in units of the deviations that the
// reference uses, in RGB order.
torch::Tensor YolactInput(const torch::Tensor& image, int side);

// Priors of square grids (69, 35, 18, 9, 5 at 550 pixels), in the order of the network's answers:
// rows, columns, three shapes a place, which all are squares as in the published weights.
torch::Tensor YolactPriors(const std::vector<int64_t>& heights, const std::vector<int64_t>& widths);

}  // namespace train
