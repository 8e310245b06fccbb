// The original implementations, run as programs, for tests that compare with them. They are test
// tools only: Vole itself never starts Python.
#pragma once

#include <cstdlib>
#include <iostream>
#include <string>

#include "tests/support/temp_dir.h"
#include "tests/support/torch_doctest.h"
#include "train/weights/module_weights.h"

namespace tests {

// Whether Debian's python3-torchvision is here; prints once why tests are skipped when it is not.
inline bool HasTorchvision() {
  static const bool has = [] {
    const bool found = std::system("/usr/bin/python3 -c 'import torchvision' >/dev/null 2>&1") == 0;
    if (!found) {
      std::cout << "[skipped] needs the Debian package python3-torchvision, the reference that is "
                   "compared with\n";
    }
    return found;
  }();
  return has;
}

// Runs tests/train/reference/SCRIPT with the tensors and returns what it answers.
inline train::WeightsFile RunReference(const std::string& script, const train::WeightsFile& given) {
  TempDir folder;
  const std::string in = folder / "in.safetensors", out = folder / "out.safetensors";
  train::WriteSafetensors(in, given);
  const std::string command =
      "OMP_NUM_THREADS=2 OMP_WAIT_POLICY=PASSIVE PYTHONDONTWRITEBYTECODE=1 "
      "/usr/bin/python3 -W ignore '" VOLE_SOURCE_DIR "/tests/train/reference/" +
      script + "' '" + in + "' '" + out + "'";
  REQUIRE_MESSAGE(std::system(command.c_str()) == 0, "the reference " << script << " failed");
  return train::ReadSafetensors(out);
}

inline void Give(train::WeightsFile& file, const std::string& name, const torch::Tensor& tensor) {
  train::StoreTensors({{name, tensor}}, "", file);
}

inline torch::Tensor Take(const train::WeightsFile& file, const std::string& name) {
  const auto found = file.tensors.find(name);
  REQUIRE_MESSAGE(found != file.tensors.end(), "the reference gave no " << name);
  torch::Tensor tensor =
      torch::empty(found->second.shape, found->second.dtype == "I64"  ? torch::kInt64
                                        : found->second.dtype == "U8" ? torch::kUInt8
                                                                      : torch::kFloat32);
  if (tensor.numel() > 0) {
    std::memcpy(tensor.data_ptr(), found->second.bytes.data(), found->second.bytes.size());
  }
  return tensor;
}

// The greatest difference, relative to the greatest value of `expected` (at least 1).
inline double Difference(const torch::Tensor& expected, const torch::Tensor& actual) {
  if (expected.sizes() != actual.sizes()) return INFINITY;
  if (expected.numel() == 0) return 0;
  const torch::Tensor a = expected.to(torch::kFloat64), b = actual.to(torch::kFloat64);
  const double scale = std::max(1.0, a.abs().max().item<double>());
  return (a - b).abs().max().item<double>() / scale;
}

}  // namespace tests
