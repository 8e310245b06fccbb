#include "train/peers/peers.h"

#include <cmath>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "datasets/base/error.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torch_doctest.h"
#include "train/learn/together.h"
#include "train/learn/trainer.h"
#include "train/nets/idseg.h"

namespace {

using namespace train;
using nlohmann::json;

// This program again, as a member of a group: it runs the case "a member" below in its own process.
tests::Program StartMember(const std::string& role, const PeersOptions& options,
                           const std::filesystem::path& out) {
  const json given = {{"role", role},
                      {"rank", options.rank},
                      {"count", options.count},
                      {"rendezvous", options.rendezvous},
                      {"timeout_seconds", options.timeout_seconds},
                      {"out", out.string()}};
  const std::string text = given.dump();
  return tests::Program({"/proc/self/exe", "--no-skip", "--test-case=a member of a group"}, [text] {
    setenv("VOLE_TEST_MEMBER", text.c_str(), 1);
    setenv("OMP_NUM_THREADS", "1", 1);
  });
}

json ReadJson(const std::filesystem::path& file) {
  std::ifstream in(file);
  return json::parse(in, nullptr, false);
}

// Names random pictures; a batch of `whole` is shared by the members.
class PictureTask : public LearningTask {
 public:
  PictureTask(Peers* peers, int batch) : share_(ShareOf(peers, batch)), net_(2, 3) {
    NormalizeOverPeers(*net_, peers);
  }
  torch::nn::Module& module() override { return *net_; }
  torch::Tensor Loss(int64_t step) override {
    torch::manual_seed(100 + step);
    const torch::Tensor pictures = torch::randn({share_.whole, 2, 32, 32});
    const torch::Tensor names = torch::randint(3, {share_.whole}, torch::kInt64);
    const int64_t end = share_.first + share_.count;
    return torch::nn::functional::cross_entropy(net_->forward(pictures.slice(0, share_.first, end)),
                                                names.slice(0, share_.first, end)) *
           (static_cast<double>(share_.count) / share_.whole);
  }
  std::optional<Validation> Validate() override { return std::nullopt; }

 private:
  BatchShare share_;
  CropNet net_;
};

std::vector<double> CurveOf(Peers* peers, int batch) {
  torch::manual_seed(peers ? 50 + peers->rank() : 50);  // all begin with the weights of rank 0
  PictureTask task(peers, batch);
  TrainerOptions options;
  options.steps = 25;
  options.peak_rate = 0.05;
  options.optimizer = Optimizer::kSgd;
  options.peers = peers;
  std::vector<double> losses;
  Trainer(task, options)
      .Run([&](const TrainerState& state) { losses.push_back(state.step_loss); },
           [](const TrainerState&) {});
  return losses;
}

json Compute(Peers& peers) {
  const double mine = peers.rank() + 1;
  torch::Tensor a = torch::full({2, 3}, mine), b = torch::full({}, 10 * mine);
  peers.Sum({a, b});
  // y = (sum of x)^2: dy/dx = 2 sum, times the members that each hold a copy of y.
  torch::Tensor x = torch::full({2}, mine, torch::requires_grad());
  peers.SumWithGradient(x).pow(2).sum().backward();
  std::string complaint;
  try {
    peers.CheckSame("the labels", "same");
    peers.CheckSame("the labels", std::to_string(peers.rank()));
  } catch (const datasets::Error& error) {
    complaint = error.what();
  }
  return {{"a", a.sum().item<double>()},
          {"b", b.item<double>()},
          {"gradient", x.grad()[1].item<double>()},
          {"first", peers.OfFirst(peers.rank() + 0.5)},
          {"complaint", complaint}};
}

}  // namespace

TEST_CASE("a member of a group" * doctest::skip()) {
  const char* text = std::getenv("VOLE_TEST_MEMBER");
  if (!text) return;
  const json given = json::parse(text);
  PeersOptions options;
  options.rank = given["rank"];
  options.count = given["count"];
  options.rendezvous = given["rendezvous"];
  options.timeout_seconds = given["timeout_seconds"];
  json result;
  try {
    const auto peers = Peers::Meet(options);
    peers->OfFirst(0);  // all are there
    if (given["role"] == "leave") {
      std::_Exit(0);
    } else if (given["role"] == "freeze") {
      raise(SIGSTOP);
    } else if (given["role"] == "wait") {
      for (int i = 0; i < 1000; ++i) peers->OfFirst(i);
    }
    result = given["role"] == "train" ? json{{"losses", CurveOf(peers.get(), 4)}} : Compute(*peers);
  } catch (const datasets::Error& error) {
    result = {{"error", error.what()}};
  }
  std::ofstream(given["out"].get<std::string>()) << result;
}

TEST_CASE("processes add up tensors and gradients, and notice what they do not share") {
  tests::TempDir folder;
  PeersOptions options;
  options.count = 3;
  options.rendezvous = "file://" + (folder / "meet").string();
  options.timeout_seconds = 60;
  tests::Program first = StartMember("compute", options, folder / "0");
  options.rank = 1;
  tests::Program second = StartMember("compute", options, folder / "1");
  options.rank = 2;
  tests::Program third = StartMember("compute", options, folder / "2");
  for (tests::Program* program : {&first, &second, &third}) CHECK(program->Wait().code == 0);
  for (const char* out : {"0", "1", "2"}) {
    const json result = ReadJson(folder / out);
    CAPTURE(result.dump());
    CHECK(result["a"] == 6 * 6.0);
    CHECK(result["b"] == 60.0);
    CHECK(result["gradient"] == 3 * 2 * 6.0);
    CHECK(result["first"] == 0.5);
    CHECK(result["complaint"].get<std::string>().find("the labels differ") != std::string::npos);
  }
}

TEST_CASE("two processes with half a batch each have the loss curve of one with the whole batch") {
  tests::TempDir folder;
  PeersOptions options;
  options.count = 2;
  options.rendezvous = "file://" + (folder / "meet").string();
  tests::Program first = StartMember("train", options, folder / "0");
  options.rank = 1;
  tests::Program second = StartMember("train", options, folder / "1");
  CHECK(first.Wait().code == 0);
  CHECK(second.Wait().code == 0);
  const std::vector<double> alone = CurveOf(nullptr, 8);
  const std::vector<double> together = ReadJson(folder / "0").at("losses");
  CHECK(ReadJson(folder / "1").at("losses").get<std::vector<double>>() == together);
  REQUIRE(together.size() == alone.size());
  CHECK(alone.size() == 25);
  for (size_t i = 0; i < alone.size(); ++i) {
    CAPTURE(i);
    CHECK(std::abs(together[i] - alone[i]) < 1e-4);
  }
}

TEST_CASE("a member that ends or freezes is one clear line for the others, soon") {
  for (const std::string role : {"leave", "freeze"}) {
    CAPTURE(role);
    tests::TempDir folder;
    PeersOptions options;
    options.count = 2;
    options.rendezvous = "file://" + (folder / "meet").string();
    options.timeout_seconds = role == "freeze" ? 3 : 60;
    tests::Program first = StartMember("wait", options, folder / "0");
    options.rank = 1;
    tests::Program second = StartMember(role, options, folder / "1");
    CHECK(first.Wait().code == 0);
    const std::string error = ReadJson(folder / "0").value("error", "");
    CAPTURE(error);
    CHECK(error.find("one of them was lost") != std::string::npos);
    CHECK(error.find("--resume") != std::string::npos);
    CHECK(error.find('\n') == std::string::npos);
    CHECK(error.size() < 500);
  }
}

TEST_CASE("a place where nobody comes, and ranks that make no sense, are refused in one line") {
  tests::TempDir folder;
  const auto Refusal = [](int rank, int count, const std::string& rendezvous) {
    PeersOptions options;
    options.rank = rank;
    options.count = count;
    options.rendezvous = rendezvous;
    options.timeout_seconds = 0.5;
    try {
      Peers::Meet(options);
    } catch (const datasets::Error& error) {
      CHECK(std::string(error.what()).find('\n') == std::string::npos);
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string file = "file://" + (folder / "meet").string();
  CHECK(Refusal(0, 2, file).find("not all 2 processes met") != std::string::npos);
  CHECK(Refusal(2, 2, file).find("--rank") != std::string::npos);
  CHECK(Refusal(-1, 2, file).find("--rank") != std::string::npos);
  for (const std::string place : {"", "tcp://", "tcp://host", "tcp://host:0", "tcp://host:x",
                                  "tcp://:80", "file://relative", "udp://host:1"}) {
    CAPTURE(place);
    CHECK(Refusal(0, 2, place).find("no place to meet") != std::string::npos);
  }
}
