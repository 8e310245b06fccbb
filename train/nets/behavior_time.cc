#include <algorithm>

#include "train/nets/behavior_nets.h"

namespace train {
namespace {

constexpr int kTemporalWidth = 64;
constexpr double kTemporalDropout = 0.2, kC3dDropout = 0.5;

}  // namespace

C3dNetImpl::C3dNetImpl(int channels, int side, int frames, int width, int outputs) {
  const int widths[] = {1, 2, 4, 4, 8, 8, 8, 8};
  const int pools[] = {1, 1, 0, 1, 0, 1, 0, 1};
  const char* names[] = {"conv1",  "conv2",  "conv3a", "conv3b",
                         "conv4a", "conv4b", "conv5a", "conv5b"};
  int in = channels, extent = side, time = frames;
  for (int i = 0; i < 8; ++i) {
    const int out = widths[i] * width;
    convs.push_back(register_module(
        names[i], torch::nn::Conv3d(torch::nn::Conv3dOptions(in, out, 3).padding(1).bias(false))));
    torch::nn::init::kaiming_normal_(convs.back()->weight, 0, torch::kFanOut, torch::kReLU);
    norms.push_back(
        register_module(std::string("norm") + (names[i] + 4), torch::nn::BatchNorm3d(out)));
    pool_after.push_back(pools[i] && extent > 1);
    pool_frames.push_back(i == 0 || time < 2 ? 1 : 2);  // the first pool keeps time (Tran et al.)
    if (pool_after.back()) {
      extent /= 2;
      time = std::max(1, time / pool_frames.back());
    }
    in = out;
  }
  const int wide = 64 * width;
  fc6 = register_module("fc6", torch::nn::Linear(in * extent * extent * time, wide));
  fc7 = register_module("fc7", torch::nn::Linear(wide, wide));
  fc8 = register_module("fc8", torch::nn::Linear(wide, outputs));
  dropout = register_module("dropout", torch::nn::Dropout(kC3dDropout));
}

torch::Tensor C3dNetImpl::forward(const torch::Tensor& x) {
  torch::Tensor y = x;
  for (size_t i = 0; i < convs.size(); ++i) {
    y = torch::relu(norms[i]->forward(convs[i]->forward(y)));
    if (pool_after[i]) {
      y = torch::max_pool3d(y, {pool_frames[i], 2, 2}, {pool_frames[i], 2, 2});
    }
  }
  y = dropout->forward(torch::relu(fc6->forward(y.flatten(1))));
  y = dropout->forward(torch::relu(fc7->forward(y)));
  return fc8->forward(y);
}

std::vector<int> DilationsFor(int window) {
  std::vector<int> dilations;
  int left = window;
  for (int dilation = 1; left > 0; dilation *= 2) {
    dilations.push_back(std::min(dilation, left));
    left -= dilations.back();
  }
  return dilations;
}

TemporalNetImpl::TemporalNetImpl(int inputs, int outputs, int window, bool past_only)
    : causal(past_only), dilations(DilationsFor(window)) {
  squeeze = register_module("squeeze", torch::nn::Conv1d(inputs, kTemporalWidth, 1));
  squeeze_norm = register_module("squeeze_norm", torch::nn::BatchNorm1d(kTemporalWidth));
  for (size_t i = 0; i < dilations.size(); ++i) {
    const std::string index = std::to_string(i + 1);
    convs.push_back(register_module(
        "conv" + index,
        torch::nn::Conv1d(torch::nn::Conv1dOptions(kTemporalWidth, kTemporalWidth, 3)
                              .dilation(dilations[i])
                              .bias(false))));
    torch::nn::init::kaiming_normal_(convs.back()->weight, 0, torch::kFanOut, torch::kReLU);
    norms.push_back(register_module("norm" + index, torch::nn::BatchNorm1d(kTemporalWidth)));
  }
  hidden = register_module("hidden", torch::nn::Conv1d(kTemporalWidth, 32, 1));
  head = register_module("head", torch::nn::Conv1d(32, outputs, 1));
}

torch::Tensor TemporalNetImpl::forward(const torch::Tensor& x) {
  // One random mask for all of time: whole channels are dropped (Tompson et al. 2015).
  const auto drop = [this](const torch::Tensor& y) {
    if (!is_training()) return y;
    const torch::Tensor keep =
        torch::rand({y.size(0), y.size(1), 1}, y.options()).gt(kTemporalDropout);
    return y * keep / (1 - kTemporalDropout);
  };
  torch::Tensor y = drop(torch::relu(squeeze_norm->forward(squeeze->forward(x))));
  for (size_t i = 0; i < convs.size(); ++i) {
    const int64_t reach = dilations[i];
    const torch::Tensor padded = torch::constant_pad_nd(
        y, causal ? std::vector<int64_t>{2 * reach, 0} : std::vector<int64_t>{reach, reach});
    y = y + drop(torch::relu(norms[i]->forward(convs[i]->forward(padded))));
  }
  return head->forward(torch::relu(hidden->forward(y)));
}

}  // namespace train
