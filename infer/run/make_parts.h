// The two ends of a prediction that is divided into parts: finding animals in them, by anybody, and
// what comes of it in the project, by one.
#pragma once

#include "datasets/base/job.h"
#include "infer/parts/parts_plan.h"
#include "infer/run/infer_job.h"

namespace infer {

struct MadeParts {
  int made = 0, there_before = 0;
  std::vector<std::string> failures;  // one line a video that cannot be read or predicted
};

// Makes the parts `task`, `task + tasks`, ... of the plan that are not there yet. `threads`: for
// networks, 0 for all cores. The project is not opened. A video that fails is left with word of why
// (PartsFolder::FailureOf). Throws Error when the weights are not those of the plan. Cancelled work
// leaves whole parts.
MadeParts MakeParts(const PartsFolder& folder, const PartsPlan& plan, int task, int tasks,
                    int threads, datasets::Job& job);

// What Predict does, from parts that are all there: the same rows to the byte, but for the job's
// number and times. `options` are the plan's. Throws Error when a part is missing, damaged (it is
// removed) or was made from something else; nothing is in the project then.
PredictResult MergeParts(datasets::Project& project, const datasets::VideoRow& video,
                         const PartsFolder& folder, const PartsPlan& plan, size_t planned_video,
                         datasets::Job& job);

}  // namespace infer
