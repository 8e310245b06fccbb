#include "train/learn/training_samples.h"

#include <opencv2/imgproc.hpp>
#include <set>

#include "tests/support/temp_dir.h"
#include "tests/support/torch_doctest.h"
#include "tests/train/synthetic_labels.h"
#include "train/train_job.h"
#include "train/weights/safetensors.h"

namespace training_samples_test {

namespace {

using namespace train;

TrainOptions Short(int steps) {
  TrainOptions options;
  options.steps = steps;
  options.threads = 1;
  options.device = "cpu";
  return options;
}

std::map<std::string, std::vector<uint8_t>> Weights(const std::string& file) {
  std::map<std::string, std::vector<uint8_t>> result;
  for (auto& [name, tensor] : ReadSafetensors(file).tensors) result[name] = tensor.bytes;
  return result;
}

}  // namespace

TEST_CASE("whoever watches a training sees held-back frames, and it learns just the same") {
  tests::TempDir folder;
  tests::Scene scene = tests::DrawScene(14);
  tests::Connect(scene);
  datasets::Job unseen, watched;
  Train(scene.data, Short(6), folder / "unseen", unseen);
  std::vector<TrainSample> samples;
  const Split split = SplitByTime(scene.data.frames, 2, TrainOptions().validation_share);
  const std::set<int> held(split.held.begin(), split.held.end());
  REQUIRE(!held.empty());
  Train(scene.data, Short(6), folder / "watched", watched, {},
        [&](const TrainSample& sample) { samples.push_back(sample); });
  CHECK(Weights(folder / "unseen") == Weights(folder / "watched"));

  // Each of the two networks shows what it can at its end; a slow machine shows more between.
  REQUIRE(samples.size() >= 2);
  CHECK(std::any_of(samples.begin(), samples.end(),
                    [](const TrainSample& sample) { return sample.step == 6; }));
  CHECK(samples.back().step == 12);
  for (const TrainSample& sample : samples) {
    CHECK(sample.held_back);
    CHECK(held.count(sample.frame) == 1);
    CHECK(sample.image == cv::Size(160, 128));
    CHECK(sample.picture.type() == CV_8UC3);
    CHECK(std::abs(sample.picture.cols * 128 - sample.picture.rows * 160) <= 160);
    REQUIRE(sample.labeled.size() == 2);
    CHECK(sample.labeled[0].name == "bright");
    CHECK(sample.labeled[1].name == "dark");
    CHECK(sample.mean_iou >= 0);
    CHECK(sample.mean_iou <= 1);
    for (const auto& outline : sample.predicted) {
      CHECK((outline.name == "bright" || outline.name == "dark"));
      CHECK(!outline.rings.empty());
    }
  }
}

TEST_CASE("a sample holds the outlines of what was found and of the labels, and a small picture") {
  tests::Scene scene = tests::DrawScene(1);
  LabeledFrame& labels = scene.data.frames[0];
  Detection first;  // exactly the first label
  const datasets::Box box = datasets::RleBox(labels.objects[0].mask);
  first.region = cv::Rect(static_cast<int>(box.x), static_cast<int>(box.y),
                          static_cast<int>(box.width), static_cast<int>(box.height));
  first.mask = datasets::DecodeMask(labels.objects[0].mask, first.region);
  first.score = 0.75f;
  first.pixel_log_prob = {-3.f, -0.05f};
  Detection boxed;  // a box alone, far from both
  boxed.region = {0, 0, 8, 4};
  boxed.pixel_log_prob = {-0.1f, -2.f};
  cv::Mat large;
  cv::resize(scene.pictures[0], large, {}, 6, 6);

  TrainSample sample = MakeSample(scene.data, 0, large, {160, 128}, {first, boxed});
  CHECK(sample.picture.size() == cv::Size(480, 384));
  REQUIRE(sample.predicted.size() == 2);
  CHECK(sample.predicted[0].name == "dark");  // as its pixels say
  CHECK(sample.predicted[0].score == doctest::Approx(0.75));
  const datasets::Rle traced = datasets::RlePolygons(sample.predicted[0].rings, 128, 160);
  CHECK(datasets::RleIou(traced, labels.objects[0].mask) > 0.95);
  CHECK(sample.predicted[1].rings == datasets::Polygons{{{0, 0}, {8, 0}, {8, 4}, {0, 4}}});
  CHECK(sample.mean_iou == doctest::Approx(0.5));  // one exactly, one missed

  sample = MakeSample(scene.data, 0, large, {160, 128}, {first, boxed}, {0, 1});
  CHECK(sample.predicted[0].name == "bright");  // as the network for names says
  labels.objects[1].ignore = true;
  CHECK(MakeSample(scene.data, 0, large, {160, 128}, {first}).labeled.size() == 1);
  labels.objects.clear();
  sample = MakeSample(scene.data, 0, scene.pictures[0], {160, 128}, {});
  CHECK(sample.mean_iou == -1);
  CHECK(sample.picture.size() == cv::Size(160, 128));
}

TEST_CASE("samples are shown with validations and every 15 s, but for at most 2 % of the time") {
  tests::Scene scene = tests::DrawScene(5);
  scene.data.frames[2].objects.push_back(scene.data.frames[2].objects[0]);  // the most animals
  Split split;
  split.learn = {0, 1};
  split.held = {2, 3, 4};
  SampleTurns turns(scene.data, split);
  CHECK(turns.held_back());
  CHECK_FALSE(turns.Due(3, false, false));
  CHECK(turns.Due(3, true, false));
  CHECK(turns.Due(3, false, true));
  CHECK(turns.Due(4, false, false));
  turns.Shown(4, 0.1, false);
  CHECK(turns.Due(5, true, false));  // the first validation, whatever it costs
  CHECK_FALSE(turns.Due(18, false, false));
  CHECK(turns.Due(19, false, false));
  turns.Shown(19, 1, true);
  CHECK_FALSE(turns.Due(60, true, false));
  CHECK_FALSE(turns.Due(60, false, false));
  CHECK(turns.Due(69, true, false));
  CHECK(turns.Due(69, false, false));
  CHECK(turns.Next() == std::vector<int>{2, 3});
  CHECK(turns.Next() == std::vector<int>{2, 4});
  CHECK(turns.Next() == std::vector<int>{2, 3});

  split.held.clear();
  split.learn = {1};
  SampleTurns learned(scene.data, split);
  CHECK_FALSE(learned.held_back());
  CHECK(learned.Next() == std::vector<int>{1});
  CHECK(learned.Due(4, false, false));
}

}  // namespace training_samples_test
