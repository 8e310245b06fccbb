// Behavior files of other tools: SimBA and DeepEthogram (their names and habits), JABS, Bento and
// MARS, BORIS projects as BORIS 8 and 9 keep them.
#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <set>
#include <tuple>

#include "datasets/files/json_entries.h"
#include "datasets/formats/bento/bento.h"
#include "tests/support/coco_sample.h"

namespace behavior_tools_test {

using namespace tests;  // the vocabulary of these tests
using namespace datasets;
namespace fs = std::filesystem;

namespace {

// subject, behavior, author, start, end, present
using Bouts = std::set<std::tuple<std::string, std::string, std::string, int, int, bool>>;

Bouts BoutsOf(const Project& project, const std::string& video = "clip", bool with_author = true) {
  std::map<Id, std::string> names;
  for (const auto& behavior : project.Behaviors()) names[behavior.id] = behavior.name;
  Bouts bouts;
  for (const auto& row : project.BehaviorIntervals(project.VideoByName(video).id)) {
    bouts.insert({row.subject, names[row.behavior_id], with_author ? row.author : "",
                  row.start_frame, row.end_frame, row.present});
  }
  return bouts;
}

std::string Joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text + "\n";
  return all;
}

struct Stage {
  TempDir folder;
  std::unique_ptr<Project> project = LabelProject(folder.path());
  Job job;
  ExportOptions options;

  ImportReport Import(const std::string& format, const fs::path& path) {
    return datasets::Import(*project, format, path, {}, job);
  }
  ImportReport ImportText(const std::string& format, const std::string& name,
                          const std::string& text) {
    fs::create_directories((folder / name).parent_path());
    std::ofstream(folder / name) << text;
    return Import(format, folder / name);
  }
  std::string Refusal(const std::string& format, const std::string& name, const std::string& text) {
    const std::string said = ErrorOf([&] { ImportText(format, name, text); });
    CHECK(said.find('\n') == std::string::npos);
    CHECK(project->Behaviors().empty());
    return said;
  }
  void Mark(const std::string& subject, const std::string& behavior, const std::string& author,
            int start, int end, bool present = true, bool is_point = false) {
    project->Write([&](Writer& writer) {
      BehaviorRow row;
      row.name = behavior;
      row.is_point = is_point;
      BehaviorIntervalRow bout;
      bout.video_id = project->VideoByName("clip").id;
      bout.subject = subject;
      bout.behavior_id = writer.FindOrInsertBehavior(row);
      bout.start_frame = start;
      bout.end_frame = end;
      bout.present = present;
      bout.author = author;
      writer.InsertBehaviorInterval(bout);
    });
  }
};

}  // namespace

TEST_CASE(
    "SimBA's targets and machine results are recognized, and whose answers they are is said") {
  Stage stage;
  const std::string parts = ",Ear_1_x,Ear_1_y,Ear_1_p,Nose_1_x,Nose_1_y,Nose_1_p,Low_prob";
  const fs::path targets = stage.folder / "csv/targets_inserted/clip.csv";
  const ImportReport report = stage.ImportText(
      "behaviors", "csv/targets_inserted/clip.csv",
      parts +
          ",Attack,Sniff\n0,1.5,2,.9,3,4,.8,0,0,0\n1,1,2,1,3,4,1,0,1,0\n2,1,2,1,3,4,1,0.5,1,1\n");
  CHECK(RecognizeFormat(targets) == "behaviors");
  CHECK(Says(Joined(report.warnings), {"7 columns are no behaviors", "Attack, Sniff"}));
  CHECK(BoutsOf(*stage.project) ==
        Bouts{{"", "Attack", "import", 1, 3, true}, {"", "Sniff", "import", 2, 3, true}});
  Stage other;
  const ImportReport machine = other.ImportText(
      "behaviors", "clip.csv",
      parts +
          ",Probability_Attack,Attack,Probability_Sniff,Sniff\n0,1.5,2,.9,3,4,.8,0,0.1,0,.2,0\n"
          "1,1,2,1,3,4,1,0,.9,1,0,0\n2,1,2,1,3,4,1,0,.8,1,1,1\n");
  CHECK(RecognizeFormat(other.folder / "clip.csv") == "behaviors");
  CHECK(Says(Joined(machine.warnings), {"classifiers", "'SimBA'"}));
  CHECK(BoutsOf(*other.project) ==
        Bouts{{"", "Attack", "SimBA", 1, 3, true}, {"", "Sniff", "SimBA", 2, 3, true}});
}

TEST_CASE("DeepEthogram's labels and predictions find their video by their own name") {
  for (const std::string name : {"clip_labels.csv", "clip_predictions.csv"}) {
    Stage stage;
    AddVideoRow(*stage.project, "other", 100, 64, 48);
    stage.ImportText("behaviors", "DATA/clip/" + name,
                     ",background,groom\n0,1,0\n1,0,1\n2,-1,-1\n");
    CHECK(RecognizeFormat(stage.folder / "DATA/clip" / name) == "behaviors");
    CHECK(BoutsOf(*stage.project) == Bouts{{"", "groom", "import", 1, 2, true}});
  }
}

namespace {

const char kJabs[] = R"({"version": 1, "file": "clip.avi", "num_frames": 100,
 "labels": {"0": {"Walking": [{"start": 5, "end": 6, "present": true}]}},
 "unfragmented_labels": {
  "0": {"Walking": [{"start": 5, "end": 9, "present": true},
                    {"start": 20, "end": 20, "present": false}], "Rest": []},
  "1": {"Walking": [{"start": 99, "end": 99, "present": true}]}},
 "external_identities": {"1": "ann"},
 "annotations": [{"start": 1, "end": 2, "tag": "x"}]})";

}  // namespace

TEST_CASE("JABS' labels come in with what is not the behavior, and go out the same") {
  Stage stage;
  const ImportReport report =
      stage.ImportText("jabs-behavior", "jabs/annotations/clip.json", kJabs);
  CHECK(RecognizeFormat(stage.folder / "jabs/annotations/clip.json") == "jabs-behavior");
  CHECK(RecognizeFormat(stage.folder / "jabs/annotations") == "jabs-behavior");
  CHECK(report.intervals == 3);
  CHECK(report.behaviors == 1);  // nobody has labeled Rest
  CHECK(Says(Joined(report.warnings), {"1 annotations that are no behaviors"}));
  const Bouts expected = {{"identity_0", "Walking", "import", 5, 10, true},
                          {"identity_0", "Walking", "import", 20, 21, false},
                          {"ann", "Walking", "import", 99, 100, true}};
  CHECK(BoutsOf(*stage.project) == expected);
  CHECK(
      Export(*stage.project, "jabs-behavior", stage.folder / "out.json", {}, stage.job).intervals ==
      3);
  const json tree = ReadJsonFile(stage.folder / "out.json", "out");
  CHECK(tree["num_frames"] == 100);
  CHECK(tree["labels"]["0"]["Walking"][0] == json{{"start", 5}, {"end", 9}, {"present", true}});
  CHECK(tree["external_identities"] == json{{"1", "ann"}});
  Export(*stage.project, "jabs-behavior", stage.folder / "out", {}, stage.job);
  for (const std::string place : {"out.json", "out"}) {
    Stage other;
    other.Import("jabs-behavior", stage.folder / place);
    CHECK(BoutsOf(*other.project) == expected);
  }
}

TEST_CASE("JABS holds no raters and no points, which is said") {
  Stage stage;
  stage.Mark("b", "rear", "eva", 5, 10);
  stage.Mark("b", "rear", "jon", 8, 12, false);
  stage.Mark("b", "rear", "jon", 20, 22, false);
  stage.Mark("a", "jump", "jon", 3, 4, true, true);
  const ExportReport report =
      Export(*stage.project, "jabs-behavior", stage.folder / "o.json", {}, stage.job);
  CHECK(report.intervals == 3);
  CHECK(Says(Joined(report.warnings), {"1 point events", "1 bouts that say 'not", "no raters"}));
  Stage other;
  other.Import("jabs-behavior", stage.folder / "o.json");
  CHECK(BoutsOf(*other.project) == Bouts{{"b", "rear", "import", 5, 10, true},
                                         {"b", "rear", "import", 20, 22, false},
                                         {"a", "jump", "import", 3, 4, true}});
}

TEST_CASE("a faulty file of JABS is one clear line, and nothing of it is stored") {
  Stage stage;
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = kJabs;
    text.replace(text.find(from), from.size(), to);
    return stage.Refusal("jabs-behavior", "clip.json", text);
  };
  CHECK(Says(with("\"start\": 20", "\"start\": 21"), {"block 2", "before it starts"}));
  CHECK(Says(with("\"start\": 20", "\"start\": -1"), {"no number of a frame"}));
  CHECK(Says(with("\"end\": 99", "\"end\": 100"), {"not all inside"}));
  CHECK(Says(with("\"end\": 99", "\"end\": 99999999999"), {"no number of a frame"}));
  CHECK(Says(with("\"present\": false", "\"present\": 0"), {"whether it is present"}));
  CHECK(Says(with("num_frames\": 100", "num_frames\": 90"), {"90 frames", "'clip' has 100"}));
  CHECK(Says(with("clip.avi", "lost.avi"), {"'lost.avi'"}));
  CHECK(Says(with("\"version\": 1", "\"version\": 2"), {"version is 2"}));
  CHECK(Says(stage.Refusal("jabs-behavior", "clip.json", std::string(kJabs).substr(0, 200)),
             {"ends in the middle"}));
  CHECK(Says(stage.Refusal("jabs-behavior", "clip.json", "{}"), {"no file and labels"}));
}

namespace {

const char kBento[] =
    "Bento annotation file\nMovie file(s):  C:\\data\\clip.mp4 \n\nStimulus name: mouse\n"
    "Annotation start frame: 1\nAnnotation stop frame: 100\nAnnotation framerate: 25.000000\n\n"
    "List of channels:\nCh1\nann\n\nList of annotations:\nattack\nmount\nother\n\n"
    "Ch1----------\n>attack\nStart\t Stop\t Duration \n1\t10\t10\n20\t20\t1\n\n>other\n"
    "Start\t Stop\t Duration \n11\t19\t9\n\n\nann----------\n>attack\nStart\t Stop\t Duration \n"
    "100\t100\t1\n\n";

}  // namespace

TEST_CASE("Bento's channels come in as raters, or as animals that the project knows") {
  Stage stage;
  stage.project->Write([](Writer& writer) { writer.FindOrInsertCategory("ann"); });
  AddVideoRow(*stage.project, "second", 100, 64, 48);
  const ImportReport report = stage.ImportText("bento", "session.annot", kBento);
  CHECK(RecognizeFormat(stage.folder / "session.annot") == "bento");
  CHECK(report.intervals == 3);
  CHECK(report.behaviors == 2);  // mount never happens
  CHECK(Says(Joined(report.warnings), {"1 bouts of 'other'"}));
  CHECK(BoutsOf(*stage.project) == Bouts{{"", "attack", "Ch1", 0, 10, true},
                                         {"", "attack", "Ch1", 19, 20, true},
                                         {"ann", "attack", "import", 99, 100, true}});
}

TEST_CASE("Bento's numbers are seconds where one of them has a fraction") {
  Stage stage;
  std::string text = kBento;
  text.replace(text.find("1\t10\t10"), 7, "0.04\t0.4\t0.4");
  text.replace(text.find("20\t20\t1"), 7, "0.8\t0.8\t0.04");
  text.replace(text.find("100\t100\t1"), 9, "4\t4\t0.04");
  const ImportReport report = stage.ImportText("bento", "clip.annot", text);
  CHECK(Says(Joined(report.warnings), {"read as seconds, at 25"}));
  CHECK(BoutsOf(*stage.project) == Bouts{{"", "attack", "Ch1", 0, 10, true},
                                         {"", "attack", "Ch1", 19, 20, true},
                                         {"", "attack", "ann", 99, 100, true}});
}

TEST_CASE("bouts go out to Bento and come back, names that MATLAB does not allow are counted") {
  Stage stage;
  stage.Mark("", "attack", "eva", 0, 10);
  stage.Mark("", "social sniff", "jon", 10, 12);
  stage.Mark("", "attack", "jon", 99, 100);
  stage.Mark("", "attack", "jon", 50, 60, false);
  const ExportReport report =
      Export(*stage.project, "bento", stage.folder / "o.annot", {}, stage.job);
  CHECK(report.intervals == 3);
  CHECK(Says(Joined(report.warnings), {"1 bouts that say 'not", "1 names hold signs"}));
  Stage other;
  other.Import("bento", stage.folder / "o.annot");
  CHECK(BoutsOf(*other.project) == Bouts{{"", "attack", "eva", 0, 10, true},
                                         {"", "social_sniff", "jon", 10, 12, true},
                                         {"", "attack", "jon", 99, 100, true}});
  const BentoFile file = ReadBento(stage.folder / "o.annot");
  CHECK(file.fps == 25);
  CHECK(file.movies == "clip.mp4");
  CHECK_FALSE(file.in_seconds);
}

TEST_CASE("a faulty file of Bento is one clear line, and nothing of it is stored") {
  Stage stage;
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = kBento;
    text.replace(text.find(from), from.size(), to);
    return stage.Refusal("bento", "clip.annot", text);
  };
  CHECK(Says(with("Bento annotation", "Some annotation"), {"first line"}));
  CHECK(Says(with("1\t10\t10", "10\t1\t10"), {"line 21", "stops before"}));
  CHECK(Says(with("1\t10\t10", "-1\t1\t10"), {"line 21"}));
  CHECK(Says(with("1\t10\t10", "a\tb\tc"), {"line 21", "no Start and Stop"}));
  CHECK(Says(with("100\t100\t1", "100\t101\t1"), {"not all inside"}));
  CHECK(Says(with("100\t100\t1", "100\t99999999999\t1"), {"out of range"}));
  CHECK(Says(with("25.000000", "fast"), {"framerate is 'fast'"}));
  CHECK(Says(with("Ch1----------\n", ""), {"before any channel"}));
  CHECK(Says(stage.Refusal("bento", "clip.annot", ""), {"empty"}));
  CHECK(Says(stage.Refusal("bento", "clip.annot", std::string(kBento).substr(0, 150)),
             {"ends before its list"}));
}

TEST_CASE("a BORIS project holds what BORIS 8 and 9 keep, and comes back equal") {
  Stage stage;
  stage.Mark("ann", "sniff", "eva", 0, 10);
  stage.Mark("ann", "sniff", "eva", 10, 12);
  stage.Mark("bob", "sniff (front)", "eva", 10, 12);
  stage.Mark("", "jump", "jon", 40, 41, true, true);
  stage.Mark("ann", "sniff", "jon", 99, 100);
  Export(*stage.project, "boris", stage.folder / "o.boris", {}, stage.job);
  Stage other;
  other.Import("boris", stage.folder / "o.boris");
  CHECK(BoutsOf(*other.project) == BoutsOf(*stage.project));
  const json tree = json::parse(ReadTextFile(stage.folder / "o.boris", "out"));
  for (const char* key :
       {"time_format", "project_date", "project_name", "project_description",
        "project_format_version", "subjects_conf", "behaviors_conf", "observations",
        "behavioral_categories", "behavioral_categories_config", "independent_variables",
        "coding_map", "behaviors_coding_map", "converters"}) {
    CAPTURE(key);
    CHECK(tree.contains(key));
  }
  CHECK(tree["project_format_version"] == "7.0");  // of BORIS 7, 8 and 9
  REQUIRE(tree["observations"].contains("eva"));
  const json eva = tree["observations"]["eva"];
  CHECK(eva["type"] == "MEDIA");
  CHECK(eva["observation time interval"] == json{0, 0});
  CHECK(eva["media_info"]["display"].size() == 1);  // else BORIS 9 converts the project
  // BORIS takes states in turns: each code of a subject has an even number of events, by time.
  std::map<std::string, int> events;
  double last = 0;
  for (const json& event : eva["events"]) {
    CHECK(event.size() == 6);
    ++events[event[1].get<std::string>() + event[2].get<std::string>() +
             event[3].get<std::string>()];
    CHECK(event[0].get<double>() >= last);
    last = event[0];
  }
  CHECK(events == std::map<std::string, int>{{"annsniff", 4}, {"bobsnifffront", 2}});
  std::set<std::string> subjects;
  for (const auto& [key, subject] : tree["subjects_conf"].items()) subjects.insert(subject["name"]);
  CHECK(subjects == std::set<std::string>{"ann", "bob"});
}

}  // namespace behavior_tools_test
