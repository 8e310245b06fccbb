#include "train/behavior/train.h"

#include <cmath>
#include <filesystem>
#include <set>

#include "datasets/base/error.h"
#include "datasets/base/fingerprint.h"
#include "train/base/device.h"
#include "train/behavior/measure.h"
#include "train/behavior/tasks.h"
#include "train/learn/training_run.h"
#include "train/weights/module_init.h"
#include "train/weights/weights_file.h"

namespace train {
namespace {

using datasets::Error;
using nlohmann::json;

constexpr int kPictureBatch = 32, kClipBatch = 12, kTemporalBatch = 16;
constexpr double kDefaultSeconds = 240;    // unless steps or minutes are given
constexpr double kPictureTimeShare = 0.8;  // of the time, when time is learned too
constexpr double kFrozenPeakRate = 2e-4;   // for networks that start from other weights
constexpr int kSurroundings = 1;           // times the window around a span

// Of the labels of the spans: a checkpoint continues only on the same.
std::string FingerprintOf(const BehaviorData& data, const std::vector<BehaviorSpan>& spans) {
  datasets::Fingerprint fingerprint;
  const auto Add = [&](uint64_t value) { fingerprint.AddWord(value); };
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
  return fingerprint.Hex();
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

class Training : public Family {
 public:
  Training(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
           const BehaviorOptions& behavior, const TrainingRequest& request)
      : data_(data),
        spans_(spans),
        options_(request.options),
        behavior_(behavior),
        job_(request.job),
        device_(DeviceOf(request.options.device)),
        run_(request) {
    CheckLearnable(data, spans);
    const double fps = data.rows[static_cast<size_t>(spans.front().row)].fps;
    guard_frames_ = std::max(2 * behavior.window, static_cast<int>(std::lround(fps)));
    split_ = HoldBack(data, spans, options_.validation_share, guard_frames_);
    DescribeNetwork();
    const uint64_t seed = static_cast<uint64_t>(options_.seed);
    torch::manual_seed(seed);
    BehaviorLoss loss;
    loss.gamma = behavior.gamma >= 0 ? behavior.gamma : Sequential() ? 3 : 0;
    loss.alpha = behavior.alpha;
    picture_ = std::make_unique<PictureTask>(data, description_, behavior, loss, split_, seed,
                                             device_, Batch(PictureBatch()));
    if (!options_.init.empty()) TakeOver(options_.init);
    if (!behavior.frame_model.empty()) TakeFrameModel();
    run_.Start(*this, Phases(), Identity());
  }

  TrainResult Run() { return run_.Run(); }

  bool Late(size_t phase) const override { return phase == kTemporal; }
  LearningTask& Task(size_t phase) override {
    if (phase == kPicture) return *picture_;
    MakeTemporal();
    return *temporal_;
  }

  // Half of a sequence model could not score anything.
  bool Usable() const override {
    return !Sequential() || (temporal_ && run_.state(kTemporal).step > 0);
  }

  json Figures(const std::vector<json>& best) const override {
    if (best.size() <= kTemporal || !best[kTemporal].is_object()) return best[kPicture];
    json figures = best[kTemporal];
    if (best[kPicture].is_object()) {
      figures["macro_f1_frame_alone"] = best[kPicture].value("macro_f1", 0.0);
    }
    return figures;
  }

  void Calibrate() override {
    description_.shift = temporal_ ? temporal_->shift() : picture_->shift();
    const ScoredFrames held = temporal_ ? temporal_->ScoreHeld() : picture_->ScoreHeld();
    train::Calibrate(held, data_.heads, &description_.shift, &description_.temperature);
  }

  std::map<std::string, std::string> Describe(json record) const override {
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
    record["held_out"] = held_out;
    record["subjects"] = subjects;
    record["behavior"] = datasets::OptionsToJson(behavior_);
    record["frames"] = counts;
    record["held_back"] = split_.by_video ? "videos" : "blocks of time";
    record["fingerprint"] = FingerprintOf(data_, spans_);
    BehaviorDescription description = description_;
    description.record = std::move(record);
    return ToMetadata(description);
  }

  std::vector<std::pair<std::string, NamedTensors>> Weights() override {
    std::vector<std::pair<std::string, NamedTensors>> weights;
    weights.emplace_back("picture.", NamedValues(picture_->module()));
    if (temporal_) weights.emplace_back("temporal.", NamedValues(temporal_->module()));
    return weights;
  }

 private:
  static constexpr size_t kPicture = 0, kTemporal = 1;  // phases

  bool Sequential() const { return description_.architecture == "behavior-seq"; }
  bool Clip() const { return description_.architecture == "c3d"; }
  double PictureWeight() const {
    return !Sequential() ? 1 : behavior_.frame_model.empty() ? kPictureTimeShare : 0;
  }
  int PictureBatch() const { return Clip() ? kClipBatch : kPictureBatch; }
  // --batch is said for pictures (or clips); the windows are as many fewer as they are by default.
  int Batch(int normal) const {
    return options_.batch > 0 ? std::max(1, options_.batch * normal / PictureBatch()) : normal;
  }

  void DescribeNetwork() {
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
      if (behavior_.points) description_.points = data_.points;
    }
    if (Clip()) {
      description_.clip_frames = behavior_.clip_frames;
      description_.c3d_width = behavior_.c3d_width;
    }
    if (behavior_.frame_model.empty()) {
      MeasurePictures(data_, split_.learn, description_.input);
    } else {
      DescribeAsFrameModel();
    }
    MeasureMotion(data_, split_.learn, description_);
    MeasurePointsOf(data_, split_.learn, description_.points);
    description_.shift.assign(static_cast<size_t>(OutputsOf(data_.heads)), 0);
  }

  std::vector<Phase> Phases() const {
    int64_t positives = 0;
    for (const auto& head : CountClasses(data_, split_.learn)) {
      for (size_t c = 1; c < head.size(); ++c) positives += head[c];
    }
    Phase picture{"picture.", "learning to see behavior", PictureWeight(), {}};
    picture.open_end = picture.decides = true;
    picture.skipped = !behavior_.frame_model.empty();
    picture.options.steps = run_.Steps(std::clamp<int64_t>(600 + positives / 4, 800, 2000));
    picture.options.validate_every = std::clamp<int64_t>(picture.options.steps / 8, 25, 200);
    const double rate = options_.init.empty() ? 3e-3 : kFrozenPeakRate;
    picture.options.peak_rate = options_.rate > 0 ? options_.rate : rate;
    Phase temporal{"temporal.", "learning behavior over time", 1 - PictureWeight(), {}};
    temporal.decides = true;
    temporal.options.steps = run_.Steps(600);
    temporal.options.validate_every = std::clamp<int64_t>(temporal.options.steps / 10, 20, 100);
    temporal.options.peak_rate = options_.rate > 0 ? options_.rate : 3e-3;
    for (Phase* phase : {&picture, &temporal}) {
      phase->options.weight_decay = 0.05;
      phase->options.average_decay = 0.99;
      phase->options.max_seconds = kDefaultSeconds * phase->share;
    }
    if (!Sequential()) return {picture};
    return {picture, temporal};
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
    if (description_.numbers() > 0) {
      torch::Tensor numbers = torch::zeros({frames, description_.numbers()});
      for (int64_t f = 0; f < frames; ++f) {
        FillNumbers(row, wide.start_frame + static_cast<int>(f), description_,
                    numbers[f].data_ptr<float>());
      }
      inputs = torch::cat({inputs, numbers}, 1);
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
        static_cast<uint64_t>(options_.seed), device_, Batch(kTemporalBatch));
  }

  std::string Identity() const {
    json identity = json{{"labels", FingerprintOf(data_, spans_)},
                         {"architecture", options_.model},
                         {"seed", options_.seed},
                         {"steps", options_.steps},
                         {"validation_share", options_.validation_share},
                         {"options", datasets::OptionsToJson(behavior_)}};
    if (description_.points.count() > 0) identity["points"] = ToJson(description_.points);
    return identity.dump();
  }

  const BehaviorData& data_;
  const std::vector<BehaviorSpan> spans_;
  const TrainOptions& options_;
  const BehaviorOptions& behavior_;
  datasets::Job& job_;
  torch::Device device_;
  TrainingRun run_;
  BehaviorDescription description_;
  int guard_frames_ = 0;
  BehaviorSplit split_;
  std::unique_ptr<PictureTask> picture_;
  std::unique_ptr<TemporalTask> temporal_;
};

}  // namespace

TrainResult LearnBehavior(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                          const BehaviorOptions& behavior, const TrainingRequest& request) {
  return Training(data, spans, behavior, request).Run();
}

}  // namespace train
