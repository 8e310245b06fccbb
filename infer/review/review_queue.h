// Suspicious frames -> episodes, worst first, each with its reason in plain words.
#pragma once

#include <cstdint>
#include <vector>

#include "datasets/project.h"
#include "infer/review/confidence.h"
#include "infer/review/review_data.h"

namespace infer {

struct QueueOptions {
  double least_suspicion = 0.05;  // frames below are not shown
  double audit_share = 0.1;       // of the queue, drawn at random over all frames
  int audit_frames = 0;           // at least so many; a larger number keeps what a smaller one drew
  uint64_t seed = 1;
};

// [frames]: probability that something in the frame is wrong, from data.start_frame on.
// `missing`: probability that a frame with too few animals does hold another one.
std::vector<double> FrameSuspicion(const ReviewData& data, const ConfidenceModel& model,
                                   double missing);

// Share of the frames in which as many animals were found as there can be, which is how likely a
// frame with fewer lacks one, before anything was checked.
double ShareOfFullFrames(const ReviewData& data);

// Highest score first. An episode never mixes reasons, and is cut where the suspicion changes a
// lot, so that its score holds for all of its frames.
std::vector<datasets::ReviewItemRow> MakeEpisodes(const ReviewData& data,
                                                  const ConfidenceModel& model, double missing,
                                                  const QueueOptions& options);

}  // namespace infer
