// Which prediction of behavior counts where behavior is counted: in reports, results and exports.
// (The timeline and the review show the newest one from its first score on, as it comes.)
#pragma once

#include <optional>

#include "datasets/project.h"

namespace datasets {

// The job whose word on the behavior in a video counts: the newest that found a bout in it, or that
// ended well after it looked, found or not. None where no machine looked.
std::optional<Id> BehaviorJobOf(const Project& project, const VideoRow& video);

}  // namespace datasets
