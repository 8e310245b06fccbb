#include <mutex>

#include "datasets/base/error.h"
#include "train/base/device.h"
#include "train/idnet/description.h"
#include "train/idnet/idnet.h"
#include "train/idnet/tasks.h"
#include "train/idseg/decode.h"
#include "train/learn/temperature.h"
#include "train/weights/module_weights.h"

namespace train {

struct IdentityNamer::Impl {
  IdnetDescription description;
  torch::Device device{torch::kCPU};
  int threads = 0;
  IdFrameNet frames{nullptr};
  IdWindowNet windows{nullptr};

  torch::Tensor Stack(const std::vector<const Features*>& list) const {
    const int64_t width = frames->feature_count;
    torch::Tensor all = torch::empty({static_cast<int64_t>(list.size()), width});
    for (size_t i = 0; i < list.size(); ++i) {
      VOLE_CHECK(static_cast<int64_t>(list[i]->size()) == width);
      std::copy(list[i]->begin(), list[i]->end(),
                all.data_ptr<float>() + static_cast<int64_t>(i) * width);
    }
    return all.to(device);
  }

  std::vector<std::vector<float>> LogProbabilities(const torch::Tensor& logits,
                                                   double temperature) const {
    const torch::Tensor values = logits.to(torch::kCPU, torch::kFloat32).contiguous();
    std::vector<std::vector<float>> names;
    for (int64_t i = 0; i < values.size(0); ++i) {
      const float* row = values.data_ptr<float>() + i * values.size(1);
      names.push_back(LogSoftmax({row, row + values.size(1)}, temperature));
    }
    return names;
  }
};

IdentityNamer::IdentityNamer(const std::string& model_file, const PredictorOptions& options)
    : impl_(std::make_unique<Impl>()) {
  UseThreads(options.threads);
  const WeightsFile file = ReadSafetensors(model_file);
  impl_->description = IdnetFromMetadata(file.metadata, model_file);
  impl_->device = DeviceOf(options.device);
  impl_->threads = options.threads;
  const int classes = static_cast<int>(impl_->description.info.classes.size());
  impl_->frames = IdFrameNet(impl_->description.crop.channels, classes, impl_->description.dense);
  impl_->windows = IdWindowNet(impl_->frames->feature_count, classes);
  LoadTensors(file, "frames.", NamedValues(*impl_->frames));
  LoadTensors(file, "windows.", NamedValues(*impl_->windows));
  impl_->frames->eval();
  impl_->windows->eval();
  impl_->frames->to(impl_->device);
  impl_->windows->to(impl_->device);
}

IdentityNamer::~IdentityNamer() = default;

const ModelInfo& IdentityNamer::info() const { return impl_->description.info; }

std::vector<IdentityNamer::Features> IdentityNamer::FeaturesOf(
    const cv::Mat& frame, const std::vector<Detection>& masks) {
  if (masks.empty()) return {};
  UseThreads(impl_->threads);
  std::vector<AnimalPatch> patches;
  std::vector<const AnimalPatch*> pointers;
  for (const Detection& mask : masks) {
    patches.push_back(CutPatch(frame, mask.region, mask.mask, impl_->description.crop));
  }
  for (const AnimalPatch& patch : patches) pointers.push_back(&patch);
  const torch::Tensor features =
      FeaturesOfPatches(impl_->frames, impl_->device, pointers, impl_->description.crop)
          .to(torch::kCPU, torch::kFloat32)
          .contiguous();
  std::vector<Features> result;
  for (int64_t i = 0; i < features.size(0); ++i) {
    const float* row = features.data_ptr<float>() + i * features.size(1);
    result.emplace_back(row, row + features.size(1));
  }
  return result;
}

std::vector<std::vector<float>> IdentityNamer::NameFrames(const std::vector<Features>& frames) {
  if (frames.empty()) return {};
  torch::NoGradGuard no_grad;
  std::vector<const Features*> list;
  for (const Features& features : frames) list.push_back(&features);
  return impl_->LogProbabilities(impl_->frames->Logits(impl_->Stack(list)),
                                 impl_->description.frame_temperature);
}

std::vector<std::vector<float>> IdentityNamer::NameWindows(const std::vector<Window>& windows) {
  if (windows.empty()) return {};
  torch::NoGradGuard no_grad;
  std::vector<const Features*> list;
  for (const Window& window : windows) {
    VOLE_CHECK(window.size() == static_cast<size_t>(kIdentityWindow));
    for (int place = 0; place < kIdentityWindow; ++place) {
      const Features* found = nullptr;
      for (int away = 0; away < kIdentityWindow && !found; ++away) {
        if (place - away >= 0) found = window[static_cast<size_t>(place - away)];
        if (!found && place + away < kIdentityWindow) {
          found = window[static_cast<size_t>(place + away)];
        }
      }
      if (!found) throw datasets::Error("identity", "a window has no frame to look at");
      list.push_back(found);
    }
  }
  const int64_t count = static_cast<int64_t>(windows.size());
  const torch::Tensor normed = impl_->frames->norm->forward(impl_->Stack(list));
  const torch::Tensor votes =
      impl_->frames->head->forward(normed).view({count, kIdentityWindow, -1});
  const torch::Tensor logits =
      impl_->windows->forward(normed.view({count, kIdentityWindow, -1}), votes);
  return impl_->LogProbabilities(logits, impl_->description.window_temperature);
}

}  // namespace train
