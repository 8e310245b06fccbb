// What the points network learns from, for the trainer. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <memory>
#include <optional>
#include <vector>

#include "train/learn/trainer.h"
#include "train/nets/heat_net.h"
#include "train/points/samples.h"

namespace train {

// The network of that name, as it begins.
std::shared_ptr<HeatNetImpl> MakeHeatNet(const std::string& architecture, int points);

// -log likelihood of the labeled points under the maps [N, 4 K, H, W]: heat as a bump of
// kHeatSpread cells (cross-entropy), offsets around it (smooth L1), seen or hidden (cross-entropy).
// Missing points are left out. `targets`: [N][K].
torch::Tensor PointsLoss(const torch::Tensor& maps,
                         const std::vector<std::vector<PointTarget>>& targets);
// The same of maps of heat alone [N, K, H, W]: cross-entropy with a bump of `spread` cells.
torch::Tensor HeatLoss(const torch::Tensor& maps,
                       const std::vector<std::vector<PointTarget>>& targets, double spread);

// What held-back labels say about a point that was found.
struct JudgedPoint {
  double logit = 0;  // of its peak
  double error = 0;  // image pixels
  double share = 0;  // of the usual length
};

class PointsTask : public LearningTask {
 public:
  // free_turn: nothing says which way up the animal is. `learn`, `held`: into `samples`.
  PointsTask(const std::vector<PointsSample>& samples, const PointsDescription& description,
             int pixels, bool free_turn, std::vector<int> learn, std::vector<int> held,
             uint64_t seed, torch::Device device, int batch);
  torch::nn::Module& module() override { return *net_; }
  HeatNetImpl& net() { return *net_; }
  void AtShare(double done_share) override { done_share_ = done_share; }
  torch::Tensor Loss(int64_t step) override;
  std::optional<Validation> Validate() override;
  std::vector<JudgedPoint> JudgeHeld();

 private:
  const std::vector<PointsSample>& samples_;
  const PointsDescription& description_;
  int pixels_;
  bool free_turn_;
  std::vector<int> learn_, held_;
  uint64_t seed_;
  torch::Device device_;
  int batch_;
  double done_share_ = 0;  // of the schedule
  std::shared_ptr<HeatNetImpl> net_;
  std::vector<float> values_;
};

// The points of one piece of a picture by a network in evaluation mode, over AnsweringViews.
std::vector<MapPoint> Answer(HeatNetImpl& net, const torch::Device& device, const cv::Mat& bgr,
                             const cv::Rect& region, const cv::Mat& mask, const PointView& view,
                             int pixels, const PointsDescription& description);

}  // namespace train
