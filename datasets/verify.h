// Looks through a whole project for damage; what `vole verify` prints.
#pragma once

#include <vector>

#include "datasets/base/job.h"
#include "datasets/project.h"
#include "datasets/store/verify/findings.h"

namespace datasets {

// Checks SQLite's own structure, references between rows, every row (outlines, masks, frames
// outside of their video, frame indices, backgrounds, scores, texts, edits), of every video the
// fingerprint and a sample of decoded frames against the hashes kept since it was added, and of
// every model the hash of its newest file. Lists all damage there is: what cannot be read is a
// finding, and the next thing is looked at. Changes nothing and throws nothing but Cancelled.
// Empty: all is well.
std::vector<Finding> Verify(const Project& project, Job& job);

}  // namespace datasets
