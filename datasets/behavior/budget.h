// Time budgets: how often, how long and how soon each animal did each thing.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "datasets/behavior/scores.h"

namespace datasets {

struct BudgetOptions {
  double bin_s = 0;    // length of a bin in seconds; 0 = one bin, the whole span
  int bin_frames = 0;  // the same in frames
};

// Of one behavior, one series and one bin [start_frame, end_frame). A bout that crosses the border
// of a bin counts in both with the part that lies inside; it starts in one of them only.
struct BudgetRow {
  std::string video, subject, author, behavior;
  bool is_point = false;
  int bin = 0;
  int start_frame = 0, end_frame = 0;
  double start_s = 0, end_s = 0;  // when its first frame, and the one after its last, are shown
  int bouts = 0;                  // parts of bouts inside the bin
  int started = 0;                // bouts that begin inside it: these add up over bins
  int64_t frames = 0;
  double seconds = 0;                 // how long those frames are shown
  std::optional<double> mean_s;       // of the parts; none without a bout
  std::optional<double> sd_s;         // sample standard deviation (n - 1); none below two
  std::optional<int> latency_frames;  // from the start of the bin to the first frame
  std::optional<double> latency_s;    // the same in seconds
  double unseen_s = 0;    // of the bin, in which nobody could know: the animal was not seen
  double proportion = 0;  // seconds / seconds of the bin that were seen, 0..1
};

// A row for each series, bin and behavior that was looked for (zero rows included: not doing it is
// a result; but none where the animal was not seen in the whole bin). Point events count and have a
// latency, but take no time. The quantities are those of BORIS' time budget (Friard and Gamba
// 2016), with bouts cut at the borders of the span. Throws Error for a bin shorter than a frame.
std::vector<BudgetRow> TimeBudget(const BehaviorScores& scores, const BudgetOptions& options = {});

std::string BudgetCsv(const std::vector<BudgetRow>& rows);
nlohmann::ordered_json BudgetJson(const std::vector<BudgetRow>& rows);

}  // namespace datasets
