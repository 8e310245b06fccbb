#include "train/nets/idseg.h"

#include <cmath>

#include "train/peers/peers_norm.h"

namespace train {
namespace {

constexpr int kWidths[] = {16, 32, 48, 64, 96};  // at 1/2, 1/4, 1/8, 1/16, 1/32
constexpr int kLevels = 5;
constexpr int kCropWidths[] = {16, 32, 48, 64};

torch::nn::Conv2d MakeConv(int in, int out, int kernel, int stride, bool bias) {
  // A kernel of one pixel has nothing to dilate, but with one thread LibTorch 1.13 leaves such
  // convolutions to oneDNN only if they are dilated (ConvParams::use_mkldnn); its own are slower.
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel)
                               .stride(stride)
                               .padding(kernel / 2)
                               .dilation(kernel == 1 ? 2 : 1)
                               .bias(bias));
}

void UseType(torch::nn::Conv2dImpl& conv, torch::ScalarType type) {
  torch::NoGradGuard no_grad;
  conv.weight = conv.weight.detach().to(type).contiguous(torch::MemoryFormat::ChannelsLast);
  conv.bias = conv.bias.detach().to(type);
}

}  // namespace

ConvNormImpl::ConvNormImpl(int in, int out, int kernel, int stride, bool use_relu)
    : relu(use_relu) {
  conv = register_module("conv", MakeConv(in, out, kernel, stride, /*bias=*/false));
  norm = register_module("norm", torch::nn::BatchNorm2d(torch::nn::BatchNorm2dOptions(out)));
  torch::nn::init::kaiming_normal_(conv->weight, 0, torch::kFanOut, torch::kReLU);
}

torch::Tensor ConvNormImpl::forward(const torch::Tensor& x) {
  torch::Tensor y = conv->forward(x);
  if (!folded) {
    if (peers && is_training()) {
      norm->num_batches_tracked += 1;
      y = NormOverPeers(y,
                        {norm->weight, norm->bias, norm->running_mean, norm->running_var,
                         norm->options.momentum().value(), norm->options.eps()},
                        *peers);
    } else {
      y = norm->forward(y);
    }
  }
  return relu ? y.relu_() : y;
}

void ConvNormImpl::Fold(torch::ScalarType type) {
  if (folded) return;
  torch::NoGradGuard no_grad;
  const torch::Tensor scale = norm->weight / (norm->running_var + norm->options.eps()).sqrt();
  torch::Tensor weight = conv->weight * scale.view({-1, 1, 1, 1});
  torch::Tensor bias = norm->bias - norm->running_mean * scale;
  conv->weight = weight.to(type).contiguous(torch::MemoryFormat::ChannelsLast);
  conv->bias = bias.to(type);
  folded = true;
}

void NormalizeOverPeers(torch::nn::Module& module, Peers* peers) {
  for (const auto& part : module.modules(false)) {
    if (auto* conv = part->as<ConvNormImpl>()) conv->peers = peers;
  }
}

ResidualImpl::ResidualImpl(int channels) {
  first = register_module("first", ConvNorm(channels, channels, 3, 1, true));
  second = register_module("second", ConvNorm(channels, channels, 3, 1, false));
}

torch::Tensor ResidualImpl::forward(const torch::Tensor& x) {
  return second->forward(first->forward(x)).add_(x).relu_();
}

IdsegNetImpl::IdsegNetImpl(int class_count, bool has_centers)
    : classes(class_count), centers(has_centers) {
  stem = register_module("stem", ConvNorm(kSegInputChannels, kWidths[0], 3, 2, true));
  fine = register_module("fine", ConvNorm(kWidths[0], kWidths[0], 3, 1, true));
  for (int level = 1; level < kLevels; ++level) {
    const std::string index = std::to_string(level);
    down.push_back(
        register_module("down" + index, ConvNorm(kWidths[level - 1], kWidths[level], 3, 2, true)));
    deep.push_back(register_module("deep" + index, Residual(kWidths[level])));
  }
  for (int level = kLevels - 1; level >= 1; --level) {
    const std::string index = std::to_string(level);
    lateral.push_back(register_module("lateral" + index,
                                      ConvNorm(kWidths[level], kWidths[level - 1], 1, 1, false)));
    merge.push_back(register_module("merge" + index,
                                    ConvNorm(kWidths[level - 1], kWidths[level - 1], 3, 1, true)));
  }
  last = register_module("last", ConvNorm(kWidths[0], kWidths[0], 3, 1, true));
  head = register_module("head", MakeConv(kWidths[0], (first_class() + classes) * 4, 3, 1, true));
  torch::NoGradGuard no_grad;
  head->weight.mul_(0.5);
  head->bias.zero_();
  head->bias.slice(0, 0, kCenterChannel * 4).fill_(-2.0);  // animals cover little of a frame
}

torch::Tensor IdsegNetImpl::forward(const torch::Tensor& x) {
  std::vector<torch::Tensor> skips;
  torch::Tensor y = fine->forward(stem->forward(x.to(type)));
  skips.push_back(y);
  for (int level = 1; level < kLevels; ++level) {
    y = deep[level - 1]->forward(down[level - 1]->forward(y));
    skips.push_back(y);
  }
  for (int i = 0; i < kLevels - 1; ++i) {
    const torch::Tensor& skip = skips[kLevels - 2 - i];
    y = torch::upsample_nearest2d(lateral[i]->forward(y), {skip.size(2), skip.size(3)});
    y = merge[i]->forward(y.add_(skip).relu_());
  }
  return torch::pixel_shuffle(head->forward(last->forward(y)), 2).to(torch::kFloat32);
}

void IdsegNetImpl::Fold(torch::ScalarType use_type) {
  type = use_type;
  for (const auto& module : modules(false)) {
    if (auto* conv = module->as<ConvNormImpl>()) conv->Fold(type);
  }
  UseType(*head, type);
}

CropNetImpl::CropNetImpl(int in_channels, int classes) {
  int in = in_channels;
  int index = 0;
  for (int width : kCropWidths) {
    blocks.push_back(
        register_module("block" + std::to_string(++index), ConvNorm(in, width, 3, 2, true)));
    in = width;
    if (index >= 2) {
      blocks.push_back(
          register_module("more" + std::to_string(index), ConvNorm(in, in, 3, 1, true)));
    }
  }
  head = register_module("head", torch::nn::Linear(2 * in, classes));
}

torch::Tensor CropNetImpl::forward(const torch::Tensor& x) {
  torch::Tensor y = x.to(type);
  for (auto& block : blocks) y = block->forward(y);
  y = y.to(torch::kFloat32);
  const torch::Tensor pooled = torch::cat({y.mean({2, 3}), y.amax({2, 3})}, 1);
  return head->forward(pooled);
}

void CropNetImpl::Fold(torch::ScalarType use_type) {
  type = use_type;
  for (auto& block : blocks) block->Fold(type);
}

}  // namespace train
