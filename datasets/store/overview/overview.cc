#include "datasets/store/overview/overview.h"

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

// One step along the index for each video, however many rows it has.
std::vector<Id> PredictedVideos(Connection& connection, Id job_id) {
  std::vector<Id> videos;
  Id last = std::numeric_limits<Id>::min();
  while (true) {
    auto row = connection.Query(
        "SELECT video_id FROM predictions WHERE job_id = ? AND video_id > ?"
        " ORDER BY video_id LIMIT 1",
        job_id, last);
    if (!row.Step()) return videos;
    videos.push_back(last = row.Int(0));
  }
}

}  // namespace

std::map<Id, Id> LatestPredictJobs(Connection& connection) {
  auto count = connection.Query("SELECT count(*) FROM videos");
  count.Step();
  const auto videos = static_cast<size_t>(count.Int(0));
  std::map<Id, Id> latest;
  auto jobs = connection.Query(
      "SELECT id, state = 'done' FROM jobs WHERE kind = 'predict'"
      " ORDER BY state = 'done' DESC, id DESC");
  // Those of long ago are not looked at once every video has one.
  while (latest.size() < videos && jobs.Step()) {
    const Id job = jobs.Int(0);
    for (const Id video : PredictedVideos(connection, job)) latest.emplace(video, job);
    if (!jobs.Bool(1)) continue;
    // A video in which nothing was found has no prediction, but what to look at.
    auto items = connection.Query(
        "SELECT DISTINCT video_id FROM review_items WHERE job_id = ? AND behavior_id IS NULL", job);
    while (items.Step()) latest.emplace(items.Int(0), job);
  }
  return latest;
}

std::map<std::pair<Id, Id>, std::vector<Id>> CorrectionIds(Connection& connection) {
  std::map<std::pair<Id, Id>, std::vector<Id>> ids;
  auto rows = connection.Query(
      "SELECT job_id, video_id, id FROM prediction_corrections ORDER BY job_id, video_id, id");
  while (rows.Step()) ids[{rows.Int(0), rows.Int(1)}].push_back(rows.Int(2));
  return ids;
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
