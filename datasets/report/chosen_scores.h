// What was scored in the videos that a person has chosen.
#pragma once

#include <string>
#include <vector>

#include "datasets/behavior/scores.h"

namespace datasets {

// Those of `videos` that no series is of, in their order.
std::vector<std::string> VideosWithoutScores(const BehaviorScores& scores,
                                             const std::vector<std::string>& videos);

// Leaves out what lies wholly before `start_frame`: of a video that is shorter nothing is known
// there, which is no zero. Names of the videos, each once.
std::vector<std::string> TakeOutShorter(int start_frame, BehaviorScores* scores);

}  // namespace datasets
