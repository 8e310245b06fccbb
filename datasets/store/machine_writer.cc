#include "datasets/base/encoding.h"
#include "datasets/store/codec.h"
#include "datasets/store/connection.h"
#include "datasets/store/names.h"
#include "datasets/store/owner.h"
#include "datasets/store/points.h"
#include "datasets/store/writer.h"

namespace datasets {
namespace {

std::string JsonOr(const std::string& text, const char* fallback) {
  return text.empty() ? fallback : text;
}

bool IsFinal(const std::string& state) { return state != "queued" && state != "running"; }

}  // namespace

Id Writer::InsertModel(const ModelRow& model) {
  return connection_.Insert(
      "INSERT INTO models (name, architecture, weights_path, weights_sha256, config, metrics,"
      " parent_id, job_id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
      model.name, model.architecture, FileName{model.weights_path}, model.weights_sha256,
      JsonOr(model.config_json, "{}"), JsonOr(model.metrics_json, "{}"), model.parent_id,
      model.job_id, model.created_at ? model.created_at : NowMs());
}

Id Writer::InsertJob(const JobRow& job) {
  const std::string state = JsonOr(job.state, "queued");
  return connection_.Insert(
      "INSERT INTO jobs (kind, options, state, error, model_id, owner, created_at, finished_at)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      job.kind, JsonOr(job.options_json, "{}"), state, ShownText(job.error), job.model_id,
      ThisProcess(), job.created_at ? job.created_at : NowMs(),
      job.finished_at || !IsFinal(state) ? job.finished_at : std::optional<int64_t>(NowMs()));
}

void Writer::SetJobState(Id job_id, const std::string& state) {
  connection_.Run("UPDATE jobs SET state = ?, owner = ?, finished_at = NULL WHERE id = ?", state,
                  ThisProcess(), job_id);
}

void Writer::FinishJob(Id job_id, const std::string& state, const std::string& error,
                       std::optional<Id> model_id) {
  connection_.Run(
      "UPDATE jobs SET state = ?, error = ?, model_id = coalesce(?, model_id),"
      " finished_at = ? WHERE id = ?",
      state, ShownText(error), model_id, NowMs(), job_id);
  if (sqlite3_changes(connection_.handle()) == 0) {
    throw Error("job " + std::to_string(job_id), "it is not in the project");
  }
}

void Writer::InsertPrediction(const PredictionRow& prediction) {
  const Rle rle = prediction.rle.value_or(Rle());
  const bool has_mask = !rle.empty();
  connection_.Run(
      "INSERT INTO predictions (job_id, video_id, frame_index, category_id, tracklet, score,"
      " confidence, x, y, width, height, outline, rle, rle_height, rle_width)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      prediction.job_id, prediction.video_id, prediction.frame_index, prediction.category_id,
      prediction.tracklet, prediction.score, prediction.confidence, prediction.box.x,
      prediction.box.y, prediction.box.width, prediction.box.height,
      prediction.polygons.empty() ? std::nullopt
                                  : std::optional<Blob>(Blob{PackPolygons(prediction.polygons)}),
      has_mask ? std::optional<std::string>(CompressRle(rle)) : std::nullopt,
      has_mask ? std::optional<int>(rle.height) : std::nullopt,
      has_mask ? std::optional<int>(rle.width) : std::nullopt);
  if (!prediction.key_points.empty()) {
    InsertPointsOfPrediction(connection_, sqlite3_last_insert_rowid(connection_.handle()),
                             prediction.key_points);
  }
}

void Writer::NamePrediction(Id id, Id category_id, double score, int tracklet) {
  connection_.Run("UPDATE predictions SET category_id = ?, score = ?, tracklet = ? WHERE id = ?",
                  category_id, score, tracklet, id);
}

void Writer::SetConfidence(Id prediction_id, double confidence) {
  connection_.Run("UPDATE predictions SET confidence = ? WHERE id = ?", confidence, prediction_id);
}

void Writer::DeletePrediction(Id id) {
  connection_.Run("DELETE FROM predictions WHERE id = ?", id);
}

void Writer::DeleteBehaviorReviewItems(Id job_id, Id video_id) {
  connection_.Run(
      "DELETE FROM review_items WHERE job_id = ? AND video_id = ? AND behavior_id IS NOT NULL",
      job_id, video_id);
}

Id Writer::InsertPredictionCorrection(const PredictionCorrectionRow& correction) {
  return connection_.Insert(
      "INSERT INTO prediction_corrections (job_id, video_id, start_frame, end_frame, kind,"
      " category_id, other_category_id, number, other_number, author, created_at)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      correction.job_id, correction.video_id, correction.start_frame, correction.end_frame,
      NameOf(correction.kind), correction.category_id, correction.other_category_id,
      correction.number, correction.other_number, correction.author, NowMs());
}

Id Writer::InsertBehaviorPrediction(const BehaviorPredictionRow& prediction) {
  return connection_.Insert(
      "INSERT INTO behavior_predictions (job_id, video_id, subject, behavior_id, start_frame,"
      " end_frame, score, confidence) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      prediction.job_id, prediction.video_id, prediction.subject, prediction.behavior_id,
      prediction.start_frame, prediction.end_frame, prediction.score, prediction.confidence);
}

void Writer::DeleteBehaviorPredictions(Id job_id, Id video_id) {
  connection_.Run("DELETE FROM behavior_predictions WHERE job_id = ? AND video_id = ?", job_id,
                  video_id);
}

void Writer::DeletePredictions(Id job_id, Id video_id, int start_frame, int end_frame) {
  connection_.Run(
      "DELETE FROM predictions WHERE job_id = ? AND video_id = ?"
      " AND frame_index >= ? AND frame_index < ?",
      job_id, video_id, start_frame, end_frame);
}

Id Writer::InsertReviewItem(const ReviewItemRow& item) {
  return connection_.Insert(
      "INSERT INTO review_items (job_id, video_id, start_frame, end_frame, reason_code, reason,"
      " score, animals, behavior_id, subject) VALUES (?, ?, ?, ?, ?, ?, ?,"
      " (SELECT json_group_array(coalesce(categories.id, one.value)) FROM json_each(?) AS one"
      " LEFT JOIN categories ON one.type = 'text' AND categories.name = one.value), ?, ?)",
      item.job_id, item.video_id, item.start_frame, item.end_frame, item.reason_code, item.reason,
      item.score, JsonOr(item.animals_json, "[]"), item.behavior_id, item.subject);
}

Id Writer::InsertReviewDecision(const ReviewItemRow& item, const std::string& verdict,
                                const std::string& author, double seconds) {
  return connection_.Insert(
      "INSERT INTO review_decisions (item_id, job_id, video_id, start_frame, end_frame,"
      " reason_code, score, verdict, author, seconds, decided_at, behavior_id, subject)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      item.id, item.job_id, item.video_id, item.start_frame, item.end_frame, item.reason_code,
      item.score, verdict, author, seconds, NowMs(), item.behavior_id, item.subject);
}

// Those of behaviors belong to the bouts and go with them (infer/behavior/predicted_bouts.h).
void Writer::ReplaceReviewItems(Id job_id, std::vector<ReviewItemRow> items) {
  connection_.Run("DELETE FROM review_items WHERE job_id = ? AND behavior_id IS NULL", job_id);
  for (ReviewItemRow& item : items) {
    if (item.behavior_id) continue;
    item.job_id = job_id;
    InsertReviewItem(item);
  }
}

}  // namespace datasets
