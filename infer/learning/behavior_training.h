// What a project has to learn behavior from, as a training takes it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "datasets/project.h"
#include "infer/behavior/crop_cache.h"
#include "infer/learning/project_labels.h"
#include "train/behavior/train.h"

namespace infer {

struct GatheredBehavior {
  train::BehaviorData data;
  std::vector<train::BehaviorSpan> spans;             // what was scored, within the selection
  std::vector<std::string> notes;                     // one line each: what is left out, and why
  std::vector<std::unique_ptr<PictureCache>> caches;  // `data.picture` reads from them
  int64_t frames = 0;                                 // scored, over all subjects
  bool prepared_before = false;                       // every picture was in the cache
};

// The behaviors to learn by exclusion group, and for each subject that somebody scored in the
// chosen videos its labels, pictures and motion, for behavior-seq key points too where most frames
// have them. Frames marked "not" by a person count as labeled.
// `behavior.zones` and `behavior.flips` are kept in the project when given, else taken from it.
// Throws Error (one line) when nothing was scored, when several people scored one subject and none
// is chosen, for behaviors of one group at the same time, and for names that do not exist.
GatheredBehavior GatherBehavior(datasets::Project& project, const LabelSelection& selection,
                                const std::string& architecture,
                                const train::BehaviorOptions& behavior, datasets::Job& job);

}  // namespace infer
