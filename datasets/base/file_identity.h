// Whether a path still leads to the file that was opened there.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace datasets {

struct FileIdentity {
  uint64_t device = 0, inode = 0;
  int64_t bytes = 0;
  int64_t changed_ns = 0;  // when its content was last written, since 1970

  bool SameFile(const FileIdentity& other) const {
    return device == other.device && inode == other.inode;
  }
  bool operator==(const FileIdentity& other) const {
    return SameFile(other) && bytes == other.bytes && changed_ns == other.changed_ns;
  }
};

// Nothing where there is no file.
std::optional<FileIdentity> IdentityOf(const std::filesystem::path& file);

}  // namespace datasets
