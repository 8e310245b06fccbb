#include "train/nets/resnet.h"

#include "datasets/base/error.h"
#include "tests/support/python_reference.h"

namespace resnet_test {

namespace {

using namespace train;

// Statistics as a trained network has them, so that a norm left out or doubled shows.
void Unsettle(torch::nn::Module& net) {
  torch::NoGradGuard no_grad;
  for (const auto& part : net.modules(false)) {
    if (auto* norm = part->as<Norm2dImpl>()) {
      norm->weight.uniform_(0.5, 1.0);
      norm->bias.uniform_(-0.2, 0.2);
      if (norm->running_mean.defined()) {
        norm->running_mean.uniform_(-0.2, 0.2);
        norm->running_var.uniform_(0.5, 1.5);
      }
    }
  }
}

NormOptions Kind(NormKind kind) {
  NormOptions options;
  options.kind = kind;
  return options;
}

int64_t Parameters(const torch::nn::Module& net) {
  int64_t count = 0;
  for (const torch::Tensor& parameter : net.parameters()) count += parameter.numel();
  return count;
}

}  // namespace

TEST_CASE("ResNets give torchvision's maps and scores, folded or not, and load there by name") {
  if (!tests::HasTorchvision()) return;
  torch::manual_seed(1);
  const torch::NoGradGuard no_grad;
  const torch::Tensor image = torch::randn({2, 3, 64, 96});
  WeightsFile given;
  tests::Give(given, "image", image);
  std::vector<ResNet> nets;
  for (int depth : {18, 34, 50, 101}) {
    const bool frozen = depth == 50;
    nets.emplace_back(depth, Kind(frozen ? NormKind::kFrozen : NormKind::kBatch), 5);
    Unsettle(*nets.back());
    nets.back()->eval();
    const std::string prefix = std::to_string(depth) + ".";
    tests::Give(given, prefix + "frozen", torch::full({}, frozen ? 1.0 : 0.0));
    StoreTensors(NamedValues(*nets.back()), prefix + "net.", given);
  }
  const WeightsFile expected = tests::RunReference("resnet.py", given);
  for (ResNet& net : nets) {
    const std::string prefix = std::to_string(net->depth) + ".";
    for (bool fold : {false, true}) {
      CAPTURE(prefix);
      CAPTURE(fold);
      if (fold) net->Fold(torch::kFloat32);
      const auto maps = net->Features(image);
      for (int c = 2; c <= 5; ++c) {
        CHECK(tests::Difference(tests::Take(expected, prefix + "c" + std::to_string(c)),
                                maps[c - 2]) < 1e-5);
      }
      CHECK(tests::Difference(tests::Take(expected, prefix + "logits"), net->forward(image)) <
            1e-5);
    }
  }
}

TEST_CASE("ResNets have as many parameters as published") {
  CHECK(Parameters(*ResNet(18, NormOptions(), 1000)) == 11689512);
  CHECK(Parameters(*ResNet(34, NormOptions(), 1000)) == 21797672);
  CHECK(Parameters(*ResNet(50, NormOptions(), 1000)) == 25557032);
  CHECK(Parameters(*ResNet(101, NormOptions(), 1000)) == 44549160);
}

TEST_CASE(
    "a ResNet of half the width has about a quarter of the parameters, for pictures as before") {
  ResNet whole(18), half(18, NormOptions(), 0, 0.5);
  const double share = static_cast<double>(Parameters(*half)) / Parameters(*whole);
  CHECK(share == doctest::Approx(0.25).epsilon(0.02));
  const auto maps = half->Features(torch::zeros({1, 3, 64, 64}));
  REQUIRE(maps.size() == 4);
  CHECK(maps[3].sizes() == std::vector<int64_t>{1, 256, 2, 2});
  CHECK(Narrowed(64, 0.125) == 8);
  CHECK(Narrowed(24, 0.125) == 8);  // never less
}

TEST_CASE("a constant norm inside the convolution passes the same gradients as beside it") {
  torch::manual_seed(2);
  torch::nn::Conv2d conv = MakeConv2d(4, 6, 3, 2, false);
  Norm2d norm(6, Kind(NormKind::kFrozen));
  Unsettle(*norm);
  const torch::Tensor x = torch::randn({2, 4, 9, 7});
  const torch::Tensor weights = torch::randn({2, 6, 5, 4});
  (norm->forward(conv->forward(x)) * weights).sum().backward();
  const torch::Tensor apart = conv->weight.grad().clone();
  conv->weight.mutable_grad().reset();
  (ConvThenNorm(conv, norm, x) * weights).sum().backward();
  CHECK(tests::Difference(apart, conv->weight.grad()) < 1e-5);
}

TEST_CASE("freezing leaves the last layers learning, as torchvision counts them") {
  ResNet net(18, Kind(NormKind::kBatch));
  for (int layers = 0; layers <= 5; ++layers) {
    net->FreezeAllBut(layers);
    for (const auto& item : net->named_parameters()) {
      const std::string top = item.key().substr(0, item.key().find('.'));
      const int place = top == "layer4"   ? 1
                        : top == "layer3" ? 2
                        : top == "layer2" ? 3
                        : top == "layer1" ? 4
                                          : 5;
      CAPTURE(item.key());
      CAPTURE(layers);
      CHECK(item.value().requires_grad() == (place <= layers));
    }
  }
}

TEST_CASE("a group norm learns from a batch of one and folds without a change") {
  torch::manual_seed(3);
  ResNet net(18, Kind(NormKind::kGroup), 3);
  Unsettle(*net);
  const torch::Tensor image = torch::randn({1, 3, 32, 32});
  const torch::Tensor plain = net->forward(image);
  plain.sum().backward();
  for (const torch::Tensor& parameter : net->parameters()) CHECK(parameter.grad().defined());
  net->eval();
  const torch::NoGradGuard no_grad;
  net->Fold(torch::kFloat32);
  CHECK(tests::Difference(plain, net->forward(image)) < 1e-5);
}

TEST_CASE("a depth that no ResNet has is refused in one line") {
  CHECK_THROWS_AS(ResNet(42), datasets::Error);
}

TEST_CASE("group norm of large bfloat16 maps is as exact as bfloat16 is") {
  torch::manual_seed(1);
  Norm2d norm(64, Kind(NormKind::kGroup));
  Unsettle(*norm);
  const torch::Tensor x =
      torch::randn({1, 64, 100, 80}).contiguous(torch::MemoryFormat::ChannelsLast);
  torch::NoGradGuard no_grad;
  const torch::Tensor expected = norm->forward(x);
  norm->to(torch::kBFloat16);
  const torch::Tensor found = norm->forward(x.to(torch::kBFloat16));
  CHECK((found.scalar_type() == torch::kBFloat16));
  CHECK((found.to(torch::kFloat32) - expected).abs().max().item<double>() < 0.05);
}

}  // namespace resnet_test
