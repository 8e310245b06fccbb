#include "datasets/metrics/voc.h"

#include <doctest/doctest.h>

#include <cmath>

#include "datasets/base/error.h"

namespace voc_test {

using namespace datasets;

namespace {

EvalObject At(int64_t image, const Box& box, double score = 1, int category = 1) {
  EvalObject object;
  object.image_id = image;
  object.category = category;
  object.box = box;
  object.score = score;
  return object;
}
const Box kBox = {10, 10, 40, 40}, kFar = {200, 200, 40, 40};

}  // namespace

TEST_CASE("A second detection of one object is false in strict VOC and ignored by darknet") {
  // Two objects; best first: hit, repeat of it, hit. Strict: precision 1 at the 6 recalls up to .5,
  // 2/3 at the other 5. Darknet: 1 throughout.
  const auto figures =
      EvaluateVoc({At(1, kBox), At(1, kFar)}, {At(1, kBox, .9), At(1, kBox, .8), At(1, kFar, .7)});
  CHECK(figures.map_strict == doctest::Approx((6 + 5 * 2.0 / 3) / 11));
  CHECK(figures.map_darknet == doctest::Approx(1));
  // Over the score threshold the repeat is false with IoU 0 in both.
  CHECK(figures.tp == 2);
  CHECK(figures.fp == 1);
  CHECK(figures.fn == 0);
  CHECK(figures.precision == doctest::Approx(2.0 / 3));
  CHECK(figures.recall == 1);
  CHECK(figures.f1 == doctest::Approx(.8));
  CHECK(figures.mean_iou == doctest::Approx(2.0 / 3));
}

TEST_CASE("An IoU of exactly one half is no match, and low scores count for AP only") {
  const auto half = EvaluateVoc({At(1, kBox)}, {At(1, {10, 10, 40, 20}, .9)});
  CHECK(half.map_strict == 0);
  CHECK(half.fn == 1);
  const auto low = EvaluateVoc({At(1, kBox)}, {At(1, kBox, .25)});
  CHECK(low.map_strict == doctest::Approx(1));
  CHECK(low.tp == 0);
  CHECK(low.f1 == 0);
}

TEST_CASE("The mean goes over the categories with truth; detections match within theirs") {
  const auto figures = EvaluateVoc({At(1, kBox, 1, 1), At(1, kFar, 1, 2)},
                                   {At(1, kBox, .9, 1), At(1, kFar, .9, 1), At(1, kFar, .9, 3)});
  CHECK(figures.ap_strict.at(1) == doctest::Approx(1));
  CHECK(figures.ap_strict.at(2) == 0);
  CHECK(figures.ap_strict.count(3) == 0);
  CHECK(figures.map_strict == doctest::Approx(.5));
  CHECK(EvaluateVoc({}, {At(1, kBox)}).map_darknet == 0);
  CHECK(EvaluateVoc({}, {}).recall == 0);
  CHECK_THROWS_AS(EvaluateVoc({}, {At(1, kBox, std::nan(""))}), Error);
}

}  // namespace voc_test
