// cpu_kernels.h for processors with AVX512: 12 x 32 sums stay in 24 registers.
#include "train/nn/cpu_kernels.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC target("avx512f,avx512vl,avx512dq,fma,prefer-vector-width=512")

namespace train {
namespace {
using Vector [[gnu::vector_size(64)]] = float;
constexpr int kVectors = 2;
}  // namespace
}  // namespace train

#include "train/nn/cpu_kernels_loops.h"
#include "train/nn/winograd_loops.h"

namespace train {

extern const CpuKernels kAvx512Kernels;
const CpuKernels kAvx512Kernels = {
    "avx512", 12, kColumns, kWidth, ProductOf<12>, WinogradInput, WinogradOutput};

}  // namespace train
#endif
