#include "train/nets/alexnet.h"

namespace train {
namespace {

torch::nn::Conv2d Conv(int in, int out, int kernel, int stride, int padding) {
  return torch::nn::Conv2d(
      torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(padding));
}

torch::nn::ReLU Relu() { return torch::nn::ReLU(torch::nn::ReLUOptions(/*inplace=*/true)); }

torch::nn::MaxPool2d Pool() {
  return torch::nn::MaxPool2d(torch::nn::MaxPool2dOptions(3).stride(2));
}

constexpr int kPooledSide = 6, kLastChannels = 256, kBeforeLast = 6;  // layers of `classifier`

}  // namespace

AlexNetImpl::AlexNetImpl(int classes, double dropout) {
  features_ = register_module(
      "features",
      torch::nn::Sequential(Conv(3, 64, 11, 4, 2), Relu(), Pool(), Conv(64, 192, 5, 1, 2), Relu(),
                            Pool(), Conv(192, 384, 3, 1, 1), Relu(), Conv(384, 256, 3, 1, 1),
                            Relu(), Conv(256, kLastChannels, 3, 1, 1), Relu(), Pool()));
  classifier_ = register_module(
      "classifier",
      torch::nn::Sequential(torch::nn::Dropout(dropout),
                            torch::nn::Linear(kLastChannels * kPooledSide * kPooledSide, kFeatures),
                            Relu(), torch::nn::Dropout(dropout),
                            torch::nn::Linear(kFeatures, kFeatures), Relu(),
                            torch::nn::Linear(kFeatures, classes)));
}

torch::Tensor AlexNetImpl::Features(const torch::Tensor& x) {
  const torch::Tensor maps = features_->forward(x);
  torch::Tensor y = torch::adaptive_avg_pool2d(maps, {kPooledSide, kPooledSide}).flatten(1);
  int index = 0;
  for (auto& layer : *classifier_) {
    if (index++ == kBeforeLast) break;
    y = layer.any_forward(y).get<torch::Tensor>();
  }
  return y;
}

torch::Tensor AlexNetImpl::forward(const torch::Tensor& x) {
  return classifier_->ptr<torch::nn::LinearImpl>(kBeforeLast)->forward(Features(x));
}

}  // namespace train
