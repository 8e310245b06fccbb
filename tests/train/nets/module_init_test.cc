#include "train/weights/module_init.h"

#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <set>

#include "datasets/base/error.h"
#include "tests/support/python_reference.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torch_bytes.h"
#include "train/nets/alexnet.h"
#include "train/nets/densenet.h"
#include "train/nets/resnet.h"
#include "train/nets/yolact/yolact.h"
#include "train/weights/old_names.h"
#include "train/weights/public_files.h"
#include "train/weights/weights_file.h"

namespace module_init_test {

namespace {

using namespace train;
namespace fs = std::filesystem;
using Shape = std::vector<int64_t>;

// A small network: a body, a counter, and a head that depends on the classes.
NamedTensors Network(int classes) {
  return {{"body.weight", torch::zeros({2, 3})},
          {"body.num_batches_tracked", torch::zeros({}, torch::kInt64)},
          {"head.weight", torch::zeros({classes, 2})},
          {"head.bias", torch::zeros({classes})}};
}

WeightsFile Weights(int classes, float value = 1) {
  WeightsFile file;
  file.tensors["body.weight"] = StoreFloats(std::vector<float>(6, value), {2, 3});
  file.tensors["head.weight"] = StoreFloats(std::vector<float>(2 * classes, value), {classes, 2});
  file.tensors["head.bias"] = StoreFloats(std::vector<float>(classes, value), {classes});
  return file;
}

InitOptions HeadOfClasses() {
  InitOptions options;
  options.class_dependent = {"head."};
  return options;
}

float Sum(const NamedTensors& values) {
  float sum = 0;
  for (const auto& [name, tensor] : values) sum += tensor.sum().item<float>();
  return sum;
}

std::string Refusal(const NamedTensors& values, const WeightsFile& file,
                    const InitOptions& options = {}) {
  const float before = Sum(values);
  try {
    InitValues(values, file, "w.pth", options);
  } catch (const datasets::Error& error) {
    CHECK(Sum(values) == before);
    return error.what();
  }
  return "";
}

void CheckHolds(const std::string& text, const std::vector<std::string>& words) {
  CAPTURE(text);
  CHECK(text.find('\n') == std::string::npos);
  for (const std::string& word : words) {
    CAPTURE(word);
    CHECK(text.find(word) != std::string::npos);
  }
}

// XDG_CACHE_HOME for the time of a test.
class Cache {
 public:
  Cache() {
    setenv("XDG_CACHE_HOME", folder_.path().c_str(), 1);
    fs::create_directories(WeightsCache());
  }
  ~Cache() { unsetenv("XDG_CACHE_HOME"); }

 private:
  tests::TempDir folder_;
};

}  // namespace

TEST_CASE("weights of the same network are taken over whole, its head too when the classes fit") {
  const NamedTensors values = Network(4);
  const InitReport report = InitValues(values, Weights(4), "w.pth", HeadOfClasses());
  CHECK(report.taken == 3);
  CHECK(report.complete());
  CHECK(report.anew.empty());
  CHECK(Sum(values) == 6 + 8 + 4);
}

TEST_CASE("with other classes the head starts anew, whole, and the rest is taken over") {
  const NamedTensors values = Network(3);
  WeightsFile file = Weights(4);
  file.tensors["head.weight"] =
      StoreFloats(std::vector<float>(6, 1), {3, 2});  // only this one fits
  const InitReport report = InitValues(values, file, "w.pth", HeadOfClasses());
  CHECK(report.taken == 1);
  CHECK(report.anew == std::vector<std::string>{"head.weight", "head.bias"});
  CHECK(Sum(values) == 6);
  CheckHolds(report.Text(), {"1 tensors of w.pth", "2 start anew", "head.bias"});
}

TEST_CASE("missing, unknown and reshaped tensors stop the start, by their names, unless allowed") {
  const NamedTensors values = Network(4);
  WeightsFile file = Weights(4);
  file.tensors.erase("head.bias");
  CheckHolds(Refusal(values, file), {"w.pth", "1 tensors of the network are missing", "head.bias"});
  file = Weights(4);
  file.tensors["tail.weight"] = StoreFloats({1}, {1});
  CheckHolds(Refusal(values, file), {"1 tensors are unknown", "tail.weight", "--init-partial"});
  file = Weights(4);
  file.tensors["body.weight"] = StoreFloats(std::vector<float>(6, 1), {3, 2});
  CheckHolds(Refusal(values, file), {"body.weight: [3, 2] in the file, [2, 3] here"});

  InitOptions options;
  options.partial = true;
  const InitReport report = InitValues(values, file, "w.pth", options);
  CHECK(report.taken == 2);
  CHECK(report.reshaped.size() == 1);
  CHECK(Sum(values) == 8 + 4);
}

TEST_CASE("values that are not numbers stop the start and change nothing") {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    WeightsFile file = Weights(4);
    file.tensors["head.bias"] = StoreFloats({1, bad, 1, 1}, {4});
    CheckHolds(Refusal(Network(4), file), {"w.pth", "'head.bias'", "not numbers"});
  }
  CheckHolds(Refusal(Network(4), WeightsFile{}), {"none of them fit"});
  WeightsFile integers = Weights(4);
  integers.tensors["body.weight"].dtype = "I32";
  CheckHolds(Refusal(Network(4), integers), {"body.weight"});
}

TEST_CASE("other floating types are converted") {
  WeightsFile file = Weights(4);
  const torch::Tensor values = torch::tensor({0.5f, -1.25f, 3.0f, 4.0f, 65504.0f, 1e-3f});
  for (const auto& [dtype, type] : std::vector<std::pair<std::string, torch::ScalarType>>{
           {"F16", torch::kFloat16}, {"BF16", torch::kBFloat16}, {"F64", torch::kFloat64}}) {
    const auto& shown = dtype;
    CAPTURE(shown);
    const torch::Tensor stored = values.to(type);
    StoredTensor& tensor = file.tensors["body.weight"];
    tensor.dtype = dtype;
    tensor.bytes.resize(stored.numel() * stored.element_size());
    std::memcpy(tensor.bytes.data(), stored.data_ptr(), tensor.bytes.size());
    const NamedTensors network = Network(4);
    InitValues(network, file, "w.pth");
    CHECK(torch::equal(network[0].second.flatten(), stored.to(torch::kFloat32)));
    CHECK(CountNotFinite(tensor) == 0);
  }
}

TEST_CASE("a file of the backbone alone fills the backbone, and its own classifier is left out") {
  WeightsFile file;
  file.tensors["module.conv1.weight"] = StoreFloats({1, 2}, {2});
  file.tensors["module.fc.weight"] = StoreFloats({1, 2, 3}, {3});
  file.tensors["module.bn1.num_batches_tracked"] = StoreFloats({1}, {});
  NamedTensors values = {{"backbone.body.conv1.weight", torch::zeros({2})},
                         {"head.weight", torch::zeros({2})}};
  InitOptions options;
  options.places = {"", "backbone.body."};
  CheckHolds(Refusal(values, file, options), {"fc.weight"});
  options.class_dependent = {"fc.", "head."};
  const InitReport report = InitValues(values, file, "w.pth", options);
  CHECK(report.taken == 1);
  CHECK(report.complete());
  CHECK(Sum(values) == 3);
}

TEST_CASE("names of older files find the tensors of today") {
  const std::vector<std::pair<std::string, std::string>> names = {
      {"backbone.fpn.inner_blocks.2.weight", "backbone.fpn.inner_blocks.2.0.weight"},
      {"backbone.fpn.layer_blocks.0.bias", "backbone.fpn.layer_blocks.0.0.bias"},
      {"rpn.head.conv.weight", "rpn.head.conv.0.0.weight"},
      {"roi_heads.mask_head.mask_fcn1.weight", "roi_heads.mask_head.0.0.weight"},
      {"roi_heads.mask_head.mask_fcn4.bias", "roi_heads.mask_head.3.0.bias"},
      {"features.denseblock1.denselayer12.norm.1.running_var",
       "features.denseblock1.denselayer12.norm1.running_var"},
      {"features.denseblock2.denselayer3.conv.2.weight",
       "features.denseblock2.denselayer3.conv2.weight"},
      {"layer3.5.conv1.weight", "layers.2.5.conv1.weight"}};
  WeightsFile file;
  NamedTensors values;
  for (const auto& [old_name, name] : names) {
    CHECK(NewerNames(old_name) == std::vector<std::string>{name});
    CHECK(NewerNames(name).empty());
    file.tensors[old_name] = StoreFloats({1}, {1});
    values.emplace_back(name, torch::zeros({1}));
  }
  // YOLACT's published file repeats its backbone under an older name: today's name wins.
  file.tensors["backbone.layers.0.0.conv1.weight"] = StoreFloats({5}, {1});
  file.tensors["backbone.layer1.0.conv1.weight"] = StoreFloats({7}, {1});
  file.tensors["fpn.downsample_layers.3.weight"] = StoreFloats({7}, {1});
  values.emplace_back("backbone.layers.0.0.conv1.weight", torch::zeros({1}));
  const InitReport report = InitValues(values, file, "w.pth");
  CHECK(report.taken == static_cast<int>(values.size()));
  CHECK(report.complete());
  CHECK(Sum(values) == static_cast<float>(names.size()) + 5);
}

TEST_CASE(
    "a published name stands for its file in the cache, as published, and says how to get it") {
  const Cache cache;
  AlexNet net(7);
  InitOptions options;
  options.class_dependent = {AlexNetImpl::kClassLayer};
  const auto Message = [&](const std::string& name) {
    try {
      InitModule(*net, name, options);
    } catch (const datasets::Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CheckHolds(Message("alexnet"), {"not fetched yet", "vole weights get alexnet"});
  CheckHolds(Message("alexnett"), {"no such file", "did you mean 'alexnet'"});

  torch::manual_seed(5);
  AlexNet published(1000);
  WeightsFile file;
  StoreTensors(NamedValues(*published), "", file);
  const auto cached = WeightsCache() / FindPublicFile("alexnet")->file;
  WriteSafetensors(cached, file);
  CheckHolds(Message("alexnet"), {"weights 'alexnet'", "SHA-256", "get it again"});
  const InitReport report = InitModule(*net, cached.string(), options);
  CHECK(report.taken == 14);
  CHECK(report.anew == std::vector<std::string>{"classifier.6.weight", "classifier.6.bias"});
  CHECK(torch::equal(net->named_parameters()["features.0.weight"],
                     published->named_parameters()["features.0.weight"]));
}

TEST_CASE("the published files are distinct, and each can be checked") {
  std::set<std::string> names, files;
  for (const PublicFile& known : PublicFiles()) {
    CAPTURE(known.name);
    CHECK(names.insert(known.name).second);
    CHECK(files.insert(known.file).second);
    CHECK(known.url.compare(0, 8, "https://") == 0);
    CHECK(known.url.find(known.file) != std::string::npos);
    CHECK((!known.sha256_prefix.empty()) + (known.bytes > 0) + (!known.tensors.empty()) == 1);
  }
  // The published YOLACT fills every tensor of ours; the rest are batch counters.
  std::map<std::string, Shape> own;
  size_t counters = 0;
  const Yolact yolact{YolactConfig{}};
  for (const auto& [name, tensor] : NamedValues(*yolact)) {
    if (tensor.dim() == 0) ++counters;
    own[name] = tensor.sizes().vec();
  }
  const auto& published = FindPublicFile("yolact-resnet50")->tensors;
  for (const auto& [name, shape] : published) {
    const auto& shown = name;
    CAPTURE(shown);
    CHECK(own[name] == shape);
  }
  CHECK(published.size() + counters == own.size());
  CHECK(own.size() == 354);
  CHECK(FindPublicFile("maskrcnn-coco-v1")->sha256_prefix == "bf2d0c1e");
}

TEST_CASE("a published file is known by its check sum, its size, or its tensors") {
  tests::TempDir folder;
  const auto Refused = [&](const PublicFile& known) {
    try {
      CheckPublicFile(known, folder / "w");
    } catch (const datasets::Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  PublicFile hashed;
  hashed.name = "hashed";
  std::ofstream(folder / "w") << "abc";  // FIPS 180-2, appendix B.1
  hashed.sha256_prefix = "ba7816bf8f01cfea";
  CHECK(Refused(hashed) == "");
  hashed.sha256_prefix = "ba7816be";
  CheckHolds(Refused(hashed), {"'hashed'", "ba7816bf", "get it again"});

  PublicFile sized;
  sized.name = "sized";
  sized.bytes = 24;
  std::ofstream(folder / "w", std::ios::binary) << tests::LittleEndian(0, 4) +
                                                       tests::LittleEndian(2, 4) +
                                                       tests::LittleEndian(0, 12) + "1234";
  CHECK(Refused(sized) == "");
  sized.bytes = 28;
  CheckHolds(Refused(sized), {"24 bytes, not 28"});

  PublicFile named;
  named.name = "named";
  named.tensors = {{"body.weight", {2, 3}}};
  WriteSafetensors(folder / "w", Weights(4));
  CHECK(Refused(named) == "");
  WriteSafetensors(folder / "w", Weights(4, std::numeric_limits<float>::infinity()));
  CheckHolds(Refused(named), {"body.weight", "not numbers"});
  named.tensors = {{"body.weight", {3, 2}}};
  CheckHolds(Refused(named), {"body.weight", "another shape"});
  named.tensors = {{"tail.weight", {1}}};
  CheckHolds(Refused(named), {"tail.weight", "missing"});
}

TEST_CASE("networks written by Python start ours, from either layout of torch.save") {
  if (!tests::HasTorchvision()) return;
  tests::TempDir folder;
  const std::string command = "/usr/bin/python3 -W ignore '" VOLE_SOURCE_DIR
                              "/tests/train/reference/save_networks.py' '" +
                              folder.path().string() + "'";
  REQUIRE(std::system(command.c_str()) == 0);
  const auto Check = [&](torch::nn::Module& module, const std::string& name,
                         const std::string& class_layer) {
    const WeightsFile truth = ReadSafetensors(folder / (name + ".safetensors"));
    for (const std::string layout : {".zip.pth", ".legacy.pth"}) {
      CAPTURE(name + layout);
      InitOptions options;
      options.class_dependent = {class_layer};
      const InitReport report = InitModule(module, folder / (name + layout), options);
      CHECK(report.complete());
      CHECK(report.anew.size() == 2);
      size_t equal = 0;
      for (const auto& [key, tensor] : NamedValues(module)) {
        const auto found = truth.tensors.find(key);
        REQUIRE(found != truth.tensors.end());
        equal += found->second.shape == tensor.sizes().vec() &&
                 std::memcmp(found->second.bytes.data(), tensor.data_ptr(),
                             found->second.bytes.size()) == 0;
      }
      CHECK(equal + 2 == truth.tensors.size());
      torch::NoGradGuard no_grad;
      for (const auto& [key, tensor] : NamedValues(module)) tensor.detach().zero_();
    }
  };
  Check(*ResNet(18, NormOptions(), 3), "resnet18", "fc.");
  Check(*DenseNet(3), "densenet121", DenseNetImpl::kClassLayer);
}

TEST_CASE("networks saved here load in Python's torchvision, every name in its place") {
  if (!tests::HasTorchvision()) return;
  tests::TempDir folder;
  torch::manual_seed(6);
  const auto Save = [&](const torch::nn::Module& module, const std::string& name) {
    WeightsFile file;
    file.metadata = {{"architecture", name}, {"classes", "[\"left\", \"right\"]"}};
    StoreTensors(NamedValues(module), "", file);
    WriteSafetensors(folder / (name + ".safetensors"), file);
  };
  Save(*ResNet(50, NormOptions(), 5), "resnet50");
  Save(*AlexNet(5), "alexnet");
  Save(*DenseNet(5), "densenet121");
  const std::string command = "/usr/bin/python3 -W ignore '" VOLE_SOURCE_DIR
                              "/tests/train/reference/load_strictly.py' '" +
                              folder.path().string() + "'";
  CHECK(std::system(command.c_str()) == 0);
}

}  // namespace module_init_test
