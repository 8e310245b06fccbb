// The one training loop: AdamW (Loshchilov & Hutter 2019) with a one-cycle rate (Smith & Topin
// 2019), an exponential moving average of the weights, validation, checkpoints that continue
// exactly where they stopped, and a guard against numbers that are not numbers. Internal to train/
// (torch types).
#pragma once

#include <torch/torch.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>

#include "datasets/base/job.h"
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
  // The loss of step `step` (0-based), in training mode, with its graph.
  virtual torch::Tensor Loss(int64_t step) = 0;
  // Judges the module as it is now, in evaluation mode; nullopt when nothing is held back.
  virtual std::optional<Validation> Validate() = 0;
};

struct TrainerOptions {
  int64_t steps = 1000;
  double peak_rate = 2e-3;
  double warm_share = 0.1;  // of the steps, rate rising
  double weight_decay = 1e-2;
  double clip_norm = 5;
  double average_decay = 0.995;  // of the moving average; shorter in the first steps
  int64_t validate_every = 200;
  int patience = 0;        // validations without a better score before it stops; 0: never
  double max_seconds = 0;  // the schedule also ends by this time; 0: steps alone decide
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
  nlohmann::json best_figures;
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
  // How much of the schedule is behind, by steps or by time, whichever is further; 0..1 and beyond.
  double DoneShare() const;

 private:
  double Rate(double done_share) const;
  void Step();
  void Update(double rate);
  void Average();
  bool Healthy(const torch::Tensor& loss, double norm) const;
  void GoBack();
  void Judge();
  NamedTensors Live() const;

  LearningTask& task_;
  TrainerOptions options_;
  TrainerState state_;
  std::vector<torch::Tensor> parameters_;
  std::vector<torch::Tensor> first_, second_;  // AdamW's moments
  NamedTensors average_, best_, good_;
  int64_t updates_ = 0;
  int consecutive_bad_ = 0;
};

}  // namespace train
