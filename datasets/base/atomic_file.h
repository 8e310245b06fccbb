// A file that appears whole or not at all.
#pragma once

#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

namespace datasets {

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
  [[noreturn]] void Fail(const std::string& doing) const;

  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::FILE* file_ = nullptr;
};

void WriteFileAtomically(const std::filesystem::path& path, std::string_view text);

}  // namespace datasets
