#include "train/weights/zip_entries.h"

#include <algorithm>
#include <array>

#include "datasets/base/error.h"

namespace train {
namespace {

constexpr uint32_t kLocalHeader = 0x04034b50, kCentralHeader = 0x02014b50, kEnd = 0x06054b50;
constexpr uint32_t kEnd64 = 0x06064b50, kEnd64Locator = 0x07064b50;
constexpr size_t kLocalBytes = 30, kCentralBytes = 46, kEndBytes = 22, kEnd64Bytes = 56,
                 kLocatorBytes = 20, kLongestComment = 65535;

[[noreturn]] void Refuse(const std::string& file, const std::string& cause) {
  throw datasets::Error("weights " + file, cause, "get the file again");
}

struct Directory {
  uint64_t offset = 0, bytes = 0, entries = 0;
};

// The end record stands last, before a comment.
size_t FindEnd(Bytes archive, const std::string& file) {
  if (archive.size < kEndBytes) Refuse(file, "the archive is truncated");
  const size_t last = archive.size - kEndBytes;
  const size_t first = last > kLongestComment ? last - kLongestComment : 0;
  for (size_t at = last + 1; at-- > first;) {
    if (archive.Unsigned(at, 4) == kEnd) return at;
  }
  Refuse(file, "the archive is truncated: its table of contents is missing");
}

Directory FindDirectory(Bytes archive, const std::string& file) {
  const size_t end = FindEnd(archive, file);
  Directory directory;
  directory.entries = archive.Unsigned(end + 10, 2);
  directory.bytes = archive.Unsigned(end + 12, 4);
  directory.offset = archive.Unsigned(end + 16, 4);
  const bool has_locator =
      end >= kLocatorBytes && archive.Unsigned(end - kLocatorBytes, 4) == kEnd64Locator;
  if (has_locator) {
    const uint64_t at = archive.Unsigned(end - kLocatorBytes + 8, 8);
    if (!archive.Holds(at, kEnd64Bytes) || archive.Unsigned(at, 4) != kEnd64) {
      Refuse(file, "the archive's table of contents is damaged");
    }
    directory.entries = archive.Unsigned(at + 32, 8);
    directory.bytes = archive.Unsigned(at + 40, 8);
    directory.offset = archive.Unsigned(at + 48, 8);
  }
  if (!archive.Holds(directory.offset, directory.bytes) ||
      directory.entries > directory.bytes / kCentralBytes) {
    Refuse(file, "the archive's table of contents is damaged");
  }
  return directory;
}

struct CentralEntry {
  uint64_t stored = 0, size = 0, local = 0;
};

// Sizes that do not fit into 32 bits stand in the extra field 1, in this order.
void ReadZip64(Bytes extra, CentralEntry& entry, const std::string& file) {
  for (size_t at = 0; extra.Holds(at, 4);) {
    const uint64_t kind = extra.Unsigned(at, 2), count = extra.Unsigned(at + 2, 2);
    at += 4;
    if (!extra.Holds(at, count)) break;
    if (kind == 1) {
      size_t from = at;
      for (uint64_t* value : {&entry.size, &entry.stored, &entry.local}) {
        if (*value != 0xffffffff) continue;
        if (from + 8 > at + count) Refuse(file, "the archive's table of contents is damaged");
        *value = extra.Unsigned(from, 8);
        from += 8;
      }
    }
    at += count;
  }
}

std::array<std::array<uint32_t, 256>, 4> MakeCrcTables() {
  std::array<std::array<uint32_t, 256>, 4> tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ 0xedb88320 : value >> 1;
    tables[0][i] = value;
  }
  for (size_t t = 1; t < tables.size(); ++t) {
    for (uint32_t i = 0; i < 256; ++i) {
      tables[t][i] = tables[t - 1][i] >> 8 ^ tables[0][tables[t - 1][i] & 255];
    }
  }
  return tables;
}

uint32_t Crc32(Bytes data) {
  static const auto tables = MakeCrcTables();
  uint32_t crc = 0xffffffff;
  size_t i = 0;
  for (; i + 4 <= data.size; i += 4) {
    crc ^= static_cast<uint32_t>(data.Unsigned(i, 4));
    crc = tables[3][crc & 255] ^ tables[2][crc >> 8 & 255] ^ tables[1][crc >> 16 & 255] ^
          tables[0][crc >> 24];
  }
  for (; i < data.size; ++i) crc = crc >> 8 ^ tables[0][(crc ^ data.data[i]) & 255];
  return ~crc;
}

}  // namespace

bool LooksLikeZip(Bytes archive) {
  return archive.Holds(0, 4) && archive.Unsigned(0, 4) == kLocalHeader;
}

std::map<std::string, ZipEntry> ReadZipEntries(Bytes archive, const std::string& file) {
  const Directory directory = FindDirectory(archive, file);
  const Bytes table = archive.Part(directory.offset, directory.bytes);
  std::map<std::string, ZipEntry> entries;
  size_t at = 0;
  for (uint64_t i = 0; i < directory.entries; ++i) {
    if (!table.Holds(at, kCentralBytes) || table.Unsigned(at, 4) != kCentralHeader) {
      Refuse(file, "the archive's table of contents is damaged");
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
      Refuse(file, "the archive's table of contents is damaged");
    }
    const std::string name(reinterpret_cast<const char*>(table.data + at), name_bytes);
    ReadZip64(table.Part(at + name_bytes, extra_bytes), entry, file);
    at += name_bytes + extra_bytes + comment_bytes;
    if (flags & 1) Refuse(file, "the archive's entry '" + Shown(name) + "' is encrypted");
    if (!archive.Holds(entry.local, kLocalBytes) ||
        archive.Unsigned(entry.local, 4) != kLocalHeader) {
      Refuse(file, "the archive's entry '" + Shown(name) + "' is not where it should be");
    }
    const uint64_t start = entry.local + kLocalBytes + archive.Unsigned(entry.local + 26, 2) +
                           archive.Unsigned(entry.local + 28, 2);
    const bool compressed = method != 0 || entry.stored != entry.size;
    if (!archive.Holds(start, entry.stored)) {
      Refuse(file, "the archive's entry '" + Shown(name) + "' reaches past the end (truncated?)");
    }
    if (!entries.emplace(name, ZipEntry{archive.Part(start, entry.stored), crc, compressed})
             .second) {
      Refuse(file, "the archive's entry '" + Shown(name) + "' stands there twice");
    }
  }
  return entries;
}

Bytes CheckedData(const ZipEntry& entry, const std::string& name, const std::string& file) {
  if (entry.compressed) {
    Refuse(file,
           "the archive's entry '" + Shown(name) + "' is compressed; torch.save never compresses");
  }
  if (entry.crc32 != 0 && Crc32(entry.data) != entry.crc32) {
    Refuse(file, "the archive's entry '" + Shown(name) + "' is damaged: its check sum is wrong");
  }
  return entry.data;
}

}  // namespace train
