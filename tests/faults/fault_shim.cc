// A library for LD_PRELOAD: counts the calls that change files beneath one folder, and at the n-th
// lets the disk fail, the program die, or the power go.
//
//   VOLE_FAULT_FOLDER  absolute, without links in it; nothing is done outside of it
//   VOLE_FAULT_COUNT   a file outside of it: gets the number of calls when the program ends, and in
//                      a second line the n-th call
//   VOLE_FAULT_AT      n, from 1; 0 or nothing: only count
//   VOLE_FAULT_KIND    enospc, eio   the n-th call fails so, the next ones succeed
//                      full, dead    so do all later ones: those that need space, or all
//                      short         the n-th call writes half and says so
//                      kill          SIGKILL before the n-th call
//                      power         the same, and of every file only what was synced is left
//                      power-names   the same, and of every folder too: names not synced come
//                      undone power-some    the same, and some of what was not synced is on the
//                      disk
//                                    nevertheless, in any order: each write by a throw of
//                                    VOLE_FAULT_SEED
//
// With n above the number of calls the power goes after the program has ended. Real syncs are left
// out: what they promise is what is pretended here. The log index of SQLite (-shm), which is shared
// memory, does not count. A program that forks and writes from both is not understood.
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace {

enum class Call { kOpen, kWrite, kTruncate, kSync, kRename, kLink, kUnlink };

// What is not on the disk yet: bytes at an offset, or a new length.
struct Change {
  bool truncate;
  off_t offset;
  std::string bytes;
};

// One file, by its inode. Its descriptor is never closed: that would give up the program's locks.
struct Shadow {
  int descriptor = -1;
  std::string synced;
  std::vector<Change> pending;
};

// A name that was made or given up and that no sync of its folder has put down yet.
struct NameChange {
  Call call;
  std::string from, to;  // of a new or removed file: `to` alone
  std::string grave;     // where the file that had the name `to` is kept; "" when there was none
};

using Inode = std::pair<dev_t, ino_t>;

struct State {
  std::recursive_mutex mutex;
  std::string folder, kind, grave, count_file, nth;
  long at = 0, count = 0, graves = 0;
  uint64_t dice = 0;
  bool power = false, names = false, some = false;
  std::map<Inode, Shadow> files;
  std::vector<NameChange> renamed;
};

std::string Environment(const char* name) {
  const char* value = getenv(name);
  return value ? value : "";
}

State& Now() {
  static State* state = [] {
    auto* made = new State;  // never deleted: used until the very end
    made->folder = Environment("VOLE_FAULT_FOLDER");
    made->kind = Environment("VOLE_FAULT_KIND");
    made->count_file = Environment("VOLE_FAULT_COUNT");
    made->at = atol(Environment("VOLE_FAULT_AT").c_str());
    made->dice = strtoull(Environment("VOLE_FAULT_SEED").c_str(), nullptr, 10);
    made->power = made->at > 0 && made->kind.rfind("power", 0) == 0;
    made->names = made->kind == "power-names";
    made->some = made->kind == "power-some";
    made->grave = made->folder + ".grave";
    if (made->names) mkdir(made->grave.c_str(), 0700);
    return made;
  }();
  return *state;
}

bool EndsWith(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool IsWatched(const std::string& path) {
  const std::string& folder = Now().folder;
  return !folder.empty() && path.size() > folder.size() && path[folder.size()] == '/' &&
         path.compare(0, folder.size(), folder) == 0 && !EndsWith(path, "-shm");
}

std::string PathOf(int descriptor) {
  char link[40], path[4096];
  snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
  const ssize_t size = readlink(link, path, sizeof(path));
  return size > 0 ? std::string(path, static_cast<size_t>(size)) : "";
}

std::string Absolute(int folder, const char* path) {
  if (path[0] == '/') return path;
  if (folder != AT_FDCWD) return PathOf(folder) + "/" + path;
  char here[4096];
  return syscall(SYS_getcwd, here, sizeof(here)) > 0 ? std::string(here) + "/" + path : path;
}

std::string FolderOf(const std::string& path) { return path.substr(0, path.rfind('/')); }

bool Exists(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0;
}

std::string Content(int descriptor) {
  std::string bytes;
  char part[65536];
  for (;;) {
    const ssize_t got = syscall(SYS_pread64, descriptor, part, sizeof(part), bytes.size());
    if (got <= 0) return bytes;
    bytes.append(part, static_cast<size_t>(got));
  }
}

// The shadow of a file; what it holds when it is first seen is taken for synced.
Shadow* ShadowOf(const char* path) {
  const int saved = errno;
  struct stat status {};
  Shadow* shadow = nullptr;
  if (stat(path, &status) == 0 && S_ISREG(status.st_mode)) {
    shadow = &Now().files[{status.st_dev, status.st_ino}];
    if (shadow->descriptor < 0) {
      shadow->descriptor =
          static_cast<int>(syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC));
      shadow->synced = Content(shadow->descriptor);
    }
  }
  errno = saved;
  return shadow;
}

Shadow* ShadowOf(int descriptor) {
  char link[40];
  snprintf(link, sizeof(link), "/proc/self/fd/%d", descriptor);
  return ShadowOf(link);
}

void Apply(const Change& change, std::string* bytes) {
  const auto offset = static_cast<size_t>(change.offset);
  if (change.truncate) return bytes->resize(offset);
  if (bytes->size() < offset + change.bytes.size()) bytes->resize(offset + change.bytes.size());
  bytes->replace(offset, change.bytes.size(), change.bytes);
}

bool Throw() {  // splitmix64
  uint64_t x = Now().dice += 0x9E3779B97F4A7C15ULL;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
  return ((x ^ (x >> 31)) & 1) != 0;
}

void LosePower() {
  State& state = Now();
  for (auto& [inode, shadow] : state.files) {
    if (shadow.pending.empty() || shadow.descriptor < 0) continue;
    std::string bytes = shadow.synced;
    for (const Change& change : shadow.pending) {
      if (state.some && Throw()) Apply(change, &bytes);
    }
    syscall(SYS_ftruncate, shadow.descriptor, 0);
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t put =
          syscall(SYS_pwrite64, shadow.descriptor, bytes.data() + done, bytes.size() - done, done);
      if (put <= 0) break;
      done += static_cast<size_t>(put);
    }
  }
  for (auto change = state.renamed.rbegin(); change != state.renamed.rend(); ++change) {
    if (change->call == Call::kRename) {
      syscall(SYS_renameat, AT_FDCWD, change->to.c_str(), AT_FDCWD, change->from.c_str());
    } else if (change->call != Call::kUnlink) {
      syscall(SYS_unlinkat, AT_FDCWD, change->to.c_str(), 0);
    }
    if (!change->grave.empty()) {
      syscall(SYS_renameat, AT_FDCWD, change->grave.c_str(), AT_FDCWD, change->to.c_str());
    }
  }
}

void Report() {
  const State& state = Now();
  if (state.count_file.empty()) return;
  const std::string text = std::to_string(state.count) + "\n" + state.nth + "\n";
  const auto file = static_cast<int>(syscall(SYS_openat, AT_FDCWD, state.count_file.c_str(),
                                             O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (file < 0) return;
  syscall(SYS_write, file, text.data(), text.size());
  close(file);
}

[[noreturn]] void Die() {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

// Counts one call. 0: it may go on; -1: it is to write half; else the error that it ends with.
int Fault(Call call, const std::string& path) {
  static const char* const kNames[] = {"open",   "write", "truncate", "sync",
                                       "rename", "link",  "unlink"};
  State& state = Now();
  ++state.count;
  if (state.at == 0 || state.count < state.at) return 0;
  if (state.count == state.at) {
    state.nth = kNames[static_cast<int>(call)] + (" " + path);
    Report();
  }
  const bool needs_space = call == Call::kOpen || call == Call::kWrite || call == Call::kTruncate;
  if (state.kind == "full") return needs_space ? ENOSPC : 0;
  if (state.kind == "dead") return EIO;
  if (state.count > state.at) return 0;
  if (state.kind == "enospc") return ENOSPC;
  if (state.kind == "eio") return EIO;
  if (state.kind == "short") return call == Call::kWrite ? -1 : 0;
  if (state.power) LosePower();
  Die();
}

void AddName(Call call, const std::string& from, const std::string& to, const std::string& grave) {
  if (Now().names) Now().renamed.push_back({call, from, to, grave});
}

// Keeps the file that is about to lose its name.
std::string Bury(const std::string& path) {
  State& state = Now();
  if (!state.names || !Exists(path)) return "";
  ShadowOf(path.c_str());
  const std::string grave = state.grave + "/" + std::to_string(state.graves++);
  syscall(SYS_linkat, AT_FDCWD, path.c_str(), AT_FDCWD, grave.c_str(), 0);
  return grave;
}

// Before a file is opened for writing. 0, or the error it ends with.
int Opening(const std::string& path, bool truncate, bool* is_new) {
  *is_new = !Exists(path);
  const int error = Fault(Call::kOpen, path);
  if (error > 0) return error;
  if (Now().power && !*is_new && truncate) {
    if (Shadow* shadow = ShadowOf(path.c_str())) shadow->pending.push_back({true, 0, ""});
  }
  return 0;
}

void Opened(const std::string& path, bool is_new) {
  if (!Now().power || !is_new) return;
  ShadowOf(path.c_str());
  AddName(Call::kOpen, "", path, "");
}

int Open(int folder, const char* path, int flags, mode_t mode) {
  const std::string absolute = Absolute(folder, path);
  const bool changes = (flags & (O_CREAT | O_TRUNC)) != 0;
  if (!changes || !IsWatched(absolute) || (flags & O_TMPFILE) == O_TMPFILE) {
    return static_cast<int>(syscall(SYS_openat, folder, path, flags, mode));
  }
  std::lock_guard<std::recursive_mutex> lock(Now().mutex);
  bool is_new = false;
  if (const int error = Opening(absolute, (flags & O_TRUNC) != 0, &is_new)) {
    errno = error;
    return -1;
  }
  const auto descriptor = static_cast<int>(syscall(SYS_openat, folder, path, flags, mode));
  if (descriptor >= 0) Opened(absolute, is_new);
  return descriptor;
}

// `at` -1: where the descriptor stands.
ssize_t Write(int descriptor, const char* bytes, size_t size, off_t at) {
  const auto put = [&](size_t count) {
    return at < 0 ? syscall(SYS_write, descriptor, bytes, count)
                  : syscall(SYS_pwrite64, descriptor, bytes, count, at);
  };
  const std::string path = PathOf(descriptor);
  if (!IsWatched(path)) return put(size);
  std::lock_guard<std::recursive_mutex> lock(Now().mutex);
  const int error = Fault(Call::kWrite, path);
  if (error > 0) {
    errno = error;
    return -1;
  }
  if (error < 0 && size > 1) size /= 2;
  Shadow* shadow = Now().power ? ShadowOf(descriptor) : nullptr;
  const ssize_t written = put(size);
  if (shadow && written > 0) {
    const off_t end = at < 0 ? lseek(descriptor, 0, SEEK_CUR) : at + written;
    shadow->pending.push_back(
        {false, end - written, std::string(bytes, static_cast<size_t>(written))});
  }
  return written;
}

ssize_t WriteParts(int descriptor, const iovec* parts, int count, off_t at) {
  if (!IsWatched(PathOf(descriptor))) {
    return at < 0 ? syscall(SYS_writev, descriptor, parts, count)
                  : syscall(SYS_pwritev, descriptor, parts, count, at, 0);
  }
  std::string all;
  for (int i = 0; i < count; ++i) {
    all.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  }
  return Write(descriptor, all.data(), all.size(), at);
}

int Truncate(int descriptor, off_t size) {
  const std::string path = PathOf(descriptor);
  if (!IsWatched(path)) {
    return static_cast<int>(syscall(SYS_ftruncate, descriptor, size));
  }
  std::lock_guard<std::recursive_mutex> lock(Now().mutex);
  const int error = Fault(Call::kTruncate, path);
  if (error > 0) {
    errno = error;
    return -1;
  }
  if (Now().power) {
    if (Shadow* shadow = ShadowOf(descriptor)) shadow->pending.push_back({true, size, ""});
  }
  return static_cast<int>(syscall(SYS_ftruncate, descriptor, size));
}

int Sync(int descriptor, long real) {
  const std::string path = PathOf(descriptor);
  const bool is_folder = path == Now().folder;
  if (!is_folder && !IsWatched(path)) return static_cast<int>(syscall(real, descriptor));
  std::lock_guard<std::recursive_mutex> lock(Now().mutex);
  const int error = Fault(Call::kSync, path);
  if (error > 0) {
    errno = error;
    return -1;
  }
  if (!Now().power) return 0;
  struct stat status {};
  if (fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) {
    auto& names = Now().renamed;
    names.erase(
        std::remove_if(names.begin(), names.end(),
                       [&](const NameChange& change) { return FolderOf(change.to) == path; }),
        names.end());
  } else if (Shadow* shadow = ShadowOf(descriptor)) {
    shadow->synced = Content(shadow->descriptor);
    shadow->pending.clear();
  }
  return 0;
}

int Unlink(int folder, const char* path, int flags) {
  const std::string absolute = Absolute(folder, path);
  if (flags != 0 || !IsWatched(absolute) || !Exists(absolute)) {
    return static_cast<int>(syscall(SYS_unlinkat, folder, path, flags));
  }
  std::lock_guard<std::recursive_mutex> lock(Now().mutex);
  const int error = Fault(Call::kUnlink, absolute);
  if (error > 0) {
    errno = error;
    return -1;
  }
  const std::string grave = Bury(absolute);
  const auto result = static_cast<int>(syscall(SYS_unlinkat, folder, path, flags));
  if (result == 0) AddName(Call::kUnlink, "", absolute, grave);
  return result;
}

// A new name for a file: in the place of the old one, or beside it.
int Name(Call call, int from_folder, const char* from, int to_folder, const char* to, int flags) {
  const std::string before = Absolute(from_folder, from), after = Absolute(to_folder, to);
  const auto real = [&] {
    return static_cast<int>(call == Call::kRename
                                ? syscall(SYS_renameat2, from_folder, from, to_folder, to, flags)
                                : syscall(SYS_linkat, from_folder, from, to_folder, to, flags));
  };
  if (!IsWatched(before) && !IsWatched(after)) return real();
  std::lock_guard<std::recursive_mutex> lock(Now().mutex);
  const int error = Fault(call, after);
  if (error > 0) {
    errno = error;
    return -1;
  }
  const std::string grave = call == Call::kRename ? Bury(after) : "";
  const int result = real();
  if (result == 0) AddName(call, before, after, grave);
  return result;
}

using OpenFile = FILE* (*)(const char*, const char*);

FILE* OpenStream(const char* name, const char* path, const char* mode) {
  static const auto real = reinterpret_cast<OpenFile>(dlsym(RTLD_NEXT, name));
  const std::string absolute = Absolute(AT_FDCWD, path);
  if (!std::strpbrk(mode, "wa") || !IsWatched(absolute)) return real(path, mode);
  std::lock_guard<std::recursive_mutex> lock(Now().mutex);
  bool is_new = false;
  if (const int error = Opening(absolute, std::strchr(mode, 'w') != nullptr, &is_new)) {
    errno = error;
    return nullptr;
  }
  FILE* file = real(path, mode);
  if (file) Opened(absolute, is_new);
  return file;
}

mode_t ModeOf(int flags, va_list arguments) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
}

const pid_t program = getpid();

// At an exit, and before `_exit` of the program itself (not of a copy of it that only reads).
__attribute__((destructor)) void End() {
  if (Now().power && Now().count < Now().at) LosePower();
  Report();
}

}  // namespace

// What follows has the names of the C library's functions, and takes their place.
#define VOLE_WITH_MODE(call)                    \
  va_list arguments;                            \
  va_start(arguments, flags);                   \
  const mode_t mode = ModeOf(flags, arguments); \
  va_end(arguments);                            \
  return call;

extern "C" {

[[noreturn]] void _exit(int code) {
  if (getpid() == program) End();
  for (;;) syscall(SYS_exit_group, code);
}

int open(const char* path, int flags, ...) { VOLE_WITH_MODE(Open(AT_FDCWD, path, flags, mode)) }
int open64(const char* path, int flags, ...) { VOLE_WITH_MODE(Open(AT_FDCWD, path, flags, mode)) }
int openat(int folder, const char* path, int flags, ...) {
  VOLE_WITH_MODE(Open(folder, path, flags, mode))
}
int openat64(int folder, const char* path, int flags, ...) {
  VOLE_WITH_MODE(Open(folder, path, flags, mode))
}
int creat(const char* path, mode_t mode) {
  return Open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}
int creat64(const char* path, mode_t mode) { return creat(path, mode); }
FILE* fopen(const char* path, const char* mode) { return OpenStream("fopen", path, mode); }
FILE* fopen64(const char* path, const char* mode) { return OpenStream("fopen64", path, mode); }

ssize_t write(int descriptor, const void* bytes, size_t size) {
  return Write(descriptor, static_cast<const char*>(bytes), size, -1);
}
ssize_t pwrite(int descriptor, const void* bytes, size_t size, off_t at) {
  return Write(descriptor, static_cast<const char*>(bytes), size, at);
}
ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t at) {
  return Write(descriptor, static_cast<const char*>(bytes), size, at);
}
ssize_t writev(int descriptor, const iovec* parts, int count) {
  return WriteParts(descriptor, parts, count, -1);
}
ssize_t pwritev(int descriptor, const iovec* parts, int count, off_t at) {
  return WriteParts(descriptor, parts, count, at);
}
ssize_t pwritev64(int descriptor, const iovec* parts, int count, off64_t at) {
  return WriteParts(descriptor, parts, count, at);
}
int ftruncate(int descriptor, off_t size) noexcept { return Truncate(descriptor, size); }
int ftruncate64(int descriptor, off64_t size) noexcept { return Truncate(descriptor, size); }
int fsync(int descriptor) { return Sync(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return Sync(descriptor, SYS_fdatasync); }

int unlink(const char* path) noexcept { return Unlink(AT_FDCWD, path, 0); }
int unlinkat(int folder, const char* path, int flags) noexcept {
  return Unlink(folder, path, flags);
}
int remove(const char* path) noexcept {
  struct stat status {};
  const bool is_folder = lstat(path, &status) == 0 && S_ISDIR(status.st_mode);
  return Unlink(AT_FDCWD, path, is_folder ? AT_REMOVEDIR : 0);
}
int rename(const char* from, const char* to) noexcept {
  return Name(Call::kRename, AT_FDCWD, from, AT_FDCWD, to, 0);
}
int renameat(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  return Name(Call::kRename, from_folder, from, to_folder, to, 0);
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to,
              unsigned int flags) noexcept {
  return Name(Call::kRename, from_folder, from, to_folder, to, static_cast<int>(flags));
}
int link(const char* from, const char* to) noexcept {
  return Name(Call::kLink, AT_FDCWD, from, AT_FDCWD, to, 0);
}
int linkat(int from_folder, const char* from, int to_folder, const char* to, int flags) noexcept {
  return Name(Call::kLink, from_folder, from, to_folder, to, flags);
}

}  // extern "C"
