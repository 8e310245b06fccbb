// Which behavior intervals leave a project: people's, the machine's, or both where they complete
// each other.
#pragma once

#include <string>
#include <vector>

#include "datasets/project.h"

namespace datasets {

inline constexpr char kMachineAuthor[] = "prediction";  // of predicted bouts

// By start. `what`:
// - labels: as people made them, "not this behavior" too;
// - predictions: bouts of `job_id`, or of BehaviorJobOf (behavior_job.h), author "prediction", id
// 0;
// - final: what happened as far as is known. Where a person has scored a subject of the video, that
//   person's word is all; labels that only decide predicted bouts (source accepted) leave the rest
//   to the machine: predicted bouts come in with the frames cut out in which a label says something
//   about the behavior, or that another of its exclusion group happens. "Not" labels are left out.
// `author`: the one whose labels count; "": everybody's. Throws Error for another word.
std::vector<BehaviorIntervalRow> ChosenIntervals(const Project& project, const VideoRow& video,
                                                 const std::string& what, Id job_id = 0,
                                                 const std::string& author = "");
// What people said of the video's behavior, or one of them.
std::vector<BehaviorIntervalRow> IntervalsOf(const Project& project, const VideoRow& video,
                                             const std::string& author);

// The pure part of `final`, for one video.
std::vector<BehaviorIntervalRow> FinalIntervals(const std::vector<BehaviorIntervalRow>& labels,
                                                const std::vector<BehaviorIntervalRow>& predicted,
                                                const std::vector<BehaviorRow>& behaviors);

}  // namespace datasets
