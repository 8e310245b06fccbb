#include <cmath>

#include "datasets/video/video.h"

namespace datasets {

std::string SizeDamage(int64_t width, int64_t height) {
  constexpr int64_t kMostPixels = int64_t{1} << 27;  // as the decoder's
  if (width > 0 && height > 0 && width <= kMostPixels && height <= kMostPixels / width) return "";
  return "its size is " + std::to_string(width) + " x " + std::to_string(height);
}

std::string IndexDamage(const VideoIndex& index) {
  if (const std::string size = SizeDamage(index.width, index.height); !size.empty()) return size;
  if (!std::isfinite(index.fps) || index.fps <= 0) {
    return "it has " + std::to_string(index.fps) + " frames a second";
  }
  if (index.time_base_num <= 0 || index.time_base_den <= 0) {
    return "its time base is " + std::to_string(index.time_base_num) + "/" +
           std::to_string(index.time_base_den);
  }
  for (size_t i = 1; i < index.pts.size(); ++i) {
    if (index.pts[i] <= index.pts[i - 1]) {
      return "the time stamp of frame " + std::to_string(i) + " is not after the one before it";
    }
  }
  int32_t before = -1;
  for (const int32_t frame : index.key_frames) {
    if (frame <= before || frame >= index.frame_count()) {
      return "key frame " + std::to_string(frame) + " is out of order or outside of the video's " +
             std::to_string(index.frame_count()) + " frames";
    }
    before = frame;
  }
  return PartsDamage(index);
}

}  // namespace datasets
