// Every reason for which an episode stands in a review queue, by the code that a project keeps.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "datasets/store/review/review_reasons.h"

namespace infer {

// Those of the signs (infer/review/sign.h), of the audit and of behavior; each once.
const std::vector<datasets::ReviewReason>& ReviewReasons();
// datasets::kOtherReason for a code that is not there.
const datasets::ReviewReason& ReasonOf(std::string_view code);
// The title, or for a code of another program the code in words.
std::string TitleOf(std::string_view code);
// Whether somebody decided about outlines and names, not about a bout or key points.
bool ConcernsOutlines(const datasets::ReviewDecisionRow& decision);
std::string RemedyOf(const datasets::ReviewItemRow& item);

}  // namespace infer
