// Convolutions and matrix products for inference in float32 on a processor: weights packed once,
// what comes after (bias, addition, ReLU) done while the results are still at hand, 3x3
// convolutions with stride 1 after Winograd (Lavin & Gray 2016, F(4x4, 3x3)). Plain numbers, no
// torch types.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "train/nn/cpu_kernels.h"

namespace train {

struct FreeFloats {
  void operator()(float* floats) const;
};
using AlignedFloats = std::unique_ptr<float[], FreeFloats>;
// Not initialized, aligned to 64 bytes.
AlignedFloats AllocateFloats(int64_t count);

// What is done to each result x: y = max(x, slope * x), x with what is added.
struct ConvFinish {
  float slope = 1;             // 1 nothing, 0 ReLU, 0.1 leaky ReLU
  const float* add = nullptr;  // [N, add_height, add_width, out], or null
  // 0: the result's; else each pixel takes the nearest one, as "nearest" interpolation does.
  int64_t add_height = 0, add_width = 0;
};

struct ConvShape {
  int64_t in = 0, out = 0, kernel_height = 1, kernel_width = 1, stride = 1, padding = 0;
};

// Weights [out, in, kernel_height, kernel_width], the distance of neighbors along each. The numbers
// belong to the caller and must outlive the convolution, or its PackForGood.
struct ConvWeights {
  const float* data = nullptr;
  int64_t of_out = 0, of_in = 0, of_y = 0, of_x = 0;
};

// Maps are [N, H, W, C], C together. Safe to run from several threads; each run uses ATen's
// threads.
class PackedConv {
 public:
  // `bias` [out] is copied; null: none. With 1x1 kernels it is a matrix product over pixels.
  PackedConv(const CpuKernels& kernels, const ConvShape& shape, const ConvWeights& weights,
             const float* bias);
  int64_t OutHeight(int64_t height) const;
  int64_t OutWidth(int64_t width) const;
  // `y` [N, OutHeight, OutWidth, out] is written, all of it.
  void Run(const float* x, int64_t pictures, int64_t height, int64_t width, float* y,
           const ConvFinish& finish) const;
  const ConvShape& shape() const { return shape_; }
  // Packing waits for the first run, whose size decides the way. Where there is only one way it can
  // be done now: true, and the caller's weights are no longer needed.
  bool PackForGood();

  // How a 3x3 convolution of stride 1 is done; for tests.
  enum class Way { kBest, kDirect, kWinograd };
  Way way = Way::kBest;

 private:
  struct Call;  // one run
  bool CanUseWinograd() const;
  bool UsesWinograd(const Call& call) const;
  void PackDirect() const;
  void PackWinograd() const;
  void RunDirect(const Call& call) const;
  void RunWinograd(const Call& call) const;
  void Multiply(const Call& call, const float* rows, int64_t stride, int64_t first, int64_t count,
                int64_t first_panel, int64_t last_panel) const;
  void WinogradBlock(const Call& call, int64_t first, int64_t count, int64_t first_panel,
                     int64_t last_panel) const;

  const CpuKernels& kernels_;
  const ConvShape shape_;
  const ConvWeights weights_;
  const int64_t depth_, panels_;
  AlignedFloats bias_;  // [panels * columns]
  mutable std::once_flag direct_once_, winograd_once_;
  mutable AlignedFloats direct_;    // [panel][(ky, kx, in)][columns]
  mutable AlignedFloats winograd_;  // [panel][plane][in][columns]
};

}  // namespace train
