// Values as bytes, for files that one Vole writes and another of the same version reads.
// Little-endian; real numbers as their bits, so that what comes back is exactly what went in.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "datasets/files/bytes.h"

namespace infer {

class Packer {
 public:
  void Unsigned(uint64_t value, int width);  // bytes
  void Int(int64_t value) { Unsigned(static_cast<uint64_t>(value), 8); }
  void Real(double value);
  void Real32(float value);
  void Reals32(const std::vector<float>& values);
  void Text(const std::string& text);
  void Rect(const cv::Rect& rect);
  // Of 8-bit pixels. Runs of zeros, most of a map of animals, take two numbers.
  void Picture(const cv::Mat& picture);
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// Throws Error(`what`, "it is damaged") for anything that Packer did not write.
class Unpacker {
 public:
  Unpacker(datasets::Bytes bytes, std::string what, std::string remedy)
      : bytes_(bytes), what_(std::move(what)), remedy_(std::move(remedy)) {}
  uint64_t Unsigned(int width);
  int64_t Int() { return static_cast<int64_t>(Unsigned(8)); }
  int Int32();  // within int, else damaged
  double Real();
  float Real32();
  std::vector<float> Reals32();
  std::string Text();
  cv::Rect Rect();
  cv::Mat Picture();
  size_t Count(size_t bytes_each);  // of things to come; damaged where they cannot fit
  bool AtEnd() const { return at_ == bytes_.size; }
  [[noreturn]] void Damaged() const;

 private:
  datasets::Bytes Take(uint64_t count);
  datasets::Bytes bytes_;
  size_t at_ = 0;
  std::string what_, remedy_;
};

// zlib's fastest level: deeper ones win a tenth of the size for three times the time.
std::string Deflated(const std::string& bytes);
// Throws Error like Unpacker where the bytes are not what Deflated made of `size` bytes.
std::string Inflated(datasets::Bytes bytes, uint64_t size, const std::string& what,
                     const std::string& remedy);

}  // namespace infer
