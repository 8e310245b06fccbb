// In which order a person sees the episodes of a review queue.
#pragma once

#include <vector>

#include "datasets/store/machine_records.h"

namespace datasets {

// Worst first; the audit's episodes, drawn at random to check the confidences, take every tenth
// place, in an order that has nothing to do with their scores but is always the same: whoever stops
// early has seen a fair part of them.
void SortForReview(std::vector<ReviewItemRow>& items);

}  // namespace datasets
