#include <fstream>

#include "datasets/base/error.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torch_doctest.h"
#include "tests/train/short_training.h"
#include "tests/train/synthetic_labels.h"
#include "train/base/predictor.h"
#include "train/detect/registry.h"
#include "train/learn/evaluate.h"
#include "train/picture/picture_model.h"
#include "train/train_job.h"
#include "train/weights/safetensors.h"

namespace detector_training_test {

namespace {

using namespace train;
using tests::TrainingError;

TrainOptions Reduced(int steps) {
  TrainOptions options;
  options.model = "maskrcnn";
  options.depth = 18;
  options.width = 0.25;  // learns the same way, a sixteenth of the weights
  options.size = 96;
  options.rate = 5e-4;
  options.proposals = 50;
  options.steps = steps;
  options.threads = 1;
  options.device = "cpu";
  return options;
}

PredictorOptions Exact() {
  PredictorOptions options;
  options.threads = 1;
  options.device = "cpu";
  options.allow_bf16 = false;
  return options;
}

bool Mentions(const std::string& text, const std::string& part) {
  CAPTURE(text);
  const bool found = text.find(part) != std::string::npos;
  CHECK(found);
  CHECK(text.find('\n') == std::string::npos);
  return found;
}

const tests::Learned& FourFrames() {
  static const tests::Learned learned(Reduced(70));
  return learned;
}

}  // namespace

TEST_CASE("Mask R-CNN learns four frames by heart and names both animals") {
  const tests::Learned& learned = FourFrames();
  const auto predictor = LoadPredictor(learned.file, Exact());
  CHECK(predictor->info().architecture == "maskrcnn");
  CHECK(predictor->info().classes == learned.scene.data.classes);
  CHECK(predictor->info().max_instances == std::vector<int>{1, 1});
  Evaluation evaluation(2);
  for (size_t i = 0; i < learned.scene.pictures.size(); ++i) {
    const auto found = predictor->Predict({learned.scene.pictures[i]}, cv::Mat())[0];
    evaluation.Add(found.detections, learned.scene.data.frames[i]);
    for (const Detection& detection : found.detections) {
      CHECK(detection.mask.size() == detection.region.size());
      REQUIRE(detection.pixel_log_prob.size() == 2);
      CHECK(std::exp(detection.pixel_log_prob[0]) + std::exp(detection.pixel_log_prob[1]) ==
            doctest::Approx(1).epsilon(1e-3));
      CHECK(detection.score <= 1);
    }
  }
  CAPTURE(evaluation.Figures().dump());
  CHECK(evaluation.Figures().at("recall50") == 1.0);
  CHECK(evaluation.Figures().at("precision50") == 1.0);
  CHECK(evaluation.PixelIdentityAccuracy() == 1.0);
  CHECK(evaluation.MeanIou() > 0.7);
}

TEST_CASE("a detector's model file tells what it is, and its tensors have the reference's names") {
  const tests::Learned& learned = FourFrames();
  const ModelInfo info = ReadModelInfo(learned.file);
  CHECK(info.architecture == "maskrcnn");
  CHECK(info.record.at("labels").at("frames") == 4);
  CHECK(info.record.at("labels").at("learned_frames").at(0).size() == 4);
  CHECK_FALSE(PictureModelFrom(info.record.at("picture_model")).empty());
  CHECK(info.record.at("steps") == learned.result.steps);
  const WeightsFile file = ReadSafetensors(learned.file);
  CHECK(file.tensors.count("backbone.body.layer1.0.conv1.weight") == 1);
  CHECK(file.tensors.at("roi_heads.box_predictor.cls_score.weight").shape ==
        std::vector<int64_t>{3, 256});
}

TEST_CASE("a detector resumes exactly where it was cancelled") {
  tests::TempDir folder;
  tests::Scene scene = tests::DrawScene(3);
  tests::Connect(scene);
  TrainOptions options = Reduced(4);
  options.size = 64;
  datasets::Job whole_job;
  Train(scene.data, options, folder / "whole", whole_job);
  datasets::Job job;
  CHECK_THROWS_AS(Train(scene.data, options, folder / "parts", job,
                        [&](const TrainProgress& progress) {
                          if (progress.step == 2) job.Cancel();
                        }),
                  datasets::Cancelled);
  CHECK_NOTHROW(ReadModelInfo(folder / "parts"));  // usable already
  options.resume = true;
  datasets::Job again;
  CHECK(Train(scene.data, options, folder / "parts", again).steps == 4);
  const auto whole = ReadSafetensors(folder / "whole").tensors;
  for (const auto& [name, tensor] : ReadSafetensors(folder / "parts").tensors) {
    const auto& shown = name;
    CAPTURE(shown);
    CHECK(tensor.bytes == whole.at(name).bytes);
  }
}

TEST_CASE("the stages of a training free the backbone from its end, layer by layer") {
  const auto detector = MakeDetector(
      "maskrcnn", 2, {{"depth", 18}, {"norm", "group"}, {"trainable_layers", 5}, {"staged", true}});
  const std::vector<std::string> stages = {"layer4.", "layer3.", "layer2.",
                                           "layer1.", "conv1.",  "bn1."};
  const std::vector<std::pair<double, size_t>> expected = {{0, 0},   {0.09, 0}, {0.1, 1}, {0.25, 2},
                                                           {0.5, 3}, {0.7, 6},  {1.2, 6}};
  for (const auto& [share, free] : expected) {
    const auto& shown = share;
    CAPTURE(shown);
    detector->AtShare(share);
    for (const auto& item : detector->module().named_parameters()) {
      const std::string body = "backbone.body.";
      size_t stage = 0;
      while (stage < stages.size() && item.key().find(body + stages[stage]) != 0) ++stage;
      CAPTURE(item.key());
      CHECK(item.value().requires_grad() == (stage == stages.size() || stage < free));
    }
  }
}

TEST_CASE("staged training moves the heads first, then the backbone from its end") {
  tests::TempDir folder;
  tests::Scene scene = tests::DrawScene(2);
  tests::Connect(scene);
  TrainOptions options = Reduced(20);
  options.size = 64;
  options.staged = true;
  const std::string file = folder / "m";
  const auto Until = [&](int step) {  // goes on to `step` and returns the weights as they are then
    datasets::Job job;
    CHECK_THROWS_AS(Train(scene.data, options, file, job,
                          [&](const TrainProgress& progress) {
                            if (progress.step == step) job.Cancel();
                          }),
                    datasets::Cancelled);
    options.resume = true;
    return ReadSafetensors(file + ".last").tensors;
  };
  const auto Moved = [](const auto& before, const auto& after, const std::string& prefix) {
    int moved = 0, still = 0;
    for (const auto& [name, tensor] : after) {
      if (name.compare(0, prefix.size(), prefix) != 0) continue;
      ++(tensor.bytes == before.at(name).bytes ? still : moved);
    }
    CHECK(moved + still > 0);
    CHECK((moved == 0 || still == 0));  // all of a stage or nothing
    return moved > 0;
  };
  const std::string body = "net.live.backbone.body.";
  const std::vector<std::string> stages = {"layer4.", "layer3.", "layer2.",
                                           "layer1.", "conv1.",  "bn1."};
  // Step 1 shows the start: the rate is smallest there, but all that may move has moved.
  auto before = Until(1);
  const std::vector<std::pair<int, size_t>> expected = {{2, 0}, {4, 1}};
  for (const auto& [step, free] : expected) {
    const auto& shown = step;
    CAPTURE(shown);
    const auto after = Until(step);
    CHECK(Moved(before, after, "net.live.rpn.head.cls_logits."));
    for (size_t i = 0; i < stages.size(); ++i) {
      CAPTURE(stages[i]);
      CHECK(Moved(before, after, body + stages[i]) == (i < free));
    }
    before = after;
  }
}

TEST_CASE("other animals start from the same weights with fresh layers for their names") {
  const tests::Learned& learned = FourFrames();
  tests::TempDir folder;
  tests::Scene scene = tests::DrawScene(2);
  tests::Connect(scene);
  scene.data.classes.push_back("third");
  scene.data.frames[0].objects[0].class_index = 2;
  TrainOptions options = Reduced(1);
  options.size = 64;
  options.init = learned.file;
  datasets::Job job;
  CHECK_NOTHROW(Train(scene.data, options, folder / "next", job));
  const auto tensors = ReadSafetensors(folder / "next").tensors;
  CHECK(tensors.at("roi_heads.box_predictor.cls_score.weight").shape[0] == 4);
}

TEST_CASE("weights that do not fit are refused in one line and nothing is written") {
  const tests::Learned& learned = FourFrames();
  tests::TempDir folder;
  const WeightsFile good = ReadSafetensors(learned.file);
  TrainOptions options = Reduced(1);
  options.init = folder / "bad.safetensors";
  const auto Try = [&](const WeightsFile& file) {
    WriteSafetensors(options.init, file);
    return TrainingError(learned.scene.data, options);
  };
  WeightsFile file = good;
  auto& numbers = file.tensors.at("rpn.head.conv.0.0.bias").bytes;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(numbers.data(), &nan, sizeof(nan));
  Mentions(Try(file), "not numbers");
  file = good;
  file.tensors.erase("rpn.head.conv.0.0.bias");
  Mentions(Try(file), "rpn.head.conv.0.0.bias");
  file = good;
  file.tensors["rpn.head.conv.0.0.bias"] = StoreFloats({1, 2}, {2});
  Mentions(Try(file), "have another shape");
  file = {};
  file.tensors["something"] = StoreFloats({1}, {1});
  Mentions(Try(file), "none of them fit");
}

TEST_CASE("a model file whose classes do not fit its weights is refused in one line") {
  const tests::Learned& learned = FourFrames();
  tests::TempDir folder;
  WeightsFile file = ReadSafetensors(learned.file);
  file.metadata["classes"] = R"(["a","b","c"])";
  WriteSafetensors(folder / "m", file);
  CHECK_THROWS_AS(LoadPredictor(folder / "m", Exact()), datasets::Error);
  file.metadata["classes"] = "[]";
  WriteSafetensors(folder / "m", file);
  CHECK_THROWS_AS(LoadPredictor(folder / "m", Exact()), datasets::Error);
}

}  // namespace detector_training_test
