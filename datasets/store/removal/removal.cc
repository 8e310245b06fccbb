#include "datasets/store/removal/removal.h"

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>

#include "datasets/base/error.h"
#include "datasets/store/behavior_order.h"
#include "datasets/store/connection.h"

namespace datasets {
namespace {

// The last statement is that of the row itself.
void RunAll(Writer& writer, const char* what, Id id,
            std::initializer_list<const char*> statements) {
  for (const char* statement : statements) writer.connection().Run(statement, id);
  if (sqlite3_changes(writer.connection().handle()) == 0) {
    throw Error(std::string(what) + " " + std::to_string(id), "it is not in the project");
  }
}

}  // namespace

void DeleteCategory(Writer& writer, Id id) {
  RunAll(writer, "animal", id,
         {"DELETE FROM predictions WHERE category_id = ?",
          "DELETE FROM meetings WHERE id IN"
          " (SELECT meeting_id FROM meeting_animals WHERE category_id = ?)",
          "DELETE FROM categories WHERE id = ?"});
}

void DeleteBehavior(Writer& writer, Id id) {
  RunAll(writer, "behavior", id,
         {"DELETE FROM behavior_predictions WHERE behavior_id = ?",
          "DELETE FROM behavior_series WHERE behavior_id = ?",
          "DELETE FROM review_items WHERE behavior_id = ?", "DELETE FROM behaviors WHERE id = ?"});
}

void DeleteImage(Writer& writer, Id id) {
  RunAll(writer, "image", id, {"DELETE FROM images WHERE id = ?"});
}

void DeleteTrack(Writer& writer, Id id) {
  RunAll(writer, "track", id, {"DELETE FROM tracks WHERE id = ?"});
}

void DeleteReviewDecision(Writer& writer, Id id) {
  RunAll(writer, "decision", id, {"DELETE FROM review_decisions WHERE id = ?"});
}

void DeleteVideo(Writer& writer, Id id) {
  RunAll(
      writer, "video", id,
      {"DELETE FROM annotations WHERE image_id IN (SELECT id FROM images WHERE video_id = ?)",
       "DELETE FROM images WHERE video_id = ?", "DELETE FROM behavior_intervals WHERE video_id = ?",
       "DELETE FROM tracks WHERE video_id = ?", "DELETE FROM predictions WHERE video_id = ?",
       "DELETE FROM prediction_corrections WHERE video_id = ?",
       "DELETE FROM behavior_predictions WHERE video_id = ?",
       "DELETE FROM behavior_series WHERE video_id = ?",
       "DELETE FROM review_items WHERE video_id = ?",
       "DELETE FROM review_decisions WHERE video_id = ?", "DELETE FROM regions WHERE video_id = ?",
        "DELETE FROM calibrations WHERE video_id = ?", "DELETE FROM notes WHERE video_id = ?",
        "DELETE FROM factor_values WHERE video_id = ?", "DELETE FROM meetings WHERE video_id = ?",
        "DELETE FROM name_evidence WHERE video_id = ?",
       "DELETE FROM known_pairs WHERE decision_id IN"
       " (SELECT id FROM meeting_decisions WHERE video_id = ?)",
       "DELETE FROM meeting_decisions WHERE video_id = ?",
       "UPDATE edits SET state = 'dropped' WHERE video_id = ?", "DELETE FROM videos WHERE id = ?"});
}

void DeleteModel(Writer& writer, Id id) {
  RunAll(writer, "model", id,
         {"UPDATE jobs SET model_id = NULL WHERE model_id = ? AND kind = 'train'",
          "UPDATE models SET parent_id = (SELECT parent.parent_id FROM models AS parent"
          " WHERE parent.id = models.parent_id) WHERE parent_id = ?",
          "DELETE FROM models WHERE id = ?"});
}

void MarkModelKept(Writer& writer, Id id) {
  RunAll(writer, "model", id,
         {"UPDATE models SET config = json_set(config, '$.kept', json('true')) WHERE id = ?"});
}

void SetBehaviorOrder(Writer& writer, const std::vector<Id>& ids) {
  writer.SetSetting(kBehaviorOrderSetting, nlohmann::json(ids).dump());
}

}  // namespace datasets
