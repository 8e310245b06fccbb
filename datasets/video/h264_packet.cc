#include "datasets/video/h264_packet.h"

#include <algorithm>
#include <array>

namespace datasets {
namespace {

// ITU-T H.264, table 7-1.
constexpr int kSlice = 1, kSei = 6, kDelimiter = 9, kFiller = 12;

// What the units of a packet say together, header by header.
class Verdict {
 public:
  void Look(uint8_t header) {
    const int type = header & 31;
    const bool referenced = (header & 0x60) != 0;
    if (type == kSlice && !referenced) {
      slices_ = true;
    } else if (type != kSei && type != kDelimiter && type != kFiller) {
      needed_ = true;
    }
  }
  bool unreferenced() const { return slices_ && !needed_; }

 private:
  bool slices_ = false, needed_ = false;
};

}  // namespace

int NalLengthBytes(const uint8_t* extradata, size_t size) {
  if (!extradata || size < 7 || extradata[0] != 1) return 0;
  return (extradata[4] & 3) + 1;
}

bool IsUnreferenced(const uint8_t* packet, size_t size, int nal_length_bytes) {
  Verdict verdict;
  const uint8_t *at = packet, *end = packet + size;
  if (nal_length_bytes > 0) {
    while (at < end) {
      size_t length = 0;
      if (end - at <= nal_length_bytes) return false;
      for (int i = 0; i < nal_length_bytes; ++i) length = length << 8 | *at++;
      if (length == 0 || length > static_cast<size_t>(end - at)) return false;
      verdict.Look(*at);
      at += length;
    }
    return verdict.unreferenced();
  }
  constexpr std::array<uint8_t, 3> kStart = {0, 0, 1};
  while (true) {
    at = std::search(at, end, kStart.begin(), kStart.end());
    if (end - at <= 3) return verdict.unreferenced();
    at += 3;
    verdict.Look(*at);
  }
}

}  // namespace datasets
