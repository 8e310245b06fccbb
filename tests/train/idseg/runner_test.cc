#include "train/idseg/runner.h"

#include <opencv2/imgproc.hpp>

#include "tests/support/torch_doctest.h"

namespace runner_test {

namespace {

using namespace train;

// A floor with dark spots, the same at each place whatever is looked at with it.
cv::Mat Spotted(cv::Size size) {
  cv::Mat picture(size, CV_8UC3, cv::Scalar::all(170));
  for (int y = 40; y < size.height; y += 90) {
    for (int x = 30; x < size.width; x += 70) {
      cv::ellipse(picture, {x, y}, {12, 5}, (x * 7 + y * 3) % 180, 0, 360, {40, 50, 60},
                  cv::FILLED);
    }
  }
  return picture;
}

}  // namespace

TEST_CASE("a large picture is looked at in tiles, and their borders cannot be seen in the answer") {
  torch::manual_seed(3);
  IdsegNet net(1, true);
  net->eval();
  SegInput input;
  const cv::Mat picture = Spotted({2240, 2048});  // more than is looked at at once
  const SegMaps whole = SegmentScaled(net, torch::kCPU, picture, 170, {}, 0, picture.size(), input);
  REQUIRE(whole.animal.size() == picture.size());
  CHECK(whole.frame == picture.size());
  REQUIRE(whole.to_center_x.size() == picture.size());
  // Around the corner where four tiles meet; beginning where the network's grid does.
  const cv::Rect around(1664 - 320, 1664 - 320, 640, 640), inner(256, 256, 128, 128);
  const SegMaps part =
      SegmentScaled(net, torch::kCPU, picture(around), 170, {}, 0, picture.size(), input);
  for (const auto& [large, small] :
       {std::pair(whole.animal, part.animal), std::pair(whole.core, part.core),
        std::pair(whole.to_center_x, part.to_center_x),
        std::pair(whole.class_logits[0], part.class_logits[0])}) {
    const cv::Mat expected = small(inner), got = large(inner + around.tl());
    cv::Scalar mean, deviation;
    cv::meanStdDev(expected, mean, deviation);
    CHECK(deviation[0] > 0);
    // An untrained network weighs what is far away as much as what is near.
    CHECK(cv::norm(expected, got, cv::NORM_L1) / inner.area() < 0.1 * deviation[0]);
  }
}

}  // namespace runner_test
