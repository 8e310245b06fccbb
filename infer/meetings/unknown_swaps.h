// What a swap of names is for animals of which not all have one.
#pragma once

#include <optional>
#include <vector>

#include "datasets/store/meetings/meeting_records.h"
#include "infer/meetings/known_names.h"

namespace infer {

// Swaps are made of the names that the search gave, guesses included, and would turn an animal that
// has a name into one that is only guessed. These follow them, tracklet by tracklet: whoever a
// decision says is an animal with a name gets that name, and whoever is exchanged with one that has
// none has none either. `unknown`: the category of animals without a name. Nothing where that would
// take more corrections than a reader of every frame should go through: then names change with the
// next prediction.
std::optional<std::vector<datasets::PredictionCorrectionRow>> AfterSwaps(
    const KnownNames& known, datasets::Id unknown, const std::vector<datasets::KnownPairRow>& pairs,
    const std::vector<datasets::PredictionCorrectionRow>& swaps);

}  // namespace infer
