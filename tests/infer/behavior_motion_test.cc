// Motion as numbers for the temporal network, against cases worked by hand.
#include <doctest/doctest.h>

#include <cmath>

#include "infer/behavior/motion_features.h"

namespace behavior_motion_test {

namespace {

using infer::SubjectFrame;
constexpr size_t kWidth = train::kMotionFeatures;

// A subject that walks `step` px a frame to the right, area 400, scale 20 px.
std::vector<SubjectFrame> Walk(int frames, double step) {
  std::vector<SubjectFrame> list;
  for (int f = 0; f < frames; ++f) {
    SubjectFrame frame;
    frame.seen = true;
    frame.moments.area = 400;
    frame.moments.x = 100 + step * f;
    frame.moments.y = 50;
    frame.moments.length = 40;
    frame.moments.width = 10;
    frame.moments.elongation = 4;
    frame.same_iou = 0.75;
    list.push_back(frame);
  }
  return list;
}

TEST_CASE("Speed, shape and change are those of the masks, in lengths and seconds") {
  const auto features = infer::MotionFeatures(Walk(40, 2), 10, 20, false);
  REQUIRE(features.size() == 40 * kWidth);
  const float* middle = &features[20 * kWidth];
  CHECK(middle[0] == 1);
  for (int k = 1; k <= 3; ++k) CHECK(middle[k] == doctest::Approx(std::asinh(10.0)));  // 20 px/s
  CHECK(middle[4] == doctest::Approx(0));
  CHECK(middle[5] == doctest::Approx(std::log(4.0)));
  CHECK(middle[6] == doctest::Approx(2));
  CHECK(middle[8] == doctest::Approx(0.25));
  CHECK(middle[11] == 1);  // alone
  for (const float value : features) CHECK(std::isfinite(value));
}

TEST_CASE("The nearest animal gives distance, approach and direction") {
  auto frames = Walk(20, 2);
  for (auto& frame : frames) {
    frame.alone = false;
    frame.touching = true;
    frame.nearest = {200, 50};
  }
  const auto features = infer::MotionFeatures(frames, 10, 20, false);
  const float* at = &features[10 * kWidth];
  CHECK(at[9] == 1);
  CHECK(at[10] == doctest::Approx(std::asinh(80.0 / 20)));
  CHECK(at[11] == 0);
  CHECK(at[12] == doctest::Approx(std::asinh(1.0)));  // nearer by 20 px, a length, in a second
  CHECK(at[13] == doctest::Approx(1));                // the long axis points at it
  CHECK(at[14] == doctest::Approx(1));                // and so does the way
}

TEST_CASE("Frames without the subject are zero, and gaps give no false speed") {
  auto frames = Walk(30, 0);
  for (int f = 10; f < 15; ++f) frames[static_cast<size_t>(f)] = {};
  const auto features = infer::MotionFeatures(frames, 10, 20, false);
  for (size_t k = 0; k < kWidth; ++k) CHECK(features[12 * kWidth + k] == 0);
  for (const size_t f : {9u, 15u, 20u}) CHECK(features[f * kWidth + 2] == doctest::Approx(0));
  CHECK(infer::MotionFeatures({}, 10, 20, false).empty());
}

TEST_CASE("Causal motion does not know the future") {
  auto frames = Walk(40, 1);
  const auto before = infer::MotionFeatures(frames, 10, 20, true);
  for (size_t f = 25; f < 40; ++f) frames[f].moments.x += 500;
  const auto after = infer::MotionFeatures(frames, 10, 20, true);
  for (size_t i = 0; i < 25 * kWidth; ++i) CHECK(before[i] == after[i]);
  CHECK(before[25 * kWidth + 1] != after[25 * kWidth + 1]);
}

}  // namespace

}  // namespace behavior_motion_test
