// Object exploration: times at two objects, discrimination index, and how far two scorers agree on
// them. Formulas and exclusion rules of "Who Moved My Cheese? Automatic Annotation of Rodent
// Behaviors with Convolutional Neural Networks" (Ren et al. 2017, section 6 and section 3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "datasets/behavior/scores.h"

namespace datasets {

struct ExplorationOptions {
  std::vector<std::string> first;   // behaviors that are exploring the unchanged object
  std::vector<std::string> second;  // behaviors that are exploring the moved or new object
  double min_total_s = 3;           // animals that explore less (T1 + T2) are excluded
  double max_bias_percent = 20;     // in training trials, animals with 100 |DI| above are excluded
  std::vector<std::string> training_videos;  // names of training trials
  bool all_training = false;                 // every video is one
};

struct ExplorationRow {  // of one series
  std::string video, subject, author;
  int64_t first_frames = 0, second_frames = 0;  // n1, n2: frames with any of the behaviors
  double first_s = 0, second_s = 0;             // T = n / fps
  std::optional<double> di;  // (n1 - n2) / (n1 + n2), -1..1; none when nothing was explored
  std::optional<double> second_percent;  // 100 n2 / (n1 + n2): preference for the second object
  bool training = false;
  std::string excluded;  // the reason, "" = counts
};

// A row for each series whose scorer looked for one of them. Throws Error for a behavior that
// nobody scored, one that stands on both sides, or none at all on a side.
std::vector<ExplorationRow> ExplorationTimes(const BehaviorScores& scores,
                                             const ExplorationOptions& options);

struct ExplorationSummary {  // of one author and kind of trial, over the rows not excluded
  std::string author;
  bool training = false;
  int animals = 0, excluded = 0;
  double mean_first_s = 0, mean_second_s = 0;
  std::optional<double> mean_di, sd_di;  // sd: n - 1
};
std::vector<ExplorationSummary> SummarizeExploration(const std::vector<ExplorationRow>& rows);

// Pearson's correlation coefficient; none for fewer than two pairs or a side that does not vary.
// Throws Error when the lengths differ.
std::optional<double> PearsonR(const std::vector<double>& x, const std::vector<double>& y);

struct ExplorationCorrelation {
  std::string first_author, second_author;
  std::string quantity;  // "T1", "T2", "T" (both objects' times pooled, as the paper does) or "DI"
  int pairs = 0;         // values that both have
  std::optional<double> r;
};
// For each pair of authors over the videos and subjects that both scored. Excluded rows take part
// unless `leave_out_excluded`: agreement is about scorers, not about animals.
std::vector<ExplorationCorrelation> CompareExploration(const std::vector<ExplorationRow>& rows,
                                                       bool leave_out_excluded = false);

std::string ExplorationCsv(const std::vector<ExplorationRow>& rows);

}  // namespace datasets
