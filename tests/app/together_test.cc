// `vole train` in several processes that learn one model together.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "tests/support/journey.h"

namespace together_test {

using nlohmann::json;
using tests::Journey;
using tests::Outcome;
using tests::Program;
using tests::VoleJson;

namespace {

struct Network {
  std::string name;
  std::vector<std::string> options;  // a small one, that learns slowly
  int half_batch;
  int tipped_steps = 0;  // that may differ: a last digit can decide which proposals are suppressed
};

struct Together {
  Journey scene{20};

  std::vector<std::string> Train(const Network& network, const std::string& name, int steps,
                                 int batch) const {
    std::vector<std::string> arguments = {VOLE_BINARY, "train", scene.project, "--model",
                                          network.name};
    arguments.insert(arguments.end(), network.options.begin(), network.options.end());
    for (const std::string& word : std::vector<std::string>{
             "--steps", std::to_string(steps), "--batch", std::to_string(batch), "--threads", "1",
             "--quiet", "--seed", "3", "--out", scene.Path(name), "--curve", Curve(name, 0)}) {
      arguments.push_back(word);
    }
    return arguments;
  }
  // Member `rank` of two; each writes its losses to NAME.RANK.csv.
  std::vector<std::string> Member(const Network& network, const std::string& name, int rank,
                                  int steps) const {
    std::vector<std::string> arguments = Train(network, name, steps, network.half_batch);
    arguments.back() = Curve(name, rank);
    for (const std::string& word : std::vector<std::string>{
             "--rank", std::to_string(rank), "--world-size", "2", "--rendezvous",
             "file://" + scene.Path(name + ".meet"), "--peer-timeout", "300"}) {
      arguments.push_back(word);
    }
    return arguments;
  }
  std::string Curve(const std::string& name, int rank) const {
    return scene.Path(name + "." + std::to_string(rank) + ".csv");
  }
};

const Network kIdseg = {"idseg", {}, 2};

std::vector<double> Losses(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  std::getline(in, line);
  CHECK(line == "step,loss,average,seconds");
  std::vector<double> losses;
  while (std::getline(in, line) && !in.eof())
    losses.push_back(std::stod(line.substr(line.find(',') + 1)));
  return losses;
}

bool HasLines(const std::string& file, int count) {
  std::ifstream in(file);
  std::string line;
  while (count > 0 && std::getline(in, line) && !in.eof()) --count;
  return count == 0;
}

}  // namespace

TEST_CASE("Who waits for others that do not come is ended by Ctrl-C") {
  const Together together;
  for (const int rank : {0, 1}) {
    const std::string name = "m" + std::to_string(rank);
    Program waiting(together.Member(kIdseg, name, rank, 5));
    REQUIRE(waiting.WaitUntil(
        [&] { return std::filesystem::exists(together.scene.Path(name + ".meet")); }));
    waiting.Signal(SIGINT);
    CHECK(waiting.Wait().code == 130);
  }
}

TEST_CASE("Two processes with half a batch each learn what one learns with the whole batch") {
  // As `vole train` trains them, but smaller and at a low rate: at the full one AdamW magnifies
  // rounding, so that even one process differs from itself with another number of threads.
  constexpr int kSteps = 300;
  constexpr size_t kCompared = 8;
  const std::vector<Network> networks = {
      {"idseg", {"--rate", "1e-5"}, 4},
      {"maskrcnn",
       {"--depth", "18", "--width", "0.25", "--size", "96", "--proposals", "50", "--rate", "2e-5"},
       1,
       2},
      {"yolact", {"--depth", "18", "--width", "0.25", "--size", "96", "--rate", "1e-5"}, 2},
      {"yolov3-tiny", {"--width", "0.25", "--size", "96", "--rate", "1e-5"}, 2}};
  const Together t;
  for (const Network& network : networks) {
    CAPTURE(network.name);
    const std::string& name = network.name;
    const auto Learned = [&](const std::string& curve) {
      return HasLines(curve, 1 + static_cast<int>(kCompared));
    };
    Program first(t.Member(network, name, 0, kSteps)), second(t.Member(network, name, 1, kSteps));
    REQUIRE(second.WaitUntil([&] { return Learned(t.Curve(name, 1)) && Learned(t.Curve(name, 0)); },
                             300));
    first.Signal(SIGKILL);  // nothing is left to learn
    second.Signal(SIGKILL);
    first.Wait();
    second.Wait();
    Program alone(t.Train(network, name + "-alone", kSteps, 2 * network.half_batch));
    REQUIRE(alone.WaitUntil([&] { return Learned(t.Curve(name + "-alone", 0)); }, 300));
    alone.Signal(SIGKILL);
    alone.Wait();

    const std::vector<double> one = Losses(t.Curve(name + "-alone", 0));
    const std::vector<double> two = Losses(t.Curve(name, 0));
    const std::vector<double> other = Losses(t.Curve(name, 1));
    REQUIRE(std::min({one.size(), two.size(), other.size()}) >= kCompared);
    int differ = 0;
    for (size_t i = 0; i < kCompared; ++i) {
      CAPTURE(i);
      CHECK(two[i] == other[i]);
      const double difference = std::abs(one[i] - two[i]) / std::max(1.0, one[i]);
      CHECK(difference < 1e-2);
      differ += difference > 1e-4;
    }
    CHECK(differ <= network.tipped_steps);
    CHECK(one.front() != one.back());
  }
}

TEST_CASE("A process that is killed ends the others with one line, and they can go on later") {
  const Together t;
  Program first(t.Member(kIdseg, "lost", 0, 5000)), second(t.Member(kIdseg, "lost", 1, 5000));
  REQUIRE(second.WaitUntil([&] { return HasLines(t.Curve("lost", 1), 4); }, 300));
  second.Signal(SIGKILL);
  const Outcome outcome = first.Wait();
  INFO(tests::Show(outcome));
  CHECK(outcome.code == 1);
  CHECK(outcome.ErrLines() == 1);
  CHECK(outcome.err.find("one of them was lost") != std::string::npos);
  CHECK(outcome.err.find("--resume") != std::string::npos);
  CHECK(std::filesystem::exists(t.scene.Path("lost.safetensors.last")));
  CHECK(std::filesystem::exists(t.scene.Path("lost.safetensors")));  // the best so far
}

TEST_CASE("Ctrl-C in one process ends all in good order, with the best model so far") {
  const Together t;
  Program first(t.Member(kIdseg, "stop", 0, 5000)), second(t.Member(kIdseg, "stop", 1, 5000));
  REQUIRE(second.WaitUntil([&] { return HasLines(t.Curve("stop", 1), 4); }, 300));
  second.Signal(SIGINT);
  CHECK(second.Wait().code == 130);
  CHECK(first.Wait().code == 130);
  CHECK(std::filesystem::exists(t.scene.Path("stop.safetensors")));
}

TEST_CASE("Processes that cannot meet or do not share their labels say so in one line") {
  const Together t;
  const auto fails = [&](std::vector<std::string> more, int code, const std::string& word,
                         const Network& network = kIdseg) {
    std::vector<std::string> arguments = t.Train(network, "no", 2, 2);
    arguments.erase(arguments.begin());
    arguments.insert(arguments.end(), more.begin(), more.end());
    tests::CheckFails(arguments, code, {word});
  };
  fails({"--world-size", "2"}, 1, "no place to meet");
  fails({"--world-size", "2", "--rank", "2", "--rendezvous", "file:///x"}, 1, "--rank");
  fails({"--world-size", "2", "--rendezvous", "tcp://127.0.0.1:1", "--rank", "1", "--peer-timeout",
         "1"},
        1, "not all 2 processes met");
  for (const char* network : {"idnet", "behavior-frame"}) {  // these learn alone
    fails({"--world-size", "2", "--rendezvous", "file:///x"}, 2, "does not take it",
          {network, {}, 2});
  }
  CHECK_FALSE(std::filesystem::exists(t.scene.Path("no")));
  Program first(t.Member(kIdseg, "differ", 0, 6)), second(t.Member(kIdseg, "differ", 1, 7));
  for (Program* program : {&first, &second}) {
    const Outcome outcome = program->Wait();
    INFO(tests::Show(outcome));
    CHECK(outcome.code == 1);
    CHECK(outcome.err.find("differ between them") != std::string::npos);
  }
}

}  // namespace together_test
