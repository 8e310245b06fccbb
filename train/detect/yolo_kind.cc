// How YOLOv3 and YOLOv3-tiny are set up and trained for the labels at hand.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "datasets/base/error.h"
#include "train/detect/registry.h"
#include "train/detect/settings.h"
#include "train/detect/yolo_detector.h"

namespace train {
namespace {

using nlohmann::json;

// From nothing on a processor the large network has time for few pictures: twice as many fit at
// this size, and animals of at least this side are still seen.
constexpr double kYoloScratchSide = 288, kLeastYoloAnimal = 24;

// Every layer of the network is divided by a whole number.
int DivisorOf(double width) {
  constexpr double kRounding = 0.025;  // .33 is meant to be a third
  const double fewer = std::floor(1 / width), divisor = std::round(1 / width);
  if (std::abs(width * divisor - 1) <= kRounding) return static_cast<int>(divisor);
  throw datasets::Error(
      "option --width",
      fmt::format("YOLO cannot be {:.3g} wide: it is halved, or divided by three, "
                  "four, ...",
                  width),
      fmt::format("give {:.3g} or {:.3g}", 1 / (fewer + 1), 1 / fewer));
}

// The recipe of the seed for a GPU (models.md section 3); for a processor,
// which sees a thousandth of those pictures, one that ends where time does.
DetectPlan PlanYolo(const PlanInput& input, bool tiny) {
  DetectPlan plan;
  int width = kYoloSide, height = kYoloSide;
  if (!tiny && !input.init && !input.gpu) {
    const double longer = std::max({1, input.picture.width, input.picture.height});
    const double animal_side = std::sqrt(std::max(1.0, input.median_area));
    const double needed = kLeastYoloAnimal * longer / animal_side;
    width = height = std::min(kYoloSide, RoundedYoloSide(std::max(kYoloScratchSide, needed)));
  }
  if (input.options.size > 0 && !input.picture.empty()) {
    const double longer = std::max(input.picture.width, input.picture.height);
    width = RoundedYoloSide(input.options.size * input.picture.width / longer);
    height = RoundedYoloSide(input.options.size * input.picture.height / longer);
  }
  plan.settings = {{"width", width},
                   {"height", height},
                   {"divisor", DivisorOf(input.options.width)},
                   {"rescale", input.gpu},
                   {"momentum", input.gpu ? 0.01 : 0.1}};
  const std::string network = tiny ? "yolov3-tiny" : "yolov3";
  if (input.init) {
    TakeSettings(*input.init, network, {"divisor"}, plan.settings);
    const int divisor = Setting(plan.settings, network, "divisor", 1, 1, kMostDivisor);
    CheckWidthOfInit(input.options.width, 1.0 / divisor, input.options.init);
  }
  if (input.init && input.options.size == 0) {
    TakeSettings(*input.init, network, {"width", "height"}, plan.settings);
  }
  plan.batch = input.options.batch > 0 ? input.options.batch : input.gpu ? 64 : tiny ? 8 : 4;
  plan.most_short_side =
      std::max(plan.settings["width"].get<int>(), plan.settings["height"].get<int>());
  plan.augment.jitter = input.gpu ? 0.3 : 0.1;
  plan.augment.saturation = plan.augment.exposure = input.classes == 1 ? 1.5 : 1.15;
  // Where every animal has its own name, its color may be what tells it apart.
  plan.augment.hue = input.classes == 1 ? 0.1 : 0;
  plan.augment.brightness = 0;

  TrainerOptions& trainer = plan.trainer;
  trainer.clip_norm = 1e4;  // darknet has none: only against outliers
  if (input.gpu) {
    trainer.optimizer = Optimizer::kSgd;
    trainer.peak_rate = 1e-3;
    trainer.momentum = 0.9;
    trainer.weight_decay = 5e-4;
    trainer.warm_from = 0;
    trainer.warm_power = 4;
    trainer.warm_steps = 1000;
    trainer.drop_at = {0.8, 0.9};
    trainer.average_decay = 0;
    trainer.steps = 4000;
  } else {
    trainer.optimizer = Optimizer::kAdamW;
    trainer.peak_rate = 1e-3;
    trainer.weight_decay = 5e-4;
    trainer.average_decay = 0.99;
    trainer.steps = std::clamp(300 + 10 * input.labels, 500, 3000);
    trainer.max_seconds = kProcessorMinutes * 60;
  }
  if (input.options.rate > 0) trainer.peak_rate = input.options.rate;
  if (input.options.steps > 0) {
    trainer.steps = input.options.steps;
    trainer.warm_steps = std::min<int64_t>(trainer.warm_steps, trainer.steps / 5);
  }
  trainer.validate_every =
      std::clamp<int64_t>(input.options.steps > 0 ? trainer.steps / 5 : 100, 10, 200);
  return plan;
}

DetectorKind YoloKindOf(bool tiny) {
  return {tiny ? "yolov3-tiny" : "yolov3",
          tiny ? "YOLOv3, small: boxes, no outlines" : "YOLOv3: boxes, no outlines",
          {"width"},
          [tiny](int classes, const json& settings) -> std::unique_ptr<Detector> {
            return std::make_unique<YoloDetector>(tiny, classes, settings);
          },
          [tiny](const PlanInput& input) { return PlanYolo(input, tiny); }};
}

}  // namespace

DetectorKind Yolov3Kind() { return YoloKindOf(false); }
DetectorKind Yolov3TinyKind() { return YoloKindOf(true); }

}  // namespace train
