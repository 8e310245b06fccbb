// What is asked of each video, for a whole project with many at once: by few queries along indexes.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "datasets/store/connection.h"
#include "datasets/store/records.h"

namespace datasets {

// Frames with predictions, by job and video.
std::map<std::pair<Id, Id>, int> CountPredictedFrames(Connection& connection);

// Reader::LatestPredictJob of each video that has one.
std::map<Id, Id> LatestPredictJobs(Connection& connection);

// The ids of Reader::Corrections, by job and video, of those that have any.
std::map<std::pair<Id, Id>, std::vector<Id>> CorrectionIds(Connection& connection);

// Reader::CountLabeledFrames of each video that has any.
std::map<Id, int> CountLabeledFrames(Connection& connection);

}  // namespace datasets
