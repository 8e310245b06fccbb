#include "datasets/base/error.h"
#include "datasets/formats/labelstudio/labelstudio.h"

namespace datasets {

namespace {

class BitReader {
 public:
  explicit BitReader(const std::vector<uint8_t>& bytes) : bytes_(bytes) {}
  // The next `count` bits, the highest first; ends the stream where there are fewer.
  uint32_t Read(int count) {
    uint32_t value = 0;
    for (int i = 0; i < count; ++i, ++at_) {
      if (at_ / 8 >= bytes_.size()) {
        ended_ = true;
        return 0;
      }
      value = value << 1 | (bytes_[at_ / 8] >> (7 - at_ % 8) & 1U);
    }
    return value;
  }
  bool ended() const { return ended_; }

 private:
  const std::vector<uint8_t>& bytes_;
  size_t at_ = 0;
  bool ended_ = false;
};

}  // namespace

cv::Mat DecodeBrush(const std::vector<uint8_t>& bytes, const cv::Size& picture,
                    const std::string& where) {
  const auto fail = [&](const std::string& cause) {
    throw Error(where, cause, "export it from Label Studio again");
  };
  BitReader bits(bytes);
  const uint64_t count = bits.Read(32);
  const uint64_t expected =
      4 * static_cast<uint64_t>(picture.width) * static_cast<uint64_t>(picture.height);
  if (count != expected) {
    fail("its mask has " + std::to_string(count) + " values, a picture of " +
         std::to_string(picture.width) + " x " + std::to_string(picture.height) + " has " +
         std::to_string(expected));
  }
  const int word_bits = static_cast<int>(bits.Read(5)) + 1;
  int run_bits[4];
  for (int& size : run_bits) size = static_cast<int>(bits.Read(4)) + 1;
  cv::Mat mask = cv::Mat::zeros(picture, CV_8UC1);
  uint64_t at = 0;
  // The fourth value of each pixel is its alpha.
  const auto set = [&](uint64_t from, uint64_t to) {
    for (uint64_t i = from + (3 + 4 - from % 4) % 4; i < to; i += 4) mask.data[i / 4] = 255;
  };
  while (at < count) {
    const bool repeats = bits.Read(1) == 1;
    const uint64_t end = at + 1 + bits.Read(run_bits[bits.Read(2)]);
    if (bits.ended() || end > count) fail("the runs of its mask do not fill the picture");
    if (repeats) {
      if (bits.Read(word_bits) != 0) set(at, end);
      at = end;
    } else {
      for (; at < end; ++at) {
        if (bits.Read(word_bits) != 0) set(at, at + 1);
      }
    }
    if (bits.ended()) fail("its mask ends in the middle");
  }
  return mask;
}

}  // namespace datasets
