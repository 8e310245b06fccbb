// YOLACT as a detector. Internal to train/ (torch types).
#pragma once

#include "train/detect/detector.h"
#include "train/nets/yolact/yolact_loss.h"

namespace train {

// Settings of a network: {"depth": 50, "side": 550, "features": 256, "frozen_norm": false}.
class YolactDetector : public Detector {
 public:
  YolactDetector(int classes, const nlohmann::json& settings);
  torch::nn::Module& module() override { return *net_; }
  nlohmann::json settings() const override;
  NamedLosses Losses(const std::vector<DetectSample>& batch) override;
  void LearnWith(Peers* peers) override;
  std::vector<std::vector<Found>> Infer(const std::vector<torch::Tensor>& images) override;
  void PrepareForInference(torch::ScalarType type) override { net_->Fold(type); }
  std::vector<std::string> ClassDependent() const override;
  // A bare ResNet's file belongs to the backbone.
  std::vector<std::string> InitPlaces() const override { return {"", "backbone."}; }

 private:
  torch::Device device() const;
  bool frozen_norm_ = false;
  YolactLossOptions loss_;
  Yolact net_;
};

}  // namespace train
