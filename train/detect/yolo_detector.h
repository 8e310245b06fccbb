// YOLOv3 and YOLOv3-tiny as detectors. They find boxes only: an animal's outline is its box.
// Internal to train/ (torch types).
#pragma once

#include "train/detect/detector.h"
#include "train/nets/yolo.h"

namespace train {

constexpr int kYoloSide = 416;

// Settings of a network: {"width": 416, "height": 416, "divisor": 1, "rescale": false,
// "momentum": 0.01}. Sides are
// multiples of 32; `divisor` narrows every layer; `rescale` trains at sizes from 1/1.4 to 1.4 times
// the given one, drawn anew for each batch (darknet: every ten); `momentum` is that of the
// normalization's statistics (short trainings need more than darknet's).
class YoloDetector : public Detector {
 public:
  YoloDetector(bool tiny, int classes, const nlohmann::json& settings);
  torch::nn::Module& module() override { return *net_; }
  nlohmann::json settings() const override;
  NamedLosses Losses(const std::vector<DetectSample>& batch) override;
  // Every box above .005 that its class's suppression at .45 leaves, as darknet's `detector map`
  // wants them; a box with several likely classes stands once under each. Pictures are stretched to
  // the network's input, not letterboxed.
  std::vector<std::vector<Found>> Infer(const std::vector<torch::Tensor>& images) override;
  void PrepareForInference(torch::ScalarType type) override;
  std::vector<std::string> ClassDependent() const override;
  int TakeOverUnnamed(const std::string& file) override;
  void LearnWith(Peers* peers) override;
  Darknet& net() { return net_; }

 private:
  torch::Device device() const;
  int width_ = 416, height_ = 416, divisor_ = 1;
  bool rescale_ = false;
  double momentum_ = 0.01;
  YoloLossOptions loss_;
  Darknet net_;
};

// The nearest side that the networks take.
int RoundedYoloSide(double side);

}  // namespace train
