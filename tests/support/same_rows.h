// Two projects row by row, to the byte.
#pragma once

#include <sqlite3.h>

#include <map>
#include <string>
#include <vector>

namespace tests {

// table -> rows as text; of jobs without id, owner and times.
inline std::map<std::string, std::vector<std::string>> RowsOf(const std::string& project) {
  sqlite3* file = nullptr;
  sqlite3_open_v2(project.c_str(), &file, SQLITE_OPEN_READONLY, nullptr);
  const auto rows = [file](const std::string& sql) {
    std::vector<std::string> found;
    sqlite3_stmt* statement = nullptr;
    sqlite3_prepare_v2(file, sql.c_str(), -1, &statement, nullptr);
    while (sqlite3_step(statement) == SQLITE_ROW) {
      std::string text;
      for (int c = 0; c < sqlite3_column_count(statement); ++c) {
        const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, c));
        const int type = sqlite3_column_type(statement, c);
        if (type == SQLITE_FLOAT) {
          const double value = sqlite3_column_double(statement, c);
          text.append(reinterpret_cast<const char*>(&value), sizeof value);
        } else if (bytes) {
          text.append(bytes, static_cast<size_t>(sqlite3_column_bytes(statement, c)));
        }
        text += "|" + std::to_string(type) + "|";
      }
      found.push_back(text);
    }
    sqlite3_finalize(statement);
    return found;
  };
  std::map<std::string, std::vector<std::string>> tables;
  for (const std::string& row : rows("SELECT name FROM sqlite_schema WHERE type = 'table'")) {
    const std::string table = row.substr(0, row.find('|'));
    tables[table] = rows(table == "jobs" ? "SELECT kind, options, state, error, model_id FROM jobs"
                                         : "SELECT * FROM " + table);
  }
  sqlite3_close(file);
  return tables;
}

// Names of the tables that differ, and of those that only one has.
inline std::vector<std::string> DifferentTables(const std::string& one, const std::string& other) {
  const auto a = RowsOf(one), b = RowsOf(other);
  std::vector<std::string> names;
  for (const auto& [table, rows] : a) {
    if (b.count(table) == 0 || b.at(table) != rows) names.push_back(table);
  }
  if (a.size() != b.size()) names.push_back("another number of tables");
  return names;
}

}  // namespace tests
