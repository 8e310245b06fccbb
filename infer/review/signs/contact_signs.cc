// What was cut out of a blob into which animals had merged.
#include <fmt/format.h>

#include "infer/review/doubt.h"

namespace infer {
namespace {

constexpr datasets::ReviewReason kTouchingReason = {"touching", "touching",
                                                    datasets::Mending::kRedraw};

std::vector<double> Touching(const Observed& observed) {
  return EachRow(observed, [](const AnimalFrame& row) { return double(row.touching); });
}

// How much the cut from before and the cut from after differ.
std::vector<double> SplitDispute(const Observed& observed) {
  return EachRow(observed, [](const AnimalFrame& row) { return 1.0 - row.split_agreement; });
}

std::string Tell(const Doubt& doubt) {
  return fmt::format(
      "{} touches another animal; the line between them is uncertain "
      "(the cuts from before and after agree by {:.2f})",
      doubt.Own(), 1 - doubt.Value(Sign::kSplitDispute));
}

}  // namespace

SignInfo TouchingSign() { return {kTouchingReason, 0.7, kContactHint, Touching, Tell}; }
SignInfo SplitDisputeSign() { return {kTouchingReason, 2.5, kContactHint, SplitDispute, Tell}; }

}  // namespace infer
