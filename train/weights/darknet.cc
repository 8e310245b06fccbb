#include "train/weights/darknet.h"

#include <cmath>
#include <cstring>
#include <fstream>

#include "datasets/base/error.h"
#include "datasets/files/atomic_file.h"

namespace train {
namespace {

using datasets::Error;
namespace fs = std::filesystem;

constexpr const char* kFetchAgain = "choose a .weights file of darknet, or fetch it again";
constexpr int kMostVersion = 1000;  // darknet marks transposed layers, which no YOLO has, above it
constexpr uint64_t kShortHeaderBytes = 16, kLongHeaderBytes = 20;

[[noreturn]] void Refuse(const fs::path& file, const std::string& cause) {
  throw Error("weights " + file.string(), cause, kFetchAgain);
}

bool HasLongCounter(int major, int minor) { return 10 * major + minor >= 2; }

// `.weights` files are little-endian, as every machine is that Debian's LibTorch runs on.
template <class T>
void Take(std::ifstream& in, T& value, const fs::path& file) {
  if (!in.read(reinterpret_cast<char*>(&value), sizeof(T))) {
    Refuse(file, "the file ended while it was read");
  }
}

template <class T>
void Put(datasets::AtomicFile& out, const T& value) {
  out.Write({reinterpret_cast<const char*>(&value), sizeof(T)});
}

}  // namespace

DarknetWeights ReadDarknetWeights(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::error_code error;
  const uint64_t bytes = fs::file_size(file, error);
  if (error || !in) Refuse(file, "the file cannot be read");
  if (bytes < kShortHeaderBytes) Refuse(file, "the file is too short to hold weights");
  DarknetWeights weights;
  int32_t version[3];
  for (int32_t& part : version) Take(in, part, file);
  for (const int32_t part : version) {
    if (part < 0 || part > kMostVersion) Refuse(file, "it does not start as darknet's files do");
  }
  weights.major = version[0];
  weights.minor = version[1];
  weights.revision = version[2];
  uint64_t header_bytes = kShortHeaderBytes;
  if (HasLongCounter(weights.major, weights.minor)) {
    header_bytes = kLongHeaderBytes;
    Take(in, weights.seen, file);
  } else {
    int32_t seen = 0;
    Take(in, seen, file);
    if (seen < 0) Refuse(file, "it does not start as darknet's files do");
    weights.seen = static_cast<uint64_t>(seen);
  }
  if (bytes == header_bytes) Refuse(file, "there is nothing after its header");
  if ((bytes - header_bytes) % sizeof(float) != 0) {
    Refuse(file, "it ends within a number (truncated?)");
  }
  weights.values.resize((bytes - header_bytes) / sizeof(float));
  if (!in.read(reinterpret_cast<char*>(weights.values.data()),
               static_cast<std::streamsize>(bytes - header_bytes))) {
    Refuse(file, "the file ended while it was read");
  }
  for (size_t i = 0; i < weights.values.size(); ++i) {
    if (!std::isfinite(weights.values[i])) {
      Refuse(file, "number " + std::to_string(i) + " of it is not finite");
    }
  }
  return weights;
}

void WriteDarknetWeights(const fs::path& file, const DarknetWeights& weights) {
  datasets::AtomicFile out(file);
  Put(out, static_cast<int32_t>(weights.major));
  Put(out, static_cast<int32_t>(weights.minor));
  Put(out, static_cast<int32_t>(weights.revision));
  if (HasLongCounter(weights.major, weights.minor)) {
    Put(out, weights.seen);
  } else {
    VOLE_CHECK(weights.seen <= INT32_MAX);
    Put(out, static_cast<int32_t>(weights.seen));
  }
  out.Write({reinterpret_cast<const char*>(weights.values.data()),
             weights.values.size() * sizeof(float)});
  out.Commit();
}

std::string NameDarknetWeights(uint64_t values) {
  struct Known {
    const char* name;
    uint64_t one_class, more_a_class;
  };
  static constexpr Known kKnown[] = {{"yolov3-tiny", 8'676'244, 2'310},
                                     {"yolov3", 61'576'342, 5'385}};
  if (values == 40'620'640) return "first 52 convolutions of yolov3 (darknet53.conv.74)";
  for (const Known& known : kKnown) {
    if (values < known.one_class || (values - known.one_class) % known.more_a_class != 0) continue;
    const uint64_t classes = 1 + (values - known.one_class) / known.more_a_class;
    if (classes > 10'000) continue;
    return std::string(known.name) + " (" + std::to_string(classes) +
           (classes == 1 ? " class)" : " classes)");
  }
  return "";
}

}  // namespace train
