#include "train/nets/posenet.h"

#include <string>

namespace train {
namespace {

constexpr int kDeconvolutions = 5;  // the EfficientNet's maps are 32 times smaller
constexpr int kDeconvolved = 256;   // channels
// SIPEC grows masks by 20 pixels of a picture of a mouse; here by this share of a view's side.
constexpr double kGrown = 0.07;

}  // namespace

PoseNetImpl::PoseNetImpl(int points, int size) : HeatNetImpl(points, 1, false) {
  encoder = register_module("encoder", EfficientNet(size, 0));
  int channels = encoder->feature_count();
  for (int i = 0; i < kDeconvolutions; ++i) {
    const std::string index = std::to_string(i);
    up.push_back(register_module(
        "up" + index, torch::nn::ConvTranspose2d(
                          torch::nn::ConvTranspose2dOptions(channels, kDeconvolved, 2).stride(2))));
    norm.push_back(register_module("norm" + index, torch::nn::BatchNorm2d(kDeconvolved)));
    channels = kDeconvolved;
  }
  head = register_module("head", torch::nn::Conv2d(channels, points, 1));
  torch::NoGradGuard no_grad;
  head->bias.fill_(-4.0);  // a point covers little of a view
}

torch::Tensor PoseNetImpl::forward(const torch::Tensor& x) {
  const int64_t grown = 2 * static_cast<int64_t>(0.5 * kGrown * static_cast<double>(x.size(2))) + 1;
  const torch::Tensor outline =
      torch::max_pool2d(x.slice(1, 3, 4), {grown, grown}, {1, 1}, {grown / 2, grown / 2});
  // Without an outline the whole view counts.
  const torch::Tensor none = (outline.amax({2, 3}, true) == 0).to(x.dtype());
  torch::Tensor y = encoder->Features(x.slice(1, 0, 3) * (outline + none));
  for (size_t i = 0; i < up.size(); ++i) {
    y = norm[i]->forward(torch::relu(up[i]->forward(y)));
  }
  return head->forward(y);
}

}  // namespace train
