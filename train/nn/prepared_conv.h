// Convolutions of networks that only infer: packed once where this processor has kernels for that
// (packed_conv.h), LibTorch's otherwise, with what follows them in the same pass. Internal to
// train/ (torch types).
#pragma once

#include <torch/torch.h>

#include <memory>

#include "train/nn/map_pool.h"
#include "train/nn/packed_conv.h"

namespace train {

class PreparedConv {
 public:
  // Null where only LibTorch's convolution does it: other types than float32, other devices, other
  // processors. `weight` [out, in, height, width] or [out, in]; `bias` [out] or undefined.
  static std::shared_ptr<const PreparedConv> Make(const torch::Tensor& weight,
                                                  const torch::Tensor& bias, int64_t stride = 1,
                                                  int64_t padding = 0);
  // For Run: float32 on a processor, [N, in, H, W] at least as large as the kernel.
  bool Fits(const torch::Tensor& x) const;
  // max(y, slope * y), y = conv(x) + add; `add` undefined, or a map of y's channels that is y's
  // size or smaller: then the nearest of its pixels. The result is channels-last.
  torch::Tensor Run(const torch::Tensor& x, double slope = 1, const torch::Tensor& add = {}) const;
  // The same over rows [R, in] with a 1x1 kernel: [R, out].
  torch::Tensor RunRows(const torch::Tensor& rows, double slope = 1) const;

 private:
  PreparedConv(const CpuKernels& kernels, const ConvShape& shape, const torch::Tensor& weight,
               const torch::Tensor& bias);

  torch::Tensor weight_;  // undefined once it is packed for good
  PackedConv packed_;
  const std::shared_ptr<MapPool> pool_ = MapPool::Shared();
};

// torch::nn::Conv2d with room for its prepared form; everything else is the same, names too.
struct PreparableConv2dImpl : torch::nn::Conv2dImpl {
  using torch::nn::Conv2dImpl::Conv2dImpl;
  std::shared_ptr<const PreparedConv> prepared;
};

torch::nn::Conv2d MakePreparableConv2d(const torch::nn::Conv2dOptions& options);
// For inference only, once: weight and bias in `type` and channels-last layout, packed where that
// helps.
void PrepareConv(torch::nn::Conv2dImpl& conv, torch::ScalarType type);
// conv(x), with the addition of a map of the result's size or smaller (nearest pixels), with ReLU.
torch::Tensor RunConv(torch::nn::Conv2d& conv, const torch::Tensor& x, bool relu = false,
                      const torch::Tensor& add = {});

}  // namespace train
