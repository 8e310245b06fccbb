// Where networks run and on how many threads, for every family of them. Internal to train/ (torch
// types); what others may say about threads stands in predictor.h.
#pragma once

#include <torch/torch.h>

#include <string>
#include <vector>

namespace train {

// "auto", "cpu", "cuda" or "cuda:N". Throws Error for another name or an absent device.
torch::Device DeviceOf(const std::string& name);
// From now on DeviceOf(name) is `device`: for devices that something else brings, as a test's. Not
// while another thread asks.
void NameDevice(const std::string& name, torch::Device device);
// Threads for torch and OpenCV in this process; 0: all cores, at most OMP_NUM_THREADS. Tiny numbers
// become zero from now on (denormals cost a hundred times an ordinary multiplication).
void UseThreads(int threads);

// Whether the processor multiplies bfloat16 natively (AVX512_BF16 or AMX).
bool HasBfloat16();

// A batch of one: floats [H, W, C] (channels last) as a [1, C, H, W] tensor without a copy.
torch::Tensor WrapInput(std::vector<float>& values, int count, int height, int width, int channels);

}  // namespace train
