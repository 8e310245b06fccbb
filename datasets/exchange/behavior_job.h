// Which prediction of behavior the project shows.
#pragma once

#include <optional>

#include "datasets/project.h"

namespace datasets {

// The job whose word on the behavior in a video counts: the newest that found a bout in it, or that
// ended well after it looked, found or not. None where no machine looked.
std::optional<Id> BehaviorJobOf(const Project& project, const VideoRow& video);

}  // namespace datasets
