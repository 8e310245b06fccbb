// A network that sees a DiscWorld: the number of a frame stands in the first pixels of its picture.
#pragma once

#include <vector>

#include "tests/infer/disc_world.h"
#include "train/base/predictor.h"

namespace tests {

class DiscSeer : public train::Predictor {
 public:
  explicit DiscSeer(const DiscWorld& world) : world_(world), info_(world.Info()) {}
  const train::ModelInfo& info() const override { return info_; }
  std::vector<train::FrameDetections> Predict(const std::vector<cv::Mat>& frames,
                                              const cv::Mat&) override {
    std::vector<train::FrameDetections> found;
    for (const cv::Mat& picture : frames) found.push_back(world_.Detect(*picture.ptr<int>()));
    return found;
  }
  std::vector<std::vector<float>> NameCrops(const cv::Mat&,
                                            const std::vector<train::Detection>&) override {
    return {};
  }

 private:
  const DiscWorld& world_;
  train::ModelInfo info_;
};

}  // namespace tests
