#include "infer/names/identity.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <sstream>

#include "datasets/base/assignment.h"
#include "tests/infer/disc_world.h"

namespace identity_test {

using infer::DecideIdentities;
using infer::IdentityOptions;
using infer::Link;
using infer::NamedTracklet;
using infer::TrackletEvidence;

namespace {

IdentityOptions Classes(int count, int instances = 1) {
  IdentityOptions options;
  options.max_instances.assign(static_cast<size_t>(count), instances);
  return options;
}

TrackletEvidence Evidence(int start, int end, std::vector<double> odds, double drop = 10) {
  return {start, end, std::move(odds), drop};
}

// Best value over all names, by trying every one.
double BestByTrying(const std::vector<TrackletEvidence>& tracklets, const std::vector<Link>& links,
                    int classes) {
  std::vector<int> name(tracklets.size(), -1);
  double best = -1e18;
  const std::function<void(size_t)> visit = [&](size_t t) {
    if (t == tracklets.size()) {
      double value = 0;
      for (size_t i = 0; i < tracklets.size(); ++i) {
        value += name[i] < 0 ? -tracklets[i].drop_cost
                             : tracklets[i].class_log_odds[static_cast<size_t>(name[i])];
        for (size_t j = 0; j < i; ++j) {
          const bool overlap = tracklets[i].start_frame < tracklets[j].end_frame &&
                               tracklets[j].start_frame < tracklets[i].end_frame;
          if (overlap && name[i] >= 0 && name[i] == name[j]) return;
        }
      }
      for (const Link& link : links) {
        const int a = name[static_cast<size_t>(link.from)];
        if (a != name[static_cast<size_t>(link.to)]) continue;
        value += a < 0 ? std::max(0.0, link.log_odds) : link.log_odds;
      }
      best = std::max(best, value);
      return;
    }
    for (int k = -1; k < classes; ++k) {
      name[t] = k;
      visit(t + 1);
    }
  };
  visit(0);
  return best;
}

double ValueOf(const std::vector<TrackletEvidence>& tracklets, const std::vector<Link>& links,
               const std::vector<NamedTracklet>& names) {
  double value = 0;
  for (size_t i = 0; i < tracklets.size(); ++i) {
    const int k = names[i].class_index;
    value += k < 0 ? -tracklets[i].drop_cost : tracklets[i].class_log_odds[static_cast<size_t>(k)];
  }
  for (const Link& link : links) {
    const int a = names[static_cast<size_t>(link.from)].class_index;
    if (a != names[static_cast<size_t>(link.to)].class_index) continue;
    value += a < 0 ? std::max(0.0, link.log_odds) : link.log_odds;
  }
  return value;
}

}  // namespace

TEST_CASE("a pair of animals is named together: the clearer one decides the other") {
  const auto names =
      DecideIdentities({Evidence(0, 10, {5, -5}), Evidence(0, 10, {0.5, -0.5})}, {}, Classes(2));
  CHECK(names[0].class_index == 0);
  CHECK(names[1].class_index == 1);
  CHECK(names[1].probability > 0.9);
  CHECK(names[1].runner_up == 0);
}

TEST_CASE("evidence after a contact names what came before it through the links") {
  // Two look-alikes: nothing is known before, a little after; the links say who walked where.
  const std::vector<TrackletEvidence> tracklets = {Evidence(0, 10, {0, 0}), Evidence(0, 10, {0, 0}),
                                                   Evidence(10, 20, {3, -3}),
                                                   Evidence(10, 20, {-3, 3})};
  const auto straight = DecideIdentities(tracklets, {{0, 2, 6}, {1, 3, 6}}, Classes(2));
  CHECK(straight[0].class_index == 0);
  CHECK(straight[1].class_index == 1);
  const auto crossed = DecideIdentities(tracklets, {{0, 3, 6}, {1, 2, 6}}, Classes(2));
  CHECK(crossed[0].class_index == 1);
  CHECK(crossed[1].class_index == 0);
}

TEST_CASE("the margin says how sure a name is") {
  const auto sure = DecideIdentities({Evidence(0, 10, {6, -6})}, {}, Classes(2));
  const auto unsure = DecideIdentities({Evidence(0, 10, {0.1, -0.1})}, {}, Classes(2));
  CHECK(sure[0].margin > 0.99);
  CHECK(unsure[0].margin == doctest::Approx(std::tanh(0.1)).epsilon(0.01));  // p = sigmoid(0.2)
  CHECK(unsure[0].probability == doctest::Approx(1 / (1 + std::exp(-0.2))).epsilon(0.01));
}

TEST_CASE("what looks like no animal is dropped, what is one too many as well") {
  const auto names = DecideIdentities({Evidence(0, 50, {5, -5}, 40), Evidence(0, 50, {-5, 5}, 40),
                                       Evidence(20, 22, {1, 1}, 2), Evidence(60, 61, {0, 0}, -1)},
                                      {}, Classes(2));
  CHECK(names[0].class_index == 0);
  CHECK(names[1].class_index == 1);
  CHECK(names[2].class_index == -1);
  CHECK(names[3].class_index == -1);
  CHECK(names[2].number == -1);
}

TEST_CASE("several instances of a class get numbers that follow the links") {
  const auto names =
      DecideIdentities({Evidence(0, 10, {0}), Evidence(0, 10, {0}), Evidence(0, 10, {0}),
                        Evidence(11, 20, {0}), Evidence(11, 20, {0}), Evidence(11, 20, {0})},
                       {{0, 5, 5}, {1, 3, 5}, {2, 4, 5}}, Classes(1, 3));
  CHECK(names[0].number != names[1].number);
  CHECK(names[1].number != names[2].number);
  CHECK(names[0].number == names[5].number);
  CHECK(names[1].number == names[3].number);
  CHECK(names[2].number == names[4].number);
  for (const auto& name : names) CHECK(name.class_index == 0);
}

TEST_CASE("the search finds the best of all names that are possible") {
  std::mt19937 random(7);
  std::normal_distribution<double> normal(0, 3);
  std::uniform_int_distribution<int> start(0, 30), length(1, 15), pick(0, 6);
  for (int round = 0; round < 60; ++round) {
    const int classes = 1 + round % 3;
    std::vector<TrackletEvidence> tracklets;
    for (int t = 0; t < 7; ++t) {
      const int from = start(random);
      TrackletEvidence e{from, from + length(random), {}, std::abs(normal(random))};
      for (int k = 0; k < classes; ++k) e.class_log_odds.push_back(normal(random));
      tracklets.push_back(e);
    }
    std::vector<Link> links;
    for (int l = 0; l < 6; ++l) {
      const int a = pick(random), b = pick(random);
      const auto& from = tracklets[static_cast<size_t>(a)];
      const auto& to = tracklets[static_cast<size_t>(b)];
      if (a != b && from.end_frame <= to.start_frame) links.push_back({a, b, normal(random)});
    }
    const auto names = DecideIdentities(tracklets, links, Classes(classes));
    CHECK(ValueOf(tracklets, links, names) ==
          doctest::Approx(BestByTrying(tracklets, links, classes)).epsilon(1e-9));
    for (size_t i = 0; i < names.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        const bool overlap = tracklets[i].start_frame < tracklets[j].end_frame &&
                             tracklets[j].start_frame < tracklets[i].end_frame;
        if (overlap && names[i].number >= 0) CHECK(names[i].number != names[j].number);
      }
    }
  }
}

TEST_CASE("the chance that two tracklets are one animal counts every way to name the whole video") {
  std::mt19937 random(11);
  std::normal_distribution<double> normal(0, 1);
  // Two animals through two contacts: before, between, after.
  for (int round = 0; round < 20; ++round) {
    std::vector<TrackletEvidence> tracklets;
    for (int t = 0; t < 6; ++t) {
      const double odds = normal(random);
      tracklets.push_back(Evidence(10 * (t / 2), 10 * (t / 2) + 10, {odds, -odds}, 50));
    }
    std::vector<Link> links;
    for (const auto& [from, to] : std::vector<std::pair<int, int>>{
             {0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 4}, {2, 5}, {3, 4}, {3, 5}}) {
      links.push_back({from, to, normal(random)});
    }
    const std::vector<infer::SameQuestion> questions = {{0, 2}, {2, 4}, {0, 4}, {0, 5}};
    std::vector<double> same(questions.size(), 0);
    double all = 0;
    for (int name = 0; name < 8; ++name) {  // who is the first of each pair
      std::vector<NamedTracklet> names(6);
      for (int t = 0; t < 6; ++t) {
        names[static_cast<size_t>(t)].class_index = (name >> (t / 2) & 1) ^ (t % 2);
      }
      const double weight = std::exp(ValueOf(tracklets, links, names));
      all += weight;
      for (size_t q = 0; q < questions.size(); ++q) {
        const auto [from, to] = questions[q];
        if (names[static_cast<size_t>(from)].class_index ==
            names[static_cast<size_t>(to)].class_index) {
          same[q] += weight;
        }
      }
    }
    const auto found = infer::ProbabilitiesOfSame(tracklets, links, Classes(2), questions);
    REQUIRE(found.size() == questions.size());
    for (size_t q = 0; q < questions.size(); ++q) {
      CHECK(found[q] == doctest::Approx(same[q] / all).epsilon(1e-6));
    }
    CHECK(found[2] + found[3] == doctest::Approx(1).epsilon(1e-6));
  }
}

TEST_CASE("thousands of tracklets of many animals stay within the bound of work") {
  std::vector<TrackletEvidence> tracklets;
  std::vector<Link> links;
  const int animals = 8;
  for (int t = 0; t < 3000; ++t) {
    const int animal = t % animals;
    TrackletEvidence e{t, t + animals, std::vector<double>(animals, -1), 5};
    e.class_log_odds[static_cast<size_t>(animal)] = 1;
    if (t >= animals) links.push_back({t - animals, t, 3});
    tracklets.push_back(e);
  }
  const auto names = DecideIdentities(tracklets, links, Classes(animals));
  int wrong = 0;
  for (int t = 0; t < 3000; ++t) wrong += names[static_cast<size_t>(t)].class_index != t % animals;
  CHECK(wrong == 0);
}

TEST_CASE("a cancelled search stops") {
  const std::vector<TrackletEvidence> tracklets(500, Evidence(0, 1, {0, 0}, 0));
  CHECK_THROWS_AS(DecideIdentities(tracklets, {}, Classes(2), [] { throw 1; }), int);
}

TEST_CASE("the assignment of greatest value leaves forbidden pairs alone") {
  CHECK(datasets::BestAssignment({{0.9, 0.8}, {0.8, 0.1}}) == std::vector<int>{1, 0});
  CHECK(datasets::BestAssignment({{0, 0.4}, {0, 0.6}}) == std::vector<int>{-1, 1});
  CHECK(datasets::BestAssignment({{0}, {0}}) == std::vector<int>{-1, -1});
  CHECK(datasets::BestAssignment({}).empty());
  CHECK(datasets::BestAssignment({{}, {}}) == std::vector<int>{-1, -1});
}

TEST_CASE("tracklets that a link of infinite log-odds joins are one track, whatever else speaks") {
  const double sure = std::numeric_limits<double>::infinity();
  const std::vector<TrackletEvidence> strong = {
      Evidence(0, 200, {300, 0}, 1e6), Evidence(0, 200, {0, 300}, 1e6),
      Evidence(200, 400, {300, 0}, 1e6), Evidence(200, 400, {0, 300}, 1e6)};
  const auto crossed = DecideIdentities(strong, {{0, 3, sure}, {1, 2, sure}}, Classes(2));
  CHECK(crossed[0].number == crossed[3].number);
  CHECK(crossed[1].number == crossed[2].number);
  CHECK(crossed[0].number != crossed[1].number);

  std::mt19937 random(5);
  std::normal_distribution<double> odds(0, 8);
  int compared = 0;
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<TrackletEvidence> tracklets;
    for (int t = 0; t < 7; ++t) {
      const int start = static_cast<int>(random() % 60),
                length = 5 + static_cast<int>(random() % 12);
      tracklets.push_back(
          Evidence(start, start + length, {odds(random), odds(random), odds(random)}, 1e7));
    }
    std::vector<Link> finite, hard;
    for (int a = 0; a < 7 && hard.size() < 3; ++a) {
      for (int b = 0; b < 7 && hard.size() < 3; ++b) {
        if (tracklets[static_cast<size_t>(a)].end_frame >
            tracklets[static_cast<size_t>(b)].start_frame) {
          continue;
        }
        if (random() % 3 != 0) continue;
        hard.push_back({a, b, sure});
        finite.push_back({a, b, 1e6});
      }
    }
    const double best = BestByTrying(tracklets, finite, 3);
    if (best < 1e6 * static_cast<double>(hard.size()) - 1e5) continue;  // they cannot all hold
    ++compared;
    const auto names = DecideIdentities(tracklets, hard, Classes(3));
    for (const Link& link : hard) {
      CHECK(names[static_cast<size_t>(link.from)].number ==
            names[static_cast<size_t>(link.to)].number);
    }
    CHECK(ValueOf(tracklets, finite, names) == doctest::Approx(best));
  }
  CHECK(compared > 50);
}

TEST_CASE("of two that share a name and come back unlinked, each may be the other") {
  // Two animals of one name, both leave, both come back long after; nothing links them.
  const std::vector<TrackletEvidence> tracklets = {Evidence(0, 100, {5}), Evidence(0, 110, {5}),
                                                   Evidence(2000, 2100, {5}),
                                                   Evidence(2010, 2100, {5})};
  const auto same =
      infer::ProbabilitiesOfSame(tracklets, {}, Classes(1, 2), {{0, 2}, {1, 2}, {0, 3}, {1, 3}});
  REQUIRE(same.size() == 4);
  for (const double probability : same) CHECK(probability == doctest::Approx(0.5));
  // A link decides as far as it speaks.
  const auto linked = infer::ProbabilitiesOfSame(tracklets, {{1, 2, 3}}, Classes(1, 2),
                                                 {{0, 2}, {1, 2}, {0, 3}, {1, 3}});
  CHECK(linked[1] == doctest::Approx(std::exp(3) / (std::exp(3) + 1)));
  CHECK(linked[2] == doctest::Approx(linked[1]));
  CHECK(linked[0] + linked[1] == doctest::Approx(1));
}

}  // namespace identity_test
