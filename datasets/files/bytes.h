// Bytes of a file that is looked at in place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace datasets {

// A range that somebody else owns.
struct Bytes {
  const uint8_t* data = nullptr;
  size_t size = 0;

  // True when [offset, offset + count) lies inside.
  bool Holds(uint64_t offset, uint64_t count) const {
    return offset <= size && count <= size - offset;
  }
  // The caller has asked Holds().
  Bytes Part(uint64_t offset, uint64_t count) const {
    return {data + offset, static_cast<size_t>(count)};
  }
  // Little-endian, `width` <= 8 bytes; the caller has asked Holds().
  uint64_t Unsigned(uint64_t offset, int width) const {
    uint64_t value = 0;
    for (int i = width - 1; i >= 0; --i) value = value << 8 | data[offset + i];
    return value;
  }
};

// The whole file, read-only, in memory only as far as it is looked at. It must not be shortened by
// another program meanwhile. Throws Error(thing = `what`) when it cannot be opened, is empty or is
// no plain file.
class MappedFile {
 public:
  MappedFile(const std::filesystem::path& file, const std::string& what);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  Bytes bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};

// Text of a file for a message: one short line without control characters.
std::string Shown(const std::string& text);

}  // namespace datasets
