#include "datasets/store/frame_hash.h"

#include <algorithm>
#include <charconv>
#include <memory>

#include "datasets/base/error.h"
#include "datasets/base/sha256.h"

namespace datasets {
namespace {
constexpr int kHashedFrames = 8;
}

std::string HashPixels(const cv::Mat& picture) {
  Sha256 hash;
  const int32_t shape[3] = {picture.rows, picture.cols, picture.type()};
  hash.Add(shape, sizeof(shape));
  const size_t row_bytes = static_cast<size_t>(picture.cols) * picture.elemSize();
  for (int y = 0; y < picture.rows; ++y) {
    hash.Add(picture.ptr(y), row_bytes);
  }
  return hash.Hex();
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
