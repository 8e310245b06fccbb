// The rendered room: its pictures, its truth in space, and its files.
#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "datasets/base/error.h"
#include "datasets/files/csv.h"
#include "datasets/space/camera_file.h"
#include "datasets/synthetic/room.h"
#include "datasets/synthetic/scene.h"
#include "tests/support/says.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace synthetic_room_test {

namespace {

using datasets::RoomScene;
using datasets::RoomTruth;
using tests::MessageOf;
using tests::Says;

datasets::SceneOptions Small() {
  datasets::SceneOptions options;
  options.scene = "room";
  options.width = 320;
  options.height = 240;
  options.frames = 30;
  return options;
}

}  // namespace

TEST_CASE("animals of the room are seen where they are, and climb and rear") {
  const RoomScene scene(Small());
  double highest = 0, lowest = 1e9;
  for (int frame = 0; frame < 1500; frame += 50) {
    CAPTURE(frame);
    RoomTruth truth;
    const cv::Mat picture = scene.Render(frame, &truth);
    CHECK(picture.size() == cv::Size(320, 240));
    REQUIRE(truth.places.size() == 2);
    CHECK(cv::countNonZero(truth.visible[0] & truth.visible[1]) == 0);
    for (size_t animal = 0; animal < 2; ++animal) {
      const cv::Vec3d& at = truth.places[animal];
      CHECK(at[2] > 5);
      highest = std::max(highest, at[2]);
      lowest = std::min(lowest, at[2]);
      const auto pixel = scene.camera().Pixel(at);
      REQUIRE(pixel);
      CHECK(cv::Rect2d(0, 0, 320, 240).contains(*pixel));
      if (cv::countNonZero(truth.visible[animal]) < 60) continue;  // behind the other
      cv::Mat near;
      const cv::Rect around(static_cast<int>(pixel->x) - 12, static_cast<int>(pixel->y) - 12, 25,
                            25);
      near = truth.visible[animal](around & cv::Rect(0, 0, 320, 240));
      CHECK(cv::countNonZero(near) > 0);
    }
  }
  CHECK(lowest < 25);
  CHECK(highest > 130);
  RoomTruth first, again;
  const cv::Mat one = scene.Render(17, &first), other = RoomScene(Small()).Render(17, &again);
  CHECK(cv::norm(one, other, cv::NORM_INF) == 0);
  CHECK(cv::norm(first.places[1] - again.places[1]) == 0);
}

TEST_CASE("the room is written with its camera, its places and its labels") {
  tests::TempDir folder;
  datasets::Job job;
  datasets::WriteScene(Small(), folder / "room", job);
  const auto dir = folder / "room";
  const datasets::CsvTable places(dir / "places.csv", "places");
  CHECK(places.rows() == 60);
  const auto camera = datasets::ReadCameraFile(dir / "camera.json", "", "");
  CHECK(camera.width == 320);
  const RoomScene scene(Small());
  CHECK(cv::norm(camera.pose->translation - scene.camera().pose.translation) < 1e-9);
  RoomTruth truth;
  scene.Render(4, &truth);
  CHECK(*places.Number(8, "z_cm") == doctest::Approx(truth.places[0][2]).epsilon(1e-4));
  const auto count = [&](const char* name) {
    return nlohmann::json::parse(std::ifstream(dir / name))["images"].size();
  };
  CHECK(count("instances.json") == 30);
  CHECK(count("labels.json") == 5);
  const auto scene_json = nlohmann::json::parse(std::ifstream(dir / "scene.json"));
  CHECK(scene_json["floor_corners_px"].size() == 8);
  job.Cancel();
  CHECK_THROWS_AS(datasets::WriteScene(Small(), folder / "other", job), datasets::Cancelled);
  CHECK_FALSE(std::filesystem::exists(folder / "other" / "instances.json"));
}

TEST_CASE("options that are not for the room are refused") {
  const auto refused = [](datasets::SceneOptions options) {
    return MessageOf([&] { RoomScene scene(options); });
  };
  datasets::SceneOptions options = Small();
  options.huddles = true;
  CHECK(Says(refused(options), "not for it"));
  options = Small();
  options.animals = 9;
  CHECK(Says(refused(options), "1 to 4"));
  options = Small();
  options.width = 321;
  CHECK(Says(refused(options), "even"));
}

}  // namespace synthetic_room_test
