// Tested frames of behavior with what was true and what was said, and how well the two agree.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "infer/learning/behavior_ablation.h"

namespace infer {

struct TestedFrame {
  int row = 0;                 // of BehaviorData
  std::vector<uint8_t> truth;  // [head], train::kNotLabeled where nobody said
  std::vector<uint8_t> said;   // [head]
};

// Fills the figures of a row from all tested frames, in order of row and time.
void FillFigures(const std::vector<TestedFrame>& frames, const train::BehaviorData& data,
                 const AblationOptions& options, AblationRow* row);

// One threshold on a motion feature with a class on either side of it, of each head.
struct ThresholdRule {
  int feature = 0;
  struct Side {
    double threshold = 0;
    uint8_t below = 0, above = 0;
  };
  std::vector<Side> heads;
};
// The rule with the highest macro F1, "none" included, on the frames to learn from.
ThresholdRule FitThreshold(const train::BehaviorData& data,
                           const std::vector<train::BehaviorSpan>& spans, int feature);
std::vector<uint8_t> Apply(const ThresholdRule& rule, const train::BehaviorRow& row, int frame);
// The most common class of each head.
std::vector<uint8_t> MajorityOf(const train::BehaviorData& data,
                                const std::vector<train::BehaviorSpan>& spans);

// Class of each head from probabilities [BehaviorNames]: the likeliest, "none" having what is left
// of 1. NaN says none.
std::vector<uint8_t> ClassesOf(const std::vector<float>& probabilities,
                               const std::vector<train::BehaviorHead>& heads);

}  // namespace infer
