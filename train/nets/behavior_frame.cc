#include "datasets/base/error.h"
#include "train/nets/alexnet.h"
#include "train/nets/behavior_nets.h"
#include "train/nets/resnet.h"

namespace train {
namespace {

constexpr double kDropout = 0.25;

struct SmallNet : FrameNetwork {
  explicit SmallNet(int channels) {
    constexpr int kWidths[] = {16, 32, 48, 64};
    int in = channels;
    for (int level = 0; level < 4; ++level) {
      const std::string index = std::to_string(level + 1);
      down.push_back(register_module("down" + index, ConvNorm(in, kWidths[level], 3, 2, true)));
      in = kWidths[level];
      if (level > 0) deep.push_back(register_module("deep" + index, Residual(in)));
    }
    features = 2 * in;
  }
  torch::Tensor Features(const torch::Tensor& x) override {
    torch::Tensor y = down[0]->forward(x);
    for (size_t level = 1; level < down.size(); ++level) {
      y = deep[level - 1]->forward(down[level]->forward(y));
    }
    return torch::cat({y.mean({2, 3}), y.amax({2, 3})}, 1);
  }
  void Fold() override {
    for (const auto& module : modules(false)) {
      if (auto* conv = module->as<ConvNormImpl>()) conv->Fold(torch::kFloat32);
    }
  }
  std::vector<ConvNorm> down;
  std::vector<Residual> deep;
};

// Depthwise 3 x 3, pointwise 1 x 1, normalization.
struct SeparableImpl : torch::nn::Module {
  SeparableImpl(int in, int out) {
    depth = register_module(
        "depth",
        torch::nn::Conv2d(torch::nn::Conv2dOptions(in, in, 3).padding(1).groups(in).bias(false)));
    point = register_module("point",
                            torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 1).bias(false)));
    norm = register_module("norm", torch::nn::BatchNorm2d(out));
    torch::nn::init::kaiming_normal_(point->weight, 0, torch::kFanOut, torch::kReLU);
  }
  torch::Tensor forward(const torch::Tensor& x) {
    return norm->forward(point->forward(depth->forward(x)));
  }
  torch::nn::Conv2d depth{nullptr}, point{nullptr};
  torch::nn::BatchNorm2d norm{nullptr};
};
TORCH_MODULE(Separable);

struct XceptionNet : FrameNetwork {
  explicit XceptionNet(int channels) {
    constexpr int kWidths[] = {32, 64, 96, 128};
    first = register_module("first", ConvNorm(channels, 16, 3, 2, true));
    second = register_module("second", ConvNorm(16, kWidths[0], 3, 2, true));
    for (int i = 0; i < 3; ++i) {
      const std::string index = std::to_string(i + 1);
      wide.push_back(register_module("entry" + index + "a", Separable(kWidths[i], kWidths[i + 1])));
      deep.push_back(
          register_module("entry" + index + "b", Separable(kWidths[i + 1], kWidths[i + 1])));
      shortcut.push_back(
          register_module("shortcut" + index, ConvNorm(kWidths[i], kWidths[i + 1], 1, 2, false)));
    }
    middle = register_module("middle", Separable(kWidths[3], kWidths[3]));
    features = kWidths[3];
  }
  torch::Tensor Features(const torch::Tensor& x) override {
    torch::Tensor y = second->forward(first->forward(x));
    for (size_t i = 0; i < wide.size(); ++i) {
      const torch::Tensor inner = deep[i]->forward(torch::relu(wide[i]->forward(torch::relu(y))));
      y = torch::max_pool2d(inner, 3, 2, 1) + shortcut[i]->forward(y);
    }
    y = y + middle->forward(torch::relu(y));
    return torch::relu(y).mean({2, 3});
  }
  ConvNorm first{nullptr}, second{nullptr};
  std::vector<Separable> wide, deep;
  std::vector<ConvNorm> shortcut;
  Separable middle{nullptr};
};

// A network made for R, G, B behind a 1 x 1 convolution that makes three channels of ours (as SIPEC
// does). It starts as grey three times, or as the colors, so that published weights make sense.
struct ThreeChannels : FrameNetwork {
  explicit ThreeChannels(int channels) {
    colors = register_module("colors", torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, 3, 1)));
    torch::NoGradGuard no_grad;
    colors->weight.mul_(0.05);
    colors->bias.zero_();
    for (int out = 0; out < 3; ++out) colors->weight[out][channels >= 3 ? 2 - out : 0].add_(1);
  }
  torch::nn::Conv2d colors{nullptr};
};

struct AlexFrameNet : ThreeChannels {
  explicit AlexFrameNet(int channels) : ThreeChannels(channels) {
    net = register_module("net", AlexNet(1));
    features = AlexNetImpl::kFeatures;
  }
  torch::Tensor Features(const torch::Tensor& x) override {
    return net->Features(colors->forward(x));
  }
  torch::nn::Module* Published() override { return net.get(); }
  std::vector<std::string> ClassLayers() const override { return {AlexNetImpl::kClassLayer}; }
  AlexNet net{nullptr};
};

struct ResFrameNet : ThreeChannels {
  explicit ResFrameNet(int channels) : ThreeChannels(channels) {
    net = register_module("net", ResNet(18));
    features = ResNetChannels(18, 4);
  }
  torch::Tensor Features(const torch::Tensor& x) override {
    return net->forward(colors->forward(x));
  }
  torch::nn::Module* Published() override { return net.get(); }
  ResNet net{nullptr};
};

}  // namespace

const std::vector<std::string>& FrameNetworkNames() {
  static const std::vector<std::string> names = {"small", "xception", "alexnet", "resnet18"};
  return names;
}

std::shared_ptr<FrameNetwork> MakeFrameNetwork(const std::string& name, int channels) {
  if (name == "small") return std::make_shared<SmallNet>(channels);
  if (name == "xception") return std::make_shared<XceptionNet>(channels);
  if (name == "alexnet") return std::make_shared<AlexFrameNet>(channels);
  if (name == "resnet18") return std::make_shared<ResFrameNet>(channels);
  std::string known;
  for (const std::string& one : FrameNetworkNames()) known += (known.empty() ? "" : ", ") + one;
  throw datasets::Error("frame network '" + name + "'", "there is no such network",
                        "choose one of " + known);
}

BehaviorFrameNetImpl::BehaviorFrameNetImpl(const std::string& frame_network, int channels,
                                           int outputs) {
  frame = MakeFrameNetwork(frame_network, channels);
  register_module("frame", std::static_pointer_cast<torch::nn::Module>(frame));
  dropout = register_module("dropout", torch::nn::Dropout(kDropout));
  head = register_module("head", torch::nn::Linear(frame->features, outputs));
}

torch::Tensor BehaviorFrameNetImpl::forward(const torch::Tensor& x) {
  return Logits(frame->Features(x));
}

torch::Tensor BehaviorFrameNetImpl::Logits(const torch::Tensor& features) {
  return head->forward(dropout->forward(features));
}

}  // namespace train
