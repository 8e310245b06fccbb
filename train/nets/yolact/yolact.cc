#include "train/nets/yolact/yolact.h"

#include <cmath>

namespace train {
namespace {

constexpr double kReferenceSide = 550;
constexpr double kScales[] = {24, 48, 96, 192, 384};  // pixels at that side, one a level
constexpr double kRatios[] = {1, 0.5, 2};
constexpr int kShapes = 3;
constexpr double kMean[] = {123.68, 116.78, 103.94};  // RGB, 0..255
constexpr double kCalmAnswers = 0.1;                  // of what Xavier gives
constexpr double kDeviation[] = {58.40, 57.12, 57.38};

// A module that only holds others.
using Holder = std::shared_ptr<torch::nn::Module>;

Holder AddHolder(torch::nn::Module& parent, const std::string& name) {
  return parent.register_module(name, std::make_shared<torch::nn::Module>());
}

torch::Tensor Resized(const torch::Tensor& x, int64_t height, int64_t width) {
  return torch::upsample_bilinear2d(x, {height, width}, /*align_corners=*/false);
}

// [N, shapes * values, h, w] -> [N, h * w * shapes, values].
torch::Tensor Rows(const torch::Tensor& y, int64_t values) {
  return y.to(torch::kFloat32).permute({0, 2, 3, 1}).reshape({y.size(0), -1, values});
}

}  // namespace

YolactImpl::YolactImpl(const YolactConfig& config_) : config(config_) {
  const int f = config.features;
  const Holder backbone = AddHolder(*this, "backbone");
  conv1 = backbone->register_module(
      "conv1", MakeConv2d(3, Narrowed(64, config.width), 7, 2, /*bias=*/false));
  bn1 = backbone->register_module("bn1", Norm2d(Narrowed(64, config.width), config.norm));
  const Holder layers = AddHolder(*backbone, "layers");
  for (int layer = 1; layer <= 4; ++layer) {
    layers_.push_back(
        layers->register_module(std::to_string(layer - 1),
                                MakeResNetLayer(config.depth, layer, config.norm, config.width)));
  }
  const Holder proto = AddHolder(*this, "proto_net");
  for (const int index : {0, 2, 4, 8, 10}) {  // between them ReLU, and at 6 the enlargement
    const bool last = index == 10;
    proto_.push_back(proto->register_module(
        std::to_string(index),
        MakeConv2d(f, last ? config.prototypes : f, last ? 1 : 3, 1, /*bias=*/true)));
  }
  const Holder fpn = AddHolder(*this, "fpn");
  const Holder lateral = AddHolder(*fpn, "lat_layers"), predict = AddHolder(*fpn, "pred_layers");
  const Holder downsample = AddHolder(*fpn, "downsample_layers");
  for (int i = 0; i < 3; ++i) {
    const std::string name = std::to_string(i);
    const int in = ResNetChannels(config.depth, 4 - i, config.width);
    lateral_.push_back(lateral->register_module(name, MakeConv2d(in, f, 1, 1, true)));
    predict_.push_back(predict->register_module(name, MakeConv2d(f, f, 3, 1, true)));
    if (i == 2) break;
    downsample_.push_back(downsample->register_module(name, MakeConv2d(f, f, 3, 2, true)));
  }
  const Holder head = AddHolder(*AddHolder(*this, "prediction_layers"), "0");
  up_ = AddHolder(*head, "upfeature")->register_module("0", MakeConv2d(f, f, 3, 1, true));
  box_ = head->register_module("bbox_layer", MakeConv2d(f, kShapes * 4, 3, 1, true));
  conf_ = head->register_module("conf_layer", MakeConv2d(f, kShapes * config.classes, 3, 1, true));
  coef_ =
      head->register_module("mask_layer", MakeConv2d(f, kShapes * config.prototypes, 3, 1, true));
  segm_ = register_module("semantic_seg_conv", MakeConv2d(f, config.classes - 1, 1, 1, true));
}

void YolactImpl::InitWeights() {
  torch::NoGradGuard no_grad;
  for (const auto& item : named_modules("", /*include_self=*/false)) {
    auto* conv = item.value()->as<torch::nn::Conv2d>();
    if (!conv) continue;
    if (item.key().rfind("backbone.", 0) == 0) {
      torch::nn::init::kaiming_normal_(conv->weight, 0, torch::kFanOut, torch::kReLU);
    } else {
      torch::nn::init::xavier_uniform_(conv->weight);
      conv->bias.zero_();
    }
  }
}

void YolactImpl::CalmStart() {
  torch::NoGradGuard no_grad;
  for (const auto& part : modules(false)) {
    if (auto* block = part->as<ResidualBlockImpl>()) block->BeginAsIdentity();
  }
  for (auto* conv : {&box_, &conf_, &coef_}) (*conv)->weight.mul_(kCalmAnswers);
}

void YolactImpl::Fold(torch::ScalarType type) {
  type_ = type;
  FoldNorm(conv1, bn1, type);
  for (const auto& part : modules(false)) {
    if (auto* block = part->as<ResidualBlockImpl>()) block->Fold(type);
  }
  for (auto* list : {&lateral_, &predict_, &downsample_, &proto_}) {
    for (auto& conv : *list) PrepareConv(*conv, type);
  }
  for (auto* conv : {&up_, &box_, &conf_, &coef_}) PrepareConv(**conv, type);
}

void YolactImpl::FreezeNorms() {
  for (const auto& part : modules(false)) {
    auto* norm = part->as<Norm2dImpl>();
    if (!norm || norm->options.kind != NormKind::kBatch) continue;
    norm->eval();
    norm->weight.set_requires_grad(false);
    norm->bias.set_requires_grad(false);
  }
}

std::vector<torch::Tensor> YolactImpl::Backbone(const torch::Tensor& x) {
  torch::Tensor y = ConvThenNorm(conv1, bn1, x.to(type_), /*relu=*/true);
  y = torch::max_pool2d(y, 3, 2, 1);
  std::vector<torch::Tensor> features;
  for (auto& layer : layers_) features.push_back(y = layer->forward(y));
  return {features[1], features[2], features[3]};
}

std::vector<torch::Tensor> YolactImpl::Pyramid(const std::vector<torch::Tensor>& features) {
  std::vector<torch::Tensor> levels(features.size());
  torch::Tensor y;
  for (size_t i = 0; i < features.size(); ++i) {
    const size_t level = features.size() - 1 - i;
    const torch::Tensor side = RunConv(lateral_[i], features[level]);
    y = y.defined() ? Resized(y, side.size(2), side.size(3)) + side : side;
    levels[level] = RunConv(predict_[i], y, /*relu=*/true);
  }
  for (auto& conv : downsample_) levels.push_back(RunConv(conv, levels.back()));
  return levels;
}

YolactOutput YolactImpl::forward(const torch::Tensor& x) {
  const std::vector<torch::Tensor> levels = Pyramid(Backbone(x));
  YolactOutput out;
  torch::Tensor y = levels[0];
  for (size_t i = 0; i < 3; ++i) y = RunConv(proto_[i], y, /*relu=*/true);
  y = Resized(y, 2 * y.size(2), 2 * y.size(3));
  y = RunConv(proto_[4], RunConv(proto_[3], y, /*relu=*/true), /*relu=*/true);
  out.proto = y.to(torch::kFloat32).permute({0, 2, 3, 1}).contiguous();
  std::vector<torch::Tensor> boxes, confs, coefs;
  std::vector<int64_t> heights, widths;
  for (const torch::Tensor& level : levels) {
    const torch::Tensor up = RunConv(up_, level, /*relu=*/true);
    boxes.push_back(Rows(RunConv(box_, up), 4));
    confs.push_back(Rows(RunConv(conf_, up), config.classes));
    coefs.push_back(Rows(RunConv(coef_, up), config.prototypes).tanh());
    heights.push_back(level.size(2));
    widths.push_back(level.size(3));
  }
  out.box = torch::cat(boxes, 1);
  out.conf = torch::cat(confs, 1);
  out.coef = torch::cat(coefs, 1);
  out.priors = YolactPriors(heights, widths).to(x.device());
  if (is_training()) out.segm = segm_->forward(levels[0]);
  return out;
}

torch::Tensor YolactInput(const torch::Tensor& image, int side) {
  const torch::Tensor mean = torch::tensor({kMean[0], kMean[1], kMean[2]}, torch::kFloat32);
  const torch::Tensor deviation =
      torch::tensor({kDeviation[0], kDeviation[1], kDeviation[2]}, torch::kFloat32);
  const torch::Tensor resized = Resized(image.unsqueeze(0), side, side);
  return (resized * 255 - mean.view({1, 3, 1, 1})) / deviation.view({1, 3, 1, 1});
}

torch::Tensor YolactPriors(const std::vector<int64_t>& heights,
                           const std::vector<int64_t>& widths) {
  std::vector<float> values;
  for (size_t level = 0; level < heights.size(); ++level) {
    for (int64_t row = 0; row < heights[level]; ++row) {
      for (int64_t column = 0; column < widths[level]; ++column) {
        for (const double ratio : kRatios) {
          // The height should be divided by the root; the published weights learned with this.
          const double side = kScales[level] * std::sqrt(ratio) / kReferenceSide;
          values.push_back(static_cast<float>((static_cast<double>(column) + 0.5) /
                                              static_cast<double>(widths[level])));
          values.push_back(static_cast<float>((static_cast<double>(row) + 0.5) /
                                              static_cast<double>(heights[level])));
          values.push_back(static_cast<float>(side));
          values.push_back(static_cast<float>(side));
        }
      }
    }
  }
  return torch::tensor(values).view({-1, 4});
}

}  // namespace train
