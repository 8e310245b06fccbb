// Mask R-CNN as one of the detectors that can be trained: how it is set up for the labels at hand.
#include <algorithm>
#include <cmath>

#include "datasets/base/error.h"
#include "train/detect/registry.h"
#include "train/detect/settings.h"
#include "train/nets/rcnn/mask_rcnn.h"

namespace train {
namespace {

using nlohmann::json;

// Short side of pictures on a processor: with foreign weights animals must stay as large as the
// anchors expect; from scratch what matters is that steps are cheap.
constexpr double kMaskRcnnProcessorSide = 400, kMaskRcnnSide = 800, kMaskRcnnScratchSide = 256;
constexpr double kLeastMaskRcnnAnimal = 32;  // the smallest anchor
constexpr char kMaskRcnn[] = "maskrcnn";

NormKind NormOf(const std::string& name) {
  if (name == "batch") return NormKind::kBatch;
  if (name == "frozen") return NormKind::kFrozen;
  if (name == "group") return NormKind::kGroup;
  throw datasets::Error("network 'maskrcnn'", "it has no normalization '" + name + "'",
                        "choose batch, frozen or group");
}

MaskRcnnOptions OptionsOf(const json& settings) {
  MaskRcnnOptions options;
  options.depth = settings.value("depth", options.depth);
  options.width = WidthSetting(settings, kMaskRcnn);
  // As many channels a group as in the whole network: of one alone, on a small map, little is left.
  options.norm.groups = std::max(1, static_cast<int>(std::lround(32 * options.width)));
  options.norm.kind = NormOf(settings.value("norm", std::string("frozen")));
  options.norm.eps = settings.value("eps", options.norm.eps);
  options.trainable_layers =
      std::clamp(settings.value("trainable_layers", options.trainable_layers), 0, 5);
  options.short_side = std::clamp(settings.value("short_side", options.short_side), 32, 4096);
  options.most_long_side =
      std::clamp(settings.value("most_long_side", options.most_long_side), 32, 8192);
  const int64_t proposals = settings.value("proposals", int64_t{1000});
  options.rpn.per_level = options.rpn.proposals = std::clamp<int64_t>(proposals, 1, 10000);
  options.rpn_training.per_level = options.rpn_training.proposals = 2 * options.rpn.proposals;
  options.roi.sampled = std::clamp<int64_t>(settings.value("sampled", int64_t{512}), 1, 10000);
  options.roi.detections = std::clamp<int64_t>(settings.value("detections", int64_t{100}), 1, 1000);
  return options;
}

class MaskRcnnDetector : public Detector {
 public:
  MaskRcnnDetector(int classes, const json& settings)
      : settings_(settings), net_(classes + 1, OptionsOf(settings)) {}

  torch::nn::Module& module() override { return *net_; }
  json settings() const override { return settings_; }
  NamedLosses Losses(const std::vector<DetectSample>& batch) override {
    return net_->Losses(batch);
  }
  void LearnWith(Peers* peers) override { net_->LearnWith(peers); }
  std::vector<std::vector<Found>> Infer(const std::vector<torch::Tensor>& images) override {
    return net_->Infer(images);
  }
  void PrepareForInference(torch::ScalarType type) override { net_->Fold(type); }

  // SIPEC's stages (models.md section 4): the heads first, then the backbone from its end.
  void AtShare(double done_share) override {
    if (!settings_.value("staged", false)) return;
    const int most = net_->options.trainable_layers;
    const int layers = done_share < 0.1   ? 0
                       : done_share < 0.2 ? 1
                       : done_share < 0.4 ? 2
                       : done_share < 0.6 ? 3
                                          : 5;
    if (layers == stage_) return;
    stage_ = layers;
    net_->backbone->body->FreezeAllBut(std::min(layers, most));
  }

  std::vector<std::string> ClassDependent() const override {
    return {"roi_heads.box_predictor.", "roi_heads.mask_predictor.mask_fcn_logits.", "fc."};
  }
  // A whole network's file, or that of an ImageNet ResNet.
  std::vector<std::string> InitPlaces() const override { return {"", "backbone.body."}; }

 private:
  json settings_;
  MaskRcnn net_;
  int stage_ = -1;
};

bool Has(const WeightsFile& file, const std::string& name) { return file.tensors.count(name) > 0; }

// What the file to start from says about the network that it fits.
void FitToMaskRcnn(const WeightsFile& file, json& settings) {
  const std::string body = Has(file, "backbone.body.conv1.weight") ? "backbone.body." : "";
  if (Has(file, body + "layer3.6.conv1.weight")) settings["depth"] = 101;
  const bool group = Has(file, body + "bn1.weight") && !Has(file, body + "bn1.running_mean");
  settings["norm"] = group ? "group" : "frozen";
  if (group) settings["trainable_layers"] = 5;
  // torchvision's first Mask R-CNN file was trained when a frozen norm had no epsilon.
  const bool first_file =
      Has(file, "rpn.head.conv.weight") || Has(file, "rpn.head.conv.0.0.weight");
  if (first_file && !Has(file, "backbone.body.bn1.num_batches_tracked")) settings["eps"] = 0.0;
  TakeSettings(
      file, kMaskRcnn,
      {"depth", "width", "norm", "eps", "trainable_layers", "short_side", "most_long_side"},
      settings);
}

DetectPlan PlanMaskRcnn(const PlanInput& input) {
  DetectPlan plan;
  const bool scratch = input.init == nullptr;
  const double picture_side = std::max(1, std::min(input.picture.width, input.picture.height));
  const double animal_side = std::sqrt(std::max(1.0, input.median_area));
  double side = input.gpu ? kMaskRcnnSide : scratch ? kMaskRcnnScratchSide : kMaskRcnnProcessorSide;
  side = std::max(side, picture_side * kLeastMaskRcnnAnimal / animal_side);
  side = std::min(side, kMaskRcnnSide);
  if (scratch) side = std::min(side, std::max(picture_side, 128.0));
  if (input.options.size > 0) side = input.options.size;
  json& settings = plan.settings;
  settings = {{"depth", input.options.depth},
              {"width", input.options.width},
              {"norm", scratch ? "group" : "frozen"},
              {"eps", 1e-5},
              {"trainable_layers", scratch ? 5 : 3},
              {"short_side", static_cast<int>(std::lround(side / 32) * 32)},
              {"most_long_side", static_cast<int>(std::lround(side * 1333 / 800))},
              {"proposals", input.gpu ? 1000 : 300},
              {"sampled", input.gpu ? 512 : 128},
              {"detections", 100},
              {"staged", input.options.staged}};
  if (!scratch) {
    FitToMaskRcnn(*input.init, settings);
    CheckWidthOfInit(input.options.width, WidthSetting(settings, kMaskRcnn), input.options.init);
    if (input.options.size > 0) settings["short_side"] = input.options.size;
  }
  if (input.options.proposals > 0) settings["proposals"] = input.options.proposals;
  plan.batch = input.options.batch > 0 ? input.options.batch : input.gpu ? 8 : 2;
  plan.most_short_side = settings["short_side"].get<int>();

  TrainerOptions& trainer = plan.trainer;
  trainer.average_decay = scratch ? 0.99 : 0;
  trainer.clip_norm = 10;
  if (scratch) {
    trainer.optimizer = Optimizer::kAdamW;
    trainer.peak_rate = 2e-4;
    trainer.weight_decay = 0.02;
    trainer.steps = std::clamp(400 + 20 * input.labels, 500, 4000);
  } else {
    // Annolid's recipe, its rate scaled with the batch (Goyal et al. 2017); above a bare backbone
    // everything is new, and torchvision's rate for its reference training holds.
    const bool only_backbone = !Has(*input.init, "roi_heads.box_head.fc6.weight");
    trainer.optimizer = Optimizer::kSgd;
    trainer.peak_rate =
        only_backbone ? 0.02 * plan.batch / 16 : 0.0025 * std::max(0.25, plan.batch / 8.0);
    trainer.weight_decay = 5e-4;
    trainer.drop_at = {0.6, 0.85};
    trainer.warm_share = 0.05;
    trainer.warm_from = 0.01;
    trainer.steps = std::clamp((only_backbone ? 60 : 30) * input.labels / plan.batch, 300, 3000);
  }
  if (input.options.rate > 0) trainer.peak_rate = input.options.rate;
  if (input.options.steps > 0) trainer.steps = input.options.steps;
  if (!input.gpu) trainer.max_seconds = kProcessorMinutes * 60;
  trainer.validate_every =
      std::clamp<int64_t>(input.options.steps > 0 ? trainer.steps / 5 : 100, 10, 200);
  return plan;
}

}  // namespace

DetectorKind MaskRcnnKind() {
  return {kMaskRcnn,
          "Mask R-CNN: the most exact outlines, for a graphics card or public weights",
          {"depth", "width", "proposals", "staged"},
          [](int classes, const json& settings) -> std::unique_ptr<Detector> {
            return std::make_unique<MaskRcnnDetector>(classes, settings);
          },
          PlanMaskRcnn};
}

}  // namespace train
