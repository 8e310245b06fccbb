#include "train/nets/points.h"

namespace train {
namespace {

constexpr int kPointsWidths[] = {24, 32, 48, 64, 96};  // at 1/2, 1/4, 1/8, 1/16, 1/32
constexpr int kPointsLevels = 5;

}  // namespace

PointsNetImpl::PointsNetImpl(int point_count) : HeatNetImpl(point_count, kPointsStride, true) {
  stem = register_module("stem", ConvNorm(kPointsChannels, kPointsWidths[0], 3, 2, true));
  fine = register_module("fine", ConvNorm(kPointsWidths[0], kPointsWidths[0], 3, 1, true));
  for (int level = 1; level < kPointsLevels; ++level) {
    const std::string index = std::to_string(level);
    const int in = kPointsWidths[level - 1], out = kPointsWidths[level];
    down.push_back(register_module("down" + index, ConvNorm(in, out, 3, 2, true)));
    deep.push_back(register_module("deep" + index, Residual(out)));
  }
  for (int level = kPointsLevels - 1; level >= 1; --level) {
    const std::string index = std::to_string(level);
    const int in = kPointsWidths[level], out = kPointsWidths[level - 1];
    lateral.push_back(register_module("lateral" + index, ConvNorm(in, out, 1, 1, false)));
    merge.push_back(register_module("merge" + index, ConvNorm(out, out, 3, 1, true)));
  }
  last = register_module("last", ConvNorm(kPointsWidths[0], kPointsWidths[0], 3, 1, true));
  head = register_module(
      "head",
      torch::nn::Conv2d(torch::nn::Conv2dOptions(kPointsWidths[0], 4 * points, 3).padding(1)));
  torch::NoGradGuard no_grad;
  head->weight.mul_(0.5);
  head->bias.zero_();
  head->bias.slice(0, 0, points).fill_(-4.0);  // a point covers little of a view
}

torch::Tensor PointsNetImpl::forward(const torch::Tensor& x) {
  std::vector<torch::Tensor> skips;
  torch::Tensor y = fine->forward(stem->forward(x.to(type)));
  skips.push_back(y);
  for (size_t level = 0; level < down.size(); ++level) {
    y = deep[level]->forward(down[level]->forward(y));
    skips.push_back(y);
  }
  for (size_t i = 0; i < lateral.size(); ++i) {
    const torch::Tensor& skip = skips[lateral.size() - 1 - i];
    y = torch::upsample_nearest2d(lateral[i]->forward(y), {skip.size(2), skip.size(3)});
    y = merge[i]->forward(y.add_(skip).relu_());
  }
  return head->forward(last->forward(y)).to(torch::kFloat32);
}

void PointsNetImpl::Fold(torch::ScalarType use_type) {
  type = use_type;
  for (const auto& module : modules(false)) {
    if (auto* conv = module->as<ConvNormImpl>()) conv->Fold(type);
  }
  torch::NoGradGuard no_grad;
  head->weight = head->weight.detach().to(type).contiguous(torch::MemoryFormat::ChannelsLast);
  head->bias = head->bias.detach().to(type);
}

}  // namespace train
