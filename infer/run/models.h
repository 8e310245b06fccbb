// Which of a project's models is meant where none is named.
#pragma once

#include <vector>

#include "datasets/store/machine_records.h"
#include "train/architectures.h"

namespace infer {

// The newest of `models` (in the order of their ids) that does this; null when there is none.
const datasets::ModelRow* NewestModel(const std::vector<datasets::ModelRow>& models,
                                      train::Task task);

}  // namespace infer
