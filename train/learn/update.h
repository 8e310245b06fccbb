// The arithmetic of one optimizer step on one tensor, in a single pass over memory where that is
// possible: with tens of millions of weights, passes are what a step costs. Internal to train/
// (torch types).
#pragma once

#include <torch/torch.h>

namespace train {

struct AdamWStep {
  double rate, decay;  // decay: of this tensor; 0 for none
  double beta1, beta2, epsilon;
  double correction1, correction2;  // 1 - beta^updates
};
// Changes `parameter` and its moments.
void UpdateAdamW(torch::Tensor& parameter, const torch::Tensor& gradient, torch::Tensor& first,
                 torch::Tensor& second, const AdamWStep& step);

// As torch.optim.SGD without dampening and Nesterov.
void UpdateSgd(torch::Tensor& parameter, const torch::Tensor& gradient, torch::Tensor& momentum,
               double rate, double momentum_factor, double decay);

}  // namespace train
