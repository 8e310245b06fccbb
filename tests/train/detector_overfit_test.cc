#include <torch/torch.h>

#include <memory>

#include "datasets/metrics/coco_eval.h"
#include "datasets/shape/mask.h"
#include "datasets/synthetic/scene.h"
#include "tests/support/torch_doctest.h"
#include "train/detect/yolact_detector.h"
#include "train/detect/yolo_detector.h"

namespace detector_overfit_test {

namespace {

using namespace train;

struct Lesson {
  std::vector<DetectSample> samples;
  std::vector<datasets::EvalObject> truth;
  int classes = 0;
};

// Four frames of the rendered voles, far apart in time.
Lesson FourFrames() {
  datasets::SceneOptions options;
  options.frames = 600;
  options.width = 256;
  options.height = 192;
  const datasets::Scene scene(options);
  Lesson lesson;
  lesson.classes = static_cast<int>(scene.AnimalNames().size());
  for (int i = 0; i < 4; ++i) {
    datasets::FrameTruth truth;
    const cv::Mat bgr = scene.Render(40 + 150 * i, &truth);
    DetectSample sample;
    sample.image = torch::from_blob(bgr.data, {bgr.rows, bgr.cols, 3}, torch::kUInt8)
                       .permute({2, 0, 1})
                       .flip(0)
                       .to(torch::kFloat32)
                       .div(255);
    std::vector<float> boxes;
    std::vector<int64_t> labels;
    std::vector<torch::Tensor> masks;
    for (size_t k = 0; k < truth.animals.size(); ++k) {
      const cv::Mat& visible = truth.animals[k].visible;
      const cv::Rect region = datasets::BoundsOf(visible);
      if (region.empty()) continue;
      for (int value : {region.x, region.y, region.x + region.width, region.y + region.height}) {
        boxes.push_back(static_cast<float>(value));
      }
      labels.push_back(static_cast<int64_t>(k) + 1);
      masks.push_back(torch::from_blob(visible.data, {visible.rows, visible.cols}, torch::kUInt8)
                          .gt(0)
                          .to(torch::kUInt8));
      datasets::EvalObject object;
      object.frame = i;
      object.image_id = i;
      object.category = static_cast<int>(k) + 1;
      object.box = {double(region.x), double(region.y), double(region.width),
                    double(region.height)};
      object.mask = datasets::EncodeMask(visible);
      lesson.truth.push_back(object);
    }
    sample.boxes = torch::tensor(boxes).view({-1, 4});
    sample.labels = torch::tensor(labels, torch::kInt64);
    sample.masks = torch::stack(masks);
    sample.crowd_boxes = torch::zeros({0, 4});
    lesson.samples.push_back(sample);
  }
  return lesson;
}

double Ap50(Detector& detector, const Lesson& lesson, datasets::Overlap overlap) {
  detector.module().eval();
  std::vector<torch::Tensor> images;
  for (const DetectSample& sample : lesson.samples) images.push_back(sample.image);
  const auto found = detector.Infer(images);
  std::vector<datasets::EvalObject> predicted;
  for (size_t i = 0; i < found.size(); ++i) {
    const cv::Size size(static_cast<int>(images[i].size(2)), static_cast<int>(images[i].size(1)));
    for (const Found& one : found[i]) {
      datasets::EvalObject object;
      object.frame = static_cast<int>(i);
      object.image_id = static_cast<int64_t>(i);
      object.category = one.label;
      object.score = one.score;
      object.box = {one.box[0], one.box[1], one.box[2] - one.box[0], one.box[3] - one.box[1]};
      if (overlap == datasets::Overlap::kMask) {
        object.mask = datasets::EncodeMaskAt(one.mask, one.region, size.height, size.width);
      }
      predicted.push_back(object);
    }
  }
  datasets::CocoOptions options;
  options.overlap = overlap;
  return datasets::EvaluateCoco(lesson.truth, predicted, options).ap50;
}

// Steps until every animal of the four frames is found under its name, at most `most`.
int StepsToLearn(Detector& detector, const Lesson& lesson, datasets::Overlap overlap, double rate,
                 int most) {
  torch::optim::AdamW optimizer(
      detector.module().parameters(),
      torch::optim::AdamWOptions(rate).betas({0.9, 0.99}).weight_decay(1e-3));
  for (int step = 1; step <= most; ++step) {
    detector.module().train();
    torch::Tensor sum = torch::zeros({});
    for (const auto& [name, value] : detector.Losses(lesson.samples)) sum = sum + value;
    optimizer.zero_grad();
    sum.backward();
    optimizer.step();
    if (step % 20 == 0 && Ap50(detector, lesson, overlap) == 1) return step;
  }
  return most + 1;
}

}  // namespace

TEST_CASE("YOLOv3-tiny, narrowed, learns four rendered frames by heart") {
  torch::manual_seed(1);
  const Lesson lesson = FourFrames();
  YoloDetector detector(true, lesson.classes,
                        {{"width", 256}, {"height", 192}, {"divisor", 4}, {"momentum", 0.1}});
  CHECK(Ap50(detector, lesson, datasets::Overlap::kBox) < 0.5);
  CHECK(StepsToLearn(detector, lesson, datasets::Overlap::kBox, 2e-3, 600) <= 600);
  // And does so as well when it is made fast.
  detector.PrepareForInference(torch::kBFloat16);
  CHECK(Ap50(detector, lesson, datasets::Overlap::kBox) == 1);
}

TEST_CASE("YOLOv3, narrowed, learns four rendered frames by heart") {
  torch::manual_seed(2);
  const Lesson lesson = FourFrames();
  YoloDetector detector(false, lesson.classes,
                        {{"width", 256}, {"height", 192}, {"divisor", 8}, {"momentum", 0.1}});
  CHECK(StepsToLearn(detector, lesson, datasets::Overlap::kBox, 2e-3, 600) <= 600);
  detector.PrepareForInference(torch::kFloat32);
  CHECK(Ap50(detector, lesson, datasets::Overlap::kBox) == 1);
}

TEST_CASE("YOLACT, with a smaller backbone, learns four rendered frames by heart") {
  torch::manual_seed(3);
  const Lesson lesson = FourFrames();
  YolactDetector detector(lesson.classes,
                          {{"depth", 18}, {"width", 0.5}, {"side", 160}, {"features", 64}});
  CHECK(Ap50(detector, lesson, datasets::Overlap::kMask) < 0.5);
  CHECK(StepsToLearn(detector, lesson, datasets::Overlap::kMask, 1e-3, 400) <= 400);
  detector.PrepareForInference(torch::kBFloat16);
  CHECK(Ap50(detector, lesson, datasets::Overlap::kMask) == 1);
}

TEST_CASE("YOLACT starts so calmly from nothing that its prototypes survive the first steps") {
  torch::manual_seed(4);
  const Lesson lesson = FourFrames();
  YolactDetector detector(lesson.classes, {{"depth", 50}, {"side", 160}, {"features", 64}});
  detector.module().train();
  torch::Tensor sum = torch::zeros({});
  for (const auto& [name, value] : detector.Losses(lesson.samples)) {
    const auto& shown = name;
    CAPTURE(shown);
    // A mask that is as likely as not costs ln 2 a pixel, times the loss's weight of 6.125.
    if (name == "M") CHECK(value.item<double>() < 2 * 0.6931 * 6.125);
    sum = sum + value;
  }
  sum.backward();
  double squares = 0;
  for (const torch::Tensor& weight : detector.module().parameters()) {
    if (weight.grad().defined()) squares += weight.grad().square().sum().item<double>();
  }
  CHECK(std::sqrt(squares) < 1000);  // tens of thousands with the reference's start
}

}  // namespace detector_overfit_test
