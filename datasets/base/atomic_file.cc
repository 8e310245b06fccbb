#include "datasets/base/atomic_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "datasets/base/error.h"

namespace datasets {

AtomicFile::AtomicFile(const std::filesystem::path& path) : path_(path) {
  std::error_code ignored;
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  if (!std::filesystem::is_directory(folder, ignored)) {
    throw Error("file '" + path.string() + "'",
                "the folder '" + folder.string() + "' does not exist", "make it first");
  }
  if (std::filesystem::is_directory(path, ignored)) {
    throw Error("file '" + path.string() + "'", "a folder has that name", "choose another name");
  }
  temporary_ = path;
  temporary_ += ".tmp-" + std::to_string(getpid());
  file_ = std::fopen(temporary_.c_str(), "wb");
  if (!file_) Fail("cannot be written");
}

AtomicFile::~AtomicFile() {
  if (file_) std::fclose(file_);
  std::error_code ignored;
  std::filesystem::remove(temporary_, ignored);
}

void AtomicFile::Write(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size()) Fail("cannot be written");
}

void AtomicFile::Commit() {
  if (std::fflush(file_) != 0 || fsync(fileno(file_)) != 0) Fail("cannot be written");
  const int closed = std::fclose(file_);
  file_ = nullptr;
  if (closed != 0) Fail("cannot be written");
  std::error_code error;
  std::filesystem::rename(temporary_, path_, error);
  if (error) {
    throw Error("file '" + path_.string() + "'", "cannot be replaced: " + error.message(),
                "choose another name");
  }
}

void AtomicFile::Fail(const std::string& doing) const {
  throw Error("file '" + path_.string() + "'", doing + ": " + std::strerror(errno),
              errno == ENOSPC ? "free some space on that disk" : "choose another place");
}

void WriteFileAtomically(const std::filesystem::path& path, std::string_view text) {
  AtomicFile file(path);
  file.Write(text);
  file.Commit();
}

}  // namespace datasets
