#include "datasets/store/factors/factor_store.h"

namespace datasets {

std::vector<FactorRow> ReadFactors(Connection& connection) {
  std::vector<FactorRow> factors;
  auto rows = connection.Query("SELECT id, name FROM factors ORDER BY id");
  while (rows.Step()) factors.push_back({rows.Int(0), rows.Text(1)});
  return factors;
}

std::optional<FactorRow> FactorByName(Connection& connection, const std::string& name) {
  auto row = connection.Query(
      "SELECT id, name FROM factors WHERE name = ?1 COLLATE NOCASE ORDER BY name = ?1 DESC, id"
      " LIMIT 1",
      name);
  if (!row.Step()) return {};
  return FactorRow{row.Int(0), row.Text(1)};
}

std::vector<FactorValueRow> ReadFactorValues(Connection& connection) {
  std::vector<FactorValueRow> values;
  auto rows = connection.Query(
      "SELECT id, factor_id, video_id, value FROM factor_values ORDER BY video_id, factor_id");
  while (rows.Step()) {
    values.push_back({rows.Int(0), rows.Int(1), rows.Int(2), rows.Text(3)});
  }
  return values;
}

std::optional<FactorValueRow> ReadFactorValue(Connection& connection, Id factor_id, Id video_id) {
  auto row =
      connection.Query("SELECT id, value FROM factor_values WHERE factor_id = ? AND video_id = ?",
                       factor_id, video_id);
  if (!row.Step()) return {};
  return FactorValueRow{row.Int(0), factor_id, video_id, row.Text(1)};
}

Id InsertFactor(Connection& connection, const std::string& name) {
  return connection.Insert("INSERT INTO factors (name) VALUES (?)", name);
}

void DeleteFactor(Connection& connection, Id id) {
  connection.Run("DELETE FROM factors WHERE id = ?", id);
}

Id InsertFactorValue(Connection& connection, Id factor_id, Id video_id, const std::string& value) {
  return connection.Insert(
      "INSERT INTO factor_values (factor_id, video_id, value) VALUES (?, ?, ?)", factor_id,
      video_id, value);
}

void UpdateFactorValue(Connection& connection, Id id, const std::string& value) {
  connection.Run("UPDATE factor_values SET value = ? WHERE id = ?", value, id);
}

void DeleteFactorValue(Connection& connection, Id id) {
  connection.Run("DELETE FROM factor_values WHERE id = ?", id);
}

}  // namespace datasets
