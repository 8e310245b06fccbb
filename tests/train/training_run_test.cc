// What every training does alike, whatever it learns.
#include "datasets/base/error.h"
#include "tests/support/small_files.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torch_doctest.h"
#include "tests/train/synthetic_labels.h"
#include "train/base/predictor.h"
#include "train/learn/room.h"
#include "train/train_job.h"

namespace training_run_test {

namespace {

using namespace train;
namespace fs = std::filesystem;

TrainOptions Short(const std::string& model, int steps) {
  TrainOptions options;
  options.model = model;
  options.steps = steps;
  options.threads = 1;
  options.device = "cpu";
  return options;
}

tests::Scene& Labels() {
  static tests::Scene scene = [] {
    tests::Scene drawn = tests::DrawScene(12);
    return drawn;
  }();
  tests::Connect(scene);
  return scene;
}

TEST_CASE("each network that learns from outlines tells the same about its training") {
  for (const char* model : {"idseg", "idnet", "yolov3-tiny"}) {
    CAPTURE(model);
    tests::TempDir folder;
    TrainOptions options = Short(model, 3);
    options.batch = 4;
    options.size = std::string(model) == "yolov3-tiny" ? 64 : 0;
    std::vector<TrainProgress> steps;
    std::vector<std::string> lines;
    datasets::Job job([&](const datasets::Job::Progress& now) { lines.push_back(now.text); });
    const TrainResult result =
        Train(Labels().data, options, folder / "m", job,
              [&](const TrainProgress& progress) { steps.push_back(progress); });
    REQUIRE(steps.size() == static_cast<size_t>(result.steps));
    for (const TrainProgress& step : steps) {
      CHECK(step.step_loss > 0);
      CHECK(step.warning.empty());
      CHECK(step.steps == result.steps);
    }
    CHECK(std::any_of(lines.begin(), lines.end(), [](const std::string& line) {
      return line.find(" left") != std::string::npos;
    }));
    const nlohmann::json record = ReadModelInfo(folder / "m").record;
    for (const char* key : {"date", "options", "steps", "seconds", "best_step", "loss",
                            "skipped_steps", "validation", "labels"}) {
      CAPTURE(key);
      CHECK(record.contains(key));
    }
    CHECK(record["steps"] == result.steps);
    REQUIRE(record["labels"]["learned_frames"].size() == 1);
    CHECK_FALSE(record["labels"]["learned_frames"][0].empty());
    CHECK(MayResume(folder / "m.last", model));
    CHECK_FALSE(MayResume(folder / "m.last", "maskrcnn"));
    CHECK_FALSE(MayResume(folder / "m", model));
  }
}

TEST_CASE("batch and rate count for networks that name animals too") {
  const auto learned = [](int batch, double rate) {
    tests::TempDir folder;
    TrainOptions options = Short("idnet", 2);
    options.batch = batch, options.rate = rate;
    datasets::Job job;
    double loss = 0;
    Train(Labels().data, options, folder / "m", job, [&](const TrainProgress& progress) {
      if (progress.step == 2) loss = progress.step_loss;
    });
    return loss;
  };
  const double plain = learned(0, 0);
  CHECK(learned(0, 0) == plain);
  CHECK(learned(32, 0) == plain);  // the default by its number
  CHECK(learned(8, 0) != plain);
  CHECK(learned(0, 1e-4) != plain);
}

TEST_CASE("a training that could not be written at the end is refused before its first step") {
  tests::TempDir folder;
  const tests::SmallFiles small(100000);
  int steps = 0;
  std::string text;
  datasets::Job job;
  try {
    Train(Labels().data, Short("idseg", 3), folder / "m", job,
          [&](const TrainProgress&) { ++steps; });
  } catch (const datasets::Error& error) {
    text = error.what();
  }
  CHECK(text.find("could not be written at the end") != std::string::npos);
  CHECK(text.find("--out") != std::string::npos);
  CHECK(steps == 0);
  CHECK(fs::is_empty(folder.path()));
}

TEST_CASE("a checkpoint that cannot be written is a warning, and the model is there") {
  tests::TempDir folder;
  fs::create_directories(folder / "m.last/in the way");
  std::string warning;
  datasets::Job job;
  const TrainResult result =
      Train(Labels().data, Short("idseg", 30), folder / "m", job,
            [&](const TrainProgress& progress) { warning = progress.warning; });
  CHECK(result.steps == 60);
  CHECK(warning.find("no checkpoint") == 0);
  CHECK(ReadModelInfo(folder / "m").classes.size() == 2);
}

TEST_CASE("a cancelled training keeps its model although no checkpoint can be written") {
  tests::TempDir folder;
  fs::create_directories(folder / "m.last/in the way");
  datasets::Job job;
  CHECK_THROWS_AS(Train(Labels().data, Short("idseg", 30), folder / "m", job,
                        [&](const TrainProgress& progress) {
                          if (progress.step == 3) job.Cancel();
                        }),
                  datasets::Cancelled);
  CHECK(ReadModelInfo(folder / "m").classes.size() == 2);
}

TEST_CASE("a name that no file can hold is found before the first step") {
  tests::TempDir folder;
  TrainingData data = Labels().data;
  data.classes[0] = "m\xE4nnchen";  // Latin-1
  int steps = 0;
  datasets::Job job;
  CHECK_THROWS_AS(
      Train(data, Short("idseg", 3), folder / "m", job, [&](const TrainProgress&) { ++steps; }),
      datasets::Error);
  CHECK(steps == 0);
}

TEST_CASE("room on a disk is asked for and given back") {
  tests::TempDir folder;
  CHECK(WhyNoRoom(folder / "m", 1000).empty());
  CHECK_FALSE(WhyNoRoom(folder / "no/such/m", 1000).empty());
  {
    const tests::SmallFiles small(500);
    CHECK_FALSE(WhyNoRoom(folder / "m", 1000).empty());
  }
  CHECK(fs::is_empty(folder.path()));
  CHECK(MegabyteWords(1) == "1 MB");
  CHECK(MegabyteWords(14000000) == "14 MB");
}

}  // namespace

}  // namespace training_run_test
