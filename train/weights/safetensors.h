// Weights as a file anyone can read: the safetensors format (an 8-byte little-endian header length,
// a JSON header, then raw little-endian data; https://github.com/huggingface/safetensors#format).
// Nothing in the file is ever executed. No torch type here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace train {

struct StoredTensor {
  std::string dtype = "F32";   // F64 F32 F16 BF16 I64 I32 I16 I8 U8 BOOL
  std::vector<int64_t> shape;  // every extent >= 0; empty: a scalar
  std::vector<uint8_t> bytes;  // row-major, little-endian
};

struct WeightsFile {
  std::map<std::string, StoredTensor> tensors;
  std::map<std::string, std::string> metadata;  // the header's __metadata__
};

// Throws Error for a missing or truncated file, a header whose length lies, unknown dtypes, shapes
// that do not match their bytes, and data ranges that overlap, leave gaps or reach past the end.
// Memory is bounded by the size of the file, whatever the header claims.
WeightsFile ReadSafetensors(const std::filesystem::path& file);
// Only the header: same checks on lengths, no tensor is read.
std::map<std::string, std::string> ReadSafetensorsMetadata(const std::filesystem::path& file);

// Writes FILE.tmp beside it, flushes it to the disk, and renames: a reader sees the old file or the
// new one, whole. Throws Error (full disk, no permission) and leaves the old file as it was.
void WriteSafetensors(const std::filesystem::path& file, const WeightsFile& weights);

// Bytes of one element; 0 for an unknown dtype.
size_t DtypeBytes(const std::string& dtype);

StoredTensor StoreFloats(const std::vector<float>& values, std::vector<int64_t> shape);
// The values of an F32 tensor. Throws Error naming `name` for another dtype.
std::vector<float> LoadFloats(const StoredTensor& tensor, const std::string& name);

}  // namespace train
