// Lets every verb that writes meet a disk that fails, a kill and a power cut at its n-th call on
// the files of the project and of its outputs, and looks at what is left: see fault_shim.cc for the
// kinds of fault, tests/faults.sh for all of them.
// usage: fault_loop BIN_FOLDER SHIM SOURCE_FOLDER [--points N | --step N] [--kinds K,K] [--fast]
//                   [SCENARIO...]
//   --points N  about N points, spread evenly over scenarios, calls and kinds; else every N-th call
//               of every scenario with every kind
//   --fast      leaves out what loads the networks
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <fstream>
#include <future>
#include <iostream>
#include <mutex>
#include <set>
#include <sstream>

#include "tests/faults/stage.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace faults {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kAllKinds = {"enospc",      "kill", "power", "eio",       "full",
                                            "power-names", "dead", "short", "power-some"};
constexpr unsigned kMostSeconds = 120;

struct Settings {
  Programs programs;
  long points = 0, step = 1;
  bool fast = false;
  std::vector<std::string> kinds = kAllKinds, names;
};

// What a scenario does when nothing goes wrong.
struct Expected {
  long calls = 0;
  int lines = 0;                              // on standard error
  std::vector<std::string> states;            // after each step; the first before all
  std::set<std::string> findings;             // of vole verify, before and after
  std::map<std::string, std::string> before;  // files
  std::map<std::string, std::string> after;   // "" where no two runs write the same
};

struct Point {
  const Scenario* scenario;
  std::string kind;
  long at;
};

struct Tally {
  long tried = 0, wrong = 0;
};

std::string Replaced(std::string word, const std::string& folder) {
  const std::string mark = "FOLDER/";
  const size_t at = word.find(mark);
  return at == std::string::npos ? word : word.replace(at, mark.size(), folder + "/");
}

class Loop {
 public:
  explicit Loop(const Settings& settings) : settings_(settings) {}

  int Run() {
    const std::vector<Scenario> all = AllScenarios(settings_.programs);
    for (const Scenario& scenario : all) {
      const auto& names = settings_.names;
      if (settings_.fast && scenario.is_slow) continue;
      if (!names.empty() && !std::count(names.begin(), names.end(), scenario.name)) continue;
      scenarios_.push_back(scenario);
    }
    MakeStage(settings_.programs, Folder("stage"),
              std::any_of(scenarios_.begin(), scenarios_.end(),
                          [](const Scenario& scenario) { return scenario.is_slow; }));
    InTwo(scenarios_.size(), [&](size_t i) { Expect(scenarios_[i]); });
    const std::vector<Point> points = Points();
    InTwo(points.size(), [&](size_t i) { Try(points[i]); });
    return Print();
  }

 private:
  fs::path Folder(const std::string& name) {
    fs::create_directories(folder_ / name);
    return folder_ / name;
  }

  static void InTwo(size_t count, const std::function<void(size_t)>& work) {
    std::atomic<size_t> next{0};
    const auto some = [&] {
      for (size_t i; (i = next++) < count;) work(i);
    };
    auto second = std::async(std::launch::async, some);
    some();
    second.get();
  }

  tests::Outcome Start(const Scenario& scenario, const fs::path& folder, const std::string& kind,
                       long at, int steps) {
    std::vector<std::string> command;
    for (const std::string& word : scenario.command) command.push_back(Replaced(word, folder));
    if (scenario.steps > 0) command.back() = std::to_string(steps);
    const std::string count = folder.string() + ".count";
    return tests::RunProgram(command, [&] {
      alarm(kMostSeconds);
      setenv("LD_PRELOAD", settings_.programs.shim.c_str(), 1);
      setenv("VOLE_FAULT_FOLDER", folder.c_str(), 1);
      setenv("VOLE_FAULT_COUNT", count.c_str(), 1);
      setenv("VOLE_FAULT_KIND", kind.c_str(), 1);
      setenv("VOLE_FAULT_AT", std::to_string(at).c_str(), 1);
      setenv("VOLE_FAULT_SEED", std::to_string(at).c_str(), 1);
      setenv("ASAN_OPTIONS", "verify_asan_link_order=0:detect_leaks=0", 1);
    });
  }

  static std::vector<std::string> Noted(const fs::path& folder) {
    std::ifstream in(folder.string() + ".count");
    std::vector<std::string> lines(2);
    std::getline(in, lines[0]);
    std::getline(in, lines[1]);
    return lines;
  }

  fs::path Copy(const fs::path& from, const std::string& name) {
    const fs::path folder = folder_ / name;
    fs::remove_all(folder);
    fs::copy(from, folder, fs::copy_options::recursive);
    return folder;
  }

  // One run without a fault. The state after it joins the others, unless it is the last of them.
  void RunOnce(const Scenario& scenario, const fs::path& begin, int steps, Expected* expected) {
    const fs::path folder = Copy(begin, "expect " + scenario.name);
    const tests::Outcome outcome = Start(scenario, folder, "", 0, steps);
    if (outcome.code != 0) {
      throw std::runtime_error(scenario.name + " does not work without faults: " + outcome.err);
    }
    expected->lines = outcome.ErrLines();
    expected->calls = std::stol(Noted(folder)[0]);
    expected->findings.insert(FindingsOf(folder / scenario.project));
    const std::string state = StateOf(folder / scenario.project, scenario.is_job);
    if (static_cast<size_t>(steps) < expected->states.size()) {
      if (state != expected->states.back()) {
        throw std::runtime_error(scenario.name + " does not do the same twice");
      }
    } else {
      expected->states.push_back(state);
    }
    expected->after = FilesIn(folder);
    fs::remove_all(folder);
  }

  void Expect(const Scenario& scenario) {
    Expected expected;
    const fs::path begin = Copy(folder_ / "stage", "begin " + scenario.name);
    {
      const fs::path folder = Copy(begin, "expect " + scenario.name);
      // Looking brings an older file up to date.
      expected.findings.insert(FindingsOf(folder / scenario.project));
      expected.states.push_back(StateOf(folder / scenario.project, scenario.is_job));
    }
    const int last = std::max(1, scenario.steps);
    for (int steps = 1; steps <= last; ++steps) RunOnce(scenario, begin, steps, &expected);
    const std::map<std::string, std::string> first = expected.after;
    const auto there = FilesIn(begin);
    for (const auto& [file, bytes] : first) {  // again, over files that are there already
      if (!scenario.over_old || there.count(file)) continue;
      fs::create_directories((begin / file).parent_path());
      std::ofstream(begin / file) << "old\n";
    }
    RunOnce(scenario, begin, last, &expected);
    for (auto& [file, bytes] : expected.after) {
      const auto found = first.find(file);
      if (found == first.end() || found->second != bytes) bytes.clear();
    }
    expected.before = FilesIn(begin);
    std::lock_guard<std::mutex> lock(mutex_);
    expected_[scenario.name] = std::move(expected);
  }

  std::vector<Point> Points() const {
    std::vector<Point> points;
    const auto& kinds = settings_.kinds;
    size_t turn = 0;
    for (const Scenario& scenario : scenarios_) {
      const long calls = expected_.at(scenario.name).calls;
      const auto ends = [](const std::string& kind) { return kind.rfind("power", 0) == 0; };
      if (settings_.points == 0) {
        for (const std::string& kind : kinds) {
          for (long at = 1; at <= calls; at += settings_.step)
            points.push_back({&scenario, kind, at});
          if (ends(kind)) points.push_back({&scenario, kind, calls + 1});
        }
        continue;
      }
      const long share = std::max(1L, settings_.points / static_cast<long>(scenarios_.size()));
      const long count = scenario.is_slow ? std::max(1L, share / 2) : share;
      for (long i = 0; i < count; ++i) {
        const std::string& kind = kinds[turn++ % kinds.size()];
        const long most = calls + (ends(kind) ? 1 : 0);
        points.push_back(
            {&scenario, kind, count == 1 ? (most + 1) / 2 : 1 + i * (most - 1) / (count - 1)});
      }
    }
    return points;
  }

  void Try(const Point& point) {
    const Scenario& scenario = *point.scenario;
    const Expected& expected = expected_.at(scenario.name);
    const std::string name = "point " + std::to_string(next_++);
    const fs::path folder = Copy(folder_ / ("begin " + scenario.name), name);
    std::string problems;
    const auto wrong = [&](const std::string& text) { problems += "    " + text + "\n"; };
    const tests::Outcome outcome = Start(scenario, folder, point.kind, point.at, scenario.steps);
    const std::vector<std::string> noted = Noted(folder);
    Look(point, outcome, noted[1], folder, wrong);
    if (problems.empty() && outcome.code != 0) Again(scenario, expected, folder, wrong);
    std::lock_guard<std::mutex> lock(mutex_);
    Tally& tally = tallies_[scenario.name];
    ++tally.tried;
    if (!problems.empty()) ++tally.wrong;
    if (!problems.empty() && !scenario.must_fail) {
      std::cout << scenario.name << ", " << point.kind << " at call " << point.at << " ("
                << noted[1] << "), exit " << outcome.code << ":\n"
                << problems << std::flush;
    }
    for (const char* end : {"", ".count", ".grave"}) fs::remove_all(folder.string() + end);
  }

  using Wrong = std::function<void(const std::string&)>;

  void Look(const Point& point, const tests::Outcome& outcome, const std::string& nth,
            const fs::path& folder, const Wrong& wrong) {
    const Scenario& scenario = *point.scenario;
    const Expected& expected = expected_.at(scenario.name);
    const bool dies = point.kind == "kill" || point.kind.rfind("power", 0) == 0;
    const bool reached = !nth.empty();
    if (dies && reached ? outcome.code != 128 + SIGKILL : outcome.code != 0 && outcome.code != 1) {
      wrong("exit code " + std::to_string(outcome.code) + ": " + outcome.err);
    }
    if (outcome.code == 1) {
      const int lines = outcome.ErrLines();
      if (lines < 1 || lines > expected.lines + 1) wrong("says: " + outcome.err);
    }
    const std::string findings = FindingsOf(folder / scenario.project);
    if (!expected.findings.count(findings)) wrong("the project: " + findings);
    LookAtRows(scenario, outcome, folder, wrong);
    LookAtFiles(scenario, outcome, point.kind, nth, folder, wrong);
  }

  void LookAtRows(const Scenario& scenario, const tests::Outcome& outcome, const fs::path& folder,
                  const Wrong& wrong) {
    const std::vector<std::string>& states = expected_.at(scenario.name).states;
    const std::string state = StateOf(folder / scenario.project, scenario.is_job);
    size_t least = outcome.code == 0 ? states.size() - 1 : 0;
    if (scenario.steps > 0) {
      least = static_cast<size_t>(std::count(outcome.out.begin(), outcome.out.end(), '\n'));
    }
    for (size_t step = least; step < std::min(states.size(), least + 2); ++step) {
      if (states[step] == state) return;
    }
    const auto found = std::find(states.begin(), states.end(), state);
    wrong(found == states.end()
              ? "the rows are those of no step:\n" + state.substr(0, 300)
              : "the rows are those of step " + std::to_string(found - states.begin()) +
                    ", after " + std::to_string(least) + " were said to be stored");
  }

  void LookAtFiles(const Scenario& scenario, const tests::Outcome& outcome, const std::string& kind,
                   const std::string& nth, const fs::path& folder, const Wrong& wrong) {
    const Expected& expected = expected_.at(scenario.name);
    const bool may_leave = outcome.code > 1 || nth.rfind("unlink", 0) == 0 || kind == "dead";
    const auto now = FilesIn(folder);
    for (const auto& [file, bytes] : now) {
      const auto before = expected.before.find(file), after = expected.after.find(file);
      const bool is_old = before != expected.before.end() && before->second == bytes;
      const bool is_new = after != expected.after.end() &&
                          (after->second == bytes || (after->second.empty() && !bytes.empty()));
      if (before == expected.before.end() && after == expected.after.end()) {
        if (!may_leave && file != scenario.may_leave) wrong("left behind: " + file);
      } else if (outcome.code == 0 ? !is_new : !is_old && !is_new) {
        wrong("neither old nor new: " + file + ", " + std::to_string(bytes.size()) + " bytes");
      }
    }
    for (const auto& [file, bytes] : outcome.code == 0 ? expected.after : expected.before) {
      if (!now.count(file)) wrong("missing: " + file);
    }
  }

  // What had failed can be done afterwards.
  void Again(const Scenario& scenario, const Expected& expected, const fs::path& folder,
             const Wrong& wrong) {
    if (scenario.steps > 0 || scenario.once ||
        (expected.states[0] != expected.states[1] &&
         StateOf(folder / scenario.project, scenario.is_job) != expected.states[0])) {
      return;
    }
    const tests::Outcome outcome = Start(scenario, folder, "", 0, 0);
    if (outcome.code != 0) return wrong("done again it ends with " + outcome.err);
    if (StateOf(folder / scenario.project, scenario.is_job) != expected.states[1]) {
      wrong("done again it gives other rows");
    }
    LookAtFiles(scenario, outcome, "dead", "", folder, wrong);
  }

  int Print() const {
    long tried = 0, wrong = 0;
    std::printf("%-22s %7s %7s %7s\n", "", "calls", "tried", "wrong");
    for (const Scenario& scenario : scenarios_) {
      const auto found = tallies_.find(scenario.name);
      const Tally tally = found == tallies_.end() ? Tally() : found->second;
      std::printf("%-22s %7ld %7ld %7ld\n", scenario.name.c_str(),
                  expected_.at(scenario.name).calls, tally.tried, tally.wrong);
      tried += tally.tried;
      if (!scenario.must_fail) wrong += tally.wrong;
      if (scenario.must_fail && tally.tried > 3 && tally.wrong == 0) {
        std::printf("%s must be found wrong and was not\n", scenario.name.c_str());
        ++wrong;
      }
    }
    std::printf("%-22s %7s %7ld %7ld\n", "all", "", tried, wrong);
    return wrong == 0 ? 0 : 1;
  }

  Settings settings_;
  tests::TempDir temporary_;
  fs::path folder_ = fs::canonical(temporary_.path());
  std::vector<Scenario> scenarios_;
  std::map<std::string, Expected> expected_;
  std::map<std::string, Tally> tallies_;
  std::mutex mutex_;
  std::atomic<int> next_{0};
};

Settings Parse(int argc, char** argv) {
  Settings settings;
  settings.programs.folder = argv[1];
  settings.programs.shim = argv[2];
  settings.programs.source = argv[3];
  for (int i = 4; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--fast") {
      settings.fast = true;
    } else if (i + 1 < argc && word == "--points") {
      settings.points = std::stol(argv[++i]);
    } else if (i + 1 < argc && word == "--step") {
      settings.step = std::max(1L, std::stol(argv[++i]));
    } else if (i + 1 < argc && word == "--kinds") {
      settings.kinds.clear();
      std::stringstream kinds(argv[++i]);
      for (std::string kind; std::getline(kinds, kind, ',');) settings.kinds.push_back(kind);
    } else {
      settings.names.push_back(word);
    }
  }
  return settings;
}

}  // namespace
}  // namespace faults

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr,
                 "usage: fault_loop BIN_FOLDER SHIM SOURCE_FOLDER [--points N | --step N]"
                 " [--kinds K,K] [--fast] [SCENARIO...]\n");
    return 2;
  }
  try {
    return faults::Loop(faults::Parse(argc, argv)).Run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fault_loop: %s\n", error.what());
    return 1;
  }
}
