#include "train/weights/weights_file.h"

#include "datasets/base/error.h"
#include "datasets/files/bytes.h"
#include "datasets/files/zip_entries.h"
#include "train/weights/torch_file.h"

namespace train {

using datasets::Bytes;

namespace {

// int32 major, minor, revision, a count of pictures, then floats; every version is 0.1, 0.2 or
// near.
bool LooksLikeDarknet(Bytes bytes) {
  return bytes.size >= 20 && bytes.size % 4 == 0 && bytes.Unsigned(0, 4) == 0 &&
         bytes.Unsigned(4, 4) <= 9 && bytes.Unsigned(4, 4) > 0 && bytes.Unsigned(8, 4) <= 100;
}

bool LooksLikeSafetensors(Bytes bytes) {
  return bytes.Holds(0, 10) && bytes.Holds(8, bytes.Unsigned(0, 8)) && bytes.data[8] == '{';
}

// Whether all of exponent's bits are set; `width` bytes a value, the highest two first.
int64_t CountSpecial(const std::vector<uint8_t>& bytes, size_t width, unsigned mask) {
  int64_t count = 0;
  for (size_t at = width; at <= bytes.size(); at += width) {
    count += ((bytes[at - 1] << 8 | bytes[at - 2]) & mask) == mask;
  }
  return count;
}

}  // namespace

std::string FormatText(WeightsFormat format) {
  switch (format) {
    case WeightsFormat::kSafetensors:
      return "safetensors";
    case WeightsFormat::kTorchZip:
      return "torch (zip)";
    case WeightsFormat::kTorchLegacy:
      return "torch (2019 and before)";
    case WeightsFormat::kDarknet:
      return "darknet";
  }
  return "";
}

WeightsFormat FormatOf(const std::filesystem::path& file) {
  const datasets::MappedFile mapped(file, "weights " + file.string());
  const Bytes bytes = mapped.bytes();
  if (LooksLikeZip(bytes)) return WeightsFormat::kTorchZip;
  if (LooksLikeLegacyTorch(bytes)) return WeightsFormat::kTorchLegacy;
  if (LooksLikeSafetensors(bytes)) return WeightsFormat::kSafetensors;
  if (LooksLikeDarknet(bytes)) return WeightsFormat::kDarknet;
  throw datasets::Error("weights " + file.string(),
                        "this is no weights file that Vole knows, or its beginning is damaged",
                        "give a .safetensors, .pth or darknet .weights file");
}

WeightsFile ReadNamedWeights(const std::filesystem::path& file) {
  switch (FormatOf(file)) {
    case WeightsFormat::kSafetensors:
      return ReadSafetensors(file);
    case WeightsFormat::kTorchZip:
    case WeightsFormat::kTorchLegacy:
      return ReadTorchFile(file);
    case WeightsFormat::kDarknet:
      break;
  }
  throw datasets::Error("weights " + file.string(),
                        "a darknet file does not name its numbers, and this network is none of "
                        "darknet's",
                        "give a .safetensors or .pth file");
}

int64_t CountNotFinite(const StoredTensor& tensor) {
  if (tensor.dtype == "F32") return CountSpecial(tensor.bytes, 4, 0x7f80);
  if (tensor.dtype == "F64") return CountSpecial(tensor.bytes, 8, 0x7ff0);
  if (tensor.dtype == "F16") return CountSpecial(tensor.bytes, 2, 0x7c00);
  if (tensor.dtype == "BF16") return CountSpecial(tensor.bytes, 2, 0x7f80);
  return 0;
}

int64_t CountElements(const StoredTensor& tensor) {
  int64_t count = 1;
  for (const int64_t extent : tensor.shape) count *= extent;
  return count;
}

}  // namespace train
