// The innermost loops of inference on a processor, compiled for several kinds of it: a tile of a
// matrix product, and the transforms of Winograd's convolution. Plain numbers, no torch.
#pragma once

#include <cstdint>

namespace train {

inline constexpr int kMostTileRows = 12;
inline constexpr int kWinogradTile = 4;   // outputs a side
inline constexpr int kWinogradInput = 6;  // inputs a side that they need
inline constexpr int kWinogradPlanes = kWinogradInput * kWinogradInput;

// c [rows, columns] = a [rows, depth] b [depth, columns] (+ c), then finished where asked.
struct ProductTile {
  const float* a = nullptr;
  int64_t a_stride = 0;
  const float* b = nullptr;  // depth rows of CpuKernels::columns numbers, padded with zeros
  int64_t depth = 0;
  float* c = nullptr;
  int64_t c_stride = 0;
  int rows = 0;     // 1 .. CpuKernels::rows
  int columns = 0;  // 1 .. CpuKernels::columns
  bool add_to_c = false;
  // Of the last part of the depth: c = max(x, slope * x), x = c + bias + add.
  bool finish = false;
  const float* bias = nullptr;           // [CpuKernels::columns], or null
  const float* add[kMostTileRows] = {};  // a row each; null in the first: none
  float slope = 1;                       // from 0 (ReLU) to 1 (linear)
};

// V = B^T d B of one tile (Lavin & Gray 2016, equation 12).
struct WinogradIn {
  const float* pixels[kWinogradPlanes];  // the 6 x 6 inputs, each of `channels` numbers
  int64_t channels = 0;                  // a multiple of CpuKernels::width
  float* v = nullptr;                    // plane p begins at v + p * plane
  int64_t plane = 0;
};

// Y = A^T M A of one tile for CpuKernels::columns channels, finished as a product is.
struct WinogradOut {
  const float* m = nullptr;  // plane p begins at m + p * plane
  int64_t plane = 0;
  float* y = nullptr;  // the tile's first output, the first of the channels
  int64_t y_row = 0, y_pixel = 0;
  const float* add = nullptr;  // laid out as y, or null
  int rows = 0, pixels = 0;    // 1 .. 4 of each lie within the picture
  const float* bias = nullptr;
  float slope = 1;
};

struct CpuKernels {
  const char* name;
  int rows, columns, width;  // the largest tile of a product; numbers in a vector
  void (*product)(const ProductTile&);
  void (*winograd_in)(const WinogradIn&);
  void (*winograd_out)(const WinogradOut&);
};

// For this processor; null where there are none, and the caller does without.
const CpuKernels* FindCpuKernels();
// By name ("avx512", "avx2"), for tests; null where this processor cannot run them.
const CpuKernels* FindCpuKernels(const char* name);

}  // namespace train
