#include "train/nets/idnet.h"

namespace train {
namespace {

constexpr int kRecurrentWidths[] = {128, 64, 32};
constexpr double kLeak = 0.3;

}  // namespace

IdFrameNetImpl::IdFrameNetImpl(int crop_channels, int classes, bool use_dense) {
  if (use_dense) {
    to_rgb =
        register_module("to_rgb", torch::nn::Conv2d(torch::nn::Conv2dOptions(crop_channels, 3, 1)));
    dense = register_module("dense", DenseNet(classes));
    feature_count = dense->feature_count();
  } else {
    small = register_module("small", CropNet(crop_channels, classes));
    feature_count = static_cast<int>(small->head->options.in_features());
  }
  norm = register_module("norm", torch::nn::BatchNorm1d(feature_count));
  dropout = register_module("dropout", torch::nn::Dropout(0.5));
  head = register_module("head", torch::nn::Linear(feature_count, classes));
}

torch::Tensor IdFrameNetImpl::Features(const torch::Tensor& x) {
  if (dense) return dense->Features(to_rgb->forward(x));
  torch::Tensor y = x;
  for (auto& block : small->blocks) y = block->forward(y);
  return torch::cat({y.mean({2, 3}), y.amax({2, 3})}, 1);
}

torch::Tensor IdFrameNetImpl::Logits(const torch::Tensor& features) {
  return head->forward(dropout->forward(norm->forward(features)));
}

IdWindowNetImpl::IdWindowNetImpl(int features, int classes) {
  int in = features;
  for (const int width : kRecurrentWidths) {
    layers.push_back(register_module(
        "gru" + std::to_string(layers.size() + 1),
        torch::nn::GRU(torch::nn::GRUOptions(in, width).batch_first(true).bidirectional(true))));
    in = 2 * width;
  }
  dropout = register_module("dropout", torch::nn::Dropout(0.2));
  head = register_module("head", torch::nn::Linear(in, classes));
  torch::NoGradGuard no_grad;
  head->weight.zero_();
  head->bias.zero_();
}

torch::Tensor IdWindowNetImpl::forward(const torch::Tensor& features, const torch::Tensor& votes) {
  torch::Tensor y = features;
  for (auto& layer : layers) {
    y = dropout->forward(torch::leaky_relu(std::get<0>(layer->forward(y)), kLeak));
  }
  // What the last frame has heard from the past, and the first from the future.
  const int64_t half = y.size(2) / 2, last = y.size(1) - 1;
  const torch::Tensor ends =
      torch::cat({y.select(1, last).slice(1, 0, half), y.select(1, 0).slice(1, half)}, 1);
  return votes.mean(1) + head->forward(ends);
}

}  // namespace train
