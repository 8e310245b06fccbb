#include <doctest/doctest.h>
#include <hdf5.h>
#include <unistd.h>

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include "datasets/base/random.h"
#include "datasets/hdf5/apart.h"
#include "datasets/hdf5/h5_file.h"
#include "datasets/hdf5/h5_writer.h"
#include "tests/support/coco_sample.h"
#include "tests/support/temp_dir.h"

namespace hdf5_test {

using namespace tests;  // the vocabulary of these tests
using namespace datasets;
namespace fs = std::filesystem;

namespace {

std::string WhyNot(const fs::path& path) {
  return ErrorOf([&] { H5File(path, "pose file", "give another"); });
}

// A file of every kind of thing that Vole reads.
void WriteSample(const fs::path& path) {
  H5Writer file(path);
  file.Group("deep/er");
  file.Attribute("deep", "text", "Ä");
  file.Attribute("deep", "number", H5Number::kFloat64, 2.5);
  file.Numbers("deep/er/numbers", H5Number::kUint16, {2, 3}, {1, 2, 3, 4, 5, 65535});
  file.Numbers("one", H5Number::kInt64, {}, {-7});
  file.Numbers("none", H5Number::kFloat64, {0, 2}, {});
  file.Texts("texts", {2}, {"a", ""});
  file.FixedTexts("fixed", {2}, {"longer", "b"});
  file.Table("table", {{"x", H5Number::kFloat32, {1, NAN}}, {"there", H5Number::kBool, {1, 0}}});
  file.Link("soft", "deep/er/numbers");
  std::vector<double> many(10000);
  for (size_t i = 0; i < many.size(); ++i) many[i] = static_cast<double>(i);
  file.Numbers("many", H5Number::kFloat64, {5000, 2}, many);
  file.Commit();
}

}  // namespace

TEST_CASE("what is written to an HDF5 file is read back") {
  TempDir folder;
  WriteSample(folder / "x.h5");
  const H5File file(folder / "x.h5", "file", "");
  CHECK(file.Children("") ==
        std::vector<std::string>{"deep", "fixed", "many", "none", "one", "soft", "table", "texts"});
  CHECK(file.Shape("deep/er/numbers") == std::vector<size_t>{2, 3});
  CHECK(file.Numbers("deep/er/numbers", 2) == std::vector<double>{1, 2, 3, 4, 5, 65535});
  CHECK(file.Numbers("soft") == file.Numbers("deep/er/numbers"));
  CHECK(file.IsLink("soft"));
  CHECK(file.Numbers("one") == std::vector<double>{-7});
  CHECK(file.Numbers("none").empty());
  CHECK(file.Texts("texts") == std::vector<std::string>{"a", ""});
  CHECK(file.Texts("fixed") == std::vector<std::string>{"longer", "b"});
  CHECK(file.Texts("none").empty());
  CHECK(file.Field("table", "there") == std::vector<double>{1, 0});
  CHECK(std::isnan(file.Field("table", "x")[1]));
  CHECK_FALSE(file.HasField("table", "y"));
  CHECK(file.Numbers("many")[9999] == 9999);
  CHECK(file.TextAttribute("deep", "text") == "Ä");
  CHECK(file.NumbersAttribute("deep", "number") == std::vector<double>{2.5});
  CHECK_FALSE(file.TextAttribute("deep", "number"));
  CHECK_FALSE(file.TextAttribute("nowhere", "number"));
  CHECK(Says(ErrorOf([&] { file.Numbers("texts"); }), {"texts", "no numbers"}));
  CHECK(Says(ErrorOf([&] { file.Texts("one"); }), {"one", "no texts"}));
  CHECK(Says(ErrorOf([&] { file.Numbers("gone"); }), {"gone", "not there"}));
  CHECK(Says(ErrorOf([&] { file.Numbers("deep"); }), {"deep", "no dataset"}));
  CHECK(Says(ErrorOf([&] { file.Numbers("one", 1); }), {"0 dimensions"}));
  CHECK(Says(ErrorOf([&] { file.Field("table", "y"); }), {"table.y"}));
}

TEST_CASE("a file that is no HDF5 is named for what it is, and a pickle is never run") {
  TempDir folder;
  const auto write = [&](const std::string& bytes) {
    std::ofstream(folder / "x", std::ios::binary) << bytes;
    return WhyNot(folder / "x");
  };
  CHECK(Says(write("\x80\x04\x95\x1e\x8c\x02os\x8c\x06system"), {"pickle", "never run"}));
  CHECK(Says(write(std::string("PK\x03\x04") + "zip"), {"ZIP"}));
  CHECK(Says(write("x,y\n1,2\n"), {"no HDF5", "give another"}));
  CHECK(Says(write(""), {"empty"}));
  CHECK(Says(write("\x89HDF\r\n\x1a\n"), {"damaged"}));
  CHECK(Says(WhyNot(folder / "gone"), {"no file"}));
  CHECK(Says(WhyNot(folder.path()), {"no file"}));
}

TEST_CASE("links and data that lead out of the file, or in circles, are not followed") {
  TempDir folder;
  WriteSample(folder / "other.h5");
  {
    const hid_t file =
        H5Fcreate((folder / "x.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_external("other.h5", "/one", file, "out", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/loop", file, "loop", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/out", file, "by", H5P_DEFAULT, H5P_DEFAULT);
    const hsize_t four = 4;
    const hid_t space = H5Screate_simple(1, &four, nullptr);
    hid_t made = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(made, "/etc/passwd", 0, 4);
    H5Dclose(H5Dcreate2(file, "raw", H5T_NATIVE_UINT8, space, H5P_DEFAULT, made, H5P_DEFAULT));
    H5Pclose(made);
    made = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_virtual(made, space, "other.h5", "/one", space);
    H5Dclose(H5Dcreate2(file, "virtual", H5T_NATIVE_UINT8, space, H5P_DEFAULT, made, H5P_DEFAULT));
    H5Pclose(made);
    H5Sclose(space);
    H5Fclose(file);
  }
  const H5File file(folder / "x.h5", "file", "");
  for (const char* place : {"out", "loop", "by"}) {
    CHECK(Says(ErrorOf([&] { file.Numbers(place); }), {place, "leads to another file"}));
    CHECK_FALSE(file.Has(place));
  }
  for (const char* place : {"raw", "virtual"}) {
    CHECK(Says(ErrorOf([&] { file.Numbers(place); }), {place, "in another file"}));
  }
}

TEST_CASE("claims of gigabytes cost nothing") {
  TempDir folder;
  {
    const hid_t file =
        H5Fcreate((folder / "x.h5").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    const hid_t made = H5Pcreate(H5P_DATASET_CREATE);
    const hsize_t chunk = 1024;
    H5Pset_chunk(made, 1, &chunk);
    for (const auto& [name, size] : {std::pair<const char*, hsize_t>("sparse", hsize_t{1} << 27),
                                     {"huge", hsize_t{1} << 50}}) {
      const hid_t space = H5Screate_simple(1, &size, nullptr);
      H5Dclose(H5Dcreate2(file, name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, made, H5P_DEFAULT));
      H5Sclose(space);
    }
    H5Pclose(made);
    H5Fclose(file);
  }
  const H5File file(folder / "x.h5", "file", "");
  CHECK(Says(ErrorOf([&] { file.Numbers("sparse"); }), {"more than it holds"}));
  CHECK(Says(ErrorOf([&] { file.Numbers("huge"); }), {"impossible size"}));
}

TEST_CASE("an HDF5 file that is cut off anywhere gives one line, and so do wrong bytes") {
  TempDir folder;
  WriteSample(folder / "x.h5");
  std::ifstream stream(folder / "x.h5", std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(stream)), {});
  const auto read_all = [&](const std::string& bytes) {
    std::ofstream(folder / "y.h5", std::ios::binary) << bytes;
    const std::string why = ErrorOf([&] {
      Job job;
      const std::string read = ReadApart("file", 2, job, [&]() -> std::string {
        const H5File file(folder / "y.h5", "file", "");
        for (const char* place : {"deep/er/numbers", "one", "many", "soft"}) file.Numbers(place);
        for (const char* place : {"texts", "fixed"}) file.Texts(place);
        file.Field("table", "x");
        file.TextAttribute("deep", "text");
        return "all";
      });
      CHECK(read == "all");
    });
    CHECK(why.find('\n') == std::string::npos);
    return why;
  };
  CHECK(read_all(whole).empty());
  for (size_t cut = 0; cut < whole.size(); cut += whole.size() / 40 + 1) {
    CHECK_FALSE(read_all(whole.substr(0, cut)).empty());
  }
  Random random(5);
  for (int i = 0; i < 60; ++i) {
    std::string bytes = whole;
    for (int k = 0; k < 3; ++k) {
      bytes[static_cast<size_t>(random.Below(static_cast<int>(bytes.size())))] =
          static_cast<char>(random.Below(256));
    }
    read_all(bytes);
  }
}

TEST_CASE("what brings a reader down is an error, and what it says and reads comes through") {
  Job job;
  CHECK(ReadApart("file", 60, job, [] { return std::string("a\0b", 3); }) ==
        std::string("a\0b", 3));
  CHECK(ReadApart("file", 60, job, [] { return std::string(3'000'000, 'x'); }).size() == 3'000'000);
  const auto why = [&](const std::function<std::string()>& read) {
    return ErrorOf([&] { ReadApart("file 'x'", 1, job, read); });
  };
  CHECK(why([]() -> std::string { throw datasets::Error("thing", "cause", "remedy"); }) ==
        "thing: cause; remedy");
  CHECK(Says(why([]() -> std::string {
               std::raise(SIGSEGV);
               return "";
             }),
             {"file 'x'", "damaged"}));
  CHECK(Says(why([]() -> std::string { std::abort(); }), {"file 'x'", "damaged"}));
  CHECK(Says(why([]() -> std::string {  // computes without end
               for (volatile unsigned i = 0;; i = i + 1) {
               }
             }),
             {"damaged"}));
  Job cancelled;
  cancelled.Cancel();
  const auto forever = []() -> std::string {
    for (;;) pause();
  };
  CHECK_THROWS_AS(ReadApart("file", 60, cancelled, forever), datasets::Cancelled);
}

TEST_CASE("an HDF5 file that is not finished leaves the older one as it was") {
  TempDir folder;
  std::ofstream(folder / "x.h5") << "older";
  {
    H5Writer file(folder / "x.h5");
    file.Numbers("one", H5Number::kInt64, {}, {1});
    CHECK_THROWS_AS(file.Numbers("one", H5Number::kInt64, {}, {1}), datasets::Error);
  }
  std::string text;
  std::ifstream(folder / "x.h5") >> text;
  CHECK(text == "older");
  int files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder.path())) ++files;
  CHECK(files == 1);
  CHECK_THROWS_AS(H5Writer(folder / "nowhere" / "x.h5"), datasets::Error);
}

TEST_CASE("a large HDF5 file may take longer to read than a small one") {
  TempDir folder;
  std::ofstream(folder / "x.h5") << "small";
  CHECK(SecondsToRead(folder / "x.h5", 60) == 60);
  fs::resize_file(folder / "x.h5", 500'000'000);  // of holes
  CHECK(SecondsToRead(folder / "x.h5", 60) == 560);
  CHECK(SecondsToRead(folder / "nothing.h5", 60) == 60);
}

}  // namespace hdf5_test
