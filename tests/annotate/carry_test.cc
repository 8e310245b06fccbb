#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "annotate/assist/carry_on.h"
#include "annotate/assist/pixel_region.h"
#include "datasets/base/error.h"
#include "datasets/shape/mask.h"

namespace {

using annotate::CarryEnd;
using annotate::OutlinedAnimal;

// An animal whose fur has a pattern that moves with it.
void Draw(cv::Mat* picture, cv::Point2d center, double angle, int fur, double scale = 1) {
  const cv::Mat mask = [&] {
    cv::Mat drawn(picture->size(), CV_8UC1, cv::Scalar(0));
    cv::ellipse(drawn, cv::RotatedRect(center, cv::Size2d(60 * scale, 30 * scale), angle), 255,
                cv::FILLED);
    return drawn;
  }();
  const double c = std::cos(angle * CV_PI / 180), s = std::sin(angle * CV_PI / 180);
  for (int y = 0; y < picture->rows; ++y) {
    for (int x = 0; x < picture->cols; ++x) {
      if (!mask.at<uchar>(y, x)) continue;
      const double u = c * (x - center.x) + s * (y - center.y);
      const double v = c * (y - center.y) - s * (x - center.x);
      picture->at<cv::Vec3b>(y, x) = cv::Vec3b::all(
          cv::saturate_cast<uchar>(fur + 25 * std::sin(u / 4) + 15 * std::cos(v / 3)));
    }
  }
}

datasets::Polygons Ellipse(cv::Point2d center, double angle, double scale = 1) {
  cv::Mat mask(240, 320, CV_8UC1, cv::Scalar(0));
  cv::ellipse(mask, cv::RotatedRect(center, cv::Size2d(60 * scale, 30 * scale), angle), 255,
              cv::FILLED);
  return datasets::TraceMask(mask);
}

cv::Mat Ground() {
  cv::Mat ground(240, 320, CV_8UC3);
  cv::RNG random(5);
  random.fill(ground, cv::RNG::UNIFORM, 196, 204);
  return ground;
}

annotate::Carried Carry(const std::function<cv::Mat(int)>& picture, int frames, int from,
                        const std::vector<OutlinedAnimal>& seeds, int direction, int most,
                        const annotate::CarryAdvice& advice = {}) {
  annotate::CarryOptions options;
  options.direction = direction;
  options.most_frames = most;
  datasets::Job job;
  return annotate::CarryOn(picture, frames, from, seeds, Ground(), options, advice, job);
}

cv::Point2d Way(int frame) { return {70.0 + 3 * frame, 90.0 + 12 * std::sin(frame / 6.0)}; }

cv::Mat Alone(int frame) {
  cv::Mat picture = Ground();
  if (frame < 200) Draw(&picture, Way(frame), 4.0 * frame, 90);
  return picture;
}

}  // namespace

TEST_CASE("An outline is carried along a turning animal, to both sides") {
  const auto on = Carry(Alone, 40, 10, {{7, Ellipse(Way(10), 40)}}, 1, 22);
  REQUIRE(on.ends.size() == 1);
  CAPTURE(on.ends[0].reason);
  CHECK(on.ends[0].frame == 33);
  CHECK_FALSE(on.ends[0].doubt);
  CHECK(on.labels.size() == 22);
  const auto back = Carry(Alone, 40, 10, {{7, Ellipse(Way(10), 40)}}, -1, 100);
  CHECK(back.labels.size() == 10);
  CHECK(back.ends[0].frame == -1);
  CHECK_FALSE(back.ends[0].doubt);
  for (const auto* carried : {&on, &back}) {
    for (const auto& [frame, labels] : carried->labels) {
      CAPTURE(frame);
      REQUIRE(labels.size() == 1);
      CHECK(labels[0].animal == 7);
      CHECK(annotate::IouOf(labels[0].outline, Ellipse(Way(frame), 4.0 * frame), {320, 240}) > 0.9);
    }
  }
}

TEST_CASE("An animal that vanishes is in doubt there, and is carried no further") {
  const auto picture = [](int frame) { return frame < 20 ? Alone(frame) : Ground(); };
  const auto carried = Carry(picture, 60, 3, {{7, Ellipse(Way(3), 12)}}, 1, 50);
  CHECK(carried.ends[0].doubt);
  CHECK(carried.ends[0].frame <= 20);
  CHECK(carried.ends[0].frame > 14);
  CHECK_FALSE(carried.ends[0].reason.empty());
  CHECK(carried.labels.rbegin()->first == carried.ends[0].frame - 1);
}

TEST_CASE("Two animals that come to overlap are both in doubt from there") {
  const auto a = [](int frame) { return cv::Point2d(60.0 + 2 * frame, 100); };
  const auto b = [](int frame) { return cv::Point2d(200.0 - 2 * frame, 106); };
  const auto picture = [&](int frame) {
    cv::Mat drawn = Ground();
    Draw(&drawn, a(frame), 0, 90);
    Draw(&drawn, b(frame), 0, 60);
    return drawn;
  };
  const auto carried = Carry(picture, 60, 0, {{1, Ellipse(a(0), 0)}, {2, Ellipse(b(0), 0)}}, 1, 55);
  for (const CarryEnd& end : carried.ends) {
    CAPTURE(end.reason);
    CHECK(end.doubt);
    CHECK(end.frame > 10);  // they touch in frame 20
    CHECK(end.frame < 26);
  }
  for (const auto& [frame, labels] : carried.labels) {
    CAPTURE(frame);
    for (const OutlinedAnimal& label : labels) {
      const auto at = label.animal == 1 ? a(frame) : b(frame);
      CHECK(annotate::IouOf(label.outline, Ellipse(at, 0), {320, 240}) > 0.75);
    }
  }
}

TEST_CASE("All animals end with the first that does, unless each is carried for itself") {
  const auto still = [](int) { return cv::Point2d(250, 200); };
  const auto picture = [&](int frame) {
    cv::Mat drawn = Ground();
    if (frame < 12) Draw(&drawn, Way(frame), 4.0 * frame, 90);
    Draw(&drawn, still(frame), 0, 60);
    return drawn;
  };
  const std::vector<OutlinedAnimal> seeds = {{1, Ellipse(Way(0), 0)}, {2, Ellipse(still(0), 0)}};
  annotate::CarryOptions options;
  options.most_frames = 30;
  datasets::Job job;
  const auto together = annotate::CarryOn(picture, 40, 0, seeds, Ground(), options, {}, job);
  CHECK(together.ends[0].doubt);
  CHECK(together.ends[0].frame == 12);
  CHECK_FALSE(together.ends[1].doubt);
  CHECK(together.ends[1].frame == 12);
  CHECK(together.ends[1].reason == "ends with the others");
  CHECK(together.labels.size() == 11);
  for (const auto& [frame, labels] : together.labels) CHECK(labels.size() == 2);
  options.together = false;
  const auto apart = annotate::CarryOn(picture, 40, 0, seeds, Ground(), options, {}, job);
  CHECK(apart.ends[1].frame == 31);
  CHECK(apart.labels.at(30).size() == 1);
}

TEST_CASE("A label of a person ends the way; an outline of a model that agrees is taken") {
  annotate::CarryAdvice advice;
  advice.has_label = [](int frame, int64_t animal) { return animal == 7 && frame == 9; };
  advice.predicted = [](int frame) {
    return std::vector<OutlinedAnimal>{{7, Ellipse(Way(frame), 4.0 * frame, 0.97)}};
  };
  const auto carried = Carry(Alone, 40, 2, {{7, Ellipse(Way(2), 8)}}, 1, 30, advice);
  CHECK(carried.ends[0].frame == 9);
  CHECK_FALSE(carried.ends[0].doubt);
  CHECK(carried.ends[0].reason == "has a label there");
  REQUIRE(carried.labels.size() == 6);
  CHECK(annotate::IouOf(carried.labels.at(8)[0].outline, Ellipse(Way(8), 32, 0.97), {320, 240}) ==
        1);
}

TEST_CASE("Where a model sees another animal, carrying ends in doubt") {
  annotate::CarryAdvice advice;
  advice.predicted = [](int frame) {
    return std::vector<OutlinedAnimal>{{frame < 6 ? 7 : 8, Ellipse(Way(frame), 4.0 * frame)}};
  };
  const auto carried = Carry(Alone, 40, 2, {{7, Ellipse(Way(2), 8)}}, 1, 30, advice);
  CHECK(carried.ends[0].doubt);
  CHECK(carried.ends[0].frame == 6);
  CHECK(carried.ends[0].reason == "is another animal to the model");
}

TEST_CASE("A cancelled carrying gives nothing") {
  datasets::Job job;
  job.Cancel();
  CHECK_THROWS_AS(annotate::CarryOn(Alone, 40, 0, {{7, Ellipse(Way(0), 0)}}, Ground(), {}, {}, job),
                  datasets::Cancelled);
}
