// The entries of a zip archive (APPNOTE 6.3.9, with zip64), as PyTorch and NumPy write it. Nothing
// is copied: entries point into the archive.
#pragma once

#include <map>
#include <string>

#include "datasets/files/bytes.h"

namespace datasets {

struct ZipEntry {
  Bytes data;          // as it lies there
  uint32_t crc32 = 0;  // as the archive says; 0 where its writer did not count it
  uint64_t size = 0;   // unpacked, as the archive says
  int method = 0;      // 0: stored, 8: deflated
  bool compressed = false;
};

bool LooksLikeZip(Bytes archive);

// By name. Throws Error(thing = `what`) for archives that are truncated or encrypted, or whose
// entries reach outside of it or share a name.
std::map<std::string, ZipEntry> ReadZipEntries(Bytes archive, const std::string& what);

// The data of a stored entry; throws Error when it is compressed or does not have the check sum
// that the archive states.
Bytes CheckedData(const ZipEntry& entry, const std::string& name, const std::string& what);
// The data of a stored or deflated entry. Memory is taken as data comes out, never for what the
// archive only claims. Throws Error as CheckedData does, and for more than `most_bytes`.
std::string UnpackedData(const ZipEntry& entry, const std::string& name, const std::string& what,
                         uint64_t most_bytes);

}  // namespace datasets
