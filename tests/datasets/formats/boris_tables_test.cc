#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "datasets/formats/boris/boris.h"
#include "tests/support/coco_sample.h"

namespace boris_tables_test {

using namespace tests;  // the vocabulary of these tests
using datasets::ImportReport;
using datasets::Job;

namespace {

using Bout = std::tuple<std::string, std::string, int, int>;  // video, behavior, start, end

std::set<Bout> Bouts(const datasets::Project& project) {
  std::map<datasets::Id, std::string> names;
  for (const auto& behavior : project.Behaviors()) names[behavior.id] = behavior.name;
  std::set<Bout> bouts;
  for (const auto& video : project.Videos()) {
    for (const auto& row : project.BehaviorIntervals(video.id)) {
      bouts.insert({video.name, names[row.behavior_id], row.start_frame, row.end_frame});
    }
  }
  return bouts;
}

// A project with part1 and part2, of 60 frames at 25 frames/s.
struct Stage {
  TempDir folder;
  std::unique_ptr<datasets::Project> project = datasets::Project::Create(folder / "b.vole");
  Job job;
  Stage() {
    AddVideoRow(*project, "part1", 60, 64, 48);
    AddVideoRow(*project, "part2", 60, 64, 48);
  }
  ImportReport Import(const std::string& text, const std::string& name = "t.csv") {
    return datasets::Import(*project, "boris", WriteText(folder, text, name), {}, job);
  }
  std::string Error(const std::string& text) {
    return ErrorOf([&] { Import(text); });
  }
};

const char kTwoMedia[] = "player #1:/d/part1.mp4;/d/part2.mp4|player #2:/d/top.mp4";

json Project(const json& behaviors, const json& events) {
  return {{"behaviors_conf", behaviors},
          {"observations",
           {{"o",
             {{"file", {{"1", {"part1.mp4", "part2.mp4"}}}},
              {"media_info", {{"length", {{"part1.mp4", 2.4}, {"part2.mp4", 2.4}}}}},
              {"events", events}}}}}};
}

}  // namespace

TEST_CASE("events of BORIS 8 and 9 say START and STOP in the column Behavior type") {
  Stage stage;
  const ImportReport report = stage.Import(
      "Observation id,Source,Media duration (s),FPS,Subject,Behavior,Behavior type,Time,Media file "
      "name\n"
      "o,player #1:/d/part1.mp4,2.4,25,,groom,START,0.4,/d/part1.mp4\n"
      "o,player #1:/d/part1.mp4,2.4,25,,call,POINT,0.48,/d/part1.mp4\n"
      "o,player #1:/d/part1.mp4,2.4,25,,groom,STOP,0.8,/d/part1.mp4\n");
  CHECK(report.warnings.empty());
  CHECK(Bouts(*stage.project) ==
        std::set<Bout>{{"part1", "groom", 10, 20}, {"part1", "call", 12, 13}});
}

TEST_CASE("BORIS 7 writes lines about the observation above the names of its columns") {
  for (const char separator : {',', '\t'}) {
    Stage stage;
    std::string text =
        "Observation id,o\n\nMedia file(s)\n\nPlayer #1,D:/x/part1.mp4\n\nTime offset (s),0\n\n"
        "independent variables\nvariable,value\n\n"
        "Time,Media file path,Total length,FPS,Subject,Behavior,Behavioral "
        "category,Comment,Status\n"
        "0.4,Z:/rgb/part1.mp4,2.4,25,,groom,,,START\n0.8,Z:/rgb/part1.mp4,2.4,25,,groom,,,STOP\n";
    std::replace(text.begin(), text.end(), ',', separator);
    CHECK(stage.Import(text, separator == ',' ? "t.csv" : "t.tsv").intervals == 1);
    CHECK(Bouts(*stage.project) == std::set<Bout>{{"part1", "groom", 10, 20}});
  }
}

TEST_CASE("states that differ in any of their modifiers are two, and their names say all") {
  Stage stage;
  const std::string head =
      "Observation id,Subject,Behavior,Modifier #1,Modifier #2,Status,Time,Media file name\n";
  const ImportReport report =
      stage.Import(head +
                   "o,Ada,sniff,object,left,START,0.2,part1.mp4\n"
                   "o,Ada,sniff,object,right,START,0.4,part1.mp4\n"
                   "o,Ada,sniff,object,left,STOP,0.8,part1.mp4\n"
                   "o,Ada,sniff,object,right,STOP,1.2,part1.mp4\n"
                   "o,Ada,sniff,,right,START,1.6,part1.mp4\no,Ada,sniff,,right,STOP,1.8,part1.mp4\n"
                   "o,Ada,sniff,None,,START,2,part1.mp4\no,Ada,sniff,None,,STOP,2.2,part1.mp4\n");
  CHECK(report.warnings.empty());
  CHECK(Bouts(*stage.project) == std::set<Bout>{{"part1", "sniff (object|left)", 5, 20},
                                                {"part1", "sniff (object|right)", 10, 30},
                                                {"part1", "sniff (None|right)", 40, 45},
                                                {"part1", "sniff", 50, 55}});
}

TEST_CASE("times of an observation over several files go on from one to the next") {
  const std::string source = std::string("o,\"") + kTwoMedia + "\",2.400;2.400|4.8,";
  const std::string aggregated =
      "Observation id,Source,Media duration (s),Subject,Behavior,Behavior type,Start (s),Stop (s),"
      "Media file name\n" +
      source + "Ada,groom,STATE,0.4,1.2,/d/part1.mp4\n" + source +
      "Ada,groom,STATE,2.8,3.6,/d/part2.mp4\n" + source + "Ada,rear,STATE,2.0,4.4,/d/part1.mp4\n" +
      source + "Ada,call,POINT,2.4,2.4,/d/part2.mp4\n";
  const auto event = [&](const std::string& behavior, const std::string& state,
                         const std::string& time, const std::string& part) {
    return source + "Ada," + behavior + "," + state + "," + time + ",/d/" + part + ".mp4\n";
  };
  const std::string events =
      "Observation id,Source,Media duration (s),Subject,Behavior,Status,Time,Media file name\n" +
      event("groom", "START", "0.4", "part1") + event("groom", "STOP", "1.2", "part1") +
      event("rear", "START", "2.0", "part1") + event("call", "POINT", "2.4", "part2") +
      event("groom", "START", "2.8", "part2") + event("groom", "STOP", "3.6", "part2") +
      event("rear", "STOP", "4.4", "part2");
  const json project = Project({{"0", {{"code", "groom"}, {"type", "State event"}}},
                                {"1", {{"code", "rear"}, {"type", "State event"}}},
                                {"2", {{"code", "call"}, {"type", "Point event"}}}},
                               {{0.4, "Ada", "groom", "", ""},
                                {1.2, "Ada", "groom", "", ""},
                                {2.0, "Ada", "rear", "", ""},
                                {2.4, "Ada", "call", "", ""},
                                {2.8, "Ada", "groom", "", ""},
                                {3.6, "Ada", "groom", "", ""},
                                {4.4, "Ada", "rear", "", ""}});
  const std::set<Bout> expected = {{"part1", "groom", 10, 30},
                                   {"part2", "groom", 10, 30},
                                   {"part1", "rear", 50, 60},
                                   {"part2", "rear", 0, 50},
                                   {"part2", "call", 0, 1}};
  for (const auto& [name, text] : std::map<std::string, std::string>{
           {"a.csv", aggregated}, {"e.csv", events}, {"p.boris", project.dump()}}) {
    const auto& shown = name;
    CAPTURE(shown);
    Stage stage;
    stage.Import(text, name);
    CHECK(Bouts(*stage.project) == expected);
  }
  Stage stage;
  CHECK(Says(
      stage.Error("Observation id,Subject,Behavior,Behavior type,Start (s),Stop (s),Media file "
                  "name\no,a,groom,STATE,0.4,1.2,part1.mp4\no,a,groom,STATE,2.8,3,part2.mp4\n"),
      {"line 2", "several files", ".boris project"}));
  CHECK(Says(stage.Error("Observation id,Subject,Behavior,Status,Time,Media file name\n"
                         "o,a,groom,BEGIN,0.4,part1.mp4\n"),
             {"line 2", "START"}));
}

TEST_CASE("behaviors that BORIS excludes in pairs come into groups that exclude no other pair") {
  Stage stage;
  const json behaviors = {{"0", {{"code", "a"}, {"type", "State event"}, {"excluded", "b"}}},
                          {"1", {{"code", "b"}, {"type", "State event"}, {"excluded", "a,c"}}},
                          {"2", {{"code", "c"}, {"type", "State event"}, {"excluded", "b"}}},
                          {"3", {{"code", "x"}, {"type", "State event"}, {"excluded", "y"}}},
                          {"4", {{"code", "y"}, {"type", "State event"}, {"excluded", ""}}}};
  const json events = {{0.0, "m", "a", "", ""}, {0.4, "m", "c", "", ""}, {0.8, "m", "a", "", ""},
                       {1.2, "m", "c", "", ""}, {1.2, "m", "b", "", ""}, {2.0, "m", "b", "", ""}};
  const ImportReport report = stage.Import(Project(behaviors, events).dump(), "p.boris");
  CHECK(report.intervals == 3);
  std::map<std::string, std::string> group;
  for (const auto& behavior : stage.project->Behaviors()) {
    group[behavior.name] = behavior.exclusion_group;
  }
  CHECK(group["a"] != group["c"]);
  CHECK(!group["a"].empty());
  CHECK(group["a"] == group["b"]);
  CHECK(group["x"] == group["y"]);
  REQUIRE(report.warnings.size() == 1);
  CHECK(Says(report.warnings[0], {"'b' and 'c' exclude each other"}));
}

TEST_CASE("a behavior may happen with two modifiers at once though it excludes others") {
  Stage stage;
  const json behaviors = {{"0", {{"code", "sniff"}, {"type", "State event"}, {"excluded", "rest"}}},
                          {"1", {{"code", "rest"}, {"type", "State event"}, {"excluded", ""}}}};
  const json events = {{0.0, "m", "sniff", "left", ""},
                       {0.4, "m", "sniff", "right", ""},
                       {0.8, "m", "sniff", "left", ""},
                       {1.2, "m", "sniff", "right", ""}};
  const ImportReport report = stage.Import(Project(behaviors, events).dump(), "p.boris");
  CHECK(report.intervals == 2);
  REQUIRE(report.warnings.size() == 1);
  CHECK(Says(report.warnings[0], {"'sniff'", "several modifiers at once"}));
}

TEST_CASE("an offset of BORIS that is no number, or of which rows disagree, moves nothing") {
  Stage stage;
  const auto table = [](const std::string& first, const std::string& second) {
    return "Observation id,Time offset (s),Subject,Behavior,Behavior type,Start (s),Stop (s),Media "
           "file name\no," +
           first + ",a,groom,STATE,10.4,11.2,part1.mp4\no," + second +
           ",a,groom,STATE,11.6,11.8,part1.mp4\n";
  };
  CHECK(Says(stage.Error(table("00:10", "00:10")), {"line 2", "'00:10'", "0 where there is none"}));
  CHECK(Says(stage.Error(table("10", "5")), {"line 3", "is 5 s", "line 2", "10 s"}));
  CHECK(Says(stage.Error(table("10", "")), {"line 3", "is 0 s"}));
  CHECK(stage.project->Behaviors().empty());
  stage.Import(table("10", "10.0"));
  CHECK(Bouts(*stage.project) ==
        std::set<Bout>{{"part1", "groom", 10, 30}, {"part1", "groom", 40, 45}});
  json project = Project({{"0", {{"code", "a"}, {"type", "Point event"}}}},
                         json::array({{10.4, "m", "a", "", ""}}));
  project["observations"]["o"]["time offset"] = "00:00:10";
  Stage other;
  CHECK(Says(ErrorOf([&] { other.Import(project.dump(), "p.boris"); }),
             {"'o'", "00:00:10", "no number of seconds"}));
  project["observations"]["o"]["time offset"] = "10.0";
  other.Import(project.dump(), "p.boris");
  CHECK(Bouts(*other.project) == std::set<Bout>{{"part1", "a", 10, 11}});
}

}  // namespace boris_tables_test
