#include "infer/review/reasons.h"

#include <algorithm>

#include "infer/review/sign.h"

namespace infer {

using datasets::ReviewReason;

const std::vector<ReviewReason>& ReviewReasons() {
  static const std::vector<ReviewReason> reasons = [] {
    std::vector<ReviewReason> all = {datasets::kAuditReason,    datasets::kDoubtfulBehavior,
                                     datasets::kMissedBehavior, datasets::kPointJump,
                                     datasets::kOddBone,        datasets::kSidesExchanged,
                                     datasets::kOtherReason};
    for (const SignInfo& sign : SignTable()) {
      const auto same = [&](const ReviewReason& one) { return one.code == sign.reason.code; };
      if (std::none_of(all.begin(), all.end(), same)) all.push_back(sign.reason);
    }
    return all;
  }();
  return reasons;
}

const ReviewReason& ReasonOf(std::string_view code) {
  const std::vector<ReviewReason>& reasons = ReviewReasons();
  const auto found = std::find_if(reasons.begin(), reasons.end(),
                                  [&](const ReviewReason& one) { return one.code == code; });
  return found == reasons.end() ? datasets::kOtherReason : *found;
}

std::string TitleOf(std::string_view code) {
  const ReviewReason& reason = ReasonOf(code);
  if (reason.code == code) return std::string(reason.title);
  std::string words(code);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

bool ConcernsOutlines(const datasets::ReviewDecisionRow& decision) {
  return !decision.behavior_id &&
         ReasonOf(decision.reason_code).mending != datasets::Mending::kPoints;
}

std::string RemedyOf(const datasets::ReviewItemRow& item) {
  return datasets::RemedyOf(item, ReasonOf(item.reason_code));
}

}  // namespace infer
