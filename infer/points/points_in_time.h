// Predicted key points as the frames before and after judge them: confidences, exchanged sides put
// back where the evidence is clear, and episodes for review.
#pragma once

#include <cstdint>

#include "datasets/base/job.h"
#include "datasets/project.h"

namespace infer {

struct PointsInTime {
  int episodes = 0;            // in the review queue, of points
  int exchanges = 0;           // of left and right that were found
  int exchanges_put_back = 0;  // of them
};

// Points that were just predicted in the frames [start_frame, end_frame), for all animals of the
// job in the video (rows of a name that several animals share are followed by tracklet). Call it
// once: a second look at the same points would lower their confidence again. Rewrites the points
// that change; replaces the job's open episodes of points in these frames and leaves all others.
// Sides exchanged across the border of the frames are left to a person. `skeleton`: of the points.
PointsInTime JudgePointsInTime(datasets::Project& project, datasets::Id job_id,
                               const datasets::VideoRow& video, const datasets::Skeleton& skeleton,
                               int start_frame, int end_frame, datasets::Job& job);

// Whether an episode is one of those.
bool ConcernsPoints(const datasets::ReviewItemRow& item);

}  // namespace infer
