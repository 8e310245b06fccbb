#include "train/weights/module_weights.h"

#include <cstring>

#include "datasets/base/error.h"

namespace train {
namespace {

using datasets::Error;

std::string DtypeOf(const torch::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case torch::kFloat32:
      return "F32";
    case torch::kFloat64:
      return "F64";
    case torch::kInt64:
      return "I64";
    default:
      break;
  }
  throw std::logic_error("weights of a type that is never stored");
}

void CopyInto(const StoredTensor& stored, const std::string& name, const torch::Tensor& target) {
  torch::NoGradGuard no_grad;
  torch::Tensor value = torch::empty(stored.shape, target.options().device(torch::kCPU),
                                     torch::MemoryFormat::Contiguous);
  if (!stored.bytes.empty()) {
    std::memcpy(value.data_ptr(), stored.bytes.data(), stored.bytes.size());
  }
  if (value.is_floating_point() && !torch::isfinite(value).all().item<bool>()) {
    throw Error("weights '" + name + "'", "they contain values that are not numbers",
                "the file is damaged: train again");
  }
  target.detach().copy_(value);
}

}  // namespace

NamedTensors NamedValues(const torch::nn::Module& module) {
  NamedTensors values;
  for (const auto& item : module.named_parameters()) values.emplace_back(item.key(), item.value());
  for (const auto& item : module.named_buffers()) values.emplace_back(item.key(), item.value());
  return values;
}

void StoreTensors(const NamedTensors& values, const std::string& prefix, WeightsFile& file) {
  for (const auto& [name, tensor] : values) {
    const torch::Tensor flat =
        tensor.detach().to(torch::kCPU).contiguous(torch::MemoryFormat::Contiguous);
    StoredTensor stored;
    stored.dtype = DtypeOf(flat);
    stored.shape = flat.sizes().vec();
    stored.bytes.resize(static_cast<size_t>(flat.numel()) * flat.element_size());
    if (!stored.bytes.empty()) {
      std::memcpy(stored.bytes.data(), flat.data_ptr(), stored.bytes.size());
    }
    file.tensors[prefix + name] = std::move(stored);
  }
}

void LoadTensors(const WeightsFile& file, const std::string& prefix, const NamedTensors& values) {
  for (const auto& [name, tensor] : values) {
    const std::string full = prefix + name;
    const auto found = file.tensors.find(full);
    if (found == file.tensors.end()) {
      throw Error("weights '" + full + "'", "they are missing from the file",
                  "choose a model file made by `vole train`");
    }
    if (found->second.shape != tensor.sizes().vec() || found->second.dtype != DtypeOf(tensor)) {
      throw Error("weights '" + full + "'", "they have another shape than this network",
                  "choose a model file made by this version of `vole train`");
    }
    CopyInto(found->second, full, tensor);
  }
}

int LoadMatchingTensors(const WeightsFile& file, const std::string& prefix,
                        const NamedTensors& values) {
  int taken = 0;
  for (const auto& [name, tensor] : values) {
    const auto found = file.tensors.find(prefix + name);
    if (found == file.tensors.end() || found->second.shape != tensor.sizes().vec() ||
        found->second.dtype != DtypeOf(tensor)) {
      continue;
    }
    CopyInto(found->second, prefix + name, tensor);
    ++taken;
  }
  return taken;
}

}  // namespace train
