#include "datasets/exchange/behavior_job.h"

#include <algorithm>

#include "datasets/recorded_job.h"

namespace datasets {

std::optional<Id> BehaviorJobOf(const Project& project, const VideoRow& video) {
  std::vector<JobRow> jobs = project.Jobs();
  std::sort(jobs.begin(), jobs.end(), [](const JobRow& a, const JobRow& b) { return a.id > b.id; });
  for (const JobRow& job : jobs) {
    // One that is under way, or ended halfway, has scores of frames before it has bouts.
    const bool ended_well = job.state == JobStateName(JobState::kDone);
    if (ended_well && !project.BehaviorSeries(job.id, video.id).empty()) return job.id;
    if (!project.BehaviorPredictions(job.id, video.id).empty()) return job.id;
  }
  return std::nullopt;
}

}  // namespace datasets
