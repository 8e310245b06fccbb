// Did each animal get its own name, frame by frame?
#pragma once

#include <cstdint>
#include <map>

#include "datasets/metrics/tracking.h"

namespace datasets {

struct IdentityAccuracy {
  int64_t owed = 0;     // truth objects that have a name
  int64_t right = 0;    // covered by a prediction of the same name
  int64_t wrong = 0;    // ... of another name
  int64_t unknown = 0;  // ... that says that its name is unknown
  double accuracy = 0;  // right / owed; 0 when nothing is owed
  double balanced = 0;  // mean over names of each name's own accuracy (rare animals count alike)
  std::map<int64_t, double> of_name;
};

// `track` of truth and prediction is the animal's name (an identity), not a free track number.
// Truth and predictions of a frame are paired for the largest total similarity, pairs below
// `threshold` excluded; a pair with equal names is right, all else (missed, other name) is wrong.
IdentityAccuracy EvaluateIdentityAccuracy(const std::vector<TrackFrame>& frames,
                                          double threshold = 0.5);

}  // namespace datasets
