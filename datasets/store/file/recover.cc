#include <fmt/format.h>
#include <unistd.h>

#include <functional>
#include <set>
#include <variant>
#include <vector>

#include "datasets/base/encoding.h"
#include "datasets/files/atomic_file.h"
#include "datasets/store/file/open.h"
#include "datasets/store/file/restore.h"
#include "datasets/store/paths.h"
#include "datasets/store/schema/schema.h"
#include "datasets/store/schema/schema_check.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

constexpr int kDamagedTimeoutMs = 10000;
constexpr int64_t kMostProbes = 20'000'000;
constexpr int kRowsBetweenReports = 1000;

using Value = std::variant<std::nullptr_t, int64_t, double, std::string, FileName, Blob>;
struct Column {
  std::string name;
  bool is_text = false, is_path = false;
};

class Recovery {
 public:
  Recovery(Connection& from, Connection& to, const fs::path& from_folder, const fs::path& to_folder,
           Job& job)
      : from_(from), to_(to), from_folder_(from_folder), to_folder_(to_folder), job_(job) {}

  std::map<std::string, Recovered> Run() {
    to_.Script("PRAGMA foreign_keys = OFF; BEGIN IMMEDIATE;");
    for (const std::string& table : ProjectTables()) {
      if (IsTable(to_, table)) Table(table);
    }
    while (DropDangling()) {
    }
    to_.Script("COMMIT;");
    return std::move(result_);
  }

  // Brought up to date, what was saved has become rows of tables that the damaged file did not have
  // in its version.
  static void CountNewTables(Connection& to, std::map<std::string, Recovered>* result) {
    for (const std::string& table : ProjectTables()) {
      if (result->count(table)) continue;
      auto row = to.Query(("SELECT count(*) FROM " + table).c_str());
      if (row.Step()) (*result)[table].saved = row.Int(0);
    }
  }

 private:
  std::vector<Column> ColumnsOf(Connection& connection, const std::string& table) {
    std::vector<Column> columns;
    auto rows = connection.Query("SELECT name, type FROM pragma_table_info(?)", table);
    while (rows.Step()) {
      const std::string name = rows.Text(0);
      columns.push_back({name, rows.Text(1) == "TEXT", name == "path" || name == "weights_path"});
    }
    return columns;
  }

  static bool IsTable(Connection& connection, const std::string& table) {
    auto row = connection.Query(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?"
        " AND sql LIKE 'CREATE TABLE%'",
        table);
    return row.Step() && row.Int(0) == 1;
  }

  void Table(const std::string& table) {
    Recovered& done = result_[table];
    try {
      if (!IsTable(from_, table)) {
        done.damage = "there is no such table";
        return;
      }
      std::set<std::string> known;
      for (const Column& column : ColumnsOf(from_, table)) known.insert(column.name);
      columns_.clear();
      for (const Column& column : ColumnsOf(to_, table)) {
        if (known.count(column.name)) columns_.push_back(column);
      }
    } catch (const Error& error) {
      done.damage = error.what();
      return;
    }
    std::string names, places;
    for (const Column& column : columns_) {
      names += (names.empty() ? "" : ", ") + column.name;
      places += places.empty() ? "?" : ", ?";
    }
    // rowid is the id where the table has one.
    select_ = "SELECT rowid, " + names + " FROM " + table;
    insert_ = "INSERT INTO " + table + " (" + names + ") VALUES (" + places + ")";
    Read(table, &done);
  }

  // Forwards to the first damage, backwards to the last, and what lies between row by row: each is
  // looked for from the root of the table's tree, so that only its own pages need be sound.
  void Read(const std::string& table, Recovered* done) {
    int64_t first = INT64_MIN, last = INT64_MAX;
    if (Scan(table, select_ + " ORDER BY rowid", &first, INT64_MAX, done)) return;
    const int64_t before = first;
    Scan(table, select_ + " ORDER BY rowid DESC", &last, before, done);
    if (last == INT64_MAX) last = HighestKnown(table);
    if (first == INT64_MIN) first = 0;
    const std::string one = select_ + " WHERE rowid = ?";
    for (int64_t id = first + 1, tries = 0; id < last && tries < kMostProbes; ++id, ++tries) {
      if (tries % kRowsBetweenReports == 0) job_.Advance(0, 0, "looking for rows of " + table);
      try {
        auto row = from_.Query(one.c_str(), id);
        if (row.Step()) Save(row, done);
      } catch (const DatabaseError&) {
        ++done->left_out;
      }
    }
  }

  // True when it came to the end. `*reached`: the id of the last row that could be read. Stops at
  // row `until`, which was saved already.
  bool Scan(const std::string& table, const std::string& sql, int64_t* reached, int64_t until,
            Recovered* done) {
    try {
      auto rows = from_.Query(sql.c_str());
      for (int64_t number = 0; rows.Step(); ++number) {
        if (number % kRowsBetweenReports == 0) job_.Advance(0, 0, "saving " + table);
        if (rows.Int(0) <= until && until != INT64_MAX) return true;
        *reached = rows.Int(0);
        Save(rows, done);
      }
      return true;
    } catch (const DatabaseError& error) {
      done->damage = error.what();
      return false;
    }
  }

  int64_t HighestKnown(const std::string& table) {
    try {
      auto row = from_.Query("SELECT seq FROM sqlite_sequence WHERE name = ?", table);
      return row.Step() ? row.Int(0) + 1 : 0;
    } catch (const Error&) {
      return 0;
    }
  }

  Value ValueOf(const Statement& row, int at, const Column& column) {
    switch (row.Type(at)) {
      case SQLITE_INTEGER:
        return row.Int(at);
      case SQLITE_FLOAT:
        return row.Real(at);
      case SQLITE_TEXT:
        if (column.is_path) return FileName{PathHere(row.Text(at))};
        return TextOrWindows1252(row.Text(at));
      case SQLITE_BLOB:
        return Blob{row.Bytes(at)};
      default:
        return nullptr;
    }
  }

  std::string PathHere(const std::string& path) const {
    if (fs::path(path).is_absolute() || from_folder_ == to_folder_) return path;
    return PathFrom(to_folder_, from_folder_ / path);
  }

  void Save(const Statement& row, Recovered* done) {
    try {
      auto insert = to_.Query(insert_.c_str());
      for (size_t i = 0; i < columns_.size(); ++i) {
        std::visit([&](const auto& value) { insert.Bind(value); },
                   ValueOf(row, static_cast<int>(i) + 1, columns_[i]));
      }
      insert.Run();
      ++done->saved;
    } catch (const ConstraintError&) {
      ++done->left_out;
    } catch (const DatabaseError&) {
      throw;
    } catch (const Error&) {  // a text that cannot be kept
      ++done->left_out;
    }
  }

  // Rows that refer to lost ones: the reference goes where the row can do without, else the row.
  bool DropDangling() {
    struct Dangling {
      std::string table, column;
      int64_t id;
    };
    std::vector<Dangling> dangling;
    {
      auto rows = to_.Query(
          "SELECT broken.\"table\", list.\"from\", broken.rowid FROM pragma_foreign_key_check AS"
          " broken JOIN pragma_foreign_key_list(broken.\"table\") AS list"
          " ON list.id = broken.fkid");
      while (rows.Step()) dangling.push_back({rows.Text(0), rows.Text(1), rows.Int(2)});
    }
    for (const Dangling& row : dangling) {
      try {
        to_.Run(
            fmt::format("UPDATE {} SET {} = NULL WHERE rowid = ?", row.table, row.column).c_str(),
            row.id);
      } catch (const ConstraintError&) {
        to_.Run(("DELETE FROM " + row.table + " WHERE rowid = ?").c_str(), row.id);
        --result_[row.table].saved;
        ++result_[row.table].left_out;
      }
    }
    return !dangling.empty();
  }

  Connection& from_;
  Connection& to_;
  fs::path from_folder_, to_folder_;
  Job& job_;
  std::vector<Column> columns_;
  std::string select_, insert_;
  std::map<std::string, Recovered> result_;
};

// The steps that lead to the version of the file: its rows are saved as they are there, and what
// brings a sound file up to date then does so with them. All where the version cannot be read.
Migrations StepsTo(Connection& from) {
  Migrations steps = ProjectMigrations();
  try {
    const int version = SchemaVersion(from);
    if (version > 0 && version < static_cast<int>(steps.size())) {
      steps.resize(static_cast<size_t>(version));
    }
  } catch (const Error&) {
  }
  return steps;
}

void RemoveWithLogs(const fs::path& file) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
    std::error_code ignored;
    fs::path path = file;
    path += suffix;
    fs::remove(path, ignored);
  }
}

}  // namespace

std::map<std::string, Recovered> RecoverProject(const fs::path& file, const fs::path& out,
                                                Job& job) {
  std::error_code failure;
  if (!fs::is_regular_file(file, failure)) {
    throw Error("project '" + file.string() + "'", "there is no such file",
                "give the file that is damaged");
  }
  if (fs::exists(out, failure)) {
    throw Error("project '" + out.string() + "'", "the file exists already", "choose another name");
  }
  auto mode = Connection::Mode::kReadOnly;
  const auto from = OpenUnchecked(file, &mode, kDamagedTimeoutMs);
  const fs::path folder = fs::absolute(file).parent_path();
  const fs::path out_folder = fs::absolute(out).parent_path();
  const fs::path unfinished = MakeTemporaryFor(fs::absolute(out));
  std::map<std::string, Recovered> result;
  try {
    Connection to(unfinished, Connection::Mode::kCreate, kDamagedTimeoutMs);
    Migrate(to, StepsTo(*from));
    result = Recovery(*from, to, folder, out_folder, job).Run();
    Migrate(to, ProjectMigrations(), false);
    Recovery::CountNewTables(to, &result);
  } catch (...) {
    RemoveWithLogs(unfinished);
    throw;
  }
  int64_t saved = 0;
  for (const auto& [table, rows] : result) saved += rows.saved;
  if (saved == 0) {
    RemoveWithLogs(unfinished);
    throw Error("project '" + file.string() + "'", "no row of it can be read",
                "restore a copy of it: vole restore");
  }
  ReplaceFile(unfinished, fs::absolute(out));
  RemoveWithLogs(unfinished);
  return result;
}

}  // namespace datasets
