// SHA-256 (FIPS 180-4) of bytes that come in pieces.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace datasets {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  void Add(const void* bytes, size_t count);
  void Add(std::string_view text) { Add(text.data(), text.size()); }
  std::string Hex();  // 64 digits, lower case; once, after which nothing may be added

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace datasets
