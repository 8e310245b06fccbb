// Typed writes inside one transaction; obtained only through Project::Write. Rows that refer to a
// missing row, repeat a unique name or hold NaN throw Error, and the whole transaction is undone.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "datasets/store/machine_records.h"
#include "datasets/store/records.h"
#include "datasets/video/video.h"

namespace datasets {

class Connection;

class Writer {
 public:
  explicit Writer(Connection& connection) : connection_(connection) {}

  // With its parts, as the row has them.
  Id InsertVideo(const VideoRow& video, const VideoIndex& index, const Background& background);
  Id FindOrInsertCategory(const std::string& name, const std::string& supercategory = "");
  Id FindOrInsertTrack(Id video_id, Id category_id, std::optional<int64_t> external_id);
  // The image of a video frame; created with state `started` when new.
  Id FindOrInsertImage(Id video_id, int frame_index, int width, int height);
  Id FindOrInsertPicture(const std::string& path, int width, int height);
  void UpdateCategory(const CategoryRow& category);
  void SetVideoPath(Id video_id, const std::string& path);
  void SetFrameHashes(Id video_id, const nlohmann::json& hash_by_frame);
  void SetImageState(Id image_id, ImageState state);
  void SetImageSplit(Id image_id, const std::string& split);

  // With its key points (InsertPointsOfLabel of store/points.h).
  Id InsertAnnotation(const AnnotationRow& annotation);
  void UpdateAnnotation(const AnnotationRow& annotation);  // all but its key points
  void DeleteAnnotation(Id id);                            // and its key points

  Id FindOrInsertBehavior(const BehaviorRow& behavior);
  void UpdateBehavior(const BehaviorRow& behavior);
  Id InsertBehaviorInterval(const BehaviorIntervalRow& interval);
  void UpdateBehaviorInterval(const BehaviorIntervalRow& interval);
  void DeleteBehaviorInterval(Id id);
  Id InsertRegion(const RegionRow& region);
  void DeleteRegion(Id id);

  Id InsertModel(const ModelRow& model);
  Id InsertJob(const JobRow& job);
  void FinishJob(Id job_id, const std::string& state, const std::string& error = "",
                 std::optional<Id> model_id = {});
  void SetJobState(Id job_id, const std::string& state);  // queued or running
  // The outline is kept to 1/16 pixel, the RLE exactly.
  void InsertPrediction(const PredictionRow& prediction);
  void NamePrediction(Id id, Id category_id, double score, int tracklet);
  void SetConfidence(Id prediction_id, double confidence);
  void DeletePrediction(Id id);
  Id InsertPredictionCorrection(const PredictionCorrectionRow& correction);
  Id InsertBehaviorPrediction(const BehaviorPredictionRow& prediction);
  void DeleteBehaviorPredictions(Id job_id, Id video_id);
  // Probabilities of frames from `start_frame` on, 0..1 or NaN for none, over what was there; kept
  // to 1/65534. Throws Error for other numbers and for frames outside of the video.
  Id FindOrInsertBehaviorSeries(const BehaviorSeriesRow& series);
  void WriteBehaviorScores(Id series_id, int start_frame, const std::vector<float>& scores);
  void DeletePredictions(Id job_id, Id video_id, int start_frame, int end_frame);
  Id InsertReviewItem(const ReviewItemRow& item);
  Id InsertReviewDecision(const ReviewItemRow& item, const std::string& verdict,
                          const std::string& author, double seconds);
  // Makes these the job's episodes of outlines and key points, in place of what they were; their
  // ids are new. Episodes of behavior stay.
  void ReplaceReviewItems(Id job_id, std::vector<ReviewItemRow> items);
  void DeleteBehaviorReviewItems(Id job_id, Id video_id);
  void SetSetting(const std::string& key, const std::string& value);

  Connection& connection() { return connection_; }

 private:
  Connection& connection_;
};

}  // namespace datasets
