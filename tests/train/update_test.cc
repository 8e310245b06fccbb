#include "train/learn/update.h"

#include "tests/support/torch_doctest.h"

namespace update_test {

namespace {

using namespace train;

// The same numbers laid out otherwise: the one-pass form does not apply to them.
torch::Tensor Otherwise(const torch::Tensor& tensor) {
  return torch::empty_strided(tensor.sizes(), {1, tensor.size(0)}).copy_(tensor);
}

bool Near(const torch::Tensor& a, const torch::Tensor& b) {
  return torch::allclose(a, b, 1e-5, 1e-7);
}

}  // namespace

TEST_CASE("one pass of SGD equals torch.optim.SGD, in whatever layout") {
  torch::manual_seed(1);
  const torch::Tensor start = torch::randn({70, 30});
  torch::Tensor reference = start.clone().requires_grad_();
  torch::optim::SGD sgd({reference},
                        torch::optim::SGDOptions(0.1).momentum(0.9).weight_decay(0.05));
  torch::Tensor fast = start.clone(), slow = start.clone();
  torch::Tensor fast_momentum = torch::zeros_like(start), slow_momentum = torch::zeros_like(start);
  for (int i = 0; i < 4; ++i) {
    const torch::Tensor gradient = torch::randn({70, 30});
    reference.mutable_grad() = gradient.clone();
    sgd.step();
    UpdateSgd(fast, gradient, fast_momentum, 0.1, 0.9, 0.05);
    UpdateSgd(slow, Otherwise(gradient), slow_momentum, 0.1, 0.9, 0.05);
  }
  CHECK(Near(reference.detach(), fast));
  CHECK(Near(reference.detach(), slow));
}

TEST_CASE("one pass of AdamW equals torch.optim.AdamW, in whatever layout") {
  torch::manual_seed(2);
  const torch::Tensor start = torch::randn({70, 30});
  torch::Tensor reference = start.clone().requires_grad_();
  torch::optim::AdamW adam(
      {reference},
      torch::optim::AdamWOptions(0.01).betas(std::make_tuple(0.9, 0.99)).weight_decay(0.05));
  torch::Tensor fast = start.clone(), slow = start.clone();
  torch::Tensor moments[4];
  for (torch::Tensor& moment : moments) moment = torch::zeros_like(start);
  for (int i = 1; i <= 4; ++i) {
    const torch::Tensor gradient = torch::randn({70, 30});
    reference.mutable_grad() = gradient.clone();
    adam.step();
    const AdamWStep step{0.01, 0.05, 0.9, 0.99, 1e-8, 1 - std::pow(0.9, i), 1 - std::pow(0.99, i)};
    UpdateAdamW(fast, gradient, moments[0], moments[1], step);
    UpdateAdamW(slow, Otherwise(gradient), moments[2], moments[3], step);
  }
  CHECK(Near(reference.detach(), fast));
  CHECK(Near(reference.detach(), slow));
}

}  // namespace update_test
