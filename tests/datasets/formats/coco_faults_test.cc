#include <doctest/doctest.h>

#include <random>

#include "datasets/files/json_entries.h"
#include "datasets/formats/coco/coco.h"
#include "tests/support/coco_sample.h"
#include "tests/support/shared_data.h"

namespace coco_faults_test {

using namespace tests;  // the vocabulary of these tests
using datasets::ImageState;
using datasets::ImportOptions;
using datasets::ImportReport;
using datasets::Job;

TEST_CASE("each fault of a COCO file is one clear line and nothing is stored") {
  const auto with = [](const std::function<void(json&)>& change) {
    json dataset = Dataset();
    change(dataset);
    return Refusal(dataset);
  };
  CHECK(Says(with([](json& d) { d["annotations"][1]["image_id"] = 99; }),
             {"labels.json", "annotation 2", "image_id 99", "not in 'images'"}));
  CHECK(Says(with([](json& d) { d["annotations"][2]["category_id"] = 7; }),
             {"annotation 3", "category_id 7", "not in 'categories'"}));
  CHECK(Says(with([](json& d) {
               d["annotations"][0]["segmentation"] = {{1, 2, 3, 4}};
             }),
             {"annotation 1", "2 points"}));
  CHECK(Says(with([](json& d) {
               d["annotations"][0]["segmentation"] = {{1, 2, 3, 4, 5}};
             }),
             {"annotation 1", "odd number"}));
  CHECK(Says(with([](json& d) {
               d["annotations"][0]["segmentation"] = {{1, 1, 5, 5, 9, 9}};
             }),
             {"annotation 1"}));
  CHECK(Says(with([](json& d) { d["annotations"][1]["id"] = 1; }), {"annotation 1", "twice"}));
  CHECK(Says(with([](json& d) { d["images"][1]["id"] = 1; }), {"image 1", "twice"}));
  CHECK(Says(with([](json& d) { d["images"][1]["frame_index"] = 100; }),
             {"image 2", "frame 100", "outside", "0 to 99"}));
  CHECK(Says(with([](json& d) { d["images"][0]["frame_index"] = -1; }), {"image 1", "-1"}));
  CHECK(
      Says(with([](json& d) { d["images"][0]["width"] = 65; }), {"image 1", "65 x 48", "64 x 48"}));
  CHECK(Says(with([](json& d) {
               d["annotations"][0]["bbox"] = {1, 2, -3, 4};
             }),
             {"annotation 1", "negative"}));
  CHECK(Says(with([](json& d) { d["annotations"] = 5; }), {"'annotations' is not a list"}));
  CHECK(Says(with([](json& d) { d["annotations"][0]["category_id"] = "x"; }),
             {"annotation 1", "category_id", "whole number"}));
  const auto rle = [&](json size, json counts) {
    return with([&](json& d) {
      d["annotations"][0]["segmentation"] = {{"size", size}, {"counts", counts}};
    });
  };
  CHECK(Says(rle({47, 64}, "abc"), {"annotation 1", "64 x 47", "64 x 48"}));
  CHECK(Says(rle({48, 64}, "\x01garbage"), {"annotation 1", "mask"}));
  CHECK(Says(rle({46341, 46341}, {2147483647}), {"annotation 1", "46341"}));
  CHECK(Says(rle({48, 64}, {2147483647, 2147483647}), {"annotation 1", "mask"}));
  CHECK(Says(rle({48, 64}, {1, -5}), {"annotation 1", "impossible run"}));
  CHECK(Says(Refusal(json::array(
                 {{{"image_id", 1}, {"category_id", 1}, {"bbox", {1, 2, 3, 4}}, {"score", 0.5}}})),
             {"list of results", "--predictions"}));
}

TEST_CASE("files that are not whole JSON name the place where it stops") {
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  const auto refuse = [&](const std::string& text) {
    return ErrorOf([&] { ImportText(*project, folder, text); });
  };
  CHECK(Says(refuse(""), {"empty"}));
  CHECK(Says(refuse("id,x,y\n1,2,3\n"), {"not JSON"}));
  CHECK(Says(refuse("{\"hello\": 1}"), {"no images"}));
  CHECK(Says(refuse("17"), {"neither"}));
  CHECK(Says(refuse(std::string(2000, '[')), {"nested"}));
  std::string text = Dataset().dump();
  CHECK(Says(refuse(text.substr(0, text.size() / 2)), {"ends in the middle", "byte"}));
  const size_t place = text.find("14.0");
  REQUIRE(place != std::string::npos);
  CHECK(Says(refuse(std::string(text).replace(place, 4, "NaN")),
             {"NaN", "entry 1 of 'annotations'"}));
  CHECK(Says(refuse(std::string(text).replace(place, 4, "1e999")), {"too large"}));
  CHECK(project->Images().empty());
  Job job;
  CHECK(Says(ErrorOf([&] { Import(*project, "coco", folder / "nothing.json", {}, job); }),
             {"nothing.json", "no such file"}));
  CHECK(Says(ErrorOf([&] { Import(*project, "koko", folder / "labels.json", {}, job); }),
             {"koko", "coco"}));
}

TEST_CASE("a COCO file cut at any of many places is refused or read, never a crash") {
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  const std::string text = Dataset().dump(1);
  int refused = 0;
  for (int cut = 0; cut < 120; ++cut) {
    const size_t length = text.size() * static_cast<size_t>(cut) / 120;
    const std::string error =
        ErrorOf([&] { ImportText(*project, folder, text.substr(0, length)); });
    CHECK(!error.empty());
    refused += error.empty() ? 0 : 1;
  }
  CHECK(refused == 120);
  CHECK(project->Images().empty());
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {  // damaged bytes
    std::string broken = text;
    for (int k = 0; k < 3; ++k) broken[random() % broken.size()] = static_cast<char>(random());
    ErrorOf([&] { ImportText(*project, folder, broken); });
  }
  CHECK(project->Videos().size() == 1);
}

TEST_CASE("a cancelled import leaves the project as it was") {
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  int calls = 0;
  Job* running = nullptr;
  Job job([&](const Job::Progress&) {
    if (++calls == 4) running->Cancel();
  });
  running = &job;
  CHECK_THROWS_AS(Import(*project, "coco", WriteText(folder, Dataset().dump()), {}, job),
                  datasets::Cancelled);
  CHECK(project->Images().empty());
  CHECK(project->Categories().empty());
}

TEST_CASE("an export that fails leaves the older file") {
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  WriteText(folder, "old", "out.json");
  Job job;
  datasets::ExportOptions options;
  options.what = "predictions";
  CHECK(Says(ErrorOf([&] { Export(*project, "coco", folder / "out.json", options, job); }),
             {"predict"}));
  CHECK(datasets::ReadTextFile(folder / "out.json", "old") == "old");
  CHECK(Says(ErrorOf([&] { Export(*project, "coco", folder / "no" / "x.json", {}, job); }),
             {"does not exist"}));
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    files += entry.path().string().find(".tmp-") != std::string::npos ? 1 : 0;
  }
  CHECK(files == 0);
}

}  // namespace coco_faults_test
