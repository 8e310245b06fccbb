#include "infer/review/confidence.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace infer {
namespace {

constexpr double kPriorDeviation = 1.2;  // of a weight
constexpr double kPriorBiasDeviation = 2.5;

double ClampedLogistic(double z) { return 1 / (1 + std::exp(-std::clamp(z, -40.0, 40.0))); }

}  // namespace

double ConfidenceModel::Wrong(const Signs& signs) const {
  double z = bias;
  for (size_t s = 0; s < kSigns; ++s) z += weights[s] * signs[s];
  return ClampedLogistic(z);
}

ConfidenceModel PriorModel(bool judged_by_picture) {
  ConfidenceModel model;
  model.bias = -5.0;
  for (size_t s = 0; s < kSigns; ++s) {
    const SignInfo& info = SignTable()[s];
    model.weights[s] = info.weight * (judged_by_picture ? info.hint : 1);
  }
  return model;
}

namespace {

constexpr size_t kParameters = kSigns + 1;

double Objective(const ConfidenceModel& model, const ConfidenceModel& prior,
                 const std::vector<Example>& examples) {
  double value = 0;
  for (const Example& example : examples) {
    const double p = std::clamp(model.Wrong(example.signs), 1e-12, 1 - 1e-12);
    value += example.weight * std::log(example.wrong ? p : 1 - p);
  }
  for (size_t s = 0; s < kSigns; ++s) {
    const double off = (model.weights[s] - prior.weights[s]) / kPriorDeviation;
    value -= 0.5 * off * off;
  }
  const double off = (model.bias - prior.bias) / kPriorBiasDeviation;
  return value - 0.5 * off * off;
}

}  // namespace

ConfidenceModel FitModel(const std::vector<Example>& examples, const ConfidenceModel& prior) {
  ConfidenceModel model = prior;
  double value = Objective(model, prior, examples);
  for (int round = 0; round < 40; ++round) {
    cv::Matx<double, kParameters, 1> gradient = cv::Matx<double, kParameters, 1>::zeros();
    cv::Matx<double, kParameters, kParameters> curvature =
        cv::Matx<double, kParameters, kParameters>::zeros();
    const double precision = 1 / (kPriorDeviation * kPriorDeviation);
    for (size_t s = 0; s < kSigns; ++s) {
      gradient(static_cast<int>(s)) = -precision * (model.weights[s] - prior.weights[s]);
      curvature(static_cast<int>(s), static_cast<int>(s)) = precision;
    }
    const double bias_precision = 1 / (kPriorBiasDeviation * kPriorBiasDeviation);
    gradient(kSigns) = -bias_precision * (model.bias - prior.bias);
    curvature(kSigns, kSigns) = bias_precision;
    for (const Example& example : examples) {
      const double p = model.Wrong(example.signs);
      cv::Matx<double, kParameters, 1> x;
      for (size_t s = 0; s < kSigns; ++s) x(static_cast<int>(s)) = example.signs[s];
      x(kSigns) = 1;
      gradient += example.weight * ((example.wrong ? 1 : 0) - p) * x;
      curvature += example.weight * p * (1 - p) * (x * x.t());
    }
    const cv::Matx<double, kParameters, 1> step = curvature.solve(gradient, cv::DECOMP_CHOLESKY);
    double length = 1;
    bool better = false;
    for (int halving = 0; halving < 12 && !better; ++halving, length /= 2) {
      ConfidenceModel next = model;
      for (size_t s = 0; s < kSigns; ++s) {
        // A sign of trouble never speaks for a frame.
        next.weights[s] = std::max(0.0, model.weights[s] + length * step(static_cast<int>(s)));
      }
      next.bias = model.bias + length * step(kSigns);
      const double next_value = Objective(next, prior, examples);
      if (next_value > value + 1e-9) {
        better = true;
        model = next;
        value = next_value;
      }
    }
    if (!better) break;
  }
  return model;
}

std::vector<double> CrossValidated(const std::vector<Example>& examples,
                                   const ConfidenceModel& prior, int folds) {
  std::vector<size_t> order(examples.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return examples[a].frame < examples[b].frame; });
  std::vector<int> fold_of(examples.size(), 0);
  int fold = 0, last_frame = -1;
  for (size_t n = 0; n < order.size(); ++n) {
    const int wanted = static_cast<int>(n * static_cast<size_t>(folds) / order.size());
    if (examples[order[n]].frame != last_frame) fold = std::max(fold, wanted);
    last_frame = examples[order[n]].frame;
    fold_of[order[n]] = fold;
  }
  std::vector<double> probabilities(examples.size(), 0);
  for (int f = 0; f < folds; ++f) {
    std::vector<Example> others;
    for (size_t i = 0; i < examples.size(); ++i) {
      if (fold_of[i] != f) others.push_back(examples[i]);
    }
    if (others.size() == examples.size()) continue;
    const ConfidenceModel model = FitModel(others, prior);
    for (size_t i = 0; i < examples.size(); ++i) {
      if (fold_of[i] == f) probabilities[i] = model.Wrong(examples[i].signs);
    }
  }
  return probabilities;
}

double ExpectedCalibrationError(const std::vector<double>& probabilities,
                                const std::vector<Example>& examples, int bins) {
  if (examples.size() < 10) return -1;
  std::vector<size_t> order(examples.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return probabilities[a] < probabilities[b]; });
  double all = 0;
  for (const Example& example : examples) all += example.weight;
  if (all <= 0) return -1;
  double error = 0, before = 0;
  size_t next = 0;
  for (int bin = 0; bin < bins; ++bin) {
    const double until = all * (bin + 1) / bins;
    double weight = 0, said = 0, wrong = 0;
    for (; next < order.size(); ++next) {
      const Example& example = examples[order[next]];
      if (before + weight + 0.5 * example.weight > until && bin + 1 < bins) break;
      weight += example.weight;
      said += example.weight * probabilities[order[next]];
      wrong += example.weight * example.wrong;
    }
    before += weight;
    error += std::abs(said - wrong) / all;
  }
  return error;
}

}  // namespace infer
