#include "datasets/base/error.h"
#include "train/idseg_runner.h"
#include "train/predictor.h"
#include "train/weights/module_weights.h"

namespace train {
namespace {

class IdsegPredictor : public Predictor {
 public:
  IdsegPredictor(const WeightsFile& file, const std::string& name, const PredictorOptions& options)
      : description_(FromMetadata(file.metadata, name)),
        device_(DeviceOf(options.device)),
        threads_(options.threads),
        type_(options.allow_bf16 && device_.is_cpu() && HasBfloat16() ? torch::kBFloat16
                                                                      : torch::kFloat32),
        seg_(static_cast<int>(description_.info.classes.size())) {
    if (options.scale < 0 || options.scale > 4) {
      throw datasets::Error("option scale", "it must lie between 0 and 4", "leave it at 0");
    }
    if (options.scale > 0) description_.seg.scale = std::min(1.0, options.scale);
    LoadTensors(file, "seg.", NamedValues(*seg_));
    Prepare(*seg_);
    if (description_.crop.side_in_image > 0) {
      crop_ =
          CropNet(description_.crop.channels, static_cast<int>(description_.info.classes.size()));
      LoadTensors(file, "crop.", NamedValues(*crop_));
      Prepare(*crop_);
    }
  }

  const ModelInfo& info() const override { return description_.info; }

  std::vector<FrameDetections> Predict(const std::vector<cv::Mat>& frames,
                                       const cv::Mat& background) override {
    UseThreads(threads_);
    std::vector<FrameDetections> results;
    for (const cv::Mat& frame : frames) {
      if (frame.empty() || frame.type() != CV_8UC3) {
        throw datasets::Error("prediction", "a frame is not an 8-bit color picture");
      }
      if (!background.empty() &&
          (background.size() != frame.size() || background.type() != CV_8UC3)) {
        throw datasets::Error("prediction", "the background differs in size from the frame",
                              "add the video again so that its background is made anew");
      }
      const cv::Mat scaled = ScaleDown(frame, description_.seg.scale);
      UseBackground(background);
      const SegMaps maps = SegmentScaled(seg_, device_, scaled, MedianGrey(scaled), background_,
                                         background_grey_, frame.size(), description_.seg);
      FrameDetections found;
      found.detections = DecodeAnimals(maps, description_);
      KeepMaps(maps, found);
      const std::vector<std::vector<float>> names = NameCrops(frame, found.detections);
      for (size_t i = 0; i < names.size(); ++i) found.detections[i].crop_log_prob = names[i];
      results.push_back(std::move(found));
    }
    return results;
  }

  std::vector<std::vector<float>> NameCrops(const cv::Mat& frame,
                                            const std::vector<Detection>& masks) override {
    std::vector<std::vector<float>> names;
    if (!crop_) return names;
    UseThreads(threads_);
    std::vector<AnimalPatch> patches;
    for (const Detection& mask : masks) {
      patches.push_back(CutPatch(frame, mask.region, mask.mask, description_.crop));
    }
    for (const auto& scores : ScorePatches(crop_, device_, patches, description_.crop)) {
      names.push_back(LogSoftmax(scores, description_.crop_temperature));
    }
    return names;
  }

 private:
  template <class Net>
  void Prepare(Net& net) {
    net.eval();
    net.to(device_);
    net.Fold(type_);
  }

  // Shrinks a background once for all frames that share it.
  void UseBackground(const cv::Mat& background) {
    if (background.data == background_source_.data && !background.empty()) return;
    background_source_ = background;
    background_ =
        background.empty() ? cv::Mat() : ScaleDown(background, description_.seg.scale).clone();
    background_grey_ = background.empty() ? 0 : MedianGrey(background_);
  }

  IdsegDescription description_;
  torch::Device device_;
  int threads_;
  torch::ScalarType type_;
  IdsegNet seg_;
  CropNet crop_{nullptr};
  cv::Mat background_source_, background_;
  double background_grey_ = 0;
};

}  // namespace

std::unique_ptr<Predictor> LoadPredictor(const std::string& model_file,
                                         const PredictorOptions& options) {
  UseThreads(options.threads);
  return std::make_unique<IdsegPredictor>(ReadSafetensors(model_file), model_file, options);
}

ModelInfo ReadModelInfo(const std::string& model_file) {
  return FromMetadata(ReadSafetensorsMetadata(model_file), model_file).info;
}

}  // namespace train
