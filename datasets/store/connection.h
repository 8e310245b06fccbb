// A thin layer over SQLite's C interface: connection, statement, transaction. Every failure is an
// Error that names the project, the cause and the way out.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "datasets/store/database_error.h"

namespace datasets {

struct Blob {  // bytes to bind as BLOB
  std::string bytes;
};
struct FileName {  // a path to bind as TEXT, in the bytes that the disk knows
  std::string bytes;
};

class Connection;

// A prepared statement on loan from its connection's cache; goes back, reset, when destroyed.
// Columns count from 0. Text and blob results are copies.
class Statement {
 public:
  Statement(Connection& connection, std::string sql, sqlite3_stmt* handle);
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;

  // Binds the next parameter.
  void Bind(std::nullptr_t);
  void Bind(int64_t value);
  void Bind(int value) { Bind(static_cast<int64_t>(value)); }
  void Bind(bool value) { Bind(static_cast<int64_t>(value)); }
  void Bind(uint32_t value) { Bind(static_cast<int64_t>(value)); }
  void Bind(double value);
  void Bind(const std::string& value);  // throws Error unless it is UTF-8 without a NUL
  void Bind(const char* value) { Bind(std::string(value)); }
  void Bind(const Blob& value);
  void Bind(const FileName& value);
  template <class T>
  void Bind(const std::optional<T>& value) {
    if (value) {
      Bind(*value);
    } else {
      Bind(nullptr);
    }
  }

  bool Step();  // true: a row is there
  void Run();   // steps to the end

  int64_t Int(int column) const { return sqlite3_column_int64(handle_, column); }
  bool Bool(int column) const { return Int(column) != 0; }
  double Real(int column) const { return sqlite3_column_double(handle_, column); }
  std::string Text(int column) const;
  std::string Bytes(int column) const;
  bool IsNull(int column) const { return Type(column) == SQLITE_NULL; }
  int Type(int column) const { return sqlite3_column_type(handle_, column); }
  int ColumnCount() const { return sqlite3_column_count(handle_); }
  std::string ColumnName(int column) const { return sqlite3_column_name(handle_, column); }
  std::optional<int64_t> OptionalInt(int column) const {
    return IsNull(column) ? std::nullopt : std::optional<int64_t>(Int(column));
  }

 private:
  Connection* connection_;
  std::string sql_;
  sqlite3_stmt* handle_;
  int next_parameter_ = 1;
};

// Belongs to one thread at a time.
class Connection {
 public:
  enum class Mode {
    kCreate,     // makes the file
    kReadWrite,  // throws when the file cannot be written
    kReadOnly,   // sees what others commit
    kImmutable,  // for a folder where nothing at all can be written
    kMemory      // no file: ":memory:"
  };
  // Foreign keys on, WAL kept, synchronous=FULL, busy timeout set; a file from a stranger runs
  // nothing (no triggers, no views). Throws DatabaseError.
  Connection(const std::filesystem::path& file, Mode mode, int busy_timeout_ms);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  template <class... Values>
  Statement Query(const char* sql, const Values&... values) {
    Statement statement = Prepare(sql);
    (statement.Bind(values), ...);
    return statement;
  }
  template <class... Values>
  void Run(const char* sql, const Values&... values) {
    Query(sql, values...).Run();
  }
  // The id of the new row.
  template <class... Values>
  int64_t Insert(const char* sql, const Values&... values) {
    Query(sql, values...).Run();
    return sqlite3_last_insert_rowid(handle_);
  }
  Statement Prepare(const std::string& sql);
  // Several statements with no parameters (schema texts, pragmas).
  void Script(const std::string& sql);

  // Changes whenever another connection, of this process or not, has committed.
  int64_t DataVersion();
  int64_t ChangedRows() const { return sqlite3_total_changes64(handle_); }
  bool InTransaction() const { return sqlite3_get_autocommit(handle_) == 0; }
  const std::filesystem::path& file() const { return file_; }
  sqlite3* handle() { return handle_; }
  [[noreturn]] void Fail(int code) const;

 private:
  friend class Statement;
  std::filesystem::path file_;
  sqlite3* handle_ = nullptr;
  std::unordered_map<std::string, std::vector<sqlite3_stmt*>> idle_statements_;
};

}  // namespace datasets
