#include "datasets/video/picture_file.h"

#include <cstdint>
#include <opencv2/imgcodecs.hpp>
#include <vector>

#include "datasets/base/error.h"
#include "datasets/files/atomic_file.h"

namespace datasets {

void WritePicture(const std::filesystem::path& path, const cv::Mat& picture) {
  std::vector<uchar> bytes;
  bool encoded = false;
  try {
    encoded = cv::imencode(path.extension().string(), picture, bytes);
  } catch (const cv::Exception&) {
  }
  if (!encoded) {
    throw Error("picture '" + path.string() + "'", "its ending names no format that can be written",
                "end it in .png or .jpg");
  }
  WriteFileAtomically(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

cv::Size PngSize(std::string_view bytes) {
  // https://www.w3.org/TR/png-3/: signature, length and name of the first chunk, then both sides.
  constexpr std::string_view kSignature("\x89PNG\r\n\x1a\n", 8), kHeader("IHDR", 4);
  if (bytes.size() < 24 || bytes.substr(0, 8) != kSignature || bytes.substr(12, 4) != kHeader) {
    return {};
  }
  const auto side = [&](size_t at) {
    uint32_t value = 0;
    for (size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value <= INT32_MAX ? static_cast<int>(value) : 0;
  };
  return {side(16), side(20)};
}

}  // namespace datasets
