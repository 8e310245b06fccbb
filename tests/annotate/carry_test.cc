#include <doctest/doctest.h>

#include <opencv2/imgproc.hpp>

#include "annotate/assist/carry_on.h"
#include "annotate/assist/outline_fit.h"
#include "annotate/assist/pixel_region.h"
#include "datasets/base/error.h"
#include "datasets/shape/mask.h"
#include "tests/annotate/carry_stage.h"

namespace carry_test {

namespace {

using annotate::CarryEnd;
using annotate::OutlinedAnimal;
using tests::Alone, tests::Draw, tests::Ellipse, tests::Ground, tests::Way;

annotate::Carried Carry(const std::function<cv::Mat(int)>& picture, int frames, int from,
                        const std::vector<OutlinedAnimal>& seeds, int direction, int most,
                        const annotate::AdviseOn& advise = {},
                        const std::vector<OutlinedAnimal>& company = {}) {
  annotate::CarryOptions options;
  options.direction = direction;
  options.most_frames = most;
  datasets::Job job;
  return annotate::CarryOn(picture, frames, from, seeds, company, Ground(), options, advise, job);
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
      const auto& shown = frame;
      CAPTURE(shown);
      REQUIRE(labels.size() == 1);
      CHECK(labels[0].animal == 7);
      CHECK(annotate::IouOf(labels[0].outline, Ellipse(Way(frame), 4.0 * frame), {320, 240}) > 0.9);
    }
  }
}

namespace {

// Where (u, v), along and across the body, is in the frame.
datasets::KeyPoint On(int frame, double u, double v, int64_t id, int visibility = 2) {
  const double angle = 4.0 * frame * CV_PI / 180, c = std::cos(angle), s = std::sin(angle);
  const cv::Point2d at = Way(frame) + cv::Point2d(c * u - s * v, s * u + c * v);
  return {"p" + std::to_string(id), at.x + 0.5, at.y + 0.5, visibility, id};
}

const datasets::KeyPoint* PointIn(const OutlinedAnimal& animal, int64_t id) {
  for (const auto& point : animal.points) {
    if (point.point_id == id) return &point;
  }
  return nullptr;
}

// Pixels, of an animal that is 60 long.
double Off(const OutlinedAnimal& animal, const datasets::KeyPoint& where) {
  const datasets::KeyPoint* point = PointIn(animal, where.point_id);
  return point ? std::hypot(point->x - where.x, point->y - where.y) : 1e9;
}

}  // namespace

TEST_CASE("Key points go along with a turning animal, hidden ones too, to both sides") {
  const std::vector<OutlinedAnimal> seed = {
      {7, Ellipse(Way(10), 40), {On(10, 22, 0, 1), On(10, -20, 3, 2), On(10, 0, -9, 3, 1)}}};
  for (const int direction : {1, -1}) {
    const auto carried = Carry(Alone, 40, 10, seed, direction, 22);
    CHECK(carried.labels.size() == (direction > 0 ? 22 : 10));
    for (const auto& [frame, labels] : carried.labels) {
      CAPTURE(frame);
      REQUIRE(labels.size() == 1);
      CHECK(labels[0].points.size() == 3);
      CHECK(Off(labels[0], On(frame, 22, 0, 1)) < 2.5);
      CHECK(Off(labels[0], On(frame, -20, 3, 2)) < 2.5);
      CHECK(Off(labels[0], On(frame, 0, -9, 3)) < 3);  // as the others go
      CHECK(PointIn(labels[0], 3)->visibility == 1);
      CHECK(PointIn(labels[0], 1)->name == "p1");
    }
  }
}

TEST_CASE("A key point that something covers is absent from there on, and the others stay") {
  const auto picture = [](int frame) {
    cv::Mat drawn = Alone(frame);
    if (frame < 16) return drawn;
    const datasets::KeyPoint at = On(frame, 20, 0, 1);
    cv::Mat spots(drawn.size(), CV_8UC3);
    cv::RNG random(static_cast<uint64_t>(frame));
    random.fill(spots, cv::RNG::UNIFORM, 60, 200);
    cv::GaussianBlur(spots, spots, {5, 5}, 0);
    cv::Mat disc(drawn.size(), CV_8UC1, cv::Scalar(0));
    cv::circle(disc, cv::Point(cvRound(at.x), cvRound(at.y)), 8, 255, cv::FILLED);
    spots.copyTo(drawn, disc);
    return drawn;
  };
  const auto carried = Carry(
      picture, 40, 10, {{7, Ellipse(Way(10), 40), {On(10, 20, 0, 1), On(10, -20, 3, 2)}}}, 1, 15);
  REQUIRE(carried.labels.size() >= 10);
  for (const auto& [frame, labels] : carried.labels) {
    CAPTURE(frame);
    CHECK(Off(labels[0], On(frame, -20, 3, 2)) < 2.5);
    const bool is_there = PointIn(labels[0], 1) != nullptr;
    if (frame <= 12) CHECK(is_there);
    if (frame >= 16) CHECK_FALSE(is_there);
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
    const auto& shown = frame;
    CAPTURE(shown);
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
  const auto together = annotate::CarryOn(picture, 40, 0, seeds, {}, Ground(), options, {}, job);
  CHECK(together.ends[0].doubt);
  CHECK(together.ends[0].frame == 12);
  CHECK_FALSE(together.ends[1].doubt);
  CHECK(together.ends[1].frame == 12);
  CHECK(together.ends[1].reason == "ends with the others");
  CHECK(together.labels.size() == 11);
  for (const auto& [frame, labels] : together.labels) CHECK(labels.size() == 2);
  options.together = false;
  const auto apart = annotate::CarryOn(picture, 40, 0, seeds, {}, Ground(), options, {}, job);
  CHECK(apart.ends[1].frame == 31);
  CHECK(apart.labels.at(30).size() == 1);
}

TEST_CASE("A label of a person ends the way, and a model's outline that agrees is taken as such") {
  const auto advise = [](int frame) {
    annotate::CarryAdvice advice;
    if (frame == 9) advice.labeled = {{7, {}}};
    advice.predicted = {{7, Ellipse(Way(frame), 4.0 * frame, 0.97)}};
    return advice;
  };
  const auto carried = Carry(Alone, 40, 2, {{7, Ellipse(Way(2), 8)}}, 1, 30, advise);
  CHECK(carried.ends[0].frame == 9);
  CHECK_FALSE(carried.ends[0].doubt);
  CHECK(carried.ends[0].reason == "has a label there");
  REQUIRE(carried.labels.size() == 6);
  for (const auto& [frame, labels] : carried.labels) {
    CHECK(labels[0].of_model);
    CHECK(annotate::IouOf(labels[0].outline, Ellipse(Way(frame), 4.0 * frame, 0.97), {320, 240}) ==
          1);
  }
}

TEST_CASE("A frame that is closed ends the way for all, with its reason") {
  const auto advise = [](int frame) {
    annotate::CarryAdvice advice;
    if (frame == 9) advice.closed = "is marked as empty";
    return advice;
  };
  const auto carried = Carry(Alone, 40, 2, {{7, Ellipse(Way(2), 8)}}, 1, 30, advise);
  CHECK(carried.ends[0].frame == 9);
  CHECK(carried.ends[0].reason == "is marked as empty");
}

TEST_CASE("Where a model sees another of the animals, carrying ends in doubt") {
  const auto seen_as = [](int64_t animal) {
    return [animal](int frame) {
      annotate::CarryAdvice advice;
      advice.predicted = {{frame < 6 ? 7 : animal, Ellipse(Way(frame), 4.0 * frame)}};
      return advice;
    };
  };
  const std::vector<OutlinedAnimal> other = {{8, Ellipse({40, 210}, 0, 0.5)}};
  const auto carried = Carry(Alone, 40, 2, {{7, Ellipse(Way(2), 8)}}, 1, 10, seen_as(8), other);
  CHECK(carried.ends[0].doubt);
  CHECK(carried.ends[0].frame == 6);
  CHECK(carried.ends[0].reason == "is another animal to the model");
  // A model of one class has a name of its own for all of them.
  const auto any = Carry(Alone, 40, 2, {{7, Ellipse(Way(2), 8)}}, 1, 10, seen_as(99), other);
  CHECK(any.labels.size() == 10);
}

TEST_CASE("An animal that is carried alone stops where it meets one that is not carried") {
  const auto a = [](int frame) { return cv::Point2d(60.0 + 2 * frame, 100); };
  const auto b = [](int frame) { return cv::Point2d(200.0 - 2 * frame, 106); };
  const auto picture = [&](int frame) {
    cv::Mat drawn = Ground();
    Draw(&drawn, a(frame), 0, 90);
    Draw(&drawn, b(frame), 0, 85);
    return drawn;
  };
  const std::vector<OutlinedAnimal> seed = {{1, Ellipse(a(0), 0)}};
  const auto followed = Carry(picture, 60, 0, seed, 1, 55, {}, {{2, Ellipse(b(0), 0)}});
  REQUIRE(followed.ends.size() == 1);
  CHECK(followed.ends[0].doubt);
  CHECK(followed.ends[0].frame > 10);
  CHECK(followed.ends[0].frame < 25);  // they touch in frame 20
  for (const auto& [frame, labels] : followed.labels) CHECK(labels.size() == 1);
  // The same where a person has labeled the other one, of which the first frame knows nothing.
  const auto advise = [&](int frame) {
    annotate::CarryAdvice advice;
    advice.labeled = {{2, Ellipse(b(frame), 0)}};
    return advice;
  };
  const auto labeled = Carry(picture, 60, 0, seed, 1, 55, advise);
  CHECK(labeled.ends[0].reason == "touches another animal");
  CHECK(labeled.ends[0].frame < 25);
  CHECK(labeled.ends[0].frame > 15);
}

TEST_CASE("An animal that a bar cuts in two keeps both parts") {
  const auto picture = [](int frame) {
    cv::Mat drawn = Alone(frame);
    cv::line(drawn, {0, 95}, {320, 95}, cv::Scalar::all(200), 5);
    return drawn;
  };
  const auto cut = [](int frame) {
    cv::Mat mask(240, 320, CV_8UC1, cv::Scalar(0));
    cv::ellipse(mask, cv::RotatedRect(Way(frame), cv::Size2d(60, 30), 4.0 * frame), 255,
                cv::FILLED);
    cv::line(mask, {0, 95}, {320, 95}, 0, 5);
    return datasets::TraceMask(mask);
  };
  REQUIRE(cut(2).size() == 2);
  const auto carried = Carry(picture, 40, 2, {{7, cut(2)}}, 1, 6);
  CHECK(carried.labels.size() >= 3);
  for (const auto& [frame, labels] : carried.labels) {
    CAPTURE(frame);
    CHECK(annotate::IouOf(labels[0].outline, cut(frame), {320, 240}) > 0.85);
  }
}

TEST_CASE("What gives an outline back is learned as well from a large animal, and quickly") {
  for (const int zoom : {1, 8}) {
    CAPTURE(zoom);
    cv::Mat picture, ground;
    cv::resize(Alone(10), picture, {}, zoom, zoom, cv::INTER_LINEAR);
    cv::resize(Ground(), ground, {}, zoom, zoom, cv::INTER_LINEAR);
    datasets::Polygons outline = Ellipse(Way(10), 40);
    for (auto& point : outline[0]) point *= zoom;
    const annotate::OutlineFit fit = annotate::LearnOutlineFit(picture, ground, outline, {});
    CHECK(fit.overlap > 0.93);
    const auto again = annotate::FitOutline(fit, picture, ground, outline, {});
    CHECK(annotate::IouOf(again, outline, picture.size()) > 0.93);
  }
  const datasets::Polygons far = {{{-60000, -60000}, {60000, -60000}, {60000, 60000}}};
  CHECK(annotate::LearnOutlineFit(Alone(10), Ground(), far, {}).overlap < 0.6);
}

TEST_CASE("A cancelled carrying gives nothing") {
  datasets::Job job;
  job.Cancel();
  CHECK_THROWS_AS(
      annotate::CarryOn(Alone, 40, 0, {{7, Ellipse(Way(0), 0)}}, {}, Ground(), {}, {}, job),
      datasets::Cancelled);
}

}  // namespace carry_test
