#include "datasets/store/frame_hash.h"

#include <openssl/evp.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "datasets/base/error.h"

namespace datasets {
namespace {
constexpr int kHashedFrames = 8;
}

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

nlohmann::json HashFrames(VideoReader& reader, Job& job) {
  nlohmann::json hashes = nlohmann::json::object();
  const int frames = reader.index().frame_count();
  const int count = std::min(kHashedFrames, frames);
  for (int i = 0; i < count; ++i) {
    job.ThrowIfCancelled();
    const int frame =
        static_cast<int>(static_cast<int64_t>(i) * (frames - 1) / std::max(1, count - 1));
    hashes[std::to_string(frame)] = HashPixels(reader.Read(frame));
  }
  return hashes;
}

std::optional<int> FrameNumber(const std::string& key) {
  int frame = 0;
  const auto read = std::from_chars(key.data(), key.data() + key.size(), frame);
  const bool whole = read.ec == std::errc() && read.ptr == key.data() + key.size();
  return whole && frame >= 0 ? std::optional<int>(frame) : std::nullopt;
}

}  // namespace datasets
