// The transforms of Winograd's convolution F(4x4, 3x3) (Lavin & Gray 2016), for vectors of any
// width. Included as cpu_kernels_loops.h is, and by nothing else.
#pragma once

#include "train/nn/cpu_kernels_loops.h"

namespace train {
namespace {

// The points of the interpolation are 0, +-sqrt(1/2), +-sqrt(2) and infinity: in single precision
// several times more exact than 0, +-1, +-2.
constexpr float kNear = 0.70710678118654752f, kFar = 1.41421356237309505f;

[[gnu::always_inline]] inline void ToPoints(const Vector (&d)[6], Vector (&out)[6]) {
  const Vector near_even = d[4] - 2.f * d[2], near_odd = kNear * (d[3] - 2.f * d[1]);
  const Vector far_even = d[4] - .5f * d[2], far_odd = kFar * (d[3] - .5f * d[1]);
  out[0] = d[0] - 2.5f * d[2] + d[4];
  out[1] = near_even + near_odd;
  out[2] = near_even - near_odd;
  out[3] = far_even + far_odd;
  out[4] = far_even - far_odd;
  out[5] = d[1] - 2.5f * d[3] + d[5];
}

[[gnu::always_inline]] inline void FromPoints(const Vector (&m)[6], Vector (&out)[4]) {
  const Vector near_sum = m[1] + m[2], near_difference = kNear * (m[1] - m[2]);
  const Vector far_sum = m[3] + m[4], far_difference = kFar * (m[3] - m[4]);
  out[0] = m[0] + near_sum + far_sum;
  out[1] = near_difference + far_difference;
  out[2] = .5f * near_sum + 2.f * far_sum;
  out[3] = .5f * near_difference + 2.f * far_difference + m[5];
}

void WinogradInput(const WinogradIn& t) {
  for (int64_t c = 0; c < t.channels; c += kWidth) {
    Vector down[6][6];  // [column][point]
#pragma GCC unroll 6
    for (int x = 0; x < 6; ++x) {
      Vector column[6];
#pragma GCC unroll 6
      for (int y = 0; y < 6; ++y) column[y] = Load(t.pixels[6 * y + x] + c);
      ToPoints(column, down[x]);
    }
#pragma GCC unroll 6
    for (int y = 0; y < 6; ++y) {
      const Vector row[6] = {down[0][y], down[1][y], down[2][y],
                             down[3][y], down[4][y], down[5][y]};
      Vector both[6];
      ToPoints(row, both);
#pragma GCC unroll 6
      for (int x = 0; x < 6; ++x) Store(t.v + (6 * y + x) * t.plane + c, both[x]);
    }
  }
}

void WinogradOutput(const WinogradOut& t) {
#pragma GCC unroll 1
  for (int v = 0; v < kVectors; ++v) {
    const int64_t c = v * kWidth;
    Vector down[6][4];  // [point along x][output along y]
#pragma GCC unroll 6
    for (int x = 0; x < 6; ++x) {
      Vector column[6];
#pragma GCC unroll 6
      for (int y = 0; y < 6; ++y) column[y] = Load(t.m + (6 * y + x) * t.plane + c);
      FromPoints(column, down[x]);
    }
    const Vector bias = Load(t.bias + c);
    for (int y = 0; y < t.rows; ++y) {
      const Vector row[6] = {down[0][y], down[1][y], down[2][y],
                             down[3][y], down[4][y], down[5][y]};
      Vector out[4];
      FromPoints(row, out);
      for (int x = 0; x < t.pixels; ++x) {
        const int64_t at = y * t.y_row + x * t.y_pixel + c;
        Vector value = out[x] + bias;
        if (t.add) value += Load(t.add + at);
        if (t.slope != 1) value = Finished(value, t.slope);
        Store(t.y + at, value);
      }
    }
  }
}

}  // namespace
}  // namespace train
