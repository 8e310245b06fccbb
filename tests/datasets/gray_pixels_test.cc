#include <doctest/doctest.h>

extern "C" {
#include <libavutil/frame.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
}

#include <cstring>
#include <memory>
#include <set>
#include <string>

#include "datasets/video/pixels.h"

namespace gray_pixels_test {

namespace {

constexpr int kWidth = 256, kHeight = 4;

struct FreeFrame {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};

// A ramp from 0 in the first column to `top` of full scale in the last.
cv::Mat Ramp(AVPixelFormat format, double top, AVColorRange range = AVCOL_RANGE_UNSPECIFIED) {
  std::unique_ptr<AVFrame, FreeFrame> frame(av_frame_alloc());
  frame->format = format;
  frame->width = kWidth;
  frame->height = kHeight;
  frame->color_range = range;
  REQUIRE(av_frame_get_buffer(frame.get(), 0) == 0);
  const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(format);
  const AVComponentDescriptor& luma = description->comp[0];
  const bool big_endian = description->flags & AV_PIX_FMT_FLAG_BE;
  for (int y = 0; y < kHeight; ++y) {
    uint8_t* row = frame->data[0] + y * frame->linesize[0];
    std::memset(row, 255, kWidth * luma.step);  // alpha, where there is one: opaque
    for (int x = 0; x < kWidth; ++x) {
      uint8_t* pixel = row + x * luma.step;
      const double share = top * x / (kWidth - 1);
      if (description->flags & AV_PIX_FMT_FLAG_FLOAT) {
        const float value = static_cast<float>(share);
        std::memcpy(pixel, &value, sizeof(value));
        continue;
      }
      const int value = static_cast<int>(share * ((1 << luma.depth) - 1) + 0.5);
      if (luma.depth == 8) {
        *pixel = static_cast<uint8_t>(value);
      } else {
        pixel[big_endian ? 1 : 0] = static_cast<uint8_t>(value & 255);
        pixel[big_endian ? 0 : 1] = static_cast<uint8_t>(value >> 8);
      }
    }
  }
  datasets::BgrConverter converter;
  cv::Mat bgr;
  converter.Convert(*frame, kWidth, kHeight, {}, &bgr);
  return bgr;
}

}  // namespace

TEST_CASE("black is black and white is white in gray videos of any depth, as of 8 bits") {
  for (const AVPixelFormat format :
       {AV_PIX_FMT_GRAY8, AV_PIX_FMT_GRAY9LE, AV_PIX_FMT_GRAY10LE, AV_PIX_FMT_GRAY12LE,
        AV_PIX_FMT_GRAY14LE, AV_PIX_FMT_GRAY16LE, AV_PIX_FMT_GRAY16BE, AV_PIX_FMT_YA8,
        AV_PIX_FMT_YA16LE, AV_PIX_FMT_GRAYF32LE}) {
    for (const AVColorRange range : {AVCOL_RANGE_UNSPECIFIED, AVCOL_RANGE_MPEG}) {
      CAPTURE(std::string(av_get_pix_fmt_name(format)));
      const cv::Mat bgr = Ramp(format, 1, range);
      int off = 0;
      for (int x = 0; x < kWidth; ++x) {
        for (int k = 0; k < 3; ++k) off = std::max(off, std::abs(bgr.at<cv::Vec3b>(2, x)[k] - x));
      }
      CHECK(off <= 1);
    }
  }
}

TEST_CASE("a camera of 12 bits in a file of 16 is dark, not black") {
  const cv::Mat bgr = Ramp(AV_PIX_FMT_GRAY16LE, 4095.0 / 65535);
  std::set<int> levels;
  for (int x = 0; x < kWidth; ++x) levels.insert(bgr.at<cv::Vec3b>(2, x)[0]);
  CHECK(levels.size() >= 15);
  CHECK(*levels.rbegin() <= 17);
}

}  // namespace gray_pixels_test
