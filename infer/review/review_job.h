// The review queue of a prediction, made again whenever labels or decisions have changed, and how
// far its confidences can be trusted. Needs no network.
#pragma once

#include <string>

#include "datasets/base/job.h"
#include "datasets/project.h"

namespace infer {

// Rebuilds the review queue of a prediction job (after labels or decisions changed); returns the
// number of episodes. At least `audit_frames` random frames are in it, decided ones counted.
int RebuildReviewQueue(datasets::Project& project, datasets::Id job_id, datasets::Job& job,
                       int audit_frames = 0);

struct Calibration {
  double expected_calibration_error = -1;  // -1: too few decided frames to say
  int frames = 0;                          // decided frames it rests on (labels + decisions)
  std::string basis;                       // "labels", "labels and reviews", "audit", "prior"
  bool counts_bouts = false;               // `frames` are bouts: the job has scored behavior
};
Calibration CalibrationOf(const datasets::Project& project, datasets::Id job_id);

}  // namespace infer
