#include "datasets/store/codec.h"

#include <charconv>
#include <cmath>
#include <opencv2/imgcodecs.hpp>

#include "datasets/base/error.h"

namespace datasets {
namespace {

constexpr double kStepsPerPixel = 16;
constexpr char kRemedy[] = "restore a copy of the project, or save the rest: vole recover";

void PutUnsigned(uint64_t value, std::string* out) {
  while (value >= 0x80) {
    *out += static_cast<char>((value & 0x7f) | 0x80);
    value >>= 7;
  }
  *out += static_cast<char>(value);
}

void PutSigned(int64_t value, std::string* out) {
  PutUnsigned((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63), out);
}

[[noreturn]] void Malformed(const char* what) {
  throw Error(what, "the stored bytes are damaged", kRemedy);
}

class ByteReader {
 public:
  ByteReader(const std::string& bytes, const char* what) : bytes_(bytes), what_(what) {}
  bool AtEnd() const { return position_ == bytes_.size(); }
  size_t Left() const { return bytes_.size() - position_; }
  uint64_t Unsigned() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (AtEnd()) Malformed(what_);
      const uint64_t byte = static_cast<unsigned char>(bytes_[position_++]);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    Malformed(what_);
  }
  int64_t Signed() {
    const uint64_t value = Unsigned();
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }
  // Damaged bytes may add up past the end of what an integer holds.
  int64_t SignedAfter(int64_t before) {
    int64_t sum = 0;
    if (__builtin_add_overflow(before, Signed(), &sum)) Malformed(what_);
    return sum;
  }

 private:
  const std::string& bytes_;
  const char* what_;
  size_t position_ = 0;
};

void AppendNumber(double value, std::string* out) {
  if (!std::isfinite(value)) {
    throw Error("polygon", "a coordinate is not a number", "give finite x and y");
  }
  char buffer[32];
  const auto result = std::to_chars(buffer, buffer + sizeof(buffer), value);
  out->append(buffer, result.ptr);
}

class JsonCursor {
 public:
  explicit JsonCursor(const std::string& text) : at_(text.data()), end_(at_ + text.size()) {}
  bool Take(char wanted) {
    SkipSpace();
    if (at_ == end_ || *at_ != wanted) return false;
    ++at_;
    return true;
  }
  void Expect(char wanted) {
    if (!Take(wanted)) Malformed("polygons");
  }
  double Number() {
    SkipSpace();
    double value = 0;
    const auto result = std::from_chars(at_, end_, value);
    if (result.ec != std::errc() || !std::isfinite(value)) Malformed("polygons");
    at_ = result.ptr;
    return value;
  }
  bool AtEnd() {
    SkipSpace();
    return at_ == end_;
  }

 private:
  void SkipSpace() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }
  const char* at_;
  const char* end_;
};

}  // namespace

std::string PolygonsToJson(const Polygons& polygons) {
  std::string text = "[";
  for (const Ring& ring : polygons) {
    text += text.size() > 1 ? ",[" : "[";
    bool first = true;
    for (const cv::Point2d& point : ring) {
      if (!first) text += ',';
      first = false;
      AppendNumber(point.x, &text);
      text += ',';
      AppendNumber(point.y, &text);
    }
    text += ']';
  }
  return text + "]";
}

Polygons PolygonsFromJson(const std::string& json) {
  Polygons polygons;
  JsonCursor cursor(json);
  cursor.Expect('[');
  if (!cursor.Take(']')) {
    do {
      cursor.Expect('[');
      Ring ring;
      if (!cursor.Take(']')) {
        do {
          const double x = cursor.Number();
          cursor.Expect(',');
          ring.emplace_back(x, cursor.Number());
        } while (cursor.Take(','));
        cursor.Expect(']');
      }
      polygons.push_back(std::move(ring));
    } while (cursor.Take(','));
    cursor.Expect(']');
  }
  if (!cursor.AtEnd()) Malformed("polygons");
  return polygons;
}

std::string PackPolygons(const Polygons& polygons) {
  std::string bytes;
  int64_t x = 0, y = 0;
  for (const Ring& ring : polygons) {
    PutUnsigned(ring.size(), &bytes);
    for (const cv::Point2d& point : ring) {
      if (!(std::abs(point.x) < 1e9) || !(std::abs(point.y) < 1e9)) {
        throw Error("polygon", "a coordinate is not a number", "give finite x and y");
      }
      const int64_t next_x = std::llround(point.x * kStepsPerPixel);
      const int64_t next_y = std::llround(point.y * kStepsPerPixel);
      PutSigned(next_x - x, &bytes);
      PutSigned(next_y - y, &bytes);
      x = next_x;
      y = next_y;
    }
  }
  return bytes;
}

Polygons UnpackPolygons(const std::string& bytes) {
  Polygons polygons;
  ByteReader reader(bytes, "outline");
  int64_t x = 0, y = 0;
  while (!reader.AtEnd()) {
    const uint64_t size = reader.Unsigned();
    if (size > reader.Left() / 2) Malformed("outline");
    Ring ring(size);
    for (cv::Point2d& point : ring) {
      x = reader.SignedAfter(x);
      y = reader.SignedAfter(y);
      point = {static_cast<double>(x) / kStepsPerPixel, static_cast<double>(y) / kStepsPerPixel};
    }
    polygons.push_back(std::move(ring));
  }
  return polygons;
}

std::string PackIntegers(const std::vector<int64_t>& values) {
  std::string bytes;
  PutUnsigned(values.size(), &bytes);
  int64_t previous = 0, step = 0;
  for (const int64_t value : values) {
    int64_t next_step = 0, change = 0;
    if (__builtin_sub_overflow(value, previous, &next_step) ||
        __builtin_sub_overflow(next_step, step, &change)) {
      throw Error("frame index", "its time stamps lie too far apart", "convert the video again");
    }
    PutSigned(change, &bytes);
    step = next_step;
    previous = value;
  }
  return bytes;
}

std::vector<int64_t> UnpackIntegers(const std::string& bytes) {
  ByteReader reader(bytes, "frame index");
  const uint64_t size = reader.Unsigned();
  if (size > reader.Left()) Malformed("frame index");
  std::vector<int64_t> values(size);
  int64_t previous = 0, step = 0;
  for (int64_t& value : values) {
    step = reader.SignedAfter(step);
    if (__builtin_add_overflow(previous, step, &previous)) Malformed("frame index");
    value = previous;
  }
  if (!reader.AtEnd()) Malformed("frame index");
  return values;
}

std::string PackPicture(const cv::Mat& bgr) {
  std::vector<uchar> png;
  cv::imencode(".png", bgr, png, {cv::IMWRITE_PNG_COMPRESSION, 3});
  return {png.begin(), png.end()};
}

}  // namespace datasets
