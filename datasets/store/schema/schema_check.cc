#include "datasets/store/schema/schema_check.h"

#include <cctype>
#include <map>
#include <mutex>

#include "datasets/store/schema/schema.h"
#include "datasets/store/transaction.h"

namespace datasets {
namespace {

struct Thing {
  std::string type, text;  // table, index, view, trigger; its SQL without spaces
};
using Schema = std::map<std::string, Thing>;  // by name

std::string WithoutSpaces(const std::string& sql) {
  std::string text;
  bool in_quotes = false;
  for (const char c : sql) {
    if (c == '\'') in_quotes = !in_quotes;
    if (c == '"' && !in_quotes) continue;  // SQLite quotes names where it rewrites a table
    if (in_quotes || !std::isspace(static_cast<unsigned char>(c))) text += c;
  }
  return text;
}

Schema SchemaOf(Connection& connection) {
  Schema schema;
  auto rows = connection.Query("SELECT type, name, sql FROM sqlite_schema");
  while (rows.Step()) {
    const std::string name = rows.Text(1);
    // SQLite's own: counters, statistics and the indices of UNIQUE; their texts are fixed.
    const bool own =
        name.compare(0, 7, "sqlite_") == 0 && (rows.IsNull(2) || name == "sqlite_sequence" ||
                                               name == "sqlite_stat1" || name == "sqlite_stat4");
    if (!own) schema[name] = {rows.Text(0), WithoutSpaces(rows.Text(2))};
  }
  return schema;
}

const Schema& ExpectedSchema(int version) {
  static std::mutex mutex;
  static std::map<int, Schema> known;
  std::lock_guard<std::mutex> lock(mutex);
  const auto found = known.find(version);
  if (found != known.end()) return found->second;
  Connection memory(":memory:", Connection::Mode::kMemory, 0);
  const TrustedTables ours(memory);
  for (int step = 0; step < version; ++step) {
    memory.Script(ProjectMigrations()[static_cast<size_t>(step)]);
  }
  return known.emplace(version, SchemaOf(memory)).first->second;
}

[[noreturn]] void Refuse(Connection& connection, int code, const std::string& cause) {
  throw DatabaseError(code, "project '" + connection.file().string() + "'", cause,
                      "restore a copy of it (vole restore), or save its rows in a new project "
                      "(vole recover)");
}

}  // namespace

void CheckSchema(Connection& connection, int version) {
  const Schema& expected = ExpectedSchema(version);
  const Schema found = SchemaOf(connection);
  for (const auto& [name, thing] : found) {
    if (!expected.count(name)) {
      Refuse(connection, SQLITE_CORRUPT,
             "it holds the " + thing.type + " '" + name + "', which Vole has not made");
    }
  }
  for (const auto& [name, thing] : expected) {
    const auto it = found.find(name);
    if (it == found.end()) {
      Refuse(connection, SQLITE_CORRUPT,
             "the file is damaged (the " + thing.type + " '" + name + "' is missing)");
    }
    if (it->second.type != thing.type || it->second.text != thing.text) {
      Refuse(connection, SQLITE_CORRUPT,
             "its " + it->second.type + " '" + name + "' is not as Vole makes it");
    }
  }
}

const std::vector<std::string>& ProjectTables() {
  // `models` and `jobs` refer to each other.
  static const std::vector<std::string> tables = {"settings",
                                                  "videos",
                                                  "video_data",
                                                  "video_parts",
                                                  "images",
                                                  "categories",
                                                  "identities",
                                                  "tracks",
                                                  "models",
                                                  "jobs",
                                                  "annotations",
                                                  "behaviors",
                                                  "behavior_intervals",
                                                  "predictions",
                                                  "prediction_corrections",
                                                  "behavior_predictions",
                                                  "behavior_series",
                                                  "behavior_scores",
                                                  "review_items",
                                                  "review_decisions",
                                                  "regions",
                                                  "calibrations",
                                                  "notes",
                                                  "factors",
                                                  "factor_values",
                                                  "meetings",
                                                  "meeting_animals",
                                                  "meeting_ways",
                                                  "name_evidence",
                                                  "meeting_decisions",
                                                  "known_pairs",
                                                  "skeletons",
                                                  "skeleton_points",
                                                  "skeleton_edges",
                                                  "annotation_points",
                                                  "prediction_points",
                                                  "edits"};
  return tables;
}

}  // namespace datasets
