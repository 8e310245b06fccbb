#include "datasets/metrics/classification.h"

#include <limits>
#include <string>

#include "datasets/base/error.h"

namespace datasets {
namespace {

double Ratio(double part, double whole) { return whole > 0 ? part / whole : 0; }

}  // namespace

ClassificationFigures EvaluateClassification(const std::vector<int>& truth,
                                             const std::vector<int>& predicted,
                                             const std::vector<int>& classes, AbsentClass absent) {
  if (truth.size() != predicted.size())
    throw Error("frames to compare",
                std::to_string(truth.size()) + " in the truth and " +
                    std::to_string(predicted.size()) + " in the predictions",
                "compare the same frames");
  std::map<std::pair<int, int>, int64_t> frames_of;
  for (size_t i = 0; i < truth.size(); ++i) ++frames_of[{truth[i], predicted[i]}];
  return EvaluateConfusion(frames_of, classes, absent);
}

ClassificationFigures EvaluateConfusion(const std::map<std::pair<int, int>, int64_t>& frames_of,
                                        const std::vector<int>& classes, AbsentClass absent) {
  ClassificationFigures figures;
  for (const int known : classes) figures.per_class[known];
  int64_t agreed = 0;
  for (const auto& [pair, count] : frames_of) {
    figures.frames += count;
    if (pair.first == pair.second) {
      agreed += count;
      figures.per_class[pair.first].tp += count;
    } else {
      figures.per_class[pair.first].fn += count;
      figures.per_class[pair.second].fp += count;
    }
  }
  double f1_sum = 0, counted = 0, expected = 0;
  const double frames = static_cast<double>(figures.frames);
  for (auto& [number, figure] : figures.per_class) {
    const double tp = static_cast<double>(figure.tp), fp = static_cast<double>(figure.fp),
                 fn = static_cast<double>(figure.fn);
    figure.precision = Ratio(tp, tp + fp);
    figure.recall = Ratio(tp, tp + fn);
    figure.f1 = Ratio(2 * tp, 2 * tp + fp + fn);
    expected += Ratio(tp + fn, frames) * Ratio(tp + fp, frames);
    if (tp + fp + fn == 0 && absent == AbsentClass::kSkip) continue;
    f1_sum += figure.f1;
    counted += 1;
  }
  figures.accuracy = Ratio(static_cast<double>(agreed), frames);
  figures.macro_f1 = Ratio(f1_sum, counted);
  figures.kappa = figures.frames == 0 || expected >= 1
                      ? std::numeric_limits<double>::quiet_NaN()
                      : (figures.accuracy - expected) / (1 - expected);
  return figures;
}

}  // namespace datasets
