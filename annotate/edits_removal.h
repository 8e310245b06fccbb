// Builders of edits that take animals, behaviors and proposals away, or propose frames; see
// edits.h.
#pragma once

#include <vector>

#include "annotate/edit.h"

namespace annotate {

// With all its labels and tracks; a frame that is left without labels is a new one again. What
// machines said of it goes too, and does not come back with an undo. Refused while people's swaps
// of predictions rest on it.
Edit DeleteAnimal(datasets::Id category_id);
// With all its bouts and decisions; what machines said of it does not come back with an undo.
Edit DeleteBehavior(datasets::Id behavior_id);

// Frames worth labeling: they stand among the frames of the video as new ones until somebody
// labels them. Those that are known already stay as they are.
Edit ProposeFrames(datasets::Id video_id, std::vector<int> frames);
// Those of the frames that nobody has labeled are proposed no more.
Edit DropProposals(datasets::Id video_id, std::vector<int> frames);

}  // namespace annotate
