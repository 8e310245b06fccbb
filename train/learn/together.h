// Training in several processes, as a training sees it. Internal to train/ (torch types).
#pragma once

#include <memory>

#include "datasets/base/job.h"
#include "train/base/training_data.h"
#include "train/base/training_options.h"
#include "train/peers/peers.h"

namespace train {

// What one process computes of every batch: samples [first, first + count) of `whole`.
struct BatchShare {
  int first = 0, count = 1, whole = 1;
  Peers* peers = nullptr;  // the other processes; none: the whole batch is here
};

// Waits for the other processes of options.together; nullptr when this one trains alone. Throws
// Error when they do not come, or do not have the same labels and options; Cancelled as the job is.
std::unique_ptr<Peers> MeetOthers(const TrainingData& data, const TrainOptions& options,
                                  const datasets::Job& job);

// `batch` samples for this process out of as many for each.
BatchShare ShareOf(Peers* peers, int batch);

// Rank 0 alone writes files.
inline bool Writes(const std::unique_ptr<Peers>& peers) { return !peers || peers->rank() == 0; }

}  // namespace train
