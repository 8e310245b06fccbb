// Tracking without labels on the command line.
#include <doctest/doctest.h>

#include <fstream>
#include <opencv2/imgproc.hpp>
#include <set>

#include "datasets/video/video.h"
#include "tests/support/journey.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace track_cli_test {

namespace {

using nlohmann::json;
using tests::CheckFails;
using tests::Vole;

constexpr int kFrames = 80;

// A project with a video of two dark discs that walk over a light ground, or of the ground alone.
std::string Project(const tests::TempDir& folder, bool animals) {
  const std::string video = folder / "clip.mp4", project = folder / "p.vole";
  datasets::VideoWriter writer(video, 160, 128, 25, 10);
  for (int frame = 0; frame < kFrames; ++frame) {
    cv::Mat picture(128, 160, CV_8UC3, cv::Scalar(170, 180, 175));
    cv::rectangle(picture, {8, 8}, {151, 119}, cv::Scalar(120, 120, 125), 2);
    if (animals) {
      const int x = 24 + frame * 110 / kFrames;
      cv::ellipse(picture, {x, 40}, {14, 9}, 15, 0, 360, cv::Scalar::all(30), -1);
      cv::ellipse(picture, {160 - x, 90}, {14, 9}, -30, 0, 360, cv::Scalar::all(30), -1);
    }
    writer.Write(picture);
  }
  writer.Close();
  REQUIRE(Vole({"new", project}).code == 0);
  REQUIRE(Vole({"add-video", project, video}).code == 0);
  return project;
}

json Info(const std::string& project) { return Vole({"info", project, "--json"}).Json(); }
json Jobs(const std::string& project) {
  return Vole({"jobs", project, "--json"}).Json().at("jobs");
}

}  // namespace

TEST_CASE("two animals that nobody labeled are outlined and numbered, and no label is written") {
  tests::TempDir folder;
  const std::string project = Project(folder, true);
  const auto outcome =
      Vole({"track", project, "--animals", "2", "--steps", "60", "--threads", "1", "--json"});
  INFO(outcome.err);
  REQUIRE(outcome.code == 0);
  const json tracked = outcome.Json();
  CHECK(tracked["animals"] == "2");
  CHECK(tracked["clear"] == kFrames);
  CHECK(tracked["proposed_frames"].size() == 40);
  CHECK(tracked["person_frames"] == 0);
  CHECK(tracked["frames"] == kFrames);
  CHECK(std::filesystem::exists(tracked["model"].get<std::string>()));
  const json info = Info(project);
  CHECK(info["videos"][0]["labeled"] == 0);
  const std::string found = folder / "found.json";
  REQUIRE(
      Vole({"export", project, "--format", "coco", "--what", "predictions", "--out", found}).code ==
      0);
  const json coco = json::parse(std::ifstream(found));
  std::set<int> numbers;
  for (const json& outline : coco["annotations"]) numbers.insert(outline["track_id"].get<int>());
  CHECK(numbers.size() == 2);
  CHECK(coco["annotations"].size() > 1.9 * kFrames);
  CHECK(coco["categories"].size() == 1);
  CHECK(coco["categories"][0]["name"] == "animal");
}

TEST_CASE("what cannot be tracked without a label is said with a frame, and nothing is changed") {
  tests::TempDir folder;
  const std::string project = Project(folder, false);
  CheckFails({"track", project}, 1, {"'clip'", "nothing in it moves", "frame 40", "vole train"});
  const json info = Info(project);
  CHECK(info["models"].empty());
  CHECK(Jobs(project).empty());
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    CHECK(entry.path().extension() != ".safetensors");
  }
  CheckFails({"track", project, "--animals", "0"}, 2, {"'0'", "auto"});
  CheckFails({"track", project, "--animals", "two"}, 2, {"'two'"});
  CheckFails({"track", project, "--video", "clap"}, 1, {"clap"});
  const auto help = Vole({"track", "--help"});
  CHECK(help.code == 0);
  CHECK(help.out.find("vole track mice.vole --animals 2") != std::string::npos);
}

TEST_CASE("Ctrl-C during a training without labels keeps the best model or nothing") {
  tests::TempDir folder;
  const std::string project = Project(folder, true);
  tests::Program program({VOLE_BINARY, "track", project, "--animals", "2", "--steps", "100000",
                          "--threads", "1", "--quiet"});
  REQUIRE(program.WaitUntil([&] { return !Jobs(project).empty(); }));
  program.Signal(SIGINT);
  CHECK(program.Wait().code == 130);
  const json jobs = Jobs(project);
  REQUIRE(jobs.size() == 1);
  CHECK(jobs[0]["state"] == "cancelled");
}

}  // namespace track_cli_test
