#include "app/model/session/training_watch.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

namespace training_watch_test {

namespace {

using app::TrainingWatch;

train::TrainProgress Step(int step, double loss, nlohmann::json judged = {}) {
  train::TrainProgress progress;
  progress.step = step;
  progress.steps = 100000;
  progress.loss = loss;
  progress.judged = std::move(judged);
  return progress;
}

TrainingWatch::View Now(const TrainingWatch& watch) {
  int64_t seen = 0;
  return *watch.Look(seen);
}

}  // namespace

TEST_CASE("the panel of a training is told only what is new") {
  TrainingWatch watch;
  int64_t seen = 0;
  REQUIRE(watch.Look(seen));
  CHECK_FALSE(watch.Look(seen));
  CHECK(watch.Begin());
  CHECK_FALSE(watch.Begin());  // one at a time
  REQUIRE(watch.Look(seen));
  watch.Hear(Step(1, 3));
  const auto news = watch.Look(seen);
  REQUIRE(news);
  CHECK(news->running);
  CHECK(news->step == 1);
  CHECK(news->loss.points == std::vector<float>{3});
  CHECK_FALSE(watch.Look(seen));
}

TEST_CASE("each validation is one point of its curve, and figures keep their meaning") {
  TrainingWatch watch;
  watch.Begin();
  watch.Hear(Step(1, 3));
  watch.Hear(Step(2, 2, {{"frames", 12}, {"mean_iou", 0.5}}));
  watch.Hear(Step(3, 1.5));
  watch.Hear(Step(4, 1, {{"frames", 12}, {"mean_iou", 0.75}}));
  watch.Hear(Step(5, 1, {{"crops", 24}, {"crop_accuracy", 0.9}}));
  const TrainingWatch::View now = Now(watch);
  REQUIRE(now.judged.size() == 2);
  CHECK(now.judged[0].points == std::vector<float>{0.5f, 0.75f});
  CHECK(now.judged[1].points == std::vector<float>{0.9f});
  CHECK(now.judged[0].name != now.judged[1].name);
  CHECK(now.figures == "step 5: crop_accuracy 0.9, crops 24");
}

TEST_CASE("a long training leaves a short curve that still shows all of it") {
  TrainingWatch watch;
  watch.Begin();
  for (int step = 0; step < 100000; ++step) watch.Hear(Step(step, 100000 - step));
  watch.Hear(Step(100000, NAN));  // drawn nowhere
  const std::vector<float> points = Now(watch).loss.points;
  CHECK(points.size() <= TrainingWatch::kMostPoints);
  CHECK(points.size() >= TrainingWatch::kMostPoints / 4);
  CHECK(points.front() > 99000);
  CHECK(points.back() < 1000);
  CHECK(std::is_sorted(points.rbegin(), points.rend()));
}

TEST_CASE("the newest samples stay, the newest first, and a new training starts with none") {
  TrainingWatch watch;
  watch.Begin();
  for (int step = 1; step <= 20; ++step) {
    infer::ShownSample shown;
    shown.sample.step = step;
    watch.Show(shown);
  }
  TrainingWatch::View now = Now(watch);
  REQUIRE(now.samples.size() == TrainingWatch::kSamplesKept);
  CHECK(now.samples.front()->sample.step == 20);
  CHECK(now.samples.back()->sample.step == 9);
  watch.End("Done");
  CHECK_FALSE(watch.running());
  CHECK(Now(watch).outcome == "Done");
  CHECK(Now(watch).samples.size() == TrainingWatch::kSamplesKept);  // to be looked at afterwards
  CHECK(watch.Begin());
  CHECK(Now(watch).samples.empty());
  CHECK(Now(watch).loss.points.empty());
  CHECK(Now(watch).outcome.empty());
}

}  // namespace training_watch_test
