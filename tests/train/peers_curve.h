// A small training that several processes share, for peers_test.cc and the members it starts.
#pragma once

#include <torch/torch.h>

#include <optional>
#include <vector>

#include "train/learn/together.h"
#include "train/learn/trainer.h"
#include "train/nets/idseg.h"

namespace tests {

using namespace train;

// Names random pictures; a batch of `whole` is shared by the members.
class PictureTask : public LearningTask {
 public:
  PictureTask(Peers* peers, int batch) : share_(ShareOf(peers, batch)), net_(2, 3) {
    NormalizeOverPeers(*net_, peers);
  }
  torch::nn::Module& module() override { return *net_; }
  torch::Tensor Loss(int64_t step) override {
    torch::manual_seed(100 + step);
    const torch::Tensor pictures = torch::randn({share_.whole, 2, 32, 32});
    const torch::Tensor names = torch::randint(3, {share_.whole}, torch::kInt64);
    const int64_t end = share_.first + share_.count;
    return torch::nn::functional::cross_entropy(net_->forward(pictures.slice(0, share_.first, end)),
                                                names.slice(0, share_.first, end)) *
           (static_cast<double>(share_.count) / share_.whole);
  }
  std::optional<Validation> Validate() override { return std::nullopt; }

 private:
  BatchShare share_;
  CropNet net_;
};

// The loss of each of 25 steps; peers: null for one process alone.
inline std::vector<double> CurveOf(Peers* peers, int batch) {
  torch::manual_seed(peers ? 50 + peers->rank() : 50);  // all begin with the weights of rank 0
  PictureTask task(peers, batch);
  TrainerOptions options;
  options.steps = 25;
  options.peak_rate = 0.05;
  options.optimizer = Optimizer::kSgd;
  options.peers = peers;
  std::vector<double> losses;
  Trainer(task, options)
      .Run([&](const TrainerState& state) { losses.push_back(state.step_loss); },
           [](const TrainerState&) {});
  return losses;
}

}  // namespace tests
