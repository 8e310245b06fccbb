// Which frames of a prediction people know, and what the random ones among the others showed.
#pragma once

#include "datasets/project.h"
#include "infer/review/review_data.h"
#include "infer/statement/statement.h"

namespace infer {

// Fills in what a statement says of labels, reviewers and frames, bounds included; its span and job
// are there already.
//
// A frame is known where every animal has a label of a person, where a person said that the frame
// is done or empty, and in episodes that were accepted or rejected; one that was rejected is wrong
// unless people have drawn all of its animals. "Corrected" by itself makes no frame known.
//
// All other frames are what the random ones speak for. The sample are the random frames in the
// order of their draw (infer/review/random_frames.h) up to the last that was answered: so whoever
// leaves an unwelcome one open, skips it, or draws it anew instead of answering has it counted as
// wrong, like one that was accepted under names that people have exchanged since. One that people
// labeled as it was predicted is known, and no part of the sample.
void CountFrames(const datasets::Project& project, const datasets::VideoRow& video,
                 const ReviewData& data, Statement& statement);

}  // namespace infer
