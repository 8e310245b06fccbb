// Which labels are held back to judge a training. No torch type here.
#pragma once

#include <vector>

#include "train/base/training_data.h"

namespace train {

struct Split {
  std::vector<int> learn;     // indices into TrainingData::frames
  std::vector<int> held;      // judged, never learned from; may be empty
  std::vector<int> left_out;  // in neither: too close in time to a held-back frame
};

// Holds back about `share` of the frames as blocks of time, at most four a video, so that no
// held-back frame lies within kGuardFrames of one that is learned from. Only what people drew or
// saw judges; what was filled in within a block is left out, for it was made from its labels. With
// fewer than kFewestToSplit labels of people nothing is held back, nor when a class would lose more
// than half its labels.
inline constexpr int kFewestToSplit = 12;
inline constexpr int kGuardFrames = 8;
Split SplitByTime(const std::vector<LabeledFrame>& frames, int classes, double share);

}  // namespace train
