#include "train/detect/yolact_detector.h"

#include <algorithm>
#include <cmath>

#include "train/detect/settings.h"
#include "train/nets/yolact/yolact_detect.h"
#include "train/nets/yolact/yolact_loss.h"

namespace train {
namespace {

using nlohmann::json;

YolactConfig ConfigOf(int classes, const json& settings) {
  YolactConfig config;
  config.classes = classes + 1;
  config.depth = Setting(settings, "yolact", "depth", config.depth, 18, 152);
  config.width = WidthSetting(settings, "yolact");
  config.side = Setting(settings, "yolact", "side", config.side, 64, 2048);
  config.features = Setting(settings, "yolact", "features", config.features, 8, 1024);
  return config;
}

YolactTruth TruthOf(const DetectSample& sample, int side) {
  const float width = static_cast<float>(sample.image.size(2));
  const float height = static_cast<float>(sample.image.size(1));
  const torch::Tensor scale = torch::tensor({width, height, width, height});
  YolactTruth truth;
  truth.boxes = sample.boxes / scale;
  truth.labels = sample.labels - 1;
  truth.seed = sample.seed;
  truth.crowd_boxes = sample.crowd_boxes / scale;
  const torch::Tensor masks = sample.masks.to(torch::kFloat32);
  truth.masks = masks.size(0) == 0 ? torch::zeros({0, side, side})
                                   : torch::upsample_bilinear2d(masks.unsqueeze(0), {side, side},
                                                                /*align_corners=*/false)
                                         .squeeze(0)
                                         .gt(0.5)
                                         .to(torch::kFloat32);
  return truth;
}

}  // namespace

YolactDetector::YolactDetector(int classes, const json& settings)
    : frozen_norm_(settings.value("frozen_norm", false)), net_(ConfigOf(classes, settings)) {
  net_->InitWeights();
  net_->CalmStart();
}

json YolactDetector::settings() const {
  return {{"depth", net_->config.depth},
          {"width", net_->config.width},
          {"side", net_->config.side},
          {"features", net_->config.features},
          {"frozen_norm", frozen_norm_}};
}

torch::Device YolactDetector::device() const { return net_->parameters().front().device(); }

NamedLosses YolactDetector::Losses(const std::vector<DetectSample>& batch) {
  if (frozen_norm_) net_->FreezeNorms();
  const int side = net_->config.side;
  std::vector<torch::Tensor> images;
  std::vector<YolactTruth> truths;
  for (const DetectSample& sample : batch) {
    images.push_back(YolactInput(sample.image, side));
    YolactTruth truth = TruthOf(sample, side);
    for (auto* part : {&truth.boxes, &truth.labels, &truth.masks, &truth.crowd_boxes}) {
      *part = part->to(device());
    }
    truths.push_back(std::move(truth));
  }
  const torch::Tensor x = torch::cat(images).contiguous(torch::MemoryFormat::ChannelsLast);
  return YolactLosses(net_->forward(x.to(device())), truths, loss_);
}

void YolactDetector::LearnWith(Peers* peers) {
  loss_.peers = peers;
  NormalizeResNetOverPeers(*net_, peers);
}

std::vector<std::vector<Found>> YolactDetector::Infer(const std::vector<torch::Tensor>& images) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> inputs;
  for (const torch::Tensor& image : images) {
    inputs.push_back(YolactInput(image, net_->config.side));
  }
  const torch::Tensor x = torch::cat(inputs).contiguous(torch::MemoryFormat::ChannelsLast);
  const YolactOutput output = net_->forward(x.to(device()));
  std::vector<std::vector<Found>> all;
  for (size_t i = 0; i < images.size(); ++i) {
    const cv::Size picture(static_cast<int>(images[i].size(2)),
                           static_cast<int>(images[i].size(1)));
    const torch::Tensor proto = output.proto[static_cast<int64_t>(i)].to(torch::kCPU);
    const YolactFound detections = DetectYolact(output, static_cast<int64_t>(i));
    std::vector<Found> found;
    for (int64_t k = 0; k < detections.scores.size(0); ++k) {
      Found one;
      one.label = static_cast<int>(detections.labels[k].item<int64_t>()) + 1;
      one.score = detections.scores[k].item<float>();
      for (int64_t j = 0; j < 4; ++j) {
        const float extent = static_cast<float>(j % 2 == 0 ? picture.width : picture.height);
        one.box[j] = std::clamp(detections.boxes[k][j].item<float>(), 0.f, 1.f) * extent;
      }
      const YolactMask mask = MaskOfYolact(proto, detections.coef[k], detections.boxes[k], picture);
      if (mask.region.empty()) continue;  // nothing of it can be shown
      one.region = mask.region;
      one.mask = mask.mask;
      one.certainty = mask.certainty;
      const torch::Tensor scores = detections.class_scores[k].contiguous();
      one.class_scores.assign(scores.data_ptr<float>(), scores.data_ptr<float>() + scores.numel());
      found.push_back(std::move(one));
    }
    all.push_back(std::move(found));
  }
  return all;
}

std::vector<std::string> YolactDetector::ClassDependent() const {
  return {"prediction_layers.0.conf_layer.", "semantic_seg_conv.", "fc."};
}

}  // namespace train
