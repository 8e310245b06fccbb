#include "tests/faults/stage.h"

#include <sqlite3.h>

#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>

#include "datasets/verify.h"
#include "tests/support/program.h"

namespace faults {
namespace {

namespace fs = std::filesystem;

std::string Bytes(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void Run(const std::vector<std::string>& command) {
  const tests::Outcome outcome = tests::RunProgram(command);
  if (outcome.code == 0) return;
  std::string words;
  for (const std::string& word : command) words += word + " ";
  throw std::runtime_error(words + "ended with " + std::to_string(outcome.code) + ": " +
                           outcome.err);
}

class Database {
 public:
  explicit Database(const fs::path& file, int flags = SQLITE_OPEN_READWRITE) {
    if (sqlite3_open_v2(file.c_str(), &handle_, flags, nullptr) != SQLITE_OK) Throw();
    Run("PRAGMA synchronous = OFF");
  }
  ~Database() { sqlite3_close(handle_); }
  Database(const Database&) = delete;
  std::vector<std::vector<std::string>> Run(const std::string& sql) {
    Rows rows;
    if (sqlite3_exec(handle_, sql.c_str(), Take, &rows, nullptr) != SQLITE_OK) Throw();
    return rows;
  }

 private:
  using Rows = std::vector<std::vector<std::string>>;
  static int Take(void* to, int count, char** values, char**) {
    auto& row = static_cast<Rows*>(to)->emplace_back();
    for (int i = 0; i < count; ++i) row.push_back(values[i] ? values[i] : "null");
    return 0;
  }
  [[noreturn]] void Throw() { throw std::runtime_error(sqlite3_errmsg(handle_)); }
  sqlite3* handle_ = nullptr;
};

bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// Without the place where it lies.
std::string Portable(std::string text, const std::string& folder) {
  for (size_t at = 0; (at = text.find(folder, at)) != std::string::npos;) {
    text.replace(at, folder.size(), "FOLDER");
  }
  return text;
}

const std::set<std::string> kOfPeople = {"annotations",
                                         "annotation_points",
                                         "behaviors",
                                         "behavior_intervals",
                                         "edits",
                                         "review_decisions",
                                         "prediction_corrections",
                                         "regions",
                                         "calibrations",
                                         "factors",
                                         "factor_values",
                                         "skeletons",
                                         "skeleton_points",
                                         "skeleton_edges",
                                         "meeting_decisions",
                                         "identities"};
// Of jobs: who ran them, and when. Of edits: rows with their times.
const std::set<std::string> kNotRepeated = {"owner", "changes", "seconds", "background"};

}  // namespace

void MakeStage(const Programs& programs, const fs::path& folder, bool with_networks) {
  const std::string vole = programs.Vole();
  const auto at = [&](const std::string& name) { return (folder / name).string(); };
  Run({vole, "synth", at("scene"), "--scene", "tiny", "--frames", "32"});
  Run({vole, "new", at("e.vole")});  // a project without a label
  Run({vole, "add-video", at("e.vole"), at("scene/video.mp4")});
  fs::copy_file(at("e.vole"), at("p.vole"));
  Run({vole, "import", at("p.vole"), "--format", "coco", at("scene/labels.json")});
  Run({vole, "import", at("p.vole"), "--format", "behaviors", at("scene/behaviors.csv")});
  Run({programs.folder / "seed_predictions", at("p.vole"), at("scene/instances.json"), "12"});
  Run({vole, "synth", at("second"), "--scene", "tiny", "--frames", "12", "--seed", "5"});
  fs::rename(at("second/video.mp4"), at("second.mp4"));
  fs::remove_all(at("second"));
  fs::copy_file(at("p.vole"), at("copy.vole.bak"));
  std::ofstream(at("zones.json")) << R"({"zones": [{"name": "left", "polygon": [[0, 0], [80, 0],
      [80, 120], [0, 120]]}]})";
  Database(at("v4.vole"), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
      .Run(Bytes(programs.source / "tests/data/project_v4.sql"));
  if (!with_networks) return;
  fs::copy_file(at("p.vole"), at("n.vole"));
  Run({vole, "train", at("n.vole"), "--steps", "30", "--batch", "1", "--threads", "1", "--out",
       at("n-1.safetensors")});
  fs::remove(at("n-1.safetensors.last"));
  Run({vole, "predict", at("n.vole"), "--threads", "1"});
}

std::vector<Scenario> AllScenarios(const Programs& programs) {
  std::vector<Scenario> all;
  const auto add = [&](const std::string& name, const std::string& project,
                       std::vector<std::string> words) -> Scenario& {
    Scenario scenario;
    scenario.name = name;
    scenario.project = project;
    scenario.command = std::move(words);
    if (scenario.command[0].find('/') == std::string::npos) {
      scenario.command.insert(scenario.command.begin(), programs.Vole());
      scenario.command.push_back("--quiet");
    }
    all.push_back(scenario);
    return all.back();
  };
  const auto exports = [&](const std::string& format, const std::string& out) {
    add("export " + format, "p.vole",
        {"export", "FOLDER/p.vole", "--format", format, "--out", "FOLDER/" + out});
  };
  Scenario& gestures =
      add("gestures", "p.vole", {programs.folder / "gestures", "FOLDER/p.vole", "12"});
  gestures.steps = 12;
  add("careless", "p.vole", {programs.folder / "careless", "FOLDER/out.txt"}).must_fail = true;
  add("new", "new.vole", {"new", "FOLDER/new.vole"}).over_old = false;
  add("add-video", "p.vole", {"add-video", "FOLDER/p.vole", "FOLDER/second.mp4"});
  add("import coco", "e.vole",
      {"import", "FOLDER/e.vole", "--format", "coco", "FOLDER/scene/labels.json"});
  add("import behaviors", "e.vole",
      {"import", "FOLDER/e.vole", "--format", "behaviors", "FOLDER/scene/behaviors.csv"});
  add("skeleton", "p.vole", {"skeleton", "FOLDER/p.vole", "add", "mouse", "--points", "nose,tail"});
  add("animals", "p.vole", {"animals", "FOLDER/p.vole", "add", "Cleo"});
  add("factors", "p.vole", {"factors", "FOLDER/p.vole", "set", "video", "treatment=saline"});
  add("calibrate", "p.vole",
      {"calibrate", "FOLDER/p.vole", "--ruler", "10,10,110,10", "--length", "20cm"});
  add("carry", "p.vole", {"carry", "FOLDER/p.vole", "--frame", "0", "--frames", "3"});
  add("review accept", "p.vole", {"review", "FOLDER/p.vole", "accept", "1"});
  add("review reject", "p.vole", {"review", "FOLDER/p.vole", "reject", "1"});
  add("review meetings", "p.vole", {"review", "FOLDER/p.vole", "keep", "1"});
  exports("coco", "out.json");
  exports("labelme", "labelme");
  exports("yolo", "yolo");
  exports("mot", "mot.txt");
  exports("tracks", "tracks.csv");
  exports("behaviors", "behaviors.csv");
  exports("boris", "out.boris");
  add("sample", "p.vole",
      {"sample", "FOLDER/p.vole", "--count", "3", "--method", "stride", "--out", "FOLDER/frames"});
  add("draw", "p.vole", {"draw", "FOLDER/p.vole", "--frames", "0:3", "--out", "FOLDER/drawn"});
  add("report", "p.vole",
      {"report", "FOLDER/p.vole", "--csv", "FOLDER/budget.csv", "--zones", "FOLDER/zones.json",
       "--motion", "FOLDER/motion.csv", "--ethogram", "FOLDER/ethogram.svg"});
  add("synth", "p.vole", {"synth", "FOLDER/made", "--scene", "tiny", "--frames", "4"}).over_old =
      false;
  add("restore", "p.vole", {"restore", "FOLDER/p.vole", "FOLDER/copy.vole.bak"});
  add("recover", "saved.vole", {"recover", "FOLDER/p.vole", "FOLDER/saved.vole"}).over_old = false;
  Scenario& migration = add("info of an older one", "v4.vole", {"info", "FOLDER/v4.vole"});
  migration.over_old = false;
  migration.may_leave = "v4.vole.v4.bak2";
  const auto slow = [&](const std::string& name, const std::string& project,
                        std::vector<std::string> words, bool over_old) {
    Scenario& scenario = add(name, project, std::move(words));
    scenario.is_slow = scenario.is_job = true;
    scenario.over_old = over_old;
  };
  slow("predict", "n.vole", {"predict", "FOLDER/n.vole", "--again", "--threads", "1"}, false);
  slow("certify", "n.vole", {"certify", "FOLDER/n.vole", "--out", "FOLDER/statement/"}, true);
  slow("live", "e.vole",
       {"live", "FOLDER/e.vole", "--file", "FOLDER/second.mp4", "--as-fast", "--threads", "1",
        "--model", "FOLDER/n-1.safetensors", "--background", "0", "--out", "FOLDER/day1"},
       false);
  all.back().once = true;
  slow("train", "n.vole",
       {"train", "FOLDER/n.vole", "--steps", "2", "--batch", "1", "--threads", "1", "--out",
        "FOLDER/n-2.safetensors"},
       false);
  return all;
}

std::string StateOf(const fs::path& project, bool is_job) {
  if (!fs::exists(project)) return "absent";
  std::string state;
  try {
    Database database(project);
    for (const auto& table :
         database.Run("SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%STRICT%'"
                      " ORDER BY name")) {
      if (is_job ? !kOfPeople.count(table[0]) : table[0] == "jobs") continue;
      std::string columns;
      for (const auto& column :
           database.Run("SELECT name FROM pragma_table_info('" + table[0] + "')")) {
        if (EndsWith(column[0], "_at") || kNotRepeated.count(column[0])) continue;
        columns += (columns.empty() ? "quote(" : ", quote(") + column[0] + ")";
      }
      state += table[0] + "\n";
      for (const auto& row :
           database.Run("SELECT " + columns + " FROM " + table[0] + " ORDER BY rowid")) {
        for (const std::string& value : row) state += value + " ";
        state += "\n";
      }
    }
  } catch (const std::exception& error) {
    return std::string("cannot be read: ") + error.what();
  }
  return state;
}

std::string FindingsOf(const fs::path& project) {
  if (!fs::exists(project)) return "absent";
  std::string findings;
  try {
    datasets::Job job;
    const auto opened = datasets::Project::Open(project, datasets::Project::Access::kReadOnly);
    for (const datasets::Finding& finding : datasets::Verify(*opened, job)) {
      findings += finding.text + "; ";
    }
  } catch (const std::exception& error) {
    findings = error.what();
  }
  return Portable(findings, project.parent_path());
}

std::map<std::string, std::string> FilesIn(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = fs::relative(entry.path(), folder);
    const bool is_project = EndsWith(name, ".vole") || EndsWith(name, ".vole-wal") ||
                            EndsWith(name, ".vole-shm") || EndsWith(name, ".vole-journal");
    if (!entry.is_regular_file() || is_project) continue;
    files[name] = Portable(Bytes(entry.path()), folder);
  }
  return files;
}

}  // namespace faults
