// Probabilities that can be taken at their word: fitted to what turned out to be true.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace infer {

struct OutcomeOf {  // one statement of probability, and whether it was true
  double probability = 0;
  bool is_true = false;
};

struct ScoreCalibration {
  enum class Kind { kNone, kTemperature, kIsotonic };
  Kind kind = Kind::kNone;
  double temperature = 1;                       // kTemperature
  std::vector<double> said, true_share;         // kIsotonic: both rising
  double operator()(double probability) const;  // 0..1
};
const char* NameOf(ScoreCalibration::Kind kind);  // none temperature isotonic

// Probability -> logistic(logit(p) / T), with the T of [0.25, 8] that makes the outcomes likeliest
// (Guo et al. 2017; Platt 1999 without the offset). Without outcomes: kNone.
ScoreCalibration FitScoreTemperature(const std::vector<OutcomeOf>& outcomes);
// The rising step function with the least squared error (pool adjacent violators, Ayer et al.
// 1955), linear between the middles of its steps, within [0.5, n - 0.5] / n of n outcomes of a
// step.
ScoreCalibration FitScoreIsotonic(std::vector<OutcomeOf> outcomes);
// `kind`: none, temperature, isotonic, or auto: isotonic from kEnoughForIsotonic true and as many
// false outcomes on, temperature from kEnoughForTemperature, else none. Throws Error for another
// word.
inline constexpr int kEnoughForIsotonic = 300, kEnoughForTemperature = 30;
ScoreCalibration FitScores(const std::vector<OutcomeOf>& outcomes, const std::string& kind);

// Expected calibration error over at most `bins` bins of equal mass, each of 20 outcomes or more;
// -1 for fewer than 40 outcomes, of which nothing can be said.
double CalibrationError(std::vector<OutcomeOf> outcomes, int bins = 10);

}  // namespace infer
