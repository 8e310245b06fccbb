// In which order a person sees the episodes of a review queue.
#pragma once

#include <vector>

#include "datasets/store/machine_records.h"

namespace datasets {

// Worst first; the audit's episodes, drawn at random to check the confidences, take every tenth
// place, in the order in which they were drawn (that of their ids): whoever stops early has seen a
// smaller draw, and leaves none of it unanswered, which a statement would count as wrong.
void SortForReview(std::vector<ReviewItemRow>& items);

}  // namespace datasets
