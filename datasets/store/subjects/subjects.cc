#include "datasets/store/subjects/subjects.h"

#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "datasets/store/records.h"

namespace datasets {
namespace {

// Rows of this table and of no video that has a region called like `before`.
std::string OfAnimal(const std::string& table) {
  return " WHERE subject = ?1 AND NOT EXISTS (SELECT 1 FROM regions WHERE regions.name = ?1 AND"
         " regions.video_id = " +
         table + ".video_id)";
}

// The list `held_out` of a model's configuration; true when any of it was the animal's.
bool RenameHeldOut(nlohmann::json& config, const std::set<std::string>& videos_of_region,
                   const std::string& before, const std::string& after) {
  if (!config.is_object() || !config.contains("held_out") || !config["held_out"].is_array()) {
    return false;
  }
  bool any = false;
  for (nlohmann::json& span : config["held_out"]) {
    if (!span.is_object() || span.value("subject", nlohmann::json()) != before) continue;
    const nlohmann::json video = span.value("video", nlohmann::json());
    if (video.is_string() && videos_of_region.count(video.get<std::string>()) > 0) continue;
    span["subject"] = after;
    any = true;
  }
  return any;
}

}  // namespace

void RenameSubject(Connection& connection, const std::string& before, const std::string& after) {
  if (before == after) return;
  // Left behind by an animal that had the new name and is gone.
  connection.Run(
      "DELETE FROM behavior_series WHERE subject = ?2 AND EXISTS (SELECT 1 FROM"
      " behavior_series AS its WHERE its.subject = ?1"
      " AND its.job_id = behavior_series.job_id"
      " AND its.video_id = behavior_series.video_id"
      " AND its.behavior_id = behavior_series.behavior_id)",
      before, after);
  for (const char* table : {"behavior_series", "behavior_predictions", "review_items"}) {
    const std::string sql = "UPDATE " + std::string(table) + " SET subject = ?2" + OfAnimal(table);
    connection.Run(sql.c_str(), before, after);
  }
  std::set<std::string> videos_of_region;
  auto regions = connection.Query(
      "SELECT videos.name FROM regions JOIN videos ON videos.id = video_id WHERE regions.name = ?",
      before);
  while (regions.Step()) videos_of_region.insert(regions.Text(0));
  std::vector<std::pair<Id, std::string>> changed;
  auto models = connection.Query("SELECT id, config FROM models WHERE config LIKE '%held_out%'");
  while (models.Step()) {
    nlohmann::json config = nlohmann::json::parse(models.Text(1), nullptr, false);
    if (RenameHeldOut(config, videos_of_region, before, after)) {
      changed.emplace_back(models.Int(0), config.dump());
    }
  }
  for (const auto& [model, config] : changed) {
    connection.Run("UPDATE models SET config = ? WHERE id = ?", config, model);
  }
}

}  // namespace datasets
