#include "infer/parts/pack.h"

#include <zlib.h>

#include <cstring>
#include <limits>

#include "datasets/base/error.h"

namespace infer {
namespace {

constexpr size_t kZerosWorthARun = 16;  // fewer of them stay among the bytes around them
constexpr uint64_t kMostUnpacked = uint64_t{1} << 31;

}  // namespace

void Packer::Unsigned(uint64_t value, int width) {
  for (int i = 0; i < width; ++i, value >>= 8) bytes_.push_back(static_cast<char>(value & 255));
}

void Packer::Real(double value) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  Unsigned(bits, 8);
}

void Packer::Real32(float value) {
  uint32_t bits = 0;
  std::memcpy(&bits, &value, sizeof bits);
  Unsigned(bits, 4);
}

void Packer::Reals32(const std::vector<float>& values) {
  Unsigned(values.size(), 4);
  for (const float value : values) Real32(value);
}

void Packer::Text(const std::string& text) {
  Unsigned(text.size(), 4);
  bytes_ += text;
}

void Packer::Rect(const cv::Rect& rect) {
  for (const int value : {rect.x, rect.y, rect.width, rect.height}) Int(value);
}

void Packer::Picture(const cv::Mat& given) {
  VOLE_CHECK(given.empty() || given.depth() == CV_8U);
  const cv::Mat picture = given.empty() || given.isContinuous() ? given : given.clone();
  Unsigned(static_cast<uint64_t>(picture.rows), 4);
  Unsigned(static_cast<uint64_t>(picture.cols), 4);
  Unsigned(static_cast<uint64_t>(picture.channels()), 4);
  const size_t count = picture.total() * picture.elemSize();
  const uint8_t* data = picture.data;
  const auto zeros_from = [&](size_t at) {
    size_t end = at;
    uint64_t word = 0;
    while (end + 8 <= count && (std::memcpy(&word, data + end, 8), word == 0)) end += 8;
    while (end < count && data[end] == 0) ++end;
    return end;
  };
  for (size_t at = 0; at < count;) {
    const size_t zeros_end = zeros_from(at);
    size_t end = zeros_end;
    while (end < count) {
      if (data[end] != 0) {
        ++end;
        continue;
      }
      const size_t next = zeros_from(end);
      if (next == count || next - end >= kZerosWorthARun) break;
      end = next;
    }
    Unsigned(zeros_end - at, 4);
    Unsigned(end - zeros_end, 4);
    bytes_.append(reinterpret_cast<const char*>(data) + zeros_end, end - zeros_end);
    at = end;
  }
}

void Unpacker::Damaged() const { throw datasets::Error(what_, "it is damaged", remedy_); }

datasets::Bytes Unpacker::Take(uint64_t count) {
  if (!bytes_.Holds(at_, count)) Damaged();
  const datasets::Bytes taken = bytes_.Part(at_, count);
  at_ += static_cast<size_t>(count);
  return taken;
}

uint64_t Unpacker::Unsigned(int width) {
  return Take(static_cast<uint64_t>(width)).Unsigned(0, width);
}

int Unpacker::Int32() {
  const int64_t value = Int();
  if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max()) Damaged();
  return static_cast<int>(value);
}

double Unpacker::Real() {
  const uint64_t bits = Unsigned(8);
  double value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

float Unpacker::Real32() {
  const auto bits = static_cast<uint32_t>(Unsigned(4));
  float value = 0;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

size_t Unpacker::Count(size_t bytes_each) {
  const uint64_t count = Unsigned(4);
  if (count * bytes_each > bytes_.size - at_) Damaged();
  return static_cast<size_t>(count);
}

std::vector<float> Unpacker::Reals32() {
  std::vector<float> values(Count(4));
  for (float& value : values) value = Real32();
  return values;
}

std::string Unpacker::Text() {
  const datasets::Bytes text = Take(Count(1));
  return std::string(reinterpret_cast<const char*>(text.data), text.size);
}

cv::Rect Unpacker::Rect() {
  const int x = Int32(), y = Int32(), width = Int32(), height = Int32();
  if (width < 0 || height < 0) Damaged();
  return {x, y, width, height};
}

cv::Mat Unpacker::Picture() {
  const uint64_t rows = Unsigned(4), cols = Unsigned(4), channels = Unsigned(4);
  if (rows == 0 || cols == 0) return {};
  if (channels < 1 || channels > CV_CN_MAX || rows > kMostUnpacked || cols > kMostUnpacked ||
      rows * cols > kMostUnpacked / channels) {
    Damaged();
  }
  cv::Mat picture = cv::Mat::zeros(static_cast<int>(rows), static_cast<int>(cols),
                                   CV_8UC(static_cast<int>(channels)));
  const uint64_t count = rows * cols * channels;
  for (uint64_t at = 0; at < count;) {
    const uint64_t zeros = Unsigned(4), other = Unsigned(4);
    if (zeros + other == 0 || zeros + other > count - at) Damaged();
    const datasets::Bytes taken = Take(other);
    std::memcpy(picture.data + at + zeros, taken.data, taken.size);
    at += zeros + other;
  }
  return picture;
}

std::string Deflated(const std::string& bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string packed(size, '\0');
  const int code =
      compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uLong>(bytes.size()), 1);
  VOLE_CHECK(code == Z_OK);
  packed.resize(size);
  return packed;
}

std::string Inflated(datasets::Bytes bytes, uint64_t size, const std::string& what,
                     const std::string& remedy) {
  // Deflate packs at most about a thousand to one.
  if (size > kMostUnpacked || size > (bytes.size + 100) * 1100) {
    throw datasets::Error(what, "it is damaged", remedy);
  }
  std::string unpacked(static_cast<size_t>(size), '\0');
  auto length = static_cast<uLongf>(size);
  const int code = uncompress(reinterpret_cast<Bytef*>(unpacked.data()), &length, bytes.data,
                              static_cast<uLong>(bytes.size));
  if (code != Z_OK || length != size) throw datasets::Error(what, "it is damaged", remedy);
  return unpacked;
}

}  // namespace infer
