#include "train/weights/darknet_names.h"

#include <cstdio>
#include <cstring>
#include <optional>

#include "datasets/base/error.h"
#include "train/weights/darknet_graph.h"
#include "train/weights/weights_file.h"

namespace train {
namespace {

using datasets::Error;

constexpr uint64_t kMostClasses = 10'000;

struct Network {
  std::string name;
  YoloGraph (*graph)(int classes, int divisor);
};
const Network kNetworks[] = {{"yolov3-tiny", Yolov3TinyGraph}, {"yolov3", Yolov3Graph}};

uint64_t Elements(const DarknetTensor& tensor) {
  uint64_t count = 1;
  for (const int64_t extent : tensor.shape) count *= static_cast<uint64_t>(extent);
  return count;
}

uint64_t Elements(const std::vector<DarknetTensor>& tensors) {
  uint64_t sum = 0;
  for (const DarknetTensor& tensor : tensors) sum += Elements(tensor);
  return sum;
}

struct FileMatch {
  std::string network;
  int classes = 0;  // 0: the file ends before the heads
  std::vector<DarknetTensor> tensors;
};

std::optional<FileMatch> MatchWhole(const Network& network, uint64_t count) {
  const uint64_t one = Elements(DarknetTensors(network.graph(1, 1)));
  const uint64_t step = Elements(DarknetTensors(network.graph(2, 1))) - one;
  if (count < one || (count - one) % step != 0 || (count - one) / step >= kMostClasses) return {};
  const int classes = static_cast<int>(1 + (count - one) / step);
  return FileMatch{network.name, classes, DarknetTensors(network.graph(classes, 1))};
}

// Layers before the first head do not depend on the classes.
std::optional<FileMatch> MatchBeginning(const Network& network, uint64_t count) {
  const YoloGraph graph = network.graph(1, 1);
  FileMatch match{network.name, 0, {}};
  size_t head = 0;
  while (!IsYoloHead(graph, head)) ++head;
  const std::string end = "layers." + std::to_string(head) + ".";
  uint64_t sum = 0;
  for (DarknetTensor& tensor : DarknetTensors(graph)) {
    if (tensor.name.compare(0, end.size(), end) == 0) break;
    sum += Elements(tensor);
    const bool ends_layer = tensor.shape.size() == 4;
    match.tensors.push_back(std::move(tensor));
    if (sum == count && ends_layer) return match;
  }
  return {};
}

// The network whose layers these are: their count of filters tells the classes.
std::optional<FileMatch> MatchNames(const WeightsFile& file) {
  for (const Network& network : kNetworks) {
    const YoloGraph shape = network.graph(1, 1);
    std::string last;
    for (size_t i = 0; i < shape.layers.size(); ++i) {
      if (IsYoloHead(shape, i)) last = "layers." + std::to_string(i) + ".bias";
    }
    const auto found = file.tensors.find(last);
    if (found == file.tensors.end() || found->second.shape.size() != 1) continue;
    const int64_t filters = found->second.shape[0];
    if (filters < 18 || filters % 3 != 0 || filters / 3 - 5 > static_cast<int64_t>(kMostClasses)) {
      continue;
    }
    const int classes = static_cast<int>(filters / 3 - 5);
    return FileMatch{network.name, classes, DarknetTensors(network.graph(classes, 1))};
  }
  // No heads: the first convolutions of one of them.
  uint64_t count = 0;
  for (const auto& [name, tensor] : file.tensors) {
    count += static_cast<uint64_t>(CountElements(tensor));
  }
  for (const Network& network : kNetworks) {
    auto match = MatchBeginning(network, count);
    if (match && file.tensors.count(match->tensors.back().name)) return match;
  }
  return {};
}

std::string ShapeText(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (const int64_t extent : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(extent);
  return text + "]";
}

}  // namespace

WeightsFile NameDarknetTensors(const DarknetWeights& numbers, const std::string& file) {
  std::optional<FileMatch> match;
  const uint64_t count = numbers.values.size();
  for (const Network& network : kNetworks) {
    if (!match) match = MatchWhole(network, count);
  }
  for (const Network& network : kNetworks) {
    if (!match) match = MatchBeginning(network, count);
  }
  if (!match) {
    throw Error("weights " + file,
                "their " + std::to_string(count) +
                    " numbers fit neither yolov3 nor yolov3-tiny (truncated, or another network)",
                "convert a file of one of these two");
  }
  WeightsFile named;
  const float* next = numbers.values.data();
  for (const DarknetTensor& tensor : match->tensors) {
    const uint64_t elements = Elements(tensor);
    named.tensors[tensor.name] =
        StoreFloats(std::vector<float>(next, next + elements), tensor.shape);
    next += elements;
  }
  named.metadata["network"] = match->network;
  if (match->classes > 0) named.metadata["network_classes"] = std::to_string(match->classes);
  named.metadata["darknet_version"] = std::to_string(numbers.major) + "." +
                                      std::to_string(numbers.minor) + "." +
                                      std::to_string(numbers.revision);
  named.metadata["darknet_seen"] = std::to_string(numbers.seen);
  return named;
}

DarknetWeights NumberDarknetTensors(const WeightsFile& tensors, const std::string& file) {
  const std::string thing = "weights " + file;
  const std::optional<FileMatch> match = MatchNames(tensors);
  if (!match) {
    throw Error(thing, "their tensors are not those of yolov3 or yolov3-tiny",
                "darknet's files hold these two alone; write a .safetensors file instead");
  }
  const std::string remedy = "convert a whole network, or its first convolutions";
  DarknetWeights numbers;
  size_t used = 0;
  for (const DarknetTensor& tensor : match->tensors) {
    const auto found = tensors.tensors.find(tensor.name);
    if (found == tensors.tensors.end()) {
      throw Error(thing, match->network + "'s tensor " + tensor.name + " is missing", remedy);
    }
    ++used;
    if (found->second.shape != tensor.shape) {
      throw Error(thing,
                  tensor.name + " is " + ShapeText(found->second.shape) + ", in " + match->network +
                      " it is " + ShapeText(tensor.shape),
                  remedy);
    }
    if (CountNotFinite(found->second) > 0) {
      throw Error(thing, tensor.name + " holds values that are not numbers", remedy);
    }
    const std::vector<float> values = LoadFloats(found->second, tensor.name);
    numbers.values.insert(numbers.values.end(), values.begin(), values.end());
  }
  if (used < tensors.tensors.size()) {
    throw Error(thing,
                std::to_string(tensors.tensors.size() - used) +
                    " of their tensors do not belong to " + match->network,
                remedy);
  }
  const auto version = tensors.metadata.find("darknet_version");
  const auto seen = tensors.metadata.find("darknet_seen");
  int parts[3];
  if (version != tensors.metadata.end() && seen != tensors.metadata.end() &&
      std::sscanf(version->second.c_str(), "%d.%d.%d", &parts[0], &parts[1], &parts[2]) == 3 &&
      parts[0] == 0 && parts[1] > 0 && parts[1] <= 9 && parts[2] >= 0 && parts[2] <= 100) {
    const uint64_t pictures = std::strtoull(seen->second.c_str(), nullptr, 10);
    if (parts[1] >= 2 || pictures <= INT32_MAX) {
      numbers.major = parts[0];
      numbers.minor = parts[1];
      numbers.revision = parts[2];
      numbers.seen = pictures;
    }
  }
  return numbers;
}

}  // namespace train
