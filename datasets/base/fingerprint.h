// A short name for what was learned from or prepared: not for secrets, only to tell things apart.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace datasets {

// FNV-1a over 64 bits (Fowler, Noll, Vo). Its offset basis lacks the last digit of the published
// one since the first version; checkpoints and prepared pictures are known by it, so it stays.
class Fingerprint {
 public:
  Fingerprint() = default;
  explicit Fingerprint(uint64_t start) : hash_(start) {}  // for a second one, of the same text
  void AddByte(uint8_t byte) { AddWord(byte); }
  void AddText(std::string_view text) {
    for (const char c : text) AddByte(static_cast<uint8_t>(c));
  }
  void AddNumber(uint64_t value) {  // byte by byte, the lowest first
    for (int i = 0; i < 8; ++i, value >>= 8) AddWord(value & 255);
  }
  // A whole number at once.
  void AddWord(uint64_t value) { hash_ = (hash_ ^ value) * 1099511628211ULL; }
  uint64_t value() const { return hash_; }
  std::string Hex() const {  // 16 digits
    char text[20];
    std::snprintf(text, sizeof(text), "%016llx", static_cast<unsigned long long>(hash_));
    return text;
  }

 private:
  uint64_t hash_ = 1469598103934665603ULL;
};

}  // namespace datasets
