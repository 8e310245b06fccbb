// Provisional rows -> final ones.
#pragma once

#include <vector>

#include "datasets/project.h"
#include "infer/names/identity.h"
#include "infer/run/pipeline.h"

namespace infer {

// Sets the decided name ("unknown" where it is only guessed), the track number for classes with
// several instances, and the score (that of the detection, less where the name is in doubt);
// deletes rows of dropped tracklets. Bounded transactions.
void WriteNames(datasets::Project& project, const PipelineResult& found,
                const std::vector<NamedTracklet>& names,
                const std::vector<datasets::Id>& categories, const std::vector<int>& max_instances,
                datasets::Job& job);

}  // namespace infer
