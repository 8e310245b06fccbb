#include "datasets/store/overview/overview.h"

namespace datasets {

std::map<std::pair<Id, Id>, int> CountPredictedFrames(Connection& connection) {
  std::map<std::pair<Id, Id>, int> counts;
  auto rows = connection.Query(
      "SELECT job_id, video_id, count(DISTINCT frame_index) FROM predictions"
      " GROUP BY job_id, video_id");
  while (rows.Step()) counts[{rows.Int(0), rows.Int(1)}] = static_cast<int>(rows.Int(2));
  return counts;
}

}  // namespace datasets
