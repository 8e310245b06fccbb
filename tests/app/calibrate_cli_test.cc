// Centimetres on the command line: said once, then in every distance.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "annotate/edits.h"
#include "annotate/history.h"
#include "datasets/behavior/zones.h"
#include "datasets/project.h"
#include "tests/support/journey.h"
#include "tests/support/label_project.h"
#include "tests/support/space_camera.h"
#include "tests/support/store_data.h"

namespace calibrate_cli_test {

namespace {

using nlohmann::json;
using tests::CheckFails;
using tests::Vole;
using tests::VoleJson;

constexpr int kWidth = 640, kHeight = 480;

// An animal that walks on the floor along its first side, 2 cm a frame, 25 frames a second.
struct Scene {
  tests::TempDir folder;
  std::string project = (folder / "p.vole").string();
  datasets::SpaceCamera camera = tests::SlantedCamera(kWidth, kHeight, 0, 0);
  std::string floor;

  Scene() {
    for (const cv::Point2d& corner : tests::FloorCornersOf(camera)) {
      floor +=
          (floor.empty() ? "" : ",") + std::to_string(corner.x) + "," + std::to_string(corner.y);
    }
    const auto file = datasets::Project::Create(project);
    for (const char* name : {"one", "two"}) {
      const datasets::Id video = tests::AddVideoRow(*file, name, 20, kWidth, kHeight);
      datasets::Id animal = 0;
      file->Write([&](datasets::Writer& writer) { animal = writer.FindOrInsertCategory("Ada"); });
      annotate::History history(*file, "me");
      for (int frame = 0; frame < 10; ++frame) {
        datasets::AnnotationRow row;
        row.category_id = animal;
        const cv::Point2d at = camera.Pixel({10.0 + 2 * frame, 8, 0}).value();
        const cv::Point2d middle(std::floor(at.x), std::floor(at.y));
        row.polygons = {{middle + cv::Point2d(-4, -4), middle + cv::Point2d(5, -4),
                         middle + cv::Point2d(5, 5), middle + cv::Point2d(-4, 5)}};
        history.Apply(annotate::AddAnnotation(video, frame, row));
      }
    }
  }
  json Calibrate(std::vector<std::string> more) const {
    more.insert(more.begin(), {"calibrate", project});
    return VoleJson(more);
  }
  void Fails(std::vector<std::string> more, int code, const std::vector<std::string>& words) const {
    more.insert(more.begin(), {"calibrate", project, "--video", "one"});
    CheckFails(more, code, words);
  }
  json Report(std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"report", project, "--what", "labels", "--automatic"});
    return VoleJson(more)["motion"];
  }
  std::string Text(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(folder / name).rdbuf();
    return text.str();
  }
};

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE(
    "once a video is calibrated, every distance of it is in centimetres, others stay pixels") {
  const Scene scene;
  CHECK(scene.Report()[0]["unit"] == "px");
  const json made =
      scene.Calibrate({"--video", "one", "--floor", scene.floor, "--size", "60x40cm"});
  CHECK(made["calibration"]["kind"] == "floor");
  const json motion = scene.Report(
      {"--motion", scene.folder / "motion.csv", "--motion-summary", scene.folder / "summary.csv"});
  REQUIRE(motion.size() == 2);
  CHECK(motion[0]["unit"] == "cm");
  CHECK(motion[0]["distance_cm"].get<double>() == doctest::Approx(18).epsilon(0.02));
  CHECK(motion[0]["mean_speed_cm_s"].get<double>() == doctest::Approx(50).epsilon(0.02));
  CHECK(motion[1]["unit"] == "px");
  CHECK(motion[1]["distance_cm"].is_null());
  CHECK(Has(scene.Text("motion.csv"), ",x_cm,y_cm,step_cm,speed_cm_s,nearest_cm\n"));
  CHECK(Has(scene.Text("motion.csv"), "two,9,"));
  CHECK(Has(scene.Text("summary.csv"), ",distance_cm,mean_speed_cm_s,max_speed_cm_s\n"));
  const auto said = Vole({"report", scene.project, "--what", "labels", "--automatic"});
  CHECK(Has(said.out, " cm/s"));
  CHECK(Has(said.out, " px/s"));
  CHECK(Has(said.err, "not calibrated, so in pixels, beside others in cm: 'two'"));
  // A scale on the command line goes before, and is then that of all.
  const json scaled = scene.Report({"--pixels-per-cm", "10"});
  CHECK(scaled[0]["distance_cm"].get<double>() ==
        doctest::Approx(scaled[0]["distance_px"].get<double>() / 10));
  CHECK(scaled[1]["unit"] == "cm");
  VoleJson({"export", scene.project, "--format", "tracks", "--out", scene.folder / "t.csv"});
  const std::string tracks = scene.Text("t.csv");
  CHECK(Has(tracks, ",source,x_cm,y_cm\n"));
  CHECK(Has(tracks, "imported,,") + Has(tracks, "drawn,,") == 1);  // of the other video
}

TEST_CASE("zones are given in centimetres of the floor, for every calibrated video") {
  const Scene scene;
  std::ofstream(scene.folder / "zones.json")
      << R"({"unit": "cm", "zones": [{"name": "left", "rectangle": [0, 0, 15, 40]}]})";
  const std::vector<std::string> report = {
      "report",          scene.project, "--what", "labels", "--zones", scene.folder / "zones.json",
      "--zone-by-center"};
  CheckFails(report, 1, {"zone 'left'", "not calibrated", "vole calibrate"});
  // Training and live recording look at pixels.
  CHECK(Has(tests::MessageOf([&] { datasets::ReadZones(scene.folder / "zones.json"); }),
            "only reports take"));
  for (const char* video : {"one", "two"}) {
    scene.Calibrate({"--video", video, "--floor", scene.floor, "--size", "60x40cm"});
  }
  const json budget = VoleJson(report)["budget"];
  int found = 0;
  for (const json& row : budget) {
    if (row["behavior"] != "in left") continue;
    ++found;
    CHECK(row["seconds"].get<double>() == doctest::Approx(3 / 25.0));  // 10, 12 and 14 cm
  }
  CHECK(found == 2);
}

TEST_CASE("what is known is shown, forgotten, and can be undone") {
  const Scene scene;
  CHECK(scene.Calibrate({})["videos"][0]["calibration"].is_null());
  scene.Calibrate({"--video", "two", "--ruler", "10,10,110,10", "--length", "20cm"});
  const json shown = scene.Calibrate({"--show"})["videos"];
  REQUIRE(shown.size() == 2);
  CHECK(shown[1]["calibration"]["length_cm"] == 20);
  CHECK(scene.Calibrate({"--video", "two", "--clear"})["cleared"] == true);
  CHECK(scene.Calibrate({"--video", "two", "--clear"})["cleared"] == false);
  const auto file = datasets::Project::Open(scene.project);
  CHECK(annotate::History(*file).Undo()->label == "Remove calibration");
  CHECK(scene.Calibrate({"--video", "two"})["videos"][0]["calibration"]["kind"] == "ruler");
}

TEST_CASE("a lens comes from edges or a file, a camera from a file") {
  const Scene scene;
  std::ofstream(scene.folder / "camera.json") << R"([{"name": "top", "unit": "cm",
      "K": [500,0,319.5,0,500,239.5,0,0,1], "R": [1,0,0,0,-1,0,0,0,-1], "t": [0,0,100]}])";
  const std::string file = scene.folder / "camera.json";
  const json made = scene.Calibrate({"--video", "one", "--camera", file});
  CHECK(made["calibration"]["kind"] == "camera");
  CHECK(made["camera_known"] == true);
  const json lens = scene.Calibrate(
      {"--video", "one", "--camera", file, "--floor", scene.floor, "--size", "60x40cm"});
  CHECK(lens["calibration"]["kind"] == "floor");
  CHECK(lens["camera_known"] == true);
  const json straight =
      scene.Calibrate({"--video", "one", "--floor", scene.floor, "--size", "60x40cm", "--straight",
                       "20,20,200,18,400,18,620,20", "--straight", "20,460,300,463,620,460"});
  CHECK(straight["calibration"]["distortion"][0].get<double>() != 0);
  CHECK(straight["camera_known"] == false);
}

TEST_CASE("clicks and files that are wrong are said in one line, and nothing changes") {
  const Scene scene;
  scene.Calibrate({"--video", "one", "--ruler", "10,10,110,10", "--length", "20cm"});
  scene.Fails({"--ruler", "10,10,110,10"}, 2, {"belong together"});
  scene.Fails({"--ruler", "10,10,110", "--length", "2cm"}, 2, {"3 numbers"});
  scene.Fails({"--ruler", "10,10,110,10,4,4", "--length", "2cm"}, 2, {"takes 2 points"});
  scene.Fails({"--ruler", "10,ten,110,10", "--length", "2cm"}, 2, {"'ten'"});
  scene.Fails({"--ruler", "10,10,700,10", "--length", "2cm"}, 1, {"outside of the picture"});
  scene.Fails({"--ruler", "10,10,70,10", "--length", "2"}, 1, {"no unit"});
  scene.Fails({"--ruler", "10,10,70,10", "--length", "0cm"}, 1, {"measures nothing"});
  scene.Fails({"--floor", "9,9,400,300,400,9,9,300", "--size", "60x40cm"}, 1, {"cross"});
  scene.Fails({"--floor", "9,9,100,9,200,9,9,300", "--size", "60x40cm"}, 1, {"in a line"});
  scene.Fails({"--straight", "9,9,100,9,200,9"}, 2, {"--floor"});
  scene.Fails({"--show", "--clear"}, 2, {"stand alone"});
  scene.Fails({"--camera-name", "top"}, 2, {"belong to --camera"});
  scene.Fails({"--camera", scene.folder / "none.json"}, 1, {"no such file"});
  scene.Fails({"--floor", "9,9,400,9,400,300,9,300", "--size", "60x40cm", "--checkerboard",
               scene.folder / "none.mp4", "--squares", "9x6", "--square", "2cm"},
              1, {"no such file"});
  CheckFails({"calibrate", scene.project, "--clear"}, 1, {"one", "two"});
  CHECK(scene.Calibrate({"--video", "one"})["videos"][0]["calibration"]["length_cm"] == 20);
}

}  // namespace calibrate_cli_test
