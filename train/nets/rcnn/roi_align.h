// RoIAlign (He et al. 2017) over the levels of a feature pyramid (Lin et al. 2017), with
// torchvision 0.14's coordinates (aligned=false), with gradients, on the CPU and on a GPU.
// Internal to train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <vector>

namespace train {

// For each region a pooled map: [R, C, side, side] in channels-last layout, in the features' type.
//   features  1..4 maps [N, C, H_l, W_l], all of one type (float or bfloat16) on one device
//   scales    feature pixels per image pixel of each map
//   boxes     [R, 4] corners in image pixels, float
//   pictures  [R] int64: which of the N pictures
//   levels    [R] int64: which map
// Each cell averages sampling x sampling bilinear samples; sampling 0 takes as many as the cell is
// wide and high (CPU only). Gradients reach the features, not the boxes.
torch::Tensor RoiAlign(const std::vector<torch::Tensor>& features,
                       const std::vector<double>& scales, const torch::Tensor& boxes,
                       const torch::Tensor& pictures, const torch::Tensor& levels, int side,
                       int sampling);

// Which map of P2..P5 a box [R, 4] is read from: floor(4 + log2(sqrt(area) / 224) + 1e-6), within
// 2..5, less 2 (Lin et al. 2017, equation 1). [R] int64.
torch::Tensor PyramidLevels(const torch::Tensor& boxes);

}  // namespace train
