// What was scored in the videos that a person has chosen.
#pragma once

#include <string>
#include <vector>

#include "datasets/behavior/scores.h"

namespace datasets {

// As ScoresFromProject, of these videos (none: all). What is looked for in one video is known from
// all of them: one that was scored has a zero, not a gap, for what happens in others only, whether
// it is chosen alone or with them. Throws Error for a name that no video has.
BehaviorScores ScoresOfVideos(const Project& project, ScoreSource source,
                              const std::vector<std::string>& videos, Id job_id = 0);

// Those of `videos` that no series is of, in their order.
std::vector<std::string> VideosWithoutScores(const BehaviorScores& scores,
                                             const std::vector<std::string>& videos);

// Leaves out what lies wholly before `start_frame`: of a video that is shorter nothing is known
// there, which is no zero. Names of the videos, each once.
std::vector<std::string> TakeOutShorter(int start_frame, BehaviorScores* scores);

}  // namespace datasets
