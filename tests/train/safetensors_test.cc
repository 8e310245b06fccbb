#include "train/weights/safetensors.h"

#include <unistd.h>

#include <cstring>
#include <fstream>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "datasets/base/error.h"
#include "datasets/base/random.h"
#include "tests/support/small_files.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torch_doctest.h"
#include "train/nets/idseg.h"
#include "train/weights/module_weights.h"

namespace safetensors_test {

namespace {

using namespace train;
namespace fs = std::filesystem;

WeightsFile Sample() {
  WeightsFile file;
  file.metadata = {{"architecture", "idseg"}, {"classes", "[\"väle \\\"1\\\"\"]"}};
  file.tensors["a"] = StoreFloats({1, -2.5f, 3, 4, 5, 6}, {2, 3});
  file.tensors["b.c"] = StoreFloats({}, {0, 4});
  file.tensors["scalar"] = StoreFloats({7}, {});
  StoredTensor count;
  count.dtype = "I64";
  count.shape = {1};
  count.bytes.assign(8, 1);
  file.tensors["count"] = count;
  return file;
}

std::string ReadBytes(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void WriteBytes(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::set<std::string> FilesIn(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

std::string WithHeader(const std::string& header, const std::string& data) {
  std::string bytes(8, '\0');
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(uint64_t{header.size()} >> (8 * i));
  return bytes + header + data;
}

}  // namespace

TEST_CASE("weights come back as they were written, with their description") {
  tests::TempDir folder;
  const WeightsFile written = Sample();
  WriteSafetensors(folder / "w.safetensors", written);
  const WeightsFile read = ReadSafetensors(folder / "w.safetensors");
  CHECK(read.metadata == written.metadata);
  REQUIRE(read.tensors.size() == written.tensors.size());
  for (const auto& [name, tensor] : written.tensors) {
    CHECK(read.tensors.at(name).dtype == tensor.dtype);
    CHECK(read.tensors.at(name).shape == tensor.shape);
    CHECK(read.tensors.at(name).bytes == tensor.bytes);
  }
  CHECK(ReadSafetensorsMetadata(folder / "w.safetensors") == written.metadata);
  CHECK(FilesIn(folder / ".") == std::set<std::string>{"w.safetensors"});
}

TEST_CASE("a file laid out by hand after the published format is understood") {
  tests::TempDir folder;
  const float values[] = {0.5f, -1.0f};
  std::string data(sizeof(values), '\0');
  std::memcpy(data.data(), values, sizeof(values));
  WriteBytes(folder / "w",
             WithHeader(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}   )", data));
  const WeightsFile read = ReadSafetensors(folder / "w");
  CHECK(LoadFloats(read.tensors.at("x"), "x") == std::vector<float>{0.5f, -1.0f});
}

TEST_CASE("hostile weights are refused with one clear line") {
  tests::TempDir folder;
  const std::string eight(8, '\1');
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"empty", ""},
      {"seven bytes", std::string(7, '\0')},
      {"header longer than the file", WithHeader("{}", "").replace(0, 1, "\x7f")},
      {"header length near 2^64", std::string(8, '\xff') + "{}"},
      {"not JSON", WithHeader("hello world", "")},
      {"an array", WithHeader("[1,2]", "")},
      {"deep nesting", WithHeader(std::string(200, '['), "")},
      {"unknown dtype",
       WithHeader(R"({"x":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}})", eight)},
      {"no offsets", WithHeader(R"({"x":{"dtype":"F32","shape":[2]}})", eight)},
      {"negative shape",
       WithHeader(R"({"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", eight)},
      {"shape that overflows",
       WithHeader(R"({"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}})",
                  eight)},
      {"offsets the wrong way round",
       WithHeader(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", eight)},
      {"offsets past the end",
       WithHeader(R"({"x":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})", eight)},
      {"truncated data",
       WithHeader(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "1234")},
      {"overlap", WithHeader(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                             R"("y":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
                             eight)},
      {"gap", WithHeader(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", eight)},
      {"data after the last tensor",
       WithHeader(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", eight)},
      {"metadata that is no text", WithHeader(R"({"__metadata__":{"a":1}})", "")},
  };
  for (const auto& [name, bytes] : cases) {
    const auto& shown = name;
    CAPTURE(shown);
    WriteBytes(folder / "w", bytes);
    std::string message;
    try {
      ReadSafetensors(folder / "w");
    } catch (const datasets::Error& error) {
      message = error.what();
    }
    CHECK(message.find("weights ") == 0);
    CHECK(message.find('\n') == std::string::npos);
  }
  CHECK_THROWS_AS(ReadSafetensors(folder / "absent"), datasets::Error);
  CHECK_THROWS_AS(ReadSafetensorsMetadata(folder / "absent"), datasets::Error);
}

TEST_CASE("no damaged byte makes the reader crash or misread a length") {
  tests::TempDir folder;
  WriteSafetensors(folder / "good", Sample());
  const std::string good = ReadBytes(folder / "good");
  datasets::Random random({42});
  int refused = 0;
  for (int round = 0; round < 1500; ++round) {
    std::string bad = good;
    const int changes = 1 + random.Below(4);
    for (int i = 0; i < changes; ++i) {
      bad[random.Below(static_cast<int>(bad.size()))] = static_cast<char>(random.Next());
    }
    if (random.Chance(0.3)) bad.resize(random.Below(static_cast<int>(bad.size()) + 1));
    WriteBytes(folder / "bad", bad);
    try {
      for (const auto& [name, tensor] : ReadSafetensors(folder / "bad").tensors) {
        size_t elements = 1;
        for (int64_t extent : tensor.shape) elements *= static_cast<size_t>(extent);
        CHECK(elements * DtypeBytes(tensor.dtype) == tensor.bytes.size());
      }
    } catch (const datasets::Error&) {
      ++refused;
    }
  }
  CHECK(refused > 500);
}

TEST_CASE("writing where nothing can be written fails cleanly and keeps the old file") {
  tests::TempDir folder;
  CHECK_THROWS_AS(WriteSafetensors(folder / "no/such/folder/w", Sample()), datasets::Error);
  WriteSafetensors(folder / "w", Sample());
  const std::string before = ReadBytes(folder / "w");
  fs::create_directory(folder / "taken");
  CHECK_THROWS_AS(WriteSafetensors(folder / "taken", WeightsFile{}), datasets::Error);
  CHECK(ReadBytes(folder / "w") == before);
  CHECK(FilesIn(folder / ".") == std::set<std::string>{"taken", "w"});
}

TEST_CASE("two programs that write one file do not write into one another") {
  tests::TempDir folder;
  // What another one, or a killed one of the same number, has begun.
  const std::string other = folder / ("w.tmp-" + std::to_string(getpid()) + "-0");
  std::ofstream(other) << "half a file";
  WriteSafetensors(folder / "w", Sample());
  CHECK(ReadSafetensors(folder / "w").tensors.size() == Sample().tensors.size());
  CHECK(ReadBytes(other).size() == 11);
}

TEST_CASE("a full disk is an error, not a short file") {
  tests::TempDir folder;
  {
    const tests::SmallFiles small(64);
    CHECK_THROWS_AS(WriteSafetensors(folder / "w", Sample()), datasets::Error);
  }
  CHECK(FilesIn(folder / ".").empty());
}

TEST_CASE("a network's weights round trip, and weights that do not fit are refused") {
  tests::TempDir folder;
  torch::manual_seed(1);
  IdsegNet first(2), second(2), third(3);
  WeightsFile file;
  StoreTensors(NamedValues(*first), "seg.", file);
  WriteSafetensors(folder / "w", file);
  const WeightsFile read = ReadSafetensors(folder / "w");
  LoadTensors(read, "seg.", NamedValues(*second));
  const NamedTensors a = NamedValues(*first), b = NamedValues(*second);
  for (size_t i = 0; i < a.size(); ++i) CHECK(torch::equal(a[i].second, b[i].second));
  CHECK_THROWS_AS(LoadTensors(read, "seg.", NamedValues(*third)), datasets::Error);
  CHECK_THROWS_AS(LoadTensors(read, "crop.", NamedValues(*second)), datasets::Error);
  // All but the head fits a network with another number of animals.
  CHECK(LoadMatchingTensors(read, "seg.", NamedValues(*third)) ==
        static_cast<int>(NamedValues(*third).size()) - 2);

  file.tensors.at("seg.head.bias") =
      StoreFloats(std::vector<float>(16, std::numeric_limits<float>::quiet_NaN()), {16});
  CHECK_THROWS_AS(LoadTensors(file, "seg.", NamedValues(*second)), datasets::Error);
}

}  // namespace safetensors_test
