#include "datasets/store/regions.h"

#include "datasets/project.h"
#include "datasets/store/codec.h"
#include "datasets/store/connection.h"

namespace datasets {

std::vector<RegionRow> RegionsOf(Connection& connection, Id video_id) {
  std::vector<RegionRow> regions;
  auto rows = connection.Query(
      "SELECT id, video_id, name, polygons FROM regions WHERE video_id = ? ORDER BY id", video_id);
  while (rows.Step()) {
    regions.push_back({rows.Int(0), rows.Int(1), rows.Text(2), PolygonsFromJson(rows.Text(3))});
  }
  return regions;
}

std::vector<RegionRow> RegionsOf(const Project& project, Id video_id) {
  std::vector<RegionRow> regions;
  project.Read([&](Connection& connection) { regions = RegionsOf(connection, video_id); });
  return regions;
}

Id InsertRegion(Connection& connection, const RegionRow& region) {
  return connection.Insert("INSERT INTO regions (video_id, name, polygons) VALUES (?, ?, ?)",
                           region.video_id, region.name, PolygonsToJson(region.polygons));
}

void DeleteRegion(Connection& connection, Id region_id) {
  connection.Run("DELETE FROM regions WHERE id = ?", region_id);
}

}  // namespace datasets
