#include "datasets/store/overview/overview.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace datasets {

std::map<std::pair<Id, Id>, int> CountPredictedFrames(Connection& connection) {
  std::map<std::pair<Id, Id>, int> counts;
  auto rows = connection.Query(
      "SELECT job_id, video_id, count(DISTINCT frame_index) FROM predictions"
      " GROUP BY job_id, video_id");
  while (rows.Step()) counts[{rows.Int(0), rows.Int(1)}] = static_cast<int>(rows.Int(2));
  return counts;
}

namespace {

// The jobs and videos of `predictions`: one step along the index for each, however many rows.
std::vector<std::pair<Id, Id>> PredictedPairs(Connection& connection) {
  std::vector<std::pair<Id, Id>> pairs;
  std::pair<Id, Id> last = {std::numeric_limits<Id>::min(), std::numeric_limits<Id>::min()};
  while (true) {
    auto row = connection.Query(
        // Behind the last frame that there can be, or all rows of the last pair would be walked.
        "SELECT job_id, video_id FROM predictions WHERE (job_id, video_id, frame_index) > (?, ?, ?)"
        " ORDER BY job_id, video_id, frame_index LIMIT 1",
        last.first, last.second, std::numeric_limits<Id>::max());
    if (!row.Step()) return pairs;
    pairs.push_back(last = {row.Int(0), row.Int(1)});
  }
}

}  // namespace

std::map<Id, Id> LatestPredictJobs(Connection& connection) {
  std::map<Id, bool> is_done;  // by job
  auto jobs = connection.Query("SELECT id, state = 'done' FROM jobs WHERE kind = 'predict'");
  while (jobs.Step()) is_done[jobs.Int(0)] = jobs.Bool(1);
  std::map<Id, std::pair<bool, Id>> best;  // by video
  const auto take = [&](Id job, Id video, bool if_done_only) {
    const auto known = is_done.find(job);
    if (known == is_done.end() || (if_done_only && !known->second)) return;
    auto& own = best.emplace(video, std::make_pair(known->second, job)).first->second;
    own = std::max(own, std::make_pair(known->second, job));
  };
  for (const auto& [job, video] : PredictedPairs(connection)) take(job, video, false);
  // A video in which nothing was found has no prediction, but what to look at.
  auto items = connection.Query(
      "SELECT DISTINCT job_id, video_id FROM review_items WHERE behavior_id IS NULL");
  while (items.Step()) take(items.Int(0), items.Int(1), true);
  std::map<Id, Id> latest;
  for (const auto& [video, job] : best) latest[video] = job.second;
  return latest;
}

std::map<Id, int> CountLabeledFrames(Connection& connection) {
  std::map<Id, int> counts;
  auto rows = connection.Query(
      "SELECT video_id, count(*) FROM images WHERE video_id IS NOT NULL AND (state IN ('done',"
      " 'empty') OR EXISTS (SELECT 1 FROM annotations WHERE annotations.image_id = images.id))"
      " GROUP BY video_id");
  while (rows.Step()) counts[rows.Int(0)] = static_cast<int>(rows.Int(1));
  return counts;
}

}  // namespace datasets
