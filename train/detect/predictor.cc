#include "datasets/base/error.h"
#include "train/base/device.h"
#include "train/detect/detections.h"
#include "train/detect/registry.h"
#include "train/detect/training.h"

namespace train {
namespace {

class DetectPredictor : public Predictor {
 public:
  DetectPredictor(const WeightsFile& file, const std::string& name, const PredictorOptions& options)
      : description_(DetectDescriptionOf(file.metadata, name)), threads_(options.threads) {
    const torch::Device device = DeviceOf(options.device);
    detector_ =
        MakeDetector(description_.info.architecture,
                     static_cast<int>(description_.info.classes.size()), description_.settings);
    LoadTensors(file, "", NamedValues(detector_->module()));
    detector_->module().eval();
    detector_->module().to(device);
    const bool fast = options.allow_bf16 && device.is_cpu() && HasBfloat16();
    detector_->PrepareForInference(fast ? torch::kBFloat16 : torch::kFloat32);
  }

  const ModelInfo& info() const override { return description_.info; }

  std::vector<FrameDetections> Predict(const std::vector<cv::Mat>& frames,
                                       const cv::Mat&) override {
    UseThreads(threads_);
    std::vector<FrameDetections> results;
    for (const cv::Mat& frame : frames) {
      if (frame.empty() || frame.type() != CV_8UC3) {
        throw datasets::Error("prediction", "a frame is not an 8-bit color picture");
      }
      FrameDetections result;
      result.detections = AnimalsOf(detector_->Infer({ImageTensor(frame)}).front(), description_);
      results.push_back(std::move(result));
    }
    return results;
  }

  std::vector<std::vector<float>> NameCrops(const cv::Mat&,
                                            const std::vector<Detection>&) override {
    return {};
  }

 private:
  DetectDescription description_;
  int threads_;
  std::unique_ptr<Detector> detector_;
};

}  // namespace

std::unique_ptr<Predictor> LoadDetectPredictor(const WeightsFile& file, const std::string& name,
                                               const PredictorOptions& options) {
  return std::make_unique<DetectPredictor>(file, name, options);
}

}  // namespace train
