#include "datasets/store/file/open.h"

#include <unistd.h>

#include <vector>

#include "datasets/store/owner.h"
#include "datasets/store/schema/schema.h"
#include "datasets/store/transaction.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<Connection> Opened(const fs::path& file, Connection::Mode mode,
                                   int busy_timeout_ms) {
  auto connection = std::make_unique<Connection>(file, mode, busy_timeout_ms);
  connection->Run("SELECT count(*) FROM sqlite_schema");  // opening alone reads nothing
  return connection;
}

bool CannotLock(int code) {
  return (code & 0xff) == SQLITE_CANTOPEN || code == SQLITE_READONLY_CANTINIT ||
         code == SQLITE_READONLY_CANTLOCK || code == SQLITE_READONLY_DIRECTORY;
}

bool CannotRollBack(int code) {
  return code == SQLITE_READONLY_ROLLBACK || code == SQLITE_READONLY_RECOVERY || CannotLock(code);
}

// A path as a shell takes it.
std::string Quoted(const fs::path& file) {
  std::string quoted = "'";
  for (const char c : file.string()) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

// For reading, too, an older file becomes today's: every query is written for that one.
void MigrateForReading(const fs::path& file, int version, int busy_timeout_ms) {
  try {
    Connection connection(file, Connection::Mode::kReadWrite, busy_timeout_ms);
    Migrate(connection, ProjectMigrations());
    connection.Run("PRAGMA journal_mode = WAL");
  } catch (const std::exception& error) {
    const fs::path folder = file.parent_path();
    if (access(file.c_str(), W_OK) == 0 && access(folder.c_str(), W_OK) == 0) throw;
    const std::string name = file.filename().string();
    throw Error("project '" + file.string() + "'",
                "it was written by an older Vole (file version " + std::to_string(version) +
                    ") and cannot be brought up to date where nothing can be written",
                "copy it to a folder of yours: cp " + Quoted(file) +
                    (HasBeside(file, "-wal") ? "*" : "") + " . && vole info " + Quoted(name));
  }
}

void MarkInterruptedJobs(Connection& connection) {
  std::vector<int64_t> gone;
  {
    auto rows = connection.Query("SELECT id, owner FROM jobs WHERE state IN ('running', 'queued')");
    while (rows.Step()) {
      if (!MayBeAlive(rows.Text(1))) gone.push_back(rows.Int(0));
    }
  }
  if (gone.empty()) return;
  Transaction transaction(connection);
  for (const int64_t id : gone) {
    connection.Run(
        "UPDATE jobs SET state = 'interrupted', error = 'the program ended before it was"
        " done', finished_at = ? WHERE id = ? AND state IN ('running', 'queued')",
        NowMs(), id);
  }
  transaction.Commit();
}

[[noreturn]] void SayUnfinished(const fs::path& file, const char* suffix) {
  throw Error("project '" + file.string() + "'",
              "a program was stopped while it wrote to it, and what it left in '" +
                  file.filename().string() + suffix + "' cannot be put in order here",
              "open it once where you may write, as with 'vole info', or copy both files there");
}

}  // namespace

bool HasBeside(const fs::path& file, const char* suffix) {
  std::error_code failure;
  fs::path beside = file;
  beside += suffix;
  const auto bytes = fs::file_size(beside, failure);
  return !failure && bytes > 0;
}

std::unique_ptr<Connection> OpenUnchecked(const fs::path& file, Connection::Mode* mode,
                                          int busy_timeout_ms) {
  try {
    return Opened(file, *mode, busy_timeout_ms);
  } catch (const DatabaseError& error) {
    if (!CannotRollBack(error.code())) throw;
    const fs::path folder = fs::absolute(file).parent_path();
    const bool writable = access(folder.c_str(), W_OK) == 0 && access(file.c_str(), W_OK) == 0;
    const bool journal = HasBeside(file, "-journal"), log = HasBeside(file, "-wal");
    if (writable && (journal || log)) {
      Opened(file, Connection::Mode::kReadWrite, busy_timeout_ms);  // undoes the half of a write
      return Opened(file, *mode, busy_timeout_ms);
    }
    if (journal || log) SayUnfinished(file, journal ? "-journal" : "-wal");
    if (access(folder.c_str(), W_OK) == 0 || !CannotLock(error.code())) throw;
  }
  *mode = Connection::Mode::kImmutable;
  return Opened(file, *mode, busy_timeout_ms);
}

std::unique_ptr<Connection> OpenForReading(const fs::path& file, Connection::Mode* mode,
                                           int busy_timeout_ms) {
  auto connection = OpenUnchecked(file, mode, busy_timeout_ms);
  CheckIsProject(*connection, ProjectMigrations());
  const int version = SchemaVersion(*connection);
  if (version == static_cast<int>(ProjectMigrations().size())) return connection;
  connection.reset();
  MigrateForReading(file, version, busy_timeout_ms);
  return OpenUnchecked(file, mode, busy_timeout_ms);
}

std::unique_ptr<Connection> OpenForWriting(const fs::path& file, int busy_timeout_ms) {
  auto connection =
      std::make_unique<Connection>(file, Connection::Mode::kReadWrite, busy_timeout_ms);
  CheckIsProject(*connection, ProjectMigrations());
  Migrate(*connection, ProjectMigrations());
  connection->Run("PRAGMA journal_mode = WAL");
  MarkInterruptedJobs(*connection);
  return connection;
}

void MakeProjectFile(const fs::path& file, int busy_timeout_ms) {
  // Without a log beside it, which would be merged into the file when it is closed: what fails then
  // is said to nobody. The first opening makes it one with a log.
  Connection connection(file, Connection::Mode::kCreate, busy_timeout_ms);
  Migrate(connection, ProjectMigrations());
}

}  // namespace datasets
