#include "train/detect/training.h"

#include "datasets/base/error.h"
#include "train/base/device.h"
#include "train/detect/registry.h"
#include "train/detect/task.h"
#include "train/learn/split.h"
#include "train/learn/training_record.h"
#include "train/learn/training_run.h"
#include "train/picture/picture_model.h"
#include "train/weights/module_init.h"
#include "train/weights/public_files.h"
#include "train/weights/weights_file.h"

namespace train {
namespace {

using datasets::Error;
using nlohmann::json;

class DetectTraining : public Family {
 public:
  DetectTraining(const TrainingData& data, const TrainingRequest& request)
      : data_(data),
        options_(request.options),
        job_(request.job),
        kind_(*FindDetectorKind(request.options.model)),
        run_(request) {
    const torch::Device device = DeviceOf(options_.device);
    CheckLabels(data);
    Peers* peers = run_.Meet(data);
    description_.info = InfoOfLabels(data, kind_.name);
    split_ =
        SplitByTime(data.frames, static_cast<int>(data.classes.size()), options_.validation_share);
    run_.ShowSamples(data, split_);
    picture_model_ = LearnPictureModel(data, job_);
    WeightsFile init;
    std::string init_file;
    if (!options_.init.empty()) {
      init_file = FindWeights(options_.init).string();
      if (FormatOf(init_file) != WeightsFormat::kDarknet) init = ReadNamedWeights(init_file);
    }
    const DetectPlan plan = kind_.plan(Input(device, options_.init.empty() ? nullptr : &init));
    batch_ = plan.batch;
    torch::manual_seed(static_cast<uint64_t>(options_.seed));
    detector_ = kind_.make(static_cast<int>(data.classes.size()), plan.settings);
    description_.settings = detector_->settings();
    if (!options_.init.empty()) TakeOver(init, init_file);
    init = {};
    detector_->module().to(device);
    task_ = std::make_unique<DetectTask>(
        *detector_, data, LoadPictures(data, split_.learn, plan.most_short_side, job_), split_.held,
        description_, plan.augment, ShareOf(peers, plan.batch),
        static_cast<uint64_t>(options_.seed));
    Phase phase{"net.", "learning", 1, plan.trainer};
    phase.open_end = true;
    run_.Start(*this, {phase}, TrainingIdentity(data, options_));
  }

  TrainResult Run() { return run_.Run(); }

  LearningTask& Task(size_t) override { return *task_; }

  std::string News() const override {
    std::string text;
    for (const auto& [name, value] : task_->last_losses()) {
      char part[80];
      std::snprintf(part, sizeof(part), ", %s %.3g", name.c_str(), value);
      text += part;
    }
    return text;
  }

  void Calibrate() override {
    description_.temperature = std::max(1.5, task_->FitClassTemperature());
  }

  std::map<std::string, std::string> Describe(json record) const override {
    if (!init_report_.empty()) record["init"] = init_report_;
    record["batch"] = batch_;
    record["losses"] = task_->last_losses();
    record["labels"] = LabelsRecord(data_, split_.learn.size(), split_.held.size(), split_.learn);
    record["picture_model"] = ToJson(picture_model_);
    DetectDescription description = description_;
    description.info.record = std::move(record);
    return ToMetadata(description);
  }

  std::vector<std::pair<std::string, NamedTensors>> Weights() override {
    std::vector<std::pair<std::string, NamedTensors>> weights;
    weights.emplace_back("", NamedValues(detector_->module()));
    return weights;
  }

  TrainSample Sample(size_t, int frame) override {
    const cv::Mat picture = data_.picture(frame);
    return MakeSample(data_, frame, picture, picture.size(), task_->Detect(picture));
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
      init_report_ = text;
      job_.Advance(0, 1, text);
      return;
    }
    InitOptions how;
    how.class_dependent = detector_->ClassDependent();
    how.places = detector_->InitPlaces();
    how.partial = options_.init_partial;
    const InitReport report =
        InitValues(NamedValues(detector_->module()), init, options_.init, how);
    init_report_ = report.Text();
    job_.Advance(0, 1, report.Text());
  }

  const TrainingData& data_;
  const TrainOptions& options_;
  datasets::Job& job_;
  const DetectorKind& kind_;
  TrainingRun run_;
  DetectDescription description_;
  Split split_;
  PictureModel picture_model_;
  int batch_ = 1;
  std::string init_report_;
  std::unique_ptr<Detector> detector_;
  std::unique_ptr<DetectTask> task_;
};

}  // namespace

TrainResult TrainDetector(const TrainingData& data, const TrainingRequest& request) {
  return DetectTraining(data, request).Run();
}

}  // namespace train
