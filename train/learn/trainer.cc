#include "train/learn/trainer.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "datasets/base/error.h"
#include "datasets/base/process_memory.h"
#include "train/learn/training_record.h"
#include "train/learn/update.h"

namespace train {
namespace {

constexpr double kBeta1 = 0.9, kBeta2 = 0.99, kEpsilon = 1e-8;
constexpr int kBadStepsBeforeGoingBack = 3;
constexpr int kGoodEvery = 20;

double Now(bool processor_time) {
  if (processor_time) return ProcessorSeconds();
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

NamedTensors CloneAll(const NamedTensors& values) {
  NamedTensors copies;
  for (const auto& [name, tensor] : values) copies.emplace_back(name, tensor.detach().clone());
  return copies;
}

void CopyAll(const NamedTensors& from, const NamedTensors& to) {
  torch::NoGradGuard no_grad;
  for (size_t i = 0; i < from.size(); ++i) to[i].second.detach().copy_(from[i].second);
}

}  // namespace

Trainer::Trainer(LearningTask& task, const TrainerOptions& options)
    : task_(task), options_(options) {
  VOLE_CHECK(options.steps > 0 && options.validate_every > 0);
  for (const torch::Tensor& parameter : task.module().parameters()) {
    parameters_.push_back(parameter);
    first_.push_back(torch::zeros_like(parameter));
    if (options.optimizer == Optimizer::kAdamW) second_.push_back(torch::zeros_like(parameter));
  }
  if (options.peers) {
    std::vector<torch::Tensor> values;
    for (const auto& [name, value] : Live()) {
      if (value.is_floating_point()) values.push_back(value);
    }
    options.peers->CopyFirst(values);
  }
  average_ = averages() ? CloneAll(Live()) : Live();
  best_ = CloneAll(Live());
  good_ = CloneAll(Live());
}

NamedTensors Trainer::Live() const { return NamedValues(task_.module()); }

double Trainer::DoneShare() const {
  double share = static_cast<double>(state_.step) / static_cast<double>(options_.steps);
  if (options_.max_seconds > 0) share = std::max(share, state_.seconds / options_.max_seconds);
  return share;
}

double Trainer::Rate(double done_share) const {
  const double peak = options_.peak_rate * state_.rate_factor;
  const bool by_steps = options_.warm_steps >= 0;
  const double warm = by_steps ? 0 : options_.warm_share;
  const double warmed = by_steps ? static_cast<double>(state_.step) /
                                       std::max(1.0, static_cast<double>(options_.warm_steps))
                        : warm > 0 ? done_share / warm
                                   : 1;
  if (warmed < 1) {
    return peak *
           (options_.warm_from + (1 - options_.warm_from) * std::pow(warmed, options_.warm_power));
  }
  if (!options_.drop_at.empty()) {
    double rate = peak;
    for (double share : options_.drop_at) rate *= done_share >= share ? 0.1 : 1;
    return rate;
  }
  const double left = std::clamp((done_share - warm) / (1 - warm), 0.0, 1.0);
  return peak * (0.002 + 0.998 * 0.5 * (1 + std::cos(M_PI * left)));
}

bool Trainer::Healthy(double loss, double norm) const {
  return std::isfinite(loss) && std::isfinite(norm);
}

// The loss of the whole batch; gradients become those of the whole batch.
double Trainer::AddUp(const torch::Tensor& loss) {
  if (!options_.peers) return loss.item<double>();
  std::vector<torch::Tensor> gradients;
  for (torch::Tensor& parameter : parameters_) {
    if (!parameter.requires_grad()) continue;
    if (!parameter.grad().defined()) parameter.mutable_grad() = torch::zeros_like(parameter);
    gradients.push_back(parameter.grad());
  }
  options_.peers->Sum(gradients);
  const torch::Tensor sum = torch::full({1}, loss.item<double>(), torch::kFloat64);
  options_.peers->Sum({sum});
  return sum.item<double>();
}

// The same clock everywhere, and the same end.
void Trainer::Agree() {
  if (!options_.peers) return;
  const bool stop = options_.cancelled && options_.cancelled();
  const double seconds = options_.peers->rank() == 0 ? state_.seconds : 0.0;
  const torch::Tensor said = torch::tensor({seconds, stop ? 1.0 : 0.0}, torch::kFloat64);
  options_.peers->Sum({said});
  state_.seconds = said[0].item<double>();
  if (said[1].item<double>() > 0) throw datasets::Cancelled();
}

void Trainer::Update(double rate) {
  ++updates_;
  AdamWStep step{rate, 0, kBeta1, kBeta2, kEpsilon, 0, 0};
  step.correction1 = 1 - std::pow(kBeta1, static_cast<double>(updates_));
  step.correction2 = 1 - std::pow(kBeta2, static_cast<double>(updates_));
  for (size_t i = 0; i < parameters_.size(); ++i) {
    torch::Tensor& parameter = parameters_[i];
    const torch::Tensor& gradient = parameter.grad();
    if (!gradient.defined()) continue;
    if (options_.optimizer == Optimizer::kSgd) {
      UpdateSgd(parameter, gradient, first_[i], rate, options_.momentum, options_.weight_decay);
    } else {
      step.decay = parameter.dim() > 1 ? options_.weight_decay : 0;
      UpdateAdamW(parameter, gradient, first_[i], second_[i], step);
    }
  }
}

void Trainer::Average() {
  if (!averages()) return;
  torch::NoGradGuard no_grad;
  const double step = static_cast<double>(updates_);
  const double decay = std::min(options_.average_decay, (1 + step) / (10 + step));
  const NamedTensors live = Live();
  for (size_t i = 0; i < live.size(); ++i) {
    torch::Tensor& average = average_[i].second;
    if (average.is_floating_point()) {
      average.lerp_(live[i].second.detach(), 1 - decay);
    } else {
      average.copy_(live[i].second);
    }
  }
}

// Back to the last weights that were known to be good, at half the rate, with fresh moments.
void Trainer::GoBack() {
  CopyAll(good_, Live());
  torch::NoGradGuard no_grad;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    first_[i].zero_();
    if (!second_.empty()) second_[i].zero_();
  }
  updates_ = 0;
  state_.rate_factor *= 0.5;
  consecutive_bad_ = 0;
}

void Trainer::Step() {
  torch::nn::Module& module = task_.module();
  module.train();
  task_.AtShare(DoneShare());
  for (torch::Tensor& parameter : parameters_) {
    if (parameter.grad().defined()) parameter.mutable_grad().reset();
  }
  const NamedTensors buffers_before = [&] {
    NamedTensors copies;
    for (const auto& item : module.named_buffers()) {
      copies.emplace_back(item.key(), item.value().clone());
    }
    return copies;
  }();
  const auto RestoreBuffers = [&] {
    torch::NoGradGuard no_grad;
    size_t i = 0;
    for (const auto& item : module.named_buffers()) item.value().copy_(buffers_before[i++].second);
  };
  double value = 0;
  try {
    value = AddUp(task_.Learn(state_.step));
  } catch (const PeerLost&) {
    RestoreBuffers();
    throw;
  }
  const double norm = torch::nn::utils::clip_grad_norm_(parameters_, options_.clip_norm);
  state_.step_loss = value;
  if (Healthy(value, norm)) {
    Update(Rate(DoneShare()));
    Average();
    consecutive_bad_ = 0;
    state_.loss = state_.step == 0 ? value : 0.97 * state_.loss + 0.03 * value;
    if (updates_ % kGoodEvery == 0) CopyAll(Live(), good_);
  } else {
    // The statistics of the normalization saw the bad batch too.
    RestoreBuffers();
    ++state_.bad_steps;
    if (++consecutive_bad_ >= kBadStepsBeforeGoingBack) GoBack();
  }
  ++state_.step;
}

void Trainer::Judge() {
  const NamedTensors live = Live();
  const NamedTensors kept = averages() ? CloneAll(live) : NamedTensors();
  if (averages()) CopyAll(average_, live);
  task_.module().eval();
  std::optional<Validation> validation = task_.Validate();
  if (averages()) CopyAll(kept, live);
  if (validation && options_.peers) validation->score = options_.peers->OfFirst(validation->score);
  state_.figures = validation ? validation->figures : nlohmann::json();
  state_.judged_step = state_.step;
  const bool better = !validation || validation->score > state_.best_score;
  state_.since_best = better ? 0 : state_.since_best + 1;
  // Of equals the one that learned longest, above all while nothing is found yet.
  if (better || validation->score == state_.best_score) {
    CopyAll(average_, best_);
    state_.best_step = state_.step;
    if (validation) {
      state_.best_score = validation->score;
      state_.best_figures = validation->figures;
    }
  }
}

void Trainer::WithAverage(const std::function<void()>& look) {
  const auto start = Now(options_.processor_time);
  const NamedTensors live = Live();
  const NamedTensors kept = averages() ? CloneAll(live) : NamedTensors();
  if (averages()) CopyAll(average_, live);
  task_.module().eval();
  try {
    look();
  } catch (...) {
    if (averages()) CopyAll(kept, live);
    throw;
  }
  if (averages()) CopyAll(kept, live);
  state_.seconds += Now(options_.processor_time) - start;
}

void Trainer::Run(const std::function<void(const TrainerState&)>& on_step,
                  const std::function<void(const TrainerState&)>& on_validation) {
  const datasets::HeldMemory held;
  while (!state_.finished) {
    const auto start = Now(options_.processor_time);
    Step();
    const double step_end = state_.seconds + Now(options_.processor_time) - start;
    // The last validation belongs to the time that was granted.
    bool late = options_.max_seconds > 0 && step_end + judge_seconds_ >= options_.max_seconds;
    if (options_.peers && options_.max_seconds > 0) late = options_.peers->OfFirst(late) > 0;
    const bool over = state_.step >= options_.steps || late;
    const bool judge = over || state_.step % options_.validate_every == 0;
    if (judge) {
      const auto judge_start = Now(options_.processor_time);
      Judge();
      judge_seconds_ = Now(options_.processor_time) - judge_start;
    }
    state_.finished =
        over || (judge && options_.patience > 0 && state_.since_best >= options_.patience);
    state_.seconds += Now(options_.processor_time) - start;
    if (judge) {
      const auto save_start = Now(options_.processor_time);
      on_validation(state_);
      state_.seconds += Now(options_.processor_time) - save_start;
    }
    Agree();
    on_step(state_);
  }
  if (state_.bad_steps > options_.steps / 2) {
    throw datasets::Error("training", "most steps gave numbers that are not finite",
                          "check the labels and pictures, or train again with another seed");
  }
  UseBest();
}

void Trainer::UseBest() {
  CopyAll(state_.best_step > 0 ? best_ : average_, Live());
  task_.module().eval();
}

void Trainer::Save(const std::string& prefix, WeightsFile& file) const {
  StoreTensors(Live(), prefix + "live.", file);
  if (averages()) StoreTensors(average_, prefix + "average.", file);
  StoreTensors(best_, prefix + "best.", file);
  StoreTensors(good_, prefix + "good.", file);
  for (size_t i = 0; i < parameters_.size(); ++i) {
    StoreTensors({{std::to_string(i), first_[i]}}, prefix + "first.", file);
    if (!second_.empty()) StoreTensors({{std::to_string(i), second_[i]}}, prefix + "second.", file);
  }
  file.metadata[prefix + "state"] = nlohmann::json{
      {"step", state_.step},
      {"finished", state_.finished},
      {"seconds", state_.seconds},
      {"best_step", state_.best_step},
      {"best_score", state_.best_score},
      {"since_best", state_.since_best},
      {"bad_steps", state_.bad_steps},
      {"rate_factor", state_.rate_factor},
      {"loss", state_.loss},
      {"best_figures", state_.best_figures},
      {"updates", updates_},
      {"consecutive_bad",
       consecutive_bad_}}.dump();
}

void Trainer::Load(const std::string& prefix, const WeightsFile& file) {
  const auto found = file.metadata.find(prefix + "state");
  const nlohmann::json json = found == file.metadata.end()
                                  ? nlohmann::json()
                                  : nlohmann::json::parse(found->second, nullptr, false);
  TrainerState state;
  try {
    state.step = json.at("step").get<int64_t>();
    state.finished = json.at("finished").get<bool>();
    state.seconds = json.at("seconds").get<double>();
    state.best_step = json.at("best_step").get<int64_t>();
    state.best_score = json.at("best_score").get<double>();
    state.since_best = json.at("since_best").get<int64_t>();
    state.bad_steps = json.at("bad_steps").get<int64_t>();
    state.rate_factor = json.at("rate_factor").get<double>();
    state.loss = json.at("loss").get<double>();
    state.best_figures = json.at("best_figures");
    updates_ = json.at("updates").get<int64_t>();
    consecutive_bad_ = json.at("consecutive_bad").get<int>();
  } catch (const nlohmann::json::exception&) {
    throw datasets::Error("checkpoint", "it does not say how far the training was",
                          "train again without --resume");
  }
  LoadTensors(file, prefix + "live.", Live());
  if (averages()) LoadTensors(file, prefix + "average.", average_);
  LoadTensors(file, prefix + "best.", best_);
  LoadTensors(file, prefix + "good.", good_);
  for (size_t i = 0; i < parameters_.size(); ++i) {
    LoadTensors(file, prefix + "first.", {{std::to_string(i), first_[i]}});
    if (!second_.empty()) LoadTensors(file, prefix + "second.", {{std::to_string(i), second_[i]}});
  }
  state_ = state;
}

}  // namespace train
