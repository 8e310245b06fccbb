#include "infer/report.h"

#include <algorithm>
#include <limits>
#include <set>

namespace infer {

PredictionReport ReportOf(const datasets::Project& project, datasets::Id job_id,
                          datasets::Id video_id) {
  PredictionReport report;
  double animals = 0, confidence = 0;
  int first = std::numeric_limits<int>::max(), last = -1;
  project.ForEachPrediction(job_id, video_id, 0, std::numeric_limits<int>::max(),
                            [&](int frame, const std::vector<datasets::PredictionRow>& rows) {
                              ++report.frames;
                              animals += static_cast<double>(rows.size());
                              for (const auto& row : rows) confidence += row.confidence;
                              first = std::min(first, frame);
                              last = std::max(last, frame);
                            });
  if (report.frames > 0) report.animals_a_frame = animals / report.frames;
  if (animals > 0) report.mean_confidence = confidence / animals;
  std::set<int> flagged;
  for (const datasets::ReviewItemRow& item : project.ReviewItems(job_id)) {
    if (item.reason_code == "audit") {
      ++report.audits;
      continue;
    }
    ++report.episodes;
    for (int frame = item.start_frame; frame < item.end_frame; ++frame) {
      flagged.insert(frame);
      first = std::min(first, frame);
      last = std::max(last, frame);
    }
  }
  if (last >= first) {
    report.share_flagged = static_cast<double>(flagged.size()) / (last - first + 1);
  }
  return report;
}

}  // namespace infer
