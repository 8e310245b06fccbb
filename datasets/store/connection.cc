#include "datasets/store/connection.h"

#include <cerrno>
#include <cstring>

namespace datasets {
namespace {

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

[[noreturn]] void ThrowFor(int code, int system_errno, const std::string& message,
                           const std::filesystem::path& file) {
  const std::string thing = "project '" + file.string() + "'";
  const bool no_space = system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;
  switch (code & 0xff) {
    case SQLITE_FULL:
      throw Error(thing, "the disk is full", "free some space and do it again; nothing was lost");
    case SQLITE_IOERR:
      if (no_space) {
        throw Error(thing, "the disk is full", "free some space and do it again; nothing was lost");
      }
      throw Error(thing, "the disk reports an error (" + message + ")",
                  "check the disk; what was saved before is kept");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Error(thing, "another program has been writing to it for too long",
                  "wait until it is done, or close it");
    case SQLITE_READONLY:
    case SQLITE_PERM:
      throw Error(thing, "the file or its folder cannot be written",
                  "change the permissions, or copy the project to a folder of yours");
    case SQLITE_CANTOPEN:
      throw Error(thing, "the file cannot be opened (" + message + ")",
                  "check that the file and its folder exist and that you may write there");
    case SQLITE_CORRUPT:
      throw Error(thing, "the file is damaged (" + message + ")",
                  "restore a copy of it; NAME.vole.v*.bak may lie beside it");
    case SQLITE_NOTADB:
      throw Error(thing, "the file is not a Vole project", "give a file that 'vole new' has made");
    case SQLITE_CONSTRAINT:
      throw ConstraintError(thing, "the change does not fit what is stored (" + message + ")");
    default:
      throw Error(thing, message);
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

void Statement::Bind(const std::string& value) {
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
  if (mode == Mode::kCreate) flags |= SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (mode == Mode::kReadWrite) flags |= SQLITE_OPEN_READWRITE;
  if (mode == Mode::kReadOnly || mode == Mode::kImmutable) flags |= SQLITE_OPEN_READONLY;
  const std::string uri = Uri(file, mode == Mode::kImmutable ? "?immutable=1" : "");
  try {
    const int code = sqlite3_open_v2(uri.c_str(), &handle_, flags, nullptr);
    if (code != SQLITE_OK) Fail(code);
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, busy_timeout_ms);
    if (mode == Mode::kReadWrite && sqlite3_db_readonly(handle_, "main") == 1) {
      Fail(SQLITE_READONLY);
    }
    Script(
        "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
        "PRAGMA cache_size = -16000; PRAGMA journal_size_limit = 67108864;");
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
  ThrowFor(code, kept_errno != 0 ? kept_errno : last_errno, message, file_);
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

}  // namespace datasets
