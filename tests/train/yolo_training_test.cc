#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>

#include "datasets/base/error.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torch_doctest.h"
#include "tests/train/synthetic_labels.h"
#include "train/base/predictor.h"
#include "train/detect/yolo_detector.h"
#include "train/learn/evaluate.h"
#include "train/nets/resnet.h"
#include "train/train_job.h"
#include "train/weights/safetensors.h"

namespace yolo_training_test {

namespace {

using namespace train;

TrainOptions Reduced(const std::string& model, int steps) {
  TrainOptions options;
  options.model = model;
  options.size = model == "yolact" ? 96 : 160;
  options.width = 0.5;
  if (model == "yolact") options.depth = 18;
  options.batch = 4;
  options.rate = 1e-3;
  options.steps = steps;
  options.threads = 1;
  options.device = "cpu";
  options.validation_share = 0;
  return options;
}

struct Learned {
  tests::TempDir folder;
  tests::Scene scene = tests::DrawScene(4);
  std::string file = folder / "m.safetensors";
  TrainResult result;
  Learned(const std::string& model, int steps) {
    tests::Connect(scene);
    datasets::Job job;
    result = Train(scene.data, Reduced(model, steps), file, job);
  }
};

const Learned& Tiny() {
  static const Learned learned("yolov3-tiny", 100);
  return learned;
}

PredictorOptions Plain() {
  PredictorOptions options;
  options.threads = 1;
  options.device = "cpu";
  return options;
}

// The one line of a training that cannot be; nothing may be written.
std::string MessageOf(const TrainOptions& options) {
  tests::TempDir folder;
  tests::Scene scene = tests::DrawScene(2);
  tests::Connect(scene);
  datasets::Job job;
  std::string message;
  try {
    Train(scene.data, options, folder / "m.safetensors", job);
  } catch (const datasets::Error& error) {
    message = error.what();
  }
  CHECK(std::filesystem::is_empty(folder.path()));
  CHECK(message.find('\n') == std::string::npos);
  return message;
}

}  // namespace

TEST_CASE("tiny YOLO trained by name finds both animals as boxes and knows who is who") {
  const Learned& learned = Tiny();
  const auto predictor = LoadPredictor(learned.file, Plain());
  CHECK(predictor->info().architecture == "yolov3-tiny");
  Evaluation evaluation(2);
  for (size_t i = 0; i < learned.scene.pictures.size(); ++i) {
    const auto found = predictor->Predict({learned.scene.pictures[i]}, cv::Mat())[0];
    evaluation.Add(found.detections, learned.scene.data.frames[i]);
    for (const Detection& detection : found.detections) {
      CHECK(detection.mask.empty());
      CHECK(detection.region.area() > 0);
      REQUIRE(detection.pixel_log_prob.size() == 2);
      CHECK(std::exp(detection.pixel_log_prob[0]) + std::exp(detection.pixel_log_prob[1]) ==
            doctest::Approx(1).epsilon(1e-3));
    }
  }
  CAPTURE(evaluation.Figures().dump());
  CHECK(evaluation.Figures().at("recall50") >= 0.75);
  CHECK(evaluation.PixelIdentityAccuracy() >= 0.75);
}

TEST_CASE("held-back labels are judged as strict VOC and as darknet's detector map") {
  tests::TempDir folder;
  tests::Scene scene = tests::DrawScene(16);
  tests::Connect(scene);
  TrainOptions options = Reduced("yolov3-tiny", 2);
  options.size = 64;
  options.validation_share = 0.25;
  datasets::Job job;
  const TrainResult result = Train(scene.data, options, folder / "m", job);
  for (const char* figure : {"map_strict", "map_darknet"}) {
    REQUIRE(result.validation.contains(figure));
    const double value = result.validation.at(figure).get<double>();
    CHECK((value >= 0 && value <= 1));
  }
}

TEST_CASE("YOLACT trained by name gives outlines that fit their regions") {
  tests::TempDir folder;
  tests::Scene scene = tests::DrawScene(4);
  tests::Connect(scene);
  TrainOptions options = Reduced("yolact", 2);
  options.batch = 2;
  datasets::Job job;
  Train(scene.data, options, folder / "m", job);
  WeightsFile file = ReadSafetensors(folder / "m");
  auto input = nlohmann::json::parse(file.metadata.at("input"));
  CHECK(input.at("settings").at("side") == 96);
  input["least_score"] = 0;  // after two steps nothing is sure
  file.metadata["input"] = input.dump();
  WriteSafetensors(folder / "m", file);
  const auto predictor = LoadPredictor(folder / "m", Plain());
  CHECK(predictor->info().architecture == "yolact");
  const auto found = predictor->Predict({scene.pictures[0]}, cv::Mat())[0];
  for (const Detection& detection : found.detections) {
    CHECK(detection.mask.size() == detection.region.size());
    CHECK(cv::countNonZero(detection.mask) > 0);
    CHECK((detection.region & cv::Rect(0, 0, 160, 128)) == detection.region);
  }
}

TEST_CASE("a network's input follows the picture's shape, and its model file says so") {
  const WeightsFile file = ReadSafetensors(Tiny().file);
  const auto input = nlohmann::json::parse(file.metadata.at("input"));
  CHECK(input.at("settings").at("width") == 160);
  CHECK(input.at("settings").at("height") == 128);
  CHECK(file.tensors.at("layers.15.weight").shape == std::vector<int64_t>{21, 256, 1, 1});
}

TEST_CASE("a training starts from darknet's weights, whole ones for other classes or a backbone") {
  torch::manual_seed(9);
  tests::TempDir folder;
  YoloDetector eighty(true, 80, nlohmann::json::object());
  DarknetWeights whole = StoreDarknet(*eighty.net(), 32);
  WriteDarknetWeights(folder / "coco.weights", whole);
  TrainOptions options = Reduced("yolov3-tiny", 1);
  options.width = 1;
  options.size = 64;
  options.init = folder / "coco.weights";
  options.rate = 1e-9;
  tests::Scene scene = tests::DrawScene(2);
  tests::Connect(scene);
  datasets::Job job;
  Train(scene.data, options, folder / "m", job);
  const WeightsFile made = ReadSafetensors(folder / "m");
  const std::vector<float> kernel = LoadFloats(made.tensors.at("layers.12.weight"), "kernel");
  const torch::Tensor expected = eighty.net()->convolutions[12]->weight.detach().flatten();
  CHECK((torch::tensor(kernel) - expected).abs().max().item<float>() < 1e-6);
  CHECK(nlohmann::json::parse(made.metadata.at("record"))
            .at("init")
            .get<std::string>()
            .find("11 convolutions") != std::string::npos);

  // Truncated, not finite, of another network: one line each, nothing written.
  whole.values.resize(whole.values.size() - 5);
  WriteDarknetWeights(folder / "bad.weights", whole);
  options.init = folder / "bad.weights";
  CHECK(MessageOf(options).find("truncated") != std::string::npos);
  whole.values.assign(8'676'244, 0.5f);
  whole.values[77] = std::numeric_limits<float>::quiet_NaN();
  WriteDarknetWeights(folder / "bad.weights", whole);
  CHECK(MessageOf(options).find("number 77") != std::string::npos);
  options.model = "yolact";
  options.init = folder / "coco.weights";
  CHECK(MessageOf(options).find("yolov3") != std::string::npos);
}

TEST_CASE("YOLACT starts from an ImageNet backbone, and refuses what does not fit") {
  torch::manual_seed(10);
  tests::TempDir folder;
  ResNet resnet(18, NormOptions(), 1000);
  WeightsFile file;
  StoreTensors(NamedValues(*resnet), "", file);
  WriteSafetensors(folder / "resnet.safetensors", file);
  TrainOptions options = Reduced("yolact", 1);
  options.width = 1;
  options.size = 64;
  options.batch = 2;
  options.rate = 1e-9;
  options.init = folder / "resnet.safetensors";
  tests::Scene scene = tests::DrawScene(2);
  tests::Connect(scene);
  datasets::Job job;
  Train(scene.data, options, folder / "m", job);
  const WeightsFile made = ReadSafetensors(folder / "m");
  const auto kernel = LoadFloats(made.tensors.at("backbone.layers.2.0.conv1.weight"), "kernel");
  const auto original = LoadFloats(file.tensors.at("layer3.0.conv1.weight"), "kernel");
  REQUIRE(kernel.size() == original.size());
  float furthest = 0;
  for (size_t i = 0; i < kernel.size(); ++i) {
    furthest = std::max(furthest, std::abs(kernel[i] - original[i]));
  }
  CHECK(furthest < 1e-5f);

  options.width = 0.5;  // published weights are of the whole width
  CHECK(MessageOf(options).find("another shape") != std::string::npos);
  options.width = 1;

  options.init = folder / "bad.safetensors";
  WeightsFile bad = made;
  bad.tensors["proto_net.0.bias"] = StoreFloats({1, 2}, {2});
  WriteSafetensors(folder / "bad.safetensors", bad);
  CHECK(MessageOf(options).find("proto_net.0.bias") != std::string::npos);
  bad = made;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(bad.tensors.at("proto_net.0.bias").bytes.data(), &nan, sizeof(nan));
  WriteSafetensors(folder / "bad.safetensors", bad);
  CHECK_FALSE(MessageOf(options).empty());
  std::ofstream(folder / "bad.safetensors", std::ios::binary | std::ios::trunc) << "nothing";
  CHECK_FALSE(MessageOf(options).empty());
}

TEST_CASE("a width that the network cannot have, or that --init has not, is refused") {
  tests::TempDir folder;
  TrainOptions options = Reduced("yolov3-tiny", 1);
  options.width = 0.35;
  CHECK(MessageOf(options) ==
        "option --width: YOLO cannot be 0.35 wide: it is halved, or divided "
        "by three, four, ...; give 0.333 or 0.5");
  options.init = Tiny().file;
  options.width = 0.25;
  const std::string other = MessageOf(options);
  CHECK(other.find("option --width: it is 0.25, and '") == 0);
  CHECK(other.find("is of width 0.5") != std::string::npos);
  // A file of another network is not blamed on a width that nobody gave.
  for (const char* network : {"maskrcnn", "yolact"}) {
    TrainOptions wrong = Reduced(network, 1);
    wrong.width = 1;
    wrong.depth = 18;
    wrong.init = Tiny().file;
    const std::string message = MessageOf(wrong);
    CAPTURE(message);
    CHECK_FALSE(message.empty());
    CHECK(message.find("width") == std::string::npos);
    CHECK(message.find("divisor") == std::string::npos);
  }
}

TEST_CASE("a YOLO model file whose classes or settings do not fit its weights is refused") {
  tests::TempDir folder;
  const WeightsFile good = ReadSafetensors(Tiny().file);
  const auto Refused = [&](const char* key, const std::string& value) {
    WeightsFile file = good;
    file.metadata[key] = value;
    WriteSafetensors(folder / "m", file);
    std::string message;
    try {
      LoadPredictor(folder / "m", Plain());
    } catch (const datasets::Error& error) {
      message = error.what();
    }
    CAPTURE(message);
    CHECK_FALSE(message.empty());
    CHECK(message.find('\n') == std::string::npos);
  };
  Refused("classes", R"(["a","b","c"])");
  auto input = nlohmann::json::parse(good.metadata.at("input"));
  for (const auto& [name, value] : std::map<std::string, nlohmann::json>{
           {"width", 100}, {"height", -32}, {"divisor", 0}, {"width", "wide"}, {"divisor", 2}}) {
    auto changed = input;
    changed["settings"][name] = value;
    Refused("input", changed.dump());
  }
}

}  // namespace yolo_training_test
