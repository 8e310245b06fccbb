#include <algorithm>
#include <cmath>
#include <numeric>

#include "datasets/base/error.h"
#include "datasets/base/fingerprint.h"
#include "train/base/device.h"
#include "train/learn/split.h"
#include "train/learn/training_record.h"
#include "train/learn/training_run.h"
#include "train/points/points.h"
#include "train/points/task.h"
#include "train/weights/module_init.h"

namespace train {
namespace {

using nlohmann::json;

constexpr int kPointsBatch = 12, kWholeBatch = 4;
constexpr int kPosenetBatch = 8;  // as in SIPEC
constexpr double kPointsSeconds = 240;
constexpr double kPosenetSeconds = 3600;
constexpr double kWholeShare = 0.35;  // of the time, where whole pictures are learned too

// The same labels as the other trainings see them: to split and to record.
TrainingData LabelsOf(const PointData& data) {
  TrainingData labels;
  labels.classes = {"animal"};
  int videos = 0;
  for (const PointedFrame& frame : data.frames) {
    LabeledFrame one;
    one.video = frame.video;
    one.frame_index = frame.frame_index;
    one.filled_in = frame.filled_in;
    labels.frames.push_back(one);
    videos = std::max(videos, frame.video + 1);
  }
  for (const PointedAnimal& animal : data.animals) {
    labels.frames[static_cast<size_t>(animal.frame)].objects.push_back({0, animal.mask, false});
  }
  labels.backgrounds.resize(static_cast<size_t>(videos));
  return labels;
}

std::string PointsFingerprint(const PointData& data) {
  datasets::Fingerprint fingerprint;
  for (const std::string& name : data.names) {
    for (const char c : name) fingerprint.AddNumber(static_cast<uint64_t>(c));
    fingerprint.AddNumber(256);
  }
  for (const int other : data.mirror) fingerprint.AddNumber(static_cast<uint64_t>(other));
  for (const PointedAnimal& animal : data.animals) {
    for (const LabeledPoint& point : animal.points) {
      fingerprint.AddNumber(static_cast<uint64_t>(point.state));
      fingerprint.AddNumber(static_cast<uint64_t>(std::llround(point.at.x * 64)));
      fingerprint.AddNumber(static_cast<uint64_t>(std::llround(point.at.y * 64)));
    }
  }
  return fingerprint.Hex();
}

// Slope and shift that make P(near) = sigmoid(slope * logit + shift) most likely (Platt 1999), by
// Newton's method, with two imagined points so that a few cannot make it certain.
void FitNear(const std::vector<JudgedPoint>& judged, double near, double* slope, double* shift) {
  *slope = 1;
  *shift = 0;
  if (judged.size() < 8) return;
  std::vector<std::pair<double, double>> examples = {{-6, 0}, {6, 1}};
  for (const JudgedPoint& point : judged) examples.emplace_back(point.logit, point.share <= near);
  for (int round = 0; round < 30; ++round) {
    double ga = 1e-3 * (*slope - 1), gb = 0, aa = 1e-3, ab = 0, bb = 1e-6;
    for (const auto& [x, y] : examples) {
      const double p = 1 / (1 + std::exp(-(*slope * x + *shift)));
      const double w = std::max(1e-6, p * (1 - p));
      ga += (p - y) * x;
      gb += p - y;
      aa += w * x * x;
      ab += w * x;
      bb += w;
    }
    const double det = aa * bb - ab * ab;
    if (det < 1e-12) break;
    const double da = (bb * ga - ab * gb) / det, db = (aa * gb - ab * ga) / det;
    *slope = std::clamp(*slope - da, 0.05, 20.0);
    *shift = std::clamp(*shift - db, -50.0, 50.0);
    if (std::abs(da) + std::abs(db) < 1e-6) break;
  }
}

void CopyValues(const torch::nn::Module& from, torch::nn::Module& to) {
  torch::NoGradGuard no_grad;
  const NamedTensors source = NamedValues(from);
  NamedTensors target = NamedValues(to);
  for (size_t i = 0; i < source.size(); ++i) target[i].second.copy_(source[i].second);
}

class PointsTraining : public Family {
 public:
  PointsTraining(const PointData& data, const TrainingRequest& request)
      : data_(data),
        options_(request.options),
        job_(request.job),
        run_(request),
        labels_(LabelsOf(data)) {
    const torch::Device device = DeviceOf(options_.device);
    description_ = DescribePoints(data, options_.model, job_);
    animals_ = LoadPointsSamples(data, description_, false, job_);
    if (description_.whole) pictures_ = LoadPointsSamples(data, description_, true, job_);
    split_ = SplitByTime(labels_.frames, 1, options_.validation_share);
    torch::manual_seed(static_cast<uint64_t>(options_.seed));
    close_ = MakeTask(animals_, description_.input.pixels, false,
                      IsPosenet() ? kPosenetBatch : kPointsBatch, device);
    if (description_.whole) {
      whole_ = MakeTask(pictures_, description_.input.whole_pixels, true, kWholeBatch, device);
    }
    if (!options_.init.empty()) TakeOver();
    run_.Start(*this, Phases(),
               TrainingIdentity(labels_, options_) + options_.model + PointsFingerprint(data));
  }

  TrainResult Run() { return run_.Run(); }

  LearningTask& Task(size_t phase) override {
    if (phase == kClose) return *close_;
    return *whole_;
  }

  void Calibrate() override {
    FitNear(close_->JudgeHeld(), 0.05, &description_.slope, &description_.shift);
  }

  std::map<std::string, std::string> Describe(json record) const override {
    record["labels"] = LabelsRecord(labels_, split_.learn.size(), split_.held.size(), split_.learn);
    record["labels"]["animals"] = animals_.size();
    PointsDescription description = description_;
    description.info.record = std::move(record);
    return ToMetadata(description);
  }

  std::vector<std::pair<std::string, NamedTensors>> Weights() override {
    std::vector<std::pair<std::string, NamedTensors>> weights;
    weights.emplace_back("close.", NamedValues(close_->module()));
    if (whole_) weights.emplace_back("whole.", NamedValues(whole_->module()));
    return weights;
  }

  // The first look is judged too, under names of its own.
  json Figures(const std::vector<json>& best) const override {
    json all = best[kClose];
    if (best.size() <= kWhole || !best[kWhole].is_object()) return all;
    if (!all.is_object()) all = json::object();
    for (const auto& [name, value] : best[kWhole].items()) all["whole_" + name] = value;
    return all;
  }

  bool Usable() const override {
    return run_.state(kClose).step > 0 && (!whole_ || run_.state(kWhole).step > 0);
  }

 private:
  static constexpr size_t kClose = 0, kWhole = 1;  // phases

  bool IsPosenet() const { return options_.model != kPoints; }

  std::unique_ptr<PointsTask> MakeTask(const std::vector<PointsSample>& samples, int pixels,
                                       bool free_turn, int batch, const torch::Device& device) {
    // What a person asks for is the batch of the first phase; others are as much larger or smaller.
    const int first = IsPosenet() ? kPosenetBatch : kPointsBatch;
    const auto listed = [&](const std::vector<int>& frames) {
      std::vector<int> chosen;
      for (size_t i = 0; i < samples.size(); ++i) {
        if (std::find(frames.begin(), frames.end(), samples[i].frame) != frames.end()) {
          chosen.push_back(static_cast<int>(i));
        }
      }
      return chosen;
    };
    std::vector<int> learn = listed(split_.learn), held = listed(split_.held);
    if (learn.empty()) {  // every frame with points of this kind is held back: better than none
      learn = std::move(held);
      held.clear();
    }
    const int size = options_.batch > 0 ? std::max(1, options_.batch * batch / first) : batch;
    return std::make_unique<PointsTask>(samples, description_, pixels, free_turn, std::move(learn),
                                        std::move(held), static_cast<uint64_t>(options_.seed),
                                        device, size);
  }

  std::vector<Phase> Phases() {
    Phase close{"close.", "learning points", whole_ ? 1 - kWholeShare : 1, {}};
    close.open_end = true;
    close.decides = true;
    close.options.steps = run_.Steps(IsPosenet() ? 20000 : 3000);
    std::vector<Phase> phases = {close};
    if (whole_) {
      Phase whole{"whole.", "learning where the animal is", kWholeShare, {}};
      whole.open_end = true;
      whole.options.steps = run_.Steps(1500);
      // What the points look like is known by then; only their surroundings are new.
      whole.prepare = [this] { CopyValues(close_->net(), whole_->net()); };
      phases.push_back(whole);
    }
    for (Phase& phase : phases) {
      phase.options.peak_rate = options_.rate > 0 ? options_.rate : 3e-3;
      phase.options.weight_decay = 0.02;
      phase.options.validate_every = std::clamp<int64_t>(phase.options.steps / 10, 25, 250);
      phase.options.max_seconds = kPointsSeconds * phase.share;
      if (!IsPosenet()) continue;
      // SIPEC's rates, 7.5e-4, 1e-4, 1e-5, with its bumps of 6 and 4 pixels, of 1, and of 0.5. Its
      // code trains 2,450 epochs, most of them at the end; these shares learn from nothing, too.
      if (options_.rate <= 0) phase.options.peak_rate = 7.5e-4;
      phase.options.drop_at = {0.4, 0.8};
      phase.options.max_seconds = kPosenetSeconds * phase.share;
    }
    return phases;
  }

  void TakeOver() {
    InitOptions init;
    init.partial = true;
    // "encoder.": an EfficientNet of ImageNet alone.
    init.places = {"", "close.", "encoder."};
    init.class_dependent = {"head."};
    job_.Advance(0, 0, InitModule(close_->net(), options_.init, init).Text());
    if (!whole_) return;
    init.places = {"", "whole.", "close.", "encoder."};
    job_.Advance(0, 0, InitModule(whole_->net(), options_.init, init).Text());
  }

  const PointData& data_;
  const TrainOptions& options_;
  datasets::Job& job_;
  TrainingRun run_;
  TrainingData labels_;
  PointsDescription description_;
  std::vector<PointsSample> animals_, pictures_;
  Split split_;
  std::unique_ptr<PointsTask> close_, whole_;
};

}  // namespace

TrainResult TrainPoints(const PointData& data, const TrainingRequest& request) {
  return PointsTraining(data, request).Run();
}

}  // namespace train
