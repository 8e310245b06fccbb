// What the detector itself said.
#include <fmt/format.h>

#include "infer/review/doubt.h"

namespace infer {

using datasets::Mending;

SignInfo LowScoreSign() {
  return {{"low_score", "low score", Mending::kRemove},
          3,
          kHint,
          [](const Observed& observed) {
            return EachRow(observed, [](const AnimalFrame& row) { return 1.0 - row.score; });
          },
          [](const Doubt& doubt) {
            return fmt::format("{} may be no animal: detection score {:.2f}", doubt.Own(),
                               1 - doubt.Value(Sign::kLowScore));
          }};
}

// Certainty along the mask's border.
SignInfo VagueBorderSign() {
  return {{"vague_outline", "vague outline", Mending::kRedraw},
          2,
          kHint,
          [](const Observed& observed) {
            return EachRow(observed, [](const AnimalFrame& row) { return 1.0 - row.certainty; });
          },
          [](const Doubt& doubt) {
            return fmt::format("the outline of {} is vague: certainty {:.2f} along its border",
                               doubt.Own(), 1 - doubt.Value(Sign::kVagueBorder));
          }};
}

}  // namespace infer
