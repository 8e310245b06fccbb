// A second device on a machine that has none, so that tests can tell what would break on a GPU:
// LibTorch's XPU, whose numbers lie where the processor cannot touch them. A tensor that the code
// forgot to move makes the operator throw; memory that it reads as if it were its own ends the
// program. Slow: every operator is the processor's, by way of a second mapping of the memory.
#pragma once

#include <torch/torch.h>

namespace tests {

// From now on train::DeviceOf("pretend") is that device. May be called again.
torch::Device PretendDevice();
// Operators that ran on it so far.
int64_t PretendOperators();

}  // namespace tests
