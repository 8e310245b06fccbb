// What a person should know of how a job went that ended well, for those who did not watch it (a
// merge on a cluster): kept with the job.
#pragma once

#include <string>
#include <vector>

#include "datasets/project.h"

namespace datasets {

// Nothing is kept of no remark.
void KeepRemarks(Project& project, Id job, const std::vector<std::string>& remarks);
std::vector<std::string> RemarksOf(const Project& project, Id job);

}  // namespace datasets
