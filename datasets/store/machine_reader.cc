#include <algorithm>

#include "datasets/store/codec.h"
#include "datasets/store/points.h"
#include "datasets/store/reader.h"

namespace datasets {
namespace {

PredictionRow PredictionFrom(const Statement& row) {
  PredictionRow prediction;
  prediction.id = row.Int(0);
  prediction.job_id = row.Int(1);
  prediction.video_id = row.Int(2);
  prediction.frame_index = static_cast<int>(row.Int(3));
  prediction.category_id = row.Int(4);
  prediction.tracklet = static_cast<int>(row.Int(5));
  prediction.score = row.Real(6);
  prediction.confidence = row.Real(7);
  prediction.box = {row.Real(8), row.Real(9), row.Real(10), row.Real(11)};
  if (!row.IsNull(12)) prediction.polygons = UnpackPolygons(row.Bytes(12));
  if (!row.IsNull(13)) {
    prediction.rle =
        ParseRle(row.Text(13), static_cast<int>(row.Int(14)), static_cast<int>(row.Int(15)));
  }
  return prediction;
}

// The verdict is the latest decision on the item, or, when the queue was built anew, on the very
// same span for the same reason.
//
// Animals are kept by id, so that an episode goes on meaning them under another name; those that
// the project did not know, by name.
#define VOLE_ITEM_COLUMNS                                                                    \
  "item.id, item.job_id, item.video_id, item.start_frame, item.end_frame, item.reason_code," \
  " item.reason, item.score, CASE WHEN json_valid(item.animals) THEN (SELECT"                \
  " json_group_array(CASE WHEN one.type <> 'integer' THEN one.value"                         \
  " ELSE coalesce(categories.name, 'deleted animal ' || one.value) END)"                     \
  " FROM json_each(item.animals) AS one LEFT JOIN categories"                                \
  " ON one.type = 'integer' AND categories.id = one.value) ELSE item.animals END,"           \
  " coalesce((SELECT decision.verdict"                                                       \
  " FROM review_decisions AS decision WHERE decision.job_id = item.job_id"                   \
  " AND decision.video_id = item.video_id AND decision.start_frame = item.start_frame"       \
  " AND decision.end_frame = item.end_frame AND decision.reason_code = item.reason_code"     \
  " AND decision.subject = item.subject AND decision.behavior_id IS item.behavior_id"        \
  " ORDER BY decision.id DESC LIMIT 1), ''), item.behavior_id, item.subject"

ReviewItemRow ReviewItemFrom(const Statement& row) {
  ReviewItemRow item;
  item.id = row.Int(0);
  item.job_id = row.Int(1);
  item.video_id = row.Int(2);
  item.start_frame = static_cast<int>(row.Int(3));
  item.end_frame = static_cast<int>(row.Int(4));
  item.reason_code = row.Text(5);
  item.reason = row.Text(6);
  item.score = row.Real(7);
  item.animals_json = row.Text(8);
  item.verdict = row.Text(9);
  item.behavior_id = row.OptionalInt(10);
  item.subject = row.Text(11);
  return item;
}

}  // namespace

void Correct(const std::vector<PredictionCorrectionRow>& corrections, PredictionRow* prediction) {
  for (const PredictionCorrectionRow& correction : corrections) {
    if (prediction->frame_index < correction.start_frame ||
        prediction->frame_index >= correction.end_frame) {
      continue;
    }
    const auto is = [&](const std::optional<Id>& category, const std::optional<int>& number) {
      return category == prediction->category_id && (!number || number == prediction->tracklet);
    };
    const auto become = [&](const std::optional<Id>& category, const std::optional<int>& number) {
      prediction->category_id = *category;
      prediction->tracklet = number.value_or(prediction->tracklet);
    };
    if (correction.kind == PredictionCorrectionRow::Kind::kReject) {
      prediction->rejected |=
          !correction.category_id || is(correction.category_id, correction.number);
    } else if (is(correction.category_id, correction.number)) {
      become(correction.other_category_id, correction.other_number);
    } else if (is(correction.other_category_id, correction.other_number)) {
      become(correction.category_id, correction.number);
    }
  }
}

std::vector<ModelRow> Reader::Models() const {
  auto rows = connection_.Query(
      "SELECT id, name, architecture, weights_path, weights_sha256, config, metrics, parent_id,"
      " job_id, created_at FROM models ORDER BY id");
  std::vector<ModelRow> models;
  while (rows.Step()) {
    models.push_back({rows.Int(0), rows.Text(1), rows.Text(2), rows.Text(3), rows.Text(4),
                      rows.Text(5), rows.Text(6), rows.OptionalInt(7), rows.OptionalInt(8),
                      rows.Int(9)});
  }
  return models;
}

std::vector<JobRow> Reader::Jobs() const {
  auto rows = connection_.Query(
      "SELECT id, kind, options, state, error, model_id, created_at, finished_at"
      " FROM jobs ORDER BY id");
  std::vector<JobRow> jobs;
  while (rows.Step()) {
    jobs.push_back({rows.Int(0), rows.Text(1), rows.Text(2), rows.Text(3), rows.Text(4),
                    rows.OptionalInt(5), rows.Int(6), rows.OptionalInt(7)});
  }
  return jobs;
}

std::optional<Id> Reader::LatestPredictJob(Id video_id) const {
  auto row = connection_.Query(
      "SELECT id FROM jobs WHERE kind = 'predict' AND (EXISTS (SELECT 1 FROM predictions"
      " WHERE predictions.job_id = jobs.id AND predictions.video_id = ?1) OR (state = 'done' AND"
      " EXISTS (SELECT 1 FROM review_items WHERE review_items.job_id = jobs.id"
      " AND review_items.video_id = ?1 AND behavior_id IS NULL)))"
      " ORDER BY state = 'done' DESC, id DESC LIMIT 1",
      video_id);
  return row.Step() ? std::optional<Id>(row.Int(0)) : std::nullopt;
}

int Reader::CountPredictedFrames(Id job_id, Id video_id) const {
  auto row = connection_.Query(
      "SELECT count(DISTINCT frame_index) FROM predictions WHERE job_id = ? AND video_id = ?",
      job_id, video_id);
  row.Step();
  return static_cast<int>(row.Int(0));
}

bool Reader::HasPredictions(Id job_id, Id video_id, int start_frame, int end_frame) const {
  return connection_
      .Query(
          "SELECT 1 FROM predictions WHERE job_id = ? AND video_id = ? AND frame_index >= ?"
          " AND frame_index < ? LIMIT 1",
          job_id, video_id, start_frame, end_frame)
      .Step();
}

bool Reader::HasLabels(Id video_id, int start_frame, int end_frame) const {
  return connection_
      .Query(
          "SELECT 1 FROM images WHERE video_id = ? AND frame_index >= ? AND frame_index < ?"
          " AND EXISTS (SELECT 1 FROM annotations WHERE image_id = images.id) LIMIT 1",
          video_id, start_frame, end_frame)
      .Step();
}

std::vector<PredictionCorrectionRow> Reader::Corrections(Id job_id, Id video_id) const {
  auto rows = connection_.Query(
      "SELECT id, job_id, video_id, start_frame, end_frame, kind, category_id, other_category_id,"
      " author, number, other_number FROM prediction_corrections WHERE job_id = ? AND video_id = ? "
      "ORDER BY id",
      job_id, video_id);
  std::vector<PredictionCorrectionRow> corrections;
  while (rows.Step()) {
    PredictionCorrectionRow correction;
    correction.id = rows.Int(0);
    correction.job_id = rows.Int(1);
    correction.video_id = rows.Int(2);
    correction.start_frame = static_cast<int>(rows.Int(3));
    correction.end_frame = static_cast<int>(rows.Int(4));
    correction.kind = rows.Text(5) == "swap" ? PredictionCorrectionRow::Kind::kSwap
                                             : PredictionCorrectionRow::Kind::kReject;
    correction.category_id = rows.OptionalInt(6);
    correction.other_category_id = rows.OptionalInt(7);
    correction.author = rows.Text(8);
    if (!rows.IsNull(9)) correction.number = static_cast<int>(rows.Int(9));
    if (!rows.IsNull(10)) correction.other_number = static_cast<int>(rows.Int(10));
    corrections.push_back(std::move(correction));
  }
  return corrections;
}

void Reader::ForEachPrediction(
    Id job_id, Id video_id, int start_frame, int end_frame, PredictionView view,
    const std::function<void(int frame_index, const std::vector<PredictionRow>&)>& visit) const {
  std::vector<PredictionCorrectionRow> corrections;
  if (view != PredictionView::kAsWritten) corrections = Corrections(job_id, video_id);
  auto rows = connection_.Query(
      "SELECT id, job_id, video_id, frame_index, category_id, tracklet, score, confidence,"
      " x, y, width, height, outline, rle, rle_height, rle_width FROM predictions"
      " WHERE job_id = ? AND video_id = ? AND frame_index >= ? AND frame_index < ?"
      " ORDER BY frame_index, id",
      job_id, video_id, start_frame, end_frame);
  const bool any_points = AnyPredictedPoints(connection_, job_id, video_id);
  std::vector<PredictionRow> in_frame;
  while (rows.Step()) {
    PredictionRow prediction = PredictionFrom(rows);
    Correct(corrections, &prediction);
    if (prediction.rejected && view == PredictionView::kCorrected) continue;
    if (any_points) prediction.key_points = PointsOfPrediction(connection_, prediction.id);
    if (!in_frame.empty() && in_frame.front().frame_index != prediction.frame_index) {
      visit(in_frame.front().frame_index, in_frame);
      in_frame.clear();
    }
    in_frame.push_back(std::move(prediction));
  }
  if (!in_frame.empty()) visit(in_frame.front().frame_index, in_frame);
}

void Reader::ForEachConfidence(
    Id job_id, Id video_id,
    const std::function<void(int frame_index, Id category_id, double confidence)>& visit) const {
  const std::vector<PredictionCorrectionRow> corrections = Corrections(job_id, video_id);
  auto rows = connection_.Query(
      "SELECT frame_index, category_id, confidence, tracklet FROM predictions"
      " WHERE job_id = ? AND video_id = ? ORDER BY frame_index",
      job_id, video_id);
  PredictionRow prediction;
  while (rows.Step()) {
    prediction.frame_index = static_cast<int>(rows.Int(0));
    prediction.category_id = rows.Int(1);
    prediction.tracklet = static_cast<int>(rows.Int(3));
    prediction.rejected = false;
    if (!corrections.empty()) Correct(corrections, &prediction);
    if (!prediction.rejected) visit(prediction.frame_index, prediction.category_id, rows.Real(2));
  }
}

std::vector<BehaviorPredictionRow> Reader::BehaviorPredictions(Id job_id, Id video_id) const {
  auto rows = connection_.Query(
      "SELECT id, job_id, video_id, subject, behavior_id, start_frame, end_frame, score,"
      " confidence FROM behavior_predictions WHERE job_id = ? AND video_id = ? ORDER BY "
      "start_frame, id",
      job_id, video_id);
  std::vector<BehaviorPredictionRow> predictions;
  while (rows.Step()) {
    predictions.push_back({rows.Int(0), rows.Int(1), rows.Int(2), rows.Text(3), rows.Int(4),
                           static_cast<int>(rows.Int(5)), static_cast<int>(rows.Int(6)),
                           rows.Real(7), rows.Real(8)});
  }
  return predictions;
}

std::optional<Id> Reader::LatestBehaviorJob(Id video_id) const {
  auto row = connection_.Query(
      "SELECT max(job) FROM (SELECT max(job_id) AS job FROM behavior_series WHERE video_id = ?1"
      " UNION ALL SELECT max(job_id) FROM behavior_predictions WHERE video_id = ?1)",
      video_id);
  return row.Step() ? row.OptionalInt(0) : std::nullopt;
}

std::vector<ReviewItemRow> Reader::ReviewItems(Id job_id) const {
  auto rows = connection_.Query("SELECT " VOLE_ITEM_COLUMNS
                                " FROM review_items AS item"
                                " WHERE item.job_id = ? ORDER BY item.score DESC, item.id",
                                job_id);
  std::vector<ReviewItemRow> items;
  while (rows.Step()) items.push_back(ReviewItemFrom(rows));
  return items;
}

std::optional<ReviewItemRow> Reader::ReviewItemById(Id id) const {
  auto row = connection_.Query(
      "SELECT " VOLE_ITEM_COLUMNS " FROM review_items AS item WHERE item.id = ?", id);
  return row.Step() ? std::optional<ReviewItemRow>(ReviewItemFrom(row)) : std::nullopt;
}

std::vector<ReviewDecisionRow> Reader::ReviewDecisions(Id job_id) const {
  auto rows = connection_.Query(
      "SELECT id, item_id, job_id, video_id, start_frame, end_frame, reason_code, score, verdict,"
      " author, seconds, decided_at, subject, behavior_id FROM review_decisions WHERE ?1 = 0 OR "
      "job_id = ?1 ORDER BY id",
      job_id);
  std::vector<ReviewDecisionRow> decisions;
  while (rows.Step()) {
    ReviewDecisionRow decision;
    decision.id = rows.Int(0);
    decision.item_id = rows.Int(1);
    decision.job_id = rows.Int(2);
    decision.video_id = rows.Int(3);
    decision.start_frame = static_cast<int>(rows.Int(4));
    decision.end_frame = static_cast<int>(rows.Int(5));
    decision.reason_code = rows.Text(6);
    decision.score = rows.Real(7);
    decision.verdict = rows.Text(8);
    decision.author = rows.Text(9);
    decision.seconds = rows.Real(10);
    decision.decided_at = rows.Int(11);
    decision.subject = rows.Text(12);
    decision.behavior_id = rows.OptionalInt(13);
    decisions.push_back(std::move(decision));
  }
  return decisions;
}

}  // namespace datasets
