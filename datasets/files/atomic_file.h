// A file that appears whole or not at all, also after a power cut: the one place that makes
// temporary files and puts them in place.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace datasets {

// An empty file beside `path`, NAME.tmp-PROCESS-LETTERS, that nobody else can have prepared (a new
// file, never through a link). What killed programs had left of that kind in the folder is removed.
// Throws Error for a folder that is missing or cannot be written.
std::filesystem::path MakeTemporaryFor(const std::filesystem::path& path);

// Puts a written temporary file in the place of `path`: the bytes are on the disk before the name
// is, and the name before this returns. Throws Error; the older file is then untouched, and the
// temporary one is removed.
void ReplaceFile(const std::filesystem::path& temporary, const std::filesystem::path& path);

// After it the name of a new file is there when the power is cut. Throws Error.
void SyncNameOf(const std::filesystem::path& path);

// Writes beside the target under a temporary name; Commit flushes to the disk and renames. Without
// Commit nothing remains. Throws Error for a folder that is missing or cannot be written and for a
// full disk; the older file under that name is then untouched.
class AtomicFile {
 public:
  explicit AtomicFile(const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void Write(std::string_view text);
  void Commit();

 private:
  void Flush();
  [[noreturn]] void Fail(const std::string& doing) const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::string buffer_;  // not written yet
  int file_ = -1;
};

void WriteFileAtomically(const std::filesystem::path& path, std::string_view text);

}  // namespace datasets
