#include "train/detect/training.h"

#include <chrono>
#include <filesystem>

#include "datasets/base/error.h"
#include "train/detect/registry.h"
#include "train/detect/task.h"
#include "train/device.h"
#include "train/learn/split.h"
#include "train/learn/together.h"
#include "train/learn/training_record.h"
#include "train/learn/training_samples.h"
#include "train/picture/picture_model.h"
#include "train/weights/module_init.h"
#include "train/weights/public_files.h"
#include "train/weights/weights_file.h"

namespace train {
namespace {

using datasets::Error;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

double Seconds(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

class DetectTraining {
 public:
  DetectTraining(const TrainingData& data, const TrainOptions& options, std::string model_file,
                 datasets::Job& job, const std::function<void(const TrainProgress&)>& on_progress,
                 const OnSample& on_sample)
      : data_(data),
        options_(options),
        model_file_(std::move(model_file)),
        job_(job),
        on_progress_(on_progress),
        on_sample_(on_sample),
        kind_(*FindDetectorKind(options.model)) {
    const torch::Device device = DeviceOf(options.device);
    CheckModelFolder(model_file_);
    CheckLabels(data);
    peers_ = MeetOthers(data, options);
    description_.info = InfoOfLabels(data, kind_.name);
    split_ =
        SplitByTime(data.frames, static_cast<int>(data.classes.size()), options.validation_share);
    turns_ = std::make_unique<SampleTurns>(data, split_);
    picture_model_ = LearnPictureModel(data, job);
    WeightsFile init;
    std::string init_file;
    if (!options.init.empty()) {
      init_file = FindWeights(options.init).string();
      if (FormatOf(init_file) != WeightsFormat::kDarknet) init = ReadNamedWeights(init_file);
    }
    plan_ = kind_.plan(Input(device, options.init.empty() ? nullptr : &init));
    torch::manual_seed(static_cast<uint64_t>(options.seed));
    detector_ = kind_.make(static_cast<int>(data.classes.size()), plan_.settings);
    description_.settings = detector_->settings();
    if (!options.init.empty()) TakeOver(init, init_file);
    init = {};
    detector_->module().to(device);
    task_ = std::make_unique<DetectTask>(
        *detector_, data, LoadPictures(data, split_.learn, plan_.most_short_side, job), split_.held,
        description_, plan_.augment, ShareOf(peers_.get(), plan_.batch),
        static_cast<uint64_t>(options.seed));
    plan_.trainer.peers = peers_.get();
    plan_.trainer.processor_time = options.processor_time;
    plan_.trainer.cancelled = [this] { return job_.cancelled(); };
    trainer_ = std::make_unique<Trainer>(*task_, plan_.trainer);
    if (options.resume) Resume();
  }

  TrainResult Run() {
    try {
      Learn();
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
    result.steps = static_cast<int>(trainer_->state().step);
    result.seconds = Seconds(start_);
    result.best_step = static_cast<int>(trainer_->state().best_step);
    result.validation = trainer_->state().best_figures;
    return result;
  }

 private:
  PlanInput Input(const torch::Device& device, const WeightsFile* init) const {
    PlanInput input;
    input.classes = static_cast<int>(data_.classes.size());
    input.labels = static_cast<int>(split_.learn.size());
    for (const LabeledFrame& frame : data_.frames) {
      for (const LabeledObject& object : frame.objects) {
        input.picture.width = std::max(input.picture.width, object.mask.width);
        input.picture.height = std::max(input.picture.height, object.mask.height);
      }
    }
    input.median_area = description_.info.median_area;
    input.init = init;
    input.gpu = device.is_cuda();
    input.options = options_;
    return input;
  }

  void TakeOver(const WeightsFile& init, const std::string& file) {
    if (init.tensors.empty() && init.metadata.empty()) {  // darknet's numbers without names
      const int taken = detector_->TakeOverUnnamed(file);
      if (taken == 0) {
        throw Error("weights " + file, "a darknet file does not fit the network " + kind_.name,
                    "train yolov3 or yolov3-tiny with it");
      }
      const std::string text =
          "taken over " + std::to_string(taken) + " convolutions of " + options_.init;
      description_.info.record["init"] = text;
      job_.Advance(0, 1, text);
      return;
    }
    InitOptions how;
    how.class_dependent = detector_->ClassDependent();
    how.places = detector_->InitPlaces();
    how.partial = options_.init_partial;
    const InitReport report =
        InitValues(NamedValues(detector_->module()), init, options_.init, how);
    description_.info.record["init"] = report.Text();
    job_.Advance(0, 1, report.Text());
  }

  void Learn() {
    const int64_t first_step = trainer_->state().step;
    const double first_share = trainer_->DoneShare();
    const auto started = Clock::now();
    job_.Advance(first_share, 1, "learning: the first step");
    trainer_->Run(
        [&](const TrainerState& state) {
          const double share = std::min(1.0, trainer_->DoneShare());
          const double gained = share - first_share;
          std::string text = "learning: step " + std::to_string(state.step);
          for (const auto& [name, value] : task_->last_losses()) {
            char part[80];
            std::snprintf(part, sizeof(part), ", %s %.3g", name.c_str(), value);
            text += part;
          }
          if (gained > 0 && state.step - first_step >= 3) {
            text += ", about " + DurationWords(Seconds(started) / gained * (1 - share)) + " left";
          }
          if (on_progress_) {
            TrainProgress progress;
            progress.step = static_cast<int>(state.step);
            progress.steps = static_cast<int>(std::max(plan_.trainer.steps, state.step));
            progress.loss = state.loss;
            progress.step_loss = state.step_loss;
            progress.seconds = Seconds(start_);
            progress.validation = state.best_figures;
            if (state.judged_step == state.step) progress.judged = state.figures;
            on_progress_(progress);
          }
          if (on_sample_) ShowSamples();
          Report(share, text);
        },
        [&](const TrainerState&) { SaveLast(); });
  }

  void ShowSamples() {
    const TrainerState& state = trainer_->state();
    const bool judged = state.judged_step == state.step;
    const double start = Seconds(start_);
    if (!turns_->Due(start, judged, state.finished)) return;
    trainer_->WithAverage([&] {
      for (const int frame : turns_->Next()) {
        const cv::Mat picture = data_.picture(frame);
        TrainSample sample =
            MakeSample(data_, frame, picture, picture.size(), task_->Detect(picture));
        sample.step = static_cast<int>(state.step);
        sample.held_back = turns_->held_back();
        on_sample_(sample);
      }
    });
    turns_->Shown(Seconds(start_), Seconds(start_) - start, judged);
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
    if (trainer_->state().step == 0) return;
    trainer_->UseBest();
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
    if (found == file.metadata.end() || found->second != TrainingIdentity(data_, options_)) {
      throw Error("checkpoint " + LastFile(),
                  "it was made from other labels, another seed or another number of steps",
                  "train without --resume; --init takes over the weights of a model");
    }
    trainer_->Load("net.", file);
  }

  void SaveLast() const {
    if (!Writes(peers_)) return;
    WeightsFile file;
    trainer_->Save("net.", file);
    file.metadata["training"] = TrainingIdentity(data_, options_);
    WriteSafetensors(LastFile(), file);
  }

  // The module holds the weights to keep.
  void SaveModel() {
    if (!Writes(peers_)) return;
    description_.temperature = std::max(1.5, task_->FitClassTemperature());
    json& record = description_.info.record;
    record.update(TrainingRecord(data_, options_, split_.learn.size(), split_.held.size()));
    const TrainerState& state = trainer_->state();
    record["steps"] = state.step;
    record["batch"] = plan_.batch;
    record["seconds"] = Seconds(start_);
    record["best_step"] = state.best_step;
    record["loss"] = state.loss;
    record["losses"] = task_->last_losses();
    record["skipped_steps"] = state.bad_steps;
    record["validation"] = state.best_figures;
    record["labels"]["learned_frames"] = LearnedFrames(data_, split_.learn);
    record["picture_model"] = ToJson(picture_model_);
    WeightsFile file;
    file.metadata = ToMetadata(description_);
    StoreTensors(NamedValues(detector_->module()), "", file);
    WriteSafetensors(model_file_, file);
  }

  const TrainingData& data_;
  TrainOptions options_;
  std::string model_file_;
  datasets::Job& job_;
  std::function<void(const TrainProgress&)> on_progress_;
  OnSample on_sample_;
  const DetectorKind& kind_;
  std::unique_ptr<Peers> peers_;
  Clock::time_point start_ = Clock::now();
  DetectDescription description_;
  Split split_;
  PictureModel picture_model_;
  std::unique_ptr<SampleTurns> turns_;
  DetectPlan plan_;
  std::unique_ptr<Detector> detector_;
  std::unique_ptr<DetectTask> task_;
  std::unique_ptr<Trainer> trainer_;
};

}  // namespace

TrainResult TrainDetector(const TrainingData& data, const TrainOptions& options,
                          const std::string& model_file, datasets::Job& job,
                          const std::function<void(const TrainProgress&)>& on_progress,
                          const OnSample& on_sample) {
  return DetectTraining(data, options, model_file, job, on_progress, on_sample).Run();
}

}  // namespace train
