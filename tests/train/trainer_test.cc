#include "train/learn/trainer.h"

#include <cmath>
#include <limits>
#include <thread>

#include "datasets/base/error.h"
#include "tests/support/torch_doctest.h"

namespace trainer_test {

namespace {

using namespace train;

// y = 2 x - 1, with steps that give NaN on demand.
class LineTask : public LearningTask {
 public:
  explicit LineTask(std::vector<int64_t> bad_steps = {}, bool judged = true)
      : bad_steps_(std::move(bad_steps)), judged_(judged) {
    torch::manual_seed(3);
    net_ = torch::nn::Linear(1, 1);
  }
  torch::nn::Module& module() override { return *net_; }
  torch::Tensor Loss(int64_t step) override {
    const torch::Tensor x =
        torch::arange(8, torch::kFloat32).view({8, 1}) / 8 + 0.1 * static_cast<double>(step % 3);
    torch::Tensor loss = (net_->forward(x) - (2 * x - 1)).pow(2).mean();
    for (int64_t bad : bad_steps_) {
      if (bad == step) loss = loss * std::numeric_limits<float>::quiet_NaN();
    }
    return loss;
  }
  std::optional<Validation> Validate() override {
    if (!judged_) return std::nullopt;
    Validation validation;
    validation.score = 1 / (1 + std::abs(net_->weight.item<double>() - 2));
    validation.figures = {{"weight", net_->weight.item<double>()}};
    return validation;
  }
  double weight() const { return net_->weight.item<double>(); }

 private:
  std::vector<int64_t> bad_steps_;
  bool judged_;
  torch::nn::Linear net_{nullptr};
};

TrainerOptions Options(int64_t steps) {
  TrainerOptions options;
  options.steps = steps;
  options.peak_rate = 0.1;
  options.weight_decay = 0;
  options.average_decay = 0.9;
  options.validate_every = 20;
  return options;
}

void RunAll(Trainer& trainer) {
  trainer.Run([](const TrainerState&) {}, [](const TrainerState&) {});
}

}  // namespace

TEST_CASE("the loop fits a line") {
  LineTask task;
  Trainer trainer(task, Options(1000));
  RunAll(trainer);
  CHECK(task.weight() == doctest::Approx(2).epsilon(0.02));
  CHECK(trainer.state().finished);
  CHECK(trainer.state().bad_steps == 0);
  CHECK(trainer.state().best_figures.at("weight") == doctest::Approx(task.weight()));
}

TEST_CASE("steps that give NaN are skipped, and many in a row bring back good weights") {
  LineTask task({0, 40, 41, 42, 43, 44, 45, 100});
  Trainer trainer(task, Options(2000));
  RunAll(trainer);
  CHECK(trainer.state().bad_steps == 8);
  CHECK(trainer.state().rate_factor < 1);
  CHECK(task.weight() == doctest::Approx(2).epsilon(0.05));
}

TEST_CASE("a training that gives nothing but NaN ends in an error, not in a broken model") {
  std::vector<int64_t> all;
  for (int64_t i = 0; i < 30; ++i) all.push_back(i);
  LineTask task(all);
  const double before = task.weight();
  Trainer trainer(task, Options(30));
  CHECK_THROWS_AS(RunAll(trainer), datasets::Error);
  CHECK(task.weight() == before);
}

TEST_CASE("a checkpoint continues exactly where it was made") {
  LineTask whole;
  Trainer uninterrupted(whole, Options(100));
  RunAll(uninterrupted);
  for (int64_t stop : {1, 19, 20, 77}) {
    CAPTURE(stop);
    WeightsFile file;
    {
      LineTask task;
      Trainer trainer(task, Options(100));
      CHECK_THROWS_AS(trainer.Run(
                          [&](const TrainerState& state) {
                            if (state.step == stop) throw datasets::Cancelled();
                          },
                          [](const TrainerState&) {}),
                      datasets::Cancelled);
      trainer.Save("x.", file);
    }
    LineTask task;
    Trainer trainer(task, Options(100));
    trainer.Load("x.", file);
    CHECK(trainer.state().step == stop);
    RunAll(trainer);
    CHECK(task.weight() == whole.weight());
    CHECK(trainer.state().best_step == uninterrupted.state().best_step);
  }
}

TEST_CASE("of trainings that are judged alike the longest is kept") {
  class Blind : public LineTask {
   public:
    std::optional<Validation> Validate() override { return Validation{0, {}}; }
  } task;
  Trainer trainer(task, Options(100));
  RunAll(trainer);
  CHECK(trainer.state().best_step == 100);
  CHECK(trainer.state().since_best == 4);  // and nothing became better
}

TEST_CASE("training stops when validation no longer improves, or when its time is over") {
  LineTask task;
  TrainerOptions options = Options(100000);
  options.patience = 3;
  options.peak_rate = 0;  // nothing ever improves
  Trainer trainer(task, options);
  RunAll(trainer);
  CHECK(trainer.state().step == 4 * options.validate_every);

  LineTask hurried(std::vector<int64_t>{}, false);
  options = Options(1000000000);
  options.max_seconds = 0.05;
  Trainer timed(hurried, options);
  RunAll(timed);
  CHECK(timed.state().finished);
}

TEST_CASE("a checkpoint of something else is refused") {
  LineTask task;
  Trainer trainer(task, Options(10));
  CHECK_THROWS_AS(trainer.Load("x.", WeightsFile{}), datasets::Error);
}

TEST_CASE("time may be the processor's: what others take of the machine is not counted") {
  class Waiting : public LineTask {
   public:
    torch::Tensor Loss(int64_t step) override {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      return LineTask::Loss(step);
    }
  };
  TrainerOptions options = Options(30);
  options.max_seconds = 0.4;
  Waiting by_clock;
  Trainer early(by_clock, options);
  RunAll(early);
  CHECK(early.state().step < 30);
  options.processor_time = true;
  Waiting by_processor;
  Trainer whole(by_processor, options);
  RunAll(whole);
  CHECK(whole.state().step == 30);
}

}  // namespace trainer_test
