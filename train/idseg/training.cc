#include "train/idseg/training.h"

#include <algorithm>

#include "datasets/base/error.h"
#include "train/base/device.h"
#include "train/idseg/tasks.h"
#include "train/learn/split.h"
#include "train/learn/temperature.h"
#include "train/learn/training_record.h"
#include "train/learn/training_run.h"
#include "train/picture/picture_model.h"
#include "train/weights/public_files.h"
#include "train/weights/weights_file.h"

namespace train {
namespace {

using datasets::Error;
using nlohmann::json;

constexpr int kSegBatch = 8, kSegSide = 160, kCropBatch = 32;
constexpr double kDefaultSeconds = 240;  // for both networks, unless steps or minutes are given
// The pixels also read the place of an animal, which changes: their opinion is never taken at its
// own word.
constexpr double kLeastPixelTemperature = 2;
constexpr double kSegTimeShare = 0.65;  // of the time, when there are crops to name too

class IdsegTraining : public Family {
 public:
  IdsegTraining(const TrainingData& data, const TrainingRequest& request)
      : data_(data), options_(request.options), run_(request) {
    const torch::Device device = DeviceOf(options_.device);
    Peers* peers = run_.Meet(data);
    description_ = DescribeLabels(data, request.job);
    picture_model_ = LearnPictureModel(data, request.job);
    set_ = LoadLearningSet(data, description_, request.job);
    split_ = SplitByTime(data.frames, set_.classes, options_.validation_share);
    run_.ShowSamples(data, split_);
    const uint64_t seed = static_cast<uint64_t>(options_.seed);
    torch::manual_seed(seed);
    seg_ = std::make_unique<SegTask>(set_, data, description_, split_.learn, split_.held, seed,
                                     device, ShareOf(peers, Batch(kSegBatch)), kSegSide);
    if (description_.crop.side_in_image > 0) {
      crop_ = std::make_unique<CropTask>(set_, description_, split_.learn, split_.held, seed,
                                         device, ShareOf(peers, Batch(kCropBatch)));
    }
    if (!options_.init.empty()) TakeOver(options_.init);
    run_.Start(*this, Phases(), TrainingIdentity(data, options_));
  }

  TrainResult Run() { return run_.Run(); }

  LearningTask& Task(size_t phase) override {
    if (phase == kSeg) return *seg_;
    return *crop_;
  }

  void Calibrate() override {
    if (Named()) {
      std::vector<std::vector<float>> scores;
      std::vector<int> classes;
      crop_->ScoreHeld(scores, classes);
      description_.crop_temperature = FitTemperature(scores, classes);
    }
    if (set_.classes > 1) {
      description_.pixel_temperature =
          std::max(kLeastPixelTemperature, seg_->FitPixelTemperature());
    }
  }

  std::map<std::string, std::string> Describe(json record) const override {
    record["labels"] = LabelsRecord(data_, split_.learn.size(), split_.held.size(), split_.learn);
    record["picture_model"] = ToJson(picture_model_);
    IdsegDescription description = description_;
    if (!Named()) description.crop.side_in_image = 0;
    description.info.record = std::move(record);
    return ToMetadata(description);
  }

  std::vector<std::pair<std::string, NamedTensors>> Weights() override {
    std::vector<std::pair<std::string, NamedTensors>> weights;
    weights.emplace_back("seg.", NamedValues(seg_->module()));
    if (Named()) weights.emplace_back("crop.", NamedValues(crop_->module()));
    return weights;
  }

  bool Usable() const override { return run_.state(kSeg).step > 0; }

  TrainSample Sample(size_t phase, int frame) override {
    const ScaledFrame& scaled = set_.frames[static_cast<size_t>(frame)];
    const std::vector<Detection> found = seg_->Detect(frame);
    return MakeSample(
        data_, frame, scaled.Picture(), scaled.image_size, found,
        phase == kCrop ? crop_->Name(data_.picture(frame), found) : std::vector<int>());
  }

 private:
  static constexpr size_t kSeg = 0, kCrop = 1;  // phases

  // --batch is said for outlines; the crops are as many more as they are by default.
  int Batch(int normal) const {
    return options_.batch > 0 ? options_.batch * normal / kSegBatch : normal;
  }
  // Whether the crops have learned something.
  bool Named() const { return crop_ && run_.state(kCrop).step > 0; }

  std::vector<Phase> Phases() const {
    const int labels = static_cast<int>(split_.learn.size());
    const double share = crop_ ? kSegTimeShare : 1;
    Phase seg{"seg.", "learning outlines", share, {}};
    Phase crop{"crop.", "learning who is who", 1 - share, {}};
    seg.open_end = crop.open_end = true;
    seg.options.steps = run_.Steps(std::clamp(500 + 7 * labels, 600, 1600));
    crop.options.steps = run_.Steps(std::clamp(500 + 5 * labels, 600, 1200));
    seg.options.peak_rate = options_.rate > 0 ? options_.rate : 3e-3;
    crop.options.peak_rate = seg.options.peak_rate * 2 / 3;
    crop.options.weight_decay = 0.05;
    for (Phase* phase : {&seg, &crop}) {
      phase->options.validate_every = std::clamp<int64_t>(seg.options.steps / 8, 25, 250);
      phase->options.patience = 20;
      phase->options.max_seconds = kDefaultSeconds * phase->share;
    }
    if (!crop_) return {seg};
    return {seg, crop};
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

  const TrainingData& data_;
  const TrainOptions& options_;
  TrainingRun run_;
  IdsegDescription description_;
  PictureModel picture_model_;
  LearningSet set_;
  Split split_;
  std::unique_ptr<SegTask> seg_;
  std::unique_ptr<CropTask> crop_;
};

}  // namespace

TrainResult TrainIdseg(const TrainingData& data, const TrainingRequest& request) {
  return IdsegTraining(data, request).Run();
}

}  // namespace train
