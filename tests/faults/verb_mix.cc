// Several processes do to one project whatever comes to mind, and some are killed: every verb ends
// well or says in one line why not, the project is in order all the time, and nothing that was said
// to be stored is missing at the end.
// usage: verb_mix BIN_FOLDER SOURCE_FOLDER SECONDS SEED [--networks]
#include <atomic>
#include <chrono>
#include <cstdio>
#include <future>
#include <iostream>
#include <mutex>
#include <random>
#include <set>

#include "tests/faults/stage.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace faults {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kProcesses = 3;
constexpr unsigned kMostSeconds = 300;
constexpr double kKilled = 0.15;  // of all

class Mix {
 public:
  Mix(const Programs& programs, bool networks) : programs_(programs), networks_(networks) {
    MakeStage(programs, folder_.path(), networks);
    project_ = Path(networks ? "n.vole" : "p.vole");
  }

  int Run(double seconds, unsigned seed) {
    const auto end = Clock::now() + std::chrono::duration<double>(seconds);
    std::vector<std::future<void>> workers;
    for (int worker = 0; worker < kProcesses; ++worker) {
      workers.push_back(std::async(std::launch::async, [=] {
        std::mt19937 random(seed * 1000 + static_cast<unsigned>(worker));
        for (int turn = 0; Clock::now() < end; ++turn) Turn(worker, turn, random);
      }));
    }
    for (auto& worker : workers) worker.get();
    LookAtTheEnd();
    std::printf("%ld verbs (%ld killed, %ld refused), %zu names stored, %ld wrong; seed %u\n",
                verbs_.load(), killed_.load(), refused_.load(), stored_.size(), wrong_.load(),
                seed);
    return wrong_ == 0 ? 0 : 1;
  }

 private:
  std::string Path(const std::string& name) const { return (folder_ / name).string(); }

  void Wrong(const std::string& what) {
    std::lock_guard<std::mutex> lock(mutex_);
    std::cout << what << std::endl;
    ++wrong_;
  }

  void Turn(int worker, int turn, std::mt19937& random) {
    const auto any = [&](int count) {
      return static_cast<int>(random() % static_cast<unsigned>(count));
    };
    const std::string own = "w" + std::to_string(worker) + "t" + std::to_string(turn);
    const std::string episode = std::to_string(1 + any(2));
    std::vector<std::vector<std::string>> choices = {
        {"animals", project_, "add", own},
        {"animals", project_, "add", own},
        {"skeleton", project_, "add", own, "--points", "nose,tail"},
        {"import", project_, "--format", "coco", Path("scene/labels.json")},
        {"import", project_, "--format", "behaviors", Path("scene/behaviors.csv"), "--author", own},
        {"export", project_, "--format", "coco", "--out", Path("out.json")},
        {"export", project_, "--format", "yolo", "--what", "final", "--out", Path("yolo")},
        {"export", project_, "--format", "tracks", "--what", "predictions", "--out", Path("t.csv")},
        {"review", project_, any(2) == 0 ? "accept" : "reject", episode},
        {"review", project_, any(2) == 0 ? "keep" : "unsure", "1"},
        {"carry", project_, "--frame", std::to_string(any(20)), "--frames", "2"},
        {"add-video", project_, Path("second.mp4")},
        {"report", project_, "--csv", Path("budget.csv")},
        {"info", project_},
        {"verify", project_},
    };
    if (networks_) {
      choices.push_back({"predict", project_, "--again", "--threads", "1", "--video", "video"});
      choices.push_back({"train", project_, "--steps", "2", "--batch", "1", "--threads", "1"});
    }
    std::vector<std::string> words =
        choices[static_cast<size_t>(any(static_cast<int>(choices.size())))];
    const bool dies = words[0] != "verify" && std::uniform_real_distribution<>()(random) < kKilled;
    words.insert(words.begin(), programs_.Vole());
    words.push_back("--quiet");
    tests::Program program(words, [] { alarm(kMostSeconds); });
    if (dies) {
      std::this_thread::sleep_for(std::chrono::milliseconds(any(400)));
      program.Signal(SIGKILL);
    }
    Look(words, own, dies, program.Wait());
  }

  void Look(const std::vector<std::string>& words, const std::string& own, bool dies,
            const tests::Outcome& outcome) {
    ++verbs_;
    if (dies && outcome.code == 128 + SIGKILL) {
      ++killed_;
      return;
    }
    std::string text;
    for (size_t i = 1; i < words.size(); ++i) text += words[i] + " ";
    if (outcome.code != 0 && outcome.code != 1) {
      return Wrong(text + "ended with " + std::to_string(outcome.code) + ": " + outcome.err);
    }
    const bool adds = words[1] == "animals" || words[1] == "skeleton";
    if (outcome.code == 1) {
      ++refused_;
      if (outcome.ErrLines() != 1) Wrong(text + "says: " + outcome.err);
      const bool busy = outcome.err.find("another program") != std::string::npos;
      const bool must_work = adds || words[1] == "info" || words[1] == "verify";
      if (must_work && !busy) Wrong(text + "failed: " + outcome.err);
    } else if (adds) {
      std::lock_guard<std::mutex> lock(mutex_);
      stored_.insert(own);
    }
  }

  void LookAtTheEnd() {
    const std::string findings = FindingsOf(project_);
    if (!findings.empty()) Wrong("at the end: " + findings);
    const std::string state = StateOf(project_, false);
    for (const std::string& name : stored_) {
      if (state.find("'" + name + "'") == std::string::npos)
        Wrong(name + " was stored and is lost");
    }
    for (const auto& [file, bytes] : FilesIn(folder_.path())) {
      if (file == "out.json" && !nlohmann::json::accept(bytes)) Wrong("out.json is no JSON");
    }
  }

  const Programs programs_;
  const bool networks_;
  tests::TempDir folder_;
  std::string project_;
  std::mutex mutex_;
  std::set<std::string> stored_;
  std::atomic<long> verbs_{0}, killed_{0}, refused_{0}, wrong_{0};
};

}  // namespace
}  // namespace faults

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: verb_mix BIN_FOLDER SOURCE_FOLDER SECONDS SEED [--networks]\n");
    return 2;
  }
  try {
    faults::Programs programs;
    programs.folder = argv[1];
    programs.source = argv[2];
    const bool networks = argc > 5 && std::string(argv[5]) == "--networks";
    return faults::Mix(programs, networks)
        .Run(std::stod(argv[3]), static_cast<unsigned>(std::stoul(argv[4])));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "verb_mix: %s\n", error.what());
    return 1;
  }
}
