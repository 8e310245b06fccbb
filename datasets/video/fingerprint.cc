#include "datasets/video/fingerprint.h"

#include <algorithm>
#include <array>
#include <fstream>

#include "datasets/base/error.h"
#include "datasets/base/sha256.h"
#include "datasets/video/video.h"

namespace datasets {
namespace {

constexpr int64_t kFingerprintBytes = int64_t{1} << 20;
constexpr char kGrows = '@';

// `bytes`: only so many from the start; -1: all.
std::string DigestOf(const std::filesystem::path& path, int64_t bytes) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored) && !std::filesystem::is_regular_file(path, ignored)) {
    throw Error(path.string(), "it is no regular file", "name a video file");
  }
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) throw Error(path.string(), "it cannot be opened", "check the path and who may read it");
  const int64_t whole = in.tellg();
  if (whole < 0) throw Error(path.string(), "its size cannot be read");
  if (whole < bytes) throw Error(path.string(), "its end is missing", "restore it");
  const int64_t size = bytes < 0 ? whole : bytes;
  Sha256 hash;
  std::array<unsigned char, 8> size_bytes;
  for (int i = 0; i < 8; ++i) size_bytes[i] = static_cast<unsigned char>(size >> (8 * i));
  hash.Add(size_bytes.data(), size_bytes.size());
  const int64_t block = std::min(size, kFingerprintBytes);
  std::array<char, 1 << 16> bytes_read;  // what was read is hashed while it is in the cache
  for (const int64_t start : {int64_t{0}, size - block}) {
    in.seekg(start);
    for (int64_t left = block; left > 0;) {
      const auto count = std::min(left, static_cast<int64_t>(bytes_read.size()));
      if (!in.read(bytes_read.data(), count)) {
        throw Error(path.string(), "reading it failed", "check the disk");
      }
      hash.Add(bytes_read.data(), static_cast<size_t>(count));
      left -= count;
    }
  }
  return hash.Hex();
}

}  // namespace

std::string FingerprintFile(const std::filesystem::path& path) { return DigestOf(path, -1); }

std::string FingerprintStart(const std::filesystem::path& path, int64_t bytes) {
  return DigestOf(path, bytes) + kGrows + std::to_string(bytes);
}

int64_t GrowingBytes(const std::string& fingerprint) {
  const size_t at = fingerprint.find(kGrows);
  if (at == std::string::npos) return 0;
  const std::string digits = fingerprint.substr(at + 1);
  const bool number = !digits.empty() && digits.size() < 18 &&
                      digits.find_first_not_of("0123456789") == std::string::npos;
  return number ? std::stoll(digits) : 0;
}

std::string EndedFingerprint(const std::string& fingerprint) {
  return fingerprint.substr(0, fingerprint.find(kGrows));
}

bool HasFingerprint(const std::filesystem::path& path, const std::string& fingerprint) {
  const int64_t bytes = GrowingBytes(fingerprint);
  if (bytes == 0) return FingerprintFile(path) == fingerprint;
  std::error_code failure;
  const auto size = std::filesystem::file_size(path, failure);
  if (!failure && static_cast<int64_t>(size) < bytes) return false;
  return FingerprintStart(path, bytes) == fingerprint;
}

}  // namespace datasets
