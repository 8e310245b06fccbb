// What people say about behavior, frame by frame, and what of it a model has not learned from.
#pragma once

#include <string>
#include <vector>

#include "datasets/project.h"
#include "infer/behavior/bouts.h"

namespace infer {

struct HeldOutSpan {  // [start_frame, end_frame) of a subject, looked at in full by a person
  std::string video, subject;
  int start_frame = 0, end_frame = 0;
};
// What the training of the job's model held back: `held_out` of its configuration, a list of
// {video, subject, start_frame, end_frame}. Empty when the job has no model or it says nothing.
std::vector<HeldOutSpan> HeldOutSpans(const datasets::Project& project, datasets::Id job_id);

// [end - start]: whether the behavior is labeled as present.
std::vector<bool> PresentFrames(const std::vector<datasets::BehaviorIntervalRow>& intervals,
                                const std::string& subject, datasets::Id behavior_id,
                                int start_frame, int end_frame);

// How the behaviors of a group follow each other in one video: a sequence for each subject and
// author, from the first to the last interval that says that one of them happens. Class c is
// behavior_ids[c - 1]. Intervals that came from accepted predictions are left out: they are not
// all that happened.
std::vector<Classes> LabeledClasses(const std::vector<datasets::BehaviorIntervalRow>& intervals,
                                    const std::vector<datasets::Id>& behavior_ids);

}  // namespace infer
