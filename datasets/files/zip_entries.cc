#include "datasets/files/zip_entries.h"

#include <zlib.h>

#include <algorithm>

#include "datasets/base/error.h"

namespace datasets {
namespace {

constexpr uint32_t kLocalHeader = 0x04034b50, kCentralHeader = 0x02014b50, kEnd = 0x06054b50;
constexpr uint32_t kEnd64 = 0x06064b50, kEnd64Locator = 0x07064b50;
constexpr size_t kLocalBytes = 30, kCentralBytes = 46, kEndBytes = 22, kEnd64Bytes = 56,
                 kLocatorBytes = 20, kLongestComment = 65535;

[[noreturn]] void RefuseZip(const std::string& what, const std::string& cause) {
  throw Error(what, cause, "get the file again");
}

struct Directory {
  uint64_t offset = 0, bytes = 0, entries = 0;
};

// The end record stands last, before a comment.
size_t FindEnd(Bytes archive, const std::string& what) {
  if (archive.size < kEndBytes) RefuseZip(what, "the archive is truncated");
  const size_t last = archive.size - kEndBytes;
  const size_t first = last > kLongestComment ? last - kLongestComment : 0;
  for (size_t at = last + 1; at-- > first;) {
    if (archive.Unsigned(at, 4) == kEnd) return at;
  }
  RefuseZip(what, "the archive is truncated: its table of contents is missing");
}

Directory FindDirectory(Bytes archive, const std::string& what) {
  const size_t end = FindEnd(archive, what);
  Directory directory;
  directory.entries = archive.Unsigned(end + 10, 2);
  directory.bytes = archive.Unsigned(end + 12, 4);
  directory.offset = archive.Unsigned(end + 16, 4);
  const bool has_locator =
      end >= kLocatorBytes && archive.Unsigned(end - kLocatorBytes, 4) == kEnd64Locator;
  if (has_locator) {
    const uint64_t at = archive.Unsigned(end - kLocatorBytes + 8, 8);
    if (!archive.Holds(at, kEnd64Bytes) || archive.Unsigned(at, 4) != kEnd64) {
      RefuseZip(what, "the archive's table of contents is damaged");
    }
    directory.entries = archive.Unsigned(at + 32, 8);
    directory.bytes = archive.Unsigned(at + 40, 8);
    directory.offset = archive.Unsigned(at + 48, 8);
  }
  if (!archive.Holds(directory.offset, directory.bytes) ||
      directory.entries > directory.bytes / kCentralBytes) {
    RefuseZip(what, "the archive's table of contents is damaged");
  }
  return directory;
}

struct CentralEntry {
  uint64_t stored = 0, size = 0, local = 0;
};

// Sizes that do not fit into 32 bits stand in the extra field 1, in this order.
void ReadZip64(Bytes extra, CentralEntry& entry, const std::string& what) {
  for (size_t at = 0; extra.Holds(at, 4);) {
    const uint64_t kind = extra.Unsigned(at, 2), count = extra.Unsigned(at + 2, 2);
    at += 4;
    if (!extra.Holds(at, count)) break;
    if (kind == 1) {
      size_t from = at;
      for (uint64_t* value : {&entry.size, &entry.stored, &entry.local}) {
        if (*value != 0xffffffff) continue;
        if (from + 8 > at + count) RefuseZip(what, "the archive's table of contents is damaged");
        *value = extra.Unsigned(from, 8);
        from += 8;
      }
    }
    at += count;
  }
}

uint32_t Crc32(Bytes data) {
  constexpr size_t kStep = size_t{1} << 30;  // zlib counts in 32 bits
  uLong crc = crc32(0, nullptr, 0);
  for (size_t at = 0; at < data.size; at += kStep) {
    crc = crc32(crc, data.data + at, static_cast<uInt>(std::min(kStep, data.size - at)));
  }
  return static_cast<uint32_t>(crc);
}

}  // namespace

bool LooksLikeZip(Bytes archive) {
  return archive.Holds(0, 4) && archive.Unsigned(0, 4) == kLocalHeader;
}

std::map<std::string, ZipEntry> ReadZipEntries(Bytes archive, const std::string& what) {
  const Directory directory = FindDirectory(archive, what);
  const Bytes table = archive.Part(directory.offset, directory.bytes);
  std::map<std::string, ZipEntry> entries;
  size_t at = 0;
  for (uint64_t i = 0; i < directory.entries; ++i) {
    if (!table.Holds(at, kCentralBytes) || table.Unsigned(at, 4) != kCentralHeader) {
      RefuseZip(what, "the archive's table of contents is damaged");
    }
    const uint64_t flags = table.Unsigned(at + 8, 2), method = table.Unsigned(at + 10, 2);
    const auto crc = static_cast<uint32_t>(table.Unsigned(at + 16, 4));
    CentralEntry entry;
    entry.stored = table.Unsigned(at + 20, 4);
    entry.size = table.Unsigned(at + 24, 4);
    const uint64_t name_bytes = table.Unsigned(at + 28, 2),
                   extra_bytes = table.Unsigned(at + 30, 2),
                   comment_bytes = table.Unsigned(at + 32, 2);
    entry.local = table.Unsigned(at + 42, 4);
    at += kCentralBytes;
    if (!table.Holds(at, name_bytes + extra_bytes + comment_bytes)) {
      RefuseZip(what, "the archive's table of contents is damaged");
    }
    const std::string name(reinterpret_cast<const char*>(table.data + at), name_bytes);
    ReadZip64(table.Part(at + name_bytes, extra_bytes), entry, what);
    at += name_bytes + extra_bytes + comment_bytes;
    if (flags & 1) RefuseZip(what, "the archive's entry '" + Shown(name) + "' is encrypted");
    if (!archive.Holds(entry.local, kLocalBytes) ||
        archive.Unsigned(entry.local, 4) != kLocalHeader) {
      RefuseZip(what, "the archive's entry '" + Shown(name) + "' is not where it should be");
    }
    const uint64_t start = entry.local + kLocalBytes + archive.Unsigned(entry.local + 26, 2) +
                           archive.Unsigned(entry.local + 28, 2);
    const bool compressed = method != 0 || entry.stored != entry.size;
    if (!archive.Holds(start, entry.stored)) {
      RefuseZip(what,
                "the archive's entry '" + Shown(name) + "' reaches past the end (truncated?)");
    }
    const ZipEntry found{archive.Part(start, entry.stored), crc, entry.size,
                         static_cast<int>(method), compressed};
    if (!entries.emplace(name, found).second) {
      RefuseZip(what, "the archive's entry '" + Shown(name) + "' stands there twice");
    }
  }
  return entries;
}

Bytes CheckedData(const ZipEntry& entry, const std::string& name, const std::string& what) {
  if (entry.compressed) {
    RefuseZip(what, "the archive's entry '" + Shown(name) +
                        "' is compressed; torch.save never compresses");
  }
  if (entry.crc32 != 0 && Crc32(entry.data) != entry.crc32) {
    RefuseZip(what, "the archive's entry '" + Shown(name) + "' is damaged: its check sum is wrong");
  }
  return entry.data;
}

namespace {

// A raw deflate stream being unpacked.
class Inflating {
 public:
  explicit Inflating(Bytes packed) : packed_(packed) {
    good_ = inflateInit2(&stream_, -MAX_WBITS) == Z_OK;
  }
  ~Inflating() {
    if (good_) inflateEnd(&stream_);
  }
  Inflating(const Inflating&) = delete;
  Inflating& operator=(const Inflating&) = delete;

  // False for a damaged stream, and one that holds more than `most_bytes`.
  bool Run(uint64_t most_bytes, std::string* out) {
    constexpr size_t kStep = size_t{1} << 18;
    std::string part(kStep, '\0');
    size_t fed = 0;
    int state = good_ ? Z_OK : Z_MEM_ERROR;
    while (state == Z_OK) {
      if (stream_.avail_in == 0 && fed < packed_.size) {
        const size_t more = std::min(kStep, packed_.size - fed);
        stream_.next_in = const_cast<Bytef*>(packed_.data + fed);
        stream_.avail_in = static_cast<uInt>(more);
        fed += more;
      }
      stream_.next_out = reinterpret_cast<Bytef*>(part.data());
      stream_.avail_out = static_cast<uInt>(kStep);
      state = inflate(&stream_, Z_NO_FLUSH);
      out->append(part, 0, kStep - stream_.avail_out);
      if (out->size() > most_bytes) return false;
    }
    return state == Z_STREAM_END;
  }

 private:
  const Bytes packed_;
  z_stream stream_{};
  bool good_ = false;
};

}  // namespace

std::string UnpackedData(const ZipEntry& entry, const std::string& name, const std::string& what,
                         uint64_t most_bytes) {
  const std::string shown = "the archive's entry '" + Shown(name) + "'";
  if (entry.size > most_bytes) {
    RefuseZip(what,
              shown + " claims " + std::to_string(entry.size) + " bytes, more than it may hold");
  }
  if (!entry.compressed) {
    const Bytes data = CheckedData(entry, name, what);
    return {reinterpret_cast<const char*>(data.data), data.size};
  }
  if (entry.method != 8) RefuseZip(what, shown + " is packed in a way that is not known here");
  std::string data;
  if (!Inflating(entry.data).Run(entry.size, &data) || data.size() != entry.size) {
    RefuseZip(what, shown + " is damaged");
  }
  const Bytes bytes{reinterpret_cast<const uint8_t*>(data.data()), data.size()};
  if (entry.crc32 != 0 && Crc32(bytes) != entry.crc32) {
    RefuseZip(what, shown + " is damaged: its check sum is wrong");
  }
  return data;
}

}  // namespace datasets
