// A prediction that is divided among processes.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <opencv2/imgcodecs.hpp>
#include <set>

#include "datasets/project.h"
#include "datasets/store/connection.h"
#include "datasets/store/reader.h"
#include "datasets/store/removal/removal.h"
#include "datasets/store/writer.h"
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

void Change(const std::string& project, const std::function<void(datasets::Writer&)>& work) {
  datasets::Project::Open(project)->Write(work);
}

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

// Leaves the plan of a division and, it may be, some parts.
void Divide(const std::string& project) {
  Program program({VOLE_BINARY, "predict", project, "--jobs", "2", "--quiet"});
  const std::vector<pid_t> workers = StoppedWorkers(program);
  program.Signal(SIGINT);
  for (const pid_t worker : workers) kill(worker, SIGCONT);
  CHECK(program.Wait().code == 130);
  for (const pid_t worker : workers) CHECK(Ended(worker));
}

// The project with all parts of its two videos, of which none is merged.
std::string AllParts(const Lab& lab, const std::string& name) {
  const std::string copy = lab.Copy(name);
  Divide(copy);
  const json made = VoleJson({"predict", copy, "--part", "0/1"});
  CHECK(made["made"].get<int>() + made["there_before"].get<int>() == 3);
  return copy;
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
  for (const std::vector<std::string>& given : {std::vector<std::string>{"--video", "video"},
                                                {"--model", "x"},
                                                {"--frames", "0:3"},
                                                {"--again"},
                                                {"--no-follow"}}) {
    for (const std::vector<std::string>& divided :
         {std::vector<std::string>{"--merge"}, {"--part", "0/2"}}) {
      std::vector<std::string> words = {"predict", copy};
      words.insert(words.end(), given.begin(), given.end());
      words.insert(words.end(), divided.begin(), divided.end());
      CheckFails(words, 2, {"are given there"});
    }
  }
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

TEST_CASE("nothing of a merged video stays behind, whenever the merge was ended") {
  const Lab& lab = Lab::The();
  const std::string copy = AllParts(lab, "behind"), parts = lab.Parts(copy);
  std::ofstream(parts + "/v1-0-99.part") << "of an earlier division into other frames";
  const std::string before = lab.Path("before the merge");
  fs::copy(parts, before);
  CHECK(VoleJson({"predict", copy, "--merge"})["frames"] == 340);
  CHECK_FALSE(fs::exists(parts));
  CHECK(DifferentTables(lab.whole, copy) == Names{});
  // As if it had been killed between writing the project and removing the parts.
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"predict", copy, "--merge"}, {"predict", copy, "--jobs", "2"}}) {
    fs::copy(before, parts);
    CHECK(VoleJson(words)["skipped"].size() == 2);
    CHECK_FALSE(fs::exists(parts));
    CHECK(VoleJson({"jobs", copy})["parts"] == nullptr);
  }
}

TEST_CASE("a video that is damaged, or gone at the merge, does not keep the others") {
  const Lab& lab = Lab::The();
  const std::string damaged = lab.Copy("damaged");
  Change(damaged, [](datasets::Writer& writer) {
    writer.connection().Run("UPDATE video_data SET pts = x'00' WHERE video_id = 1");
  });
  const Outcome outcome = Vole({"predict", damaged, "--jobs", "2", "--json"});
  INFO(tests::Show(outcome));
  CHECK(outcome.code == 1);
  CHECK(outcome.Json()["failed"] == json{"video"});
  CHECK(outcome.Json()["frames"] == 40);
  CHECK_FALSE(fs::exists(lab.Parts(damaged)));
  CheckFails({"predict", damaged, "--jobs", "2", "--video", "video"}, 1, {"frame index"});

  const std::string copy = AllParts(lab, "gone");
  Change(copy, [](datasets::Writer& writer) { datasets::DeleteVideo(writer, 1); });
  const Outcome merged = Vole({"predict", copy, "--merge", "--json"});
  INFO(tests::Show(merged));
  CHECK(merged.code == 1);
  CHECK(merged.Json()["failed"] == json{"video"});
  CHECK(merged.Json()["frames"] == 40);
  CHECK(Says(merged.err, "it was removed from the project since the work was divided"));
  CHECK_FALSE(fs::exists(lab.Parts(copy)));
}

TEST_CASE("a merge takes no parts of other pictures than the project has now") {
  const Lab& lab = Lab::The();
  const std::string copy = AllParts(lab, "background");
  Change(copy, [](datasets::Writer& writer) {
    std::vector<uchar> png;
    const datasets::Reader reader(writer.connection());
    cv::Mat background = reader.BackgroundOf(2).bgr;
    REQUIRE_FALSE(background.empty());
    background.at<cv::Vec3b>(0, 0) += cv::Vec3b(9, 9, 9);
    cv::imencode(".png", background, png);
    writer.connection().Run("UPDATE video_data SET background = ? WHERE video_id = 2",
                            datasets::Blob{std::string(png.begin(), png.end())});
  });
  const Outcome merged = Vole({"predict", copy, "--merge", "--json"});
  CHECK(merged.code == 1);
  CHECK(merged.Json()["failed"] == json{"short one"});
  CHECK(Says(merged.err, "its frames or its background are others since the work was divided"));
  CHECK(VoleJson({"predict", copy, "--jobs", "2"})["frames"] == 40);
}

TEST_CASE("a model that names the animals is the same for parts and merge") {
  const Lab& lab = Lab::The();
  const std::string named = lab.Copy("named");
  const json trained = VoleJson({"train", named, "--model", "idnet", "--steps", "5"});
  const std::string two = lab.Path("named 2.vole");
  fs::copy_file(named, two);
  VoleJson({"predict", named});
  const std::string weights = trained["model"];
  Divide(two);
  const json plan = json::parse(std::ifstream(lab.Parts(two) + "/plan.json"));
  CHECK(fs::path(plan["identity"].get<std::string>()) == fs::path(weights));
  VoleJson({"predict", two, "--part", "0/1"});
  fs::copy_file(weights, weights + ".kept");
  std::ofstream(weights, std::ios::app) << "x";
  const Outcome other = Vole({"predict", two, "--merge", "--json"});
  CHECK(other.code == 1);
  CHECK(Says(other.err, "it is another one since the work was divided"));
  fs::rename(weights + ".kept", weights);
  CHECK(VoleJson({"predict", two, "--merge"})["frames"] == 340);
  CHECK(DifferentTables(named, two) == Names{});
}

}  // namespace parts_cli_test
