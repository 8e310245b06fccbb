#include "train/train_job.h"

#include <fstream>
#include <iterator>

#include "datasets/base/error.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torch_doctest.h"
#include "tests/train/short_training.h"
#include "tests/train/synthetic_labels.h"
#include "train/base/predictor.h"
#include "train/learn/evaluate.h"
#include "train/weights/safetensors.h"

namespace train_job_test {

namespace {

using namespace train;
using tests::TrainingError;

TrainOptions Short(int steps) {
  TrainOptions options;
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

bool SameMasks(const FrameDetections& a, const FrameDetections& b) {
  if (a.detections.size() != b.detections.size()) return false;
  for (size_t i = 0; i < a.detections.size(); ++i) {
    const Detection &x = a.detections[i], &y = b.detections[i];
    if (x.region != y.region || cv::norm(x.mask, y.mask, cv::NORM_L1) != 0) return false;
    if (x.pixel_log_prob != y.pixel_log_prob || x.crop_log_prob != y.crop_log_prob) return false;
    if (x.score != y.score || x.mask_certainty != y.mask_certainty) return false;
  }
  return true;
}

std::map<std::string, std::vector<uint8_t>> Weights(const std::string& file) {
  std::map<std::string, std::vector<uint8_t>> result;
  for (auto& [name, tensor] : ReadSafetensors(file).tensors) result[name] = tensor.bytes;
  return result;
}

const tests::Learned& FourFrames() {
  static const tests::Learned learned(Short(90));
  return learned;
}

}  // namespace

TEST_CASE("the default network learns four frames by heart and names both animals") {
  const tests::Learned& learned = FourFrames();
  const tests::Scene& scene = learned.scene;
  CHECK(learned.result.steps == 180);
  CHECK(learned.result.validation.is_null());  // too few labels to hold any back
  const auto predictor = LoadPredictor(learned.file, OneThread());
  CHECK(predictor->info().classes == scene.data.classes);
  CHECK(predictor->info().max_instances == std::vector<int>{1, 1});
  Evaluation evaluation(2);
  for (size_t i = 0; i < scene.pictures.size(); ++i) {
    const auto found = predictor->Predict({scene.pictures[i]}, scene.data.backgrounds[0])[0];
    evaluation.Add(found.detections, scene.data.frames[i]);
    for (const Detection& detection : found.detections) {
      REQUIRE(detection.crop_log_prob.size() == 2);
      double sum = 0;
      for (float value : detection.crop_log_prob) sum += std::exp(value);
      CHECK(sum == doctest::Approx(1).epsilon(1e-4));
      const cv::Point middle = (detection.region.tl() + detection.region.br()) / 2;
      const int truth = scene.pictures[i].at<cv::Vec3b>(middle)[0] > 120 ? 0 : 1;
      CHECK(detection.crop_log_prob[truth] > detection.crop_log_prob[1 - truth]);
      CHECK(detection.mask.size() == detection.region.size());
      CHECK(cv::boundingRect(detection.mask).size() == detection.region.size());
    }
    CHECK(found.animal_probability.type() == CV_8UC1);
    CHECK(found.class_probability.type() == CV_8UC2);
  }
  CHECK(evaluation.Figures().at("recall50") == 1.0);
  CHECK(evaluation.Figures().at("precision50") == 1.0);
  CHECK(evaluation.MeanIou() > 0.85);
  CHECK(evaluation.PixelIdentityAccuracy() == 1.0);
}

TEST_CASE("a model file tells what it is without any network") {
  const tests::Learned& learned = FourFrames();
  const ModelInfo info = ReadModelInfo(learned.file);
  CHECK(info.architecture == "idseg");
  CHECK(info.classes == learned.scene.data.classes);
  CHECK(info.record.at("labels").at("frames") == 4);
  CHECK(info.record.at("labels").at("learned_frames").at(0).size() == 4);
  CHECK(info.record.at("options").at("steps") == 90);
  const double area = datasets::RleArea(learned.scene.data.frames[0].objects[0].mask);
  CHECK(info.median_area == doctest::Approx(area).epsilon(0.1));
}

TEST_CASE("a loaded model predicts the same again, however frames are grouped") {
  const tests::Learned& learned = FourFrames();
  const cv::Mat& background = learned.scene.data.backgrounds[0];
  const auto all =
      LoadPredictor(learned.file, OneThread())->Predict(learned.scene.pictures, background);
  const auto fresh = LoadPredictor(learned.file, OneThread());
  for (size_t i = 0; i < all.size(); ++i) {
    CHECK(SameMasks(all[i], fresh->Predict({learned.scene.pictures[i]}, background)[0]));
  }
}

TEST_CASE("fast arithmetic changes hardly any pixel") {
  const tests::Learned& learned = FourFrames();
  PredictorOptions exact_options = OneThread();
  exact_options.allow_bf16 = false;
  const auto exact = LoadPredictor(learned.file, exact_options);
  const auto fast = LoadPredictor(learned.file, OneThread());
  for (const cv::Mat& picture : learned.scene.pictures) {
    cv::Mat difference;
    cv::absdiff(
        exact->Predict({picture}, learned.scene.data.backgrounds[0])[0].animal_probability > 127,
        fast->Predict({picture}, learned.scene.data.backgrounds[0])[0].animal_probability > 127,
        difference);
    CHECK(cv::countNonZero(difference) <= static_cast<int>(difference.total() / 1000));
  }
}

TEST_CASE("animals are found without the background, and with themselves in the background") {
  const tests::Learned& learned = FourFrames();
  const auto predictor = LoadPredictor(learned.file, OneThread());
  Evaluation blind(2), haunted(2);
  for (size_t i = 0; i < learned.scene.pictures.size(); ++i) {
    const cv::Mat& picture = learned.scene.pictures[i];
    const LabeledFrame& labels = learned.scene.data.frames[i];
    blind.Add(predictor->Predict({picture}, {})[0].detections, labels);
    haunted.Add(predictor->Predict({picture}, picture.clone())[0].detections, labels);
  }
  CHECK(blind.Figures().at("recall50") == 1.0);
  CHECK(haunted.Figures().at("recall50").get<double>() >= 0.75);
}

TEST_CASE("truncated and foreign models, and pictures that do not fit, are refused") {
  tests::TempDir folder;
  const tests::Learned& learned = FourFrames();
  std::ifstream in(learned.file, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)), {});
  std::ofstream(folder / "short", std::ios::binary) << bytes.substr(0, bytes.size() / 2);
  CHECK_THROWS_AS(LoadPredictor(folder / "short"), datasets::Error);
  WeightsFile foreign;
  foreign.tensors["x"] = StoreFloats({1}, {1});
  WriteSafetensors(folder / "foreign", foreign);
  CHECK_THROWS_AS(LoadPredictor(folder / "foreign"), datasets::Error);
  CHECK_THROWS_AS(ReadModelInfo(folder / "foreign"), datasets::Error);
  CHECK_THROWS_AS(LoadPredictor(folder / "absent"), datasets::Error);
  const auto predictor = LoadPredictor(learned.file, OneThread());
  CHECK_THROWS_AS(predictor->Predict({learned.scene.pictures[0]}, cv::Mat(5, 5, CV_8UC3)),
                  datasets::Error);
  CHECK_THROWS_AS(predictor->Predict({cv::Mat(128, 160, CV_8UC1)}, {}), datasets::Error);
}

TEST_CASE("a later training may start from the weights of an earlier one") {
  tests::TempDir folder;
  const tests::Learned& learned = FourFrames();
  datasets::Job job;
  TrainOptions options = Short(1);
  options.init = learned.file;
  CHECK_NOTHROW(Train(learned.scene.data, options, folder / "next", job));
  options.init = folder / "absent";
  CHECK_THROWS_AS(Train(learned.scene.data, options, folder / "next2", job), datasets::Error);
}

TEST_CASE("a training without background image learns from moving cameras") {
  tests::TempDir folder;
  tests::Scene scene = tests::DrawScene(4, /*with_background=*/false);
  tests::Connect(scene);
  datasets::Job job;
  Train(scene.data, Short(70), folder / "m", job);
  const auto predictor = LoadPredictor(folder / "m", OneThread());
  Evaluation evaluation(2);
  for (size_t i = 0; i < scene.pictures.size(); ++i) {
    evaluation.Add(predictor->Predict({scene.pictures[i]}, {})[0].detections, scene.data.frames[i]);
  }
  CHECK(evaluation.Figures().at("recall50") == 1.0);
}

TEST_CASE("a cancelled training leaves a model that loads, and resuming equals never stopping") {
  tests::TempDir folder;
  tests::Scene scene = tests::DrawScene(14);
  tests::Connect(scene);
  datasets::Job calm;
  Train(scene.data, Short(10), folder / "whole", calm);

  for (const int stop_at : {4, 13}) {  // in the first network, in the second
    CAPTURE(stop_at);
    const std::string file = folder / ("stopped" + std::to_string(stop_at));
    datasets::Job stopped;
    CHECK_THROWS_AS(Train(scene.data, Short(10), file, stopped,
                          [&](const TrainProgress& progress) {
                            if (progress.step == stop_at) stopped.Cancel();
                          }),
                    datasets::Cancelled);
    CHECK_NOTHROW(
        LoadPredictor(file, OneThread())->Predict({scene.pictures[0]}, scene.data.backgrounds[0]));
    CHECK(ReadModelInfo(file).record.at("steps") == stop_at);

    TrainOptions options = Short(10);
    options.resume = true;
    datasets::Job job;
    const TrainResult result = Train(scene.data, options, file, job);
    CHECK(result.steps == 20);
    CHECK(Weights(file) == Weights(folder / "whole"));
  }

  SUBCASE("resuming after other labels or without a checkpoint is refused") {
    TrainOptions options = Short(10);
    options.resume = true;
    datasets::Job job;
    CHECK_THROWS_AS(Train(scene.data, options, folder / "never", job), datasets::Error);
    tests::Scene other = tests::DrawScene(13);
    tests::Connect(other);
    CHECK_THROWS_AS(Train(other.data, options, folder / "whole", job), datasets::Error);
  }
}

TEST_CASE("labels that cannot be learned from are refused with the reason") {
  tests::Scene scene = tests::DrawScene(3);
  tests::Connect(scene);
  TrainingData nothing = scene.data;
  nothing.frames.clear();
  CHECK(TrainingError(nothing, Short(2)).find("no labeled frames") != std::string::npos);

  TrainingData nameless = scene.data;
  nameless.classes.clear();
  CHECK(TrainingError(nameless, Short(2)).find("no animal names") != std::string::npos);

  TrainingData missing = scene.data;
  missing.classes.push_back("ghost");
  CHECK(TrainingError(missing, Short(2)).find("'ghost'") != std::string::npos);

  TrainingData empty = scene.data;
  for (LabeledFrame& frame : empty.frames) frame.objects.clear();
  CHECK(TrainingError(empty, Short(2)).find("no frame shows") != std::string::npos);

  TrainingData lost = scene.data;
  lost.picture = [](int) { return cv::Mat(); };
  CHECK(TrainingError(lost, Short(2)).find("cannot be read") != std::string::npos);

  TrainingData other_size = scene.data;
  other_size.picture = [](int) { return cv::Mat(64, 64, CV_8UC3, cv::Scalar::all(9)); };
  CHECK(TrainingError(other_size, Short(2)).find("another size") != std::string::npos);

  TrainOptions unknown = Short(2);
  unknown.model = "resnot";
  CHECK(TrainingError(scene.data, unknown).find("no such architecture") != std::string::npos);
  TrainOptions device = Short(2);
  device.device = "tpu";
  CHECK(TrainingError(scene.data, device).find("device 'tpu'") != std::string::npos);
  TrainOptions range = Short(-1);
  CHECK(TrainingError(scene.data, range).find("out of range") != std::string::npos);
}

TEST_CASE("frames without animals are learned from as empty, and one animal needs no naming") {
  tests::TempDir folder;
  tests::Scene scene = tests::DrawScene(3);
  scene.data.classes = {"bright"};
  for (LabeledFrame& frame : scene.data.frames) frame.objects.resize(1);
  scene.pictures.push_back(scene.data.backgrounds[0].clone());
  LabeledFrame empty;
  empty.frame_index = 999;
  scene.data.frames.push_back(empty);
  tests::Connect(scene);
  datasets::Job job;
  Train(scene.data, Short(4), folder / "m", job);
  const auto predictor = LoadPredictor(folder / "m", OneThread());
  CHECK(predictor->NameCrops(scene.pictures[0], {}).empty());
  CHECK_NOTHROW(predictor->Predict({scene.pictures[3]}, scene.data.backgrounds[0]));
}

}  // namespace train_job_test
