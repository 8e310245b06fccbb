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

Bouts BoutsOf(const datasets::Project& project) {
  std::map<datasets::Id, std::string> names;
  for (const auto& behavior : project.Behaviors()) names[behavior.id] = behavior.name;
  Bouts bouts;
  for (const auto& row : project.BehaviorIntervals(project.VideoByName("clip").id)) {
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
      REQUIRE(report.warnings.size() == 1);
      CHECK(Says(report.warnings[0], {"2 columns are no behaviors", "Groom, rear"}));
    }
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

}  // namespace behavior_frames_test
