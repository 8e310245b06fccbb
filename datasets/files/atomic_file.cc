#include "datasets/files/atomic_file.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <random>
#include <regex>
#include <set>

#include "datasets/base/error.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

constexpr char kMark[] = ".tmp-";
constexpr size_t kBytesAtOnce = 1 << 16;
constexpr auto kOld = std::chrono::minutes(10);  // a process of another machine may be writing

fs::path FolderOf(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

[[noreturn]] void Throw(const fs::path& path, const std::string& doing, int code) {
  throw Error("file '" + path.string() + "'", doing + ": " + std::strerror(code),
              code == ENOSPC ? "free some space on that disk" : "choose another place");
}

// Whether the file is what a process that is no more had begun: NAME.tmp-PROCESS-LETTERS, and
// what SQLite may have put beside it.
bool IsLeftover(const fs::path& file) {
  static const std::regex pattern(R"(.+\.tmp-([0-9]{1,9})-[a-z]{8}(-wal|-shm|-journal)?)");
  const std::string name = file.filename().string();
  std::smatch match;
  if (name.find(kMark) == std::string::npos || !std::regex_match(name, match, pattern))
    return false;
  const pid_t process = std::stoi(match[1]);
  if (process <= 0 || kill(process, 0) == 0 || errno != ESRCH) return false;
  std::error_code failure;
  if (!fs::is_regular_file(fs::symlink_status(file, failure))) return false;
  const auto written = fs::last_write_time(file, failure);
  return !failure && fs::file_time_type::clock::now() - written > kOld;
}

// Once for a folder: an export may write a hundred thousand files into one.
void RemoveLeftovers(const fs::path& folder) {
  static std::mutex mutex;
  static std::set<std::string> cleaned;
  std::error_code failure;
  {
    std::lock_guard<std::mutex> lock(mutex);
    if (!cleaned.insert(fs::absolute(folder, failure).string()).second) return;
  }
  for (fs::directory_iterator at(folder, failure), end; !failure && at != end;
       at.increment(failure)) {
    std::error_code ignored;
    if (IsLeftover(at->path())) fs::remove(at->path(), ignored);
  }
}

void Sync(const fs::path& path, int flags, const fs::path& what) {
  const int file = open(path.c_str(), flags | O_CLOEXEC);
  if (file < 0) Throw(what, "cannot be written", errno);
  const int failed = fsync(file) != 0 ? errno : 0;
  close(file);
  // Some file systems cannot sync a folder; they put names down in order by themselves.
  if (failed != 0 && failed != EINVAL && failed != ENOTSUP) {
    Throw(what, "cannot be written", failed);
  }
}

}  // namespace

fs::path MakeTemporaryFor(const fs::path& path) {
  std::error_code ignored;
  const fs::path folder = FolderOf(path);
  if (!fs::is_directory(folder, ignored)) {
    throw Error("file '" + path.string() + "'",
                "the folder '" + folder.string() + "' does not exist", "make it first");
  }
  if (fs::is_directory(path, ignored)) {
    throw Error("file '" + path.string() + "'", "a folder has that name", "choose another name");
  }
  RemoveLeftovers(folder);
  std::random_device random;
  constexpr int kTries = 20;
  for (int tries = 0;; ++tries) {
    fs::path temporary = path;
    temporary += kMark + std::to_string(getpid()) + "-";
    for (int i = 0; i < 8; ++i) temporary += static_cast<char>('a' + random() % 26);
    const int file =
        open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (file >= 0) {
      close(file);
      return temporary;
    }
    if (errno != EEXIST || tries == kTries) Throw(path, "cannot be written", errno);
  }
}

void ReplaceFile(const fs::path& temporary, const fs::path& path) {
  try {
    Sync(temporary, O_RDONLY, path);
    std::error_code error;
    fs::rename(temporary, path, error);
    if (error) {
      throw Error("file '" + path.string() + "'", "cannot be replaced: " + error.message(),
                  "choose another name");
    }
  } catch (...) {
    std::error_code ignored;
    fs::remove(temporary, ignored);
    throw;
  }
  SyncNameOf(path);
}

void SyncNameOf(const fs::path& path) { Sync(FolderOf(path), O_RDONLY | O_DIRECTORY, path); }

AtomicFile::AtomicFile(const fs::path& path) : path_(path), temporary_(MakeTemporaryFor(path)) {
  file_ = open(temporary_.c_str(), O_WRONLY | O_CLOEXEC);
  if (file_ >= 0) return;
  const int code = errno;
  std::error_code ignored;
  fs::remove(temporary_, ignored);
  Throw(path, "cannot be written", code);
}

AtomicFile::~AtomicFile() {
  if (file_ >= 0) close(file_);
  std::error_code ignored;
  if (!temporary_.empty()) fs::remove(temporary_, ignored);
}

void AtomicFile::Write(std::string_view text) {
  buffer_.append(text);
  if (buffer_.size() >= kBytesAtOnce) Flush();
}

void AtomicFile::Flush() {
  for (std::string_view rest = buffer_; !rest.empty();) {
    const ssize_t written = write(file_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) Fail("cannot be written");
    rest.remove_prefix(static_cast<size_t>(written));
  }
  buffer_.clear();
}

void AtomicFile::Commit() {
  Flush();
  const int closed = close(file_);
  file_ = -1;
  if (closed != 0) Fail("cannot be written");
  ReplaceFile(temporary_, path_);
  temporary_.clear();
}

void AtomicFile::Fail(const std::string& doing) const { Throw(path_, doing, errno); }

void WriteFileAtomically(const fs::path& path, std::string_view text) {
  AtomicFile file(path);
  file.Write(text);
  file.Commit();
}

}  // namespace datasets
