#include "datasets/formats/behaviors/behavior_frames.h"

#include <doctest/doctest.h>

#include <map>
#include <set>
#include <tuple>

#include "datasets/files/json_entries.h"
#include "tests/support/coco_sample.h"

namespace behavior_frames_test {

using namespace tests;  // the vocabulary of these tests
using datasets::ExportOptions;
using datasets::ImportReport;
using datasets::Job;

namespace {

// subject, behavior, author, start, end
using Bouts = std::set<std::tuple<std::string, std::string, std::string, int, int>>;

Bouts BoutsOf(const datasets::Project& project, const std::string& video = "clip") {
  std::map<datasets::Id, std::string> names;
  for (const auto& behavior : project.Behaviors()) names[behavior.id] = behavior.name;
  Bouts bouts;
  for (const auto& row : project.BehaviorIntervals(project.VideoByName(video).id)) {
    bouts.insert({row.subject, names[row.behavior_id], row.author, row.start_frame, row.end_frame});
  }
  return bouts;
}

}  // namespace

TEST_CASE("tables of a row a frame and a column of 0 and 1 a behavior come in as bouts") {
  const Bouts expected = {
      {"", "Groom", "import", 1, 3}, {"", "Groom", "import", 4, 5}, {"", "rear", "import", 2, 4}};
  const std::map<std::string, std::string> tables = {
      {"DeepEthogram", ",background,Groom,rear\n0,1,0,0\n1,0,1,0\n2,0,1,1\n3,0,0,1\n4,0,1,0\n"},
      {"SimBA",
       ",Nose_x,Nose_p,Groom,rear\n0,7.5,1,0,0\n1,8,0.9,1,0\n2,8,1,1,1\n3,8,1,0,1\n4,8,1,1,0\n"},
      {"JABS", "frame,Groom,rear\n0,-1,-1\n1,1,0\n2,1,1\n3,-1,1\n4,1,-1\n"},
      {"without frames", "Groom;rear\n0;0\n1;0\n1.0;1\n0;TRUE\n1;False\n"},
      {"with a gap", "frame,Groom,rear\n1,1,0\n2,1,1\n4,1,0\n3,0,1\n"}};
  for (const auto& [tool, text] : tables) {
    const auto& shown = tool;
    CAPTURE(shown);
    TempDir folder;
    auto project = LabelProject(folder.path());
    AddVideoRow(*project, "other", 100, 64, 48);
    Job job;
    const ImportReport report =
        Import(*project, "behaviors", WriteText(folder, text, "clip_labels.csv"), {}, job);
    CHECK(BoutsOf(*project) == expected);
    if (tool == "SimBA") {
      REQUIRE(report.warnings.size() == 2);
      CHECK(Says(report.warnings[0], {"2 columns are no behaviors", "Groom, rear"}));
      CHECK(Says(report.warnings[1], {"5 rows", "'clip' has 100", "taken for frames 0 to 4"}));
    }
    if (tool == "with a gap") CHECK(Says(report.warnings.at(0), {"number 1", "--first-frame 1"}));
    if (tool == "JABS") CHECK(Says(report.warnings.at(0), {"4 cells", "nobody scored"}));
  }
}

TEST_CASE("a faulty table of frames is one clear line") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  Job job;
  const auto refuse = [&](const std::string& text, const std::string& name = "clip.csv") {
    return ErrorOf([&] { Import(*project, "behaviors", WriteText(folder, text, name), {}, job); });
  };
  CHECK(Says(refuse("frame,dig\n0,1\n0,1\n"), {"line 3", "frame 0 comes twice"}));
  CHECK(Says(refuse("frame,dig\n-1,1\n"), {"line 2", "from 0"}));
  CHECK(Says(refuse("frame,dig\n100,1\n"), {"line 2", "0 to 99"}));
  CHECK(Says(refuse("frame,dig\n1,7\n"), {"does not name", "behavior"}));
  AddVideoRow(*project, "other", 100, 64, 48);
  CHECK(Says(refuse("frame,dig\n1,1\n", "x.csv"), {"--video"}));
  CHECK(project->Behaviors().empty());
}

TEST_CASE("bouts go out a row a frame and come back, with several subjects and raters too") {
  for (const std::string rows :
       {"clip,,r,dig,3,9\nclip,,r,rest,10,99\nclip,,r,dig,20,20\n",
        "clip,a,r,dig,3,9\nclip,b,r,dig,5,5\n", "clip,a,r,dig,3,9\nclip,b,s,dig,5,5\n",
        "clip,,r,background,0,4\n"}) {
    CAPTURE(rows);
    TempDir folder;
    auto project = LabelProject(folder.path());
    Job job;
    Import(
        *project, "behaviors",
        WriteText(folder, "video,subject,rater,behavior,start_frame,stop_frame\n" + rows, "b.csv"),
        {}, job);
    ExportOptions options;
    options.per_frame = true;
    Export(*project, "behaviors", folder / "clip.csv", options, job);
    TempDir second;
    auto copy = LabelProject(second.path());
    datasets::ImportOptions by;
    by.author = "r";
    Import(*copy, "behaviors", folder / "clip.csv", by, job);
    Bouts expected = BoutsOf(*project);
    if (rows.find("background") != std::string::npos) expected.clear();
    CHECK(BoutsOf(*copy) == expected);
  }
}

TEST_CASE("a table of frames has a row for every frame and a column for no behavior") {
  TempDir folder;
  auto project = LabelProject(folder.path(), 4);
  Job job;
  Import(
      *project, "behaviors",
      WriteText(folder, "behavior,start_frame,stop_frame\ndig,1,2\n\"run, fast\",2,2\n", "b.csv"),
      {}, job);
  ExportOptions options;
  options.per_frame = true;
  Export(*project, "behaviors", folder / "f.csv", options, job);
  CHECK(datasets::ReadTextFile(folder / "f.csv", "f") ==
        "frame,background,dig,\"run, fast\"\n0,1,0,0\n1,0,1,0\n2,0,1,1\n3,1,0,0\n");
  AddVideoRow(*project, "other", 9, 64, 48);
  CHECK(Says(ErrorOf([&] { Export(*project, "behaviors", folder / "f.csv", options, job); }),
             {"'clip', 'other'"}));
}

namespace {

// clip, other and third, of 100, 50 and 100 frames at 25 frames a second.
struct Stage {
  TempDir folder;
  std::unique_ptr<datasets::Project> project = LabelProject(folder.path());
  datasets::ImportOptions options;
  Stage() {
    AddVideoRow(*project, "other", 50, 64, 48);
    AddVideoRow(*project, "third", 100, 64, 48);
  }
  std::string Import(const std::string& text) {  // what was said
    Job job;
    std::string all;
    const auto path = WriteText(folder, text, "clip.csv");
    for (const auto& one : datasets::Import(*project, "behaviors", path, options, job).warnings) {
      all += one + "\n";
    }
    return all;
  }
  std::string Refusal(const std::string& text) {
    const std::string said = ErrorOf([&] { Import(text); });
    CHECK(said.find('\n') == std::string::npos);
    CHECK(project->Behaviors().empty());
    return said;
  }
};

// Lines "VIDEO,NUMBER,0 or 1" from `first` to `last`, 1 from `start` to `stop`.
std::string Numbered(const std::string& video, int first, int last, int start, int stop) {
  std::string text;
  for (int i = first; i <= last; ++i) {
    text += video + "," + std::to_string(i) + (i >= start && i <= stop ? ",1\n" : ",0\n");
  }
  return text;
}

// Rows `step` apart from `from` on, 1 in those from `start` to `stop` (of the rows, from 0).
std::string Timed(int rows, double from, double step, int start, int stop, bool index = false) {
  std::string text = index ? ",time,dig\n" : "time,dig\n";
  for (int i = 0; i < rows; ++i) {
    text += (index ? std::to_string(i) + "," : "") + datasets::CsvNumber(from + i * step, 6) +
            (i >= start && i <= stop ? ",1\n" : ",0\n");
  }
  return text;
}

Bouts Dig(int start, int end) { return {{"", "dig", "import", start, end}}; }

}  // namespace

TEST_CASE("whether frames count from 0 or from 1 is told for each video of a table") {
  const std::string head = "video,frame,dig\n";
  const std::string whole = Numbered("clip", 1, 100, 91, 100);
  {
    Stage stage;
    const std::string said =
        stage.Import(head + whole + Numbered("other", 1, 50, 41, 49) +
                     Numbered("third", 1, 60, 11, 20));  // which says nothing by itself
    CHECK(BoutsOf(*stage.project) == Dig(90, 100));
    CHECK(BoutsOf(*stage.project, "other") == Dig(40, 49));
    CHECK(BoutsOf(*stage.project, "third") == Dig(10, 20));
    CHECK(Says(said, {"from 1 to 100", "1 was taken for the first", "2 other videos"}));
  }
  {
    Stage stage;  // each as it says itself
    stage.Import(head + whole + Numbered("other", 0, 49, 41, 49));
    CHECK(BoutsOf(*stage.project) == Dig(90, 100));
    CHECK(BoutsOf(*stage.project, "other") == Dig(41, 50));
  }
  Stage stage;
  const std::string mixed =
      head + whole + Numbered("other", 0, 49, 41, 49) + Numbered("third", 1, 60, 11, 20);
  CHECK(Says(stage.Refusal(mixed), {"from 0 or from 1", "'other'", "'clip'", "--first-frame"}));
  CHECK(Says(stage.Refusal(head + Numbered("clip", 50, 100, 60, 70)),
             {"to frame 100", "frames 0 to 99", "--first-frame 1"}));
  CHECK(Says(stage.Refusal(head + Numbered("other", 0, 99, 10, 20)),
             {"to frame 99", "'other' has frames 0 to 49"}));
  stage.options.first_frame = 1;
  CHECK(Says(stage.Refusal(head + Numbered("other", 0, 49, 0, 9)),
             {"line 2", "the first frame of the video is number 1"}));
  stage.Import(mixed);
  CHECK(BoutsOf(*stage.project, "other") == Dig(40, 49));
  CHECK(BoutsOf(*stage.project, "third") == Dig(10, 20));
}

TEST_CASE("rows are placed by the time at which a recording of them begins") {
  {
    Stage stage;  // a row a frame, from 2 s on
    const std::string said = stage.Import(Timed(40, 2, 0.04, 0, 9));
    CHECK(BoutsOf(*stage.project) == Dig(50, 60));
    CHECK(Says(said, {"begin at 2 s", "frame 50"}));
  }
  {
    Stage stage;  // each animal from its own time on
    std::string text = "subject,time,dig\n";
    for (int i = 0; i < 20; ++i) text += "a," + datasets::CsvNumber(i * 0.04) + ",1\n";
    for (int i = 0; i < 20; ++i) text += "b," + datasets::CsvNumber(1 + i * 0.04) + ",1\n";
    stage.Import(text);
    CHECK(BoutsOf(*stage.project) ==
          Bouts{{"a", "dig", "import", 0, 20}, {"b", "dig", "import", 25, 45}});
  }
  {
    Stage stage;  // pandas counts its rows unasked: five a second
    const std::string said = stage.Import(Timed(20, 0, 0.2, 5, 9, true));
    CHECK(BoutsOf(*stage.project) == Dig(25, 50));
    CHECK(Says(said, {"0.2 s apart"}));
  }
  {
    Stage stage;  // numbers of frames beside it count
    stage.Import(",frame,dig\n0,30,1\n1,31,1\n2,32,0\n");
    CHECK(BoutsOf(*stage.project) == Dig(30, 32));
  }
  {
    Stage stage;
    const std::string said = stage.Import("frame,time,dig\n30,0,1\n31,0.2,1\n32,0.4,0\n");
    CHECK(BoutsOf(*stage.project) == Dig(30, 32));
    CHECK(Says(said, {"0.2 s a frame", "0.04 s", "not the times"}));
  }
  {
    Stage stage;  // the last row lasts longer than the video
    stage.Import(Timed(14, 0, 0.3, 13, 13));
    CHECK(BoutsOf(*stage.project) == Dig(98, 100));
  }
  Stage stage;  // as many rows as frames are these, whatever the times count
  CHECK(Says(stage.Import(Timed(100, 0, 40, 10, 19)), {"40 s apart", "were not used"}));
  CHECK(BoutsOf(*stage.project) == Dig(10, 20));
}

TEST_CASE("times that cannot be seconds of the video are refused, and no rows are guessed") {
  Stage stage;
  CHECK(Says(stage.Refusal(Timed(20, 0, 200, 5, 9)),
             {"line 7", "3800 s", "ends at 4 s", "milliseconds", "write seconds"}));
  CHECK(Says(stage.Refusal(Timed(2, 0, 40, 0, 0)), {"milliseconds"}));
  CHECK(Says(stage.Refusal(Timed(40, 10, 0.04, 5, 9)), {"11.56 s", "'clip' ends at 4 s"}));
  CHECK(Says(stage.Refusal(Timed(150, 0, 0.04, 5, 9)), {"5.96 s"}));
  CHECK(Says(stage.Refusal("Time,dig\n00:00:01,1\n00:00:02,0\n"),
             {"column 'Time'", "2 rows are not the 100 frames"}));
  std::string plain = "dig\n";
  for (int i = 0; i < 150; ++i) plain += i < 5 ? "1\n" : "0\n";
  CHECK(Says(stage.Refusal(plain), {"to frame 149", "frames 0 to 99"}));
}

TEST_CASE("a table of two videos of which one shows nothing gives its bouts to no other") {
  Stage stage;
  stage.options.video = "third";
  const std::string said = stage.Import("video,frame,dig\n" + Numbered("clip", 0, 99, 10, 19) +
                                        Numbered("third", 0, 99, -1, -1));
  CHECK(BoutsOf(*stage.project, "third").empty());
  CHECK(Says(said, {"1 lines about other videos"}));
}

}  // namespace behavior_frames_test
