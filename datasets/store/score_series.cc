#include "datasets/store/score_series.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "datasets/store/connection.h"
#include "datasets/store/reader.h"
#include "datasets/store/writer.h"

namespace datasets {
namespace {

constexpr unsigned kSteps = 65534, kNone = 65535;
constexpr float kNoScore = std::numeric_limits<float>::quiet_NaN();

unsigned StepAt(const std::string& bytes, size_t frame) {
  return static_cast<unsigned char>(bytes[2 * frame]) |
         static_cast<unsigned>(static_cast<unsigned char>(bytes[2 * frame + 1])) << 8;
}

void CheckChunk(const std::string& bytes) {
  if (bytes.size() % 2 != 0 || bytes.size() > 2 * static_cast<size_t>(kScoreChunkFrames)) {
    throw Error("behavior scores", "the stored bytes are damaged",
                "restore a copy of the project, or save the rest: vole recover");
  }
}

int FrameCountOfSeries(Connection& connection, Id series_id) {
  auto row = connection.Query(
      "SELECT frame_count FROM behavior_series JOIN videos ON videos.id = video_id"
      " WHERE behavior_series.id = ?",
      series_id);
  if (!row.Step()) {
    throw Error("behavior scores",
                "series " + std::to_string(series_id) + " is not in the project");
  }
  return static_cast<int>(row.Int(0));
}

// Calls visit(first frame, bytes) for the chunks that meet [start_frame, end_frame), in order.
template <class Visit>
void ForEachChunk(Connection& connection, Id series_id, int start_frame, int end_frame,
                  Visit visit) {
  auto rows = connection.Query(
      "SELECT chunk, scores FROM behavior_scores WHERE series_id = ? AND chunk >= ? AND chunk <= ?"
      " ORDER BY chunk",
      series_id, start_frame / kScoreChunkFrames, (end_frame - 1) / kScoreChunkFrames);
  while (rows.Step()) {
    const std::string bytes = rows.Bytes(1);
    CheckChunk(bytes);
    visit(static_cast<int>(rows.Int(0)) * kScoreChunkFrames, bytes);
  }
}

}  // namespace

Error OutsideOfVideo(int frame, int frame_count) {
  return Error("behavior scores", "frame " + std::to_string(frame) + " is outside of the video's " +
                                      std::to_string(frame_count) + " frames");
}

std::string PackScores(const std::vector<float>& scores) {
  std::string bytes(2 * scores.size(), '\0');
  for (size_t i = 0; i < scores.size(); ++i) {
    const float score = scores[i];
    if (!std::isnan(score) && !(score >= 0 && score <= 1)) {
      throw Error("behavior scores", std::to_string(score) + " is not a probability");
    }
    const unsigned step =
        std::isnan(score) ? kNone
                          : static_cast<unsigned>(std::lround(static_cast<double>(score) * kSteps));
    bytes[2 * i] = static_cast<char>(step & 0xff);
    bytes[2 * i + 1] = static_cast<char>(step >> 8);
  }
  return bytes;
}

std::vector<float> UnpackScores(const std::string& bytes) {
  CheckChunk(bytes);
  std::vector<float> scores(bytes.size() / 2);
  for (size_t i = 0; i < scores.size(); ++i) {
    const unsigned step = StepAt(bytes, i);
    scores[i] = step == kNone ? kNoScore : static_cast<float>(step) / kSteps;
  }
  return scores;
}

Id Writer::FindOrInsertBehaviorSeries(const BehaviorSeriesRow& series) {
  auto found = connection_.Query(
      "SELECT id FROM behavior_series WHERE job_id = ? AND video_id = ? AND subject = ?"
      " AND behavior_id = ?",
      series.job_id, series.video_id, series.subject, series.behavior_id);
  if (found.Step()) return found.Int(0);
  const auto need = [&](const char* sql, const char* kind, Id id) {
    if (!connection_.Query(sql, id).Step()) {
      throw Error(std::string(kind) + " " + std::to_string(id), "it is not in the project");
    }
  };
  need("SELECT 1 FROM jobs WHERE id = ?", "job", series.job_id);
  need("SELECT 1 FROM videos WHERE id = ?", "video", series.video_id);
  need("SELECT 1 FROM behaviors WHERE id = ?", "behavior", series.behavior_id);
  return connection_.Insert(
      "INSERT INTO behavior_series (job_id, video_id, subject, behavior_id) VALUES (?, ?, ?, ?)",
      series.job_id, series.video_id, series.subject, series.behavior_id);
}

void Writer::WriteBehaviorScores(Id series_id, int start_frame, const std::vector<float>& scores) {
  if (scores.empty()) return;
  const int frame_count = FrameCountOfSeries(connection_, series_id);
  if (start_frame < 0) throw OutsideOfVideo(start_frame, frame_count);
  if (static_cast<int64_t>(start_frame) + static_cast<int64_t>(scores.size()) > frame_count) {
    throw OutsideOfVideo(std::max(start_frame, frame_count), frame_count);
  }
  const std::string bytes = PackScores(scores);
  const int end_frame = start_frame + static_cast<int>(scores.size());
  for (int frame = start_frame; frame < end_frame;) {
    const int chunk = frame / kScoreChunkFrames;
    const int stop = std::min(end_frame, (chunk + 1) * kScoreChunkFrames);
    std::string whole;
    {
      auto row = connection_.Query(
          "SELECT scores FROM behavior_scores WHERE series_id = ? AND chunk = ?", series_id, chunk);
      if (row.Step()) whole = row.Bytes(0);
    }
    CheckChunk(whole);
    const auto first = 2 * static_cast<size_t>(frame - chunk * kScoreChunkFrames);
    const auto size = 2 * static_cast<size_t>(stop - frame);
    if (whole.size() < first + size) whole.resize(first + size, '\xff');
    whole.replace(first, size, bytes, 2 * static_cast<size_t>(frame - start_frame), size);
    connection_.Run(
        "INSERT INTO behavior_scores (series_id, chunk, scores) VALUES (?, ?, ?)"
        " ON CONFLICT (series_id, chunk) DO UPDATE SET scores = excluded.scores",
        series_id, chunk, Blob{whole});
    frame = stop;
  }
}

std::vector<BehaviorSeriesRow> Reader::BehaviorSeries(Id job_id, Id video_id) const {
  auto rows = connection_.Query(
      "SELECT id, job_id, video_id, subject, behavior_id,"
      " EXISTS (SELECT 1 FROM behavior_scores WHERE series_id = behavior_series.id)"
      " FROM behavior_series"
      " WHERE job_id = ? AND video_id = ? ORDER BY subject, behavior_id",
      job_id, video_id);
  std::vector<BehaviorSeriesRow> series;
  while (rows.Step()) {
    series.push_back(
        {rows.Int(0), rows.Int(1), rows.Int(2), rows.Text(3), rows.Int(4), rows.Int(5) != 0});
  }
  return series;
}

std::vector<float> Reader::BehaviorScores(Id series_id, int start_frame, int end_frame) const {
  start_frame = std::max(0, start_frame);
  if (end_frame <= start_frame) return {};
  std::vector<float> scores(static_cast<size_t>(end_frame - start_frame), kNoScore);
  ForEachChunk(
      connection_, series_id, start_frame, end_frame, [&](int first, const std::string& bytes) {
        const int last = std::min(end_frame, first + static_cast<int>(bytes.size() / 2));
        for (int frame = std::max(first, start_frame); frame < last; ++frame) {
          const unsigned step = StepAt(bytes, static_cast<size_t>(frame - first));
          if (step == kNone) continue;
          scores[static_cast<size_t>(frame - start_frame)] = static_cast<float>(step) / kSteps;
        }
      });
  return scores;
}

std::vector<uint8_t> Reader::BehaviorScorePeaks(Id series_id, int frame_count,
                                                int frames_a_bin) const {
  if (frame_count <= 0 || frames_a_bin <= 0) return {};
  std::vector<uint8_t> peaks(static_cast<size_t>((frame_count + frames_a_bin - 1) / frames_a_bin),
                             255);
  ForEachChunk(connection_, series_id, 0, frame_count, [&](int first, const std::string& bytes) {
    const int frames = std::min(frame_count - first, static_cast<int>(bytes.size() / 2));
    for (int i = 0; i < frames;) {
      const int bin = (first + i) / frames_a_bin;
      const int stop = static_cast<int>(
          std::min<int64_t>(frames, static_cast<int64_t>(bin + 1) * frames_a_bin - first));
      int peak = -1;
      for (; i < stop; ++i) {
        const unsigned step = StepAt(bytes, static_cast<size_t>(i));
        if (step != kNone) peak = std::max(peak, static_cast<int>(step));
      }
      uint8_t& kept = peaks[static_cast<size_t>(bin)];
      if (peak < 0) continue;
      const auto level =
          static_cast<uint8_t>((static_cast<unsigned>(peak) * 254 + kSteps / 2) / kSteps);
      kept = kept == 255 ? level : std::max(kept, level);
    }
  });
  return peaks;
}

}  // namespace datasets
