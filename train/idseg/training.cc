#include "train/idseg/training.h"

#include <chrono>
#include <cmath>
#include <filesystem>

#include "datasets/base/error.h"
#include "train/device.h"
#include "train/idseg/tasks.h"
#include "train/learn/split.h"
#include "train/learn/together.h"
#include "train/learn/training_record.h"
#include "train/learn/training_samples.h"
#include "train/picture/picture_model.h"
#include "train/weights/public_files.h"
#include "train/weights/weights_file.h"

namespace train {
namespace {

using datasets::Error;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr int kSegBatch = 8, kSegSide = 160, kCropBatch = 32;
constexpr double kDefaultSeconds = 240;  // for both networks, unless steps or minutes are given
// The pixels also read the place of an animal, which changes: their opinion is never taken at its
// own word.
constexpr double kLeastPixelTemperature = 2;
constexpr double kSegTimeShare = 0.65;  // of the time, when there are crops to name too

double Seconds(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class IdsegTraining {
 public:
  IdsegTraining(const TrainingData& data, const TrainOptions& options, std::string model_file,
                datasets::Job& job, const std::function<void(const TrainProgress&)>& on_progress,
                const OnSample& on_sample)
      : data_(data),
        options_(options),
        model_file_(std::move(model_file)),
        job_(job),
        on_progress_(on_progress),
        on_sample_(on_sample),
        device_(DeviceOf(options.device)) {
    CheckModelFolder(model_file_);
    peers_ = MeetOthers(data, options);
    description_ = DescribeLabels(data, job);
    picture_model_ = LearnPictureModel(data, job);
    set_ = LoadLearningSet(data, description_, job);
    split_ = SplitByTime(data.frames, set_.classes, options.validation_share);
    turns_ = std::make_unique<SampleTurns>(data, split_);
    const uint64_t seed = static_cast<uint64_t>(options.seed);
    torch::manual_seed(seed);
    seg_ = std::make_unique<SegTask>(set_, data, description_, split_.learn, split_.held, seed,
                                     device_, ShareOf(peers_.get(), Batch(kSegBatch)), kSegSide);
    if (description_.crop.side_in_image > 0) {
      crop_ = std::make_unique<CropTask>(set_, description_, split_.learn, split_.held, seed,
                                         device_, ShareOf(peers_.get(), Batch(kCropBatch)));
    }
    if (!options.init.empty()) TakeOver(options.init);
    Plan();
    if (options.resume) Resume();
  }

  TrainResult Run() {
    try {
      RunPhase(*seg_trainer_, "learning outlines", 0, SegWeight());
      if (crop_) RunPhase(*crop_trainer_, "learning who is who", SegWeight(), 1 - SegWeight());
    } catch (const datasets::Cancelled&) {
      KeepBest();
      throw;
    } catch (const PeerLost&) {
      KeepBest();
      throw;
    }
    SaveLast();
    SaveModel();
    TrainResult result;
    result.steps = static_cast<int>(TotalSteps());
    result.seconds = Seconds(start_);
    result.best_step = static_cast<int>(seg_trainer_->state().best_step);
    result.validation = Figures();
    return result;
  }

 private:
  // --batch is said for outlines; the crops are as many more as they are by default.
  int Batch(int normal) const {
    return options_.batch > 0 ? options_.batch * normal / kSegBatch : normal;
  }
  double SegWeight() const { return crop_ ? kSegTimeShare : 1; }
  int64_t TotalSteps() const {
    return seg_trainer_->state().step + (crop_ ? crop_trainer_->state().step : 0);
  }

  void Plan() {
    const int labels = static_cast<int>(split_.learn.size());
    TrainerOptions seg, crop;
    seg.steps = std::clamp(500 + 7 * labels, 600, 1600);
    crop.steps = std::clamp(500 + 5 * labels, 600, 1200);
    double seconds = kDefaultSeconds;
    if (options_.steps > 0) {
      seg.steps = crop.steps = options_.steps;
      seconds = 0;
    }
    const int64_t every = std::clamp<int64_t>(seg.steps / 8, 25, 250);
    if (options_.minutes > 0) {
      // Reading the labels before and writing the model afterwards belong to it.
      constexpr double kWritingSeconds = 2;
      const double granted = options_.minutes * 60;
      const double spent = options_.processor_time ? ProcessorSeconds() : Seconds(start_);
      seconds = std::max(0.5 * granted, granted - spent - kWritingSeconds);
      if (options_.steps == 0) seg.steps = crop.steps = 1000000;
    }
    seg.validate_every = crop.validate_every = every;
    seg.patience = crop.patience = 20;
    seg.max_seconds = seconds * SegWeight();
    crop.max_seconds = seconds * (1 - SegWeight());
    seg.peak_rate = options_.rate > 0 ? options_.rate : 3e-3;
    crop.peak_rate = seg.peak_rate * 2 / 3;
    crop.weight_decay = 0.05;
    for (TrainerOptions* trainer : {&seg, &crop}) {
      trainer->peers = peers_.get();
      trainer->processor_time = options_.processor_time;
      trainer->cancelled = [this] { return job_.cancelled(); };
    }
    seg_trainer_ = std::make_unique<Trainer>(*seg_, seg);
    if (crop_) crop_trainer_ = std::make_unique<Trainer>(*crop_, crop);
    planned_steps_ = seg.steps + (crop_ ? crop.steps : 0);
  }

  void TakeOver(const std::string& file_name) {
    const WeightsFile file = ReadNamedWeights(FindWeights(file_name));
    int taken = LoadMatchingTensors(file, "seg.", NamedValues(seg_->module()));
    if (crop_) taken += LoadMatchingTensors(file, "crop.", NamedValues(crop_->module()));
    if (taken == 0) {
      throw Error("weights " + file_name, "none of them fit this network",
                  "choose a model of the same architecture, or train without --init");
    }
  }

  // Members of a group end together: the trainer asks them after each step.
  void Report(double share, const std::string& text) {
    try {
      job_.Advance(share, 1, text);
    } catch (const datasets::Cancelled&) {
      if (!peers_) throw;
    }
  }

  // Before the end of the schedule: what --resume needs, and the best model so far.
  void KeepBest() {
    SaveLast();
    if (seg_trainer_->state().step == 0) return;
    seg_trainer_->UseBest();
    if (crop_) crop_trainer_->UseBest();
    SaveModel();
  }

  std::string LastFile() const { return model_file_ + ".last"; }

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
    seg_trainer_->Load("seg.", file);
    if (crop_) crop_trainer_->Load("crop.", file);
  }

  std::string Identity() const { return TrainingIdentity(data_, options_); }

  void RunPhase(Trainer& trainer, const std::string& what, double from, double weight) {
    const int64_t first_step = trainer.state().step;
    const auto phase_start = Clock::now();
    const double first_share = trainer.DoneShare();
    trainer.Run(
        [&](const TrainerState& state) {
          const double share = std::min(1.0, trainer.DoneShare());
          const double gained = share - first_share;
          std::string text = what + ": step " + std::to_string(state.step);
          if (gained > 0 && state.step - first_step >= 5) {
            double left = Seconds(phase_start) / gained * (1 - share);
            if (crop_ && &trainer == seg_trainer_.get()) {
              left += Seconds(phase_start) / gained * (1 - kSegTimeShare) / kSegTimeShare;
            }
            text += ", about " + DurationWords(left) + " left";
          }
          if (on_progress_) {
            TrainProgress progress;
            progress.step = static_cast<int>(TotalSteps());
            progress.steps = static_cast<int>(std::max(planned_steps_, TotalSteps()));
            progress.loss = state.loss;
            progress.step_loss = state.step_loss;
            progress.seconds = Seconds(start_);
            progress.validation = Figures();
            if (state.judged_step == state.step) progress.judged = state.figures;
            on_progress_(progress);
          }
          if (on_sample_) ShowSamples(trainer);
          Report(from + weight * share, text);
        },
        [&](const TrainerState&) { SaveLast(); });
  }

  void ShowSamples(Trainer& trainer) {
    const TrainerState& state = trainer.state();
    const bool judged = state.judged_step == state.step;
    const double start = Seconds(start_);
    if (!turns_->Due(start, judged, state.finished)) return;
    const bool naming = crop_ && &trainer == crop_trainer_.get();
    trainer.WithAverage([&] {
      for (const int at : turns_->Next()) {
        const ScaledFrame& frame = set_.frames[static_cast<size_t>(at)];
        const std::vector<Detection> found = seg_->Detect(at);
        TrainSample sample =
            MakeSample(data_, at, frame.Picture(), frame.image_size, found,
                       naming ? crop_->Name(data_.picture(at), found) : std::vector<int>());
        sample.step = static_cast<int>(TotalSteps());
        sample.held_back = turns_->held_back();
        on_sample_(sample);
      }
    });
    turns_->Shown(Seconds(start_), Seconds(start_) - start, judged);
  }

  json Figures() const {
    json figures = seg_trainer_->state().best_figures;
    if (crop_ && crop_trainer_->state().best_figures.is_object()) {
      if (!figures.is_object()) figures = json::object();
      figures.update(crop_trainer_->state().best_figures);
    }
    return figures;
  }

  void SaveLast() const {
    if (!Writes(peers_)) return;
    WeightsFile file;
    seg_trainer_->Save("seg.", file);
    if (crop_) crop_trainer_->Save("crop.", file);
    file.metadata["training"] = Identity();
    WriteSafetensors(LastFile(), file);
  }

  // The modules hold the weights to keep.
  void SaveModel() {
    if (!Writes(peers_)) return;
    IdsegDescription description = description_;
    const bool named = crop_ && crop_trainer_->state().step > 0;
    if (named) {
      std::vector<std::vector<float>> scores;
      std::vector<int> classes;
      crop_->ScoreHeld(scores, classes);
      description.crop_temperature = FitTemperature(scores, classes);
    } else {
      description.crop.side_in_image = 0;
    }
    if (set_.classes > 1)
      description.pixel_temperature = std::max(kLeastPixelTemperature, seg_->FitPixelTemperature());
    json& record = description.info.record;
    record = TrainingRecord(data_, options_, split_.learn.size(), split_.held.size());
    record["steps"] = TotalSteps();
    record["seconds"] = Seconds(start_);
    record["best_step"] = seg_trainer_->state().best_step;
    record["loss"] = seg_trainer_->state().loss;
    record["skipped_steps"] = seg_trainer_->state().bad_steps;
    record["validation"] = Figures();
    record["labels"]["learned_frames"] = LearnedFrames(data_, split_.learn);
    record["picture_model"] = ToJson(picture_model_);
    WeightsFile file;
    file.metadata = ToMetadata(description);
    StoreTensors(NamedValues(seg_->module()), "seg.", file);
    if (named) StoreTensors(NamedValues(crop_->module()), "crop.", file);
    WriteSafetensors(model_file_, file);
  }

  const TrainingData& data_;
  TrainOptions options_;
  std::string model_file_;
  datasets::Job& job_;
  std::function<void(const TrainProgress&)> on_progress_;
  OnSample on_sample_;
  torch::Device device_;
  std::unique_ptr<Peers> peers_;
  Clock::time_point start_ = Clock::now();
  IdsegDescription description_;
  PictureModel picture_model_;
  LearningSet set_;
  Split split_;
  std::unique_ptr<SampleTurns> turns_;
  std::unique_ptr<SegTask> seg_;
  std::unique_ptr<CropTask> crop_;
  std::unique_ptr<Trainer> seg_trainer_, crop_trainer_;
  int64_t planned_steps_ = 0;
};

}  // namespace

TrainResult TrainIdseg(const TrainingData& data, const TrainOptions& options,
                       const std::string& model_file, datasets::Job& job,
                       const OnProgress& on_progress, const OnSample& on_sample) {
  return IdsegTraining(data, options, model_file, job, on_progress, on_sample).Run();
}

}  // namespace train
