#include "datasets/metrics/classification.h"

#include <doctest/doctest.h>

#include <cmath>

#include "datasets/base/error.h"
#include "datasets/metrics/bootstrap.h"

namespace classification_test {

using namespace datasets;

TEST_CASE("Accuracy, F1 and kappa are those worked by hand") {
  // 10 frames: both 1 on 4, both 2 on 3, truth 1 called 2 on 2, truth 2 called 1 on 1.
  const auto figures =
      EvaluateClassification({1, 1, 1, 1, 2, 2, 2, 1, 1, 2}, {1, 1, 1, 1, 2, 2, 2, 2, 2, 1});
  CHECK(figures.accuracy == doctest::Approx(.7));
  CHECK(figures.per_class.at(1).precision == doctest::Approx(4.0 / 5));
  CHECK(figures.per_class.at(1).recall == doctest::Approx(4.0 / 6));
  CHECK(figures.per_class.at(2).f1 == doctest::Approx(6.0 / 9));
  CHECK(figures.macro_f1 == doctest::Approx((8.0 / 11 + 6.0 / 9) / 2));
  // Chance: .6 * .5 + .4 * .5 = .5; kappa (.7 - .5) / .5.
  CHECK(figures.kappa == doctest::Approx(.4));
}

TEST_CASE("A class that nobody used is skipped, or counts as zero when asked") {
  CHECK(EvaluateClassification({1, 1}, {1, 1}, {1, 2}).macro_f1 == 1);
  CHECK(EvaluateClassification({1, 1}, {1, 1}, {1, 2}, AbsentClass::kZero).macro_f1 == .5);
  // A class that only the predictions used is zero either way.
  CHECK(EvaluateClassification({1, 1}, {1, 3}).macro_f1 == doctest::Approx(2.0 / 3 / 2));
}

TEST_CASE("Kappa of chance is 0, of opposition -1, of one constant class not defined") {
  CHECK(std::isnan(EvaluateClassification({1, 1, 1}, {1, 1, 1}).kappa));
  CHECK(EvaluateClassification({1, 1, 1}, {1, 2, 2}).kappa == doctest::Approx(0));
  CHECK(EvaluateClassification({1, 1, 2, 2}, {1, 2, 1, 2}).kappa == doctest::Approx(0));
  CHECK(EvaluateClassification({1, 2}, {2, 1}).kappa == doctest::Approx(-1));
  CHECK(std::isnan(EvaluateClassification({}, {}).kappa));
  CHECK_THROWS_AS(EvaluateClassification({1}, {}), Error);
}

TEST_CASE("An interval of blocks is wider than one that takes neighbors for independent") {
  std::vector<double> values;  // good and bad stretches of 50 frames
  for (int i = 0; i < 1000; ++i) values.push_back(i / 50 % 2);
  const Interval frames = BlockBootstrapMean(values, 1), blocks = BlockBootstrapMean(values, 50);
  CHECK(frames.low < .5);
  CHECK(frames.high > .5);
  CHECK(blocks.high - blocks.low > 4 * (frames.high - frames.low));
  // 1000 independent coins: half width 1.96 * .5 / sqrt(1000) = .031.
  CHECK(frames.high - frames.low == doctest::Approx(.062).epsilon(.15));
}

TEST_CASE("An interval is reproducible, skips undefined samples and refuses nonsense") {
  const std::vector<double> values = {1, 2, 3, 4, 5, 6, 7};
  const Interval first = BlockBootstrapMean(values, 2), again = BlockBootstrapMean(values, 2);
  CHECK(first.low == again.low);
  CHECK(first.high == again.high);
  CHECK(BlockBootstrapMean({5}, 100).low == 5);
  const auto sometimes = [](const std::vector<int64_t>& frames) {
    return frames.front() == 0 ? std::nan("") : 1.0;
  };
  CHECK(BlockBootstrap(4, 1, sometimes).low == 1);
  CHECK_THROWS_AS(BlockBootstrapMean({}, 1), Error);
  CHECK_THROWS_AS(BlockBootstrapMean({1}, 0), Error);
  CHECK_THROWS_AS(BlockBootstrapMean({std::nan("")}, 1), Error);
}

}  // namespace classification_test
