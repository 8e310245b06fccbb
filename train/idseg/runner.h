// Runs the two idseg networks on pictures. Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <vector>

#include "train/idseg/decode.h"
#include "train/idseg/input.h"
#include "train/nets/idseg.h"

namespace train {

// "auto", "cpu", "cuda" or "cuda:N". Throws Error for another name or an absent device.
torch::Device DeviceOf(const std::string& name);
// From now on DeviceOf(name) is `device`: for devices that something else brings, as a test's. Not
// while another thread asks.
void NameDevice(const std::string& name, torch::Device device);
// Threads for torch and OpenCV in this process; 0: all cores. Tiny numbers become zero from now on
// (denormals cost a hundred times an ordinary multiplication).
void UseThreads(int threads);

// Whether the processor multiplies bfloat16 natively (AVX512_BF16 or AMX).
bool HasBfloat16();

// A batch of one: floats [H, W, C] (channels last) as a [1, C, H, W] tensor without a copy.
torch::Tensor WrapInput(std::vector<float>& values, int count, int height, int width, int channels);

// The maps of one picture at network scale. `background` at the same scale, or empty.
SegMaps SegmentScaled(IdsegNet& net, const torch::Device& device, const cv::Mat& scaled,
                      double median_grey, const cv::Mat& background, double background_grey,
                      const cv::Size& image, const SegInput& input);

// Scores [patches][K] of the crop classifier before any temperature, averaged over TestViews().
std::vector<std::vector<float>> ScorePatches(CropNet& net, const torch::Device& device,
                                             const std::vector<AnimalPatch>& patches,
                                             const CropInput& input);

}  // namespace train
