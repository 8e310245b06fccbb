// Layers written from plain tensor operations, as a reference for networks.
#pragma once

#include <torch/torch.h>

#include <vector>

namespace tests {

// A convolution as one product of unfolded patches; padded by half its size.
inline torch::Tensor PlainConv(const torch::Tensor& x, const torch::Tensor& weight,
                               int64_t stride) {
  const int64_t size = weight.size(2), pad = size / 2;
  const torch::Tensor patches =
      torch::im2col(x, {size, size}, {1, 1}, {pad, pad}, {stride, stride});
  const torch::Tensor y = torch::matmul(weight.reshape({weight.size(0), -1}), patches);
  return y.view({x.size(0), weight.size(0), (x.size(2) + 2 * pad - size) / stride + 1, -1});
}

// Bilinear, pixel centers at halves, the last two dimensions.
inline torch::Tensor PlainResize(torch::Tensor x, int64_t height, int64_t width) {
  const int64_t wanted[2] = {height, width};
  for (int64_t axis = 0; axis < 2; ++axis) {
    const int64_t dimension = x.dim() - 2 + axis, cells = x.size(dimension);
    const torch::Tensor at =
        ((torch::arange(wanted[axis]) + 0.5) * (static_cast<double>(cells) / wanted[axis]) - 0.5)
            .clamp(0, static_cast<double>(cells - 1));
    const torch::Tensor low = at.floor().to(torch::kInt64);
    const torch::Tensor high = (low + 1).clamp_max(cells - 1);
    std::vector<int64_t> shape(x.dim(), 1);
    shape[dimension] = wanted[axis];
    const torch::Tensor share = (at - low).to(x.scalar_type()).view(shape);
    x = x.index_select(dimension, low) * (1 - share) + x.index_select(dimension, high) * share;
  }
  return x;
}

}  // namespace tests
