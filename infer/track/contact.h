// The frames of one contact: several animals in one merged blob, split from both ends.
#pragma once

#include <deque>
#include <vector>

#include "infer/track/blob.h"
#include "infer/track/tracklets.h"

namespace infer {

struct ContactFrame {
  int frame = 0;
  Blob merged;
};

struct Contact {
  int id = 0;
  std::vector<int> members;  // tracklets of the pieces, in the order of the forward split
  std::vector<ContactFrame> frames;
  double usual_area = 0;      // of all members together when they stand alone
  bool from_unknown = false;  // nobody was seen alone before: the forward split is a guess
};

// The frame in which the animals hid each other most (ties: the middle), and how far outlines can
// be believed in this contact: 1 when they only touched, 0.1 when one hid the other.
struct HiddenFrame {
  int frame = -1;
  double trust = 1;
};
HiddenFrame MostHidden(const Contact& contact);

struct BackSplit {
  // How well the splits made forwards agree with those made backwards, mean IoU [member][after].
  std::vector<std::vector<double>> agreement;
  double trust = 1;  // as in HiddenFrame
  // From this frame on the pieces are those of the backward split; -1 when none is held any more.
  int cut_frame = -1;
};

// Splits a contact again, backwards from `after` (the animals apart again). From the cut on, the
// blobs in `pending` are replaced by the backward pieces, with `tracklet_of[after]` as tracklet.
// The cut lies where the animals hide each other most, else in the middle. `direct[member][after]`
// is the overlap of the last forward piece with what came apart; it counts as one more frame.
BackSplit SplitBackwards(const Contact& contact, const std::vector<const Blob*>& after,
                         const std::vector<std::vector<double>>& direct,
                         const std::vector<int>& tracklet_of, std::deque<TrackedFrame>& pending);

}  // namespace infer
