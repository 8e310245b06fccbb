// Key points of predicted animals as one call, into the project.
#pragma once

#include <cstdint>
#include <string>

#include "datasets/base/job.h"
#include "datasets/project.h"
#include "infer/points/points_in_time.h"
#include "infer/run/infer_job.h"

namespace infer {

struct PointsResult {
  datasets::Id job_id = 0;
  bool on_outlines = true;  // false: one animal a picture was looked for, without outlines
  int frames = 0;           // with points
  int64_t animals = 0;
  double mean_confidence = 0;  // before time was looked at
  PointsInTime in_time;
  double seconds = 0;
  double peak_rss_mb = 0;
};

// Around the outlines of the newest prediction of the video, whose rows get the points; where it
// has none and the model learned to look at whole pictures, every frame is taken to show one
// animal, and predictions without outlines are written. Points that were predicted before are
// replaced; labels are not touched. Then the frames before and after judge them
// (JudgePointsInTime). Registers a job row. Cancelled work leaves whole frames. Throws Error when
// the project lacks a point of the model, and when there is nothing to look around.
PointsResult PredictPoints(datasets::Project& project, const datasets::VideoRow& video,
                           const std::string& model_file, const PredictOptions& options,
                           datasets::Job& job);

}  // namespace infer
