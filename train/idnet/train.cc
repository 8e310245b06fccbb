#include <algorithm>
#include <chrono>
#include <filesystem>

#include "datasets/base/error.h"
#include "train/device.h"
#include "train/idnet/description.h"
#include "train/idnet/idnet.h"
#include "train/idnet/tasks.h"
#include "train/learn/split.h"
#include "train/learn/temperature.h"
#include "train/learn/training_record.h"
#include "train/weights/module_init.h"

namespace train {
namespace {

using datasets::Error;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr int kFrameBatch = 32, kDenseBatch = 16, kWindowBatch = 16, kWindowSteps = 500;
constexpr double kDefaultSeconds = 180;
constexpr double kFrameShare = 0.85;  // of time and progress

double Seconds(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class IdnetTraining {
 public:
  IdnetTraining(const TrainingData& data, const TrainOptions& options, std::string model_file,
                datasets::Job& job, const std::function<void(const TrainProgress&)>& on_progress)
      : data_(data),
        options_(options),
        model_file_(std::move(model_file)),
        job_(job),
        on_progress_(on_progress),
        device_(DeviceOf(options.device)) {
    CheckLabels(data);
    CheckModelFolder(model_file_);
    if (data.classes.size() < 2) {
      throw Error("model '" + options.model + "'", "there is only one name to give",
                  "label at least two animals by name");
    }
    const IdsegDescription described = DescribeLabels(data, job);
    description_.info = described.info;
    description_.info.architecture = options.model;
    description_.crop = described.crop;
    description_.dense = options.model == kIdnetDense;
    set_ = LoadLearningSet(data, described, job);
    const Split split = SplitByTime(data.frames, set_.classes, options.validation_share);
    for (size_t i = 0; i < set_.patches.size(); ++i) {
      const int source = set_.patches[i].source;
      const auto holds = [&](const std::vector<int>& list) {
        return std::find(list.begin(), list.end(), source) != list.end();
      };
      if (holds(split.learn)) learn_.push_back(static_cast<int>(i));
      if (holds(split.held)) held_.push_back(static_cast<int>(i));
    }
    if (learn_.empty()) throw Error("training labels", "no animal is large enough to look at");
    const auto seed = static_cast<uint64_t>(options.seed);
    torch::manual_seed(seed);
    frames_ = std::make_unique<IdFrameTask>(set_, description_.crop, learn_, held_,
                                            description_.dense, seed, device_,
                                            description_.dense ? kDenseBatch : kFrameBatch);
    windows_ = std::make_unique<IdWindowTask>(set_, data, description_.crop, frames_->net(), learn_,
                                              held_, seed, device_, kWindowBatch);
    if (!options.init.empty()) TakeOver();
    Plan();
    if (options.resume) Resume();
  }

  TrainResult Run() {
    try {
      RunPhase(*frame_trainer_, "learning crops", 0, kFrameShare);
      windows_->Prepare();
      RunPhase(*window_trainer_, "learning windows of crops", kFrameShare, 1 - kFrameShare);
    } catch (const datasets::Cancelled&) {
      SaveLast();
      if (frame_trainer_->state().step > 0) {
        frame_trainer_->UseBest();
        window_trainer_->UseBest();
        SaveModel(false);
      }
      throw;
    }
    SaveLast();
    SaveModel(true);
    TrainResult result;
    result.steps = static_cast<int>(TotalSteps());
    result.seconds = Seconds(start_);
    result.best_step = static_cast<int>(frame_trainer_->state().best_step);
    result.validation = Figures();
    return result;
  }

 private:
  int64_t TotalSteps() const {
    return frame_trainer_->state().step + window_trainer_->state().step;
  }

  void Plan() {
    TrainerOptions frames, windows;
    frames.steps = std::clamp(500 + 3 * static_cast<int>(learn_.size()), 600, 1200);
    windows.steps = kWindowSteps;
    double seconds = kDefaultSeconds;
    if (options_.steps > 0) {
      frames.steps = windows.steps = options_.steps;
      seconds = 0;
    }
    if (options_.minutes > 0) {
      seconds = options_.minutes * 60;
      if (options_.steps == 0) frames.steps = 1000000;
    }
    frames.validate_every = windows.validate_every =
        std::clamp<int64_t>(std::min(frames.steps, windows.steps) / 8, 25, 250);
    frames.patience = windows.patience = 20;
    frames.max_seconds = seconds * kFrameShare;
    windows.max_seconds = seconds * (1 - kFrameShare);
    frames.peak_rate = description_.dense ? 2.5e-4 : 2e-3;  // SIPEC: 2.5e-4 for DenseNet
    windows.peak_rate = 1e-3;
    frames.weight_decay = 0.05;
    frames.processor_time = windows.processor_time = options_.processor_time;
    planned_steps_ = frames.steps + windows.steps;
    frame_trainer_ = std::make_unique<Trainer>(*frames_, frames);
    window_trainer_ = std::make_unique<Trainer>(*windows_, windows);
  }

  // A model of this kind, whole or its frame half; for DenseNet also weights of the public network.
  void TakeOver() {
    InitOptions init;
    init.partial = true;
    init.places = {"", "frames.", "dense."};
    init.class_dependent = {"head.", "dense.classifier.", "small.head."};
    const InitReport report = InitModule(*frames_->net(), options_.init, init);
    job_.Advance(0, 0, report.Text());
  }

  std::string LastFile() const { return model_file_ + ".last"; }

  std::string Identity() const { return TrainingIdentity(data_, options_) + options_.model; }

  void Resume() {
    if (!std::filesystem::exists(LastFile())) {
      throw Error("checkpoint " + LastFile(), "there is none to go on from",
                  "train without --resume");
    }
    const WeightsFile file = ReadSafetensors(LastFile());
    const auto found = file.metadata.find("training");
    if (found == file.metadata.end() || found->second != Identity()) {
      throw Error("checkpoint " + LastFile(),
                  "it was made from other labels, another seed or another number of steps",
                  "train without --resume; --init takes over the weights of a model");
    }
    frame_trainer_->Load("frames.", file);
    window_trainer_->Load("windows.", file);
  }

  void RunPhase(Trainer& trainer, const std::string& what, double from, double weight) {
    trainer.Run(
        [&](const TrainerState& state) {
          if (on_progress_) {
            TrainProgress progress;
            progress.step = static_cast<int>(TotalSteps());
            progress.steps = static_cast<int>(std::max(planned_steps_, TotalSteps()));
            progress.loss = state.loss;
            progress.seconds = Seconds(start_);
            progress.validation = Figures();
            if (state.judged_step == state.step) progress.judged = state.figures;
            on_progress_(progress);
          }
          job_.Advance(from + weight * std::min(1.0, trainer.DoneShare()), 1,
                       what + ": step " + std::to_string(state.step));
        },
        [&](const TrainerState&) { SaveLast(); });
  }

  json Figures() const {
    json figures = json::object();
    for (const auto* trainer : {frame_trainer_.get(), window_trainer_.get()}) {
      if (trainer->state().best_figures.is_object()) figures.update(trainer->state().best_figures);
    }
    return figures;
  }

  void SaveLast() const {
    WeightsFile file;
    frame_trainer_->Save("frames.", file);
    window_trainer_->Save("windows.", file);
    file.metadata["training"] = Identity();
    WriteSafetensors(LastFile(), file);
  }

  // The modules hold the weights to keep.
  void SaveModel(bool windows_learned) {
    std::vector<std::vector<float>> scores;
    std::vector<int> classes;
    frames_->ScoreHeld(scores, classes);
    description_.frame_temperature = FitTemperature(scores, classes);
    if (windows_learned) windows_->ScoreHeld(scores, classes);
    description_.window_temperature = FitTemperature(scores, classes);
    json& record = description_.info.record;
    record = TrainingRecord(data_, options_, learn_.size(), held_.size());
    record["steps"] = TotalSteps();
    record["seconds"] = Seconds(start_);
    record["best_step"] = frame_trainer_->state().best_step;
    record["validation"] = Figures();
    WeightsFile file;
    file.metadata = ToMetadata(description_);
    StoreTensors(NamedValues(frames_->module()), "frames.", file);
    StoreTensors(NamedValues(windows_->module()), "windows.", file);
    WriteSafetensors(model_file_, file);
  }

  const TrainingData& data_;
  TrainOptions options_;
  std::string model_file_;
  datasets::Job& job_;
  std::function<void(const TrainProgress&)> on_progress_;
  torch::Device device_;
  Clock::time_point start_ = Clock::now();
  IdnetDescription description_;
  LearningSet set_;
  std::vector<int> learn_, held_;  // into set_.patches
  std::unique_ptr<IdFrameTask> frames_;
  std::unique_ptr<IdWindowTask> windows_;
  std::unique_ptr<Trainer> frame_trainer_, window_trainer_;
  int64_t planned_steps_ = 0;
};

}  // namespace

bool IsIdentityArchitecture(const std::string& architecture) {
  return architecture == kIdnet || architecture == kIdnetDense;
}

TrainResult TrainIdnet(const TrainingData& data, const TrainOptions& options,
                       const std::string& model_file, datasets::Job& job,
                       const std::function<void(const TrainProgress&)>& on_progress) {
  return IdnetTraining(data, options, model_file, job, on_progress).Run();
}

}  // namespace train
