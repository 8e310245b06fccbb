// `vole predict P --slurm`: the parts as an array of tasks, and the merge after them.
#pragma once

#include <filesystem>
#include <vector>

#include "app/cli/console.h"
#include "app/cli/slurm.h"
#include "datasets/project.h"
#include "infer/predict_options.h"

namespace app {

// Submits what is missing of the prediction of these videos, or, for a dry run, prints the scripts
// and how they would be submitted, and leaves nothing. While tasks from before wait or run, the
// prediction is theirs: another one is refused.
int PredictOnSlurm(const datasets::Project& project, const std::vector<datasets::VideoRow>& videos,
                   const std::filesystem::path& model, const infer::PredictOptions& options,
                   const SlurmOptions& slurm, Console& console);

// Throws Error while tasks of Slurm make parts of this project.
void CheckNoTaskRuns(const infer::PartsFolder& folder);

}  // namespace app
