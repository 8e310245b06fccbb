#include "train/nets/siam/siam_backbone.h"

#include <string>

namespace train {
namespace {

constexpr int kTemplateEdge = 4, kNarrow = 20;  // cells

torch::nn::Conv2d SiamConv(int in, int out, int kernel, int stride, int padding, int dilation = 1,
                           bool bias = false) {
  return torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel)
                               .stride(stride)
                               .padding(padding)
                               .dilation(dilation)
                               .bias(bias));
}

void SetLearning(torch::nn::Module& module, bool learns) {
  for (torch::Tensor& parameter : module.parameters()) parameter.set_requires_grad(learns);
  if (!learns) module.eval();
}

// He et al. 2015, as the public code starts every layer that nothing else is known of.
void InitSiamConvs(torch::nn::Module& module) {
  for (const auto& part : module.modules(false)) {
    if (auto* conv = part->as<torch::nn::Conv2d>()) {
      torch::nn::init::kaiming_normal_(conv->weight, 0, torch::kFanOut, torch::kReLU);
    }
  }
}

// A bottleneck of ResNet, whose way past it is a 3x3 convolution where the public code has one.
class SiamBlockImpl : public torch::nn::Module {
 public:
  // `past`: kernel of the way past, 0 for none.
  SiamBlockImpl(int in, int width, int stride, int dilation, int past) {
    const int padding = dilation > 1 ? dilation : 2 - stride;
    conv1_ = register_module("conv1", SiamConv(in, width, 1, 1, 0));
    bn1_ = register_module("bn1", torch::nn::BatchNorm2d(width));
    conv2_ = register_module("conv2", SiamConv(width, width, 3, stride, padding, dilation));
    bn2_ = register_module("bn2", torch::nn::BatchNorm2d(width));
    conv3_ = register_module("conv3", SiamConv(width, 4 * width, 1, 1, 0));
    bn3_ = register_module("bn3", torch::nn::BatchNorm2d(4 * width));
    if (past == 0) return;
    const int edge = past == 3 && stride == 1 ? 1 : 0;
    past_ = register_module("downsample",
                            torch::nn::Sequential(SiamConv(in, 4 * width, past, stride, edge),
                                                  torch::nn::BatchNorm2d(4 * width)));
  }

  torch::Tensor forward(const torch::Tensor& x) {
    torch::Tensor y = torch::relu(bn1_->forward(conv1_->forward(x)));
    y = torch::relu(bn2_->forward(conv2_->forward(y)));
    y = bn3_->forward(conv3_->forward(y));
    return torch::relu(y + (past_.is_empty() ? x : past_->forward(x)));
  }

 private:
  torch::nn::Conv2d conv1_{nullptr}, conv2_{nullptr}, conv3_{nullptr};
  torch::nn::BatchNorm2d bn1_{nullptr}, bn2_{nullptr}, bn3_{nullptr};
  torch::nn::Sequential past_{nullptr};
};
TORCH_MODULE(SiamBlock);

struct SiamPartsImpl : torch::nn::Module {};  // holds others under their names

}  // namespace

SiamResNetImpl::SiamResNetImpl() {
  const auto body = register_module("features", std::make_shared<SiamPartsImpl>());
  conv1_ = body->register_module("conv1", SiamConv(3, 64, 7, 2, 0));
  bn1_ = body->register_module("bn1", torch::nn::BatchNorm2d(64));
  const int blocks[] = {3, 4, 6}, strides[] = {1, 2, 1}, dilations[] = {1, 1, 2};
  int in = 64;
  for (int layer = 0; layer < 3; ++layer) {
    const int width = 64 << layer;
    layers_[layer] = torch::nn::Sequential();
    for (int block = 0; block < blocks[layer]; ++block) {
      const bool first = block == 0;
      layers_[layer]->push_back(SiamBlock(in, width, first ? strides[layer] : 1,
                                          first ? 1 : dilations[layer],
                                          !first       ? 0
                                          : layer == 0 ? 1
                                                       : 3));
      in = 4 * width;
    }
    body->register_module("layer" + std::to_string(layer + 1), layers_[layer]);
  }
  const auto adapt = register_module("downsample", std::make_shared<SiamPartsImpl>());
  adapt_ = adapt->register_module("downsample",
                                  torch::nn::Sequential(SiamConv(in, kSiamChannels, 1, 1, 0),
                                                        torch::nn::BatchNorm2d(kSiamChannels)));
  InitSiamConvs(*this);
}

SiamMaps SiamResNetImpl::forward(const torch::Tensor& x) {
  SiamMaps maps;
  torch::Tensor y = torch::relu(bn1_->forward(conv1_->forward(x)));
  maps.skips.push_back(y);
  y = layers_[0]->forward(torch::max_pool2d(y, 3, 2, 1));
  maps.skips.push_back(y);
  y = layers_[1]->forward(y);
  maps.skips.push_back(y);
  maps.map = adapt_->forward(layers_[2]->forward(y));
  return maps;
}

torch::Tensor SiamResNetImpl::Template(const torch::Tensor& x) {
  const torch::Tensor map = forward(x).map;
  if (map.size(3) >= kNarrow) return map;
  return map.slice(2, kTemplateEdge, -kTemplateEdge).slice(3, kTemplateEdge, -kTemplateEdge);
}

void SiamResNetImpl::LearnLast(int layers) {
  SetLearning(*conv1_, layers > 3);
  SetLearning(*bn1_, layers > 3);
  for (int layer = 0; layer < 3; ++layer) SetLearning(*layers_[layer], layers >= 3 - layer);
}

SiamAlexNetImpl::SiamAlexNetImpl() {
  const auto Relu = [] { return torch::nn::ReLU(torch::nn::ReLUOptions(/*inplace=*/true)); };
  const auto Norm = [](int channels) { return torch::nn::BatchNorm2d(channels); };
  const auto Pool = [] { return torch::nn::MaxPool2d(torch::nn::MaxPool2dOptions(3).stride(2)); };
  const auto Conv = [](int in, int out, int kernel, int stride) {
    return SiamConv(in, out, kernel, stride, 0, 1, /*bias=*/true);
  };
  features_ = register_module(
      "features", torch::nn::Sequential(
                      Conv(3, 96, 11, 2), Norm(96), Pool(), Relu(), Conv(96, 256, 5, 1), Norm(256),
                      Pool(), Relu(), Conv(256, 384, 3, 1), Norm(384), Relu(), Conv(384, 384, 3, 1),
                      Norm(384), Relu(), Conv(384, kSiamChannels, 3, 1), Norm(kSiamChannels)));
  InitSiamConvs(*this);
}

SiamMaps SiamAlexNetImpl::forward(const torch::Tensor& x) { return {features_->forward(x), {}}; }

torch::Tensor SiamAlexNetImpl::Template(const torch::Tensor& x) { return forward(x).map; }

void SiamAlexNetImpl::LearnLast(int layers) {
  // Convolution n and its norm at 4n and 4n + 1 for the first two, then three apart.
  const int starts[] = {0, 4, 8, 11, 14};
  for (int layer = 0; layer < 5; ++layer) {
    for (int part = 0; part < 2; ++part) {
      SetLearning(*features_->ptr(static_cast<size_t>(starts[layer] + part)), layers >= 5 - layer);
    }
  }
}

}  // namespace train
