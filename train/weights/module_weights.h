// Moves the values of torch modules into and out of weights files. Internal to train/.
#pragma once

#include <torch/torch.h>

#include <string>
#include <utility>
#include <vector>

#include "train/weights/safetensors.h"

namespace train {

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

// Parameters, then buffers, under the module's own names; they share memory with the module.
NamedTensors NamedValues(const torch::nn::Module& module);

// Copies (F32, I64 or F64 by the tensor's own type) under `prefix` + name.
void StoreTensors(const NamedTensors& values, const std::string& prefix, WeightsFile& file);

// Copies every tensor of `values` out of the file. Throws Error for a missing name, another shape
// or dtype, and for values that are not finite.
void LoadTensors(const WeightsFile& file, const std::string& prefix, const NamedTensors& values);

// As LoadTensors, but takes over only what fits by name and shape; returns how many did.
int LoadMatchingTensors(const WeightsFile& file, const std::string& prefix,
                        const NamedTensors& values);

}  // namespace train
