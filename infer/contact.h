// The frames of one contact: several animals in one merged blob, split from both ends.
#pragma once

#include <vector>

#include "infer/blob.h"
#include "infer/tracklets.h"

namespace infer {

struct ContactFrame {
  int frame = 0;
  Blob merged;
};

struct Contact {
  int id = 0;
  std::vector<int> members;  // tracklets of the pieces, in the order of the forward split
  std::vector<ContactFrame> frames;
  bool from_unknown = false;  // nobody was seen alone before: the forward split is a guess
};

// Agreement of the splits made forwards (held in `pending`) with splits made backwards from `after`
// (the animals apart again; usual areas alike): mean IoU [member][after]. Rewrites the masks of
// `pending` with the split from the nearer end. `direct[member][after]` is the overlap of the last
// piece with what came apart; it counts as one more frame.
std::vector<std::vector<double>> SplitBackwards(const Contact& contact,
                                                const std::vector<const Blob*>& after,
                                                const std::vector<std::vector<double>>& direct,
                                                std::deque<TrackedFrame>& pending);

}  // namespace infer
