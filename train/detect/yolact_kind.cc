// How YOLACT is set up and trained for the labels at hand.
#include <algorithm>
#include <cmath>

#include "train/detect/registry.h"
#include "train/detect/settings.h"
#include "train/detect/yolact_detector.h"

namespace train {
namespace {

using nlohmann::json;

constexpr int kYolactSide = 550, kYolactScratchSide = 320;
constexpr double kLeastYolactAnimal = 24;  // the smallest prior, at 550 pixels
constexpr int kSmallBatch = 6;             // below it the reference freezes the normalization

// The reference's recipe on a GPU or from its weights; from scratch on a
// processor one that learns from few pictures.
DetectPlan PlanYolact(const PlanInput& input) {
  DetectPlan plan;
  const bool scratch = input.init == nullptr;
  const double longer = std::max({1, input.picture.width, input.picture.height});
  const double animal_side = std::sqrt(std::max(1.0, input.median_area)) / longer;
  double side = input.gpu || !scratch ? kYolactSide : kYolactScratchSide;
  // The smallest prior grows with the input, so that small animals need a
  // larger one only to be seen at all: at least six pixels of the finest grid's
  // cells, eight pixels each.
  side = std::clamp(std::max(side, kLeastYolactAnimal / std::max(animal_side, 1e-3)), side,
                    static_cast<double>(kYolactSide));
  if (input.options.size > 0) side = input.options.size;
  plan.batch = input.options.batch > 0 ? input.options.batch : input.gpu ? 8 : 4;
  plan.settings = {{"depth", input.options.depth},
                   {"width", input.options.width},
                   {"side", static_cast<int>(std::lround(side))},
                   {"features", Narrowed(256, input.options.width)},
                   {"frozen_norm", !scratch && plan.batch < kSmallBatch}};
  if (input.init) {
    TakeSettings(*input.init, "yolact", {"depth", "width", "side", "features"}, plan.settings);
    CheckWidthOfInit(input.options.width, WidthSetting(plan.settings, "yolact"),
                     input.options.init);
  }
  if (input.options.size > 0) plan.settings["side"] = input.options.size;
  plan.most_short_side = plan.settings["side"].get<int>();
  TrainerOptions& trainer = plan.trainer;
  trainer.clip_norm = 100;
  if (scratch && !input.gpu) {
    trainer.optimizer = Optimizer::kAdamW;
    trainer.peak_rate = 3e-4;
    trainer.weight_decay = 0.01;
    trainer.average_decay = 0.99;
    trainer.steps = std::clamp(300 + 10 * input.labels, 500, 3000);
  } else {
    trainer.optimizer = Optimizer::kSgd;
    trainer.peak_rate = 1e-3 * plan.batch / 8;
    trainer.momentum = 0.9;
    trainer.weight_decay = 5e-4;
    trainer.warm_from = 0.1;
    trainer.warm_share = 0.05;
    trainer.drop_at = {0.35, 0.75, 0.875, 0.9375};  // 280k, 600k, 700k, 750k of 800k
    trainer.average_decay = 0;
    trainer.steps = std::clamp(20 * input.labels, 500, 4000);
  }
  if (!input.gpu) trainer.max_seconds = kProcessorMinutes * 60;
  if (input.options.rate > 0) trainer.peak_rate = input.options.rate;
  if (input.options.steps > 0) trainer.steps = input.options.steps;
  trainer.validate_every =
      std::clamp<int64_t>(input.options.steps > 0 ? trainer.steps / 5 : 100, 10, 200);
  return plan;
}

}  // namespace

DetectorKind YolactKind() {
  return {"yolact",
          "YOLACT: outlines, faster than Mask R-CNN",
          {"depth", "width"},
          [](int classes, const json& settings) -> std::unique_ptr<Detector> {
            return std::make_unique<YolactDetector>(classes, settings);
          },
          PlanYolact};
}

}  // namespace train
