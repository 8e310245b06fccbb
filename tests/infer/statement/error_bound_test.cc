#include "infer/statement/error_bound.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace error_bound_test {

using infer::CheckedSample;
using infer::DrawsUntil;
using infer::MostWrong;

TEST_CASE("nothing drawn says nothing, everything drawn says everything") {
  CHECK(MostWrong({1000, 0, 0}) == 1000);
  CHECK(MostWrong({1000, 1000, 0}) == 0);
  CHECK(MostWrong({1000, 1000, 7}) == 7);
  CHECK(MostWrong({0, 0, 0}) == 0);
}

TEST_CASE("of many frames the bound is little wider than that of one look fixed in advance") {
  // That one is the rule of three: 1 - 0.05^(1/300) = 0.00994. For every look, with the prior's
  // share of samples without a fault, prod (50 + i) / (50.5 + i) over i < 300 = 0.377:
  // 1 - (0.05 * 0.377)^(1/300) = 0.01315.
  CHECK(MostWrong({1000000, 300, 0}) == doctest::Approx(13146).epsilon(0.001));
  // Clopper-Pearson, 2 of 100: 0.0617.
  CHECK(MostWrong({1000000, 100, 2}) > 61700);
  CHECK(MostWrong({1000000, 100, 2}) < 1.5 * 61700);
}

TEST_CASE("small cases are those that can be counted by hand") {
  // 10 frames, 5 drawn, none wrong. With 1 wrong that has probability 1/2, with 2 it is 2/9, with 3
  // 1/12, with 4 1/42; under the prior it is 50/50.5 * ... * 54/54.5 = 0.953, a twentieth of which
  // lies between the last two.
  CHECK(MostWrong({10, 5, 0}) == 3);
  CHECK(MostWrong({10, 5, 0}, 0.9) == 2);
}

TEST_CASE("the bound covers the truth at least as often as it says") {
  std::mt19937 random(1);
  for (const int wrong : {0, 1, 5, 20, 100, 400}) {
    constexpr int kFrames = 500, kTrials = 2000;
    std::vector<int> frames(kFrames);
    for (int f = 0; f < kFrames; ++f) frames[static_cast<size_t>(f)] = f < wrong;
    for (const int drawn : {10, 60, 250}) {
      int covered = 0;
      for (int trial = 0; trial < kTrials; ++trial) {
        int seen = 0;
        for (int d = 0; d < drawn; ++d) {
          std::uniform_int_distribution<int> any(d, kFrames - 1);
          std::swap(frames[static_cast<size_t>(d)], frames[static_cast<size_t>(any(random))]);
          seen += frames[static_cast<size_t>(d)];
        }
        covered += MostWrong({kFrames, drawn, seen}) >= wrong;
      }
      // 95 % less three standard errors of 2,000 trials.
      CHECK(covered >= kTrials * (0.95 - 3 * 0.0049));
    }
  }
}

TEST_CASE("how many more frames would do is the least number that does") {
  const CheckedSample sample{20000, 40, 0};
  const int more = DrawsUntil(sample, 200);
  CHECK(MostWrong({20000, 40 + more, 0}) <= 200);
  CHECK(MostWrong({20000, 40 + more - 1, 0}) > 200);
  CHECK(DrawsUntil({20000, 300, 0}, 20000) == 0);
  CHECK(DrawsUntil({100, 50, 5}, 4) == -1);  // five are known to be wrong
  CHECK(DrawsUntil({100, 50, 5}, 5) == 50);
}

TEST_CASE(
    "whoever draws as many as it takes and stops when it pleases is misled in 1 of 20 cases") {
  constexpr int kFrames = 20000, kWrong = 210, kMostDraws = 2000, kRuns = 1000;  // 1.05 % wrong
  std::mt19937 random(1);
  int misled = 0;
  for (int run = 0; run < kRuns; ++run) {
    CheckedSample sample{kFrames, 0, 0};
    while (true) {
      const int more = DrawsUntil(sample, 0.01 * kFrames);
      misled += more == 0;
      if (more <= 0 || sample.drawn + more > kMostDraws) break;
      for (int draw = 0; draw < more; ++draw) {
        std::uniform_int_distribution<int> any(1, kFrames - sample.drawn);
        sample.wrong += any(random) <= kWrong - sample.wrong;
        ++sample.drawn;
      }
    }
  }
  MESSAGE(misled << " of " << kRuns << " runs were misled");
  CHECK(misled <= kRuns / 20);
}

}  // namespace error_bound_test
