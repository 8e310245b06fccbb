// Typed reads over one connection. Project lends connections; a Writer's transaction reads its own
// unsaved changes through `Reader(writer.connection())`.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "datasets/store/connection.h"
#include "datasets/store/machine_records.h"
#include "datasets/store/records.h"
#include "datasets/video/video.h"

namespace datasets {

class Reader {
 public:
  explicit Reader(Connection& connection) : connection_(connection) {}

  std::vector<Id> VideoIds() const;  // also of rows that cannot be read
  std::vector<VideoRow> Videos() const;
  std::optional<VideoRow> VideoById(Id id) const;
  std::optional<VideoRow> VideoByFingerprint(const std::string& fingerprint) const;
  VideoIndex IndexOf(Id video_id) const;  // parts with their paths as stored
  Background BackgroundOf(Id video_id) const;
  nlohmann::json FrameHashes(Id video_id) const;  // {"frame": "hex SHA-256 of the BGR pixels"}

  std::vector<CategoryRow> Categories() const;
  std::vector<TrackRow> Tracks(Id video_id) const;
  std::vector<ImageRow> Images() const;
  std::vector<ImageRow> ImagesOfVideo(Id video_id) const;
  std::vector<ImageRow> ImagesBetween(Id video_id, int start_frame, int end_frame) const;
  // "val" or "test" when every labeled frame of the video is kept for that, and so the video; "".
  std::string SplitOfVideo(Id video_id) const;
  std::optional<ImageRow> ImageById(Id id) const;
  std::optional<ImageRow> ImageAt(Id video_id, int frame_index) const;
  std::optional<AnnotationRow> AnnotationById(Id id) const;
  std::vector<AnnotationRow> AnnotationsOfImage(Id image_id) const;
  void ForEachAnnotation(
      Id video_id,
      const std::function<void(const ImageRow&, const std::vector<AnnotationRow>&)>& visit) const;
  std::vector<Skeleton> Skeletons() const;    // by id
  int CountLabeledFrames(Id video_id) const;  // done, empty, or with an annotation

  std::vector<BehaviorRow> Behaviors() const;
  std::optional<BehaviorIntervalRow> BehaviorIntervalById(Id id) const;
  std::vector<BehaviorIntervalRow> BehaviorIntervals(Id video_id) const;

  std::vector<ModelRow> Models() const;
  std::vector<JobRow> Jobs() const;
  // The newest that is done; where none is, the newest that has found anything so far.
  std::optional<Id> LatestPredictJob(Id video_id) const;
  int CountPredictedFrames(Id job_id, Id video_id) const;
  // Whether any frame of [start, end) has a prediction, or a label; stops at the first.
  bool HasPredictions(Id job_id, Id video_id, int start_frame, int end_frame) const;
  bool HasLabels(Id video_id, int start_frame, int end_frame) const;
  std::vector<PredictionCorrectionRow> Corrections(Id job_id, Id video_id) const;
  void ForEachConfidence(
      Id job_id, Id video_id,
      const std::function<void(int frame_index, Id category_id, double confidence)>& visit) const;
  void ForEachPrediction(
      Id job_id, Id video_id, int start_frame, int end_frame, PredictionView view,
      const std::function<void(int frame_index, const std::vector<PredictionRow>&)>& visit) const;
  std::vector<BehaviorPredictionRow> BehaviorPredictions(Id job_id, Id video_id) const;
  std::optional<Id> LatestBehaviorJob(Id video_id) const;
  std::vector<BehaviorSeriesRow> BehaviorSeries(Id job_id, Id video_id) const;
  std::vector<float> BehaviorScores(Id series_id, int start_frame, int end_frame) const;
  std::vector<uint8_t> BehaviorScorePeaks(Id series_id, int frame_count, int frames_a_bin) const;
  std::vector<ReviewItemRow> ReviewItems(Id job_id) const;
  std::optional<ReviewItemRow> ReviewItemById(Id id) const;
  std::vector<ReviewDecisionRow> ReviewDecisions(Id job_id) const;  // 0: of every job

  std::vector<RegionRow> Regions(Id video_id) const;  // by id

  // Counts, straight from the indices: quick however large the project is.
  struct CategoryCount {
    std::string name, supercategory;
    int64_t labels = 0;
  };
  std::vector<CategoryCount> CategoryCounts() const;  // by sort_order, id
  struct Counts {
    int64_t pictures = 0, labels = 0, behavior_intervals = 0, predictions = 0;
  };
  Counts CountRows() const;

  std::string Setting(const std::string& key, const std::string& fallback) const;

 private:
  Connection& connection_;
};

}  // namespace datasets
