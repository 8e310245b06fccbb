// Agreement of two labelings, frame by frame: behaviors against truth, or one rater against
// another.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace datasets {

struct ClassFigures {
  int64_t tp = 0, fp = 0, fn = 0;
  double precision = 0, recall = 0, f1 = 0;  // 0 where the denominator is 0
};

// What a class that occurs in neither the truth nor the predictions does to the macro F1.
enum class AbsentClass { kSkip, kZero };

struct ClassificationFigures {
  int64_t frames = 0;
  double accuracy = 0;
  double macro_f1 = 0;  // mean of the classes' F1
  // (p_o - p_e) / (1 - p_e), Cohen 1960; NaN (0 / 0) without a frame, and when both are one and the
  // same class throughout.
  double kappa = 0;
  std::map<int, ClassFigures> per_class;
};

// One class for each frame; throws Error when the lengths differ. `classes` lists the classes of
// the macro F1 (those that occur are added when it is empty or incomplete).
ClassificationFigures EvaluateClassification(const std::vector<int>& truth,
                                             const std::vector<int>& predicted,
                                             const std::vector<int>& classes = {},
                                             AbsentClass absent = AbsentClass::kSkip);

// The same from how many frames were (truth, predicted), for long stretches of one class.
ClassificationFigures EvaluateConfusion(const std::map<std::pair<int, int>, int64_t>& frames_of,
                                        const std::vector<int>& classes = {},
                                        AbsentClass absent = AbsentClass::kSkip);

}  // namespace datasets
