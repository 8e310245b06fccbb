#include "train/nn/packed_conv.h"

#include <ATen/Parallel.h>

#include "tests/support/torch_doctest.h"
#include "train/nn/map_pool.h"
#include "train/nn/prepared_conv.h"

namespace packed_conv_test {

namespace {

using namespace train;
using Way = PackedConv::Way;

std::vector<const CpuKernels*> AllKernels() {
  std::vector<const CpuKernels*> all;
  for (const char* name : {"avx512", "avx2"}) {
    if (const CpuKernels* kernels = FindCpuKernels(name)) all.push_back(kernels);
  }
  return all;
}

torch::Tensor ChannelsLast(const torch::Tensor& x) {
  return x.contiguous(torch::MemoryFormat::ChannelsLast);
}

struct Layer {
  int64_t in, out, kernel, stride;
};

struct Input {
  int64_t pictures, height, width;
};

enum class Add { kNone, kSame, kSmaller };

// The largest deviation from the same convolution in double precision, as a share of its largest
// result.
double Deviation(const CpuKernels& kernels, const Layer& layer, const Input& input, Way way,
                 double slope, Add add, bool with_bias) {
  const int64_t padding = layer.kernel / 2;
  const torch::Tensor weight = torch::randn({layer.out, layer.in, layer.kernel, layer.kernel});
  const torch::Tensor bias = torch::randn({layer.out});
  const torch::Tensor x =
      ChannelsLast(torch::randn({input.pictures, layer.in, input.height, input.width}));
  PackedConv conv(kernels, {layer.in, layer.out, layer.kernel, layer.kernel, layer.stride, padding},
                  {weight.data_ptr<float>(), weight.stride(0), weight.stride(1), weight.stride(2),
                   weight.stride(3)},
                  with_bias ? bias.data_ptr<float>() : nullptr);
  conv.way = way;
  torch::Tensor expected =
      torch::conv2d(x.to(torch::kFloat64), weight.to(torch::kFloat64),
                    with_bias ? bias.to(torch::kFloat64) : torch::Tensor(), layer.stride, padding);
  const int64_t height = expected.size(2), width = expected.size(3);
  REQUIRE(conv.OutHeight(input.height) == height);
  REQUIRE(conv.OutWidth(input.width) == width);
  ConvFinish finish;
  finish.slope = static_cast<float>(slope);
  torch::Tensor added;
  if (add != Add::kNone) {
    const bool same = add == Add::kSame;
    if (!same) {
      finish.add_height = (height + 1) / 2;
      finish.add_width = (width + 2) / 3;
    }
    added = ChannelsLast(torch::randn({input.pictures, layer.out, same ? height : finish.add_height,
                                       same ? width : finish.add_width}));
    finish.add = added.data_ptr<float>();
    expected = expected + torch::upsample_nearest2d(added, {height, width}).to(torch::kFloat64);
  }
  expected = torch::maximum(expected, expected * slope);
  torch::Tensor y = ChannelsLast(torch::full({input.pictures, layer.out, height, width}, NAN));
  conv.Run(x.data_ptr<float>(), input.pictures, input.height, input.width, y.data_ptr<float>(),
           finish);
  return ((y - expected).abs().max() / expected.abs().max().clamp_min(1)).item<double>();
}

}  // namespace

TEST_CASE("a packed convolution gives what LibTorch's does, whatever its shape") {
  torch::manual_seed(1);
  const std::vector<Layer> layers = {{1, 1, 1, 1},   {3, 64, 7, 2},   {5, 33, 3, 2},
                                     {16, 32, 3, 1}, {48, 15, 1, 1},  {32, 64, 3, 1},
                                     {7, 100, 1, 2}, {300, 31, 1, 1}, {64, 16, 3, 1}};
  const std::vector<Input> inputs = {{1, 1, 1}, {1, 2, 3}, {2, 5, 9}, {1, 13, 17}, {3, 4, 4}};
  const std::vector<double> slopes = {1, 0, 0.1};
  int turn = 0;
  for (const CpuKernels* kernels : AllKernels()) {
    CAPTURE(kernels->name);
    for (const Layer& layer : layers) {
      for (const Input& input : inputs) {
        CAPTURE(layer.in);
        CAPTURE(layer.kernel);
        CAPTURE(input.height);
        ++turn;
        const Add add = std::vector{Add::kNone, Add::kSame, Add::kSmaller}[turn / 3 % 3];
        const double slope = slopes[static_cast<size_t>(turn % 3)];
        CHECK(Deviation(*kernels, layer, input, Way::kBest, slope, add, turn % 2 == 0) < 2e-6);
        CHECK(Deviation(*kernels, layer, input, Way::kDirect, slope, add, true) < 2e-6);
      }
    }
  }
}

TEST_CASE("Winograd's convolution is exact to single precision, at the edges of the picture too") {
  torch::manual_seed(2);
  for (const CpuKernels* kernels : AllKernels()) {
    CAPTURE(kernels->name);
    for (const Layer& layer : {Layer{16, 32, 3, 1}, Layer{64, 96, 3, 1}, Layer{512, 32, 3, 1}}) {
      for (const Input& input : {Input{1, 1, 1}, Input{1, 1, 7}, Input{2, 4, 4}, Input{1, 5, 3},
                                 Input{7, 14, 14}, Input{1, 33, 18}}) {
        CAPTURE(layer.in);
        CAPTURE(input.width);
        for (const double slope : {1., 0., 0.1}) {
          CHECK(Deviation(*kernels, layer, input, Way::kWinograd, slope,
                          slope == 0 ? Add::kSame : Add::kNone, slope > 0) < 1e-5);
        }
      }
    }
  }
}

TEST_CASE("one thread and several give the same numbers") {
  torch::manual_seed(3);
  const torch::Tensor weight = torch::randn({64, 32, 3, 3});
  const torch::Tensor x = torch::randn({1, 32, 40, 44});
  const auto conv = PreparedConv::Make(weight, torch::randn({64}), 1, 1);
  if (!conv) return;  // this processor has no kernels
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const torch::Tensor alone = conv->Run(x, 0).clone();
  at::set_num_threads(3);
  const torch::Tensor together = conv->Run(x, 0).clone();
  at::set_num_threads(before);
  CHECK(alone.equal(together));
}

TEST_CASE("a prepared convolution takes maps and weights as they lie") {
  torch::manual_seed(4);
  const torch::Tensor weight = torch::randn({3, 3, 20, 33}).permute({3, 2, 0, 1});
  const torch::Tensor bias = torch::randn({33}), x = torch::randn({2, 20, 9, 7});
  const auto conv = PreparedConv::Make(weight, bias, 1, 1);
  if (!conv) return;
  const torch::Tensor expected = torch::conv2d(x, weight, bias, 1, 1);
  CHECK(torch::allclose(conv->Run(x), expected, 1e-4, 1e-4));
  CHECK(torch::allclose(conv->Run(ChannelsLast(x)), expected, 1e-4, 1e-4));
  CHECK(torch::allclose(conv->Run(x.slice(2, 1, 8)),
                        torch::conv2d(x.slice(2, 1, 8), weight, bias, 1, 1), 1e-4, 1e-4));
  CHECK(conv->Run(x.slice(0, 0, 0)).size(0) == 0);
  CHECK_FALSE(conv->Fits(x.to(torch::kBFloat16)));
  CHECK_FALSE(conv->Fits(x.slice(1, 0, 19)));
  CHECK_FALSE(PreparedConv::Make(weight.to(torch::kBFloat16), bias));
}

TEST_CASE("rows through a prepared layer are a linear layer, a kernel as large as its input too") {
  torch::manual_seed(5);
  const torch::Tensor rows = torch::randn({37, 130}), weight = torch::randn({19, 130});
  const auto linear = PreparedConv::Make(weight, {});
  if (!linear) return;
  CHECK(torch::allclose(linear->RunRows(rows), torch::linear(rows, weight), 1e-4, 1e-4));
  const torch::Tensor kernel = torch::randn({40, 24, 7, 7}), regions = torch::randn({30, 24, 7, 7});
  const auto whole = PreparedConv::Make(kernel, {});
  CHECK(torch::allclose(whole->Run(regions, 0), torch::conv2d(regions, kernel).relu(), 1e-3, 1e-3));
}

TEST_CASE("a number that is none stays visible behind a ReLU") {
  torch::Tensor x = torch::zeros({1, 16, 8, 8});
  x[0][3][2][2] = NAN;
  for (const CpuKernels* kernels : AllKernels()) {
    for (const Way way : {Way::kDirect, Way::kWinograd}) {
      const torch::Tensor weight = torch::ones({32, 16, 3, 3}), own = ChannelsLast(x);
      PackedConv conv(*kernels, {16, 32, 3, 3, 1, 1}, {weight.data_ptr<float>(), 144, 9, 3, 1},
                      nullptr);
      conv.way = way;
      torch::Tensor y = ChannelsLast(torch::zeros({1, 32, 8, 8}));
      conv.Run(own.data_ptr<float>(), 1, 8, 8, y.data_ptr<float>(), {0, nullptr, 0, 0});
      CHECK(y[0][0][2][2].isnan().item<bool>());
      CHECK(y[0][0][7][7].item<float>() == 0);
    }
  }
}

TEST_CASE("memory of maps is used again, and does not pile up") {
  const auto pool = std::make_shared<MapPool>();
  void* first = nullptr;
  {
    const torch::Tensor map = pool->Empty(1, 8, 30, 40);
    CHECK(map.is_contiguous(torch::MemoryFormat::ChannelsLast));
    CHECK(map.sizes() == torch::IntArrayRef({1, 8, 30, 40}));
    first = map.data_ptr();
  }
  CHECK(pool->kept_floats() == 8 * 30 * 40);
  CHECK(pool->Empty(1, 8, 40, 30).data_ptr() == first);
  for (int64_t side = 10; side < 200; ++side) pool->Empty(1, 8, side, side);
  CHECK(pool->kept_floats() <= 8 * 199 * 199 / 2 * 3);
  torch::Tensor longer_lived;
  {
    const auto short_lived = std::make_shared<MapPool>();
    longer_lived = short_lived->Empty(1, 1, 2, 2).fill_(7);
  }
  CHECK(longer_lived.sum().item<float>() == 28);
}

}  // namespace packed_conv_test
