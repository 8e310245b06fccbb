#include "train/nets/densenet.h"

#include <string>

namespace train {
namespace {

constexpr int kBottleneck = 4;  // channels of a layer's 1x1 convolution, in growths

torch::nn::Conv2d PlainConv(int in, int out, int kernel, int stride, int padding) {
  torch::nn::Conv2d conv(
      torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(padding).bias(false));
  torch::nn::init::kaiming_normal_(conv->weight);
  return conv;
}

torch::nn::BatchNorm2d Norm(int channels) {
  return torch::nn::BatchNorm2d(torch::nn::BatchNorm2dOptions(channels));
}

// A module that only gives its parts their names.
struct Named : torch::nn::Module {
  template <class Holder>
  Holder Add(const std::string& name, Holder part) {
    return register_module(name, part);
  }
};

std::shared_ptr<Named> Group() { return std::make_shared<Named>(); }

}  // namespace

DenseLayerImpl::DenseLayerImpl(int in, int growth) {
  norm1_ = register_module("norm1", Norm(in));
  conv1_ = register_module("conv1", PlainConv(in, kBottleneck * growth, 1, 1, 0));
  norm2_ = register_module("norm2", Norm(kBottleneck * growth));
  conv2_ = register_module("conv2", PlainConv(kBottleneck * growth, growth, 3, 1, 1));
}

torch::Tensor DenseLayerImpl::forward(const torch::Tensor& x) {
  const torch::Tensor narrow = conv1_->forward(norm1_->forward(x).relu_());
  return conv2_->forward(norm2_->forward(narrow).relu_());
}

DenseNetImpl::DenseNetImpl(int classes, const DenseNetOptions& options) {
  const auto features = register_module("features", Group());
  int channels = options.first_channels;
  conv0_ = features->Add("conv0", PlainConv(3, channels, 7, 2, 3));
  norm0_ = features->Add("norm0", Norm(channels));
  for (size_t block = 0; block < options.layers.size(); ++block) {
    const std::string number = std::to_string(block + 1);
    const auto group = features->Add("denseblock" + number, Group());
    Stage stage;
    for (int layer = 0; layer < options.layers[block]; ++layer) {
      stage.layers.push_back(group->Add("denselayer" + std::to_string(layer + 1),
                                        DenseLayer(channels, options.growth)));
      channels += options.growth;
    }
    if (block + 1 < options.layers.size()) {
      const auto transition = features->Add("transition" + number, Group());
      stage.norm = transition->Add("norm", Norm(channels));
      stage.conv = transition->Add("conv", PlainConv(channels, channels / 2, 1, 1, 0));
      channels /= 2;
    }
    stages_.push_back(std::move(stage));
  }
  norm5_ = features->Add("norm5", Norm(channels));
  classifier_ = register_module("classifier", torch::nn::Linear(channels, classes));
  torch::NoGradGuard no_grad;
  classifier_->bias.zero_();
  feature_count_ = channels;
}

torch::Tensor DenseNetImpl::Features(const torch::Tensor& x) {
  torch::Tensor y = norm0_->forward(conv0_->forward(x)).relu_();
  y = torch::max_pool2d(y, 3, 2, 1);
  for (Stage& stage : stages_) {
    std::vector<torch::Tensor> maps = {y};
    for (DenseLayer& layer : stage.layers) maps.push_back(layer->forward(torch::cat(maps, 1)));
    y = torch::cat(maps, 1);
    if (stage.conv) {
      y = torch::avg_pool2d(stage.conv->forward(stage.norm->forward(y).relu_()), 2, 2);
    }
  }
  return norm5_->forward(y).relu_().mean({2, 3});
}

torch::Tensor DenseNetImpl::forward(const torch::Tensor& x) {
  return classifier_->forward(Features(x));
}

}  // namespace train
