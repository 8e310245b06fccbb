#include "datasets/metrics/identity_accuracy.h"

#include "datasets/base/assignment.h"

namespace datasets {

IdentityAccuracy EvaluateIdentityAccuracy(const std::vector<TrackFrame>& frames, double threshold) {
  IdentityAccuracy result;
  std::map<int64_t, std::pair<int64_t, int64_t>> right_and_owed;
  for (const auto& frame : frames) {
    for (const int64_t name : frame.truth) ++right_and_owed[name].second;
    if (frame.truth.empty() || frame.predicted.empty()) continue;
    cv::Mat_<double> cost(frame.similarity.rows, frame.similarity.cols);
    for (int i = 0; i < cost.rows; ++i)
      for (int j = 0; j < cost.cols; ++j)
        cost(i, j) = frame.similarity(i, j) >= threshold ? -frame.similarity(i, j) : kForbiddenCost;
    const std::vector<int> columns = SolveAssignment(cost);
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i] < 0) continue;
      const int64_t name = frame.predicted[columns[i]];
      if (name == frame.truth[i])
        ++right_and_owed[name].first;
      else
        ++(name >= kFirstUnknownTrack ? result.unknown : result.wrong);
    }
  }
  for (const auto& [name, counts] : right_and_owed) {
    result.right += counts.first;
    result.owed += counts.second;
    result.of_name[name] = static_cast<double>(counts.first) / static_cast<double>(counts.second);
    result.balanced += result.of_name[name] / static_cast<double>(right_and_owed.size());
  }
  if (result.owed > 0)
    result.accuracy = static_cast<double>(result.right) / static_cast<double>(result.owed);
  return result;
}

}  // namespace datasets
