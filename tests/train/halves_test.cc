#include "train/learn/halves.h"

#include <stdexcept>
#include <utility>
#include <vector>

#include "tests/support/torch_doctest.h"
#include "train/nets/idseg.h"

namespace halves_test {

namespace {

using namespace train;

torch::Tensor Input(int64_t count) {
  torch::manual_seed(5);
  return torch::randn({count, 3, 16, 16}).contiguous(torch::MemoryFormat::ChannelsLast);
}

torch::Tensor Rows(const torch::Tensor& all, const Halves& halves, int half) {
  return all.slice(0, halves.first(half), halves.first(half) + halves.each());
}

ConvNorm Net(int seed) {
  torch::manual_seed(seed);
  return ConvNorm(3, 4, 3, 1, true);
}

}  // namespace

TEST_CASE("two halves have the gradients of both, and the mean of their statistics") {
  const torch::Tensor x = Input(8);
  BatchShare share;
  share.count = share.whole = 8;
  ConvNorm own = Net(1), twin = Net(2), alone = Net(1);
  Halves halves(*own, *twin, share);
  CHECK(halves.count() == 2);
  CHECK(torch::equal(own->conv->weight, twin->conv->weight));
  for (int step = 0; step < 2; ++step) {
    own->zero_grad();
    alone->zero_grad();
    const torch::Tensor value = halves.Learn([&](int half) {
      return (half == 0 ? own : twin)->forward(Rows(x, halves, half)).square().sum();
    });
    // The same in a row, with the statistics of before each time.
    const torch::Tensor mean = alone->norm->running_mean.clone();
    torch::Tensor expected = torch::zeros({}), means = torch::zeros_like(mean);
    for (int half = 0; half < 2; ++half) {
      alone->norm->running_mean.copy_(mean);
      const torch::Tensor loss = alone->forward(Rows(x, halves, half)).square().sum();
      loss.backward();
      expected = expected + loss.detach();
      means = means + alone->norm->running_mean / 2;
    }
    alone->norm->running_mean.copy_(means);
    CHECK(torch::allclose(value, expected));
    CHECK(torch::allclose(own->conv->weight.grad(), alone->conv->weight.grad(), 1e-4, 1e-4));
    CHECK(torch::allclose(own->norm->bias.grad(), alone->norm->bias.grad(), 1e-4, 1e-4));
    CHECK(torch::allclose(own->norm->running_mean, means));
    // Weights change in place, as a trainer changes them: the twin sees it.
    torch::NoGradGuard no_grad;
    for (ConvNorm* net : {&own, &alone}) (*net)->conv->weight.mul_(0.5);
    CHECK(torch::equal(own->conv->weight, twin->conv->weight));
  }
}

TEST_CASE("an error in one half is thrown to the caller, and the next step works") {
  BatchShare share;
  share.count = share.whole = 4;
  ConvNorm own = Net(1), twin = Net(2);
  Halves halves(*own, *twin, share);
  const torch::Tensor x = Input(4);
  for (int bad : {0, 1}) {
    CHECK_THROWS_WITH_AS(halves.Learn([&](int half) {
      if (half == bad) throw std::runtime_error("on purpose");
      return own->forward(Rows(x, halves, half)).sum();
    }),
                         "on purpose", std::runtime_error);
    CHECK(halves
              .Learn([&](int half) {
                return (half == 0 ? own : twin)->forward(Rows(x, halves, half)).sum();
              })
              .item<float>() > 0);
  }
}

TEST_CASE("what cannot be halved evenly is learned as a whole") {
  const torch::Device cpu(torch::kCPU);
  BatchShare share;
  for (const auto& [whole, fits] : std::vector<std::pair<int, bool>>{
           {1, false}, {2, false}, {3, false}, {4, true}, {7, false}, {8, true}}) {
    share.count = share.whole = whole;
    CHECK(Halves::Fit(share, cpu) == fits);
  }
  CHECK_FALSE(Halves::Fit(share, torch::Device(torch::kCUDA, 0)));
}

}  // namespace halves_test
