// The one training loop: AdamW (Loshchilov & Hutter 2019) with a one-cycle rate (Smith & Topin
// 2019), or SGD with momentum and a rate that drops in steps; an exponential moving average of the
// weights, validation, checkpoints that continue exactly where they stopped, and a guard against
// numbers that are not numbers. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

#include "datasets/base/job.h"
#include "train/peers/peers.h"
#include "train/weights/module_weights.h"

namespace train {

struct Validation {
  double score = 0;  // higher is better
  nlohmann::json figures;
};

// What is learned. A step depends on its number alone, never on the steps before it.
class LearningTask {
 public:
  virtual ~LearningTask() = default;
  virtual torch::nn::Module& module() = 0;
  // The loss of step `step` (0-based), in training mode, with its graph. With other processes: what
  // this one adds to the loss of the whole batch.
  virtual torch::Tensor Loss(int64_t step) = 0;
  // Adds the gradients of that loss to the module's and returns its value.
  virtual torch::Tensor Learn(int64_t step) {
    const torch::Tensor loss = Loss(step);
    loss.backward();
    return loss.detach();
  }
  // Before each step, with the share of the schedule that is behind, 0..1 and beyond: what learns
  // may change with it.
  virtual void AtShare(double done_share) { (void)done_share; }
  // Judges the module as it is now, in evaluation mode; nullopt when nothing is held back.
  virtual std::optional<Validation> Validate() = 0;
};

enum class Optimizer {
  kAdamW,  // weight decay apart from the gradient, on weights of two and more dimensions
  kSgd,    // as torch.optim.SGD: momentum, weight decay within the gradient, on every weight
};

struct TrainerOptions {
  int64_t steps = 1000;
  double peak_rate = 2e-3;
  double warm_share = 0.1;  // of the steps, rate rising
  double warm_from = 0.04;  // of the peak rate, at the first step
  double warm_power = 1;    // 1: rises straight; darknet's burn-in: 4
  int64_t warm_steps = -1;  // instead of the share, when >= 0
  // Shares of the schedule at which the rate falls to a tenth; empty: half a cosine down to 0.2 %.
  std::vector<double> drop_at;
  Optimizer optimizer = Optimizer::kAdamW;
  double momentum = 0.9;  // of kSgd
  double weight_decay = 1e-2;
  double clip_norm = 5;
  double average_decay = 0.995;  // of the moving average; shorter in the first steps; 0: none
  int64_t validate_every = 200;
  int patience = 0;             // validations without a better score before it stops; 0: never
  double max_seconds = 0;       // the schedule also ends by this time; 0: steps alone decide
  bool processor_time = false;  // seconds of this process on all processors, not of the clock
  // Processes that learn the same: gradients and losses are added up over them, and the clock and
  // the validation of rank 0 decide for all. None: this process alone.
  Peers* peers = nullptr;
  // With peers: asked after each step; true anywhere makes Run throw Cancelled everywhere.
  std::function<bool()> cancelled;
};

// All that is needed to go on.
struct TrainerState {
  int64_t step = 0;  // steps done
  bool finished = false;
  double seconds = 0;  // spent so far
  int64_t best_step = 0;
  double best_score = -1;
  int64_t since_best = 0;  // validations
  int64_t bad_steps = 0;   // steps skipped because of NaN or infinity
  double rate_factor = 1;  // halved by the guard
  double loss = 0;         // moving average
  double step_loss = 0;    // of the last step alone; not kept in checkpoints
  nlohmann::json best_figures;
  nlohmann::json figures;   // of the last validation; not kept in checkpoints
  int64_t judged_step = 0;  // when that was; 0: never
};

class Trainer {
 public:
  Trainer(LearningTask& task, const TrainerOptions& options);
  // Runs to the end of the schedule; afterwards the module holds the best averaged weights, in
  // evaluation mode. `on_step(state)` may throw (a cancel): the state is whole then, and the call
  // may be repeated. `on_validation` is called after each validation, a good moment to save.
  void Run(const std::function<void(const TrainerState&)>& on_step,
           const std::function<void(const TrainerState&)>& on_validation);

  const TrainerState& state() const { return state_; }
  void Save(const std::string& prefix, WeightsFile& file) const;
  // Throws Error when the file does not fit the module.
  void Load(const std::string& prefix, const WeightsFile& file);
  // Puts the best averaged weights (the latest average when nothing was validated yet) into the
  // module: a usable model at any time.
  void UseBest();
  // Calls `look` while the module holds the averaged weights, in evaluation mode, and puts the
  // learning ones back; what it takes counts as time of the training.
  void WithAverage(const std::function<void()>& look);
  // How much of the schedule is behind, by steps or by time, whichever is further; 0..1 and beyond.
  double DoneShare() const;

 private:
  double Rate(double done_share) const;
  bool averages() const { return options_.average_decay > 0; }
  void Step();
  void Update(double rate);
  void Average();
  bool Healthy(double loss, double norm) const;
  double AddUp(const torch::Tensor& loss);
  void Agree();
  void GoBack();
  void Judge();
  NamedTensors Live() const;

  LearningTask& task_;
  TrainerOptions options_;
  TrainerState state_;
  std::vector<torch::Tensor> parameters_;
  std::vector<torch::Tensor> first_, second_;  // AdamW's moments; kSgd has only the first
  NamedTensors average_;  // the live weights themselves where there is no average
  NamedTensors best_, good_;
  int64_t updates_ = 0;
  int consecutive_bad_ = 0;
  double judge_seconds_ = 0;  // what the last validation took
};

}  // namespace train
