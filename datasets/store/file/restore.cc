#include "datasets/store/file/restore.h"

#include "datasets/files/atomic_file.h"
#include "datasets/store/copy.h"
#include "datasets/store/file/open.h"
#include "datasets/store/schema/schema.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

constexpr int kCopyTimeoutMs = 10000;

fs::path With(const fs::path& file, const std::string& suffix) {
  fs::path path = file;
  path += suffix;
  return path;
}

// Throws where another program has the project open: the log can be given up only by the last one.
// A file too damaged to tell is nobody's.
void CheckIsClosed(const fs::path& file) {
  try {
    Connection(file, Connection::Mode::kReadWrite, 0).Run("PRAGMA journal_mode = DELETE");
  } catch (const DatabaseError& error) {
    const int code = error.code() & 0xff;
    if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
      throw Error("project '" + file.string() + "'", "it is open in another program",
                  "close it there first");
    }
  }
}

fs::path NameForReplaced(const fs::path& file) {
  for (int number = 1;; ++number) {
    fs::path name = file;
    name.replace_filename(file.stem().string() + ".replaced" +
                          (number > 1 ? std::to_string(number) : "") + file.extension().string());
    if (!fs::exists(name)) return name;
  }
}

}  // namespace

fs::path RestoreProject(const fs::path& given, const fs::path& copy) {
  const fs::path file = fs::absolute(given);
  std::error_code failure;
  if (!fs::is_regular_file(copy, failure)) {
    throw Error("copy '" + copy.string() + "'", "there is no such file",
                "give a copy of the project, such as NAME.vole.bak");
  }
  if (fs::equivalent(file, copy, failure)) {
    throw Error("copy '" + copy.string() + "'", "it is the project itself",
                "give another file: a copy of it");
  }
  auto mode = Connection::Mode::kReadOnly;
  const auto from = OpenUnchecked(copy, &mode, kCopyTimeoutMs);
  CheckIsProject(*from, ProjectMigrations());
  {
    auto check = from->Query("PRAGMA quick_check(1)");
    if (check.Step() && check.Text(0) != "ok") {
      throw DatabaseError(SQLITE_CORRUPT, "copy '" + copy.string() + "'",
                          "it is damaged too (" + check.Text(0) + ")",
                          "give another copy, or save what can be read: vole recover");
    }
  }
  const bool was_there = fs::exists(file, failure);
  if (was_there) CheckIsClosed(file);
  const fs::path fresh = With(file, ".restored");
  CopyTo(*from, fresh);
  fs::path kept;
  try {
    if (was_there) {
      kept = NameForReplaced(file);
      // A second name first, so that at every moment there is a project under the first one.
      fs::create_hard_link(file, kept, failure);
      if (failure) fs::rename(file, kept);  // a file system without links
      for (const char* suffix : {"-wal", "-journal"}) {
        if (fs::exists(With(file, suffix))) fs::rename(With(file, suffix), With(kept, suffix));
      }
    }
    for (const char* suffix : {"-wal", "-journal", "-shm"}) fs::remove(With(file, suffix));
  } catch (const fs::filesystem_error& error) {
    fs::remove(fresh, failure);
    throw Error("project '" + file.string() + "'", error.code().message(),
                "check who may write to its folder; nothing was lost");
  }
  ReplaceFile(fresh, file);
  return kept;
}

}  // namespace datasets
