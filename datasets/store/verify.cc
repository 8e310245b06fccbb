#include "datasets/store/verify.h"

#include <cmath>
#include <map>

#include "datasets/base/error.h"
#include "datasets/store/codec.h"
#include "datasets/store/connection.h"
#include "datasets/store/frame_hash.h"
#include "datasets/store/reader.h"
#include "datasets/store/score_series.h"

namespace datasets {
namespace {

constexpr int kMostOfACode = 20;
constexpr int kRowsBetweenReports = 2000;
constexpr int kStages = 5;

class Report {
 public:
  void Add(const std::string& code, const std::string& text) {
    if (++count_[code] <= kMostOfACode) findings_.push_back({code, text});
  }
  std::vector<Finding> Take() {
    for (const auto& [code, count] : count_) {
      if (count > kMostOfACode) {
        findings_.push_back({code, "and " + std::to_string(count - kMostOfACode) + " more"});
      }
    }
    return std::move(findings_);
  }

 private:
  std::vector<Finding> findings_;
  std::map<std::string, int> count_;
};

void CheckDatabase(Connection& connection, Report* report) {
  auto rows = connection.Query("PRAGMA integrity_check(20)");
  while (rows.Step()) {
    if (rows.Text(0) != "ok") report->Add("database", "the file is damaged: " + rows.Text(0));
  }
  auto references = connection.Query("PRAGMA foreign_key_check");
  while (references.Step()) {
    report->Add("reference", "row " + references.Text(1) + " of " + references.Text(0) +
                                 " refers to a row of " + references.Text(2) +
                                 " that does not exist");
  }
}

void CheckOutline(const std::string& thing, const Polygons& polygons, Report* report) {
  for (const Ring& ring : polygons) {
    try {
      CheckRing(ring, thing);
    } catch (const Error& error) {
      report->Add("polygon", error.what());
    }
  }
}

void CheckMask(const std::string& thing, const std::string& rle, int height, int width,
               int image_height, int image_width, Report* report) {
  try {
    ParseRle(rle, height, width);
    if (height != image_height || width != image_width) {
      report->Add("mask", thing + ": its mask is " + std::to_string(width) + " x " +
                              std::to_string(height) + ", the frame " +
                              std::to_string(image_width) + " x " + std::to_string(image_height));
    }
  } catch (const Error& error) {
    report->Add("mask", thing + ": " + error.what());
  }
}

void CheckLabels(Connection& connection, Job& job, Report* report) {
  auto rows = connection.Query(
      "SELECT annotations.id, annotations.polygons, annotations.rle, annotations.rle_height,"
      " annotations.rle_width, images.height, images.width FROM annotations"
      " JOIN images ON images.id = annotations.image_id");
  for (int row = 0; rows.Step(); ++row) {
    if (row % kRowsBetweenReports == 0) job.Advance(1, kStages, "checking labels");
    const std::string thing = "label " + rows.Text(0);
    if (!rows.IsNull(1)) {
      try {
        CheckOutline(thing, PolygonsFromJson(rows.Text(1)), report);
      } catch (const Error& error) {
        report->Add("polygon", thing + ": " + error.what());
      }
    }
    if (!rows.IsNull(2)) {
      CheckMask(thing, rows.Text(2), static_cast<int>(rows.Int(3)), static_cast<int>(rows.Int(4)),
                static_cast<int>(rows.Int(5)), static_cast<int>(rows.Int(6)), report);
    }
  }
}

// No animal stands twice in a frame: one of the two labels is another's.
void CheckTracks(Connection& connection, Report* report) {
  auto rows = connection.Query(
      "SELECT coalesce(external_id, tracks.id), categories.name, frame_index, videos.name, count(*)"
      " FROM annotations JOIN images ON images.id = image_id JOIN tracks ON tracks.id = track_id"
      " JOIN categories ON categories.id = annotations.category_id"
      " JOIN videos ON videos.id = images.video_id WHERE iscrowd = 0"
      " GROUP BY image_id, track_id HAVING count(*) > 1");
  while (rows.Step()) {
    report->Add("track", "track " + rows.Text(0) + " ('" + rows.Text(1) + "') stands " +
                             rows.Text(4) + " times in frame " + rows.Text(2) + " of the video '" +
                             rows.Text(3) + "': the same track twice is an error of identity");
  }
}

void CheckPredictions(Connection& connection, Job& job, Report* report) {
  auto rows = connection.Query(
      "SELECT predictions.id, outline, rle, rle_height, rle_width, videos.height, videos.width,"
      " frame_index, frame_count FROM predictions JOIN videos ON videos.id = video_id");
  for (int row = 0; rows.Step(); ++row) {
    if (row % kRowsBetweenReports == 0) job.Advance(2, kStages, "checking predictions");
    const std::string thing = "prediction " + rows.Text(0);
    if (!rows.IsNull(1)) {
      try {
        UnpackPolygons(rows.Bytes(1));
      } catch (const Error& error) {
        report->Add("polygon", thing + ": " + error.what());
      }
    }
    if (!rows.IsNull(2)) {
      CheckMask(thing, rows.Text(2), static_cast<int>(rows.Int(3)), static_cast<int>(rows.Int(4)),
                static_cast<int>(rows.Int(5)), static_cast<int>(rows.Int(6)), report);
    }
    if (rows.Int(7) < 0 || rows.Int(7) >= rows.Int(8)) {
      report->Add("image", thing + ": frame " + rows.Text(7) + " is outside of its video");
    }
  }
}

void CheckFrames(Connection& connection, Report* report) {
  auto images = connection.Query(
      "SELECT images.id, frame_index, videos.name, frame_count FROM images"
      " JOIN videos ON videos.id = images.video_id WHERE frame_index >= frame_count");
  while (images.Step()) {
    report->Add("image", "image " + images.Text(0) + ": frame " + images.Text(1) +
                             " is outside of the video '" + images.Text(2) + "' with " +
                             images.Text(3) + " frames");
  }
  auto intervals = connection.Query(
      "SELECT behavior_intervals.id, end_frame, videos.name, frame_count FROM behavior_intervals"
      " JOIN videos ON videos.id = video_id WHERE end_frame > frame_count");
  while (intervals.Step()) {
    report->Add("interval", "behavior interval " + intervals.Text(0) + ": it ends at frame " +
                                intervals.Text(1) + ", after the video '" + intervals.Text(2) +
                                "' with " + intervals.Text(3) + " frames");
  }
  auto edits = connection.Query(
      "SELECT edits.id, label FROM edits, json_each(edits.changes) AS change"
      " WHERE json_extract(change.value, '$.table') IS NULL"
      " OR json_type(change.value, '$.id') IS NOT 'integer'");
  while (edits.Step()) {
    report->Add("edit", "edit " + edits.Text(0) + " ('" + edits.Text(1) + "') is damaged");
  }
}

void CheckBehaviorScores(Connection& connection, Report* report) {
  auto rows = connection.Query(
      "SELECT series_id, chunk, scores, frame_count FROM behavior_scores"
      " JOIN behavior_series ON behavior_series.id = series_id"
      " JOIN videos ON videos.id = video_id");
  while (rows.Step()) {
    const std::string thing = "behavior scores " + rows.Text(0) + ", frames from " +
                              std::to_string(rows.Int(1) * kScoreChunkFrames);
    try {
      const auto frames = static_cast<int64_t>(UnpackScores(rows.Bytes(2)).size());
      if (rows.Int(1) * kScoreChunkFrames + frames > rows.Int(3)) {
        report->Add("scores", thing + ": they go on after the video's " + rows.Text(3) + " frames");
      }
    } catch (const Error& error) {
      report->Add("scores", thing + ": " + error.what());
    }
  }
  auto bouts = connection.Query(
      "SELECT behavior_predictions.id, end_frame, videos.name FROM behavior_predictions"
      " JOIN videos ON videos.id = video_id WHERE start_frame < 0 OR end_frame > frame_count");
  while (bouts.Step()) {
    report->Add("interval", "predicted bout " + bouts.Text(0) + ": it ends at frame " +
                                bouts.Text(1) + ", outside of the video '" + bouts.Text(2) + "'");
  }
}

void CheckVideo(const Project& project, const VideoRow& video, Job& job, Report* report) {
  const auto path = project.VideoPath(video);
  const std::string thing = "video '" + video.name + "'";
  if (!std::filesystem::exists(path)) {
    report->Add("video_missing", thing + ": its file '" + path.string() + "' is not there");
    return;
  }
  try {
    if (FingerprintFile(path) != video.fingerprint) {
      report->Add("video_changed",
                  thing + ": the file '" + path.string() + "' is not the one that was added");
      return;
    }
    nlohmann::json hashes;
    project.Read(
        [&](Connection& connection) { hashes = Reader(connection).FrameHashes(video.id); });
    VideoReader reader = project.OpenVideo(video);
    for (const auto& [frame, hash] : hashes.items()) {
      job.ThrowIfCancelled();
      const int index = std::stoi(frame);
      if (index >= video.frame_count || HashPixels(reader.Read(index)) != hash) {
        report->Add("frame_changed",
                    thing + ": frame " + frame + " is not the same picture as when it was added");
      }
    }
  } catch (const Error& error) {
    report->Add("video_changed", error.what());
  }
}

}  // namespace

std::vector<Finding> Verify(const Project& project, Job& job) {
  Report report;
  project.Read([&](Connection& connection) {
    job.Advance(0, kStages, "checking the database");
    try {
      CheckDatabase(connection, &report);
      CheckLabels(connection, job, &report);
      CheckTracks(connection, &report);
      CheckPredictions(connection, job, &report);
      job.Advance(3, kStages, "checking frames");
      CheckFrames(connection, &report);
      CheckBehaviorScores(connection, &report);
    } catch (const Error& error) {
      report.Add("database", error.what());
    }
  });
  for (const VideoRow& video : project.Videos()) {
    job.Advance(4, kStages, "checking the video " + video.name);
    CheckVideo(project, video, job, &report);
  }
  job.Advance(kStages, kStages, "checked");
  return report.Take();
}

}  // namespace datasets
