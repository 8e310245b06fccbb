// Counts over a whole project with many videos, each by one query along an index.
#pragma once

#include <map>
#include <utility>

#include "datasets/store/connection.h"
#include "datasets/store/records.h"

namespace datasets {

// Frames with predictions, by job and video.
std::map<std::pair<Id, Id>, int> CountPredictedFrames(Connection& connection);

}  // namespace datasets
