#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "datasets/base/error.h"
#include "datasets/behavior/agreement.h"
#include "datasets/behavior/exploration.h"
#include "datasets/metrics/classification.h"
#include "tests/support/shared_data.h"

namespace behavior_agreement_test {

using namespace datasets;

namespace {

BoutSeries Series(const std::string& author, std::vector<Bout> bouts,
                  const std::string& video = "clip", int frames = 100) {
  BoutSeries series;
  series.video = video;
  series.author = author;
  series.fps = 10;
  series.end_frame = frames;
  series.bouts = std::move(bouts);
  return series;
}

BehaviorScores Scores(std::vector<BoutSeries> series) {
  BehaviorScores scores;
  scores.behaviors = {{"rear"}, {"groom"}};
  scores.series = std::move(series);
  TidyScores(scores);
  return scores;
}

AgreementOptions Quick() {
  AgreementOptions options;
  options.block_s = 1;
  options.bootstrap.rounds = 200;
  return options;
}

// The most pairs that can be made, by trying everything.
int MostPairs(const std::vector<std::vector<bool>>& allowed, size_t row, uint32_t used) {
  if (row == allowed.size()) return 0;
  int best = MostPairs(allowed, row + 1, used);
  for (size_t j = 0; j < allowed[row].size(); ++j) {
    if (allowed[row][j] && !(used >> j & 1)) {
      best = std::max(best, 1 + MostPairs(allowed, row + 1, used | 1u << j));
    }
  }
  return best;
}

std::vector<BoutSpan> RandomSpans(std::mt19937& random) {
  std::vector<BoutSpan> spans;
  int frame = static_cast<int>(random() % 6);
  for (size_t i = random() % 7; i > 0; --i) {
    const int length = 1 + static_cast<int>(random() % 9);
    spans.push_back({frame, frame + length});
    frame += length + static_cast<int>(random() % 6);
  }
  return spans;
}

}  // namespace

TEST_CASE("Kappa of Cohen's table equals the one worked by hand") {
  // 45 + 25 of 100 agree: p_o = .7; p_e = .6 * .6 + .4 * .4 = .52 -> .18 / .48
  CHECK(*KappaOf({{45, 15}, {15, 25}}) == doctest::Approx(0.375));
  CHECK(*KappaOf({{10, 0}, {0, 5}}) == doctest::Approx(1));
  CHECK(*KappaOf({{0, 0}, {7, 3}}) == doctest::Approx(0));  // one of them never changes
  CHECK_FALSE(KappaOf({{10, 0}, {0, 0}}).has_value());      // neither does: 0 / 0
  CHECK(*KappaOf({{0, 5}, {5, 0}}) == doctest::Approx(-1));
  CHECK_FALSE(KappaOf({{0, 0}, {0, 0}}).has_value());
}

TEST_CASE("Agreement of two scorers equals the one worked by hand") {
  // rear: anna [10, 30), ben [15, 35): both 15, anna 20, ben 20.
  const auto scores = Scores(
      {Series("anna", {{0, 10, 30}, {1, 50, 60}}), Series("ben", {{0, 15, 35}, {1, 50, 60}})});
  const PairAgreement pair = CompareAuthors(scores, "anna", "ben", Quick());
  CHECK(pair.frames == 100);
  CHECK(*pair.agreement.value == doctest::Approx(0.90));
  // margins: nothing 70/70, rear 20/20, groom 10/10 -> p_e = .49 + .04 + .01 = .54
  CHECK(*pair.kappa.value == doctest::Approx(0.36 / 0.46));
  const BehaviorAgreement& rear = pair.behaviors[0];
  CHECK(rear.both_frames == 15);
  CHECK(*rear.f1.value == doctest::Approx(0.75));
  CHECK(*rear.kappa.value == doctest::Approx((0.90 - 0.68) / 0.32));
  CHECK(*pair.behaviors[1].kappa.value == doctest::Approx(1));
  CHECK(*pair.macro_f1.value == doctest::Approx(0.875));
  CHECK(*rear.by_overlap.f1 == doctest::Approx(1));
  CHECK(*rear.by_onset.f1 == doctest::Approx(1));  // 5 frames apart, half a second
  AgreementOptions strict = Quick();
  strict.tolerance_frames = 4;
  strict.min_overlap = 0.61;  // the overlap is 15 / 25
  const PairAgreement strictly = CompareAuthors(scores, "anna", "ben", strict);
  CHECK(*strictly.behaviors[0].by_onset.f1 == doctest::Approx(0));
  CHECK(*strictly.behaviors[0].by_overlap.f1 == doctest::Approx(0));
  const auto rear_row = std::find(pair.states.begin(), pair.states.end(), "rear");
  REQUIRE(rear_row != pair.states.end());
  CHECK(pair.confusion[rear_row - pair.states.begin()][0] == 5);
}

TEST_CASE("Bout F1 counts each bout once, on both sides") {
  // One long bout over three short ones: one pair, two extra.
  const std::vector<BoutSpan> one = {{0, 50}}, three = {{0, 10}, {20, 30}, {40, 50}};
  CHECK(MatchBoutsByOverlap(one, three).size() == 1);
  CHECK(MatchBoutsByOverlap(three, one).size() == 1);
  CHECK(MatchBoutsByOverlap({{0, 10}}, {{10, 20}}).empty());
  CHECK(MatchBoutsByOnset({{0, 5}, {10, 12}}, {{9, 15}, {12, 20}}, 2).size() == 1);
  const auto pair = CompareAuthors(
      Scores({Series("a", {{0, 0, 50}}), Series("b", {{0, 0, 10}, {0, 20, 30}, {0, 40, 50}})}), "a",
      "b", Quick());
  CHECK(pair.behaviors[0].by_overlap.matched == 1);
  CHECK(pair.behaviors[0].by_overlap.extra == 2);
  CHECK(*pair.behaviors[0].by_overlap.f1 == doctest::Approx(0.5));
  CHECK_FALSE(pair.behaviors[1].by_overlap.f1.has_value());
}

TEST_CASE("No other pairing of bouts makes more pairs") {
  std::mt19937 random(7);
  for (int round = 0; round < 400; ++round) {
    const auto a = RandomSpans(random), b = RandomSpans(random);
    const double min_iou = round % 3 * 0.25;
    const int tolerance = round % 5;
    std::vector<std::vector<bool>> overlap(a.size()), onset(a.size());
    for (size_t i = 0; i < a.size(); ++i) {
      for (const BoutSpan& other : b) {
        const int shared = std::min(a[i].end_frame, other.end_frame) -
                           std::max(a[i].start_frame, other.start_frame);
        const int joined = std::max(a[i].end_frame, other.end_frame) -
                           std::min(a[i].start_frame, other.start_frame);
        overlap[i].push_back(shared > 0 && shared >= min_iou * joined);
        onset[i].push_back(std::abs(a[i].start_frame - other.start_frame) <= tolerance);
      }
    }
    CHECK(static_cast<int>(MatchBoutsByOverlap(a, b, min_iou).size()) == MostPairs(overlap, 0, 0));
    CHECK(static_cast<int>(MatchBoutsByOnset(a, b, tolerance).size()) == MostPairs(onset, 0, 0));
  }
}

TEST_CASE("Frame kappa and F1 are those of the plain classification figures") {
  std::mt19937 random(3);
  std::vector<int> one(300), other(300);
  std::vector<Bout> first, second;
  for (int i = 0; i < 300; ++i) {
    one[i] = static_cast<int>(random() % 3);
    other[i] = random() % 4 == 0 ? static_cast<int>(random() % 3) : one[i];
    if (one[i] > 0) first.push_back({one[i] - 1, i, i + 1});
    if (other[i] > 0) second.push_back({other[i] - 1, i, i + 1});
  }
  const auto pair =
      CompareAuthors(Scores({Series("a", first, "clip", 300), Series("b", second, "clip", 300)}),
                     "a", "b", Quick());
  const auto expected = EvaluateClassification(one, other);
  CHECK(*pair.kappa.value == doctest::Approx(expected.kappa));
  CHECK(*pair.agreement.value == doctest::Approx(expected.accuracy));
  CHECK(*pair.behaviors[0].f1.value == doctest::Approx(expected.per_class.at(1).f1));
  CHECK(*pair.behaviors[1].f1.value == doctest::Approx(expected.per_class.at(2).f1));
  REQUIRE(pair.kappa.interval.has_value());
  CHECK(pair.kappa.interval->low < *pair.kappa.value);
  CHECK(pair.kappa.interval->high > *pair.kappa.value);
}

TEST_CASE("Behaviors at the same time are a state of their own") {
  const auto pair =
      CompareAuthors(Scores({Series("a", {{0, 0, 10}, {1, 5, 10}}), Series("b", {{0, 0, 10}})}),
                     "a", "b", Quick());
  CHECK(*pair.agreement.value == doctest::Approx(0.95));
  CHECK(*pair.behaviors[0].kappa.value == doctest::Approx(1));
  CHECK(*pair.behaviors[1].kappa.value == doctest::Approx(0));
  CHECK(std::count(pair.states.begin(), pair.states.end(), "rear + groom") == 1);
}

TEST_CASE("What only one scored is named, and nobody in common is one clear line") {
  const auto scores = Scores({Series("a", {{0, 0, 10}}), Series("b", {{0, 0, 10}}),
                              Series("a", {{0, 0, 10}}, "other"), Series("c", {}, "third")});
  const auto pair = CompareAuthors(scores, "a", "b", Quick());
  CHECK(pair.only_one == std::vector<std::string>{"other (a)"});
  CHECK_THROWS_AS(CompareAuthors(scores, "a", "c", Quick()), Error);
  CHECK_THROWS_AS(CompareAuthors(scores, "a", "a", Quick()), Error);
  CHECK_THROWS_WITH_AS(CompareAuthors(scores, "a", "dora", Quick()),
                       doctest::Contains("there are: 'a', 'b', 'c'"), Error);
  Job job;
  CHECK(CompareAllAuthors(scores, Quick(), job).size() == 1);
  job.Cancel();
  CHECK_THROWS_AS(CompareAllAuthors(scores, Quick(), job), Cancelled);
}

TEST_CASE("What only one of two could score is in no figure of the two, and is named") {
  BoutSeries anna = Series("a", {{0, 0, 10}, {1, 20, 40}}), bob = Series("b", {{0, 0, 10}});
  anna.looked_for = {0, 1};
  bob.looked_for = {0};
  const auto pair = CompareAuthors(Scores({anna, bob}), "a", "b", Quick());
  CHECK(*pair.kappa.value == doctest::Approx(1));
  CHECK(*pair.agreement.value == doctest::Approx(1));
  CHECK(*pair.macro_f1.value == doctest::Approx(1));
  REQUIRE(pair.behaviors.size() == 1);
  CHECK(pair.behaviors[0].behavior == "rear");
  CHECK(pair.not_compared == std::vector<std::string>{"groom (a)"});
  CHECK(AgreementJson(pair)["not_compared"][0] == "groom (a)");
  // Whoever looked for it and never saw it disagrees.
  bob.looked_for = {0, 1};
  const auto both = CompareAuthors(Scores({anna, bob}), "a", "b", Quick());
  CHECK(*both.macro_f1.value == doctest::Approx(0.5));
  CHECK(both.not_compared.empty());
  // Where it is compared in one video of two, its kappa is of that video alone.
  BoutSeries there = Series("a", {{1, 0, 50}}, "other"), also = Series("b", {{1, 0, 50}}, "other");
  there.looked_for = also.looked_for = {0, 1};
  bob.looked_for = {0};
  const auto partly = CompareAuthors(Scores({anna, bob, there, also}), "a", "b", Quick());
  CHECK(*partly.behaviors[1].kappa.value == doctest::Approx(1));
  CHECK(partly.behaviors[1].first_frames == 50);
  CHECK(partly.behaviors[1].frames == 100);  // of the one video, not of both
  CHECK(AgreementCsv({partly}).find("a,b,groom,100,50,50,") != std::string::npos);
}

TEST_CASE("Nobody missed what happened where the animal was not seen") {
  BoutSeries anna = Series("a", {{0, 0, 10}, {0, 60, 80}, {1, 20, 40}});
  BoutSeries machine = Series("m", {{0, 0, 10}, {1, 20, 40}});
  anna.looked_for = machine.looked_for = {0, 1};
  const auto all = CompareAuthors(Scores({anna, machine}), "a", "m", Quick());
  CHECK(all.behaviors[0].by_overlap.missed == 1);
  machine.unseen[0] = {{50, 100}};
  const auto seen = CompareAuthors(Scores({anna, machine}), "a", "m", Quick());
  REQUIRE(seen.behaviors.size() == 2);
  CHECK(seen.frames == 50);
  CHECK(seen.behaviors[0].frames == 50);
  CHECK(seen.behaviors[1].frames == 100);  // which was looked for throughout
  CHECK(*seen.kappa.value == doctest::Approx(1));
  CHECK(*seen.behaviors[0].kappa.value == doctest::Approx(1));
  CHECK(seen.behaviors[0].by_overlap.missed == 0);
  CHECK(seen.behaviors[0].by_onset.missed == 0);
  CHECK(seen.behaviors[0].by_overlap.matched == 1);
  // A bout of which the other saw the larger part was there to be found.
  machine.unseen[0] = {{72, 100}};
  CHECK(CompareAuthors(Scores({anna, machine}), "a", "m", Quick()).behaviors[0].by_overlap.missed ==
        1);
}

TEST_CASE("The discrimination index and its exclusions equal those worked by hand") {
  ExplorationOptions options;
  options.first = {"rear"};
  options.second = {"groom"};
  options.training_videos = {"train"};
  // 10 fps: 2 s and 6 s -> DI -.5; the same in a training trial is a bias; 2.9 s is too little.
  const auto rows = ExplorationTimes(
      Scores({Series("a", {{0, 0, 20}, {1, 20, 80}}, "test"),
              Series("a", {{0, 0, 20}, {1, 20, 80}}, "train.mp4"),
              Series("a", {{0, 0, 20}, {1, 20, 29}}, "short"), Series("a", {}, "still")}),
      options);
  REQUIRE(rows.size() == 4);
  CHECK(rows[0].video == "short");
  CHECK(rows[0].excluded == "explored less than 3 s");
  CHECK_FALSE(rows[1].di.has_value());
  CHECK(rows[2].first_s == doctest::Approx(2));
  CHECK(rows[2].second_s == doctest::Approx(6));
  CHECK(*rows[2].di == doctest::Approx(-0.5));
  CHECK(*rows[2].second_percent == doctest::Approx(75));
  CHECK(rows[2].excluded.empty());
  CHECK(rows[3].training);
  CHECK(rows[3].excluded == "biased by more than 20 %");
  const auto summary = SummarizeExploration(rows);
  REQUIRE(summary.size() == 2);
  CHECK(summary[0].animals == 1);
  CHECK(summary[0].excluded == 2);
  CHECK(*summary[0].mean_di == doctest::Approx(-0.5));
  CHECK_FALSE(summary[0].sd_di.has_value());
}

TEST_CASE("Two behaviors of one object are one exploration; one behavior of both is refused") {
  ExplorationOptions options;
  options.first = {"rear", "groom"};
  options.second = {"groom"};
  const auto scores = Scores({Series("a", {{0, 0, 20}, {1, 10, 40}})});
  CHECK_THROWS_AS(ExplorationTimes(scores, options), Error);
  options.second = {"jump"};
  CHECK_THROWS_WITH_AS(ExplorationTimes(scores, options), doctest::Contains("rear, groom"), Error);
  options.second.clear();
  CHECK_THROWS_AS(ExplorationTimes(scores, options), Error);
}

TEST_CASE("Pearson's r equals the one worked by hand and is absent where nothing varies") {
  // deviations (-1, 0, 1) and (-1.6667, .3333, 1.3333): 3 / sqrt(2 * 4.6667)
  CHECK(*PearsonR({1, 2, 3}, {1, 3, 4}) == doctest::Approx(0.981981));
  CHECK(*PearsonR({1, 2, 3}, {3, 2, 1}) == doctest::Approx(-1));
  CHECK_FALSE(PearsonR({1, 2}, {5, 5}).has_value());
  CHECK_FALSE(PearsonR({1}, {5}).has_value());
  CHECK_THROWS_AS(PearsonR({1, 2}, {1}), Error);
  ExplorationOptions options;
  options.first = {"rear"};
  options.second = {"groom"};
  const auto rows = ExplorationTimes(
      Scores({Series("a", {{0, 0, 20}, {1, 20, 80}}, "v1"), Series("b", {{0, 0, 20}}, "v1"),
              Series("a", {{0, 0, 40}, {1, 50, 60}}, "v2"), Series("b", {{0, 0, 30}}, "v2"),
              Series("a", {{0, 0, 40}}, "v3")}),
      options);
  const auto correlations = CompareExploration(rows);
  REQUIRE(correlations.size() == 4);
  CHECK(correlations[0].quantity == "T1");
  CHECK(correlations[0].pairs == 2);
  CHECK(*correlations[0].r == doctest::Approx(1));
  CHECK_FALSE(correlations[1].r.has_value());
  CHECK(correlations[2].pairs == 4);
}

TEST_CASE("Three people who scored the same mice agree on grooming and rears beyond chance") {
  const auto data = tests::SharedData("oft_three_raters");
  if (!data) return;
  const auto scores = ScoresFromTable(*data / "behaviors.csv", {25, 0, ""});
  Job job;
  const auto pairs = CompareAllAuthors(scores, Quick(), job);
  REQUIRE(pairs.size() == 3);
  for (const PairAgreement& pair : pairs) {
    CHECK(pair.series == 5);
    CHECK(pair.frames > 74000);
    CHECK(*pair.kappa.value > 0.5);
    CHECK(*pair.kappa.value < 1);
  }
}

}  // namespace behavior_agreement_test
