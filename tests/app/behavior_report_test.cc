// vole report: budgets, agreement, exploration, motion and pictures from the command line.
#include <doctest/doctest.h>

#include <algorithm>
#include <opencv2/imgcodecs.hpp>

#include "tests/support/journey.h"

namespace behavior_report_test {

using nlohmann::json;
using tests::CheckFails;
using tests::Outcome;
using tests::TempDir;
using tests::Vole;
using tests::VoleJson;

namespace {

// A scene whose project holds the truth of every frame as labels, and its behaviors.
struct Labeled {
  TempDir folder;
  std::string project = Path("p.vole"), scene = Path("scene");
  Labeled() {
    VoleJson({"synth", scene, "--scene", "tiny", "--frames", "60"});
    VoleJson({"new", project});
    VoleJson({"add-video", project, scene + "/video.mp4"});
    VoleJson({"import", project, "--format", "coco", scene + "/instances.json"});
    VoleJson({"import", project, "--format", "behaviors", scene + "/behaviors.csv"});
  }
  std::string Path(const std::string& name) const { return (folder / name).string(); }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name)) << text;
    return Path(name);
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(Path(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }
};

const Labeled& Scene() {
  static const Labeled labeled;
  return labeled;
}

const char kRaters[] =
    "video,subject,rater,behavior,start_frame,stop_frame\n"
    "day1,m1,anna,left,0,99\nday1,m1,anna,right,100,399\n"
    "day1,m1,ben,left,0,109\nday1,m1,ben,right,120,399\n"
    "day2,m1,anna,left,0,299\nday2,m1,anna,right,350,399\n"
    "day2,m1,ben,left,0,289\nday2,m1,ben,right,350,379\n";

}  // namespace

TEST_CASE("The budget of a project adds up to its video and goes out as a table and a picture") {
  const json report = VoleJson({"report", Scene().project, "--csv", Scene().Path("b.csv"),
                                "--ethogram", Scene().Path("e.png"), "--bin-frames", "25"});
  int frames = 0, bins = 0;
  for (const json& row : report["budget"]) {
    CHECK(row["end_frame"].get<int>() <= 60);
    frames += row["frames"].get<int>();
    bins = std::max(bins, row["bin"].get<int>() + 1);
  }
  CHECK(bins == 3);
  CHECK(frames > 60);  // two animals, nearly always doing something
  CHECK(frames <= 120);
  const std::string csv = Scene().Read("b.csv");
  CHECK(std::count(csv.begin(), csv.end(), '\n') ==
        static_cast<int64_t>(report["budget"].size()) + 1);
  CHECK_FALSE(cv::imread(Scene().Path("e.png")).empty());
  const Outcome text = Vole({"report", Scene().project});
  CHECK(text.code == 0);
  CHECK(text.out.find("latency s") != std::string::npos);
}

TEST_CASE("Motion comes from the masks of every frame, with zones, contacts and pictures") {
  const std::string zones =
      Scene().Write("z.json", R"({"zones": [{"name": "all", "rectangle": [0, 0, 5000, 5000]}]})");
  const json report =
      VoleJson({"report", Scene().project, "--what", "labels", "--zones", zones, "--motion",
                Scene().Path("m.csv"), "--motion-summary", Scene().Path("s.csv"), "--contacts",
                Scene().Path("c.csv"), "--trajectory", Scene().Path("t.svg"), "--occupancy",
                Scene().Path("o.png")});
  REQUIRE(report["motion"].size() == 2);
  CHECK(report["motion"][0]["frames"] == 60);
  CHECK(report["motion"][0]["distance_px"].get<double>() > 0);
  const std::string csv = Scene().Read("m.csv");
  CHECK(std::count(csv.begin(), csv.end(), '\n') >= 61);
  // The rendered labels carry key points, whose columns come last.
  const std::string heading = csv.substr(0, csv.find('\n'));
  CHECK(heading.find(",touching,in all,") != std::string::npos);
  CHECK(heading.find("_x,") < heading.find("_confidence"));
  int in_zone = 0;
  for (const json& row : report["budget"]) {
    if (row["behavior"] == "in all") {
      ++in_zone;
      CHECK(row["bouts"] == 1);
      CHECK(row["proportion"].get<double>() > 0.9);
      CHECK(row["author"] == "automatic");
    } else if (row["author"] == "automatic") {
      CHECK((row["behavior"] == "contact" || row["behavior"] == "freezing"));
    }
  }
  CHECK(in_zone == 2);
  CHECK(Scene().Read("t.svg").find("</svg>") != std::string::npos);
  CHECK_FALSE(cv::imread(Scene().Path("o.png")).empty());
}

TEST_CASE("Raters of a table are compared without a project, with exploration times") {
  const std::string table = Scene().Write("raters.csv", kRaters);
  const json report = VoleJson({"report", "--behaviors", table, "--fps", "25", "--agreement",
                                "--first", "left", "--second", "right", "--training", "day1"});
  REQUIRE(report["agreement"].size() == 1);
  // They differ on frames 100 to 119 of day1, and on 290 to 299 and 380 to 399 of day2.
  CHECK(report["agreement"][0]["frames"] == 800);
  CHECK(report["agreement"][0]["agreement"]["value"].get<double>() == doctest::Approx(750.0 / 800));
  const json& animals = report["exploration"]["animals"];
  REQUIRE(animals.size() == 4);
  CHECK(animals[0]["di"].get<double>() == doctest::Approx(-0.5));
  CHECK(animals[0]["excluded"] == "biased by more than 20 %");
  CHECK(animals[2]["t1_s"].get<double>() == doctest::Approx(12));
  CHECK(animals[2]["excluded"] == "");
  CHECK(report["exploration"]["pearson"][3]["r"].get<double>() == doctest::Approx(1));
  const json named = VoleJson({"report", "--behaviors", table, "--fps", "25", "--agreement", "ben",
                               "anna", "--video", "day1"});
  CHECK(named["agreement"][0]["first"] == "ben");
  CHECK(named["agreement"][0]["frames"] == 400);
}

TEST_CASE("A second table is an author of its own") {
  const std::string other = Scene().Write(
      "machine.csv", "video,subject,behavior,start_frame,stop_frame\nvideo,vole_1,rest,0,46\n");
  const json report = VoleJson({"report", Scene().project, "--against", other, "--agreement"});
  CHECK(report["agreement"][0]["second"] == "machine");
  CHECK(report["agreement"][0]["only_one"].size() == 1);  // vole_2
  CHECK(report["agreement"][0]["behaviors"]["rest"]["bouts_by_overlap"]["matched"].get<int>() >= 1);
}

TEST_CASE("What cannot be reported is one clear line, and no file is left") {
  const std::string table = Scene().Write("raters.csv", kRaters);
  const std::string project = Scene().project;
  CheckFails({"report"}, 2, {"--behaviors"});
  CheckFails({"report", project, "--behaviors", table}, 2, {"project"});
  CheckFails({"report", project, "--agreement", "anna"}, 2, {"two authors"});
  CheckFails({"report", project, "--first", "rest"}, 2, {"--second"});
  CheckFails({"report", project, "--what", "lables"}, 2, {"labels"});
  CheckFails({"report", "--behaviors", table}, 1, {"--fps"});
  CheckFails({"report", "--behaviors", table, "--fps", "25", "--video-frames", "300"}, 1,
             {"raters.csv", "line 3", "300 frames"});
  CheckFails({"report", "--behaviors", table, "--fps", "25", "--video", "day9"}, 1, {"day1, day2"});
  CheckFails({"report", project, "--trajectory", Scene().Path("t.bmp"), "--what", "labels"}, 1,
             {".png or .svg"});
  CheckFails({"report", project, "--ethogram", Scene().Path("e.gif")}, 1, {".png or .svg"});
  CheckFails({"report", project, "--automatic"}, 1, {"no video has predictions"});
  CheckFails({"report", project, "--what", "labels", "--zones", "/nowhere.json"}, 1, {"nowhere"});
  CheckFails({"report", project, "--agreement", "anna", "ben"}, 1, {"anna", "there are"});
  const std::string overlap = Scene().Write(
      "overlap.csv", "video,behavior,start_frame,stop_frame\nday1,rest,0,10\nday1,walk,10,20\n");
  CheckFails({"report", "--behaviors", overlap, "--fps", "25", "--exclusive"}, 1,
             {"line 3", "'walk'", "'rest'"});
  VoleJson({"new", Scene().Path("empty.vole")});
  CheckFails({"report", Scene().Path("empty.vole")}, 1, {"nobody scored"});
  CHECK_FALSE(std::filesystem::exists(Scene().Path("t.bmp")));
  CHECK_FALSE(std::filesystem::exists(Scene().Path("e.gif")));
}

}  // namespace behavior_report_test
