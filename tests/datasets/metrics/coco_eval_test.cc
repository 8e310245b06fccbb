#include "datasets/metrics/coco_eval.h"

#include <doctest/doctest.h>

#include <cmath>

#include "datasets/base/error.h"

namespace coco_eval_test {

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

CocoFigures Boxes(const std::vector<EvalObject>& truth, const std::vector<EvalObject>& predicted,
                  bool class_agnostic = false) {
  return EvaluateCoco(truth, predicted, {Overlap::kBox, class_agnostic});
}

const Box kBox = {10, 10, 40, 40};  // 1600 pixels: medium

}  // namespace

TEST_CASE("Perfect predictions score 1, ranges without truth are undefined") {
  const auto figures = Boxes({At(1, kBox), At(2, kBox)}, {At(1, kBox, .9), At(2, kBox, .8)});
  CHECK(figures.ap == doctest::Approx(1));
  CHECK(figures.ap_medium == doctest::Approx(1));
  CHECK(figures.ap_small == -1);
  CHECK(figures.ap_large == -1);
  CHECK(figures.ar1 == doctest::Approx(1));
  CHECK(figures.ar_large == -1);
}

TEST_CASE("A match at IoU 0.8 counts at the seven thresholds up to it") {
  // Boxes 40 x 40 and 40 x 32 inside it: IoU 1280 / 1600 = 0.8, matched at .50 ... .80: 7 of 10.
  const auto figures = Boxes({At(1, kBox)}, {At(1, {10, 10, 40, 32})});
  CHECK(figures.ap == doctest::Approx(.7));
  CHECK(figures.ap50 == doctest::Approx(1));
  CHECK(figures.ap75 == doctest::Approx(1));
  CHECK(figures.ar100 == doctest::Approx(.7));
}

TEST_CASE("A false detection costs precision only at the recalls reached after it") {
  // Two objects; best first: hit, miss, hit. Precision 1 up to recall .5 (51 of the 101 recalls),
  // 2/3 from .51 on (50 of them): (51 + 50 * 2/3) / 101.
  const auto figures = Boxes({At(1, kBox), At(2, kBox)},
                             {At(1, kBox, .9), At(2, {200, 200, 40, 40}, .8), At(2, kBox, .7)});
  CHECK(figures.ap == doctest::Approx((51 + 50 * 2.0 / 3) / 101));
  // One detection per image: image 2 keeps its better one, the miss.
  CHECK(figures.ar1 == doctest::Approx(.5));
  CHECK(figures.ar10 == doctest::Approx(1));
}

TEST_CASE("A crowd absorbs any number of detections and is owed none") {
  EvalObject crowd = At(1, {100, 100, 100, 100});
  crowd.crowd = true;
  // Three detections inside the crowd (intersection over their own area: 1) are neither right nor
  // wrong; the plain object is found after them at full precision.
  const std::vector<EvalObject> predicted = {At(1, {100, 100, 40, 40}, .99),
                                             At(1, {120, 120, 40, 40}, .98),
                                             At(1, {150, 150, 40, 40}, .97), At(1, kBox, .5)};
  CHECK(Boxes({crowd, At(1, kBox)}, predicted).ap == doctest::Approx(1));
  // Without the crowd flag the big box is owed and the three are wrong: 1 of 2 found, precision 1/4
  // up to recall .5.
  crowd.crowd = false;
  CHECK(Boxes({crowd, At(1, kBox)}, predicted).ap == doctest::Approx(51 * .25 / 101));
  // Only a crowd: nothing is owed.
  crowd.crowd = true;
  CHECK(Boxes({crowd}, predicted).ap == -1);
}

TEST_CASE("An area range ignores truth outside it and unmatched detections outside it") {
  const Box small = {300, 300, 20, 20}, far_small = {400, 400, 20, 20}, far = {500, 500, 40, 40};
  const std::vector<EvalObject> truth = {At(1, kBox), At(1, small)};
  // Medium: `small` is matched to an ignored truth, `far_small` is outside the range; both are
  // ignored, and the hit has precision 1. All: hits are 2nd and 3rd of 3: precision 2/3 throughout.
  const auto figures = Boxes(truth, {At(1, far_small, .9), At(1, small, .8), At(1, kBox, .7)});
  CHECK(figures.ap_medium == doctest::Approx(1));
  CHECK(figures.ap == doctest::Approx(2.0 / 3));
  CHECK(figures.ap_small == doctest::Approx(.5));  // after far_small
  // A detection in the range that matches nothing is wrong there.
  CHECK(Boxes(truth, {At(1, far, .9), At(1, kBox, .7)}).ap_medium == doctest::Approx(.5));
  // Stated areas decide, not those of the boxes; both bounds belong to either range.
  EvalObject exact = At(1, kBox);
  exact.area = 1024;
  const auto both = Boxes({exact}, {At(1, kBox)});
  CHECK(both.ap_small == doctest::Approx(1));
  CHECK(both.ap_medium == doctest::Approx(1));
}

TEST_CASE("Equal scores keep the order in which they were given") {
  const Box wrong = {200, 200, 40, 40};
  CHECK(Boxes({At(1, kBox)}, {At(1, kBox, .5), At(1, wrong, .5)}).ap == doctest::Approx(1));
  CHECK(Boxes({At(1, kBox)}, {At(1, wrong, .5), At(1, kBox, .5)}).ap == doctest::Approx(.5));
}

TEST_CASE("The second detection of one object is wrong, and the better overlap does not steal") {
  // The first by score takes the object although the second overlaps it better.
  const auto figures = Boxes({At(1, kBox)}, {At(1, {10, 10, 40, 30}, .9), At(1, kBox, .8)});
  // IoU of the first 0.75: thresholds .50-.75 (6): precision 1 at once; the other 4: precision 1/2.
  CHECK(figures.ap == doctest::Approx((6 + 4 * .5) / 10));
}

TEST_CASE("Only the hundred best detections of an image count") {
  std::vector<EvalObject> predicted;
  for (int i = 0; i < 100; ++i) predicted.push_back(At(1, {500.0 + i, 500, 40, 40}, .9));
  predicted.push_back(At(1, kBox, .1));
  CHECK(Boxes({At(1, kBox)}, predicted).ap == 0);
  predicted.erase(predicted.begin());
  CHECK(Boxes({At(1, kBox)}, predicted).ap == doctest::Approx(.01));
}

TEST_CASE("Empty images and classes without truth: false alarms count, absent classes do not") {
  // Image 2 is empty: a better scored detection there halves the precision.
  CHECK(Boxes({At(1, kBox)}, {At(2, kBox, .9), At(1, kBox, .8)}).ap == doctest::Approx(.5));
  // Class 2 has no truth: it is left out of the mean.
  const auto figures = Boxes({At(1, kBox)}, {At(1, kBox, .8), At(1, kBox, .9, 2)});
  CHECK(figures.ap == doctest::Approx(1));
  CHECK(figures.ap_of_category.at(2) == -1);
  // As one class it is a better scored hit, and the class 1 detection a duplicate.
  CHECK(Boxes({At(1, kBox)}, {At(1, kBox, .9, 2)}, true).ap == doctest::Approx(1));
  CHECK(Boxes({At(1, kBox)}, {}).ap == 0);
  CHECK(Boxes({}, {At(1, kBox)}).ap == -1);
  CHECK(Boxes({}, {}).ar100 == -1);
}

TEST_CASE("Masks are compared as masks") {
  EvalObject truth = At(1, kBox), predicted = At(1, {0, 0, 1, 1}, .9);
  truth.mask = RlePolygon({{0, 0}, {10, 0}, {10, 10}, {0, 10}}, 50, 50);
  predicted.mask = RlePolygon({{0, 0}, {10, 0}, {10, 9}, {0, 9}}, 50, 50);
  CHECK(EvaluateCoco({truth}, {predicted}).ap == doctest::Approx(.9));  // IoU 0.9: 9 thresholds
  predicted.mask = RlePolygon({{0, 0}, {10, 0}, {10, 9}}, 40, 50);
  CHECK_THROWS_AS(EvaluateCoco({truth}, {predicted}), Error);
  CHECK_THROWS_AS(Boxes({At(1, kBox)}, {At(1, kBox, std::nan(""))}), Error);
}

}  // namespace coco_eval_test
