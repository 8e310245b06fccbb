#include "train/nets/rcnn/fpn.h"

namespace train {
namespace {

struct NamesImpl : torch::nn::Module {};

}  // namespace

ResNetPyramidImpl::ResNetPyramidImpl(int depth, const NormOptions& norm, double width) {
  const int channels = Narrowed(kPyramidChannels, width);
  body = register_module("body", ResNet(depth, norm, /*classes=*/0, width));
  const auto fpn = register_module("fpn", std::make_shared<NamesImpl>());
  const auto inner = fpn->register_module("inner_blocks", std::make_shared<NamesImpl>());
  const auto layer = fpn->register_module("layer_blocks", std::make_shared<NamesImpl>());
  for (int level = 0; level < 4; ++level) {
    const auto Add = [&](NamesImpl& parent, int in, int kernel) {
      const auto holder =
          parent.register_module(std::to_string(level), std::make_shared<NamesImpl>());
      auto conv = holder->register_module("0", MakeConv2d(in, channels, kernel, 1, /*bias=*/true));
      torch::nn::init::kaiming_uniform_(conv->weight, 1);
      torch::nn::init::zeros_(conv->bias);
      return conv;
    };
    inner_.push_back(Add(*inner, ResNetChannels(depth, level + 1, width), 1));
    layer_.push_back(Add(*layer, channels, 3));
  }
}

std::vector<torch::Tensor> ResNetPyramidImpl::forward(const torch::Tensor& x) {
  const std::vector<torch::Tensor> maps = body->Features(x);
  std::vector<torch::Tensor> levels(5);
  torch::Tensor down;
  for (size_t l = 4; l-- > 0;) {
    down = RunConv(inner_[l], maps[l], /*relu=*/false, down);
    levels[l] = RunConv(layer_[l], down);
  }
  levels[4] = torch::max_pool2d(levels[3], 1, 2);
  return levels;
}

void ResNetPyramidImpl::Fold(torch::ScalarType type) {
  body->Fold(type);
  for (auto* convs : {&inner_, &layer_}) {
    for (auto& conv : *convs) PrepareConv(*conv, type);
  }
}

}  // namespace train
