#include "train/nets/resnet.h"

#include <algorithm>
#include <cmath>

#include "datasets/base/error.h"
#include "train/peers/peers_norm.h"

namespace train {
namespace {

namespace F = torch::nn::functional;

struct Shape {
  int blocks[4];
  bool bottleneck;
};

Shape ShapeOf(int depth) {
  switch (depth) {
    case 18:
      return {{2, 2, 2, 2}, false};
    case 34:
      return {{3, 4, 6, 3}, false};
    case 50:
      return {{3, 4, 6, 3}, true};
    case 101:
      return {{3, 4, 23, 3}, true};
    case 152:
      return {{3, 8, 36, 3}, true};
    default:
      throw datasets::Error("ResNet-" + std::to_string(depth), "there is no such network",
                            "choose depth 18, 34, 50, 101 or 152");
  }
}

int WidthOf(int layer, double width) { return Narrowed(64 << (layer - 1), width); }

// A module that only holds others under the names "0" and "1".
struct PairImpl : torch::nn::Module {};

}  // namespace

int Narrowed(int channels, double width) {
  return std::max(8, static_cast<int>(std::lround(channels * width / 8)) * 8);
}

Norm2dImpl::Norm2dImpl(int channels, const NormOptions& norm) : options(norm) {
  const torch::Tensor one = torch::ones({channels}), zero = torch::zeros({channels});
  if (options.kind == NormKind::kFrozen) {
    weight = register_buffer("weight", one.clone());
    bias = register_buffer("bias", zero.clone());
  } else {
    weight = register_parameter("weight", one.clone());
    bias = register_parameter("bias", zero.clone());
  }
  if (options.kind == NormKind::kGroup) {
    while (channels % options.groups != 0) options.groups /= 2;
    return;
  }
  running_mean = register_buffer("running_mean", zero.clone());
  running_var = register_buffer("running_var", one.clone());
  if (options.kind == NormKind::kBatch) {
    num_batches_tracked = register_buffer("num_batches_tracked", torch::zeros({}, torch::kInt64));
  }
}

std::pair<torch::Tensor, torch::Tensor> Norm2dImpl::Affine() const {
  const torch::Tensor scale = weight * (running_var + options.eps).rsqrt();
  return {scale, bias - running_mean * scale};
}

torch::Tensor Norm2dImpl::forward(const torch::Tensor& x) {
  if (options.kind == NormKind::kGroup) {
    if (x.scalar_type() != torch::kBFloat16) {
      return torch::group_norm(x, options.groups, weight, bias, options.eps);
    }
    // LibTorch 1.13 adds up a group's channels-last bfloat16 numbers in bfloat16: at 100 x 100
    // pixels nothing of the mean is right any more.
    return torch::group_norm(x.to(torch::kFloat32), options.groups, weight.to(torch::kFloat32),
                             bias.to(torch::kFloat32), options.eps)
        .to(torch::kBFloat16);
  }
  if (options.kind == NormKind::kFrozen) {
    const auto [scale, offset] = Affine();
    return x * scale.view({1, -1, 1, 1}) + offset.view({1, -1, 1, 1});
  }
  if (is_training()) num_batches_tracked.add_(1);
  if (is_training() && peers) {
    return NormOverPeers(x, {weight, bias, running_mean, running_var, 0.1, options.eps}, *peers);
  }
  return torch::batch_norm(x, weight, bias, running_mean, running_var, is_training(), 0.1,
                           options.eps, /*cudnn_enabled=*/true);
}

void NormalizeResNetOverPeers(torch::nn::Module& module, Peers* peers) {
  for (const auto& part : module.modules(false)) {
    if (auto* norm = part->as<Norm2dImpl>()) norm->peers = peers;
  }
}

torch::nn::Conv2d MakeConv2d(int in, int out, int kernel, int stride, bool bias) {
  return MakePreparableConv2d(
      torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(kernel / 2).bias(bias));
}

torch::Tensor ConvThenNorm(torch::nn::Conv2d& conv, Norm2d& norm, const torch::Tensor& x, bool relu,
                           const torch::Tensor& add) {
  if (norm->folded) return RunConv(conv, x, relu, add);
  torch::Tensor y;
  if (norm->constant()) {
    const auto [scale, offset] = norm->Affine();
    y = torch::conv2d(x, conv->weight * scale.view({-1, 1, 1, 1}), offset, conv->options.stride(),
                      conv->weight.size(2) / 2);
  } else {
    y = norm->forward(RunConv(conv, x));
  }
  if (add.defined()) y.add_(add);
  return relu ? y.relu_() : y;
}

void FoldNorm(torch::nn::Conv2d& conv, Norm2d& norm, torch::ScalarType type) {
  torch::NoGradGuard no_grad;
  if (norm->options.kind == NormKind::kGroup) {
    PrepareConv(*conv, type);
    norm->weight = norm->weight.detach().to(type);
    norm->bias = norm->bias.detach().to(type);
    return;
  }
  if (norm->folded) return;
  const auto [scale, offset] = norm->Affine();
  conv->weight = (conv->weight * scale.view({-1, 1, 1, 1})).detach();
  conv->bias = offset.detach().clone();
  norm->folded = true;
  PrepareConv(*conv, type);
}

ResidualBlockImpl::ResidualBlockImpl(int in, int width, int stride, bool bottleneck,
                                     const NormOptions& norm) {
  const int out = bottleneck ? 4 * width : width;
  const auto Conv = [&](const char* name, int from, int to, int kernel, int step) {
    return register_module(name, MakeConv2d(from, to, kernel, step, /*bias=*/false));
  };
  conv1 = Conv("conv1", in, width, bottleneck ? 1 : 3, bottleneck ? 1 : stride);
  bn1 = register_module("bn1", Norm2d(width, norm));
  conv2 = Conv("conv2", width, width, 3, bottleneck ? stride : 1);
  bn2 = register_module("bn2", Norm2d(width, norm));
  if (bottleneck) {
    conv3 = Conv("conv3", width, out, 1, 1);
    bn3 = register_module("bn3", Norm2d(out, norm));
  }
  if (stride != 1 || in != out) {
    const auto pair = register_module("downsample", std::make_shared<PairImpl>());
    down_conv = pair->register_module("0", MakeConv2d(in, out, 1, stride, /*bias=*/false));
    down_norm = pair->register_module("1", Norm2d(out, norm));
  }
}

torch::Tensor ResidualBlockImpl::forward(const torch::Tensor& x) {
  const torch::Tensor past = down_conv ? ConvThenNorm(down_conv, down_norm, x) : x;
  const torch::Tensor y = ConvThenNorm(conv1, bn1, x, /*relu=*/true);
  if (!conv3) return ConvThenNorm(conv2, bn2, y, /*relu=*/true, past);
  return ConvThenNorm(conv3, bn3, ConvThenNorm(conv2, bn2, y, /*relu=*/true), /*relu=*/true, past);
}

void ResidualBlockImpl::BeginAsIdentity() {
  torch::NoGradGuard no_grad;
  (bn3 ? bn3 : bn2)->weight.zero_();
}

void ResidualBlockImpl::Fold(torch::ScalarType type) {
  FoldNorm(conv1, bn1, type);
  FoldNorm(conv2, bn2, type);
  if (conv3) FoldNorm(conv3, bn3, type);
  if (down_conv) FoldNorm(down_conv, down_norm, type);
}

int ResNetChannels(int depth, int layer, double width) {
  return WidthOf(layer, width) * (ShapeOf(depth).bottleneck ? 4 : 1);
}

torch::nn::Sequential MakeResNetLayer(int depth, int layer, const NormOptions& norm, double width) {
  const Shape shape = ShapeOf(depth);
  VOLE_CHECK(layer >= 1 && layer <= 4);
  torch::nn::Sequential blocks;
  int in = layer == 1 ? Narrowed(64, width) : ResNetChannels(depth, layer - 1, width);
  for (int i = 0; i < shape.blocks[layer - 1]; ++i) {
    const int stride = i == 0 && layer > 1 ? 2 : 1;
    blocks->push_back(ResidualBlock(in, WidthOf(layer, width), stride, shape.bottleneck, norm));
    in = ResNetChannels(depth, layer, width);
  }
  return blocks;
}

ResNetImpl::ResNetImpl(int depth_, const NormOptions& norm, int classes, double width)
    : depth(depth_) {
  ShapeOf(depth);
  conv1 = register_module("conv1", MakeConv2d(3, Narrowed(64, width), 7, 2, /*bias=*/false));
  bn1 = register_module("bn1", Norm2d(Narrowed(64, width), norm));
  layer1 = register_module("layer1", MakeResNetLayer(depth, 1, norm, width));
  layer2 = register_module("layer2", MakeResNetLayer(depth, 2, norm, width));
  layer3 = register_module("layer3", MakeResNetLayer(depth, 3, norm, width));
  layer4 = register_module("layer4", MakeResNetLayer(depth, 4, norm, width));
  if (classes > 0) {
    fc = register_module("fc", torch::nn::Linear(ResNetChannels(depth, 4, width), classes));
  }
  for (const auto& part : modules(false)) {
    if (auto* conv = part->as<torch::nn::Conv2d>()) {
      torch::nn::init::kaiming_normal_(conv->weight, 0, torch::kFanOut, torch::kReLU);
    }
  }
}

std::vector<torch::Tensor> ResNetImpl::Features(const torch::Tensor& x) {
  torch::Tensor y = ConvThenNorm(conv1, bn1, x, /*relu=*/true);
  y = torch::max_pool2d(y, 3, 2, 1);
  std::vector<torch::Tensor> features;
  for (auto* layer : {&layer1, &layer2, &layer3, &layer4}) {
    y = (*layer)->forward(y);
    features.push_back(y);
  }
  return features;
}

torch::Tensor ResNetImpl::forward(const torch::Tensor& x) {
  const torch::Tensor pooled = Features(x).back().mean({2, 3});
  return fc ? fc->forward(pooled) : pooled;
}

void ResNetImpl::FreezeAllBut(int trainable_layers) {
  VOLE_CHECK(trainable_layers >= 0 && trainable_layers <= 5);
  const std::vector<torch::nn::Module*> from_the_end = {layer4.get(), layer3.get(), layer2.get(),
                                                        layer1.get(), conv1.get()};
  for (size_t i = 0; i < from_the_end.size(); ++i) {
    for (torch::Tensor& parameter : from_the_end[i]->parameters()) {
      parameter.set_requires_grad(static_cast<int>(i) < trainable_layers);
    }
  }
  for (torch::Tensor& parameter : bn1->parameters()) {
    parameter.set_requires_grad(trainable_layers == 5);
  }
}

void ResNetImpl::Fold(torch::ScalarType type) {
  FoldNorm(conv1, bn1, type);
  for (const auto& part : modules(false)) {
    if (auto* block = part->as<ResidualBlockImpl>()) block->Fold(type);
  }
}

}  // namespace train
