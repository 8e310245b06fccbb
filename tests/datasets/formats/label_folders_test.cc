#include <doctest/doctest.h>

#include <opencv2/imgcodecs.hpp>
#include <random>
#include <set>

#include "datasets/files/base64.h"
#include "datasets/files/json_entries.h"
#include "datasets/formats/labelme/labelme.h"
#include "datasets/formats/mot/mot.h"
#include "datasets/formats/tracks/tracks.h"
#include "datasets/formats/yolo/yolo.h"
#include "tests/support/coco_sample.h"
#include "tests/support/shared_data.h"

namespace label_folders_test {

using namespace tests;  // the vocabulary of these tests
using datasets::ImportReport;
using datasets::Job;

namespace {

// The mask of each label by frame and animal.
std::map<std::pair<int, std::string>, datasets::Rle> Masks(const datasets::Project& project) {
  std::map<datasets::Id, std::string> names;
  for (const auto& category : project.Categories()) names[category.id] = category.name;
  std::map<std::pair<int, std::string>, datasets::Rle> masks;
  for (const auto& image : project.ImagesOfVideo(project.VideoByName("clip").id)) {
    for (const auto& row : project.AnnotationsOfImage(image.id)) {
      masks[{*image.frame_index, names[row.category_id]}] =
          row.rle ? *row.rle : datasets::RlePolygons(row.polygons, 48, 64);
    }
  }
  return masks;
}

// Dataset() with a label of two parts and one with a hole.
json Rich() {
  json dataset = Dataset();
  dataset["annotations"][0]["segmentation"].push_back(Square(50, 30, 8)[0]);
  cv::Mat mask = cv::Mat::zeros(48, 64, CV_8UC1);
  mask(cv::Rect(10, 8, 24, 24)) = 255;
  mask(cv::Rect(16, 14, 8, 8)) = 0;
  dataset["annotations"][2]["segmentation"] = {
      {"size", {48, 64}}, {"counts", datasets::CompressRle(datasets::EncodeMask(mask))}};
  return dataset;
}

}  // namespace

TEST_CASE("base64 decodes what it encodes and refuses foreign characters") {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
    const std::vector<uint8_t> bytes(text.begin(), text.end());
    CHECK(datasets::DecodeBase64(datasets::EncodeBase64(bytes)) == bytes);
  }
  CHECK(datasets::EncodeBase64({'f', 'o', 'o', 'b'}) == "Zm9vYg==");
  CHECK(!datasets::DecodeBase64("Zm9*"));
}

TEST_CASE("labels go to labelme and to YOLO folders and come back") {
  for (const std::string format : {"labelme", "yolo"}) {
    CAPTURE(format);
    TempDir folder;
    auto project = LabelProject(folder.path());
    Job job;
    Import(*project, "coco", WriteText(folder, Rich().dump()), {}, job);
    CHECK(Export(*project, format, folder / "out", {}, job).annotations == 3);
    TempDir second;
    auto copy = LabelProject(second.path());
    const ImportReport report = Import(*copy, format, folder / "out", {}, job);
    CHECK(report.annotations == 3);
    CHECK(report.images == 2);
    CHECK(Import(*copy, format, folder / "out", {}, job).already_present == 3);
    const auto before = Masks(*project), after = Masks(*copy);
    REQUIRE(after.size() == before.size());
    for (const auto& [key, mask] : before) {
      REQUIRE(after.count(key));
      const bool hole = key == std::make_pair(7, std::string("ann"));
      const double iou = datasets::RleIou(mask, after.at(key));
      CHECK(iou > (format == "yolo" && hole ? 0.85 : 0.99));
    }
    if (format == "yolo") {
      CHECK(copy->ImageAt(copy->VideoByName("clip").id, 3)->split == "train");
    }
  }
}

TEST_CASE("the labelme example has the areas that it should have") {
  const auto data = SharedData("labelme_example");
  if (!data) return;
  const auto file = datasets::ReadLabelme(*data / "2011_000003.json");
  const json expected =
      datasets::ReadJsonFile(*data / "expected.json", "expected")["2011_000003"]["shapes"];
  REQUIRE(file.shapes.size() == expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    CHECK(file.shapes[i].label == expected[i]["label"]);
    CHECK(datasets::RingArea(file.shapes[i].polygons[0]) ==
          doctest::Approx(expected[i]["area"].get<double>()).epsilon(1e-6));
  }
  TempDir folder;
  auto project = datasets::Project::Create(folder / "p.vole");
  Job job;
  const ImportReport report = Import(*project, "labelme", *data / "2011_000003.json", {}, job);
  CHECK(report.annotations == 4);  // the two parts of group 0 are one person
  CHECK(report.images == 1);
}

TEST_CASE("faulty labelme and YOLO files are one clear line and nothing is stored") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  Job job;
  const auto labelme = [&](const json& tree) {
    return ErrorOf([&] {
      Import(*project, "labelme", WriteText(folder, tree.dump(), "clip_000003.json"), {}, job);
    });
  };
  json tree = {{"imagePath", "clip_000003.png"},
               {"imageWidth", 64},
               {"imageHeight", 48},
               {"shapes", {{{"label", "a"}, {"points", {{1, 2}, {3, 4}}}}}}};
  CHECK(Says(labelme(tree), {"clip_000003.json', shape 1"}));
  tree["shapes"][0]["shape_type"] = "mask";
  tree["shapes"][0]["mask"] = "AAAA";
  CHECK(Says(labelme(tree), {"shape 1", "mask"}));
  tree["shapes"][0].erase("label");
  CHECK(Says(labelme(tree), {"shape 1", "no label"}));
  tree["shapes"] = json::array();
  tree["imageWidth"] = 65;
  CHECK(Says(labelme(tree), {"65 x 48"}));
  CHECK(Says(labelme({{"a", 1}}), {"no shapes"}));
  std::mt19937 random(3);
  tree["shapes"] = {{{"label", "a"}, {"points", {{1, 2}, {30, 4}, {9, 30}}}}};
  const std::string text = tree.dump();
  for (int round = 0; round < 200; ++round) {  // damaged files are refused or read, never a crash
    std::string broken = text.substr(0, round < 60 ? text.size() * round / 60 : text.size());
    if (!broken.empty()) broken[random() % broken.size()] = static_cast<char>(random() % 128);
    ErrorOf([&] { datasets::ReadLabelme(WriteText(folder, broken, "broken.json")); });
  }

  std::filesystem::create_directory(folder / "yolo");
  const auto yolo = [&](const std::string& text, const std::string& name = "clip_000003.txt") {
    WriteText(folder, text, "yolo/" + name);
    const std::string error = ErrorOf([&] { Import(*project, "yolo", folder / "yolo", {}, job); });
    std::filesystem::remove(folder / "yolo" / name);
    return error;
  };
  CHECK(Says(yolo("0 0.1 0.1 0.2 nan 0.3 0.3\n"), {"line 1", "'nan'"}));
  CHECK(Says(yolo("0 0.1 0.1 0.2 0.2\n0 0.1 0.1 0.2 0.2 0.3\n"), {"line 2", "5 coordinates"}));
  CHECK(Says(yolo("0 10 10 20 20 30 10\n"), {"line 1", "shares"}));
  CHECK(Says(yolo("0 0.1 0.1 0.2 0.2 0.3 0.1\n", "clip_000300.txt"), {"frame 300", "outside"}));
  CHECK(project->Images().empty());
}

TEST_CASE("MOT boxes come in from frame 1 and go out the same") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  Job job;
  const auto path = WriteText(
      folder, "1,1,4,5,10,12,1,-1,-1,-1\n\n3,1,5,5,10,12.5,0.5\n3,2,30,8,9,9,0\n", "clip.txt");
  const ImportReport report = Import(*project, "mot", path, {}, job);
  CHECK(report.annotations == 2);
  const auto video = project->VideoByName("clip");
  REQUIRE(project->AnnotationsAt(video.id, 0).size() == 1);
  CHECK(project->AnnotationsAt(video.id, 0)[0].box.height == doctest::Approx(12));
  CHECK(project->AnnotationsAt(video.id, 2).size() == 1);
  CHECK(Import(*project, "mot", path, {}, job).already_present == 2);
  std::filesystem::create_directory(folder / "out");
  Export(*project, "mot", folder / "out" / "clip.txt", {}, job);
  const auto rows = datasets::ReadMot(folder / "out" / "clip.txt");
  REQUIRE(rows.size() == 2);
  CHECK(rows[1].frame_index == 2);
  CHECK(rows[1].track == 1);
  CHECK(rows[1].box.height == doctest::Approx(12.5));
  CHECK(Import(*project, "mot", folder / "out" / "clip.txt", {}, job).already_present == 2);
  for (const auto& [text, says] :
       std::map<std::string, std::string>{{"0,1,4,5,10,12,1\n", "from 1"},
                                          {"1,1,nan,5,10,12,1\n", "'nan'"},
                                          {"1,1,4,5,-10,12,1\n", "negative"},
                                          {"1,1,-1,-1,-1,-1,1,3.2,4.1,0\n", "in space"},
                                          {"101,1,4,5,10,12,1\n", "outside"},
                                          {"1,1e300,4,5,10,12,1\n", "1e300"},
                                          {"1,1.5,4,5,10,12,1\n", "whole"},
                                          {"1,1,4,5,10,12,1,1e12\n", "1e12"},
                                          {"1 1 1 48 64 garbage\n", "mask"}}) {
    const auto wrong = WriteText(folder, text, "clip.txt");
    CHECK(Says(ErrorOf([&] { Import(*project, "mot", wrong, {}, job); }),
               {"clip.txt', line 1", says.c_str()}));
  }
}

TEST_CASE("tracks are one row a frame and animal with the centroid of the mask") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  Job job;
  Import(*project, "coco", WriteText(folder, Dataset().dump()), {}, job);
  CHECK(Export(*project, "tracks", folder / "t.csv", {}, job).annotations == 3);
  const std::string text = datasets::ReadTextFile(folder / "t.csv", "t");
  CHECK(text.find("\nclip.mp4,3,0.12,ann,5,9,9,100,4,4,10,10,,,imported\n") != std::string::npos);
  CHECK(Export(*project, "annolid", folder / "a.csv", {}, job).annotations == 3);
  const std::string annolid = datasets::ReadTextFile(folder / "a.csv", "a");
  CHECK(annolid.find("\n3,4,4,14,14,9,9,ann,1,") != std::string::npos);
}

}  // namespace label_folders_test
