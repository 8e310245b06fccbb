// The entries of a zip archive (APPNOTE 6.3.9, with zip64) whose data lies uncompressed, as PyTorch
// writes it. Nothing is copied: entries point into the archive.
#pragma once

#include <map>
#include <string>

#include "train/weights/bytes.h"

namespace train {

struct ZipEntry {
  Bytes data;
  uint32_t crc32 = 0;  // as the archive says; 0 where its writer did not count it
  bool compressed = false;
};

bool LooksLikeZip(Bytes archive);

// By name. Throws Error, naming `file`, for archives that are truncated or encrypted, or whose
// entries reach outside of it or share a name.
std::map<std::string, ZipEntry> ReadZipEntries(Bytes archive, const std::string& file);

// The entry's data; throws Error when it is compressed or does not have the check sum that the
// archive states.
Bytes CheckedData(const ZipEntry& entry, const std::string& name, const std::string& file);

}  // namespace train
