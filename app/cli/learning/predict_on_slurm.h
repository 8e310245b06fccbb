// `vole predict P --slurm`: the parts as an array of tasks, and the merge after them.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "app/cli/console.h"
#include "app/cli/slurm.h"
#include "datasets/project.h"
#include "infer/predict_options.h"

namespace app {

// Submits what is missing of the prediction of these videos, or, for a dry run, prints the scripts
// and how they would be submitted, and leaves nothing. While tasks from before wait or run, the
// prediction is theirs: one of other videos, or from anything else, is refused. `failed`: videos
// that cannot be done, which are said, as are those that turn out so; the exit code is 1 then.
int PredictOnSlurm(const datasets::Project& project, const std::vector<datasets::VideoRow>& videos,
                   const std::filesystem::path& model, const infer::PredictOptions& options,
                   const SlurmOptions& slurm, std::map<datasets::Id, std::string> failed,
                   Console& console);

// Throws Error while tasks of Slurm make parts of this project, and where Slurm does not say
// whether they do.
void CheckNoTaskRuns(const infer::PartsFolder& folder);

}  // namespace app
