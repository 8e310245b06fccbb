#include "datasets/store/frame_hash.h"

#include <openssl/evp.h>

#include <charconv>
#include <memory>

#include "datasets/base/error.h"

namespace datasets {

std::string HashPixels(const cv::Mat& picture) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> digest(EVP_MD_CTX_new(),
                                                                       &EVP_MD_CTX_free);
  VOLE_CHECK(digest && EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) == 1);
  const int32_t shape[3] = {picture.rows, picture.cols, picture.type()};
  EVP_DigestUpdate(digest.get(), shape, sizeof(shape));
  const size_t row_bytes = static_cast<size_t>(picture.cols) * picture.elemSize();
  for (int y = 0; y < picture.rows; ++y) {
    EVP_DigestUpdate(digest.get(), picture.ptr(y), row_bytes);
  }
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  VOLE_CHECK(EVP_DigestFinal_ex(digest.get(), bytes, &size) == 1);
  static const char* kHex = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < size; ++i) text += {kHex[bytes[i] >> 4], kHex[bytes[i] & 15]};
  return text;
}

std::optional<int> FrameNumber(const std::string& key) {
  int frame = 0;
  const auto read = std::from_chars(key.data(), key.data() + key.size(), frame);
  const bool whole = read.ec == std::errc() && read.ptr == key.data() + key.size();
  return whole && frame >= 0 ? std::optional<int>(frame) : std::nullopt;
}

}  // namespace datasets
