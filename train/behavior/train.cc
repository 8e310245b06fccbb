#include "train/behavior/train.h"

#include <chrono>
#include <cmath>
#include <ctime>
#include <filesystem>
#include <set>

#include "datasets/base/error.h"
#include "train/behavior/tasks.h"
#include "train/device.h"
#include "train/weights/module_init.h"
#include "train/weights/weights_file.h"

namespace train {
namespace {

using datasets::Error;
using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr int kPictureBatch = 32, kClipBatch = 12, kTemporalBatch = 16;
constexpr double kDefaultSeconds = 240;    // unless steps or minutes are given
constexpr double kPictureTimeShare = 0.8;  // of the time, when time is learned too
constexpr double kFrozenPeakRate = 2e-4;   // for networks that start from other weights
constexpr int kSurroundings = 1;           // times the window around a span

double Seconds(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string Now() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

// FNV-1a over the labels of the spans: a checkpoint continues only on the same labels.
std::string Fingerprint(const BehaviorData& data, const std::vector<BehaviorSpan>& spans) {
  uint64_t hash = 1469598103934665603ULL;
  const auto Add = [&](uint64_t value) { hash = (hash ^ value) * 1099511628211ULL; };
  for (const std::string& name : BehaviorNames(data.heads)) {
    for (const char c : name) Add(static_cast<uint64_t>(c));
    Add(256);
  }
  for (const BehaviorSpan& span : spans) {
    Add(static_cast<uint64_t>(span.row));
    Add(static_cast<uint64_t>(span.start_frame));
    const BehaviorRow& row = data.rows[static_cast<size_t>(span.row)];
    for (const auto& head : row.labels) {
      for (int f = span.start_frame; f < span.end_frame; ++f) {
        Add(head[static_cast<size_t>(f - row.start_frame)]);
      }
    }
  }
  char text[20];
  std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

void CheckChoice(const std::string& option, const std::string& value,
                 const std::vector<std::string>& choices) {
  std::string list;
  for (const std::string& choice : choices) {
    if (choice == value) return;
    list += (list.empty() ? "" : ", ") + choice;
  }
  throw Error("option '" + option + "'", "there is no '" + value + "'", "choose one of " + list);
}

class Training {
 public:
  Training(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
           const TrainOptions& options, const BehaviorOptions& behavior, std::string model_file,
           datasets::Job& job, const std::function<void(const TrainProgress&)>& on_progress)
      : data_(data),
        spans_(spans),
        options_(options),
        behavior_(behavior),
        model_file_(std::move(model_file)),
        job_(job),
        on_progress_(on_progress),
        device_(DeviceOf(options.device)) {
    const auto folder = std::filesystem::path(model_file_).parent_path();
    if (!folder.empty() && !std::filesystem::is_directory(folder)) {
      throw Error("model " + model_file_, "its folder does not exist", "make the folder first");
    }
    CheckLearnable(data, spans);
    Describe();
    const double fps = data.rows[static_cast<size_t>(spans.front().row)].fps;
    guard_frames_ = std::max(2 * behavior.window, static_cast<int>(std::lround(fps)));
    split_ = HoldBack(data, spans, options.validation_share, guard_frames_);
    const uint64_t seed = static_cast<uint64_t>(options.seed);
    torch::manual_seed(seed);
    BehaviorLoss loss;
    loss.gamma = behavior.gamma >= 0 ? behavior.gamma : Sequential() ? 3 : 0;
    loss.alpha = behavior.alpha;
    picture_ = std::make_unique<PictureTask>(data, description_, behavior, loss, split_, seed,
                                             device_, Clip() ? kClipBatch : kPictureBatch);
    if (!options.init.empty()) TakeOver(options.init);
    if (!behavior.frame_model.empty()) TakeFrameModel();
    Plan();
    if (options.resume) Resume();
  }

  TrainResult Run() {
    try {
      if (behavior_.frame_model.empty()) {
        RunPhase(*picture_trainer_, "learning to see behavior", 0, PictureWeight());
      }
      if (Sequential()) {
        MakeTemporal();
        RunPhase(*temporal_trainer_, "learning behavior over time", PictureWeight(),
                 1 - PictureWeight());
      }
    } catch (const datasets::Cancelled&) {
      if (Steps() > 0) {
        SaveLast();
        if (behavior_.frame_model.empty()) picture_trainer_->UseBest();
        const bool whole = !Sequential() || (temporal_ && temporal_trainer_->state().step > 0);
        if (temporal_ && whole) temporal_trainer_->UseBest();
        if (whole) SaveModel();  // half of a sequence model could not score anything
      }
      throw;
    }
    SaveLast();
    SaveModel();
    TrainResult result;
    result.steps = static_cast<int>(Steps());
    result.seconds = Seconds(start_);
    result.best_step =
        static_cast<int>((temporal_ ? *temporal_trainer_ : *picture_trainer_).state().best_step);
    result.validation = Figures();
    return result;
  }

 private:
  bool Sequential() const { return description_.architecture == "behavior-seq"; }
  bool Clip() const { return description_.architecture == "c3d"; }
  double PictureWeight() const {
    return !Sequential() ? 1 : behavior_.frame_model.empty() ? kPictureTimeShare : 0;
  }
  int64_t Steps() const {
    return picture_trainer_->state().step + (temporal_ ? temporal_trainer_->state().step : 0);
  }

  void Describe() {
    if (!behavior_.frame_model.empty() && options_.model != "behavior-seq") {
      throw Error("option 'frame-model'", "only behavior-seq builds on another model",
                  "train behavior-seq, or leave it out");
    }
    CheckChoice("class-weights", behavior_.class_weights, {"none", "sqrt", "balanced"});
    description_.architecture = options_.model;
    description_.heads = data_.heads;
    description_.input = data_.input;
    description_.frame_network = behavior_.frame_network != "auto" ? behavior_.frame_network
                                 : Sequential()                    ? "xception"
                                                                   : "small";
    if (!Clip()) CheckChoice("frame-network", description_.frame_network, FrameNetworkNames());
    if (Sequential()) {
      description_.window = behavior_.window;
      description_.causal = behavior_.causal;
      description_.motion = behavior_.motion;
    }
    if (Clip()) {
      description_.clip_frames = behavior_.clip_frames;
      description_.c3d_width = behavior_.c3d_width;
    }
    if (behavior_.frame_model.empty()) {
      MeasurePictures(data_, spans_, description_.input);
    } else {
      DescribeAsFrameModel();
    }
    MeasureMotion(data_, spans_, description_);
    description_.shift.assign(static_cast<size_t>(OutputsOf(data_.heads)), 0);
  }

  void Plan() {
    TrainerOptions picture;
    const auto counts = CountClasses(data_, split_.learn);
    int64_t positives = 0;
    for (const auto& head : counts) {
      for (size_t c = 1; c < head.size(); ++c) positives += head[c];
    }
    picture.steps = std::clamp<int64_t>(600 + positives / 4, 800, 2000);
    temporal_options_.steps = 600;
    double seconds = kDefaultSeconds;
    if (options_.steps > 0) {
      picture.steps = temporal_options_.steps = options_.steps;
      seconds = 0;
    }
    if (options_.minutes > 0) {
      seconds = options_.minutes * 60;
      if (options_.steps == 0) picture.steps = 1000000;
    }
    picture.validate_every = std::clamp<int64_t>(picture.steps / 8, 25, 200);
    temporal_options_.validate_every = std::clamp<int64_t>(temporal_options_.steps / 10, 20, 100);
    const bool both = behavior_.frame_model.empty();
    picture.max_seconds = seconds * PictureWeight();
    temporal_options_.max_seconds = both ? seconds * (1 - PictureWeight()) : seconds;
    picture.peak_rate = options_.init.empty() ? 3e-3 : kFrozenPeakRate;
    temporal_options_.peak_rate = 3e-3;
    picture.weight_decay = temporal_options_.weight_decay = 0.05;
    picture.average_decay = temporal_options_.average_decay = 0.99;
    picture.processor_time = temporal_options_.processor_time = options_.processor_time;
    picture_trainer_ = std::make_unique<Trainer>(*picture_, picture);
    planned_steps_ = (both ? picture.steps : 0) + (Sequential() ? temporal_options_.steps : 0);
  }

  void TakeOver(const std::string& file_name) {
    torch::nn::Module* published = Clip() ? nullptr : picture_->frame_network()->Published();
    if (published && !ReadBehaviorMetadata(file_name)) {
      InitOptions init;
      init.class_dependent = picture_->frame_network()->ClassLayers();
      init.partial = true;
      InitModule(*published, file_name, init);
      return;
    }
    const WeightsFile file = ReadSafetensors(file_name);
    if (LoadMatchingTensors(file, "picture.", NamedValues(picture_->module())) == 0) {
      throw Error("weights " + file_name, "none of them fit this network",
                  "choose a model of the same architecture, or train without --init");
    }
  }

  // Whether the file is one of Vole's own models for behavior.
  static bool ReadBehaviorMetadata(const std::string& file_name) {
    return std::filesystem::is_regular_file(file_name) &&
           FormatOf(file_name) == WeightsFormat::kSafetensors &&
           ReadSafetensorsMetadata(file_name).count("heads") > 0;
  }

  void DescribeAsFrameModel() {
    const auto other = ReadBehaviorDescription(behavior_.frame_model);
    const BehaviorInput& mine = description_.input;
    if (!other || other->architecture != "behavior-frame") {
      throw Error("model " + behavior_.frame_model, "it is not a behavior-frame model",
                  "train one: vole train PROJECT --model behavior-frame");
    }
    const BehaviorInput& its = other->input;
    if (its.view != mine.view || its.side != mine.side || its.channels() != mine.channels() ||
        its.color != mine.color || its.masked != mine.masked || its.extent != mine.extent) {
      throw Error("model " + behavior_.frame_model, "it sees other pictures than these options ask",
                  "give the same --view, --picture-side, --extent and channels");
    }
    description_.frame_network = other->frame_network;
    description_.input.mean = its.mean;
    description_.input.deviation = its.deviation;
  }

  void TakeFrameModel() {
    NamedTensors values;
    for (const auto& [name, tensor] : NamedValues(picture_->module())) {
      if (name.rfind("frame.", 0) == 0) values.emplace_back(name, tensor);
    }
    LoadTensors(ReadSafetensors(behavior_.frame_model), "picture.", values);
  }

  TemporalTask::Series MakeSeries(const BehaviorSpan& span) {
    const BehaviorRow& row = data_.rows[static_cast<size_t>(span.row)];
    const int reach = kSurroundings * (behavior_.causal ? 2 : 1) * behavior_.window;
    BehaviorSpan wide = span;
    wide.start_frame = std::max(row.start_frame, span.start_frame - reach);
    wide.end_frame = std::min(row.end_frame, span.end_frame + reach);
    TemporalTask::Series series;
    series.span = span;
    series.start_frame = wide.start_frame;
    torch::Tensor inputs = picture_->FeaturesOf(wide);  // [frames, features]
    const int64_t frames = inputs.size(0);
    if (description_.motion) {
      torch::Tensor motion = torch::zeros({frames, kMotionFeatures});
      for (int64_t f = 0; f < frames; ++f) {
        FillMotion(row, wide.start_frame + static_cast<int>(f), description_,
                   motion[f].data_ptr<float>());
      }
      inputs = torch::cat({inputs, motion}, 1);
    }
    series.inputs = inputs.t().contiguous();
    series.labels =
        torch::full({frames, static_cast<int64_t>(data_.heads.size())}, -1, torch::kInt64);
    auto at = series.labels.accessor<int64_t, 2>();
    for (int f = span.start_frame; f < span.end_frame; ++f) {
      for (size_t h = 0; h < data_.heads.size(); ++h) {
        const uint8_t label = row.labels[h][static_cast<size_t>(f - row.start_frame)];
        if (label != kNotLabeled) at[f - wide.start_frame][static_cast<int64_t>(h)] = label;
      }
    }
    return series;
  }

  void MakeTemporal() {
    if (temporal_) return;
    std::vector<TemporalTask::Series> series[2];
    const std::vector<BehaviorSpan>* spans[2] = {&split_.learn, &split_.held};
    for (int side = 0; side < 2; ++side) {
      for (const BehaviorSpan& span : *spans[side]) {
        job_.Advance(PictureWeight(), 1, "looking at every frame once");
        series[side].push_back(MakeSeries(span));
      }
    }
    BehaviorLoss loss;
    loss.gamma = behavior_.gamma >= 0 ? behavior_.gamma : 3;
    loss.alpha = behavior_.alpha;
    torch::manual_seed(static_cast<uint64_t>(options_.seed) + 1);
    temporal_ = std::make_unique<TemporalTask>(
        data_, description_, behavior_, loss, std::move(series[0]), std::move(series[1]),
        static_cast<uint64_t>(options_.seed), device_, kTemporalBatch);
    temporal_trainer_ = std::make_unique<Trainer>(*temporal_, temporal_options_);
    if (resumed_ && resumed_->metadata.count("temporal.state")) {
      temporal_trainer_->Load("temporal.", *resumed_);
    }
  }

  std::string LastFile() const { return model_file_ + ".last"; }

  void Resume() {
    if (!std::filesystem::exists(LastFile())) {
      throw Error("checkpoint " + LastFile(), "there is none to go on from",
                  "train without --resume");
    }
    resumed_ = ReadSafetensors(LastFile());
    const auto found = resumed_->metadata.find("training");
    if (found == resumed_->metadata.end() || found->second != Identity()) {
      throw Error("checkpoint " + LastFile(),
                  "it was made from other labels, another seed or other options",
                  "train without --resume; --init takes over the weights of a model");
    }
    picture_trainer_->Load("picture.", *resumed_);
  }

  std::string Identity() const {
    return json{{"labels", Fingerprint(data_, spans_)},
                {"architecture", options_.model},
                {"seed", options_.seed},
                {"steps", options_.steps},
                {"validation_share", options_.validation_share},
                {"options", datasets::OptionsToJson(behavior_)}}
        .dump();
  }

  void RunPhase(Trainer& trainer, const std::string& what, double from, double weight) {
    trainer.Run(
        [&](const TrainerState& state) {
          const double share = std::min(1.0, trainer.DoneShare());
          if (on_progress_) {
            TrainProgress progress;
            progress.step = static_cast<int>(Steps());
            progress.steps = static_cast<int>(std::max(planned_steps_, Steps()));
            progress.loss = state.loss;
            progress.step_loss = state.step_loss;
            progress.seconds = Seconds(start_);
            progress.validation = Figures();
            if (state.judged_step == state.step) progress.judged = state.figures;
            on_progress_(progress);
          }
          job_.Advance(from + weight * share, 1, what + ": step " + std::to_string(state.step));
        },
        [&](const TrainerState&) { SaveLast(); });
  }

  json Figures() const {
    if (temporal_ && temporal_trainer_->state().best_figures.is_object()) {
      json figures = temporal_trainer_->state().best_figures;
      const json& frame = picture_trainer_->state().best_figures;
      if (frame.is_object()) figures["macro_f1_frame_alone"] = frame.value("macro_f1", 0.0);
      return figures;
    }
    return picture_trainer_->state().best_figures;
  }

  void SaveLast() const {
    WeightsFile file;
    picture_trainer_->Save("picture.", file);
    if (temporal_) temporal_trainer_->Save("temporal.", file);
    file.metadata["training"] = Identity();
    WriteSafetensors(LastFile(), file);
  }

  // The modules hold the weights to keep.
  void SaveModel() {
    BehaviorDescription description = description_;
    description.shift = temporal_ ? temporal_->shift() : picture_->shift();
    const ScoredFrames held = temporal_ ? temporal_->ScoreHeld() : picture_->ScoreHeld();
    Calibrate(held, data_.heads, &description.shift, &description.temperature);
    json counts = json::object();
    const auto by_class = CountClasses(data_, split_.learn);
    for (size_t h = 0; h < data_.heads.size(); ++h) {
      for (size_t b = 0; b < data_.heads[h].behaviors.size(); ++b) {
        counts[data_.heads[h].behaviors[b]] = by_class[h][b + 1];
      }
    }
    std::set<std::string> subjects;
    for (const BehaviorSpan& span : spans_) {
      subjects.insert(data_.rows[static_cast<size_t>(span.row)].subject);
    }
    json held_out = json::array();  // what may calibrate the probabilities afterwards
    for (const BehaviorSpan& span : split_.held) {
      const BehaviorRow& row = data_.rows[static_cast<size_t>(span.row)];
      held_out.push_back({{"video", row.video},
                          {"subject", row.subject},
                          {"start_frame", span.start_frame},
                          {"end_frame", span.end_frame}});
    }
    description.record = {{"program", "vole"},
                          {"held_out", held_out},
                          {"subjects", subjects},
                          {"date", Now()},
                          {"options", datasets::OptionsToJson(options_)},
                          {"behavior", datasets::OptionsToJson(behavior_)},
                          {"frames", counts},
                          {"held_back", split_.by_video ? "videos" : "blocks of time"},
                          {"fingerprint", Fingerprint(data_, spans_)},
                          {"steps", Steps()},
                          {"seconds", Seconds(start_)},
                          {"validation", Figures()}};
    WeightsFile file;
    file.metadata = ToMetadata(description);
    StoreTensors(NamedValues(picture_->module()), "picture.", file);
    if (temporal_) StoreTensors(NamedValues(temporal_->module()), "temporal.", file);
    WriteSafetensors(model_file_, file);
  }

  const BehaviorData& data_;
  const std::vector<BehaviorSpan> spans_;
  TrainOptions options_;
  BehaviorOptions behavior_;
  std::string model_file_;
  datasets::Job& job_;
  std::function<void(const TrainProgress&)> on_progress_;
  torch::Device device_;
  Clock::time_point start_ = Clock::now();
  BehaviorDescription description_;
  int guard_frames_ = 0;
  BehaviorSplit split_;
  std::unique_ptr<PictureTask> picture_;
  std::unique_ptr<TemporalTask> temporal_;
  TrainerOptions temporal_options_;
  std::unique_ptr<Trainer> picture_trainer_, temporal_trainer_;
  std::optional<WeightsFile> resumed_;
  int64_t planned_steps_ = 0;
};

}  // namespace

TrainResult TrainBehavior(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                          const TrainOptions& options, const BehaviorOptions& behavior,
                          const std::string& model_file, datasets::Job& job,
                          const std::function<void(const TrainProgress&)>& on_progress) {
  datasets::CheckOptions(options, "train");
  datasets::CheckOptions(behavior, "train");
  if (!IsBehaviorArchitecture(options.model)) {
    throw Error("model '" + options.model + "'", "it is not a network for behavior",
                "choose behavior-frame, behavior-seq or c3d");
  }
  UseThreads(options.threads);
  return Training(data, spans, options, behavior, model_file, job, on_progress).Run();
}

}  // namespace train
