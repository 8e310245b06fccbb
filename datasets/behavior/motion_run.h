// Motion of the animals of a project's video, from predictions or labels, streamed frame by frame.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "datasets/behavior/motion.h"
#include "datasets/project.h"

namespace datasets {

struct MotionInput {
  bool from_labels = false;  // else predictions
  Id job_id = 0;             // of the predictions; 0 = the latest of the video; labels need none
  int start_frame = 0;       // [start_frame, end_frame)
  int end_frame = -1;        // -1 = to the end
  MotionOptions options;
};

struct VideoMotion {
  VideoRow video;
  FrameTimes times;
  int start_frame = 0, end_frame = 0;
  std::vector<std::string> animals;  // the project's categories
  std::vector<uint32_t> colors;      // 0xRRGGBB, one an animal, never the same next to each other
  std::vector<ZoneMask> zones;
  std::vector<std::string> points;  // names of key points that animals may have
  bool has_heading = false;
  std::optional<FloorMap> floor;  // of the calibration, or the scale of the options
  std::vector<MotionSummary> summaries;
  std::vector<ContactPair> contacts;
  BehaviorScores scores;
};

// `visit` is called for each frame that has masks, before the summaries are there. Of two
// predictions of one animal on a frame the higher score counts. Memory stays that of a few frames.
// Throws Error when the video has no prediction (or label), or, with options.flow, its file is
// missing; Cancelled.
using MotionVisitor = std::function<void(const VideoMotion&, const std::vector<AnimalMotion>&)>;
VideoMotion MeasureVideoMotion(const Project& project, const VideoRow& video,
                               const std::vector<Zone>& zones, const MotionInput& input, Job& job,
                               const MotionVisitor& visit = {});

}  // namespace datasets
