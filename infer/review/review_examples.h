// What people have said about predicted frames, as examples to learn confidence from.
#pragma once

#include <vector>

#include "datasets/project.h"
#include "infer/review/confidence.h"
#include "infer/review/review_data.h"

namespace infer {

struct ReviewExamples {
  std::vector<Example> animals;  // one a predicted animal in a checked frame
  std::vector<bool> from_audit;  // parallel; labeled or not: whether a random frame was answered
  int frames = 0;                // distinct checked frames that count in full
  int decisions = 0, audit_frames = 0;
  // Of checked frames with too few predicted animals: how many do hold another one.
  double short_frames = 0, truly_missing = 0;
};

// Labeled frames, and those marked as empty: an animal is wrong when its mask overlaps the label of
// its name by IoU < 0.5, or one without a name every label. Where nobody said that a frame is done,
// and not every animal has a label, only those count whose name's labels are all there. Frames that
// were learned from (those that the model's record names, or, where it names none, all but split
// `val` and `test`) count less, the more their outlines follow the picture better than others do.
// Sets Sign::kOffPicture of `data` by the labels. Decisions: accepted = right; corrected or
// rejected = wrong for the animal that looked worst; of a missing animal, whether one was. The
// newest of each span and reason counts; those about bouts and key points say nothing here.
ReviewExamples CollectExamples(const datasets::Project& project, datasets::Id job_id,
                               ReviewData& data);

}  // namespace infer
