// A prediction that is divided among processes.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "tests/support/journey.h"
#include "tests/support/same_rows.h"
#include "tests/support/says.h"

namespace parts_cli_test {

using nlohmann::json;
using tests::CheckFails;
using tests::DifferentTables;
using tests::Journey;
using tests::Outcome;
using tests::Program;
using tests::Says;
using tests::Vole;
using tests::VoleJson;

namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

// Two videos of two parts and one, and a model that has learned a little. `whole` was predicted
// without --jobs. Tests work on copies.
struct Lab : Journey {
  std::string whole;
  Lab() : Journey(300) {
    VoleJson({"synth", Path("s2"), "--scene", "tiny", "--frames", "40", "--seed", "2"});
    fs::rename(Path("s2/video.mp4"), Path("short one.mp4"));
    VoleJson({"add-video", project, Path("short one.mp4")});
    VoleJson({"train", project, "--steps", "5"});
    whole = Copy("whole");
    VoleJson({"predict", whole});
  }
  static const Lab& The() {  // made once
    static const Lab lab;
    return lab;
  }
  // The same project once more, beside it.
  std::string Copy(const std::string& name) const {
    const std::string copy = Path(name + ".vole");
    fs::copy_file(project, copy);
    return copy;
  }
  std::string Parts(const std::string& of) const { return of + ".parts"; }
  static size_t Count(const std::string& folder, const std::string& end) {
    size_t count = 0;
    if (!fs::exists(folder)) return 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
      count += entry.path().extension() == end;
    }
    return count;
  }
};

// Process ids of the workers of `parent`.
std::vector<pid_t> ChildrenOf(pid_t parent) {
  std::vector<pid_t> children;
  REQUIRE(parent > 1);  // 0 is the parent of all
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::ifstream stat(entry.path() / "stat");
    std::string line;
    if (!std::getline(stat, line)) continue;
    const size_t end = line.rfind(')');
    char state = 0;
    int owner = 0;
    std::stringstream(line.substr(end + 1)) >> state >> owner;
    if (owner == parent) children.push_back(std::atoi(line.c_str()));
  }
  return children;
}

// The two workers of a program, stopped as soon as they are there.
std::vector<pid_t> StoppedWorkers(Program& program) {
  std::vector<pid_t> workers;
  REQUIRE(program.WaitUntil([&, parent = program.pid()] {
    workers = ChildrenOf(parent);
    return workers.size() == 2;
  }));
  std::sort(workers.begin(), workers.end());
  for (const pid_t worker : workers) kill(worker, SIGSTOP);
  return workers;
}

bool Ended(pid_t process) {
  for (int look = 0; look < 400; ++look) {
    std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
    std::string line;
    // A zombie waits for whoever adopted it.
    if (!std::getline(stat, line) || line.find(") Z") != std::string::npos) return true;
    usleep(50000);
  }
  return false;
}

}  // namespace

TEST_CASE("a prediction in parts is the same to the byte, however many make it") {
  const Lab& lab = Lab::The();
  const std::string two = lab.Copy("two"), three = lab.Copy("three and a space");
  const json result = VoleJson({"predict", two, "--jobs", "2"});
  CHECK(result["frames"] == 340);
  CHECK(result["workers_peak_rss_mb"] > 0);
  CHECK(DifferentTables(lab.whole, two) == Names{});
  CHECK_FALSE(fs::exists(lab.Parts(two)));
  VoleJson({"predict", three, "--jobs", "3"});
  CHECK(DifferentTables(lab.whole, three) == Names{});

  // What is up to date is skipped, as without --jobs.
  CHECK(VoleJson({"predict", two, "--jobs", "2"})["skipped"].size() == 2);
  CheckFails({"predict", two, "--part", "0/2"}, 1, {"there is no plan of parts in it"});
  CheckFails({"predict", two, "--merge"}, 1, {"there is no plan of parts in it"});
}

TEST_CASE("a worker that is killed is started again; killed with its parent, the rest goes on") {
  const Lab& lab = Lab::The();
  const std::string copy = lab.Copy("killed");
  {
    Program program({VOLE_BINARY, "predict", copy, "--jobs", "2", "--quiet"});
    const std::vector<pid_t> workers = StoppedWorkers(program);
    kill(workers[0], SIGKILL);
    kill(workers[1], SIGCONT);
    const Outcome outcome = program.Wait();
    INFO(tests::Show(outcome));
    CHECK(outcome.code == 0);
    CHECK(DifferentTables(lab.whole, copy) == Names{});
  }
  const std::string other = lab.Copy("other");
  Program program({VOLE_BINARY, "predict", other, "--jobs", "2", "--quiet"});
  const std::vector<pid_t> workers = StoppedWorkers(program);
  kill(workers[1], SIGCONT);  // has one part
  REQUIRE(program.WaitUntil([&] { return Lab::Count(lab.Parts(other), ".part") == 1; }));
  program.Signal(SIGKILL);
  program.Wait();
  for (const pid_t worker : workers) {  // they notice
    kill(worker, SIGCONT);
    CHECK(Ended(worker));
  }
  CHECK(VoleJson({"jobs", other})["jobs"].size() == 1);  // the training: nothing was begun
  const size_t kept = Lab::Count(lab.Parts(other), ".part");
  const Outcome again = Vole({"predict", other, "--jobs", "2"});
  CHECK(again.code == 0);
  CHECK(Says(again.err, std::to_string(kept) + " of 3 parts are there already"));
  CHECK(DifferentTables(lab.whole, other) == Names{});
}

TEST_CASE("Ctrl-C ends all workers, keeps their parts, and begins no job") {
  const Lab& lab = Lab::The();
  const std::string copy = lab.Copy("copy");
  Program program({VOLE_BINARY, "predict", copy, "--jobs", "2", "--quiet"});
  const std::vector<pid_t> workers = StoppedWorkers(program);

  // Two at once would remove each other's parts.
  CheckFails({"predict", copy, "--jobs", "2"}, 1, {"another program", "right now"});
  CheckFails({"predict", copy, "--merge"}, 1, {"another program", "right now"});

  kill(workers[1], SIGCONT);
  REQUIRE(program.WaitUntil([&] { return Lab::Count(lab.Parts(copy), ".part") == 1; }));
  program.Signal(SIGINT);
  kill(workers[0], SIGCONT);
  CHECK(program.Wait().code == 130);
  for (const pid_t worker : workers) CHECK(Ended(worker));
  CHECK(VoleJson({"jobs", copy})["jobs"].size() == 1);
  CHECK(VoleJson({"verify", copy})["ok"] == true);
  const Outcome early = Vole({"predict", copy, "--merge", "--quiet"});
  CHECK(early.code == 1);
  CHECK(Says(early.err, "frames 0 to 255 were not looked at"));

  // By hand, as on a cluster: somebody makes the rest, and somebody merges. A part that is damaged
  // meanwhile is named; a disk that is full at the merge loses nothing.
  const json made = VoleJson({"predict", copy, "--part", "0/1"});
  CHECK(made["made"] == 2);
  CHECK(made["there_before"] == 1);
  const std::string part = lab.Parts(copy) + "/v1-0-256.part";
  {
    std::fstream file(part, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(static_cast<std::streamoff>(fs::file_size(part) / 2));
    file << "damaged";
  }
  const Outcome damaged = Vole({"predict", copy, "--merge", "--quiet"});
  CHECK(damaged.code == 1);
  CHECK(Says(damaged.err, part + "': it is damaged; it is made anew"));
  CHECK(VoleJson({"predict", copy, "--part", "0/1"})["made"] == 1);
  const auto small = [] {
    rlimit limit{40000, 40000};
    setrlimit(RLIMIT_FSIZE, &limit);
  };
  const Outcome full = Vole({"predict", copy, "--merge", "--quiet"}, small);
  CHECK(full.code == 1);
  CHECK(Says(full.err, "video"));
  CHECK(Lab::Count(lab.Parts(copy), ".part") == 2);
  CHECK(VoleJson({"verify", copy})["ok"] == true);
  CHECK(VoleJson({"predict", copy, "--merge"})["frames"] == 300);
  CHECK_FALSE(fs::exists(lab.Parts(copy)));
}

TEST_CASE("a worker that dies again and again ends the prediction with one line") {
  const Lab& lab = Lab::The();
  const std::string copy = lab.Copy("mortal");
  Program program({VOLE_BINARY, "predict", copy, "--video", "video", "--jobs", "1", "--quiet"});
  std::set<pid_t> killed;
  program.WaitUntil([&, parent = program.pid()] {
    for (const pid_t worker : ChildrenOf(parent)) {
      if (killed.insert(worker).second) kill(worker, SIGKILL);
    }
    return false;
  });
  const Outcome outcome = program.Wait();
  INFO(tests::Show(outcome));
  CHECK(killed.size() == 4);
  CHECK(outcome.code == 1);
  CHECK(outcome.ErrLines() == 1);
  CHECK(Says(outcome.err, "worker 0: it was ended 4 times by a signal (Killed)"));
  CHECK(VoleJson({"jobs", copy})["parts"]["parts"] == 2);
}

TEST_CASE("what cannot be divided, and what goes wrong in a part, is said in one line") {
  const Lab& lab = Lab::The();
  const std::string copy = lab.Copy("wrong");
  CheckFails({"predict", copy, "--jobs", "2", "--points"}, 2, {"--jobs", "outlines"});
  CheckFails({"predict", copy, "--jobs", "2", "--merge"}, 2, {"different things"});
  for (const std::string part : {"2/2", "1/2x"}) {
    CheckFails({"predict", copy, "--part", part}, 2, {"K/N"});
  }

  fs::rename(lab.video, lab.video + ".away");
  CheckFails({"predict", copy, "--jobs", "2", "--video", "video"}, 1, {"'video'", "is not there"});
  const Outcome all = Vole({"predict", copy, "--jobs", "2", "--json"});
  CHECK(all.code == 1);
  CHECK(all.Json()["failed"] == json{"video"});
  CHECK(all.Json()["frames"] == 40);
  fs::rename(lab.video + ".away", lab.video);

  // A disk that is full when a part is written: as a limit on the size of files.
  const auto small = [] {
    rlimit limit{40000, 40000};
    setrlimit(RLIMIT_FSIZE, &limit);
  };
  CheckFails({"predict", copy, "--jobs", "2", "--video", "video"}, 1, {".part"}, small);
  CHECK(VoleJson({"verify", copy})["ok"] == true);
  CHECK(VoleJson({"predict", copy, "--jobs", "2", "--video", "video"})["frames"] == 300);
}

}  // namespace parts_cli_test
