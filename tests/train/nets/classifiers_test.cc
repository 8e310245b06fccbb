#include "datasets/base/error.h"
#include "tests/support/python_reference.h"
#include "train/nets/alexnet.h"
#include "train/nets/densenet.h"
#include "train/nets/efficientnet.h"

namespace classifiers_test {

namespace {

using namespace train;

int64_t Parameters(const torch::nn::Module& net) {
  int64_t count = 0;
  for (const torch::Tensor& parameter : net.parameters()) count += parameter.numel();
  return count;
}

// Statistics as a trained network has them, so that a norm left out or doubled shows.
void Unsettle(torch::nn::Module& net) {
  torch::NoGradGuard no_grad;
  for (const auto& part : net.modules(false)) {
    if (auto* norm = part->as<torch::nn::BatchNorm2d>()) {
      norm->weight.uniform_(0.5, 1.0);
      norm->bias.uniform_(-0.2, 0.2);
      norm->running_mean.uniform_(-0.2, 0.2);
      norm->running_var.uniform_(0.5, 1.5);
    }
  }
}

template <class Net>
void CheckEqual(Net& net, const std::string& name, const torch::Tensor& image,
                const torch::Tensor& labels, const WeightsFile& expected) {
  CAPTURE(name);
  const auto Wanted = [&](const std::string& part) {
    return tests::Take(expected, name + "." + part);
  };
  net->eval();
  {
    const torch::NoGradGuard no_grad;
    CHECK(tests::Difference(Wanted("logits"), net->forward(image)) < 1e-5);
  }
  net->train();
  net->to(torch::kFloat64);
  const torch::Tensor loss =
      torch::nn::functional::cross_entropy(net->forward(image.to(torch::kFloat64)), labels);
  loss.backward();
  CHECK(tests::Difference(Wanted("loss"), loss) < 1e-6);
  const auto parameters = net->parameters();
  const auto CheckGradient = [&](const std::string& part, const torch::Tensor& gradient) {
    const torch::Tensor wanted = Wanted(part);
    CHECK((wanted - gradient).norm().item<double>() < 1e-6 * wanted.norm().item<double>());
  };
  CheckGradient("first_gradient", parameters.front().grad());
  CheckGradient("last_gradient", parameters[parameters.size() - 2].grad());
}

}  // namespace

TEST_CASE(
    "AlexNet, DenseNet-121 and EfficientNets score and learn as torchvision's, by its names") {
  if (!tests::HasTorchvision()) return;
  torch::manual_seed(4);
  const torch::Tensor image = torch::randn({2, 3, 96, 80});
  const torch::Tensor labels = torch::tensor({3, 1}, torch::kInt64);
  AlexNet alexnet(5, /*dropout=*/0.0);
  DenseNet densenet(5);
  EfficientNet b0(0, 5, /*random=*/false), b5(5, 5, /*random=*/false);
  Unsettle(*densenet);
  Unsettle(*b0);
  Unsettle(*b5);
  WeightsFile given;
  tests::Give(given, "image", image);
  tests::Give(given, "labels", labels);
  StoreTensors(NamedValues(*alexnet), "alexnet.", given);
  StoreTensors(NamedValues(*densenet), "densenet.", given);
  StoreTensors(NamedValues(*b0), "b0.", given);
  StoreTensors(NamedValues(*b5), "b5.", given);
  const WeightsFile expected = tests::RunReference("classifiers.py", given);
  CheckEqual(alexnet, "alexnet", image, labels, expected);
  CheckEqual(densenet, "densenet", image, labels, expected);
  CheckEqual(b0, "b0", image, labels, expected);
  b5->eval();
  const torch::NoGradGuard no_grad;
  CHECK(tests::Difference(tests::Take(expected, "b5.logits"), b5->forward(image)) < 1e-5);
}

TEST_CASE("AlexNet, DenseNet-121 and EfficientNets have as many parameters as published") {
  CHECK(Parameters(*AlexNet(1000)) == 61100840);
  CHECK(Parameters(*DenseNet(1000)) == 7978856);
  CHECK(Parameters(*EfficientNet(0, 1000)) == 5288548);
  CHECK(Parameters(*EfficientNet(5, 1000)) == 30389784);
}

TEST_CASE("the layers that depend on the classes are named as they are") {
  AlexNet alexnet(3);
  DenseNet densenet(3);
  const auto Count = [](const torch::nn::Module& net, const std::string& start) {
    int count = 0;
    for (const auto& item : net.named_parameters()) {
      if (item.key().compare(0, start.size(), start) != 0) continue;
      CHECK(item.value().size(0) == 3);
      ++count;
    }
    return count;
  };
  CHECK(Count(*alexnet, AlexNetImpl::kClassLayer) == 2);
  CHECK(Count(*densenet, DenseNetImpl::kClassLayer) == 2);
  CHECK(densenet->feature_count() == 1024);
  densenet->eval();
  alexnet->eval();
  const torch::NoGradGuard no_grad;
  CHECK(densenet->Features(torch::randn({1, 3, 32, 32})).sizes() == torch::IntArrayRef({1, 1024}));
  CHECK(alexnet->Features(torch::randn({1, 3, 64, 64})).sizes() ==
        torch::IntArrayRef({1, AlexNetImpl::kFeatures}));
}

}  // namespace classifiers_test
