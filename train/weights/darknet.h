// Darknet's `.weights` files: a short header, then every number of the network as float32. The file
// does not say what the numbers are; the network's graph does. No torch type here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace train {

struct DarknetWeights {
  int major = 0, minor = 2, revision = 0;  // int32 each, little-endian
  // Pictures seen in training: uint64 from version 0.2 on, int32 before.
  uint64_t seen = 0;
  std::vector<float> values;
};

// Throws Error for a missing, empty or truncated file, a header that no darknet writes, and numbers
// that are not finite.
DarknetWeights ReadDarknetWeights(const std::filesystem::path& file);

// Atomic (temporary file, flush, rename). Throws Error and leaves an old file as it was. A version
// below 0.2 is written with its 32-bit counter.
void WriteDarknetWeights(const std::filesystem::path& file, const DarknetWeights& weights);

// What a public file is by the count of its numbers, for people: "yolov3 (80 classes)",
// "yolov3-tiny (1 class)", "first 52 convolutions of yolov3 (darknet53.conv.74)"; empty if unknown.
std::string NameDarknetWeights(uint64_t values);

}  // namespace train
