#include "datasets/formats/coco/coco.h"

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <random>

#include "datasets/files/json_entries.h"
#include "tests/support/coco_sample.h"
#include "tests/support/shared_data.h"

namespace coco_test {

using namespace tests;  // the vocabulary of these tests
using datasets::ImageState;
using datasets::ImportOptions;
using datasets::ImportReport;
using datasets::Job;

TEST_CASE("a COCO dataset becomes frames, animals, tracks and outlines") {
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  const ImportReport report = ImportText(*project, folder, Dataset().dump());
  CHECK(report.images == 2);
  CHECK(report.annotations == 3);
  CHECK(report.categories == 2);
  CHECK(report.tracks == 1);
  CHECK(report.warnings.empty());
  const auto video = project->VideoByName("clip");
  const auto image = project->ImageAt(video.id, 3);
  REQUIRE(image);
  CHECK(image->state == ImageState::kDone);
  CHECK(image->split == "train");
  const auto labels = project->AnnotationsAt(video.id, 3);
  REQUIRE(labels.size() == 2);
  CHECK(labels[0].polygons.size() == 1);
  CHECK(labels[0].polygons[0].size() == 4);
  CHECK(labels[0].area == doctest::Approx(100));
  CHECK(labels[0].box.x == doctest::Approx(4));
  CHECK(labels[0].source == datasets::LabelSource::kImported);
  CHECK(labels[0].author == "import");
  CHECK(json::parse(labels[0].extra_json) == json{{"mood", "calm"}});
  const auto tracks = project->Tracks(video.id);
  REQUIRE(tracks.size() == 1);
  CHECK(tracks[0].external_id == 5);
  CHECK(labels[0].track_id == tracks[0].id);
  CHECK(!labels[1].track_id);
}

TEST_CASE("a second import of the same COCO file adds nothing") {
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  ImportText(*project, folder, Dataset().dump());
  const ImportReport again = ImportText(*project, folder, Dataset().dump());
  CHECK(again.annotations == 0);
  CHECK(again.already_present == 3);
  CHECK(again.categories == 0);
  CHECK(CountLabels(*project) == 3);
  CHECK(project->Images().size() == 2);

  json more = Dataset();
  more["annotations"].push_back(
      {{"id", 4}, {"image_id", 2}, {"category_id", 20}, {"segmentation", Square(30, 20, 9)}});
  const ImportReport third = ImportText(*project, folder, more.dump());
  CHECK(third.annotations == 1);
  CHECK(third.already_present == 3);
}

TEST_CASE("a correction that a person made survives a second import") {
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  ImportText(*project, folder, Dataset().dump());
  const auto video = project->VideoByName("clip");
  auto label = project->AnnotationsAt(video.id, 7).at(0);
  label.polygons[0][0].x += 2;
  project->Write([&](datasets::Writer& writer) { writer.UpdateAnnotation(label); });
  const ImportReport again = ImportText(*project, folder, Dataset().dump());
  CHECK(again.annotations == 0);
  REQUIRE(again.warnings.size() == 1);
  CHECK(Says(again.warnings[0], {"1 labels were left", "same track"}));
  REQUIRE(project->AnnotationsAt(video.id, 7).size() == 1);
  CHECK(project->AnnotationsAt(video.id, 7)[0].polygons[0][0].x == doctest::Approx(8));
}

TEST_CASE("images without a label are negatives only when somebody says so") {
  json dataset = Dataset();
  dataset["images"].push_back({{"id", 3}, {"video_id", 1}, {"frame_index", 9}});
  dataset["images"].push_back(
      {{"id", 4}, {"video_id", 1}, {"frame_index", 11}, {"state", "empty"}});
  for (const bool empty_is_negative : {false, true}) {
    tests::TempDir folder;
    auto project = tests::LabelProject(folder.path());
    ImportOptions options;
    options.empty_is_negative = empty_is_negative;
    ImportText(*project, folder, dataset.dump(), options);
    const auto video = project->VideoByName("clip");
    CHECK(project->ImageAt(video.id, 9)->state ==
          (empty_is_negative ? ImageState::kEmpty : ImageState::kNew));
    CHECK(project->ImageAt(video.id, 11)->state == ImageState::kEmpty);
    CHECK(project->ImageAt(video.id, 7)->state == ImageState::kDone);
  }
}

TEST_CASE("holes come in through both encodings of RLE, several parts as one label") {
  cv::Mat mask = cv::Mat::zeros(48, 64, CV_8UC1);
  mask(cv::Rect(10, 8, 20, 20)) = 255;
  mask(cv::Rect(15, 13, 6, 6)) = 0;
  const datasets::Rle rle = datasets::EncodeMask(mask);
  json dataset = Dataset();
  dataset["annotations"] = {
      {{"id", 1},
       {"image_id", 1},
       {"category_id", 10},
       {"segmentation", {{"size", {48, 64}}, {"counts", datasets::CompressRle(rle)}}}},
      {{"id", 2},
       {"image_id", 2},
       {"category_id", 10},
       {"iscrowd", 1},
       {"segmentation", {{"size", {48, 64}}, {"counts", rle.counts}}}},
      {{"id", 3},
       {"image_id", 2},
       {"category_id", 20},
       {"segmentation", {Square(1, 1, 5)[0], Square(20, 20, 6)[0]}}}};
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  const ImportReport report = ImportText(*project, folder, dataset.dump());
  const auto video = project->VideoByName("clip");
  const auto first = project->AnnotationsAt(video.id, 3);
  REQUIRE(first.size() == 1);
  REQUIRE(first[0].rle);
  CHECK(first[0].rle->counts == rle.counts);
  CHECK(first[0].area == doctest::Approx(400 - 36));
  const auto second = project->AnnotationsAt(video.id, 7);
  REQUIRE(second.size() == 2);
  CHECK(second[0].iscrowd);
  CHECK(second[0].rle->counts == rle.counts);
  CHECK(second[1].polygons.size() == 2);
  CHECK(second[1].area == doctest::Approx(25 + 36));
  REQUIRE(report.warnings.size() == 1);
  CHECK(Says(report.warnings[0], {"1 labels are crowds"}));
}

TEST_CASE("key points keep their names, boxes alone become rectangles") {
  json dataset = Dataset();
  dataset["categories"][0]["keypoints"] = {"nose", "tail"};
  dataset["annotations"][0]["keypoints"] = {5, 6, 2, 9, 9, 1};
  dataset["annotations"][1].erase("segmentation");
  dataset["annotations"][1]["bbox"] = {2, 3, 10, 5};
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  const ImportReport report = ImportText(*project, folder, dataset.dump());
  CHECK(report.warnings.size() == 1);
  const auto labels = project->AnnotationsAt(project->VideoByName("clip").id, 3);
  REQUIRE(labels[0].key_points.size() == 2);
  CHECK(labels[0].key_points[1].name == "tail");
  CHECK(labels[0].key_points[1].x == 9);
  CHECK(labels[0].key_points[1].visibility == 1);
  CHECK(labels[1].area == doctest::Approx(50));
  CHECK(labels[1].polygons.size() == 1);
}

TEST_CASE("key points without an outline stay points, with their box, through export and import") {
  json dataset = Dataset();
  dataset["categories"][0]["keypoints"] = {"nose", "ear", "tail"};
  json& label = dataset["annotations"][0];
  label.erase("segmentation");
  label["bbox"] = {2, 3, 10, 5};
  label["keypoints"] = {5.25, 6.5, 2, 0, 0, 0, 9, 7, 1};
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  const ImportReport report = ImportText(*project, folder, dataset.dump());
  const auto labels = project->AnnotationsAt(project->VideoByName("clip").id, 3);
  CHECK_FALSE(labels[0].HasShape());
  CHECK(labels[0].box.width == 10);
  REQUIRE(labels[0].key_points.size() == 2);
  CHECK(project->Skeletons()[0].points.size() == 3);
  CHECK(ImportText(*project, folder, dataset.dump()).annotations == 0);
  Job job;
  Export(*project, "coco", folder / "out.json", {}, job);
  tests::TempDir second;
  auto copy = tests::LabelProject(second.path());
  CHECK(Import(*copy, "coco", folder / "out.json", {}, job).annotations == report.annotations);
  const auto copied = copy->AnnotationsAt(copy->VideoByName("clip").id, 3);
  CHECK_FALSE(copied[0].HasShape());
  CHECK(copied[0].key_points[0].x == 5.25);
  CHECK(copied[0].key_points[1].visibility == 1);
  for (const char* format : {"yolo", "labelme"}) Export(*project, format, folder / format, {}, job);
  for (const char* format : {"mot", "tracks", "annolid"}) {
    Export(*project, format, folder / (std::string(format) + ".out"), {}, job);
  }
}

TEST_CASE("frames are found by number, by file name and by --video") {
  for (const std::string name : {"clip.mp4#000012", "clip_000012.png", "frames/clip_frame12.jpg"}) {
    CAPTURE(name);
    json dataset = Dataset();
    dataset.erase("videos");
    dataset["images"] = {{{"id", 1}, {"file_name", name}}};
    dataset["annotations"] = {dataset["annotations"][0]};
    tests::TempDir folder;
    auto project = tests::LabelProject(folder.path());
    tests::AddVideoRow(*project, "other", 100, 64, 48);
    ImportText(*project, folder, dataset.dump());
    CHECK(project->AnnotationsAt(project->VideoByName("clip").id, 12).size() == 1);
  }
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  tests::AddVideoRow(*project, "other", 100, 64, 48);
  json unnamed = Dataset();
  unnamed["videos"][0]["file_name"] = "elsewhere.mp4";
  CHECK(Says(ErrorOf([&] { ImportText(*project, folder, unnamed.dump()); }),
             {"elsewhere.mp4", "--video", "clip, other"}));
  ImportOptions options;
  options.video = "other";
  ImportText(*project, folder, unnamed.dump(), options);
  CHECK(project->AnnotationsAt(project->VideoByName("other").id, 3).size() == 2);
}

TEST_CASE("a few frames of many are written as they stand in a file of all of them") {
  json dataset = Dataset();
  dataset.erase("videos");
  dataset["images"] = json::array();
  const json one = dataset["annotations"][0];
  dataset["annotations"] = json::array();
  for (int f = 0; f < 90; ++f) {
    const std::string name = "clip.mp4#" + std::to_string(f);
    dataset["images"].push_back({{"id", f + 1}, {"file_name", name}});
    json annotation = one;
    annotation["id"] = f + 1;
    annotation["image_id"] = f + 1;
    if (f != 31) dataset["annotations"].push_back(annotation);
  }
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  ImportText(*project, folder, dataset.dump());
  const auto frames_of = [&](int start_frame, int end_frame) {
    datasets::ExportOptions options;
    options.start_frame = start_frame;
    options.end_frame = end_frame;
    Job job;
    Export(*project, "coco", folder / "out.json", options, job);
    std::map<int, json> frames;
    const json written = json::parse(std::ifstream(folder / "out.json"));
    for (const json& image : written["images"]) {
      json outlines = json::array();
      for (const json& annotation : written["annotations"]) {
        if (annotation["image_id"] != image["id"]) continue;
        outlines.push_back(
            {annotation["segmentation"], annotation["bbox"], annotation["track_id"]});
      }
      frames[image["frame_index"]] = {{"split", image.value("split", "")}, {"outlines", outlines}};
    }
    return frames;
  };
  const std::map<int, json> all = frames_of(0, -1), few = frames_of(30, 33);
  CHECK(all.size() >= 89);
  CHECK(few.count(30) == 1);
  CHECK(few.count(32) == 1);
  for (const auto& [number, content] : few) {
    const int frame = number;  // a lambda of CAPTURE takes no part of a pair
    CAPTURE(frame);
    CHECK((frame >= 30 && frame < 33));
    CHECK(content == all.at(frame));
  }
  CHECK(few.at(30)["outlines"].size() == 1);
  CHECK(frames_of(33, 33).empty());
}

TEST_CASE("two videos of one file name are told apart by the folder, or not guessed") {
  tests::TempDir folder;
  auto project = datasets::Project::Create(folder / "p.vole");
  tests::AddVideoRow(*project, "video", 100, 64, 48, 25, "a/video.mp4");
  tests::AddVideoRow(*project, "video_2", 100, 64, 48, 25, "b/video.mp4");
  json dataset = Dataset();
  dataset["videos"][0]["file_name"] = "video.mp4";
  CHECK(Says(ErrorOf([&] { ImportText(*project, folder, dataset.dump()); }), {"--video"}));
  std::filesystem::create_directory(folder / "b");
  Job job;
  WriteText(folder, dataset.dump(), "b/labels.json");
  Import(*project, "coco", folder / "b" / "labels.json", {}, job);
  CHECK(project->AnnotationsAt(project->VideoByName("video_2").id, 3).size() == 2);
  CHECK(project->ImagesOfVideo(project->VideoByName("video").id).empty());
}

TEST_CASE("self-crossing outlines are kept and counted") {
  json dataset = Dataset();
  dataset["annotations"][0]["segmentation"] = {{2, 2, 20, 22, 20, 2, 2, 18}};
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  const ImportReport report = ImportText(*project, folder, dataset.dump());
  CHECK(report.annotations == 3);
  REQUIRE(report.warnings.size() == 1);
  CHECK(Says(report.warnings[0], {"1 outlines cross"}));
}

TEST_CASE("random labels come back from a COCO export exactly") {
  std::mt19937 random(11);
  std::uniform_real_distribution<double> unit(0, 1);
  for (int round = 0; round < 5; ++round) {
    tests::TempDir folder;
    auto project = tests::LabelProject(folder.path());
    const auto video = project->VideoByName("clip");
    project->Write([&](datasets::Writer& writer) {
      for (int i = 0; i < 25; ++i) {
        datasets::AnnotationRow row;
        const int frame = static_cast<int>(random() % 99);
        row.image_id = writer.FindOrInsertImage(video.id, frame, 64, 48);
        row.category_id = writer.FindOrInsertCategory(random() % 2 ? "ann" : "bob \"the\" vole");
        if (random() % 2) {
          row.track_id = writer.FindOrInsertTrack(video.id, row.category_id, random() % 4 + 1);
        }
        if (random() % 3 == 0) {
          cv::Mat mask = cv::Mat::zeros(48, 64, CV_8UC1);
          const int side = 8 + static_cast<int>(random() % 20);
          mask(cv::Rect(static_cast<int>(random() % 30), 3, side, side)) = 255;
          mask(cv::Rect(static_cast<int>(random() % 30) + 4, 6, 3, 3)) = 0;
          row.rle = datasets::EncodeMask(mask);
          row.box = datasets::RleBox(*row.rle);
          row.area = datasets::RleArea(*row.rle);
        } else {
          for (size_t part = 0; part <= random() % 2; ++part) {
            const double x = unit(random) * 50, y = unit(random) * 30;
            row.polygons.push_back(
                {{x, y}, {x + 1 + unit(random) * 9, y}, {x, y + 1 + unit(random) * 9}});
          }
          row.box = datasets::BoxOf(row.polygons);
          row.area = datasets::RingArea(row.polygons[0]);
        }
        row.author = "test";
        if (random() % 4 == 0) row.key_points = {{"nose", 1.5, 2.5, 2}, {"tail", 3, 4, 1}};
        writer.InsertAnnotation(row);
        writer.SetImageState(row.image_id, ImageState::kDone);
      }
      writer.SetImageState(writer.FindOrInsertImage(video.id, 99, 64, 48), ImageState::kEmpty);
    });
    Job job;
    const auto written = Export(*project, "coco", folder / "out.json", {}, job);
    CHECK(written.annotations == 25);
    CHECK(Import(*project, "coco", folder / "out.json", {}, job).already_present == 25);

    tests::TempDir second;
    auto copy = tests::LabelProject(second.path());
    CHECK(Import(*copy, "coco", folder / "out.json", {}, job).annotations == 25);
    Export(*copy, "coco", second / "out.json", {}, job);
    const auto strip = [](json tree) {
      for (json& label : tree["annotations"]) label.erase("source");
      tree.erase("info");
      return tree;
    };
    const json a = strip(datasets::ReadJsonFile(folder / "out.json", "a"));
    const json b = strip(datasets::ReadJsonFile(second / "out.json", "b"));
    CHECK(a["images"] == b["images"]);
    CHECK(a["categories"].size() == b["categories"].size());
    REQUIRE(a["annotations"].size() == b["annotations"].size());
    for (size_t i = 0; i < a["annotations"].size(); ++i) {
      for (const char* key : {"segmentation", "bbox", "area", "image_id", "keypoints", "author"}) {
        CHECK(a["annotations"][i].value(key, json()) == b["annotations"][i].value(key, json()));
      }
    }
  }
}

TEST_CASE("the real fly labels come in, by frame or as pictures") {
  const auto data = tests::SharedData("flies_pair");
  if (!data) return;
  tests::TempDir folder;
  auto project = datasets::Project::Create(folder / "flies.vole");
  Job job;
  const ImportReport pictures = Import(*project, "coco", *data / "instances_frames.json", {}, job);
  CHECK(pictures.images == 135);
  CHECK(pictures.annotations == 270);
  for (const auto& image : project->Images()) CHECK(image.path.has_value());
  CHECK(Import(*project, "coco", *data / "instances_frames.json", {}, job).already_present == 270);

  tests::AddVideoRow(*project, "video", 600, 384, 384, 15);
  const ImportReport frames = Import(*project, "coco", *data / "instances.json", {}, job);
  CHECK(frames.annotations == 270);
  CHECK(frames.categories == 0);
  CHECK(frames.tracks == 2);
  const auto video = project->VideoByName("video");
  int train = 0;
  for (const auto& image : project->ImagesOfVideo(video.id)) train += image.split == "train";
  CHECK(train == 100);
  CHECK(project->AnnotationsAt(video.id, 0).size() == 2);
}

}  // namespace coco_test
