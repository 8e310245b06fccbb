#include "datasets/store/connection.h"

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "datasets/base/encoding.h"
#include "datasets/store/transaction.h"

namespace datasets {
namespace {

constexpr size_t kMostShown = 60;
constexpr int kMostBytesInARow = 1 << 29;

std::string Uri(const std::filesystem::path& file, const std::string& query) {
  static const char* kHex = "0123456789ABCDEF";
  std::string text = "file:";
  for (const unsigned char c : std::filesystem::absolute(file).string()) {
    if (std::isalnum(c) || std::strchr("/-_.~", c)) {
      text += static_cast<char>(c);
    } else {
      text += {'%', kHex[c >> 4], kHex[c & 15]};
    }
  }
  return text + query;
}

// SQLite's own json_valid may not stand in a table that is not trusted; this one, which does
// nothing but look, may.
void JsonValid(sqlite3_context* context, int, sqlite3_value** values) {
  if (sqlite3_value_type(values[0]) == SQLITE_NULL) return sqlite3_result_null(context);
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(values[0]));
  const int bytes = sqlite3_value_bytes(values[0]);
  sqlite3_result_int(context, text && nlohmann::json::accept(text, text + bytes));
}

[[noreturn]] void ThrowFor(int code, int system_errno, const std::string& message,
                           const std::filesystem::path& file) {
  const std::string thing = "project '" + file.string() + "'";
  const bool no_space = system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;
  switch (code & 0xff) {
    case SQLITE_FULL:
      throw DatabaseError(code, thing, "the disk is full",
                          "free some space and do it again; nothing was lost");
    case SQLITE_IOERR:
      if (no_space) {
        throw DatabaseError(code, thing, "the disk is full",
                            "free some space and do it again; nothing was lost");
      }
      throw DatabaseError(code, thing, "the disk reports an error (" + message + ")",
                          "check the disk; what was saved before is kept");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw BusyError(code, thing, "another program has been writing to it for too long",
                      "wait until it is done, or close it");
    case SQLITE_READONLY:
    case SQLITE_PERM:
      throw DatabaseError(code, thing, "the file or its folder cannot be written",
                          "change the permissions, or copy the project to a folder of yours");
    case SQLITE_CANTOPEN:
      throw DatabaseError(code, thing, "the file cannot be opened (" + message + ")",
                          "check that the file and its folder exist and that you may write there");
    case SQLITE_CORRUPT:
      throw DatabaseError(
          code, thing, "the file is damaged (" + message + ")",
          "restore a copy of it (vole restore), or save what can be read (vole recover)");
    case SQLITE_NOTADB:
      throw DatabaseError(code, thing, "the file is not a Vole project",
                          "give a file that 'vole new' has made");
    case SQLITE_CONSTRAINT:
      throw ConstraintError(code, thing,
                            "the change does not fit what is stored (" + message + ")");
    default:
      throw DatabaseError(code, thing, message);
  }
}

}  // namespace

Statement::Statement(Connection& connection, std::string sql, sqlite3_stmt* handle)
    : connection_(&connection), sql_(std::move(sql)), handle_(handle) {}

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      sql_(std::move(other.sql_)),
      handle_(other.handle_),
      next_parameter_(other.next_parameter_) {
  other.handle_ = nullptr;
}

Statement::~Statement() {
  if (!handle_) return;
  sqlite3_reset(handle_);
  sqlite3_clear_bindings(handle_);
  connection_->idle_statements_[sql_].push_back(handle_);
}

void Statement::Bind(std::nullptr_t) { sqlite3_bind_null(handle_, next_parameter_++); }

void Statement::Bind(int64_t value) { sqlite3_bind_int64(handle_, next_parameter_++, value); }

void Statement::Bind(double value) { sqlite3_bind_double(handle_, next_parameter_++, value); }

void Statement::Bind(const FileName& value) {
  const int code = sqlite3_bind_text64(handle_, next_parameter_++, value.bytes.data(),
                                       value.bytes.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) connection_->Fail(code);
}

void Statement::Bind(const std::string& value) {
  if (!IsUtf8(value) || value.find('\0') != std::string::npos) {
    throw Error("text '" + ShownText(value.substr(0, kMostShown)) + "'",
                "it is not UTF-8, which is all that a project holds", "write it in UTF-8");
  }
  const int code = sqlite3_bind_text64(handle_, next_parameter_++, value.data(), value.size(),
                                       SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) connection_->Fail(code);
}

void Statement::Bind(const Blob& value) {
  const int code = sqlite3_bind_blob64(handle_, next_parameter_++, value.bytes.data(),
                                       value.bytes.size(), SQLITE_TRANSIENT);
  if (code != SQLITE_OK) connection_->Fail(code);
}

bool Statement::Step() {
  errno = 0;
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  connection_->Fail(code);
}

void Statement::Run() {
  while (Step()) {
  }
}

std::string Statement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  return text ? std::string(text, static_cast<size_t>(sqlite3_column_bytes(handle_, column)))
              : std::string();
}

std::string Statement::Bytes(int column) const {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_, column));
  return bytes ? std::string(bytes, static_cast<size_t>(sqlite3_column_bytes(handle_, column)))
               : std::string();
}

Connection::Connection(const std::filesystem::path& file, Mode mode, int busy_timeout_ms)
    : file_(file) {
  // SQLite's own count of its memory takes a lock at every allocation; nobody asks for it.
  [[maybe_unused]] static const int configured = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX;
  if (mode == Mode::kCreate || mode == Mode::kMemory)
    flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (mode == Mode::kReadWrite) flags |= SQLITE_OPEN_READWRITE;
  if (mode == Mode::kReadOnly || mode == Mode::kImmutable) flags |= SQLITE_OPEN_READONLY;
  const std::string uri = mode == Mode::kMemory
                              ? file.string()
                              : Uri(file, mode == Mode::kImmutable ? "?immutable=1" : "");
  try {
    const int code = sqlite3_open_v2(uri.c_str(), &handle_, flags, nullptr);
    if (code != SQLITE_OK) Fail(code);
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, busy_timeout_ms);
    // https://sqlite.org/security.html: what a file may bring with it must not run.
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
    sqlite3_db_config(handle_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_create_function_v2(handle_, "json_valid", 1,
                               SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, nullptr,
                               JsonValid, nullptr, nullptr, nullptr);
    sqlite3_limit(handle_, SQLITE_LIMIT_LENGTH, kMostBytesInARow);
    if (mode == Mode::kReadWrite && sqlite3_db_readonly(handle_, "main") == 1) {
      Fail(SQLITE_READONLY);
    }
    Script(
        "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
        "PRAGMA cache_size = -16000; PRAGMA journal_size_limit = 67108864;"
        "PRAGMA cell_size_check = ON;");
  } catch (...) {
    for (auto& [sql, handles] : idle_statements_) {
      for (sqlite3_stmt* handle : handles) sqlite3_finalize(handle);
    }
    sqlite3_close(handle_);
    throw;
  }
}

Connection::~Connection() {
  for (auto& [sql, handles] : idle_statements_) {
    for (sqlite3_stmt* handle : handles) sqlite3_finalize(handle);
  }
  sqlite3_close(handle_);
}

Statement Connection::Prepare(const std::string& sql) {
  auto& idle = idle_statements_[sql];
  if (!idle.empty()) {
    sqlite3_stmt* handle = idle.back();
    idle.pop_back();
    return Statement(*this, sql, handle);
  }
  sqlite3_stmt* handle = nullptr;
  const int code = sqlite3_prepare_v3(handle_, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  if (code != SQLITE_OK) Fail(code);
  return Statement(*this, sql, handle);
}

void Connection::Script(const std::string& sql) {
  errno = 0;
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) Fail(code);
}

void Connection::Fail(int code) const {
  // SQLite does not keep the system's reason on every path; ours was cleared before the call.
  const int last_errno = errno;
  const std::string message = handle_ && sqlite3_errcode(handle_) != SQLITE_OK
                                  ? sqlite3_errmsg(handle_)
                                  : sqlite3_errstr(code);
  const int kept_errno = handle_ ? sqlite3_system_errno(handle_) : 0;
  const int extended = handle_ ? sqlite3_extended_errcode(handle_) : code;
  ThrowFor((extended & 0xff) == (code & 0xff) ? extended : code,
           kept_errno != 0 ? kept_errno : last_errno, message, file_);
}

Transaction::Transaction(Connection& connection) : connection_(connection) {
  connection_.Script("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  // Some errors have rolled back already; a failing rollback leaves nothing committed either.
  if (open_ && connection_.InTransaction()) {
    sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Transaction::Commit() {
  connection_.Script("COMMIT");
  open_ = false;
}

Snapshot::Snapshot(Connection& connection) : connection_(connection) {
  connection_.Script("BEGIN");
  try {
    connection_.Run("SELECT count(*) FROM sqlite_schema");  // the first read is the moment
  } catch (...) {
    sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
}

Snapshot::~Snapshot() { sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr); }

TrustedTables::TrustedTables(Connection& connection) : connection_(connection) {
  sqlite3_db_config(connection_.handle(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 1, nullptr);
}

TrustedTables::~TrustedTables() {
  sqlite3_db_config(connection_.handle(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
}

int64_t Connection::DataVersion() {
  auto row = Query("PRAGMA data_version");
  row.Step();
  return row.Int(0);
}

}  // namespace datasets
