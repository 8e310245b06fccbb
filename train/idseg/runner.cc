#include "train/idseg/runner.h"

#include <ATen/Parallel.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <fstream>
#include <map>
#include <thread>

#include "datasets/base/error.h"

namespace train {

namespace {
std::map<std::string, torch::Device>& NamedDevices() {
  static std::map<std::string, torch::Device> devices;
  return devices;
}

// Its matrix products may be rounded to TF32, as LibTorch lets its convolutions be.
torch::Device Gpu(int index) {
  at::globalContext().setAllowTF32CuBLAS(true);
  return {torch::kCUDA, static_cast<torch::DeviceIndex>(index)};
}
}  // namespace

void NameDevice(const std::string& name, torch::Device device) {
  NamedDevices().insert_or_assign(name, device);
}

torch::Device DeviceOf(const std::string& name) {
  if (name == "cpu") return torch::kCPU;
  const auto named = NamedDevices().find(name);
  if (named != NamedDevices().end()) return named->second;
  if (name == "auto") return torch::cuda::is_available() ? Gpu(0) : torch::Device(torch::kCPU);
  int index = 0;
  const bool numbered = name.rfind("cuda:", 0) == 0 && name.size() > 5 && name.size() < 9 &&
                        name.find_first_not_of("0123456789", 5) == std::string::npos;
  if (numbered) index = std::stoi(name.substr(5));
  if (name != "cuda" && !numbered) {
    throw datasets::Error("device '" + name + "'", "there is no such kind of device",
                          "use auto, cpu, cuda or cuda:0");
  }
  if (!torch::cuda::is_available() || index >= static_cast<int>(torch::cuda::device_count())) {
    throw datasets::Error("device '" + name + "'", "this machine or build offers no such GPU",
                          "use --device cpu");
  }
  return Gpu(index);
}

namespace {
thread_local int thread_limit = 0;
}  // namespace

void LimitThreads(int threads) { thread_limit = threads; }

void UseThreads(int threads) {
  // Every layer's result is a few megabytes: by default glibc would map and unmap each of them, and
  // the page faults would cost more than the arithmetic.
  static const bool keeps_memory = [] {
#ifdef __GLIBC__
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 512 << 20);
#endif
    return true;
  }();
  (void)keeps_memory;
  if (threads <= 0) threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  if (thread_limit > 0) threads = std::min(threads, thread_limit);
  if (at::get_num_threads() != threads) at::set_num_threads(threads);
  at::globalContext().setFlushDenormal(true);
}

bool HasBfloat16() {
  static const bool has = [] {
    std::ifstream info("/proc/cpuinfo");
    std::string line;
    while (std::getline(info, line)) {
      if (line.rfind("flags", 0) != 0) continue;
      return line.find(" avx512_bf16") != std::string::npos ||
             line.find(" amx_bf16") != std::string::npos;
    }
    return false;
  }();
  return has;
}

torch::Tensor WrapInput(std::vector<float>& values, int count, int height, int width,
                        int channels) {
  return torch::from_blob(values.data(), {count, height, width, channels}, torch::kFloat32)
      .permute({0, 3, 1, 2});
}

SegMaps SegmentScaled(IdsegNet& net, const torch::Device& device, const cv::Mat& scaled,
                      double median_grey, const cv::Mat& background, double background_grey,
                      const cv::Size& image, const SegInput& input) {
  const auto Padded = [](int extent) {
    return (extent + kSegStride - 1) / kSegStride * kSegStride;
  };
  const cv::Size size(Padded(scaled.cols), Padded(scaled.rows));
  thread_local std::vector<float> values;
  values.resize(std::max(values.size(), static_cast<size_t>(size.area()) * kSegInputChannels));
  FillSegInput(scaled, background, FrameGain(median_grey, input.reference_level),
               FrameGain(background_grey, input.reference_level), input, size, values.data());
  c10::InferenceMode inference;
  torch::Tensor out =
      net->forward(WrapInput(values, 1, size.height, size.width, kSegInputChannels).to(device))
          .to(torch::kCPU, torch::kFloat32)
          .contiguous();
  out.slice(1, 0, kFirstClassChannel).sigmoid_();
  SegMaps maps;
  maps.image = image;
  maps.frame = scaled.size();
  const auto Plane = [&](int channel) {
    const cv::Mat whole(size, CV_32FC1, out[0][channel].data_ptr<float>());
    return whole(cv::Rect(cv::Point(0, 0), scaled.size())).clone();
  };
  maps.animal = Plane(kAnimalChannel);
  maps.core = Plane(kCoreChannel);
  for (int k = 0; k < net->classes; ++k) maps.class_logits.push_back(Plane(kFirstClassChannel + k));
  return maps;
}

std::vector<std::vector<float>> ScorePatches(CropNet& net, const torch::Device& device,
                                             const std::vector<AnimalPatch>& patches,
                                             const CropInput& input) {
  std::vector<std::vector<float>> scores;
  const std::vector<CropView> views = TestViews();
  const size_t each = static_cast<size_t>(input.side) * input.side * input.channels;
  for (const AnimalPatch& patch : patches) {
    std::vector<float> values(each * views.size());
    for (size_t v = 0; v < views.size(); ++v) {
      cv::Mat bgr, mask;
      CutView(patch, views[v], input.side, bgr, mask);
      FillCropInput(bgr, mask, input, 1, 0, values.data() + v * each);
    }
    c10::InferenceMode inference;
    const torch::Tensor logits = net->forward(WrapInput(values, static_cast<int>(views.size()),
                                                        input.side, input.side, input.channels)
                                                  .to(device))
                                     .mean(0)
                                     .to(torch::kCPU, torch::kFloat32)
                                     .contiguous();
    scores.emplace_back(logits.data_ptr<float>(), logits.data_ptr<float>() + logits.numel());
  }
  return scores;
}

}  // namespace train
