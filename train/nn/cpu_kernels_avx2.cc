// cpu_kernels.h for processors with AVX2: 6 x 16 sums stay in 12 registers.
#include "train/nn/cpu_kernels.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC target("avx2,fma")

namespace train {
namespace {
using Vector [[gnu::vector_size(32)]] = float;
constexpr int kVectors = 2;
}  // namespace
}  // namespace train

#include "train/nn/cpu_kernels_loops.h"
#include "train/nn/winograd_loops.h"

namespace train {

extern const CpuKernels kAvx2Kernels;
const CpuKernels kAvx2Kernels = {"avx2",        6, kColumns, kWidth, ProductOf<6>, WinogradInput,
                                 WinogradOutput};

}  // namespace train
#endif
