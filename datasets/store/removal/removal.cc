#include "datasets/store/removal/removal.h"

#include <initializer_list>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

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

// Rows that go with what they belong to, owners before what they own.
struct Owned {
  const char *table, *column, *owner;
  const char* ids;  // of those that a video has now
};
constexpr Owned kOwned[] = {
    {"images", "video_id", "videos", "SELECT id FROM images WHERE video_id = ?"},
    {"tracks", "video_id", "videos", "SELECT id FROM tracks WHERE video_id = ?"},
    {"behavior_intervals", "video_id", "videos",
     "SELECT id FROM behavior_intervals WHERE video_id = ?"},
    {"prediction_corrections", "video_id", "videos",
     "SELECT id FROM prediction_corrections WHERE video_id = ?"},
    {"review_decisions", "video_id", "videos",
     "SELECT id FROM review_decisions WHERE video_id = ?"},
    {"meeting_decisions", "video_id", "videos",
     "SELECT id FROM meeting_decisions WHERE video_id = ?"},
    {"regions", "video_id", "videos", "SELECT id FROM regions WHERE video_id = ?"},
    {"calibrations", "video_id", "videos", "SELECT id FROM calibrations WHERE video_id = ?"},
    {"notes", "video_id", "videos", "SELECT id FROM notes WHERE video_id = ?"},
    {"factor_values", "video_id", "videos", "SELECT id FROM factor_values WHERE video_id = ?"},
    {"annotations", "image_id", "images",
     "SELECT annotations.id FROM annotations JOIN images ON images.id = image_id"
     " WHERE video_id = ?"},
    {"annotation_points", "annotation_id", "annotations",
     "SELECT annotation_points.id FROM annotation_points"
     " JOIN annotations ON annotations.id = annotation_id JOIN images ON images.id = image_id"
     " WHERE video_id = ?"},
    {"known_pairs", "decision_id", "meeting_decisions",
     "SELECT known_pairs.id FROM known_pairs"
     " JOIN meeting_decisions ON meeting_decisions.id = decision_id WHERE video_id = ?"}};

// Takes the rows of a video out of edits that changed several (of the others, the video's own are
// dropped): undoing them would need a video that is gone, and so nothing could be undone any more.
// Before the rows are deleted: of edits that only changed some columns, these say whose they are.
class VideosEdits {
 public:
  VideosEdits(Connection& connection, Id video) : connection_(connection) {
    gone_["videos"] = {video};
    auto edits = connection.Query(
        "SELECT id, changes FROM edits WHERE state != 'dropped' AND video_id IS NULL");
    while (edits.Step()) {
      nlohmann::json changes = nlohmann::json::parse(edits.Text(1), nullptr, false);
      if (changes.is_array()) edits_.emplace_back(edits.Int(0), std::move(changes));
    }
    if (edits_.empty()) return;
    for (const Owned& owned : kOwned) {
      auto rows = connection.Query(owned.ids, video);
      while (rows.Step()) gone_[owned.table].insert(rows.Int(0));
    }
    // Rows that edits know and that were deleted before.
    for (const Owned& owned : kOwned) {
      for (const auto& [id, changes] : edits_) {
        for (const nlohmann::json& change : changes) {
          if (TableOf(change) == owned.table && BelongsTo(change, owned)) {
            gone_[owned.table].insert(IdOf(change));
          }
        }
      }
    }
  }

  void Trim() {
    for (auto& [id, changes] : edits_) {
      nlohmann::json kept = nlohmann::json::array();
      for (nlohmann::json& change : changes) {
        const auto rows = gone_.find(TableOf(change));
        if (rows == gone_.end() || rows->second.count(IdOf(change)) == 0) {
          kept.push_back(std::move(change));
        }
      }
      if (kept.size() == changes.size()) continue;
      if (kept.empty()) {
        connection_.Run("UPDATE edits SET state = 'dropped' WHERE id = ?", id);
      } else {
        connection_.Run("UPDATE edits SET changes = ? WHERE id = ?", kept.dump(), id);
      }
    }
  }

 private:
  static std::string TableOf(const nlohmann::json& change) {
    const bool named =
        change.is_object() && change.contains("table") && change["table"].is_string();
    return named ? change["table"].get<std::string>() : "";
  }
  static Id IdOf(const nlohmann::json& change) {
    const bool known = change.contains("id") && change["id"].is_number_integer();
    return known ? change["id"].get<Id>() : 0;
  }
  bool BelongsTo(const nlohmann::json& change, const Owned& owned) const {
    const auto owners = gone_.find(owned.owner);
    if (owners == gone_.end()) return false;
    for (const char* side : {"before", "after"}) {
      if (!change.contains(side) || !change[side].is_object()) continue;
      const nlohmann::json& row = change[side];
      if (!row.contains(owned.column) || !row[owned.column].is_number_integer()) continue;
      if (owners->second.count(row[owned.column].get<Id>()) > 0) return true;
    }
    return false;
  }

  Connection& connection_;
  std::map<std::string, std::set<Id>> gone_;  // by table
  std::vector<std::pair<Id, nlohmann::json>> edits_;
};

}  // namespace

void DeleteCategory(Writer& writer, Id id) {
  // What machines said of it goes too, unless a region of the video has its name.
#define VOLE_ITS_SUBJECT                                        \
  " WHERE subject = (SELECT name FROM categories WHERE id = ?)" \
  " AND NOT EXISTS (SELECT 1 FROM regions WHERE regions.name = subject AND regions.video_id = "
  RunAll(writer, "animal", id,
         {"DELETE FROM review_items" VOLE_ITS_SUBJECT "review_items.video_id)",
          "DELETE FROM review_items"
          " WHERE EXISTS (SELECT 1 FROM json_each(animals) AS one WHERE one.value = ?1)"
          " AND NOT EXISTS (SELECT 1 FROM json_each(animals) AS other"
          " JOIN categories ON categories.id = other.value WHERE other.value <> ?1)",
          "DELETE FROM behavior_predictions" VOLE_ITS_SUBJECT "behavior_predictions.video_id)",
          "DELETE FROM behavior_series" VOLE_ITS_SUBJECT "behavior_series.video_id)",
          "DELETE FROM predictions WHERE category_id = ?",
          "DELETE FROM meetings WHERE id IN"
          " (SELECT meeting_id FROM meeting_animals WHERE category_id = ?)",
          "DELETE FROM categories WHERE id = ?"});
#undef VOLE_ITS_SUBJECT
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
  VideosEdits(writer.connection(), id).Trim();
  RunAll(writer, "video", id,
         {"DELETE FROM annotations WHERE image_id IN (SELECT id FROM images WHERE video_id = ?)",
          "DELETE FROM images WHERE video_id = ?",
          "DELETE FROM behavior_intervals WHERE video_id = ?",
          "DELETE FROM tracks WHERE video_id = ?",
          "DELETE FROM predictions WHERE video_id = ?",
          "DELETE FROM prediction_corrections WHERE video_id = ?",
          "DELETE FROM behavior_predictions WHERE video_id = ?",
          "DELETE FROM behavior_series WHERE video_id = ?",
          "DELETE FROM review_items WHERE video_id = ?",
          "DELETE FROM review_decisions WHERE video_id = ?",
          "DELETE FROM regions WHERE video_id = ?",
          "DELETE FROM calibrations WHERE video_id = ?",
          "DELETE FROM notes WHERE video_id = ?",
          "DELETE FROM factor_values WHERE video_id = ?",
          "DELETE FROM meetings WHERE video_id = ?",
          "DELETE FROM name_evidence WHERE video_id = ?",
          "DELETE FROM known_pairs WHERE decision_id IN"
          " (SELECT id FROM meeting_decisions WHERE video_id = ?)",
          "DELETE FROM meeting_decisions WHERE video_id = ?",
          "UPDATE edits SET state = 'dropped' WHERE video_id = ?",
          "DELETE FROM videos WHERE id = ?"});  // with its index and its parts
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
