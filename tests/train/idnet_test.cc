#include "train/idnet/idnet.h"

#include <cmath>

#include "datasets/base/error.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torch_doctest.h"
#include "tests/train/synthetic_labels.h"
#include "train/nets/idnet.h"
#include "train/train_job.h"

namespace idnet_test {

namespace {

using namespace train;

TrainOptions Options(int steps) {
  TrainOptions options;
  options.model = kIdnet;
  options.steps = steps;
  options.threads = 1;
  options.device = "cpu";
  return options;
}

PredictorOptions OneThread() {
  PredictorOptions options;
  options.threads = 1;
  options.device = "cpu";
  return options;
}

std::vector<Detection> MasksOf(const LabeledFrame& frame) {
  std::vector<Detection> masks;
  for (const LabeledObject& object : frame.objects) {
    const cv::Mat whole = datasets::DecodeMask(object.mask);
    Detection detection;
    detection.region = cv::boundingRect(whole);
    detection.mask = whole(detection.region).clone();
    masks.push_back(std::move(detection));
  }
  return masks;
}

std::string MessageOf(const TrainingData& data, const TrainOptions& options) {
  tests::TempDir folder;
  datasets::Job job;
  try {
    Train(data, options, folder / "m.safetensors", job);
  } catch (const datasets::Error& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("an untrained window says what its frames say on average") {
  torch::manual_seed(3);
  IdWindowNet net(6, 3);
  net->eval();
  const torch::Tensor features = torch::randn({4, 7, 6}), votes = torch::randn({4, 7, 3});
  CHECK(torch::allclose(net->forward(features, votes), votes.mean(1)));
}

TEST_CASE("a window hears both directions: its first and its last frame both matter") {
  torch::manual_seed(3);
  IdWindowNet net(6, 3);
  net->eval();
  torch::NoGradGuard no_grad;
  net->head->weight.fill_(0.3f);
  const torch::Tensor votes = torch::zeros({1, 7, 3});
  const torch::Tensor features = torch::randn({1, 7, 6});
  const torch::Tensor before = net->forward(features, votes);
  for (const int frame : {0, 3, 6}) {
    torch::Tensor changed = features.clone();
    changed.select(1, frame).add_(1);
    CHECK_FALSE(torch::allclose(net->forward(changed, votes), before));
  }
}

TEST_CASE("the original's DenseNet-121 stands behind the same interface") {
  IdFrameNet net(2, 3, true);
  net->eval();
  torch::NoGradGuard no_grad;
  CHECK(net->feature_count == 1024);
  const torch::Tensor features = net->Features(torch::randn({2, 2, 48, 48}));
  CHECK(features.sizes() == torch::IntArrayRef({2, 1024}));
  CHECK(net->Logits(features).sizes() == torch::IntArrayRef({2, 3}));
}

TEST_CASE("two animals are told apart by one crop and by a window, after a moment of learning") {
  tests::TempDir folder;
  const std::string file = folder / "id.safetensors";
  tests::Scene scene = tests::DrawScene(24);
  tests::Connect(scene);
  datasets::Job job;
  const TrainResult result = Train(scene.data, Options(40), file, job);
  CHECK(result.validation["crop_accuracy"].get<double>() > 0.9);
  CHECK(result.validation["window_accuracy"].get<double>() > 0.9);
  const ModelInfo info = ReadModelInfo(file);
  CHECK(info.architecture == kIdnet);
  CHECK(info.classes == std::vector<std::string>{"bright", "dark"});

  IdentityNamer namer(file, OneThread());
  const tests::Scene later = tests::DrawScene(7, true, 100);
  std::vector<std::vector<IdentityNamer::Features>> seen;  // [frame][animal]
  for (size_t frame = 0; frame < later.pictures.size(); ++frame) {
    seen.push_back(namer.FeaturesOf(later.pictures[frame], MasksOf(later.data.frames[frame])));
    const auto names = namer.NameFrames(seen.back());
    REQUIRE(names.size() == 2);
    for (size_t animal = 0; animal < 2; ++animal) {
      CHECK(names[animal][animal] > names[animal][1 - animal]);
      CHECK(std::exp(names[animal][0]) + std::exp(names[animal][1]) ==
            doctest::Approx(1).epsilon(1e-4));
    }
  }
  for (size_t animal = 0; animal < 2; ++animal) {
    IdentityNamer::Window window;
    for (const auto& frame : seen) window.push_back(&frame[animal]);
    IdentityNamer::Window sparse(window.size(), nullptr);
    sparse[5] = window[5];
    const auto names = namer.NameWindows({window, sparse});
    REQUIRE(names.size() == 2);
    CHECK(names[0][animal] > names[0][1 - animal]);
    CHECK(names[1][animal] > names[1][1 - animal]);
  }
  CHECK_THROWS_AS(namer.NameWindows({IdentityNamer::Window(7, nullptr)}), datasets::Error);
  CHECK(namer.NameWindows({}).empty());
  CHECK(namer.FeaturesOf(later.pictures[0], {}).empty());

  // It is no network that finds animals, and says so.
  try {
    LoadPredictor(file, OneThread());
    FAIL("it was loaded");
  } catch (const datasets::Error& error) {
    CHECK(std::string(error.what()).find("--identity") != std::string::npos);
  }
}

TEST_CASE("training to name animals refuses what it cannot learn from") {
  tests::Scene scene = tests::DrawScene(6);
  tests::Connect(scene);
  TrainingData one = scene.data;
  one.classes = {"bright"};
  for (LabeledFrame& frame : one.frames) frame.objects.resize(1);
  CHECK(MessageOf(one, Options(2)).find("only one name") != std::string::npos);
  TrainingData none = scene.data;
  none.frames.clear();
  CHECK_FALSE(MessageOf(none, Options(2)).empty());
  TrainOptions resumed = Options(2);
  resumed.resume = true;
  CHECK(MessageOf(scene.data, resumed).find("--resume") != std::string::npos);
}

TEST_CASE("a cancelled training of names leaves a model that can be used, and can go on") {
  tests::TempDir folder;
  const std::string file = folder / "id.safetensors";
  tests::Scene scene = tests::DrawScene(14);
  tests::Connect(scene);
  datasets::Job job;
  const auto cancel = [&](const TrainProgress& progress) {
    if (progress.step >= 3) job.Cancel();
  };
  CHECK_THROWS_AS(Train(scene.data, Options(6), file, job, cancel), datasets::Cancelled);
  IdentityNamer namer(file, OneThread());
  CHECK(namer.FeaturesOf(scene.pictures[0], MasksOf(scene.data.frames[0])).size() == 2);
  TrainOptions options = Options(6);
  options.resume = true;
  datasets::Job again;
  CHECK(Train(scene.data, options, file, again).steps == 12);
}

}  // namespace

}  // namespace idnet_test
