#include <algorithm>

#include "datasets/base/error.h"
#include "train/base/device.h"
#include "train/idnet/description.h"
#include "train/idnet/idnet.h"
#include "train/idnet/tasks.h"
#include "train/learn/split.h"
#include "train/learn/temperature.h"
#include "train/learn/training_record.h"
#include "train/learn/training_run.h"
#include "train/weights/module_init.h"

namespace train {
namespace {

using datasets::Error;
using nlohmann::json;

constexpr int kFrameBatch = 32, kDenseBatch = 16, kWindowBatch = 16, kWindowSteps = 500;
constexpr double kSecondsAlone = 180;
constexpr double kFrameShare = 0.85;  // of time and progress

class IdnetTraining : public Family {
 public:
  IdnetTraining(const TrainingData& data, const TrainingRequest& request)
      : data_(data), options_(request.options), job_(request.job), run_(request) {
    const torch::Device device = DeviceOf(options_.device);
    CheckLabels(data);
    if (data.classes.size() < 2) {
      throw Error("model '" + options_.model + "'", "there is only one name to give",
                  "label at least two animals by name");
    }
    const IdsegDescription described = DescribeLabels(data, job_);
    description_.info = described.info;
    description_.info.architecture = options_.model;
    description_.crop = described.crop;
    description_.dense = options_.model == kIdnetDense;
    set_ = LoadLearningSet(data, described, job_);
    split_ = SplitByTime(data.frames, set_.classes, options_.validation_share);
    for (size_t i = 0; i < set_.patches.size(); ++i) {
      const int source = set_.patches[i].source;
      const auto holds = [&](const std::vector<int>& list) {
        return std::find(list.begin(), list.end(), source) != list.end();
      };
      if (holds(split_.learn)) learn_.push_back(static_cast<int>(i));
      if (holds(split_.held)) held_.push_back(static_cast<int>(i));
    }
    if (learn_.empty()) throw Error("training labels", "no animal is large enough to look at");
    const auto seed = static_cast<uint64_t>(options_.seed);
    torch::manual_seed(seed);
    frames_ = std::make_unique<IdFrameTask>(set_, description_.crop, learn_, held_,
                                            description_.dense, seed, device, Batch(FrameBatch()));
    windows_ = std::make_unique<IdWindowTask>(set_, data, description_.crop, frames_->net(), learn_,
                                              held_, seed, device, Batch(kWindowBatch));
    if (!options_.init.empty()) TakeOver();
    run_.Start(*this, Phases(), TrainingIdentity(data, options_) + options_.model);
  }

  TrainResult Run() { return run_.Run(); }

  LearningTask& Task(size_t phase) override {
    if (phase == kFrames) return *frames_;
    return *windows_;
  }

  void Calibrate() override {
    std::vector<std::vector<float>> scores;
    std::vector<int> classes;
    frames_->ScoreHeld(scores, classes);
    description_.frame_temperature = FitTemperature(scores, classes);
    if (run_.state(kWindows).finished) windows_->ScoreHeld(scores, classes);
    description_.window_temperature = FitTemperature(scores, classes);
  }

  std::map<std::string, std::string> Describe(json record) const override {
    record["labels"] = LabelsRecord(data_, learn_.size(), held_.size(), split_.learn);
    IdnetDescription description = description_;
    description.info.record = std::move(record);
    return ToMetadata(description);
  }

  std::vector<std::pair<std::string, NamedTensors>> Weights() override {
    std::vector<std::pair<std::string, NamedTensors>> weights;
    weights.emplace_back("frames.", NamedValues(frames_->module()));
    weights.emplace_back("windows.", NamedValues(windows_->module()));
    return weights;
  }

  bool Usable() const override { return run_.state(kFrames).step > 0; }

 private:
  static constexpr size_t kFrames = 0, kWindows = 1;  // phases

  int FrameBatch() const { return description_.dense ? kDenseBatch : kFrameBatch; }
  // --batch is said for single crops; the windows are as many fewer as they are by default.
  int Batch(int normal) const {
    return options_.batch > 0 ? std::max(1, options_.batch * normal / FrameBatch()) : normal;
  }

  std::vector<Phase> Phases() {
    Phase frames{"frames.", "learning crops", kFrameShare, {}};
    Phase windows{"windows.", "learning windows of crops", 1 - kFrameShare, {}};
    frames.open_end = true;
    frames.options.steps =
        run_.Steps(std::clamp(500 + 3 * static_cast<int>(learn_.size()), 600, 1200));
    windows.options.steps = run_.Steps(kWindowSteps);
    const double rate = description_.dense ? 2.5e-4 : 2e-3;  // SIPEC: 2.5e-4 for DenseNet
    frames.options.peak_rate = options_.rate > 0 ? options_.rate : rate;
    windows.options.peak_rate = options_.rate > 0 ? 1e-3 * options_.rate / rate : 1e-3;
    frames.options.weight_decay = 0.05;
    for (Phase* phase : {&frames, &windows}) {
      phase->options.validate_every =
          std::clamp<int64_t>(std::min(frames.options.steps, windows.options.steps) / 8, 25, 250);
      phase->options.patience = 20;
      phase->options.max_seconds = kSecondsAlone * phase->share;
    }
    windows.prepare = [this] { windows_->Prepare(); };
    return {frames, windows};
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

  const TrainingData& data_;
  const TrainOptions& options_;
  datasets::Job& job_;
  TrainingRun run_;
  IdnetDescription description_;
  LearningSet set_;
  Split split_;
  std::vector<int> learn_, held_;  // into set_.patches
  std::unique_ptr<IdFrameTask> frames_;
  std::unique_ptr<IdWindowTask> windows_;
};

}  // namespace

TrainResult TrainIdnet(const TrainingData& data, const TrainingRequest& request) {
  return IdnetTraining(data, request).Run();
}

}  // namespace train
