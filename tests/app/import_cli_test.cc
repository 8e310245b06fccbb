// Bringing videos and labels in, and out, as a user does: what is said, and what survives.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

#include "datasets/video/video.h"
#include "tests/support/program.h"
#include "tests/support/says.h"
#include "tests/support/temp_dir.h"

namespace import_cli_test {

using nlohmann::json;
using tests::Outcome;
using tests::Says;
using tests::Vole;

namespace {

namespace fs = std::filesystem;

void MakeVideo(const fs::path& path, int gray) {
  datasets::VideoWriter writer(path, 64, 48, 25);
  for (int i = 0; i < 8; ++i) writer.Write(cv::Mat(48, 64, CV_8UC3, cv::Scalar::all(gray + 8 * i)));
  writer.Close();
}

// Two mice on frames 2 and 5 of `clip`, whose frames only the names number.
json Labels() {
  json dataset = {{"categories", {{{"id", 1}, {"name", "mouse"}}}},
                  {"images", json::array()},
                  {"annotations", json::array()}};
  for (const int frame : {2, 5}) {
    dataset["images"].push_back({{"id", frame},
                                 {"width", 64},
                                 {"height", 48},
                                 {"file_name", "clip_00000" + std::to_string(frame) + ".png"}});
    for (const int mouse : {1, 2}) {
      const double x = 20 * mouse;
      dataset["annotations"].push_back({{"id", 10 * frame + mouse},
                                        {"image_id", frame},
                                        {"category_id", 1},
                                        {"iscrowd", 0},
                                        {"track_id", mouse},
                                        {"segmentation", {{x, 5, x + 9, 5, x + 9, 14, x, 14}}}});
    }
  }
  return dataset;
}

struct Scene {
  tests::TempDir folder;
  std::string project = (folder / "p.vole").string();

  Scene() {
    MakeVideo(folder / "clip.mp4", 40);
    REQUIRE(Vole({"new", project}).code == 0);
    REQUIRE(Vole({"add-video", project, Path("clip.mp4")}).code == 0);
  }
  std::string Path(const std::string& name) const { return (folder / name).string(); }
  std::string Write(const json& labels) const {
    std::ofstream(folder / "labels.json") << labels.dump();
    return Path("labels.json");
  }
};

}  // namespace

TEST_CASE("a video that cannot be read among many is named, and the others are added") {
  const Scene scene;
  MakeVideo(scene.folder / "first.mp4", 50);
  MakeVideo(scene.folder / "last.mp4", 60);
  std::ofstream(scene.folder / "broken.mp4") << "no video";
  const Outcome added = Vole({"add-video", scene.project, scene.Path("first.mp4"),
                              scene.Path("broken.mp4"), scene.Path("last.mp4"), "--json"});
  CHECK(added.code == 1);
  CHECK(added.Json()["videos"].size() == 2);
  CHECK(added.Json()["failed"] == json{scene.Path("broken.mp4")});
  CHECK(Says(added.err, "1 of 3 videos could not be added"));
  CHECK(Vole({"info", scene.project, "--json"}).Json()["videos"].size() == 3);
}

TEST_CASE("--quiet leaves progress out, not what a person must know") {
  const Scene scene;
  json labels = Labels();
  for (json& one : labels["annotations"]) one["iscrowd"] = 1;
  const Outcome imported =
      Vole({"import", scene.project, "--format", "coco", scene.Write(labels), "--quiet"});
  CHECK(imported.code == 0);
  CHECK(Says(imported.err, "4 labels are crowds"));
  const Outcome again =
      Vole({"import", scene.project, "--format", "coco", scene.Path("labels.json")});
  CHECK(Says(again.out, "4 were there already. Nothing of them was changed."));
  CHECK(Vole({"import", scene.project, "--format", "coco", scene.Path("labels.json"),
              "--names-from", "trakcs"})
            .code == 2);
}

TEST_CASE("wrong frames are listed where only file names number the truth's frames") {
  const Scene scene;
  const std::string truth = scene.Write(Labels());
  REQUIRE(Vole({"import", scene.project, "--format", "coco", truth}).code == 0);
  const json figures = Vole({"evaluate", scene.project, "--truth", truth, "--what", "labels",
                             "--list-wrong", "--json"})
                           .Json();
  CHECK(figures["compared_frames"] == json{2, 5});
  CHECK(figures["wrong_frames"] == json::array());
}

TEST_CASE("what is to know of a comparison stands in its JSON, or is said in words") {
  const Scene scene;
  json labels = Labels();
  const std::string truth = scene.Write(labels);
  REQUIRE(Vole({"import", scene.project, "--format", "coco", truth}).code == 0);
  for (json& image : labels["images"]) {  // names no video
    image["file_name"] = "00000" + std::to_string(image["id"].get<int>()) + ".png";
  }
  scene.Write(labels);
  const std::vector<std::string> evaluate = {"evaluate", scene.project, "--truth",
                                             truth,      "--what",      "labels"};
  std::vector<std::string> with_json = evaluate;
  with_json.push_back("--json");
  const Outcome told = Vole(with_json);
  REQUIRE(told.Json()["warnings"].size() == 1);
  CHECK(told.err == "");
  CHECK(Says(Vole(evaluate).err, told.Json()["warnings"][0].get<std::string>()));
}

TEST_CASE("labeled frames are exported with their pictures and read back as pictures") {
  const Scene scene;
  REQUIRE(Vole({"import", scene.project, "--format", "coco", scene.Write(Labels())}).code == 0);
  for (const std::string format : {"coco", "labelme", "yolo"}) {
    CAPTURE(format);
    fs::create_directory(scene.folder / format);
    const std::string out = scene.Path(format == "coco" ? "coco/labels.json" : format);
    const Outcome exported =
        Vole({"export", scene.project, "--format", format, "--out", out, "--pictures", "--json"});
    REQUIRE(exported.code == 0);
    int pictures = 0;
    for (const auto& entry : fs::recursive_directory_iterator(scene.folder / format)) {
      if (entry.path().extension() != ".png") continue;
      ++pictures;
      const int frame = entry.path().stem().string().back() - '0';
      const cv::Mat pixels = cv::imread(entry.path().string());
      REQUIRE(pixels.size() == cv::Size(64, 48));
      CHECK(std::abs(pixels.at<cv::Vec3b>(24, 32)[1] - (40 + 8 * frame)) < 4);
    }
    CHECK(pictures == 2);
    const std::string other = scene.Path(format + ".vole");
    REQUIRE(Vole({"new", other}).code == 0);
    const Outcome read = Vole({"import", other, "--format", format, out, "--json"});
    REQUIRE(read.code == 0);
    CHECK(read.Json()["annotations"] == 4);
    CHECK(Vole({"info", other, "--json"}).Json()["pictures"] == 2);
    // In the project they are the frames they were.
    CHECK(Vole({"import", scene.project, "--format", format, out, "--json"})
              .Json()["already_present"] == 4);
  }
}

}  // namespace import_cli_test
