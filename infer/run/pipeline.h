// Frames in, predictions in the project out: decode, predict, track and write at the same time.
#pragma once

#include <functional>
#include <opencv2/core.hpp>
#include <optional>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/project.h"
#include "infer/names/identity_vote.h"
#include "infer/run/find_animals.h"
#include "infer/track/track_record.h"
#include "infer/track/tracklets.h"
#include "train/base/predictor.h"

namespace infer {

struct PipelineInput {
  train::Predictor* predictor = nullptr;
  train::ModelInfo info;    // the predictor's, with the number of animals that is meant
  bool open_group = false;  // more may come than info.max_instances says
  const IdentityVote* identity = nullptr;  // a second opinion on names, or none
  // BGR, CV_8UC3 of `size`; called from one thread, with frames in increasing order. The picture
  // belongs to the pipeline from then on.
  std::function<cv::Mat(int frame)> picture;
  // Instead of pictures: what was found in them elsewhere, run after run, in order; nothing after
  // the last. Called from one thread.
  std::function<std::optional<FoundFrames>()> found;
  cv::Mat background;                  // as Predictor::Predict takes it
  int start_frame = 0, end_frame = 0;  // [start, end)
  double fps = 25;
  cv::Size size;
  datasets::Id job_id = 0, video_id = 0;
  std::vector<datasets::Id> categories;  // [K] of the model's classes
  int threads = 0;                       // for networks; 0: all cores
};

struct PipelineResult {
  TrackRecord record;
  std::vector<Tracklet> tracklets;
  std::vector<Link> links;
  std::vector<datasets::Id> rows;  // of `predictions`, parallel to record.rows()
  // IoU with labels that outlines of the picture model reach, when it judged this video; else 0.
  double picture_overlap = 0;
};

// Threads beside the caller's decode, predict (find_animals.h) and write; the caller's tracks and
// reports. Queues between them are bounded, so memory does not grow with the video but for the
// record. Rows are written in transactions of a few hundred milliseconds of work, with provisional
// names. The first exception of any thread ends all of them and is thrown here once; after a cancel
// or an error the frames that were tracked are in the project.
PipelineResult RunPipeline(datasets::Project& project, const PipelineInput& input,
                           datasets::Job& job);

}  // namespace infer
