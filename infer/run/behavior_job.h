// Scoring the frames of a video for behavior as one call, into the project.
#pragma once

#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/behavior/zones.h"
#include "datasets/project.h"
#include "infer/behavior/predicted_bouts.h"
#include "infer/run/infer_job.h"

namespace infer {

struct BehaviorPredictResult {
  datasets::Id job_id = 0;
  std::vector<std::string> subjects;
  int64_t pictures = 0;  // frames times subjects that were seen
  double seconds = 0;
  double peak_rss_mb = 0;
  BehaviorSummary found;           // bouts, with the default options of bouts.h
  std::vector<std::string> notes;  // one line each: behaviors that model or project lack, points
};

// Writes the probability of every behavior of the model for every frame and subject
// (datasets/store/score_series.h), and bouts with confidences from them (behavior_bouts.h).
// Behaviors that the project does not have are left out and
// noted, and so are those of the project that the model does not know. Memory is bounded whatever
// the length. Registers a job row; cancelled work leaves whole chunks and a job marked so. Throws
// Error when model and project share no behavior, and where the video lacks what the model needs;
// key points that stand on fewer than half of the subjects' frames are noted.
BehaviorPredictResult PredictBehavior(datasets::Project& project, const datasets::VideoRow& video,
                                      const std::string& model_file, const PredictOptions& options,
                                      datasets::Job& job);

// The subjects of a video that a network with this view scores: those that people scored there,
// else the zones, else the animals with outlines, else `fallback`.
std::vector<std::string> SubjectsToScore(const datasets::Project& project,
                                         const datasets::VideoRow& video, const std::string& view,
                                         const std::vector<std::string>& fallback);

// The regions of every video: those drawn in the workbench, and those that --zones brought in
// unless one of that name was drawn in the video.
std::vector<datasets::Zone> StoredZones(const datasets::Project& project);
inline constexpr char kZonesSetting[] = "behavior_zones";
inline constexpr char kFlipsSetting[] = "behavior_flips";

}  // namespace infer
