#include "train/learn/update.h"

#include <ATen/Parallel.h>

#include <cmath>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define VOLE_VECTORIZED \
  __attribute__((target_clones("arch=skylake-avx512", "arch=haswell", "default")))
#else
#define VOLE_VECTORIZED
#endif

namespace train {
namespace {

constexpr int64_t kGrain = 1 << 15;

bool AlikeInMemory(std::initializer_list<const torch::Tensor*> tensors) {
  const torch::Tensor& first = **tensors.begin();
  for (const torch::Tensor* tensor : tensors) {
    if (!tensor->is_cpu() || tensor->scalar_type() != torch::kFloat32 ||
        !tensor->is_non_overlapping_and_dense() || tensor->strides() != first.strides()) {
      return false;
    }
  }
  return true;
}

struct AdamWNumbers {
  float keep, beta1, beta2, rest1, rest2, inverse2, epsilon, rate;
};

VOLE_VECTORIZED void AdamWPass(float* __restrict p, const float* __restrict g, float* __restrict m,
                               float* __restrict v, int64_t count, const AdamWNumbers& n) {
  for (int64_t i = 0; i < count; ++i) {
    m[i] = n.beta1 * m[i] + n.rest1 * g[i];
    v[i] = n.beta2 * v[i] + n.rest2 * g[i] * g[i];
    p[i] = p[i] * n.keep - n.rate * m[i] / (std::sqrt(v[i] * n.inverse2) + n.epsilon);
  }
}

VOLE_VECTORIZED void SgdPass(float* __restrict p, const float* __restrict g, float* __restrict m,
                             int64_t count, float rate, float momentum, float decay) {
  for (int64_t i = 0; i < count; ++i) {
    m[i] = momentum * m[i] + g[i] + decay * p[i];
    p[i] -= rate * m[i];
  }
}

}  // namespace

void UpdateAdamW(torch::Tensor& parameter, const torch::Tensor& gradient, torch::Tensor& first,
                 torch::Tensor& second, const AdamWStep& step) {
  const torch::NoGradGuard no_grad;
  if (!AlikeInMemory({&parameter, &gradient, &first, &second})) {
    if (step.decay != 0) parameter.mul_(1 - step.rate * step.decay);
    first.mul_(step.beta1).add_(gradient, 1 - step.beta1);
    second.mul_(step.beta2).addcmul_(gradient, gradient, 1 - step.beta2);
    const torch::Tensor root = (second / step.correction2).sqrt_().add_(step.epsilon);
    parameter.addcdiv_(first, root, -step.rate / step.correction1);
    return;
  }
  const AdamWNumbers numbers = {static_cast<float>(1 - step.rate * step.decay),
                                static_cast<float>(step.beta1),
                                static_cast<float>(step.beta2),
                                static_cast<float>(1 - step.beta1),
                                static_cast<float>(1 - step.beta2),
                                static_cast<float>(1 / step.correction2),
                                static_cast<float>(step.epsilon),
                                static_cast<float>(step.rate / step.correction1)};
  float *p = parameter.data_ptr<float>(), *m = first.data_ptr<float>(),
        *v = second.data_ptr<float>();
  const float* g = gradient.data_ptr<float>();
  at::parallel_for(0, parameter.numel(), kGrain, [&](int64_t begin, int64_t end) {
    AdamWPass(p + begin, g + begin, m + begin, v + begin, end - begin, numbers);
  });
}

void UpdateSgd(torch::Tensor& parameter, const torch::Tensor& gradient, torch::Tensor& momentum,
               double rate, double momentum_factor, double decay) {
  const torch::NoGradGuard no_grad;
  if (!AlikeInMemory({&parameter, &gradient, &momentum})) {
    momentum.mul_(momentum_factor).add_(gradient).add_(parameter, decay);
    parameter.add_(momentum, -rate);
    return;
  }
  float *p = parameter.data_ptr<float>(), *m = momentum.data_ptr<float>();
  const float* g = gradient.data_ptr<float>();
  at::parallel_for(0, parameter.numel(), kGrain, [&](int64_t begin, int64_t end) {
    SgdPass(p + begin, g + begin, m + begin, end - begin, static_cast<float>(rate),
            static_cast<float>(momentum_factor), static_cast<float>(decay));
  });
}

}  // namespace train
