// `vole weights`: published weights over the network (of this machine), and what files hold.
#include <doctest/doctest.h>

#include "datasets/files/file_hash.h"
#include "tests/support/http_server.h"
#include "tests/support/journey.h"
#include "tests/support/torch_bytes.h"
#include "train/weights/darknet.h"
#include "train/weights/darknet_graph.h"
#include "train/weights/safetensors.h"

namespace weights_test {

using nlohmann::json;
using tests::HttpServer;
using tests::Outcome;
namespace fs = std::filesystem;

namespace {

void WriteBytes(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string ReadBytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A cache of its own, and a server with one file whose name carries its check sum.
struct Site {
  tests::TempDir folder;
  std::string bytes, name;
  std::unique_ptr<HttpServer> server;

  Site() {
    for (int i = 0; i < 200'000; ++i) bytes += static_cast<char>(i * i >> 7);
    WriteBytes(folder / "plain", bytes);
    name = "tiny-" + datasets::HashFile(folder / "plain").substr(0, 8) + ".pth";
    server = std::make_unique<HttpServer>(std::map<std::string, std::string>{
        {name, bytes}, {"alexnet-owt-7be5be79.pth", "not what was published"}});
  }
  std::string address() const { return server->url() + "/" + name; }
  fs::path file() const { return folder / "vole/weights" / name; }
  fs::path part() const { return file().string() + ".part"; }
  std::function<void()> Environment(const std::string& base = "") const {
    const std::string cache = folder.path().string();
    return [cache, base] {
      setenv("XDG_CACHE_HOME", cache.c_str(), 1);
      setenv("no_proxy", "*", 1);
      if (!base.empty()) setenv("VOLE_WEIGHTS_URL", base.c_str(), 1);
    };
  }
  json Get() const {
    const Outcome outcome = tests::Vole({"weights", "get", address(), "--json"}, Environment());
    INFO(tests::Show(outcome));
    REQUIRE(outcome.code == 0);
    return outcome.Json()["weights"][0];
  }
  void Fails(std::vector<std::string> arguments, const std::vector<std::string>& words,
             const std::string& base = "") const {
    tests::CheckFails(std::move(arguments), 1, words, Environment(base));
  }
};

}  // namespace

TEST_CASE("Weights are fetched, checked, kept, and not fetched twice") {
  const Site site;
  const json first = site.Get();
  CHECK(first["path"] == site.file().string());
  CHECK(first["bytes"] == site.bytes.size());
  CHECK(first["was_there"] == false);
  CHECK(ReadBytes(site.file()) == site.bytes);
  CHECK_FALSE(fs::exists(site.part()));
  CHECK(site.Get()["was_there"] == true);
  CHECK(site.server->requests().size() == 1);
  // Damaged in the cache: fetched anew.
  WriteBytes(site.file(), "something else");
  CHECK(site.Get()["was_there"] == false);
  CHECK(ReadBytes(site.file()) == site.bytes);
}

TEST_CASE("A fetch goes on where it stopped, and over a connection that breaks") {
  const Site site;
  fs::create_directories(site.part().parent_path());
  WriteBytes(site.part(), site.bytes.substr(0, 1000));
  CHECK(site.Get()["resumed_from"] == 1000);
  CHECK(ReadBytes(site.file()) == site.bytes);
  CHECK(site.server->requests().back().find("bytes=1000-") != std::string::npos);

  fs::remove(site.file());
  site.server->breaks = 3;
  site.server->break_after = 50'000;
  CHECK(site.Get()["bytes"] == site.bytes.size());
  CHECK(ReadBytes(site.file()) == site.bytes);
  CHECK(site.server->requests().back().find("bytes=150000-") != std::string::npos);

  fs::remove(site.file());
  site.server->refusals = 1;
  CHECK(site.Get()["bytes"] == site.bytes.size());
}

TEST_CASE("A server that cannot go on, or a rest that is whole already, do no harm") {
  const Site site;
  fs::create_directories(site.part().parent_path());
  site.server->ranges = false;
  WriteBytes(site.part(), site.bytes.substr(0, 1000));
  site.Get();
  CHECK(ReadBytes(site.file()) == site.bytes);
  site.server->ranges = true;
  for (const std::string& rest : {site.bytes, site.bytes + "more than there is"}) {
    fs::remove(site.file());
    WriteBytes(site.part(), rest);
    site.Get();
    CHECK(ReadBytes(site.file()) == site.bytes);
  }
  fs::remove(site.file());
  WriteBytes(site.part(), "of another file");  // the check finds out, and the next run is clean
  site.Fails({"weights", "get", site.address()}, {"SHA-256"});
  CHECK_FALSE(fs::exists(site.part()));
  site.Get();
  CHECK(ReadBytes(site.file()) == site.bytes);
}

TEST_CASE("Ctrl-C during a fetch keeps what has arrived") {
  const Site site;
  site.server->hold = true;
  site.server->break_after = 70'000;
  tests::Program program({VOLE_BINARY, "weights", "get", site.address()}, site.Environment());
  std::error_code ignored;
  REQUIRE(program.WaitUntil([&] { return fs::file_size(site.part(), ignored) == 70'000; }));
  // Another run stays away meanwhile.
  site.Fails({"weights", "get", site.address()}, {"another program"});
  program.Signal(SIGINT);
  CHECK(program.Wait().code == 130);
  CHECK(fs::file_size(site.part()) == 70'000);
  site.server->hold = false;
  CHECK(site.Get()["resumed_from"] == 70'000);
  CHECK(ReadBytes(site.file()) == site.bytes);
}

TEST_CASE("No network, a missing file, a wrong file and a mistyped name give one clear line") {
  const Site site;
  site.Fails({"weights", "get", "resnet50"}, {"resnet50", "no network", "resnet50-0676ba61.pth"},
             "http://127.0.0.1:1");
  site.Fails({"weights", "get", "resnet50"}, {"answered 404"}, site.server->url());
  site.Fails({"weights", "get", "alexnet"}, {"SHA-256", "7be5be79"}, site.server->url());
  CHECK(fs::is_empty(site.folder / "vole/weights"));
  site.Fails({"weights", "get", "resnet5"}, {"did you mean 'resnet50'"});
  site.Fails({"weights", "get", site.server->url() + "/plain.pth"}, {"no check sum"});
  site.Fails({"weights", "get", "ftp://x/y-01234567.pth"}, {"no address"});
  site.Fails({"weights", "inspect", "resnet50"}, {"vole weights get resnet50"});
  // What lies in the cache under a published name is what was published, or is not used.
  WriteBytes(site.folder / "vole/weights/resnet50-0676ba61.pth", "something else");
  site.Fails({"weights", "inspect", "resnet50"}, {"SHA-256", "0676ba61", "get it again"});
  tests::CheckFails({"weights", "get"}, 2, {"weights list"});
  tests::CheckFails({"weights", "gett", "x"}, 2, {"did you mean 'get'"});
}

TEST_CASE("A full disk during a fetch is one line, and leaves no half file under the real name") {
  const Site site;
  const auto environment = site.Environment();
  const auto limited = [&] {
    environment();
    const rlimit limit{100'000, 100'000};
    setrlimit(RLIMIT_FSIZE, &limit);
  };
  tests::CheckFails({"weights", "get", site.address()}, 1, {".part", "cannot be written"}, limited);
  CHECK_FALSE(fs::exists(site.file()));
  CHECK(site.Get()["resumed_from"] == 100'000);
}

TEST_CASE("The list says what is known, how it is checked, and what is here") {
  const Site site;
  fs::create_directories(site.part().parent_path());
  WriteBytes(site.part().parent_path() / "resnet18-f37072fd.pth", "x");
  const Outcome outcome = tests::Vole({"weights", "list", "--json"}, site.Environment());
  REQUIRE(outcome.code == 0);
  std::map<std::string, json> by_name;
  const json list = outcome.Json();
  for (const json& entry : list["weights"]) by_name[entry["name"]] = entry;
  for (const std::string name :
       {"maskrcnn-coco-v1", "maskrcnn-coco-v2", "resnet18", "resnet50", "resnet101", "alexnet",
        "densenet121", "yolact-resnet50", "yolov3", "yolov3-tiny", "darknet53"}) {
    CHECK(by_name.count(name) == 1);
  }
  CHECK(by_name["resnet18"]["path"].is_string());
  CHECK(by_name["resnet50"]["path"].is_null());
  CHECK(by_name["resnet50"]["checked_by"] == "SHA-256 0676ba61...");
  CHECK(tests::Vole({"weights", "list"}, site.Environment()).out.find("DenseNet-121") !=
        std::string::npos);
}

TEST_CASE("Inspecting a file shows names, shapes, types and totals, whatever the format") {
  tests::TempDir folder;
  const auto tensor = [](bool legacy) {
    return tests::pickle::Dict(
        {{"head.weight", tests::pickle::Rebuild({{2, 3}, {3, 1}, 0, 6}, legacy)},
         {"head.bias", tests::pickle::Rebuild({{2}, {3}, 1, 6}, legacy)}});
  };
  const std::string six = tests::FloatBytes({1, 2, 3, 4, 5, 6});
  WriteBytes(folder / "legacy.pth", tests::LegacyTorch(tensor(true), {{"0", 6, six}}));
  WriteBytes(folder / "zip.pth", tests::ZipTorch(tensor(false), {{"0", six}}));
  train::WeightsFile file;
  file.metadata["architecture"] = "test";
  file.tensors["head.weight"] = train::StoreFloats({1, 2, 3, 4, 5, 6}, {2, 3});
  file.tensors["head.bias"] = train::StoreFloats({2, std::nanf("")}, {2});
  train::WriteSafetensors(folder / "w.safetensors", file);
  const std::vector<std::pair<std::string, std::string>> files = {
      {"legacy.pth", "torch (2019 and before)"},
      {"zip.pth", "torch (zip)"},
      {"w.safetensors", "safetensors"}};
  for (const auto& [name, format] : files) {
    const auto& shown = name;
    CAPTURE(shown);
    const json found = tests::VoleJson({"weights", "inspect", (folder / name).string(), "--quiet"});
    CHECK(found["format"] == format);
    CHECK(found["count"] == 2);
    CHECK(found["elements"] == 8);
    CHECK(found["bytes"] == 32);
    CHECK(found["not_finite"] == (format == "safetensors" ? 1 : 0));
    CHECK(found["tensors"][1] == json{{"name", "head.weight"},
                                      {"dtype", "F32"},
                                      {"shape", {2, 3}},
                                      {"elements", 6},
                                      {"not_finite", 0}});
  }
  const Outcome text = tests::Vole({"weights", "inspect", (folder / "w.safetensors").string()});
  CHECK(text.code == 0);
  CHECK(text.out.find("architecture: test") != std::string::npos);
  CHECK(text.out.find("2 tensors, 8 values, 32 bytes") != std::string::npos);
  CHECK(text.err.find("not numbers") != std::string::npos);
}

TEST_CASE("Inspecting a darknet file says its version, its numbers and what has as many") {
  tests::TempDir folder;
  train::DarknetWeights weights;
  weights.seen = 64'000;
  weights.values.assign(8'676'244, 0.5f);
  train::WriteDarknetWeights(folder / "w.weights", weights);
  const json found = tests::VoleJson({"weights", "inspect", (folder / "w.weights").string()});
  CHECK(found["format"] == "darknet");
  CHECK(found["version"] == "0.2.0");
  CHECK(found["seen"] == 64'000);
  CHECK(found["elements"] == weights.values.size());
  CHECK(found["what"] == "yolov3-tiny (1 class)");
}

TEST_CASE("Darknet's weights get names and lose them again, number by number") {
  tests::TempDir folder;
  const auto Path = [&](const std::string& name) { return (folder / name).string(); };
  train::DarknetWeights tiny;
  tiny.seen = 32'013'312;
  for (int i = 0; i < 8'676'244 + 2 * 2'310; ++i) {  // three animals
    tiny.values.push_back(static_cast<float>(i % 1999) / 64 - 12);
  }
  train::WriteDarknetWeights(Path("tiny.weights"), tiny);
  const json named = tests::VoleJson(
      {"weights", "convert", Path("tiny.weights"), Path("tiny.safetensors"), "--quiet"});
  CHECK(named["format"] == "safetensors");
  CHECK(named["from_format"] == "darknet");
  CHECK(named["elements"] == tiny.values.size());
  const train::WeightsFile file = train::ReadSafetensors(Path("tiny.safetensors"));
  CHECK(file.metadata.at("network") == "yolov3-tiny");
  CHECK(file.metadata.at("network_classes") == "3");
  CHECK(file.tensors.at("layers.22.weight").shape == std::vector<int64_t>{24, 256, 1, 1});
  // Biases come first in darknet's files.
  const std::vector<float> first = train::LoadFloats(file.tensors.at("layers.0.bias"), "bias");
  CHECK(first == std::vector<float>(tiny.values.begin(), tiny.values.begin() + 16));

  tests::VoleJson({"weights", "convert", Path("tiny.safetensors"), Path("again.weights")});
  CHECK(ReadBytes(Path("again.weights")) == ReadBytes(Path("tiny.weights")));
  // The first convolutions alone are a backbone.
  train::DarknetWeights start = tiny;
  start.values.resize(16 * (27 + 4) + 32 * (16 * 9 + 4));
  train::WriteDarknetWeights(Path("start.weights"), start);
  tests::VoleJson({"weights", "convert", Path("start.weights"), Path("start.safetensors")});
  CHECK(train::ReadSafetensors(Path("start.safetensors")).tensors.size() == 10);
  tests::VoleJson({"weights", "convert", Path("start.safetensors"), Path("start2.weights")});
  CHECK(ReadBytes(Path("start2.weights")) == ReadBytes(Path("start.weights")));
}

TEST_CASE("A .pth file becomes a safetensors file with the same tensors") {
  using namespace tests::pickle;
  tests::TempDir folder;
  const std::string pth = (folder / "a.pth").string(), out = (folder / "a.safetensors").string();
  WriteBytes(pth, tests::ZipTorch(Dict({{"head.weight", Rebuild({{2, 3}, {3, 1}, 0, 6}, false)}}),
                                  {{"0", tests::FloatBytes({1, 2, 3, 4, 5, 6})}}));
  CHECK(tests::VoleJson({"weights", "convert", pth, out})["count"] == 1);
  const train::WeightsFile file = train::ReadSafetensors(out);
  CHECK(file.tensors.at("head.weight").shape == std::vector<int64_t>{2, 3});
  CHECK(train::LoadFloats(file.tensors.at("head.weight"), "head.weight") ==
        std::vector<float>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("What cannot be converted is refused in one line and nothing is written") {
  tests::TempDir folder;
  const std::string from = (folder / "from.safetensors").string();
  const std::string out = (folder / "out.weights").string();
  const auto fails = [&](const train::WeightsFile& file, const std::vector<std::string>& words) {
    train::WriteSafetensors(from, file);
    tests::CheckFails({"weights", "convert", from, out}, 1, words);
    CHECK_FALSE(fs::exists(out));
  };
  train::WeightsFile good;  // the first convolution of yolov3-tiny
  for (const train::DarknetTensor& tensor : train::DarknetTensors(train::Yolov3TinyGraph(1))) {
    if (tensor.name.compare(0, 9, "layers.0.") != 0) continue;
    size_t count = 1;
    for (const int64_t extent : tensor.shape) count *= static_cast<size_t>(extent);
    good.tensors[tensor.name] = train::StoreFloats(std::vector<float>(count, 0.5f), tensor.shape);
  }
  train::WeightsFile file;
  file.tensors["fc.weight"] = train::StoreFloats({1, 2}, {2});
  fails(file, {"not those of yolov3", ".safetensors"});
  file = good;
  file.tensors.erase("layers.0.mean");
  file.tensors["layers.0.other"] = train::StoreFloats(std::vector<float>(16, 1), {16});
  fails(file, {"layers.0.mean is missing"});
  file = good;
  file.tensors["layers.0.mean"] = train::StoreFloats(std::vector<float>(16, 1), {4, 4});
  fails(file, {"layers.0.mean is [4, 4]", "it is [16]"});
  file = good;
  file.tensors["layers.0.bias"] = train::StoreFloats(std::vector<float>(16, std::nanf("")), {16});
  fails(file, {"layers.0.bias", "not numbers"});
  train::DarknetWeights odd;
  odd.values.assign(12'345, 1);
  train::WriteDarknetWeights(folder / "odd.weights", odd);
  tests::CheckFails({"weights", "convert", (folder / "odd.weights").string(), from}, 1,
                    {"12345 numbers", "neither yolov3 nor yolov3-tiny"});
  train::WriteSafetensors(from, good);
  tests::CheckFails({"weights", "convert", from, (folder / "absent" / "x.weights").string()}, 1,
                    {"absent"});
  CHECK(tests::Vole({"weights", "convert", from, from}).code == 2);
  CHECK(tests::Vole({"weights", "convert", from, (folder / "x.onnx").string()}).code == 2);
  CHECK(tests::Vole({"weights", "convert", from}).code == 2);
}

TEST_CASE(
    "A training does not start from weights that are hostile, cut, not numbers, or of others") {
  using namespace tests::pickle;
  const tests::Journey scene(8);
  const std::string init = scene.Path("init.pth"), model = scene.Path("m.safetensors");
  const auto check = [&](const std::string& network, const std::string& bytes,
                         const std::vector<std::string>& words) {
    WriteBytes(init, bytes);
    tests::CheckFails({"train", scene.project, "--model", network, "--steps", "2", "--threads", "1",
                       "--quiet", "--init", init, "--out", model},
                      1, words);
    CHECK_FALSE(fs::exists(model));
    CHECK_FALSE(fs::exists(model + ".last"));
  };
  const std::string ran = scene.Path("ran");
  const std::string call = Call(Global("posix", "system"), Tuple({Text("touch " + ran)}));
  const auto file = [](const std::string& name, const std::vector<int64_t>& shape, float value) {
    int64_t count = 1;
    for (const int64_t extent : shape) count *= extent;
    std::vector<int64_t> strides(shape.size(), 1);
    for (size_t d = shape.size(); d-- > 1;) strides[d - 1] = strides[d] * shape[d];
    return tests::ZipTorch(
        Dict({{name, Rebuild({shape, strides, 0, count}, false)}}),
        {{"0", tests::FloatBytes(std::vector<float>(static_cast<size_t>(count), value))}});
  };
  for (const std::string network : {"idseg", "maskrcnn"}) {
    CAPTURE(network);
    check(network, tests::ZipTorch(Dict({{"x", call}}), {}), {"init.pth", "'posix.system'"});
    check(network, "PK\x03\x04 and nothing more", {"init.pth", "truncated"});
    check(network, file("someone.elses", {2}, 1), {"none of them fit"});
  }
  CHECK_FALSE(fs::exists(ran));
  check("idseg", file("seg.stem.conv.weight", {16, 5, 3, 3}, std::nanf("")), {"not numbers"});
  check("maskrcnn", file("backbone.body.conv1.weight", {64, 3, 7, 7}, 1),
        {"tensors of the network are missing", "--init-partial"});
  tests::CheckFails({"train", scene.project, "--init", "resnet5", "--out", model}, 1,
                    {"did you mean 'resnet50'"});
}

TEST_CASE("A file that is hostile, truncated or no weights at all is refused in one line") {
  using namespace tests::pickle;
  tests::TempDir folder;
  const auto check = [&](const std::string& bytes, const std::vector<std::string>& words) {
    WriteBytes(folder / "bad.pth", bytes);
    tests::CheckFails({"weights", "inspect", (folder / "bad.pth").string()}, 1, words);
  };
  const std::string ran = (folder / "ran").string();
  const std::string call = Call(Global("os", "system"), Tuple({Text("touch " + ran)}));
  check(tests::ZipTorch(Dict({{"x", call}}), {}),
        {"bad.pth", "'os.system'", "nothing is ever run"});
  check(tests::LegacyTorch(Dict({{"x", call}}), {}), {"bad.pth", "'os.system'"});
  CHECK_FALSE(fs::exists(ran));
  const std::string good = tests::LegacyTorch(Dict({{"x", Rebuild({{6}, {1}, 0, 6}, true)}}),
                                              {{"0", 6, std::string(24, '\0')}});
  check(good.substr(0, good.size() - 1), {"bad.pth", "truncated"});
  check(tests::ZipTorch(Dict({{"x", Rebuild({{7}, {1}, 0, 6}, false)}}),
                        {{"0", std::string(24, '\0')}}),
        {"'x'", "outside"});
  check("", {"bad.pth", "empty"});
  check("once upon a time", {"bad.pth", "no weights file"});
  tests::CheckFails({"weights", "inspect", folder.path().string()}, 1, {"plain file"});
  tests::CheckFails({"weights", "inspect", (folder / "absent").string()}, 1, {"no such file"});
}

}  // namespace weights_test
