// From the probabilities of a scoring job to bouts with confidences and to the review queue.
#pragma once

#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/project.h"
#include "infer/behavior/bouts.h"

namespace infer {

struct BehaviorSummary {
  int bouts = 0, episodes = 0;
  // Of the bouts' confidences, cross-validated; -1: too few bouts that a person has checked.
  double expected_calibration_error = -1;
  int checked_bouts = 0;          // in held-out labels, or decided by a reviewer
  int held_out_frames = 0;        // frames and subjects that calibrated the probabilities
  std::string frame_calibration;  // "none", "temperature", "isotonic", or "mixed"
};

// Smooths what datasets/store/score_series.h holds of `job_id`, decides group by group what
// happens when (bouts.h), and writes predicted bouts with a score (mean smoothed probability) and a
// confidence: the mean over the bout's frames of the probability as calibrated on the labels that
// the model's training held back, then as calibrated on bouts that were checked, by such labels or
// by reviewers. Doubtful bouts, and stretches that nearly became one, join the review queue; a
// tenth of it is drawn at random. Earlier bouts of the job are replaced, episodes that were decided
// stay, labels are not touched; one transaction a video. Throws Error for a job without scores, and
// for thresholds of behaviors that it has not scored.
BehaviorSummary FinishBehaviors(datasets::Project& project, datasets::Id job_id,
                                const BoutOptions& options, datasets::Job& job);
// What FinishBehaviors was last called with, and what came of it; defaults when it was not.
BoutOptions BoutOptionsOf(const datasets::Project& project, datasets::Id job_id);
BehaviorSummary BehaviorSummaryOf(const datasets::Project& project, datasets::Id job_id);
bool HasBehaviorScores(const datasets::Project& project, datasets::Id job_id);

}  // namespace infer
