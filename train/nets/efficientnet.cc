#include "train/nets/efficientnet.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "datasets/base/error.h"

namespace train {
namespace {

// Width and depth against B0, and the dropout before the classifier: table 8 of the paper's code.
struct Scaling {
  double width, depth, dropout;
};
constexpr std::array<Scaling, 8> kScalings = {{{1.0, 1.0, 0.2},
                                               {1.0, 1.1, 0.2},
                                               {1.1, 1.2, 0.3},
                                               {1.2, 1.4, 0.3},
                                               {1.4, 1.8, 0.4},
                                               {1.6, 2.2, 0.4},
                                               {1.8, 2.6, 0.5},
                                               {2.0, 3.1, 0.5}}};
// Table 1 of the paper: what B0's stages hold.
struct StagePlan {
  int expand, kernel, stride, in, out, layers;
};
constexpr std::array<StagePlan, 7> kStagePlans = {{{1, 3, 1, 32, 16, 1},
                                                   {6, 3, 2, 16, 24, 2},
                                                   {6, 5, 2, 24, 40, 2},
                                                   {6, 3, 2, 40, 80, 3},
                                                   {6, 5, 1, 80, 112, 3},
                                                   {6, 5, 2, 112, 192, 4},
                                                   {6, 3, 1, 192, 320, 1}}};
constexpr double kMostSkipped = 0.2;  // the chance that the last block is left out

// To the nearest multiple of 8, but never more than a tenth below.
int Widened(double channels) {
  const int even = std::max(8, static_cast<int>(channels + 4) / 8 * 8);
  return even < 0.9 * channels ? even + 8 : even;
}

// A module that only gives its parts their names.
struct Parts : torch::nn::Module {};

// Convolution, normalization, and SiLU or nothing.
struct ConvStep : torch::nn::Module {
  ConvStep(int in, int out, int kernel, int stride, int groups, bool from_b5, bool active)
      : active_(active) {
    conv_ = register_module("0", torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, kernel)
                                                       .stride(stride)
                                                       .padding(kernel / 2)
                                                       .groups(groups)
                                                       .bias(false)));
    torch::nn::init::kaiming_normal_(conv_->weight, 0, torch::kFanOut);
    torch::nn::BatchNorm2dOptions norm(out);
    if (from_b5) norm.eps(1e-3).momentum(0.01);
    norm_ = register_module("1", torch::nn::BatchNorm2d(norm));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor y = norm_->forward(conv_->forward(x));
    return active_ ? torch::silu(y) : y;
  }

 private:
  bool active_;
  torch::nn::Conv2d conv_{nullptr};
  torch::nn::BatchNorm2d norm_{nullptr};
};

struct SqueezeStep : torch::nn::Module {
  SqueezeStep(int channels, int squeezed) {
    fc1_ = register_module("fc1", MakeConv(channels, squeezed));
    fc2_ = register_module("fc2", MakeConv(squeezed, channels));
  }
  torch::Tensor forward(const torch::Tensor& x) {
    const torch::Tensor mean = x.mean({2, 3}, true);
    return x * fc2_->forward(torch::silu(fc1_->forward(mean))).sigmoid();
  }

 private:
  static torch::nn::Conv2d MakeConv(int in, int out) {
    torch::nn::Conv2d conv(torch::nn::Conv2dOptions(in, out, 1));
    torch::nn::init::kaiming_normal_(conv->weight, 0, torch::kFanOut);
    torch::nn::init::zeros_(conv->bias);
    return conv;
  }
  torch::nn::Conv2d fc1_{nullptr}, fc2_{nullptr};
};

}  // namespace

class MbConvImpl : public torch::nn::Module {
 public:
  MbConvImpl(const StagePlan& plan, double skipped, bool from_b5)
      : residual_(plan.stride == 1 && plan.in == plan.out), skipped_(skipped) {
    const auto block = register_module("block", std::make_shared<Parts>());
    const int wide = Widened(static_cast<double>(plan.in) * plan.expand);
    int next = 0;
    const auto name = [&next] { return std::to_string(next++); };
    if (wide != plan.in) {
      expand_ = block->register_module(
          name(), std::make_shared<ConvStep>(plan.in, wide, 1, 1, 1, from_b5, true));
    }
    deep_ = block->register_module(
        name(),
        std::make_shared<ConvStep>(wide, wide, plan.kernel, plan.stride, wide, from_b5, true));
    squeeze_ = block->register_module(
        name(), std::make_shared<SqueezeStep>(wide, std::max(1, plan.in / 4)));
    project_ = block->register_module(
        name(), std::make_shared<ConvStep>(wide, plan.out, 1, 1, 1, from_b5, false));
  }

  torch::Tensor forward(const torch::Tensor& x) {
    torch::Tensor y = expand_ ? expand_->forward(x) : x;
    y = project_->forward(squeeze_->forward(deep_->forward(y)));
    if (!residual_) return y;
    if (is_training() && skipped_ > 0) {
      const torch::Tensor kept =
          torch::bernoulli(torch::full({y.size(0), 1, 1, 1}, 1 - skipped_, y.options()));
      y = y * kept / (1 - skipped_);
    }
    return y + x;
  }

 private:
  bool residual_;
  double skipped_;
  std::shared_ptr<ConvStep> expand_, deep_, project_;
  std::shared_ptr<SqueezeStep> squeeze_;
};

EfficientNetImpl::EfficientNetImpl(int size, int classes, bool random) {
  VOLE_CHECK(size >= 0 && size < static_cast<int>(kScalings.size()));
  const Scaling& scaling = kScalings[static_cast<size_t>(size)];
  dropout_ = random ? scaling.dropout : 0;
  const bool from_b5 = size >= 5;
  const auto features = register_module("features", std::make_shared<Parts>());
  std::vector<StagePlan> plans;
  int total = 0;
  for (const StagePlan& one : kStagePlans) {
    StagePlan plan = one;
    plan.in = Widened(one.in * scaling.width);
    plan.out = Widened(one.out * scaling.width);
    plan.layers = static_cast<int>(std::ceil(one.layers * scaling.depth));
    plans.push_back(plan);
    total += plan.layers;
  }
  const auto stem = std::make_shared<ConvStep>(3, plans.front().in, 3, 2, 1, from_b5, true);
  stem_ = features->register_module("0", stem);
  int done = 0;
  for (size_t s = 0; s < plans.size(); ++s) {
    const auto stage = features->register_module(std::to_string(s + 1), std::make_shared<Parts>());
    StagePlan plan = plans[s];
    for (int layer = 0; layer < plans[s].layers; ++layer) {
      blocks_.push_back(stage->register_module(
          std::to_string(layer), std::make_shared<MbConvImpl>(
                                     plan, (random ? kMostSkipped : 0) * done++ / total, from_b5)));
      plan.in = plan.out;
      plan.stride = 1;
    }
  }
  feature_count_ = 4 * plans.back().out;
  const auto last =
      std::make_shared<ConvStep>(plans.back().out, feature_count_, 1, 1, 1, from_b5, true);
  last_ = features->register_module(std::to_string(plans.size() + 1), last);
  if (classes == 0) return;
  const auto head = register_module("classifier", std::make_shared<Parts>());
  classifier_ = head->register_module("1", torch::nn::Linear(feature_count_, classes));
  const double range = 1 / std::sqrt(static_cast<double>(classes));
  torch::NoGradGuard no_grad;
  classifier_->weight.uniform_(-range, range);
  classifier_->bias.zero_();
}

torch::Tensor EfficientNetImpl::Features(const torch::Tensor& x) {
  torch::Tensor y = stem_->as<ConvStep>()->forward(x);
  for (const auto& block : blocks_) y = block->forward(y);
  return last_->as<ConvStep>()->forward(y);
}

torch::Tensor EfficientNetImpl::forward(const torch::Tensor& x) {
  VOLE_CHECK(classifier_);
  return classifier_->forward(torch::dropout(Features(x).mean({2, 3}), dropout_, is_training()));
}

}  // namespace train
