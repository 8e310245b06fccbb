#include "train/picture/picture_model.h"

#include <opencv2/imgproc.hpp>

#include "datasets/shape/mask.h"
#include "tests/support/torch_doctest.h"

namespace picture_model_test {

namespace {

constexpr int kSide = 240;

// A ground of two brightnesses that the animals, neither brighter nor darker, cross.
cv::Mat EmptyScene() {
  cv::Mat scene(kSide, kSide, CV_8UC3, cv::Scalar(90, 90, 90));
  scene.colRange(kSide / 2, kSide).setTo(cv::Scalar(160, 160, 160));
  return scene;
}

cv::Mat MaskOf(int frame) {
  cv::Mat mask(kSide, kSide, CV_8UC1, cv::Scalar(0));
  cv::ellipse(mask, {40 + 20 * frame, 100 + 7 * (frame % 5)}, {26, 13}, 15.0 * frame, 0, 360,
              cv::Scalar(255), cv::FILLED);
  return mask;
}

cv::Mat PictureOf(int frame) {
  cv::Mat picture = EmptyScene();
  picture.setTo(cv::Scalar(120, 125, 130), MaskOf(frame));
  cv::Mat noise(picture.size(), CV_8UC3);
  cv::RNG random(static_cast<uint64_t>(frame) + 1);
  random.fill(noise, cv::RNG::UNIFORM, 0, 12);
  return picture + noise;
}

train::TrainingData Labels(int frames) {
  train::TrainingData data;
  data.classes = {"animal"};
  data.backgrounds = {EmptyScene() + cv::Scalar::all(6)};
  for (int f = 0; f < frames; ++f) {
    train::LabeledFrame frame;
    frame.frame_index = f;
    frame.objects.push_back({0, datasets::EncodeMask(MaskOf(f)), false});
    data.frames.push_back(frame);
  }
  data.picture = [](int frame) { return PictureOf(frame); };
  return data;
}

double OverlapOn(const train::PictureModel& model, int frame) {
  const cv::Mat mask = MaskOf(frame);
  std::vector<cv::Point> points;
  cv::findNonZero(mask, points);
  const cv::Rect view =
      train::ViewAround(cv::boundingRect(points), cv::countNonZero(mask), mask.size());
  const auto around =
      train::LookAround(PictureOf(frame), EmptyScene() + cv::Scalar::all(6), view, model.scale);
  const cv::Mat found = model.AnimalPixels(around);
  const cv::Mat truth = train::ReducedMask(mask, {0, 0, kSide, kSide}, view, around.size) > 127;
  return double(cv::countNonZero(found & truth)) / cv::countNonZero(found | truth);
}

}  // namespace

TEST_CASE("a few labels teach which pixels are animal, on ground that is brighter and darker") {
  datasets::Job job;
  const train::PictureModel model = train::LearnPictureModel(Labels(6), job);
  REQUIRE_FALSE(model.empty());
  CHECK(model.uses_background);
  CHECK(model.overlap > 0.8);
  CHECK(OverlapOn(model, 7) > 0.85);
  CHECK(OverlapOn(model, 8) > 0.85);
}

TEST_CASE("a picture model goes through the model file's record unchanged") {
  datasets::Job job;
  const train::PictureModel model = train::LearnPictureModel(Labels(6), job);
  const train::PictureModel again =
      train::PictureModelFrom(nlohmann::json::parse(train::ToJson(model).dump()));
  REQUIRE_FALSE(again.empty());
  CHECK(OverlapOn(again, 7) == OverlapOn(model, 7));
  CHECK(again.overlap == model.overlap);
}

TEST_CASE(
    "too few labels, crowds and damaged records give no picture model rather than a bad one") {
  datasets::Job job;
  CHECK(train::LearnPictureModel(Labels(3), job).empty());
  train::TrainingData crowded = Labels(6);
  for (auto& frame : crowded.frames) frame.objects[0].ignore = true;
  CHECK(train::LearnPictureModel(crowded, job).empty());
  CHECK(train::PictureModelFrom(nullptr).empty());
  CHECK(train::PictureModelFrom({{"squares", {1, 2}}, {"slopes", {1}}}).empty());
  nlohmann::json record = train::ToJson(train::LearnPictureModel(Labels(6), job));
  record["bias"] = "x";
  CHECK(train::PictureModelFrom(record).empty());
  CHECK(train::ToJson(train::PictureModel{}).is_null());
}

}  // namespace picture_model_test
