#include "datasets/depth/folds.h"

#include <cmath>
#include <numeric>

#include "datasets/base/random.h"

namespace datasets {
namespace {

void Split(const std::vector<SpaceSample>& samples, const std::vector<size_t>& held_out,
           std::vector<SpaceSample>* rest) {
  std::vector<bool> out(samples.size());
  for (const size_t i : held_out) out[i] = true;
  rest->clear();
  for (size_t i = 0; i < samples.size(); ++i) {
    if (!out[i]) rest->push_back(samples[i]);
  }
}

}  // namespace

std::vector<std::vector<size_t>> FoldsOf(size_t samples, int folds, FoldKind kind, uint64_t seed) {
  std::vector<size_t> order(samples);
  std::iota(order.begin(), order.end(), 0);
  if (kind == FoldKind::kRandom) {
    Random random(seed);
    for (size_t i = samples; i > 1; --i) {
      std::swap(order[i - 1], order[static_cast<size_t>(random.Below(static_cast<int>(i)))]);
    }
  }
  std::vector<std::vector<size_t>> parts(static_cast<size_t>(folds));
  for (size_t i = 0; i < samples; ++i) {
    parts[i * static_cast<size_t>(folds) / samples].push_back(order[i]);
  }
  return parts;
}

std::vector<cv::Vec3d> HeldOutPlaces(const PlaceFit& fit, const std::vector<SpaceSample>& samples,
                                     const std::vector<std::vector<size_t>>& folds) {
  std::vector<cv::Vec3d> places(samples.size());
  std::vector<SpaceSample> rest;
  for (const auto& fold : folds) {
    if (fold.empty()) continue;
    Split(samples, fold, &rest);
    const PlacePredictor predict = fit(rest);
    for (const size_t i : fold) places[i] = predict(samples[i]);
  }
  return places;
}

PlaceError ErrorOf(const std::vector<cv::Vec3d>& places, const std::vector<SpaceSample>& samples) {
  PlaceError error;
  error.samples = static_cast<int>(samples.size());
  const double share = 1.0 / static_cast<double>(samples.size());
  for (size_t i = 0; i < samples.size(); ++i) {
    const cv::Vec3d off = places[i] - samples[i].position;
    error.mean += cv::norm(off) * share;
    for (int k = 0; k < 3; ++k) error.axis_rms[k] += off[k] * off[k] * share;
  }
  error.rms = std::sqrt(error.axis_rms[0] + error.axis_rms[1] + error.axis_rms[2]);
  for (int k = 0; k < 3; ++k) error.axis_rms[k] = std::sqrt(error.axis_rms[k]);
  return error;
}

PlaceError CrossValidate(const PlaceMethod& method, const std::vector<SpaceSample>& samples,
                         int folds, FoldKind kind, uint64_t seed) {
  const PlaceFit fit = [&](const std::vector<SpaceSample>& rest) { return method.Fit(rest); };
  return ErrorOf(HeldOutPlaces(fit, samples, FoldsOf(samples.size(), folds, kind, seed)), samples);
}

}  // namespace datasets
