#include "datasets/report/chosen_scores.h"

#include <algorithm>

namespace datasets {
namespace {

bool IsIn(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::vector<std::string> VideosWithoutScores(const BehaviorScores& scores,
                                             const std::vector<std::string>& videos) {
  std::vector<std::string> without;
  for (const std::string& name : videos) {
    if (std::none_of(scores.series.begin(), scores.series.end(),
                     [&](const BoutSeries& one) { return one.video == name; })) {
      without.push_back(name);
    }
  }
  return without;
}

std::vector<std::string> TakeOutShorter(int start_frame, BehaviorScores* scores) {
  std::vector<std::string> names;
  const auto is_shorter = [&](const BoutSeries& one) { return one.end_frame <= start_frame; };
  for (const BoutSeries& one : scores->series) {
    if (is_shorter(one) && !IsIn(names, one.video)) names.push_back(one.video);
  }
  scores->series.erase(std::remove_if(scores->series.begin(), scores->series.end(), is_shorter),
                       scores->series.end());
  return names;
}

}  // namespace datasets
