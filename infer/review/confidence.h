// How likely a reviewer would change what was predicted for one animal in one frame.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "infer/review/sign.h"

namespace infer {

struct ConfidenceModel {  // logistic in the signs
  std::array<double, kSigns> weights{};
  double bias = 0;
  double Wrong(const Signs& signs) const;  // probability
};
// What holds before anything of a video was checked: weights set by reason, not by data. Where
// outlines were judged by the picture (ReviewData::picture_overlap), the signs that only hint at a
// bad outline say little more.
ConfidenceModel PriorModel(bool judged_by_picture = false);

struct Example {
  Signs signs{};
  bool wrong = false;
  double weight = 1;
  int frame = 0;
};

// Maximum a posteriori with a Gaussian prior around `prior` (its strength is that of a few dozen
// examples), by Newton's method with halved steps.
ConfidenceModel FitModel(const std::vector<Example>& examples,
                         const ConfidenceModel& prior = PriorModel());

// Each example's probability from a model that was fitted without its block of time (`folds`
// blocks of neighboring frames).
std::vector<double> CrossValidated(const std::vector<Example>& examples,
                                   const ConfidenceModel& prior = PriorModel(), int folds = 5);

// Expected calibration error over `bins` bins of equal mass (Naeini et al. 2015, adaptive bins):
// sum of share * |mean probability - share wrong|. -1 for fewer than 10 examples.
double ExpectedCalibrationError(const std::vector<double>& probabilities,
                                const std::vector<Example>& examples, int bins = 10);

}  // namespace infer
