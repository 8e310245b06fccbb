// Places in space on the command line, on a rendered room.
#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "tests/support/journey.h"

namespace depth_cli_test {

namespace {

using nlohmann::json;
using tests::CheckFails;
using tests::VoleJson;

struct Room {
  tests::TempDir folder;
  std::string project = (folder / "p.vole").string(), scene = (folder / "room").string();
  std::string places = (folder / "places.csv").string();
  Room() {
    VoleJson({"synth", scene, "--scene", "room", "--frames", "240", "--width", "320", "--height",
              "240"});
    VoleJson({"new", project});
    VoleJson({"add-video", project, scene + "/video.mp4"});
    VoleJson({"import", project, "--format", "coco", scene + "/instances.json"});
    // Every sixth frame is known.
    std::ifstream in(scene + "/places.csv");
    std::ofstream out(places);
    std::string line;
    for (int row = -1; std::getline(in, line); ++row) {
      if (row < 0 || row / 2 % 6 == 0) out << line << "\n";
    }
  }
  json Depth(std::vector<std::string> more) const {
    more.insert(more.begin(), {"depth", project, "--positions", places});
    return VoleJson(more);
  }
  void Fails(std::vector<std::string> more, int code, const std::vector<std::string>& words) const {
    more.insert(more.begin(), {"depth", project});
    CheckFails(more, code, words);
  }
  std::string Text(const std::string& name) const {
    std::stringstream text;
    text << std::ifstream(folder / name).rdbuf();
    return text.str();
  }
};

double MeanOf(const json& report, const std::string& name) {
  for (const json& method : report["methods"]) {
    if (method["name"] == name) return method["blocks"]["mean"];
  }
  return -1;
}

}  // namespace

TEST_CASE("methods are cross-validated, the best places every animal, and both are written") {
  const Room room;
  const json report =
      room.Depth({"--out", room.folder / "way.csv", "--picture", room.folder / "way.svg"});
  CHECK(report["camera_known"] == false);
  CHECK(report["positions"] == 80);
  CHECK(report["methods"].size() == 5);
  CHECK(MeanOf(report, "sipec") < MeanOf(report, "place"));
  CHECK(MeanOf(report, "regression") < MeanOf(report, "sipec"));
  const std::string table = room.Text("way.csv");
  CHECK(table.rfind("video,frame,time_s,animal,track,x_cm,y_cm,z_cm,source\n", 0) == 0);
  CHECK(std::count(table.begin(), table.end(), '\n') == 1 + report["places"].get<int>());
  CHECK(table.find(",given\n") != std::string::npos);
  CHECK(table.find(",predicted\n") != std::string::npos);
  CHECK(room.Text("way.svg").find("from the side") != std::string::npos);
  VoleJson({"calibrate", room.project, "--camera", room.scene + "/camera.json"});
  const json with =
      room.Depth({"--folds", "4", "--frames", "0:20", "--out", room.folder / "a.csv"});
  CHECK(with["camera_known"] == true);
  CHECK(with["places"].get<int>() <= 40);
  CHECK(MeanOf(with, "geometry") < 0.8 * MeanOf(with, "sipec"));
  CHECK(room.Depth({"--method", "sipec"})["chosen"] == "sipec");
}

TEST_CASE("tables that are wrong, too short or of other frames are said in one line") {
  const Room room;
  const auto write = [&](const std::string& text) {
    std::ofstream(room.folder / "bad.csv") << text;
    return (room.folder / "bad.csv").string();
  };
  room.Fails({}, 2, {"--positions"});
  room.Fails({"--positions", room.folder / "none.csv"}, 1, {"none.csv"});
  room.Fails({"--positions", room.places, "--method", "magic"}, 2, {"magic", "sipec"});
  room.Fails({"--positions", room.places, "--method", "geometry"}, 1, {"needs the camera"});
  room.Fails({"--positions", room.places, "--unit", "mm"}, 1, {"leave --unit out"});
  room.Fails({"--positions", room.places, "--picture", "way.gif"}, 1, {".gif"});
  room.Fails({"--positions", room.places, "--what", "predictions"}, 1, {"vole predict"});
  room.Fails({"--positions", room.places, "--folds", "1"}, 2, {"out of range"});
  room.Fails({"--positions", room.places, "--out", "/no/such/folder/way.csv"}, 1, {"/no/such"});
  room.Fails({"--positions", write("frame,animal,x_cm,y_cm,z_cm\n0,animal_1,1,2,3\n")}, 1,
             {"1 of them have a mask, 20 are needed"});
  room.Fails({"--positions", write("frame,animal,x_cm,y_cm,z_cm\n0,Cleo,1,2,3\n")}, 1,
             {"no animal 'Cleo'"});
  room.Fails({"--positions", write("frame,x_cm,y_cm,z_cm\n0,1,2,3\n")}, 1, {"2 animals"});
}

}  // namespace depth_cli_test
