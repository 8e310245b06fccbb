// From a decoder's picture to BGR pixels. Internal to datasets/video.
#pragma once

#include <memory>
#include <opencv2/core.hpp>
#include <vector>

#include "datasets/video/decoder.h"

struct SwsContext;

namespace datasets {

// Converts with integer arithmetic only, so that every path, thread count and processor gives the
// same bytes. Matrices: ITU-R BT.601, BT.709 and BT.2020 (non-constant luminance), as the file
// says, BT.601 where it says nothing; full or limited range (gray of any depth: full). Chroma is
// taken from the nearest sample. 8-bit planar YUV goes through our own loop, other formats through
// swscale's exact path.
class BgrConverter {
 public:
  BgrConverter();
  ~BgrConverter();
  // `width`, `height`: the size to give, before orientation; a frame of another size is scaled.
  // Writes into `bgr` (CV_8UC3), reusing its memory where its size fits.
  void Convert(const AVFrame& frame, int width, int height, Orientation orientation, cv::Mat* bgr);

 private:
  void ConvertPlanar(const AVFrame& frame, cv::Mat* bgr);
  void ConvertBySwscale(const AVFrame& frame, int width, int height, cv::Mat* bgr);

  struct SwsDelete {
    void operator()(SwsContext* p) const;
  };
  std::unique_ptr<SwsContext, SwsDelete> sws_;
  cv::Mat unturned_;
  std::vector<int32_t> chroma_;  // 3 rows: what chroma adds to blue, green, red
  std::vector<uint8_t> row_;     // 3 rows: blue, green, red
};

}  // namespace datasets
