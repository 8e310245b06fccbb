#include "datasets/store/recording/recording_store.h"

#include "datasets/store/codec.h"
#include "datasets/store/connection.h"
#include "datasets/video/fingerprint.h"

namespace datasets {
namespace {
constexpr char kRecording[] = "recording/";  // and the video's id: the job, as a setting
}

void GrowVideo(Writer& writer, Id video_id, const VideoIndex& index) {
  Connection& connection = writer.connection();
  connection.Run("UPDATE videos SET fingerprint = ?, frame_count = ?, fps = ? WHERE id = ?",
                 index.fingerprint, index.frame_count(), index.fps, video_id);
  connection.Run("UPDATE video_data SET pts = ?, key_frames = ? WHERE video_id = ?",
                 Blob{PackIntegers(index.pts)},
                 Blob{PackIntegers({index.key_frames.begin(), index.key_frames.end()})}, video_id);
}

void SetVideoBackground(Writer& writer, Id video_id, const Background& background) {
  Connection& connection = writer.connection();
  connection.Run("UPDATE videos SET static_camera = ?, background_residual = ? WHERE id = ?",
                 background.static_camera, background.residual, video_id);
  connection.Run("UPDATE video_data SET background = ? WHERE video_id = ?",
                 Blob{PackPicture(background.bgr)}, video_id);
}

void MoveBehaviorPredictionEnd(Writer& writer, Id prediction_id, int end_frame) {
  writer.connection().Run("UPDATE behavior_predictions SET end_frame = ? WHERE id = ?", end_frame,
                          prediction_id);
}

void SetRecordingJob(Writer& writer, Id video_id, Id job_id) {
  const std::string key = kRecording + std::to_string(video_id);
  if (job_id != 0) return writer.SetSetting(key, std::to_string(job_id));
  writer.connection().Run("DELETE FROM settings WHERE key = ?", key);
}

std::vector<VideoRow> BrokenRecordings(Connection& connection) {
  std::vector<VideoRow> videos;
  auto rows = connection.Query(
      "SELECT id, path, fingerprint FROM videos WHERE fingerprint LIKE '%@%' AND NOT EXISTS"
      " (SELECT 1 FROM settings JOIN jobs ON jobs.id = CAST(value AS INTEGER)"
      " WHERE key = ? || videos.id AND state IN ('running', 'queued'))",
      std::string(kRecording));
  while (rows.Step()) {
    VideoRow video;
    video.id = rows.Int(0);
    video.path = rows.Bytes(1);
    video.fingerprint = rows.Text(2);
    if (GrowingBytes(video.fingerprint) > 0) videos.push_back(std::move(video));
  }
  return videos;
}

void SetVideoFingerprint(Writer& writer, Id video_id, const std::string& fingerprint) {
  writer.connection().Run("UPDATE videos SET fingerprint = ? WHERE id = ?", fingerprint, video_id);
}

}  // namespace datasets
