// Training and prediction on another device than the processor: tests/support/pretend_device.h.
#include "train/base/device.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <thread>

#include "datasets/base/job.h"
#include "tests/support/pretend_device.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torch_doctest.h"
#include "tests/train/synthetic_labels.h"
#include "train/base/predictor.h"
#include "train/base/training_news.h"
#include "train/base/training_options.h"
#include "train/idnet/idnet.h"
#include "train/train_job.h"

namespace device_test {

namespace {

using namespace train;

constexpr int kSteps = 3;

// The losses of `steps` steps, and what the model finds in a picture.
struct Course {
  std::vector<double> losses;
  std::vector<Detection> found;
};

Course Learn(const std::string& model, const std::string& device) {
  tests::TempDir folder;
  tests::Scene scene = tests::DrawScene(4);
  tests::Connect(scene);
  TrainOptions options;
  options.model = model;
  options.size = model == "idseg" ? 0 : model == "yolact" ? 96 : 160;
  if (model == "maskrcnn" || model == "yolact") options.depth = 18;
  if (model != "idseg") options.width = 0.25;
  options.batch = 2;
  options.rate = 1e-5;  // so low that rounding is not magnified
  options.steps = kSteps;
  options.threads = 1;
  options.device = device;
  Course course;
  datasets::Job job;
  Train(scene.data, options, folder / "m", job,
        [&](const TrainProgress& progress) { course.losses.push_back(progress.step_loss); });
  PredictorOptions how;
  how.threads = 1;
  how.device = device;
  how.allow_bf16 = false;
  course.found = LoadPredictor(folder / "m", how)
                     ->Predict({scene.pictures[0]}, scene.pictures[1])[0]
                     .detections;
  return course;
}

}  // namespace

TEST_CASE("what is trained and predicted on another device is what the processor gives") {
  tests::PretendDevice();
  for (const std::string model : {"idseg", "maskrcnn", "yolact", "yolov3-tiny"}) {
    CAPTURE(model);
    const Course here = Learn(model, "cpu");
    const int64_t before = tests::PretendOperators();
    const Course there = Learn(model, "pretend");
    CHECK(tests::PretendOperators() - before > 1000);
    REQUIRE(there.losses.size() == here.losses.size());
    for (size_t i = 0; i < here.losses.size(); ++i) {
      CAPTURE(i);
      // The processor normalizes each half of idseg's batches of crops by itself:
      // train/learn/halves.h.
      const bool halves = model == "idseg" && i >= kSteps;
      CHECK(there.losses[i] == doctest::Approx(here.losses[i]).epsilon(halves ? 0.1 : 1e-3));
    }
    // Of many nearly equal scores one may lie on the other side of a threshold, by rounding.
    const auto in_both =
        std::count_if(there.found.begin(), there.found.end(), [&](const Detection& one) {
          return std::any_of(here.found.begin(), here.found.end(), [&](const Detection& other) {
            return std::abs(one.score - other.score) < 1e-2F &&
                   (one.region & other.region).area() * 10 >=
                       (one.region | other.region).area() * 9;
          });
        });
    const size_t most = std::max(there.found.size(), here.found.size());
    CAPTURE(there.found.size());
    CAPTURE(here.found.size());
    CHECK(static_cast<size_t>(in_both) * 20 >= most * 19);
  }
}

TEST_CASE("identities learned on another device are those of the processor") {
  tests::PretendDevice();
  tests::Scene scene = tests::DrawScene(24);
  tests::Connect(scene);
  std::vector<std::vector<IdentityNamer::Features>> answers;
  for (const std::string device : {"cpu", "pretend"}) {
    tests::TempDir folder;
    TrainOptions options;
    options.model = kIdnet;
    options.steps = kSteps;
    options.rate = 1e-5;
    options.threads = 1;
    options.device = device;
    datasets::Job job;
    Train(scene.data, options, folder / "m", job);
    PredictorOptions how;
    how.threads = 1;
    how.device = device;
    Detection animal;
    animal.region = {20, 20, 40, 30};
    animal.mask = cv::Mat(30, 40, CV_8UC1, cv::Scalar(255));
    answers.push_back(IdentityNamer(folder / "m", how).FeaturesOf(scene.pictures[0], {animal}));
  }
  REQUIRE(answers[0].size() == 1);
  for (size_t k = 0; k < answers[0][0].size(); ++k) {
    CHECK(answers[1][0][k] == doctest::Approx(answers[0][0][k]).epsilon(1e-2));
  }
}

TEST_CASE(
    "As many threads as OMP_NUM_THREADS allows where no number is asked for, else that number") {
  const int before = at::get_num_threads();
  const char* set = std::getenv("OMP_NUM_THREADS");
  const std::string was = set ? set : "";
  setenv("OMP_NUM_THREADS", "1", 1);
  UseThreads(0);
  CHECK(at::get_num_threads() == 1);
  UseThreads(2);
  CHECK(at::get_num_threads() == 2);
  setenv("OMP_NUM_THREADS", "many", 1);
  UseThreads(0);
  CHECK(at::get_num_threads() == static_cast<int>(std::thread::hardware_concurrency()));
  set ? setenv("OMP_NUM_THREADS", was.c_str(), 1) : unsetenv("OMP_NUM_THREADS");
  UseThreads(before);
}

}  // namespace device_test
