#include <algorithm>
#include <numeric>

#include "datasets/base/error.h"
#include "train/idseg/description.h"
#include "train/idseg/runner.h"
#include "train/idseg/training.h"
#include "train/learn/temperature.h"
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
        seg_(static_cast<int>(description_.info.classes.size()), description_.centers),
        follow_(options.follow) {
    if (options.scale < 0 || options.scale > 4) {
      throw datasets::Error("option scale", "it must lie between 0 and 4", "leave it at 0");
    }
    if (options.scale > 0) {
      description_.seg.scale = std::min(std::max(1.0, description_.seg.scale), options.scale);
    }
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
    regions_before_.clear();
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
      UseBackground(background);
      const cv::Mat scaled = AtNetworkScale(frame, description_.seg.scale);
      const double grey = MedianGrey(scaled);
      FrameDetections found;
      if (!LookAround(scaled, grey, frame.size(), found))
        LookAtAll(scaled, grey, frame.size(), found);
      image_before_ = frame.size();
      regions_before_.clear();
      for (const Detection& detection : found.detections) {
        regions_before_.push_back(detection.region);
      }
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

  std::unique_ptr<Predictor> Twin() const override {
    if (!device_.is_cpu()) return nullptr;
    return std::make_unique<IdsegPredictor>(*this);
  }

 private:
  template <class Net>
  void Prepare(Net& net) {
    net.eval();
    net.to(device_);
    net.Fold(type_);
  }

  void LookAtAll(const cv::Mat& scaled, double grey, const cv::Size& image,
                 FrameDetections& found) {
    frames_since_all_ = 0;
    const SegMaps maps = SegmentScaled(seg_, device_, scaled, grey, background_, background_grey_,
                                       image, description_.seg);
    found = {};
    found.detections = DecodeAnimals(maps, description_);
    KeepMaps(maps, found);
  }

  // Windows around the animals of the frame before, at network scale, none overlapping another.
  std::vector<cv::Rect> Windows(const cv::Size& scaled, const cv::Size& image) const {
    const cv::Rect whole(cv::Point(0, 0), scaled);
    const double sx = static_cast<double>(scaled.width) / image.width;
    const double sy = static_cast<double>(scaled.height) / image.height;
    std::vector<cv::Rect> windows;
    for (const cv::Rect& region : regions_before_) {
      const cv::Rect core(static_cast<int>(region.x * sx), static_cast<int>(region.y * sy),
                          static_cast<int>(region.width * sx) + 1,
                          static_cast<int>(region.height * sy) + 1);
      windows.push_back(Grown(core, whole));
    }
    for (size_t i = 0; i < windows.size(); ++i) {
      for (size_t j = i + 1; j < windows.size(); ++j) {
        if ((windows[i] & windows[j]).empty()) continue;
        windows[i] = Rounded(windows[i] | windows[j], whole);
        windows.erase(windows.begin() + static_cast<std::ptrdiff_t>(j));
        i = static_cast<size_t>(-1);  // the larger window may overlap earlier ones
        break;
      }
    }
    return windows;
  }

  static cv::Rect Grown(const cv::Rect& core, const cv::Rect& whole) {
    constexpr int kRoom = 24;  // network pixels: most of an animal's length, and context
    return Rounded(
        {core.tl() - cv::Point(kRoom, kRoom), core.size() + cv::Size(2 * kRoom, 2 * kRoom)}, whole);
  }

  // Grown to multiples of the network's stride and moved inside the frame.
  static cv::Rect Rounded(const cv::Rect& rect, const cv::Rect& whole) {
    const auto Extent = [](int extent, int most) {
      return std::min((extent + kSegStride - 1) / kSegStride * kSegStride, most);
    };
    const cv::Size size(Extent(rect.width, whole.width), Extent(rect.height, whole.height));
    const cv::Point center = (rect.tl() + rect.br()) / 2;
    return {std::clamp(center.x - size.width / 2, 0, whole.width - size.width),
            std::clamp(center.y - size.height / 2, 0, whole.height - size.height), size.width,
            size.height};
  }

  // Fills `found` from the windows alone; false when the whole frame must be looked at.
  bool LookAround(const cv::Mat& scaled, double grey, const cv::Size& image,
                  FrameDetections& found) {
    constexpr int kMostFramesBetween = 8;
    constexpr double kMostShare = 0.4;  // of the frame; beyond, nothing is gained
    const std::vector<int>& most = description_.info.max_instances;
    const size_t expected = static_cast<size_t>(std::accumulate(most.begin(), most.end(), 0));
    if (!follow_ || image != image_before_ || regions_before_.size() < expected ||
        ++frames_since_all_ >= kMostFramesBetween) {
      return false;
    }
    const std::vector<cv::Rect> windows = Windows(scaled.size(), image);
    double area = 0;
    for (const cv::Rect& window : windows) area += window.area();
    if (area > kMostShare * static_cast<double>(scaled.total())) return false;
    for (const cv::Rect& window : windows) {
      SegMaps maps = SegmentScaled(seg_, device_, scaled(window), grey,
                                   background_.empty() ? cv::Mat() : background_(window),
                                   background_grey_, image, description_.seg);
      maps.origin = window.tl();
      maps.frame = scaled.size();
      if (TouchesEdge(maps.animal, window, scaled.size())) return false;
      const auto inside = std::count_if(
          regions_before_.begin(), regions_before_.end(), [&](const cv::Rect& region) {
            const cv::Point2d middle((region.x + region.width / 2.0) * scaled.cols / image.width,
                                     (region.y + region.height / 2.0) * scaled.rows / image.height);
            return window.contains(cv::Point(middle));
          });
      for (Detection& detection : DecodeAnimals(maps, description_, static_cast<int>(inside))) {
        found.detections.push_back(std::move(detection));
      }
      KeepMaps(maps, found);
    }
    return found.detections.size() == regions_before_.size();
  }

  // Whether an animal reaches an edge of the window that is not an edge of the frame.
  bool TouchesEdge(const cv::Mat& animal, const cv::Rect& window, const cv::Size& frame) const {
    const auto Any = [&](const cv::Mat& line) {
      return cv::countNonZero(line > description_.threshold) > 0;
    };
    return (window.x > 0 && Any(animal.col(0))) || (window.y > 0 && Any(animal.row(0))) ||
           (window.br().x < frame.width && Any(animal.col(animal.cols - 1))) ||
           (window.br().y < frame.height && Any(animal.row(animal.rows - 1)));
  }

  // Shrinks a background once for all frames that share it.
  void UseBackground(const cv::Mat& background) {
    if (background.data == background_source_.data) return;
    background_source_ = background;
    background_ =
        background.empty() ? cv::Mat() : AtNetworkScale(background, description_.seg.scale).clone();
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
  // What the next frame of the same call may be looked at around.
  bool follow_;
  cv::Size image_before_;
  std::vector<cv::Rect> regions_before_;
  int frames_since_all_ = 0;
};

}  // namespace

std::unique_ptr<Predictor> LoadIdsegPredictor(const WeightsFile& file, const std::string& name,
                                              const PredictorOptions& options) {
  return std::make_unique<IdsegPredictor>(file, name, options);
}

}  // namespace train
