#include "train/nn/cpu_kernels.h"

#include <cstring>

namespace train {

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)

extern const CpuKernels kAvx512Kernels, kAvx2Kernels;

const CpuKernels* FindCpuKernels(const char* name) {
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                      __builtin_cpu_supports("avx512dq");
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (avx512 && std::strcmp(name, kAvx512Kernels.name) == 0) return &kAvx512Kernels;
  if (avx2 && std::strcmp(name, kAvx2Kernels.name) == 0) return &kAvx2Kernels;
  return nullptr;
}

#else

const CpuKernels* FindCpuKernels(const char*) { return nullptr; }

#endif

const CpuKernels* FindCpuKernels() {
  const CpuKernels* kernels = FindCpuKernels("avx512");
  return kernels ? kernels : FindCpuKernels("avx2");
}

}  // namespace train
