#include "infer/behavior/score_calibration.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

#include "datasets/base/error.h"

namespace score_calibration_test {

namespace {

using infer::OutcomeOf;
using infer::ScoreCalibration;

// `count` outcomes for each probability, of which `truth(p)` are true, exactly.
template <class Truth>
std::vector<OutcomeOf> Outcomes(int count, Truth truth) {
  std::vector<OutcomeOf> outcomes;
  for (double p = 0.05; p < 1; p += 0.1) {
    const int positive = static_cast<int>(std::lround(truth(p) * count));
    for (int i = 0; i < count; ++i) outcomes.push_back({p, i < positive});
  }
  return outcomes;
}

double Tempered(double p, double temperature) {
  return 1 / (1 + std::exp(-std::log(p / (1 - p)) / temperature));
}

TEST_CASE("the temperature that made probabilities too sure is found again") {
  for (const double temperature : {0.5, 1.0, 2.0, 4.0}) {
    const auto outcomes = Outcomes(10000, [&](double p) { return Tempered(p, temperature); });
    const auto fitted = infer::FitScoreTemperature(outcomes);
    CHECK(fitted.temperature == doctest::Approx(temperature).epsilon(0.01));
    CHECK(fitted(0.5) == doctest::Approx(0.5));
    CHECK(fitted(0.95) == doctest::Approx(Tempered(0.95, temperature)).epsilon(0.01));
  }
  CHECK(infer::FitScoreTemperature({}).kind == ScoreCalibration::Kind::kNone);
  CHECK(infer::FitScoreTemperature({{1.0, true}, {0.0, false}})(1.0) > 0.99);  // nothing infinite
}

// Ayer's algorithm on 0.1:1/2, 0.2:0/2, 0.3:1/2, 0.4:2/2. The first two pool to 1/4.
TEST_CASE("isotonic calibration pools neighbors that fall, as worked by hand") {
  const std::vector<OutcomeOf> outcomes = {{0.1, true}, {0.1, false}, {0.2, false}, {0.2, false},
                                           {0.3, true}, {0.3, false}, {0.4, true},  {0.4, true}};
  const auto fitted = infer::FitScoreIsotonic(outcomes);
  REQUIRE(fitted.said.size() == 3);
  CHECK(fitted.said[0] == doctest::Approx(0.15));
  CHECK(fitted.true_share[0] == doctest::Approx(0.25));
  CHECK(fitted.true_share[1] == doctest::Approx(0.5));
  CHECK(fitted.true_share[2] == doctest::Approx(0.75));  // 2 of 2, held away from certainty
  CHECK(fitted(0.0) == doctest::Approx(0.25));
  CHECK(fitted(0.225) == doctest::Approx(0.375));
  CHECK(fitted(1.0) == doctest::Approx(0.75));
}

TEST_CASE("isotonic calibration follows any rising curve and never falls") {
  const auto outcomes = Outcomes(1000, [](double p) { return p * p * 0.8; });
  const auto fitted = infer::FitScoreIsotonic(outcomes);
  double before = 0;
  for (double p = 0; p <= 1.0001; p += 0.01) {
    CHECK(fitted(p) >= before);
    before = fitted(p);
  }
  CHECK(fitted(0.75) == doctest::Approx(0.45).epsilon(0.02));
  auto calibrated = outcomes;
  for (auto& outcome : calibrated) outcome.probability = fitted(outcome.probability);
  CHECK(infer::CalibrationError(outcomes) > 0.1);
  CHECK(infer::CalibrationError(calibrated) < 0.01);
}

TEST_CASE("what is fitted depends on how much there is to fit it to") {
  const auto kind = [](int positive, int negative, const std::string& wanted = "auto") {
    std::vector<OutcomeOf> outcomes(static_cast<size_t>(positive), {0.8, true});
    outcomes.insert(outcomes.end(), static_cast<size_t>(negative), {0.3, false});
    return std::string(infer::NameOf(infer::FitScores(outcomes, wanted).kind));
  };
  CHECK(kind(0, 1000) == "none");
  CHECK(kind(29, 1000) == "none");
  CHECK(kind(30, 1000) == "temperature");
  CHECK(kind(1000, 300) == "isotonic");
  CHECK(kind(5, 5, "isotonic") == "isotonic");
  CHECK(kind(1000, 1000, "none") == "none");
  CHECK_THROWS_AS(kind(1, 1, "magic"), datasets::Error);
  CHECK(infer::FitScores({}, "auto")(0.3) == doctest::Approx(0.3));
}

TEST_CASE("the calibration error is the mean distance of what was said from what was so") {
  std::vector<OutcomeOf> outcomes;
  for (int i = 0; i < 100; ++i) outcomes.push_back({0.9, i < 60});
  CHECK(infer::CalibrationError(outcomes, 1) == doctest::Approx(0.3));
  CHECK(infer::CalibrationError({{0.5, true}}) == -1);
}

TEST_CASE("few outcomes of a perfect calibration do not read as a bad one") {
  double sum = 0;
  constexpr int kRuns = 200;
  std::mt19937 random(5);
  std::uniform_real_distribution<double> unit(0, 1);
  for (int run = 0; run < kRuns; ++run) {
    std::vector<OutcomeOf> outcomes;
    for (int i = 0; i < 50; ++i) {
      const double said = 0.5 + unit(random) / 2;
      outcomes.push_back({said, unit(random) < said});
    }
    sum += infer::CalibrationError(outcomes);
  }
  CHECK(sum / kRuns < 0.08);  // .14 with ten bins of five
  CHECK(infer::CalibrationError(std::vector<OutcomeOf>(39, {0.5, true})) == -1);
}

}  // namespace

}  // namespace score_calibration_test
