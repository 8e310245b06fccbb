#include "infer/behavior/score_calibration.h"

#include <algorithm>
#include <cmath>

#include "datasets/base/error.h"

namespace infer {
namespace {

constexpr double kLeastTemperature = 0.25, kMostTemperature = 8;
constexpr double kEdge = 1e-6;

double Logit(double p) {
  const double inside = std::clamp(p, kEdge, 1 - kEdge);
  return std::log(inside / (1 - inside));
}

double Logistic(double z) { return 1 / (1 + std::exp(-z)); }

double LogLikelihood(const std::vector<OutcomeOf>& outcomes, double temperature) {
  double sum = 0;
  for (const OutcomeOf& outcome : outcomes) {
    const double z = Logit(outcome.probability) / temperature;
    sum -= std::log1p(std::exp(outcome.is_true ? -z : z));
  }
  return sum;
}

struct Step {
  double said = 0, weight = 0, sum_true = 0;
  double share() const { return sum_true / weight; }
};

int CountTrue(const std::vector<OutcomeOf>& outcomes) {
  return static_cast<int>(std::count_if(outcomes.begin(), outcomes.end(),
                                        [](const OutcomeOf& outcome) { return outcome.is_true; }));
}

}  // namespace

double ScoreCalibration::operator()(double probability) const {
  const double p = std::clamp(probability, 0.0, 1.0);
  if (kind == Kind::kTemperature) return Logistic(Logit(p) / temperature);
  if (kind != Kind::kIsotonic || said.empty()) return p;
  const auto above = std::upper_bound(said.begin(), said.end(), p) - said.begin();
  if (above == 0) return true_share.front();
  if (above == static_cast<std::ptrdiff_t>(said.size())) return true_share.back();
  const auto right = static_cast<size_t>(above), left = right - 1;
  const double part = (p - said[left]) / (said[right] - said[left]);
  return true_share[left] + part * (true_share[right] - true_share[left]);
}

const char* NameOf(ScoreCalibration::Kind kind) {
  switch (kind) {
    case ScoreCalibration::Kind::kTemperature:
      return "temperature";
    case ScoreCalibration::Kind::kIsotonic:
      return "isotonic";
    case ScoreCalibration::Kind::kNone:
      break;
  }
  return "none";
}

ScoreCalibration FitScoreTemperature(const std::vector<OutcomeOf>& outcomes) {
  ScoreCalibration calibration;
  if (outcomes.empty()) return calibration;
  calibration.kind = ScoreCalibration::Kind::kTemperature;
  // The likelihood has one maximum in 1 / T: golden section in log T.
  const double golden = (std::sqrt(5.0) - 1) / 2;
  double low = std::log(kLeastTemperature), high = std::log(kMostTemperature);
  const auto value = [&](double t) { return LogLikelihood(outcomes, std::exp(t)); };
  double a = high - golden * (high - low), b = low + golden * (high - low);
  double value_a = value(a), value_b = value(b);
  while (high - low > 1e-4) {
    if (value_a > value_b) {
      high = b, b = a, value_b = value_a;
      a = high - golden * (high - low);
      value_a = value(a);
    } else {
      low = a, a = b, value_a = value_b;
      b = low + golden * (high - low);
      value_b = value(b);
    }
  }
  calibration.temperature = std::exp((low + high) / 2);
  return calibration;
}

ScoreCalibration FitScoreIsotonic(std::vector<OutcomeOf> outcomes) {
  ScoreCalibration calibration;
  if (outcomes.empty()) return calibration;
  calibration.kind = ScoreCalibration::Kind::kIsotonic;
  std::sort(outcomes.begin(), outcomes.end(),
            [](const OutcomeOf& a, const OutcomeOf& b) { return a.probability < b.probability; });
  std::vector<Step> steps;
  for (size_t i = 0; i < outcomes.size();) {
    Step step;
    const double said = outcomes[i].probability;
    for (; i < outcomes.size() && outcomes[i].probability == said; ++i) {
      step.weight += 1;
      step.sum_true += outcomes[i].is_true;
    }
    step.said = said;
    steps.push_back(step);
    while (steps.size() > 1 && steps[steps.size() - 2].share() >= steps.back().share()) {
      const Step last = steps.back();
      steps.pop_back();
      Step& kept = steps.back();
      kept.said = (kept.said * kept.weight + last.said * last.weight) / (kept.weight + last.weight);
      kept.weight += last.weight;
      kept.sum_true += last.sum_true;
    }
  }
  for (const Step& step : steps) {
    const double sum = std::clamp(step.sum_true, 0.5, std::max(0.5, step.weight - 0.5));
    // A short step that is clamped must not fall below the one before it.
    const double share = sum / step.weight;
    const double least = calibration.true_share.empty() ? 0 : calibration.true_share.back();
    calibration.said.push_back(step.said);
    calibration.true_share.push_back(std::max(least, share));
  }
  return calibration;
}

ScoreCalibration FitScores(const std::vector<OutcomeOf>& outcomes, const std::string& kind) {
  if (kind == "none") return {};
  if (kind == "temperature") return FitScoreTemperature(outcomes);
  if (kind == "isotonic") return FitScoreIsotonic(outcomes);
  if (kind != "auto") {
    throw datasets::Error("calibration '" + kind + "'", "there is no such one",
                          "choose auto, none, temperature or isotonic");
  }
  const int positive = CountTrue(outcomes);
  const int rarer = std::min(positive, static_cast<int>(outcomes.size()) - positive);
  if (rarer >= kEnoughForIsotonic) return FitScoreIsotonic(outcomes);
  if (rarer >= kEnoughForTemperature) return FitScoreTemperature(outcomes);
  return {};
}

namespace {
// Of fewer in a bin |said - true| is mostly chance: of perfectly calibrated ones it would read .33
// with one a bin, .1 with ten.
constexpr size_t kOutcomesABin = 20, kLeastOutcomes = 40;
}  // namespace

double CalibrationError(std::vector<OutcomeOf> outcomes, int bins) {
  if (outcomes.size() < kLeastOutcomes || bins < 1) return -1;
  bins = std::min(bins, static_cast<int>(outcomes.size() / kOutcomesABin));
  std::stable_sort(outcomes.begin(), outcomes.end(), [](const OutcomeOf& a, const OutcomeOf& b) {
    return a.probability < b.probability;
  });
  double error = 0;
  const size_t count = outcomes.size(), parts = static_cast<size_t>(bins);
  for (size_t bin = 0; bin < parts; ++bin) {
    double said = 0, truth = 0;
    for (size_t i = bin * count / parts; i < (bin + 1) * count / parts; ++i) {
      said += outcomes[i].probability;
      truth += outcomes[i].is_true;
    }
    error += std::abs(said - truth);
  }
  return error / static_cast<double>(count);
}

}  // namespace infer
