// Whether a file is the one that was fingerprinted, also while it is being recorded.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace datasets {

// That of a file's first `bytes` as if it ended there, "HEX@BYTES": what a video is called by that
// still grows. Throws Error as FingerprintFile does, and for a file that is shorter.
std::string FingerprintStart(const std::filesystem::path& path, int64_t bytes);

// The bytes that such a fingerprint speaks of; 0 for one of a whole file.
int64_t GrowingBytes(const std::string& fingerprint);
// The fingerprint that the file has when it ends there.
std::string EndedFingerprint(const std::string& fingerprint);

// Whether the file, or the start of it that counts, has this fingerprint. Throws as
// FingerprintFile.
bool HasFingerprint(const std::filesystem::path& path, const std::string& fingerprint);

}  // namespace datasets
