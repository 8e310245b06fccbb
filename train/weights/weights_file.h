// Weights files of every kind that Vole reads, told apart by their content. No torch type here.
#pragma once

#include <filesystem>
#include <string>

#include "train/weights/safetensors.h"

namespace train {

enum class WeightsFormat {
  kSafetensors,
  kTorchZip,     // torch.save since PyTorch 1.6
  kTorchLegacy,  // torch.save before
  kDarknet,      // numbers without names; see darknet.h
};

// "safetensors", "torch (zip)", "torch (2019 and before)", "darknet".
std::string FormatText(WeightsFormat format);

// Throws Error for a file that is missing, empty or of no known kind.
WeightsFormat FormatOf(const std::filesystem::path& file);

// The named tensors of a file of any kind but darknet's. Throws Error as the readers do.
WeightsFile ReadNamedWeights(const std::filesystem::path& file);

// How many values of the tensor are NaN or infinite; 0 for integers.
int64_t CountNotFinite(const StoredTensor& tensor);
int64_t CountElements(const StoredTensor& tensor);

}  // namespace train
