#include "train/nets/darknet.h"

#include <cmath>
#include <cstring>

#include "datasets/base/error.h"
#include "train/peers/peers_norm.h"

namespace train {
namespace {

using Kind = DarknetLayer::Kind;
using datasets::Error;

constexpr double kOutsideRoot = 1e-6;  // added to the deviation, not to the variance
constexpr double kSlope = 0.1;

// The tensors of a convolution in the order of the file.
NamedTensors TensorsOf(const DarknetConvImpl& conv, size_t layer) {
  const std::string prefix = "layers." + std::to_string(layer) + ".";
  NamedTensors tensors = {{prefix + "bias", conv.bias}};
  if (conv.normalized) {
    tensors.emplace_back(prefix + "scale", conv.scale);
    tensors.emplace_back(prefix + "mean", conv.mean);
    tensors.emplace_back(prefix + "variance", conv.variance);
  }
  tensors.emplace_back(prefix + "weight", conv.weight);
  return tensors;
}

// How many numbers a convolution has in a file whose heads know `classes`.
uint64_t NumbersOf(const DarknetConvImpl& conv, const YoloGraph& graph, size_t layer, int classes) {
  const uint64_t kernel = static_cast<uint64_t>(conv.weight.size(1) * conv.size * conv.size);
  uint64_t out = static_cast<uint64_t>(conv.weight.size(0));
  if (IsYoloHead(graph, layer)) {
    out = graph.layers[layer + 1].anchors.size() * static_cast<uint64_t>(5 + classes);
  }
  return out * (kernel + (conv.normalized ? 4 : 1));
}

// What a count of numbers says about the network that it is for.
struct Fit {
  size_t end = 0;   // layers before this one are in the file
  int classes = 0;  // of the heads in the file
  bool whole = false;
};

Fit FitCount(const DarknetImpl& net, uint64_t count) {
  const auto CountWith = [&](int classes) {
    uint64_t sum = 0;
    for (size_t i = 0; i < net.convolutions.size(); ++i) {
      if (net.convolutions[i]) sum += NumbersOf(*net.convolutions[i], net.graph, i, classes);
    }
    return sum;
  };
  Fit fit;
  const uint64_t one = CountWith(1), step = CountWith(2) - one;
  const uint64_t most_classes = 100'000;
  if (count >= one && (count - one) % step == 0 && (count - one) / step < most_classes) {
    return {net.graph.layers.size(), static_cast<int>(1 + (count - one) / step), true};
  }
  uint64_t sum = 0;
  for (size_t i = 0; i < net.convolutions.size(); ++i) {
    if (!net.convolutions[i]) continue;
    sum += NumbersOf(*net.convolutions[i], net.graph, i, net.graph.classes);
    if (sum == count) {
      fit.end = i + 1;
      for (size_t j = 0; j <= i; ++j) {
        if (IsYoloHead(net.graph, j)) fit.classes = net.graph.classes;
      }
      return fit;
    }
  }
  return fit;
}

}  // namespace

DarknetConvImpl::DarknetConvImpl(int in, int out, int size_, int stride_, bool normalized_)
    : size(size_), stride(stride_), normalized(normalized_) {
  weight = register_parameter(
      "weight", torch::randn({out, in, size, size}) * std::sqrt(2.0 / (size * size * in)));
  bias = register_parameter("bias", torch::zeros({out}));
  if (!normalized) return;
  scale = register_parameter("scale", torch::ones({out}));
  mean = register_buffer("mean", torch::zeros({out}));
  variance = register_buffer("variance", torch::ones({out}));
}

torch::Tensor DarknetConvImpl::FoldedWeight() const {
  if (!normalized || folded) return weight;
  return weight * (scale / (variance.sqrt() + kOutsideRoot)).view({-1, 1, 1, 1});
}

torch::Tensor DarknetConvImpl::FoldedBias() const {
  if (!normalized || folded) return bias;
  return bias - mean * scale / (variance.sqrt() + kOutsideRoot);
}

torch::Tensor DarknetConvImpl::forward(const torch::Tensor& x) {
  if (prepared_ && prepared_->Fits(x)) return prepared_->Run(x, normalized ? kSlope : 1);
  if (!normalized || folded || !is_training()) {
    torch::Tensor y = torch::conv2d(x, FoldedWeight(), FoldedBias(), stride, size / 2);
    return normalized ? torch::leaky_relu_(y, kSlope) : y;
  }
  torch::Tensor y = torch::conv2d(x, weight, {}, stride, size / 2);
  // The usual operator divides by the biased deviation; the factor makes that the unbiased one. Its
  // epsilon, under the root, is the square of darknet's, outside of it: equal where it matters.
  const double n =
      static_cast<double>(y.size(0) * y.size(2) * y.size(3)) * (peers ? peers->count() : 1);
  const torch::Tensor unbiased = scale * std::sqrt((n - 1) / n);
  constexpr double kInsideRoot = kOutsideRoot * kOutsideRoot;
  y = peers ? NormOverPeers(y, {unbiased, bias, mean, variance, momentum, kInsideRoot}, *peers)
            : torch::batch_norm(y, unbiased, bias, mean, variance, /*training=*/true, momentum,
                                kInsideRoot, /*cudnn_enabled=*/false);
  return torch::leaky_relu_(y, kSlope);
}

void DarknetConvImpl::Fold(torch::ScalarType type) {
  torch::NoGradGuard no_grad;
  const torch::Tensor new_bias = FoldedBias().detach().clone();
  weight = FoldedWeight().detach().to(type).contiguous(torch::MemoryFormat::ChannelsLast);
  bias = new_bias.to(type);
  folded = true;
  prepared_ = PreparedConv::Make(weight, bias, stride, size / 2);
}

DarknetImpl::DarknetImpl(YoloGraph graph_) : graph(std::move(graph_)) {
  const std::vector<int> channels = DarknetChannels(graph);
  convolutions.assign(graph.layers.size(), DarknetConv(nullptr));
  kept_.assign(graph.layers.size(), false);
  const auto layers = register_module("layers", std::make_shared<torch::nn::Module>());
  for (size_t i = 0; i < graph.layers.size(); ++i) {
    const DarknetLayer& layer = graph.layers[i];
    for (const int from : layer.from) kept_[static_cast<size_t>(from)] = true;
    if (layer.kind != Kind::kConv) continue;
    const int in = i == 0 ? 3 : channels[i - 1];
    convolutions[i] = layers->register_module(
        std::to_string(i),
        DarknetConv(in, layer.filters, layer.size, layer.stride, layer.normalized));
  }
}

std::vector<torch::Tensor> DarknetImpl::forward(const torch::Tensor& x) {
  std::vector<torch::Tensor> heads;
  std::vector<torch::Tensor> kept(graph.layers.size());
  torch::Tensor y = x.to(type);
  for (size_t i = 0; i < graph.layers.size(); ++i) {
    const DarknetLayer& layer = graph.layers[i];
    switch (layer.kind) {
      case Kind::kConv:
        y = convolutions[i]->forward(y);
        break;
      case Kind::kMaxPool:
        // With stride 1, one more row and column below and to the right, which never win.
        if (layer.stride == 1) {
          y = torch::constant_pad_nd(y, {0, 1, 0, 1}, -std::numeric_limits<float>::infinity());
        }
        y = torch::max_pool2d(y, layer.size, layer.stride);
        break;
      case Kind::kRoute: {
        std::vector<torch::Tensor> parts;
        for (const int from : layer.from) parts.push_back(kept[static_cast<size_t>(from)]);
        y = parts.size() == 1 ? parts[0] : torch::cat(parts, 1);
        break;
      }
      case Kind::kShortcut:
        if (torch::GradMode::is_enabled() || i == 0 || kept_[i - 1]) {
          y = y + kept[static_cast<size_t>(layer.from[0])];
        } else {
          y.add_(kept[static_cast<size_t>(layer.from[0])]);
        }
        break;
      case Kind::kUpsample:
        y = torch::upsample_nearest2d(y, {2 * y.size(2), 2 * y.size(3)});
        break;
      case Kind::kYolo:
        heads.push_back(y.to(torch::kFloat32));
        break;
    }
    if (kept_[i]) kept[i] = y;
  }
  return heads;
}

void DarknetImpl::Fold(torch::ScalarType use_type) {
  type = use_type;
  for (DarknetConv& conv : convolutions) {
    if (conv) conv->Fold(type);
  }
}

void DarknetImpl::SetMomentum(double momentum) {
  for (DarknetConv& conv : convolutions) {
    if (conv) conv->momentum = momentum;
  }
}

void DarknetImpl::NormalizeOver(Peers* peers) {
  for (DarknetConv& conv : convolutions) {
    if (conv) conv->peers = peers;
  }
}

NamedTensors DarknetImpl::InFileOrder() const {
  NamedTensors all;
  for (size_t i = 0; i < convolutions.size(); ++i) {
    if (!convolutions[i]) continue;
    for (auto& item : TensorsOf(*convolutions[i], i)) all.push_back(std::move(item));
  }
  return all;
}

DarknetLoad LoadDarknet(const DarknetWeights& file, const std::string& file_name, bool exact,
                        DarknetImpl& net) {
  const Fit fit = FitCount(net, file.values.size());
  const std::string thing = "weights " + file_name;
  if (fit.end == 0) {
    const std::string known = NameDarknetWeights(file.values.size());
    throw Error(thing,
                known.empty() ? "their size fits no part of this network (truncated?)"
                              : "they are those of " + known + ", not of this network",
                "choose weights of the same network");
  }
  if (exact && !fit.whole) {
    throw Error(thing, "they end within the network",
                "choose weights of the whole network, or start a training from these");
  }
  if (exact && fit.classes != net.graph.classes) {
    throw Error(thing,
                "they are for " + std::to_string(fit.classes) + " classes, this network for " +
                    std::to_string(net.graph.classes),
                "choose weights for the same animals, or start a training from these");
  }
  const bool heads = fit.classes == net.graph.classes;
  torch::NoGradGuard no_grad;
  DarknetLoad load;
  load.whole = fit.whole;
  load.file_classes = fit.classes;
  const float* next = file.values.data();
  for (size_t i = 0; i < fit.end; ++i) {
    if (!net.convolutions[i]) continue;
    if (IsYoloHead(net.graph, i) && !heads) {
      next += NumbersOf(*net.convolutions[i], net.graph, i, fit.classes);
      continue;
    }
    for (const auto& [name, tensor] : TensorsOf(*net.convolutions[i], i)) {
      torch::Tensor value = torch::empty(tensor.sizes(), torch::kFloat32);
      std::memcpy(value.data_ptr(), next, static_cast<size_t>(value.numel()) * sizeof(float));
      tensor.detach().copy_(value);
      next += value.numel();
    }
    ++load.convolutions;
  }
  return load;
}

DarknetWeights StoreDarknet(const DarknetImpl& net, uint64_t seen) {
  DarknetWeights file;
  file.seen = seen;
  for (const auto& [name, tensor] : net.InFileOrder()) {
    const torch::Tensor flat =
        tensor.detach().to(torch::kCPU).contiguous(torch::MemoryFormat::Contiguous);
    const float* values = flat.data_ptr<float>();
    file.values.insert(file.values.end(), values, values + flat.numel());
  }
  return file;
}

}  // namespace train
