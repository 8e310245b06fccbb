#include "train/weights/public_files.h"

#include <algorithm>
#include <cstdlib>
#include <regex>

#include "datasets/base/error.h"
#include "datasets/base/suggest.h"
#include "datasets/files/file_hash.h"
#include "train/weights/weights_file.h"

namespace train {
namespace {

using datasets::Error;
namespace fs = std::filesystem;
using Shape = std::vector<int64_t>;
using NamedShapes = std::vector<std::pair<std::string, Shape>>;

const std::string kTorch = "https://download.pytorch.org/models/";
const std::string kDarknet = "https://pjreddie.com/media/files/";

std::string FileNameOf(const std::string& url) {
  const std::string path = url.substr(0, url.find_first_of("?#"));
  return path.substr(path.rfind('/') + 1);
}

// NAME-0123abcd.pth -> 0123abcd; the convention of torch.hub: at least 8 digits of the SHA-256.
std::string HashIn(const std::string& file) {
  static const std::regex kPattern(R"(.*-([0-9a-f]{8,64})\.[A-Za-z0-9]+)");
  std::smatch match;
  return file.size() < 300 && std::regex_match(file, match, kPattern) ? match.str(1) : "";
}

PublicFile Hashed(const std::string& name, const std::string& url, const std::string& what) {
  PublicFile known;
  known.name = name;
  known.url = url;
  known.file = FileNameOf(url);
  known.sha256_prefix = HashIn(known.file);
  known.what = what;
  return known;
}

PublicFile Sized(const std::string& name, const std::string& file, int64_t bytes,
                 const std::string& what) {
  PublicFile known;
  known.name = name;
  known.url = kDarknet + file;
  known.file = file;
  known.bytes = bytes;
  known.what = what;
  return known;
}

void AddNorm(NamedShapes& list, const std::string& name, int64_t channels) {
  for (const char* part : {"weight", "bias", "running_mean", "running_var"}) {
    list.push_back({name + "." + part, {channels}});
  }
}

void AddConv(NamedShapes& list, const std::string& name, const Shape& shape) {
  list.push_back({name + ".weight", shape});
  list.push_back({name + ".bias", {shape[0]}});
}

// YOLACT with ResNet-50, 81 classes: what models.md calls its 354 entries, without batch counters.
NamedShapes YolactTensors() {
  NamedShapes list = {{"backbone.conv1.weight", {64, 3, 7, 7}}};
  AddNorm(list, "backbone.bn1", 64);
  const int blocks[] = {3, 4, 6, 3};
  int64_t in = 64;
  for (int layer = 0; layer < 4; ++layer) {
    const int64_t width = int64_t{64} << layer;
    for (int block = 0; block < blocks[layer]; ++block) {
      const std::string name =
          "backbone.layers." + std::to_string(layer) + "." + std::to_string(block) + ".";
      list.push_back({name + "conv1.weight", {width, in, 1, 1}});
      AddNorm(list, name + "bn1", width);
      list.push_back({name + "conv2.weight", {width, width, 3, 3}});
      AddNorm(list, name + "bn2", width);
      list.push_back({name + "conv3.weight", {4 * width, width, 1, 1}});
      AddNorm(list, name + "bn3", 4 * width);
      if (block == 0) {
        list.push_back({name + "downsample.0.weight", {4 * width, in, 1, 1}});
        AddNorm(list, name + "downsample.1", 4 * width);
      }
      in = 4 * width;
    }
  }
  const Shape wide = {256, 256, 3, 3};
  for (int i = 0; i < 3; ++i) {
    AddConv(list, "fpn.lat_layers." + std::to_string(i), {256, 2048 >> i, 1, 1});
    AddConv(list, "fpn.pred_layers." + std::to_string(i), wide);
  }
  for (const char* name :
       {"fpn.downsample_layers.0", "fpn.downsample_layers.1", "proto_net.0", "proto_net.2",
        "proto_net.4", "proto_net.8", "prediction_layers.0.upfeature.0"}) {
    AddConv(list, name, wide);
  }
  AddConv(list, "proto_net.10", {32, 256, 1, 1});
  AddConv(list, "prediction_layers.0.bbox_layer", {12, 256, 3, 3});
  AddConv(list, "prediction_layers.0.conf_layer", {243, 256, 3, 3});
  AddConv(list, "prediction_layers.0.mask_layer", {96, 256, 3, 3});
  AddConv(list, "semantic_seg_conv", {80, 256, 1, 1});
  return list;
}

std::vector<PublicFile> MakeList() {
  // Addresses and hashes: torchvision 0.14, models/**.py. YOLACT: its author's page. Sizes of
  // darknet's files: 20 bytes of header, then 62,001,757, 8,858,734 and 40,620,640 numbers.
  std::vector<PublicFile> list = {
      Hashed("maskrcnn-coco-v1", kTorch + "maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth",
             "Mask R-CNN ResNet-50-FPN, COCO, 34.6 mask AP"),
      Hashed("maskrcnn-coco-v2", kTorch + "maskrcnn_resnet50_fpn_v2_coco-73cbd019.pth",
             "Mask R-CNN ResNet-50-FPN v2, COCO, 41.8 mask AP"),
      Hashed("resnet18", kTorch + "resnet18-f37072fd.pth", "ResNet-18, ImageNet"),
      Hashed("resnet50", kTorch + "resnet50-0676ba61.pth", "ResNet-50, ImageNet"),
      Hashed("resnet50-v2", kTorch + "resnet50-11ad3fa6.pth", "ResNet-50, ImageNet, newer recipe"),
      Hashed("resnet101", kTorch + "resnet101-63fe2227.pth", "ResNet-101, ImageNet"),
      Hashed("resnet101-v2", kTorch + "resnet101-cd907fc2.pth",
             "ResNet-101, ImageNet, newer recipe"),
      Hashed("alexnet", kTorch + "alexnet-owt-7be5be79.pth", "AlexNet, ImageNet"),
      Hashed("efficientnet-b0", kTorch + "efficientnet_b0_rwightman-3dd342df.pth",
             "EfficientNet-B0, ImageNet"),
      Hashed("efficientnet-b5", kTorch + "efficientnet_b5_lukemelas-b6417697.pth",
             "EfficientNet-B5, ImageNet"),
      Hashed("densenet121", kTorch + "densenet121-a639ec97.pth", "DenseNet-121, ImageNet"),
      Hashed("yolact-resnet50",
             "https://huggingface.co/dbolya/yolact-resnet50/resolve/main/"
             "yolact_resnet50_54_800000.pth",
             "YOLACT ResNet-50, COCO, 28.2 mask AP"),
      Sized("yolov3", "yolov3.weights", 248007048, "YOLOv3, COCO"),
      Sized("yolov3-tiny", "yolov3-tiny.weights", 35434956, "YOLOv3-tiny, COCO"),
      Sized("darknet53", "darknet53.conv.74", 162482580, "Darknet-53, ImageNet, convolutions only"),
  };
  for (PublicFile& known : list) {
    if (known.name == "yolact-resnet50") known.tensors = YolactTensors();
  }
  return list;
}

std::string Nearest(const std::string& word) {
  std::vector<std::string> names;
  for (const PublicFile& known : PublicFiles()) names.push_back(known.name);
  const std::string nearest = datasets::ClosestName(word, names);
  return nearest.empty() ? "" : " (did you mean '" + nearest + "'?)";
}

[[noreturn]] void Wrong(const PublicFile& known, const std::string& cause) {
  throw Error("weights '" + known.name + "'", cause,
              "the file was damaged on its way or changed by its publisher; get it again");
}

void CheckTensors(const PublicFile& known, const fs::path& file) {
  const WeightsFile weights = ReadNamedWeights(file);
  for (const auto& [name, shape] : known.tensors) {
    const auto found = weights.tensors.find(name);
    if (found == weights.tensors.end()) Wrong(known, "the tensor '" + name + "' is missing");
    if (found->second.shape != shape) Wrong(known, "the tensor '" + name + "' has another shape");
    if (CountNotFinite(found->second) > 0) {
      Wrong(known, "the tensor '" + name + "' holds values that are not numbers");
    }
  }
}

}  // namespace

const std::vector<PublicFile>& PublicFiles() {
  static const std::vector<PublicFile> kList = MakeList();
  return kList;
}

const PublicFile* FindPublicFile(const std::string& name) {
  for (const PublicFile& known : PublicFiles()) {
    if (known.name == name) return &known;
  }
  return nullptr;
}

PublicFile PublicFileAt(const std::string& url) {
  const bool http = url.compare(0, 7, "http://") == 0 || url.compare(0, 8, "https://") == 0;
  if (!http) {
    throw Error("weights '" + url + "'", "this is no known name and no address" + Nearest(url),
                "`vole weights list` shows the known names");
  }
  PublicFile known = Hashed(url, url, "");
  const bool safe =
      !known.file.empty() &&
      known.file.find_first_not_of(
          "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == std::string::npos;
  if (!safe || known.sha256_prefix.empty()) {
    throw Error("address " + url, "its file name holds no check sum, as in NAME-0123abcd.pth",
                "fetch it with a browser and give the file itself");
  }
  return known;
}

fs::path WeightsCache() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  if (cache && *cache == '/') return fs::path(cache) / "vole" / "weights";
  if (home && *home) return fs::path(home) / ".cache" / "vole" / "weights";
  throw Error("cache of weights", "neither XDG_CACHE_HOME nor HOME is set", "set one of them");
}

fs::path FindWeights(const std::string& file_or_name) {
  std::error_code ignored;
  if (fs::exists(file_or_name, ignored)) return file_or_name;
  if (const PublicFile* known = FindPublicFile(file_or_name)) {
    const fs::path file = WeightsCache() / known->file;
    if (fs::exists(file, ignored)) {
      CheckPublicFile(*known, file);  // it may have been changed since it was fetched
      return file;
    }
    throw Error("weights '" + file_or_name + "'", "they were not fetched yet",
                "run: vole weights get " + file_or_name);
  }
  throw Error("weights '" + file_or_name + "'",
              "there is no such file, and no public weights of that name" + Nearest(file_or_name),
              "`vole weights list` shows the known names");
}

void CheckPublicFile(const PublicFile& known, const fs::path& file) {
  if (!known.sha256_prefix.empty()) {
    const std::string hash = datasets::HashFile(file);
    if (hash.compare(0, known.sha256_prefix.size(), known.sha256_prefix) != 0) {
      Wrong(known, "its SHA-256 begins with " + hash.substr(0, known.sha256_prefix.size()) +
                       ", not with " + known.sha256_prefix);
    }
  }
  if (known.bytes > 0) {
    const auto bytes = static_cast<int64_t>(fs::file_size(file));
    if (bytes != known.bytes) {
      Wrong(known,
            "it has " + std::to_string(bytes) + " bytes, not " + std::to_string(known.bytes));
    }
    if (FormatOf(file) != WeightsFormat::kDarknet) Wrong(known, "it is no darknet file");
  }
  if (!known.tensors.empty()) CheckTensors(known, file);
}

}  // namespace train
