// The loops of cpu_kernels.h, written once for vectors of any width. Included by the sources that
// compile them for one kind of processor, and by nothing else. No function of a library is used
// here: one that is compiled for a newer processor could be chosen for the whole program.
#pragma once

#include "train/nn/cpu_kernels.h"

namespace train {
namespace {

constexpr int kWidth = sizeof(Vector) / sizeof(float);
constexpr int kColumns = kVectors * kWidth;

// Unaligned, and allowed to alias the numbers that it is made of.
using LooseVector [[gnu::vector_size(sizeof(Vector)), gnu::aligned(4), gnu::may_alias]] = float;

[[gnu::always_inline]] inline Vector Load(const float* from) {
  return *reinterpret_cast<const LooseVector*>(from);
}
[[gnu::always_inline]] inline void Store(float* to, Vector value) {
  *reinterpret_cast<LooseVector*>(to) = value;
}
[[gnu::always_inline]] inline Vector Finished(Vector value, float slope) {
  const Vector low = slope == 0 ? Vector{} : value * slope;
  return value < low ? low : value;
}

// The first `count` numbers, zeros behind them.
[[gnu::always_inline]] inline Vector LoadSome(const float* from, int count) {
  float some[kWidth] = {};
  for (int i = 0; i < count; ++i) some[i] = from[i];
  return Load(some);
}

// From the sums [rows, kColumns] to c.
void FinishTile(const ProductTile& t, const float* sums) {
  for (int r = 0; r < t.rows; ++r, sums += kColumns) {
    float* c = t.c + r * t.c_stride;
    const float* bias = t.finish ? t.bias : nullptr;
    const float* add = t.finish && t.add[0] ? t.add[r] : nullptr;
    const float slope = t.finish ? t.slope : 1;
#pragma GCC unroll 1
    for (int v = 0; v < t.columns; v += kWidth) {
      const int count = t.columns - v;
      const bool whole = count >= kWidth;
      Vector value = Load(sums + v);
      if (t.add_to_c) value += whole ? Load(c + v) : LoadSome(c + v, count);
      if (bias) value += Load(bias + v);
      if (add) value += whole ? Load(add + v) : LoadSome(add + v, count);
      if (slope != 1) value = Finished(value, slope);
      if (whole) {
        Store(c + v, value);
      } else {
        float some[kWidth];
        Store(some, value);
        for (int i = 0; i < count; ++i) c[v + i] = some[i];
      }
    }
  }
}

template <int kRows>
void Product(const ProductTile& t) {
  Vector sum[kRows][kVectors];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) sum[r][v] = Vector{};
  }
  const float* b = t.b;
  // One pointer for three rows: few enough to stay in registers.
  constexpr int kGroups = (kRows + 2) / 3;
  const float* a[kGroups];
#pragma GCC unroll 8
  for (int g = 0; g < kGroups; ++g) a[g] = t.a + 3 * g * t.a_stride;
  const int64_t stride = t.a_stride;
#pragma GCC unroll 1
  for (int64_t k = 0; k < t.depth; ++k) {
    Vector right[kVectors];
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) right[v] = Load(b + v * kWidth);
    b += kColumns;
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
      const float left = a[r / 3][(r % 3) * stride];
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) sum[r][v] += left * right[v];
    }
#pragma GCC unroll 8
    for (int g = 0; g < kGroups; ++g) ++a[g];
  }
  if (t.columns == kColumns && !t.add_to_c && !t.finish) {
#pragma GCC unroll 16
    for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
      for (int v = 0; v < kVectors; ++v) Store(t.c + r * t.c_stride + v * kWidth, sum[r][v]);
    }
    return;
  }
  float sums[kRows][kColumns];
#pragma GCC unroll 16
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 8
    for (int v = 0; v < kVectors; ++v) Store(sums[r] + v * kWidth, sum[r][v]);
  }
  FinishTile(t, sums[0]);
}

template <int kRows>
void ProductOf(const ProductTile& t) {
  if constexpr (kRows > 1) {
    if (t.rows < kRows) return ProductOf<kRows - 1>(t);
  }
  Product<kRows>(t);
}

}  // namespace
}  // namespace train
