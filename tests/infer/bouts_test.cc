#include "infer/behavior/bouts.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

namespace bouts_test {

namespace {

using infer::Classes;
using Scores = std::vector<std::vector<float>>;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

TEST_CASE("smoothing a single frame draws a Gaussian of that width, and keeps a constant") {
  std::vector<float> one(101, 0.0f);
  one[50] = 1;
  const auto smooth = infer::SmoothScores(one, 5);
  double sum = 0;
  for (const float value : smooth) sum += static_cast<double>(value);
  CHECK(sum == doctest::Approx(1).epsilon(1e-4));
  CHECK(smooth[50] == doctest::Approx(1 / (5 * std::sqrt(2 * M_PI))).epsilon(1e-3));
  CHECK(smooth[55] / smooth[50] == doctest::Approx(std::exp(-0.5)).epsilon(1e-4));
  CHECK(smooth[40] == doctest::Approx(static_cast<double>(smooth[60])));
  CHECK(smooth[50 + 21] == 0);  // cut off at 4 sigma
  for (const float value : infer::SmoothScores(std::vector<float>(30, 0.7f), 5)) {
    CHECK(value == doctest::Approx(0.7));  // also at the ends
  }
  CHECK(infer::SmoothScores(one, 0) == one);
}

TEST_CASE("frames without a score stay so, and lend nothing to their neighbors") {
  std::vector<float> scores = {0.2f, 0.2f, kNaN, kNaN, 0.8f, 0.8f};
  const auto smooth = infer::SmoothScores(scores, 0.5);
  CHECK(std::isnan(smooth[2]));
  CHECK(std::isnan(smooth[3]));
  CHECK(smooth[1] == doctest::Approx(0.2));
  CHECK(smooth[4] == doctest::Approx(0.8));
  CHECK(infer::SmoothScores({}, 5).empty());
  CHECK(std::isnan(infer::SmoothScores({kNaN}, 5)[0]));
}

TEST_CASE("the likeliest behavior of a group holds where it reaches its own threshold") {
  const Scores scores = {{0.1f, 0.6f, 0.5f, kNaN, 0.5f}, {0.2f, 0.3f, 0.5f, 0.9f, 0.4f}};
  CHECK(infer::ClassesByThreshold(scores, {0.5, 0.3}) == Classes{0, 1, 1, -1, 1});
  CHECK(infer::ClassesByThreshold(scores, {0.7, 0.3}) == Classes{0, 2, 2, -1, 2});
  CHECK(infer::ClassesByThreshold({}, {}).empty());
}

// Two classes, three frames. Staying costs log 0.9, changing log 0.1, both starts log 0.5.
// Scores 0.4, 0.9, 0.4. Paths (product of score, change, start):
//   none none none: .5 * .6 * .9 * .1 * .9 * .6 = 0.01458
//   none yes  none: .5 * .6 * .1 * .9 * .1 * .6 = 0.00162
//   yes  yes  yes : .5 * .4 * .9 * .9 * .9 * .4 = 0.05832  <- the best
//   none yes  yes : .5 * .6 * .1 * .9 * .9 * .4 = 0.00972
TEST_CASE("the likeliest sequence is the one worked by hand") {
  const double stay = std::log(0.9), change = std::log(0.1);
  infer::Transitions transitions{{{stay, change}, {change, stay}}, {std::log(0.5), std::log(0.5)}};
  CHECK(infer::ClassesByViterbi({{0.4f, 0.9f, 0.4f}}, transitions) == Classes{1, 1, 1});
  // With 0.6 in the middle staying out is best: .5*.6*.9*.4*.9*.6 = 0.05832 against
  // .5*.4*.9*.6*.9*.4 = 0.03888.
  CHECK(infer::ClassesByViterbi({{0.4f, 0.6f, 0.4f}}, transitions) == Classes{0, 0, 0});
  CHECK(infer::ClassesByThreshold({{0.4f, 0.6f, 0.4f}}, {0.5}) == Classes{0, 1, 0});
  // Frames that nobody saw say nothing and stay unknown, but time goes on.
  CHECK(infer::ClassesByViterbi({{0.9f, kNaN, 0.9f}}, transitions) == Classes{1, -1, 1});
  CHECK(infer::ClassesByViterbi({{}}, transitions).empty());
}

// Every path of a short sequence, scored one by one, agrees with the dynamic program.
TEST_CASE("the likeliest sequence beats every other one") {
  const Scores scores = {{0.5f, 0.1f, 0.45f, 0.7f, 0.05f, 0.3f},
                         {0.3f, 0.6f, 0.5f, 0.1f, 0.4f, 0.3f}};
  const auto transitions = infer::TransitionsOf({{0, 0, 1, 1, 2, 0, 1}, {2, 2, 1, -1, 1, 0}}, 3);
  const auto value = [&](const Classes& path) {
    double sum = transitions.log_start[static_cast<size_t>(path[0])];
    for (size_t frame = 0; frame < path.size(); ++frame) {
      const auto now = static_cast<size_t>(path[frame]);
      if (frame > 0) sum += transitions.log_change[static_cast<size_t>(path[frame - 1])][now];
      const double none =
          1 - static_cast<double>(scores[0][frame]) - static_cast<double>(scores[1][frame]);
      sum += std::log(now == 0 ? none : static_cast<double>(scores[now - 1][frame]));
    }
    return sum;
  };
  const double found = value(infer::ClassesByViterbi(scores, transitions));
  double best = -1e9;
  for (int code = 0; code < 729; ++code) {
    Classes path;
    for (int frame = 0, rest = code; frame < 6; ++frame, rest /= 3) path.push_back(rest % 3);
    best = std::max(best, value(path));
  }
  CHECK(found == doctest::Approx(best));
}

TEST_CASE("transitions are counted within labeled stretches, and nothing is impossible") {
  // none none walk walk | walk none: 1 none>none, 1 none>walk, 1 walk>walk, 1 walk>none.
  const auto transitions = infer::TransitionsOf({{0, 0, 1, 1, -1, 1, 0}}, 2);
  const double stay = (24 + 1) / (25.0 + 2), change = (1 + 1) / (25.0 + 2);
  for (size_t a = 0; a < 2; ++a) {
    CHECK(std::exp(transitions.log_change[a][a]) == doctest::Approx(stay));
    CHECK(std::exp(transitions.log_change[a][1 - a]) == doctest::Approx(change));
    CHECK(std::exp(transitions.log_start[a]) == doctest::Approx(0.5));  // one start each
  }
  const auto unknown = infer::TransitionsOf({}, 3);
  CHECK(std::exp(unknown.log_change[0][0]) == doctest::Approx(24.0 / 25));
  CHECK(std::exp(unknown.log_change[1][2]) == doctest::Approx(0.5 / 25));
}

TEST_CASE("gaps are closed before short bouts are left out") {
  const Classes classes = {1, 1, 0, 1, 1, 0, 0, 0, 2, 2, 0, 1, 2, -1, 2};
  Scores scores(2, std::vector<float>(15, 0.5f));
  scores[0][2] = 0.25f;
  scores[1][13] = kNaN;
  auto bouts = infer::BoutsOf(classes, scores, {false, false}, 3, 1);
  REQUIRE(bouts.size() == 2);
  CHECK(bouts[0].behavior == 0);
  CHECK(bouts[0].start_frame == 0);
  CHECK(bouts[0].end_frame == 5);
  CHECK(bouts[0].score == doctest::Approx((4 * 0.5 + 0.25) / 5));
  CHECK(bouts[1].behavior == 1);  // 2 -1 2 is one bout of three frames, its score that of two
  CHECK(bouts[1].start_frame == 12);
  CHECK(bouts[1].end_frame == 15);
  CHECK(bouts[1].score == doctest::Approx(0.5));
  CHECK(infer::BoutsOf(classes, scores, {false, false}, 1, 0).size() == 6);
  CHECK(infer::BoutsOf(classes, scores, {false, false}, 6, 0).empty());
}

TEST_CASE("a point behavior is the highest frame of each run") {
  const Scores scores = {{0.1f, 0.6f, 0.9f, 0.7f, 0.1f, 0.6f}};
  const auto bouts = infer::BoutsOf({0, 1, 1, 1, 0, 1}, scores, {true}, 1, 0);
  REQUIRE(bouts.size() == 2);
  CHECK(bouts[0].start_frame == 2);
  CHECK(bouts[0].end_frame == 3);
  CHECK(bouts[0].score == doctest::Approx(0.9));
  CHECK(bouts[1].start_frame == 5);
}

}  // namespace

}  // namespace bouts_test
