#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "datasets/base/error.h"
#include "datasets/formats/formats.h"
#include "tests/support/says.h"
#include "tests/support/shared_data.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace recognize_test {

using tests::Says;

namespace {

namespace fs = std::filesystem;

struct Place {
  tests::TempDir folder;
  std::string Recognized(const std::string& name, const std::string& text) const {
    fs::create_directories((folder / name).parent_path());
    std::ofstream(folder / name) << text;
    return datasets::RecognizeFormat(folder / name);
  }
  std::string Refusal(const std::string& name, const std::string& text) const {
    return tests::MessageOf([&] { Recognized(name, text); });
  }
};

}  // namespace

TEST_CASE("a file says by what is in it which format it has") {
  const Place at;
  CHECK(at.Recognized("a.json", R"({"info": {"shapes": 1}, "images": [{"id": 1}]})") == "coco");
  CHECK(at.Recognized("b.json", R"({"categories": [], "annotations": [)") == "coco");
  CHECK(at.Recognized("c.json", R"({"version": "5.0", "shapes": [], "imagePath": "a.png"})") ==
        "labelme");
  CHECK(at.Recognized("d.boris", R"({"time_format": "s", "project_format_version": "7.0"})") ==
        "boris");
  CHECK(at.Recognized("e.csv", "scorer,anna,anna\nbodyparts,nose,nose\ncoords,x,y\n") ==
        "deeplabcut");
  CHECK(at.Recognized("f.csv", "video,subject,behavior,start_frame,stop_frame\nv,a,b,1,2\n") ==
        "behaviors");
  CHECK(at.Recognized("g.csv", "frame,background,groom\n0,1,0\n1,0,1\n") == "behaviors");
  CHECK(at.Recognized("h.csv", "Observation id,x\n\nTime,Subject,Behavior,Status\n1,a,b,START\n") ==
        "boris");
  CHECK(at.Recognized("i.tsv", "Behavior\tStart (s)\tStop (s)\nrear\t1\t2\n") == "boris");
  CHECK(at.Recognized("gt.txt", "1,1,10,20,30,40,1,1,1\n") == "mot");
  CHECK(at.Recognized("mots.txt", "1 2001 2 120 160 WSV:2d;1O10000O\n") == "mot");
}

TEST_CASE("a folder says it by the files in it") {
  const Place at;
  at.Recognized("labelme/day1/a.json", R"({"shapes": []})");
  CHECK(datasets::RecognizeFormat(at.folder / "labelme") == "labelme");
  at.Recognized("dlc/labeled-data/v/CollectedData_anna.csv", "scorer,anna\n");
  CHECK(datasets::RecognizeFormat(at.folder / "dlc") == "deeplabcut");
  fs::create_directories(at.folder / "yolo/labels");
  std::ofstream(at.folder / "yolo/labels/a.txt") << "0 .1 .2 .3 .4 .5 .6\n";
  CHECK(datasets::RecognizeFormat(at.folder / "yolo") == "yolo");
  std::ofstream(at.folder / "yolo/data.yaml") << "kpt_shape: [3, 2]\n";
  CHECK(datasets::RecognizeFormat(at.folder / "yolo") == "yolo-pose");
}

TEST_CASE("files of HDF5 are told apart by the names in them") {
  const Place at;
  const std::string magic = "\x89HDF\r\n\x1a\n";
  CHECK(at.Recognized("a.h5", magic + "track_occupancy node_names tracks") == "sleap-analysis");
  CHECK(at.Recognized("b.h5", magic + "poseest points") == "jabs");
  CHECK(at.Recognized("a.analysis.h5", magic) == "sleap-analysis");
  CHECK(at.Recognized("a_pose_est_v5.h5", magic) == "jabs");
  CHECK(at.Recognized("c.slp", magic) == "sleap");
  CHECK(at.Recognized("d.nwb", magic) == "nwb");
}

TEST_CASE("real files of other tools are recognized") {
  const auto folder = tests::SharedData("formats");
  if (!folder) return;
  int known = 0;
  for (const auto& entry : fs::recursive_directory_iterator(*folder)) {
    const fs::path& file = entry.path();
    const std::string name = file.filename().string();
    std::string format;
    if (file.extension() == ".slp") format = "sleap";
    if (file.extension() == ".nwb") format = "nwb";
    if (name.find("_pose_est_v") != std::string::npos && file.extension() == ".h5") format = "jabs";
    if (name.find(".analysis.h5") != std::string::npos) format = "sleap-analysis";
    if (name.rfind("CollectedData", 0) == 0 && file.extension() == ".csv") format = "deeplabcut";
    if (format.empty() || !entry.is_regular_file()) continue;
    CAPTURE(file.string());
    CHECK(datasets::RecognizeFormat(file) == format);
    ++known;
  }
  CHECK(known > 0);
}

TEST_CASE("what is like no format, or like several, is not guessed") {
  const Place at;
  CHECK(Says(at.Refusal("notes.txt", "Tuesday: all is well\n"), "like none of the formats"));
  CHECK(Says(at.Refusal("notes.txt", "Tuesday: all is well\n"), "--format"));
  CHECK(Says(at.Refusal("empty.csv", ""), "like none"));
  CHECK(Says(at.Refusal("table.csv", "x,y\n1.5,2\n"), "like none"));
  CHECK(Says(at.Refusal("places.csv", "frame,x,y,inside\n0,1.5,2,1\n1,2.5,3,0\n"), "like none"));
  CHECK(Says(at.Refusal("binary.h5", std::string("\x89HDF\r\n\x1a\n\0\0", 10)), "like none"));
  at.Recognized("mixed/a.json", R"({"shapes": []})");
  at.Recognized("mixed/CollectedData_anna.csv", "scorer,anna\n");
  try {
    datasets::RecognizeFormat(at.folder / "mixed");
    FAIL("it was guessed");
  } catch (const datasets::Error& error) {
    CHECK(Says(error.what(), "labelme or deeplabcut"));
  }
  CHECK_THROWS_AS(datasets::RecognizeFormat(at.folder / "nothing.json"), datasets::Error);
}

TEST_CASE("keys deep in a long file, and text in other encodings, do not mislead") {
  const Place at;
  std::string images = R"({"images": [{"file_name": "a \" : { [.png", "shapes": [1, 2]})";
  while (images.size() < 100 * 1024) images += R"(, {"file_name": "\u00fc\\"})";
  CHECK(at.Recognized("long.json", images) == "coco");
  CHECK(at.Recognized("bom.csv", "\xEF\xBB\xBFvideo;behavior;start_s;stop_s\nv;b;0;1\n") ==
        "behaviors");
}

TEST_CASE("what is packed is refused by what is in it, not by what it is called") {
  const Place at;
  at.Recognized("day1.zip/a.json", R"({"shapes": []})");
  CHECK(datasets::RecognizeFormat(at.folder / "day1.zip") == "labelme");
  at.Recognized("day2.tar/a.json", R"({"shapes": []})");
  CHECK(datasets::RecognizeFormat(at.folder / "day2.tar") == "labelme");
  CHECK(at.Recognized("a.xls", "video\tsubject\tbehavior\tstart_frame\tstop_frame\n") ==
        "behaviors");
  CHECK(Says(at.Refusal("b.xls", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "it is a spreadsheet"));
  CHECK(Says(at.Refusal("c.xlsx", std::string("PK\x03\x04", 4)), "it is a spreadsheet"));
  CHECK(Says(at.Refusal("d.tar.gz", "\x1f\x8b\x08"), "it is packed"));
  CHECK(Says(at.Refusal("e.json", "\x1f\x8b\x08"), "it is packed"));
  CHECK(Says(at.Refusal("f.tar", std::string("a.json") + std::string(600, '\0')), "it is packed"));
  CHECK(Says(at.Refusal("g.zip", "{}"), "no ZIP archive"));
}

}  // namespace recognize_test
