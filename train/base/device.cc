#include "train/base/device.h"

#include <ATen/Parallel.h>

#include <fstream>
#include <map>
#include <thread>

#include "datasets/base/error.h"
#include "datasets/base/process_memory.h"
#include "train/base/predictor.h"

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

// All cores, or fewer where OMP_NUM_THREADS says so, as clusters set it for a share of a machine.
int DefaultThreads() {
  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const char* wished = std::getenv("OMP_NUM_THREADS");
  const int threads = wished ? std::atoi(wished) : 0;
  return threads > 0 ? std::min(threads, cores) : cores;
}
}  // namespace

void LimitThreads(int threads) { thread_limit = threads; }

void UseThreads(int threads) {
  datasets::KeepFreedMemory();
  if (threads <= 0) threads = DefaultThreads();
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

}  // namespace train
