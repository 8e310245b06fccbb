// Looks through a whole project for damage; what `vole verify` prints.
#pragma once

#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/project.h"

namespace datasets {

struct Finding {
  std::string code;  // stable: database, reference, polygon, mask, track, image, interval, scores,
                     // edit, video_missing, video_changed, frame_changed
  std::string text;  // one sentence: the thing, and what is wrong with it
};

// Checks SQLite's own structure, references between rows, every outline and mask (points, NaN, sums
// of runs, size), frames outside of their video, and of every video the fingerprint and a sample of
// decoded frames against the hashes kept since it was added. Changes nothing. Empty: all is well.
// At most 20 findings of a code are listed, then one that counts the rest.
std::vector<Finding> Verify(const Project& project, Job& job);

}  // namespace datasets
