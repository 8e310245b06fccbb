#include "tests/train/peers_member.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "datasets/base/error.h"
#include "tests/train/peers_curve.h"
#include "train/peers/peers.h"

namespace {

using namespace train;
using nlohmann::json;

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

void tests::JoinPeers(const char* text) {
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
    } else if (given["role"] == "linger") {
      std::ofstream(given["out"].get<std::string>()) << "{}";
      for (;;) pause();
    } else if (given["role"] == "wait") {
      for (int i = 0; i < 1000; ++i) peers->OfFirst(i);
    }
    result = given["role"] == "train" ? json{{"losses", tests::CurveOf(peers.get(), 4)}}
                                      : Compute(*peers);
  } catch (const datasets::Error& error) {
    result = {{"error", error.what()}};
  }
  std::ofstream(given["out"].get<std::string>()) << result;
}
