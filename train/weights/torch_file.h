// Weights as Python's torch.save writes them: the zip layout (PyTorch 1.6 and later) and the layout
// before it (five pickles, then the storages; torch/serialization.py, _legacy_save). Only
// dictionaries of tensors are read, and nothing in the file is ever executed. No torch type here.
#pragma once

#include <filesystem>
#include <string>

#include "datasets/files/bytes.h"
#include "train/weights/safetensors.h"

namespace train {

bool LooksLikeLegacyTorch(datasets::Bytes bytes);

// The state dictionary of the file: the top dictionary if it holds tensors, else the one under
// "state_dict" or "model". Tensors come contiguous in row-major order whatever their strides were;
// values that are no tensors are left out. Throws Error for any Python global other than
// OrderedDict, tensors, parameters and storages (by its name), for dtypes that StoredTensor does
// not know, and for files that are truncated or lie about their sizes. Memory is bounded by a small
// multiple of the file's size.
WeightsFile ReadTorchFile(const std::filesystem::path& file);
// The same from memory; `file` is named in errors.
WeightsFile ReadTorchBytes(datasets::Bytes bytes, const std::string& file);

}  // namespace train
