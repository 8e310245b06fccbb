#include "train/nets/rcnn/roi_align.h"

#include "tests/support/python_reference.h"

namespace roi_align_test {

namespace {

using namespace train;

// Boxes of all sizes, some reaching beyond the picture of 128 x 192, some hardly a pixel.
torch::Tensor RandomBoxes(int64_t count) {
  const torch::Tensor corner = torch::rand({count, 2}) * 190 - 20;
  const torch::Tensor side = (torch::rand({count, 2}) * 6 - 1).exp();
  return torch::cat({corner, corner + side}, 1);
}

std::vector<torch::Tensor> RandomMaps(int64_t channels) {
  std::vector<torch::Tensor> maps;
  for (int64_t stride : {4, 8, 16, 32}) {
    maps.push_back(torch::randn({2, channels, 128 / stride, 192 / stride}).requires_grad_());
  }
  return maps;
}

const std::vector<double> kScales = {1 / 4.0, 1 / 8.0, 1 / 16.0, 1 / 32.0};

}  // namespace

TEST_CASE("pooled regions and their gradients equal torchvision's") {
  if (!tests::HasTorchvision()) return;
  torch::manual_seed(4);
  WeightsFile given;
  std::vector<torch::Tensor> maps = RandomMaps(20);
  for (size_t i = 0; i < 4; ++i) tests::Give(given, "map" + std::to_string(i), maps[i]);
  const torch::Tensor boxes0 = RandomBoxes(40), boxes1 = RandomBoxes(25);
  tests::Give(given, "boxes0", boxes0);
  tests::Give(given, "boxes1", boxes1);
  const torch::Tensor masks = torch::rand({3, 90, 70}).gt(0.5).to(torch::kFloat32);
  const torch::Tensor mask_boxes = RandomBoxes(12) / 2;
  const torch::Tensor mask_index = torch::randint(0, 3, {12}, torch::kInt64);
  tests::Give(given, "masks", masks);
  tests::Give(given, "mask_boxes", mask_boxes);
  tests::Give(given, "mask_index", mask_index);
  std::vector<torch::Tensor> weights;
  for (int64_t side : {7, 14}) {
    weights.push_back(torch::randn({65, 20, side, side}));
    tests::Give(given, "weights" + std::to_string(side), weights.back());
  }
  const WeightsFile expected = tests::RunReference("roi_align.py", given);
  const torch::Tensor boxes = torch::cat({boxes0, boxes1});
  const torch::Tensor pictures =
      torch::cat({torch::zeros({40}, torch::kInt64), torch::ones({25}, torch::kInt64)});
  for (int which : {0, 1}) {
    const int side = which == 0 ? 7 : 14;
    const std::string name = std::to_string(side);
    const torch::Tensor pooled =
        RoiAlign(maps, kScales, boxes, pictures, PyramidLevels(boxes), side, 2);
    CHECK(tests::Difference(tests::Take(expected, "pooled" + name), pooled) < 1e-5);
    const auto gradients = torch::autograd::grad({(pooled * weights[which]).sum()}, maps);
    for (size_t i = 0; i < 4; ++i) {
      CHECK(tests::Difference(tests::Take(expected, "gradient" + name + "." + std::to_string(i)),
                              gradients[i]) < 1e-5);
    }
  }
  const torch::Tensor pasted = RoiAlign({masks.unsqueeze(1)}, {1.0}, mask_boxes, mask_index,
                                        torch::zeros({12}, torch::kInt64), 28, 0);
  CHECK(tests::Difference(tests::Take(expected, "masks"), pasted.squeeze(1)) < 1e-5);
}

TEST_CASE("regions in bfloat16 equal those of the same maps in float up to its rounding") {
  torch::manual_seed(5);
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> exact, coarse;
  for (const torch::Tensor& map : RandomMaps(16)) {
    coarse.push_back(map.detach().to(torch::kBFloat16));
    exact.push_back(coarse.back().to(torch::kFloat32));
  }
  const torch::Tensor boxes = RandomBoxes(30), pictures = torch::zeros({30}, torch::kInt64);
  const torch::Tensor levels = PyramidLevels(boxes);
  const torch::Tensor want = RoiAlign(exact, kScales, boxes, pictures, levels, 7, 2);
  const torch::Tensor got = RoiAlign(coarse, kScales, boxes, pictures, levels, 7, 2);
  CHECK((got.scalar_type() == torch::kBFloat16));
  CHECK(tests::Difference(want, got.to(torch::kFloat32)) < 5e-3);
}

TEST_CASE("no region gives no rows, and larger boxes are read from coarser maps") {
  const torch::Tensor none =
      RoiAlign(RandomMaps(4), kScales, torch::zeros({0, 4}), torch::zeros({0}, torch::kInt64),
               torch::zeros({0}, torch::kInt64), 7, 2);
  CHECK(none.sizes().vec() == std::vector<int64_t>{0, 4, 7, 7});
  const auto LevelOf = [](float side) {
    return PyramidLevels(torch::tensor({0.f, 0.f, side, side}).view({1, 4})).item<int64_t>();
  };
  CHECK(LevelOf(10) == 0);
  CHECK(LevelOf(111) == 0);
  CHECK(LevelOf(112) == 1);
  CHECK(LevelOf(224) == 2);
  CHECK(LevelOf(448) == 3);
  CHECK(LevelOf(4000) == 3);
}

}  // namespace roi_align_test
