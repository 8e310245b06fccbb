#include "train/weights/torch_file.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "datasets/base/error.h"
#include "datasets/base/random.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torch_bytes.h"
#include "tests/support/torch_doctest.h"

namespace torch_file_test {

namespace {

using namespace train;
using namespace tests;
namespace fs = std::filesystem;

std::string ReadBytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

WeightsFile Read(const std::string& bytes) {
  return ReadTorchBytes({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, "w.pth");
}

// The refusal's message; "" when the bytes were read.
std::string Refusal(const std::string& bytes) {
  try {
    Read(bytes);
  } catch (const datasets::Error& error) {
    return error.what();
  }
  return "";
}

void CheckRefused(const std::string& bytes, const std::string& word) {
  const std::string message = Refusal(bytes);
  CAPTURE(message);
  CHECK(message.find("weights w.pth: ") == 0);
  CHECK(message.find(word) != std::string::npos);
  CHECK(message.find('\n') == std::string::npos);
  CHECK(message.size() < 400);
}

// Two tensors of one storage of six floats: all of it as 2 x 3, and its transposed last column
// pair.
std::string TwoViews(bool legacy) {
  return pickle::Dict({{"all", pickle::Rebuild({{2, 3}, {3, 1}, 0, 6}, legacy)},
                       {"part", pickle::Rebuild({{2, 2}, {1, 3}, 1, 6}, legacy)},
                       {"epoch", pickle::Number(7)}});
}

const std::string kSix = FloatBytes({1, 2, 3, 4, 5, 6});

std::string Legacy(const std::string& object) { return LegacyTorch(object, {{"0", 6, kSix}}); }
std::string Zip(const std::string& object) { return ZipTorch(object, {{"0", kSix}}); }

// A file with one tensor whose description may lie.
std::string WithTensor(const pickle::Tensor& tensor, bool legacy) {
  const std::string object = pickle::Dict({{"x", pickle::Rebuild(tensor, legacy)}});
  return legacy ? Legacy(object) : Zip(object);
}

std::optional<fs::path> PythonFiles() {
  static const TempDir folder;
  static const bool written = std::system(("/usr/bin/python3 -W ignore '" VOLE_SOURCE_DIR
                                           "/tests/train/reference/write_torch_files.py' '" +
                                           folder.path().string() + "' >/dev/null 2>&1")
                                              .c_str()) == 0;
  if (written) return folder.path();
  std::cout << "[skipped] needs the Debian package python3-torch, whose files are read here\n";
  return std::nullopt;
}

}  // namespace

TEST_CASE("both layouts of torch.save are read: views, shared storages, other values beside") {
  for (const bool legacy : {true, false}) {
    CAPTURE(legacy);
    const WeightsFile file = Read(legacy ? Legacy(TwoViews(true)) : Zip(TwoViews(false)));
    REQUIRE(file.tensors.size() == 2);
    CHECK(file.tensors.at("all").shape == std::vector<int64_t>{2, 3});
    CHECK(LoadFloats(file.tensors.at("all"), "all") == std::vector<float>{1, 2, 3, 4, 5, 6});
    CHECK(LoadFloats(file.tensors.at("part"), "part") == std::vector<float>{2, 5, 3, 6});
  }
}

TEST_CASE("a view that the older layout describes at the storage is read where it lies") {
  using namespace pickle;
  const std::string id =
      Tuple({Text("storage"), Global("torch.cuda", "FloatStorage"), Text("0"), Text("cuda:0"),
             Number(6), Tuple({Text("v"), Number(2), Number(3)})});
  const auto make = [&](int64_t offset) {
    return Legacy(
        Dict({{"x", Call(Global("torch._utils", "_rebuild_tensor"),
                         Tuple({id + "Q", Number(offset), Numbers({2}), Numbers({1})}))}}));
  };
  CHECK(LoadFloats(Read(make(1)).tensors.at("x"), "x") == std::vector<float>{4, 5});
  CheckRefused(make(2), "outside");
}

TEST_CASE("files written by Python are read bit for bit, in both layouts") {
  const auto folder = PythonFiles();
  if (!folder) return;
  for (const std::string name :
       {"dtypes", "views", "network", "parameters", "nested", "twice_nested", "many"}) {
    const auto listing = nlohmann::json::parse(ReadBytes(*folder / (name + ".json")));
    const std::string truth = ReadBytes(*folder / (name + ".bin"));
    for (const std::string layout : {".zip.pth", ".legacy.pth"}) {
      CAPTURE(name + layout);
      const WeightsFile file = ReadTorchFile(*folder / (name + layout));
      CHECK(file.tensors.size() == listing.size());
      size_t at = 0, different = 0;
      for (const auto& entry : listing) {
        CAPTURE(entry.dump());
        const auto found = file.tensors.find(entry["name"].get<std::string>());
        REQUIRE(found != file.tensors.end());
        const StoredTensor& tensor = found->second;
        CHECK(tensor.dtype == entry["dtype"].get<std::string>());
        CHECK(tensor.shape == entry["shape"].get<std::vector<int64_t>>());
        REQUIRE(at + tensor.bytes.size() <= truth.size());
        different += std::memcmp(truth.data() + at, tensor.bytes.data(), tensor.bytes.size()) != 0;
        at += tensor.bytes.size();
      }
      CHECK(different == 0);
      CHECK(at == truth.size());
    }
  }
}

TEST_CASE("files of Python that are no state dictionary are refused by what they ask for") {
  const auto folder = PythonFiles();
  if (!folder) return;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"sparse", "torch._utils._rebuild_sparse_tensor"},
      {"module", "torch.nn.modules.container.Sequential"},
      {"complex", "ComplexFloatStorage"},
      {"list", "no dictionary of tensors"},
      {"no_tensors", "no dictionary of tensors"},
      {"script", "TorchScript"}};
  for (const auto& [name, word] : cases) {
    const auto& shown = name;
    CAPTURE(shown);
    CheckRefused(ReadBytes(*folder / (name + ".refused")), word);
  }
}

TEST_CASE("a pickle that would run code is refused by the name of what it would call") {
  using namespace pickle;
  TempDir folder;
  const std::string command = "touch " + (folder / "ran").string();
  const std::vector<std::pair<std::string, std::string>> calls = {
      {"os.system", Call(Global("os", "system"), Tuple({Text(command)}))},
      {"posix.system", Call(Global("posix", "system"), Tuple({Text(command)}))},
      {"builtins.eval", Call(Global("builtins", "eval"), Tuple({Text("1")}))},
      {"os.system", Text("os") + Text("system") + "\x93" + Tuple({Text(command)}) + "R"},
      {"os.system", "(" + Text(command) + "ios\nsystem\n"},
      {"collections.Counter", Global("collections", "Counter")},
      {"torch.load", Call(Global("torch", "load"), Tuple({Text("x")}))},
      {"torch.FloatStorage.x", Global("torch", "FloatStorage.x")}};
  for (const auto& [name, body] : calls) {
    const auto& shown = name;
    CAPTURE(shown);
    CheckRefused(Legacy(Dict({{"x", body}})), "'" + name + "'");
    CheckRefused(Zip(Dict({{"x", body}})), "'" + name + "'");
  }
  // Opcodes that make or change objects, or look things up elsewhere.
  for (const std::string opcode : {"\x81", "\x92", "\x82\x01", "o", "P0\n", "\x97"}) {
    CheckRefused(Zip(Dict({{"x", Global("collections", "OrderedDict") + ")" + opcode}})), "opcode");
  }
  CheckRefused(Zip(Dict({{"x", "K\x01}b"}})), "state of an object");
  CHECK_FALSE(fs::exists(folder / "ran"));
}

TEST_CASE("tensors that lie about their place or size are refused, and need no memory") {
  const int64_t huge = int64_t{1} << 62;
  const std::vector<std::pair<std::string, pickle::Tensor>> cases = {
      {"outside", {{7}, {1}, 0, 6}},
      {"outside", {{2, 3}, {4, 1}, 0, 6}},
      {"outside", {{3}, {1}, 4, 6}},
      {"outside", {{2}, {huge}, 0, 6}},
      {"outside", {{1}, {1}, huge, 6}},
      {"more values", {{huge}, {0}, 0, 6}},
      {"more values", {{huge, huge, 4}, {0, 0, 0}, 0, 6}},
      {"more values", {{100000}, {0}, 0, 6}},
      {"damaged", {{2}, {1}, -1, 6}},
      {"damaged", {{2, 3}, {1}, 0, 6}},
      {"negative", {{-2}, {1}, 0, 6}},
      {"negative", {{2}, {-1}, 0, 6}},
      {"damaged", {std::vector<int64_t>(17, 1), std::vector<int64_t>(17, 1), 0, 6}},
      {"shorter", {{2}, {1}, 0, 7}},
      {"shorter", {{2}, {1}, 0, -1}},
      {"shorter", {{2}, {1}, 0, huge}},
      {"missing", {{2}, {1}, 0, 6, "1"}}};
  for (const auto& [word, tensor] : cases) {
    for (const bool legacy : {true, false}) {
      if (legacy && tensor.key != "0") continue;  // there the list of storages says it
      CAPTURE(legacy);
      CheckRefused(WithTensor(tensor, legacy), word);
    }
  }
  CHECK(Refusal(WithTensor({{0, 4}, {4, 1}, 0, 6}, true)) == "");
  CHECK(Refusal(WithTensor({{5}, {0}, 0, 6}, true)) == "");
}

TEST_CASE("storages and containers that lie are refused") {
  const std::string object = pickle::Dict({{"x", pickle::Rebuild({{6}, {1}, 0, 6}, true)}});
  CheckRefused(LegacyTorch(object, {}), "shorter");
  CheckRefused(LegacyTorch(object, {{"0", 7, kSix}}), "truncated");
  CheckRefused(LegacyTorch(object, {{"0", ~0ULL, kSix}}), "truncated");
  CheckRefused(LegacyTorch(object, {{"0", 5, kSix.substr(4)}}), "shorter");
  CheckRefused(LegacyTorch(object, {{"1", 6, kSix}}), "no tensor uses");
  CheckRefused(Zip(pickle::Text("hello")), "no dictionary");
  CheckRefused(StoredZip({{"a/b", "c"}}), "data.pkl");
  CheckRefused(StoredZip({{"a/data.pkl", ""}, {"a/data.pkl", ""}}), "twice");
  std::string compressed = Zip(TwoViews(false));
  const size_t table = compressed.find("PK\x01\x02");
  compressed[table + 10] = 8;
  CheckRefused(compressed, "compressed");
  std::string summed = Zip(TwoViews(false));
  summed[table + 16] = 1;
  CheckRefused(summed, "check sum");
  CheckRefused("GIF89a", "torch.save did not write");
  CheckRefused("", "torch.save did not write");
}

TEST_CASE("pickles that would fill the memory from few bytes are refused") {
  using namespace pickle;
  std::string deep(3'000'000, '(');
  CheckRefused(Zip(deep), "too deeply");
  CheckRefused(Zip(std::string(3'000'000, '}')), "too many values");
  std::string marks = "]q\x01";
  for (int i = 0; i < 2'000'000; ++i) marks += "h\x01";
  CheckRefused(Zip(marks), "too many values");
  // The same long list again and again: 4 bytes each time.
  std::string list = "(";
  for (int i = 0; i < 2000; ++i) list += "N";
  list += "lq\x01";
  std::string copies = Global("collections", "OrderedDict") + "q\x02" + "](";
  for (int i = 0; i < 2000; ++i) copies += Tuple({Text("k"), "N"});
  copies += "eq\x03\x85q\x04";
  for (int i = 0; i < 3000; ++i) copies += "h\x02h\x04R";
  CheckRefused(Zip(copies), "too many values");
  // Nested without end, then dropped: neither recursion nor crash.
  std::string nested = "N";
  for (int i = 0; i < 500'000; ++i) nested += "\x85";
  CheckRefused(Zip(nested), "no dictionary");
}

TEST_CASE("every truncation and thousands of damaged bytes end in one line, never in a crash") {
  const std::vector<std::string> good = {Legacy(TwoViews(true)), Zip(TwoViews(false))};
  size_t refused = 0, read = 0;
  const auto Try = [&](const std::string& bytes) {
    try {
      for (const auto& [name, tensor] : Read(bytes).tensors) {
        size_t elements = 1;
        for (const int64_t extent : tensor.shape) elements *= static_cast<size_t>(extent);
        CHECK(elements * DtypeBytes(tensor.dtype) == tensor.bytes.size());
      }
      ++read;
    } catch (const datasets::Error& error) {
      CHECK(std::string(error.what()).find('\n') == std::string::npos);
      ++refused;
    }
  };
  for (const std::string& bytes : good) {
    for (size_t size = 0; size < bytes.size(); ++size) {
      const size_t before = refused;
      Try(bytes.substr(0, size));
      CHECK(refused == before + 1);
    }
    datasets::Random random({7, bytes.size()});
    const auto Below = [&](size_t count) { return random.Next() % count; };
    for (int round = 0; round < 6000; ++round) {
      std::string bad = bytes;
      const int changes = 1 + random.Below(3);
      for (int i = 0; i < changes; ++i) {
        switch (random.Below(4)) {
          case 0:
            bad[Below(bad.size())] = static_cast<char>(random.Next());
            break;
          case 1:
            bad[Below(bad.size())] ^= static_cast<char>(1 << random.Below(8));
            break;
          case 2:
            bad.erase(Below(bad.size() - 8), 1 + Below(8));
            break;
          default: {  // a piece of the file stands somewhere else too
            const size_t from = Below(bad.size() - 8), to = Below(bad.size());
            bad.insert(to, bad.substr(from, 1 + Below(40)));
          }
        }
      }
      Try(bad);
    }
  }
  CHECK(refused > 5000);
  CHECK(read > 100);
}

TEST_CASE("a file that is missing, empty or a folder is named") {
  TempDir folder;
  std::ofstream(folder / "empty.pth");
  for (const fs::path& file : {folder / "absent.pth", folder / "empty.pth", folder.path()}) {
    std::string message;
    try {
      ReadTorchFile(file);
    } catch (const datasets::Error& error) {
      message = error.what();
    }
    CHECK(message.find(file.string()) != std::string::npos);
  }
}

}  // namespace torch_file_test
