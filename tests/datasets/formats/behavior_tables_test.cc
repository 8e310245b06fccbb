#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>
#include <tuple>

#include "datasets/files/json_entries.h"
#include "datasets/formats/behaviors/behaviors.h"
#include "datasets/formats/boris/boris.h"
#include "tests/support/coco_sample.h"
#include "tests/support/shared_data.h"

namespace behavior_tables_test {

using namespace tests;  // the vocabulary of these tests
using datasets::ImportOptions;
using datasets::ImportReport;
using datasets::Job;

namespace {

// video (name), subject, behavior, author, start, end of each stored interval.
std::set<std::tuple<std::string, std::string, std::string, std::string, int, int>> Bouts(
    const datasets::Project& project, bool with_author = true) {
  std::map<datasets::Id, std::string> names;
  for (const auto& behavior : project.Behaviors()) names[behavior.id] = behavior.name;
  std::set<std::tuple<std::string, std::string, std::string, std::string, int, int>> bouts;
  for (const auto& video : project.Videos()) {
    for (const auto& row : project.BehaviorIntervals(video.id)) {
      bouts.insert({video.name, row.subject, names[row.behavior_id], with_author ? row.author : "",
                    row.start_frame, row.end_frame});
    }
  }
  return bouts;
}

}  // namespace

TEST_CASE("a behavior table comes in with both ends inclusive, once, and goes out the same") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  const std::string table =
      "video,subject,rater,behavior,start_frame,stop_frame\n"
      "clip.mp4,ann,r1,walk,0,29\nclip.mp4,ann,r2,walk,5,5\nclip.mp4,,,\"run, fast\",99,99\n";
  const auto path = WriteText(folder, table, "b.csv");
  Job job;
  const ImportReport report = Import(*project, "behaviors", path, {}, job);
  CHECK(report.intervals == 3);
  CHECK(report.behaviors == 2);
  CHECK(Bouts(*project) == decltype(Bouts(*project)){{"clip", "ann", "walk", "r1", 0, 30},
                                                     {"clip", "ann", "walk", "r2", 5, 6},
                                                     {"clip", "", "run, fast", "import", 99, 100}});
  const ImportReport again = Import(*project, "behaviors", path, {}, job);
  CHECK(again.intervals == 0);
  CHECK(again.already_present == 3);
  Export(*project, "behaviors", folder / "out.csv", {}, job);
  CHECK(Import(*project, "behaviors", folder / "out.csv", {}, job).already_present == 3);
}

TEST_CASE("a faulty behavior table is one clear line and nothing is stored") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  Job job;
  const std::string header = "video,subject,behavior,start_frame,stop_frame\n";
  const auto refuse = [&](const std::string& text) {
    const std::string error =
        ErrorOf([&] { Import(*project, "behaviors", WriteText(folder, text, "b.csv"), {}, job); });
    CHECK(project->Behaviors().empty());
    return error;
  };
  CHECK(Says(refuse(header + "clip,a,walk,0,100\n"), {"b.csv', line 2", "0 to 99"}));
  CHECK(Says(refuse(header + "clip,a,walk,9,8\n"), {"line 2", "before its start"}));
  CHECK(Says(refuse(header + "clip,a,walk,x,8\n"), {"line 2", "'x'", "start_frame"}));
  CHECK(Says(refuse(header + "clip,a,walk,nan,8\n"), {"line 2", "'nan'"}));
  CHECK(Says(refuse(header + "clip,a,walk,-1,8\n"), {"line 2", "from 0"}));
  CHECK(Says(refuse(header + "clip,a,,1,8\n"), {"line 2", "no behavior"}));
  CHECK(Says(refuse(header + "else,a,walk,1,8\n"), {"else", "--video"}));
  CHECK(Says(refuse(header + "clip,\"a,walk,1,8\n"), {"line 2", "quote"}));
  CHECK(Says(refuse("video,subject\nclip,a\n"), {"does not name", "behavior"}));
  CHECK(Says(refuse(""), {"empty"}));
}

TEST_CASE("behaviors that exclude each other must not overlap in an import") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  project->Write([](datasets::Writer& writer) {
    for (const char* name : {"walk", "rest"}) {
      datasets::BehaviorRow row;
      row.name = name;
      row.exclusion_group = "movement";
      writer.FindOrInsertBehavior(row);
    }
  });
  Job job;
  const std::string header = "subject,behavior,start_frame,stop_frame\n";
  const auto bad = WriteText(folder, header + "a,walk,0,10\na,rest,10,20\n", "bad.csv");
  CHECK(Says(ErrorOf([&] { Import(*project, "behaviors", bad, {}, job); }),
             {"line 3", "'rest' overlaps 'walk'", "movement"}));
  CHECK(Bouts(*project).empty());
  const auto good = WriteText(folder, header + "a,walk,0,9\na,rest,10,20\nb,rest,5,9\n", "g.csv");
  CHECK(Import(*project, "behaviors", good, {}, job).intervals == 3);
  // What came in before counts too, but only what the same person said.
  const auto later = WriteText(folder, header + "a,rest,3,4\n", "later.csv");
  CHECK(Says(ErrorOf([&] { Import(*project, "behaviors", later, {}, job); }),
             {"line 2", "'rest' overlaps 'walk' (frames 0 to 9 of the project)", "movement"}));
  CHECK(Bouts(*project).size() == 3);
  datasets::ImportOptions other;
  other.author = "ben";
  CHECK(Import(*project, "behaviors", later, other, job).intervals == 1);
}

TEST_CASE("a table says which behaviors exclude each other, coming in and going out") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  Job job;
  const std::string header = "subject,behavior,start_frame,stop_frame,kind,group\n";
  const auto grouped =
      WriteText(folder, header + "a,dig,0,9,state,paws\na,groom,9,20,state,paws\n", "grouped.csv");
  CHECK(Says(ErrorOf([&] { Import(*project, "behaviors", grouped, {}, job); }),
             {"line 3", "'groom' overlaps 'dig'", "'paws'"}));
  CHECK(project->Behaviors().empty());  // nothing of a refused file stays
  project->Write([](datasets::Writer& writer) {
    datasets::BehaviorRow row;
    row.name = "dig";  // known already, of no group: the file is taken at its word
    writer.FindOrInsertBehavior(row);
  });
  CHECK(Says(ErrorOf([&] { Import(*project, "behaviors", grouped, {}, job); }),
             {"line 3", "'groom' overlaps 'dig'", "'paws'"}));

  auto second = datasets::Project::Create(folder / "second.vole");
  AddVideoRow(*second, "clip", 100, 64, 48);
  const auto apart = WriteText(
      folder, header + "a,dig,0,8,state,paws\na,groom,9,20,state,paws\na,call,9,9,point,\n",
      "apart.csv");
  Import(*second, "behaviors", apart, {}, job);
  datasets::Export(*second, "behaviors", folder / "out.csv", {}, job);
  auto third = datasets::Project::Create(folder / "third.vole");
  AddVideoRow(*third, "clip", 100, 64, 48);
  Import(*third, "behaviors", folder / "out.csv", {}, job);
  for (const auto& behavior : third->Behaviors()) {
    CHECK(behavior.exclusion_group == (behavior.name == "call" ? "" : "paws"));
  }
}

TEST_CASE("three raters of real sessions come in, each under their name") {
  const auto data = SharedData("oft_three_raters");
  if (!data) return;
  TempDir folder;
  auto project = datasets::Project::Create(folder / "oft.vole");
  for (const char* name : {"OFT_5", "OFT_6", "OFT_11", "OFT_12", "OFT_14"}) {
    AddVideoRow(*project, name, 20000, 64, 48);
  }
  Job job;
  const auto rows = datasets::ReadBehaviorTable(*data / "behaviors.csv");
  const ImportReport report = Import(*project, "behaviors", *data / "behaviors.csv", {}, job);
  CHECK(report.intervals + report.already_present == static_cast<int64_t>(rows.size()));
  std::set<std::string> authors;
  for (const auto& bout : Bouts(*project)) authors.insert(std::get<3>(bout));
  CHECK(authors == std::set<std::string>{"rater_A", "rater_B", "rater_C"});
}

TEST_CASE("a BORIS project comes in, unpaired events are named, and it goes out and back") {
  const auto data = SharedData("boris_example");
  if (!data) return;
  TempDir folder;
  auto project = datasets::Project::Create(folder / "b.vole");
  Job job;
  CHECK(Says(ErrorOf([&] { Import(*project, "boris", *data / "test2.boris", {}, job); }),
             {"none of its videos", "vole add-video"}));
  AddVideoRow(*project, "video_test_25fps_360s", 9000, 64, 48);
  AddVideoRow(*project, "video_test_25fps_180s", 4500, 64, 48);
  const ImportReport report = Import(*project, "boris", *data / "test2.boris", {}, job);
  CHECK(report.intervals > 20);
  const auto all = Bouts(*project);
  // observation #1: subject1 's' from 3.3 s to 7.75 s at 25 frames/s.
  int found = 0;
  for (const auto& [video, subject, behavior, author, start, end] : all) {
    found += video == "video_test_25fps_360s" && subject == "subject1" && behavior == "s" &&
             start == 83 && end == 194;
  }
  CHECK(found == 1);
  const auto content = datasets::ReadBoris(*data / "test2.boris");
  bool live = false;
  for (const auto& warning : report.warnings) live = live || warning.find("'live") != warning.npos;
  CHECK(live);
  CHECK(Import(*project, "boris", *data / "test2.boris", {}, job).intervals == 0);

  for (const std::string name : {"out.boris", "out.csv", "out.tsv"}) {
    CAPTURE(name);
    CHECK(Export(*project, "boris", folder / name, {}, job).intervals ==
          static_cast<int64_t>(all.size()));
    TempDir second;
    auto copy = datasets::Project::Create(second / "c.vole");
    AddVideoRow(*copy, "video_test_25fps_360s", 9000, 64, 48);
    AddVideoRow(*copy, "video_test_25fps_180s", 4500, 64, 48);
    Import(*copy, "boris", folder / name, {}, job);
    CHECK(Bouts(*copy, false) == Bouts(*project, false));
  }
}

TEST_CASE("state events without their partner are reported one by one") {
  TempDir folder;
  auto project = LabelProject(folder.path());
  Job job;
  const json tree = {{"behaviors_conf",
                      {{"0", {{"code", "s"}, {"type", "State event"}, {"excluded", "t"}}},
                       {"1", {{"code", "t"}, {"type", "State event"}, {"excluded", ""}}},
                       {"2", {{"code", "p"}, {"type", "Point event"}}}}},
                     {"observations",
                      {{"o",
                        {{"file", {{"1", {"clip.mp4"}}}},
                         {"events",
                          {{0.0, "a", "s", "", ""},
                           {0.4, "a", "s", "", ""},
                           {1.0, "a", "s", "", ""},
                           {2.0, "", "p", "front", ""}}}}}}}};
  const auto path = WriteText(folder, tree.dump(), "x.boris");
  const ImportReport report = Import(*project, "boris", path, {}, job);
  CHECK(report.intervals == 2);
  REQUIRE(report.warnings.size() == 1);
  CHECK(Says(report.warnings[0], {"'o', event 3", "'s' of a", "1 s", "never stops"}));
  std::map<std::string, datasets::BehaviorRow> behaviors;
  for (const auto& behavior : project->Behaviors()) behaviors[behavior.name] = behavior;
  CHECK(behaviors["s"].exclusion_group == behaviors["t"].exclusion_group);
  CHECK(!behaviors["s"].exclusion_group.empty());
  CHECK(behaviors["p (front)"].is_point);

  std::mt19937 random(3);
  const std::string text = tree.dump();
  for (int round = 0; round < 200; ++round) {  // damaged files are refused or read, never a crash
    std::string broken = text.substr(0, round < 60 ? text.size() * round / 60 : text.size());
    if (!broken.empty()) broken[random() % broken.size()] = static_cast<char>(random() % 128);
    ErrorOf([&] { datasets::ReadBoris(WriteText(folder, broken, "broken.boris")); });
  }

  const auto table = WriteText(folder,
                               "Time,Media file path,FPS,Subject,Behavior,Status\n"
                               "0.2,clip.mp4,25,a,s,STOP\n0.4,clip.mp4,25,a,s,START\n",
                               "events.csv");
  const ImportReport events = Import(*project, "boris", table, {}, job);
  CHECK(events.intervals == 0);
  REQUIRE(events.warnings.size() == 2);
  CHECK(Says(events.warnings[0], {"events.csv', line 2", "STOP"}));
  CHECK(Says(events.warnings[1], {"line 3", "no STOP"}));
}

}  // namespace behavior_tables_test
