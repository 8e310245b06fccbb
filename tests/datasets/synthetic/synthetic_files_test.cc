#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "datasets/shape/mask.h"
#include "datasets/synthetic/scene.h"
#include "datasets/video/video.h"
#include "tests/support/temp_dir.h"

namespace synthetic_files_test {

using datasets::Job;
using datasets::Scene;
using datasets::SceneOptions;
using nlohmann::json;

namespace {

SceneOptions Options(const std::string& scene, int frames) {
  SceneOptions options;
  options.scene = scene;
  options.frames = frames;
  return options;
}

json ReadJson(const std::filesystem::path& path) {
  std::ifstream in(path);
  REQUIRE(in.good());
  return json::parse(in);
}

std::vector<std::vector<std::string>> ReadTable(const std::filesystem::path& path) {
  std::ifstream in(path);
  REQUIRE(in.good());
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> row;
    std::stringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) row.push_back(cell);
    rows.push_back(row);
  }
  return rows;
}

cv::Mat MaskOf(const json& annotation, int height, int width) {
  const json& segmentation = annotation["segmentation"];
  if (segmentation.is_object()) {
    return datasets::DecodeMask(
        datasets::ParseRle(segmentation["counts"].get<std::string>(), height, width));
  }
  datasets::Polygons polygons;
  for (const json& flat : segmentation) {
    datasets::Ring ring;
    for (size_t k = 0; k + 1 < flat.size(); k += 2) ring.emplace_back(flat[k], flat[k + 1]);
    polygons.push_back(ring);
  }
  return datasets::DecodeMask(datasets::RlePolygons(polygons, height, width));
}

double Iou(const cv::Mat& a, const cv::Mat& b) {
  return cv::countNonZero(a & b) / static_cast<double>(cv::countNonZero(a | b));
}

}  // namespace

TEST_CASE("a scene written to files holds every frame, and its COCO masks are the rendered ones") {
  tests::TempDir dir;
  Job job;
  const SceneOptions options = Options("tiny", 90);
  datasets::WriteScene(options, dir / "made/here", job);
  const std::filesystem::path out = dir / "made/here";
  const Scene scene(options);
  const json coco = ReadJson(out / "instances.json");

  REQUIRE(coco["images"].size() == 90);
  REQUIRE(coco["categories"].size() == 2);
  CHECK(coco["categories"][0]["name"] == "vole_1");
  CHECK(coco["categories"][0]["keypoints"].size() == 6);
  for (int f = 0; f < 90; ++f) CHECK(coco["images"][f]["frame_index"] == f);
  CHECK(coco["images"][12]["file_name"] == "video.mp4#000012");

  std::set<int> ids;
  std::map<int, int> per_image;
  bool some_polygon = false;
  for (const json& annotation : coco["annotations"]) {
    ids.insert(annotation["id"].get<int>());
    ++per_image[annotation["image_id"].get<int>()];
    CHECK(annotation["iscrowd"] == 0);
    CHECK(annotation["track_id"] == annotation["category_id"]);
    CHECK(annotation["keypoints"].size() == 18);
    const int frame = annotation["image_id"].get<int>() - 1;
    const size_t animal = annotation["category_id"].get<size_t>() - 1;
    const datasets::FrameTruth truth = scene.Truth(frame);
    const cv::Mat& visible = truth.animals[animal].visible;
    CHECK(annotation["area"] == cv::countNonZero(visible));
    const cv::Mat decoded = MaskOf(annotation, 120, 160);
    // Animals of this scene have some 350 pixels, so a border pixel weighs much.
    CHECK(Iou(decoded, visible) > (annotation["segmentation"].is_object() ? 0.9999 : 0.93));
    some_polygon |= annotation["segmentation"].is_array();
    const auto box = annotation["bbox"].get<std::vector<int>>();
    CHECK(cv::countNonZero(visible(cv::Rect(box[0], box[1], box[2], box[3]))) ==
          cv::countNonZero(visible));
  }
  CHECK(ids.size() == coco["annotations"].size());
  CHECK(per_image.size() == 90);
  for (const auto& [image, count] : per_image) CHECK(count == 2);
  CHECK(some_polygon);

  const json labels = ReadJson(out / "labels.json");
  CHECK(labels["images"].size() == 15);
  CHECK(labels["annotations"].size() == 30);
  CHECK(labels["images"][1] == coco["images"][6]);
  const json description = ReadJson(out / "scene.json");
  CHECK(description["options"]["frames"] == 90);
  CHECK(description["mm_per_pixel"].get<double>() == doctest::Approx(scene.mm_per_pixel()));
  CHECK(std::filesystem::file_size(out / description["background"].get<std::string>()) > 100);
  CHECK(ReadTable(out / "depth.csv").size() == 1 + 90 * 2);
}

TEST_CASE("large animals come back from their polygons within one percent") {
  tests::TempDir dir;
  Job job;
  const SceneOptions options = Options("two-voles", 12);
  datasets::WriteScene(options, dir.path(), job);
  const Scene scene(options);
  const json coco = ReadJson(dir / "instances.json");
  for (const json& annotation : coco["annotations"]) {
    const datasets::FrameTruth truth = scene.Truth(annotation["image_id"].get<int>() - 1);
    const cv::Mat& visible = truth.animals[annotation["category_id"].get<size_t>() - 1].visible;
    CHECK(Iou(MaskOf(annotation, 480, 640), visible) > 0.98);
  }
}

TEST_CASE("the written video has the rendered pictures, but for the compression") {
  tests::TempDir dir;
  Job job;
  const SceneOptions options = Options("tiny", 40);
  datasets::WriteScene(options, dir.path(), job);
  const Scene scene(options);
  const datasets::VideoIndex index = datasets::IndexVideo(dir / "video.mp4", job);
  REQUIRE(index.frame_count() == 40);
  CHECK(index.fps == doctest::Approx(25).epsilon(0.01));
  datasets::VideoReader reader(dir / "video.mp4", index);
  for (int f : {0, 17, 39}) {
    const cv::Mat read = reader.Read(f), rendered = scene.Render(f);
    REQUIRE(read.size() == rendered.size());
    CHECK(cv::norm(read, rendered, cv::NORM_L1) / (160 * 120 * 3) < 6);
  }
}

TEST_CASE("the behavior table says, frame by frame, what the scene says") {
  tests::TempDir dir;
  Job job;
  const SceneOptions options = Options("tiny", 200);
  datasets::WriteScene(options, dir.path(), job);
  const Scene scene(options);
  const auto rows = ReadTable(dir / "behaviors.csv");
  REQUIRE(rows.size() > 5);
  CHECK(rows[0] ==
        std::vector<std::string>{"video", "subject", "behavior", "start_frame", "stop_frame"});
  std::set<std::string> from_table, from_scene;
  for (size_t r = 1; r < rows.size(); ++r) {
    REQUIRE(rows[r].size() == 5);
    CHECK(rows[r][0] == "video.mp4");
    for (int f = std::stoi(rows[r][3]); f <= std::stoi(rows[r][4]); ++f) {
      const bool is_new = from_table.insert(rows[r][1] + rows[r][2] + std::to_string(f)).second;
      CHECK(is_new);
    }
  }
  for (int f = 0; f < 200; ++f) {
    for (const datasets::AnimalTruth& animal : scene.TruthWithoutMasks(f).animals) {
      for (const std::string& behavior : animal.behaviors) {
        from_scene.insert(animal.name + behavior + std::to_string(f));
      }
    }
  }
  CHECK(from_table == from_scene);
}

TEST_CASE("the number of labels can be chosen and never exceeds the frames") {
  tests::TempDir dir;
  Job job;
  SceneOptions options = Options("tiny", 20);
  options.labels = 7;
  datasets::WriteScene(options, dir.path(), job);
  const json seven = ReadJson(dir / "labels.json");
  REQUIRE(seven["images"].size() == 7);
  CHECK(seven["images"][0]["frame_index"] == 0);
  CHECK(seven["images"][6]["frame_index"] == 17);
  options.labels = 500;
  datasets::WriteScene(options, dir.path(), job);
  CHECK(ReadJson(dir / "labels.json")["images"].size() == 20);
}

TEST_CASE("a cancelled run leaves no truth that does not fit the video") {
  tests::TempDir dir;
  Job whole;
  datasets::WriteScene(Options("tiny", 20), dir.path(), whole);
  CHECK(std::filesystem::exists(dir / "instances.json"));
  Job* handle = nullptr;
  Job job([&](const Job::Progress& progress) {
    if (progress.done >= 5) handle->Cancel();
  });
  handle = &job;
  CHECK_THROWS_AS(datasets::WriteScene(Options("tiny", 30), dir.path(), job), datasets::Cancelled);
  for (const char* name : {"instances.json", "labels.json", "behaviors.csv", "depth.csv"}) {
    CHECK_FALSE(std::filesystem::exists(dir / name));
  }
}

TEST_CASE("a place that cannot be written gives one clear line") {
  tests::TempDir dir;
  std::ofstream(dir / "file") << "x";
  Job job;
  try {
    datasets::WriteScene(Options("tiny", 5), dir / "file/scene", job);
    FAIL("no error");
  } catch (const datasets::Error& error) {
    const std::string what = error.what();
    CHECK(what.find("file/scene") != std::string::npos);
    CHECK(what.find('\n') == std::string::npos);
  }
}

}  // namespace synthetic_files_test
