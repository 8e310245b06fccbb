#include "train/peers/peers.h"

#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <vector>

#include "datasets/base/error.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torch_doctest.h"
#include "tests/train/peers_curve.h"
#include "tests/train/peers_member.h"

namespace peers_test {

namespace {

using namespace train;
using nlohmann::json;

// Another process, a member of the group: this program (tests/support/train_main.cc).
tests::Program StartMember(const std::string& role, const PeersOptions& options,
                           const std::filesystem::path& out) {
  const json given = {{"role", role},
                      {"rank", options.rank},
                      {"count", options.count},
                      {"rendezvous", options.rendezvous},
                      {"timeout_seconds", options.timeout_seconds},
                      {"out", out.string()}};
  return tests::Program({std::filesystem::read_symlink("/proc/self/exe").string()},
                        [text = given.dump()] {
                          setenv("OMP_NUM_THREADS", "1", 1);
                          setenv(tests::kPeersMember, text.c_str(), 1);
                        });
}

json ReadJson(const std::filesystem::path& file) {
  std::ifstream in(file);
  return json::parse(in, nullptr, false);
}

}  // namespace

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
  const std::vector<double> alone = tests::CurveOf(nullptr, 8);
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

TEST_CASE("what a killed group left in its meeting file does not keep the next one apart") {
  tests::TempDir folder;
  PeersOptions options;
  options.count = 2;
  options.rendezvous = "file://" + (folder / "meet").string();
  options.timeout_seconds = 60;
  const auto as = [&](int rank) {
    options.rank = rank;
    return options;
  };
  {
    tests::Program first = StartMember("linger", as(0), folder / "0");
    tests::Program second = StartMember("linger", as(1), folder / "1");
    REQUIRE(first.WaitUntil([&] {
      return std::filesystem::exists(folder / "0") && std::filesystem::exists(folder / "1");
    }));
    for (tests::Program* program : {&first, &second}) {
      program->Signal(SIGKILL);
      program->Wait();
    }
  }
  REQUIRE(std::filesystem::file_size(folder / "meet") > 0);
  tests::Program first = StartMember("compute", as(0), folder / "0");
  tests::Program second = StartMember("compute", as(1), folder / "1");
  CHECK(first.Wait().code == 0);
  CHECK(second.Wait().code == 0);
  for (const char* out : {"0", "1"}) {
    const json result = ReadJson(folder / out);
    CAPTURE(result.dump());
    CHECK(result.value("b", 0.0) == 30.0);
  }
}

TEST_CASE(
    "who waits for others that do not come can be told to stop, and else says who is missing") {
  tests::TempDir folder;
  const std::string port = std::to_string(20000 + getpid() % 20000);
  for (const std::string& place :
       {"file://" + (folder / "meet").string(), "tcp://127.0.0.1:" + port}) {
    for (const int rank : {0, 1}) {
      CAPTURE(place);
      CAPTURE(rank);
      PeersOptions options;
      options.rank = rank;
      options.count = 3;
      options.rendezvous = place;
      int asked = 0;
      options.cancelled = [&] { return ++asked > 2; };
      const auto start = std::chrono::steady_clock::now();
      CHECK_THROWS_AS(Peers::Meet(options), datasets::Cancelled);
      CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(20));
      options.cancelled = {};
      options.timeout_seconds = 0.2;
      CHECK_THROWS_WITH(Peers::Meet(options),
                        doctest::Contains(rank == 0 ? "rank 1, 2 did not come" : "not all 3"));
    }
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

}  // namespace peers_test
