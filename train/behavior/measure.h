// How networks' inputs are brought to a common scale: measured once, over what is learned from.
#pragma once

#include <vector>

#include "train/behavior/data.h"
#include "train/behavior/description.h"

namespace train {

// Fill mean and deviation of the picture's channels, of the motion features and of the points'
// numbers, over the spans.
void MeasurePictures(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                     BehaviorInput& input);
void MeasureMotion(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                   BehaviorDescription& description);
void MeasurePointsOf(const BehaviorData& data, const std::vector<BehaviorSpan>& spans,
                     PointLayout& layout);
// Normalized numbers of a row's frame [description.numbers()]: motion, then points (zeros where it
// is not seen).
void FillNumbers(const BehaviorRow& row, int frame, const BehaviorDescription& description,
                 float* out);

}  // namespace train
