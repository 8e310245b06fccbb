// What is known of one video at a glance: who did what how long, where each animal was and how
// fast, from predictions, or from labels where nothing was predicted. What nobody labeled or
// predicted is not known, and never counts as zero.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/behavior/budget.h"
#include "datasets/behavior/motion_run.h"
#include "datasets/behavior/pictures.h"
#include "datasets/project.h"
#include "datasets/unknown_name.h"

namespace datasets {

struct AnimalCurves {  // of one animal, one value a frame of the video; NaN: not known
  std::string animal;
  uint32_t color = 0;             // 0xRRGGBB
  std::vector<float> x, y;        // pixels, the middle of its outline or points
  std::vector<float> speed;       // VideoResults::unit a second
  std::vector<float> nearest;     // the same unit, to the nearest other animal
  std::vector<float> confidence;  // 0..1; of labels none
};

struct VideoResults {
  VideoRow video;
  FrameTimes times;
  std::string unit = "px";  // "cm" where the video is calibrated
  bool from_labels = false;
  std::string no_motion, no_scores;  // why nothing of it is known, one line; "" = something is
  std::string no_background;         // why there is none, where it cannot be read
  BehaviorScores scores;             // of people, completed by the machine's (kFinalAuthor)
  std::vector<BudgetRow> budget;
  std::vector<MotionSummary> motion;              // of animals that were seen
  std::vector<std::string> not_scored, not_seen;  // animals of the project
  std::vector<AnimalCurves> curves;               // of animals that were seen
  UnknownCount unknown;   // of what was predicted; animals without a name are in no figure
  PlaceCollector places;  // by number of the animal in the project
  cv::Mat background;     // BGR; empty where there is none
};

// Of one moment of the project. Throws Error where the video cannot be read from it, BusyError
// where that would be otherwise a little later; Cancelled.
std::shared_ptr<const VideoResults> MeasureResults(const Project& project, const VideoRow& video,
                                                   Job& job);

enum class ResultPart { kBudget, kEthogram, kTrajectory, kOccupancy, kCurves };
constexpr ResultPart kResultParts[] = {ResultPart::kBudget, ResultPart::kEthogram,
                                       ResultPart::kTrajectory, ResultPart::kOccupancy,
                                       ResultPart::kCurves};
const char* NameOf(ResultPart part);  // "time-budget", for files

// A table or a picture by the ending of the name: .csv, .svg or .png; whole or not at all. Throws
// Error for other endings, for a part of which nothing is known, and for what cannot be written.
void SaveResult(const VideoResults& results, ResultPart part, const std::filesystem::path& path);

// A value that hardly any of the curves' is above (the 99.5th percentile of each): single jumps
// where names were exchanged do not flatten a picture. 0 where there is no value.
double HighValue(const std::vector<AnimalCurves>& curves,
                 const std::vector<float> AnimalCurves::*values);

}  // namespace datasets
