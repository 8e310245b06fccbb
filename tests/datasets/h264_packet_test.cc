#include "datasets/video/h264_packet.h"

#include <doctest/doctest.h>

#include <vector>

namespace h264_packet_test {

using datasets::IsUnreferenced;
using Bytes = std::vector<uint8_t>;

namespace {

constexpr uint8_t kUnreferencedSlice = 0x01, kReferencedSlice = 0x41, kKeySlice = 0x65, kSei = 0x06,
                  kParameters = 0x67, kPartition = 0x02;

bool WithStartCodes(const Bytes& headers) {
  Bytes packet;
  for (const uint8_t header : headers) {
    packet.insert(packet.end(), {0, 0, 1, header, 0x9a, 0x00, 0x03, 0x41});
  }
  return IsUnreferenced(packet.data(), packet.size(), 0);
}

bool WithLengths(const Bytes& headers, int length_bytes) {
  Bytes packet;
  for (const uint8_t header : headers) {
    for (int i = 1; i < length_bytes; ++i) packet.push_back(0);
    packet.insert(packet.end(), {3, header, 0x00, 0x01});
  }
  return IsUnreferenced(packet.data(), packet.size(), length_bytes);
}

}  // namespace

TEST_CASE("a packet is left out only when every picture in it is one that no other needs") {
  const struct {
    Bytes headers;
    bool unreferenced;
  } cases[] = {{{kUnreferencedSlice}, true},
               {{kSei, kUnreferencedSlice, kUnreferencedSlice}, true},
               {{kReferencedSlice}, false},
               {{kUnreferencedSlice, kReferencedSlice}, false},  // two fields, the second needed
               {{kKeySlice}, false},
               {{kParameters, kUnreferencedSlice}, false},
               {{kPartition}, false},
               {{kSei}, false},
               {{}, false}};
  for (const auto& one : cases) {
    CAPTURE(one.headers.size());
    CHECK(WithStartCodes(one.headers) == one.unreferenced);
    for (const int length_bytes : {1, 2, 4}) {
      CHECK(WithLengths(one.headers, length_bytes) == one.unreferenced);
    }
  }
}

TEST_CASE("a malformed packet is never left out") {
  const Bytes too_long = {0, 0, 0, 9, kUnreferencedSlice, 1, 2};
  CHECK_FALSE(IsUnreferenced(too_long.data(), too_long.size(), 4));
  const Bytes cut_off = {0, 0, 0, 2, kUnreferencedSlice, 1, 0, 0};
  CHECK_FALSE(IsUnreferenced(cut_off.data(), cut_off.size(), 4));
  const Bytes empty_unit = {0, 0, 0, 0};
  CHECK_FALSE(IsUnreferenced(empty_unit.data(), empty_unit.size(), 4));
  const Bytes no_header = {0, 0, 1};
  CHECK_FALSE(IsUnreferenced(no_header.data(), no_header.size(), 0));
  CHECK_FALSE(IsUnreferenced(nullptr, 0, 0));
  CHECK_FALSE(IsUnreferenced(nullptr, 0, 4));
}

TEST_CASE("the length before units is read from the stream's record, and start codes have none") {
  const Bytes record = {1, 0x64, 0, 0x28, 0xff, 0xe1, 0};
  CHECK(datasets::NalLengthBytes(record.data(), record.size()) == 4);
  const Bytes two = {1, 0x64, 0, 0x28, 0xfd, 0xe1, 0};
  CHECK(datasets::NalLengthBytes(two.data(), two.size()) == 2);
  const Bytes start_codes = {0, 0, 0, 1, 0x67, 0x64, 0};
  CHECK(datasets::NalLengthBytes(start_codes.data(), start_codes.size()) == 0);
  CHECK(datasets::NalLengthBytes(record.data(), 5) == 0);
  CHECK(datasets::NalLengthBytes(nullptr, 0) == 0);
}

}  // namespace h264_packet_test
