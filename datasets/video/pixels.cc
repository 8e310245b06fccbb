#include "datasets/video/pixels.h"

extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>
}

#include <cmath>
#include <opencv2/core/hal/hal.hpp>

#include "datasets/base/error.h"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define VOLE_VECTOR_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define VOLE_VECTOR_CLONES
#endif

namespace datasets {
namespace {

constexpr int kShift = 14;

// R = y*Y + rv*V, G = y*Y + gu*U + gv*V, B = y*Y + bu*U in 1/2^14 (BT.601-7, 709-6, 2020-2).
struct Matrix {
  int y_offset, y, rv, gu, gv, bu;
};

Matrix MatrixOf(const AVFrame& frame, bool full_range) {
  double kr = 0.299, kb = 0.114;
  if (frame.colorspace == AVCOL_SPC_BT709) kr = 0.2126, kb = 0.0722;
  if (frame.colorspace == AVCOL_SPC_BT2020_NCL) kr = 0.2627, kb = 0.0593;
  const double kg = 1 - kr - kb, one = 1 << kShift;
  const double luma = full_range ? one : one * 255 / 219;
  const double chroma = full_range ? one : one * 255 / 224;
  auto fixed = [](double value) { return static_cast<int>(std::lround(value)); };
  return {full_range ? 0 : 16,
          fixed(luma),
          fixed(chroma * 2 * (1 - kr)),
          fixed(-chroma * 2 * (1 - kb) * kb / kg),
          fixed(-chroma * 2 * (1 - kr) * kr / kg),
          fixed(chroma * 2 * (1 - kb))};
}

VOLE_VECTOR_CLONES
void ChromaRow(const uint8_t* u, const uint8_t* v, int count, const Matrix& m, int32_t* blue,
               int32_t* green, int32_t* red) {
  for (int x = 0; x < count; ++x) {
    const int du = u[x] - 128, dv = v[x] - 128;
    blue[x] = m.bu * du;
    green[x] = m.gu * du + m.gv * dv;
    red[x] = m.rv * dv;
  }
}

VOLE_VECTOR_CLONES
void DoubleRow(const uint8_t* u, const uint8_t* v, int count, const Matrix& m, int32_t* blue,
               int32_t* green, int32_t* red) {
  for (int x = 0; x < count; ++x) {
    const int du = u[x] - 128, dv = v[x] - 128;
    blue[2 * x] = blue[2 * x + 1] = m.bu * du;
    green[2 * x] = green[2 * x + 1] = m.gu * du + m.gv * dv;
    red[2 * x] = red[2 * x + 1] = m.rv * dv;
  }
}

VOLE_VECTOR_CLONES
void LumaRow(const uint8_t* luma, int count, int offset, int factor, const int32_t* chroma,
             uint8_t* out) {
  for (int x = 0; x < count; ++x) {
    const int value = ((luma[x] - offset) * factor + chroma[x] + (1 << (kShift - 1))) >> kShift;
    out[x] = static_cast<uint8_t>(value < 0 ? 0 : value > 255 ? 255 : value);
  }
}

bool IsPlanarYuv8(const AVFrame& frame) {
  switch (frame.format) {
    case AV_PIX_FMT_YUV420P:
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUV422P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUV444P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUV440P:
    case AV_PIX_FMT_YUVJ440P:
    case AV_PIX_FMT_GRAY8:
      return true;
    default:
      return false;
  }
}

// Gray has no limited range, whatever a file says: cameras write it from 0, and FFmpeg and OpenCV
// read it so.
bool IsGray(const AVFrame& frame) {
  const AVPixFmtDescriptor* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  return format && format->nb_components <= 2 &&
         !(format->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM |
                            AV_PIX_FMT_FLAG_HWACCEL));
}

bool IsFullRange(const AVFrame& frame) {
  if (IsGray(frame)) return true;
  switch (frame.format) {
    case AV_PIX_FMT_YUVJ420P:
    case AV_PIX_FMT_YUVJ422P:
    case AV_PIX_FMT_YUVJ444P:
    case AV_PIX_FMT_YUVJ440P:
      return true;
    default:
      return frame.color_range == AVCOL_RANGE_JPEG;
  }
}

// Where each picture edge goes is told by the signs alone.
void Turn(const cv::Mat& in, Orientation turn, cv::Mat* out) {
  cv::Mat upright = in;
  if (turn.swaps_axes()) {
    cv::transpose(in, *out);
    upright = *out;
    const bool mirror_x = turn.xy < 0, mirror_y = turn.yx < 0;
    if (mirror_x || mirror_y) cv::flip(upright, *out, mirror_x && mirror_y ? -1 : mirror_x ? 1 : 0);
    return;
  }
  const bool mirror_x = turn.xx < 0, mirror_y = turn.yy < 0;
  cv::flip(in, *out, mirror_x && mirror_y ? -1 : mirror_x ? 1 : 0);
}

}  // namespace

BgrConverter::BgrConverter() = default;
BgrConverter::~BgrConverter() = default;
void BgrConverter::SwsDelete::operator()(SwsContext* p) const { sws_freeContext(p); }

void BgrConverter::Convert(const AVFrame& frame, int width, int height, Orientation orientation,
                           cv::Mat* bgr) {
  const bool turned = orientation.xx != 1 || orientation.yy != 1;
  cv::Mat* straight = turned ? &unturned_ : bgr;
  straight->create(height, width, CV_8UC3);
  if (frame.width == width && frame.height == height && IsPlanarYuv8(frame)) {
    ConvertPlanar(frame, straight);
  } else {
    ConvertBySwscale(frame, width, height, straight);
  }
  if (turned) Turn(unturned_, orientation, bgr);
}

void BgrConverter::ConvertPlanar(const AVFrame& frame, cv::Mat* bgr) {
  const AVPixFmtDescriptor* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  const int width = frame.width, padded = width + 2;
  const Matrix matrix = MatrixOf(frame, IsFullRange(frame));
  chroma_.assign(static_cast<size_t>(padded) * 3, 0);
  row_.resize(static_cast<size_t>(padded) * 3);
  int32_t* add[3] = {chroma_.data(), chroma_.data() + padded, chroma_.data() + 2 * padded};
  uint8_t* out[3] = {row_.data(), row_.data() + padded, row_.data() + 2 * padded};
  const bool gray = format->nb_components < 3;
  const int chroma_width = AV_CEIL_RSHIFT(width, format->log2_chroma_w);
  for (int y = 0, shown_chroma = -1; y < frame.height; ++y) {
    const int chroma_y = y >> format->log2_chroma_h;
    if (!gray && chroma_y != shown_chroma) {
      shown_chroma = chroma_y;
      const uint8_t* u = frame.data[1] + static_cast<ptrdiff_t>(chroma_y) * frame.linesize[1];
      const uint8_t* v = frame.data[2] + static_cast<ptrdiff_t>(chroma_y) * frame.linesize[2];
      (format->log2_chroma_w ? DoubleRow : ChromaRow)(u, v, chroma_width, matrix, add[0], add[1],
                                                      add[2]);
    }
    const uint8_t* luma = frame.data[0] + static_cast<ptrdiff_t>(y) * frame.linesize[0];
    for (int k = 0; k < 3; ++k) {
      LumaRow(luma, width, matrix.y_offset, matrix.y, add[k], out[k]);
    }
    const uint8_t* planes[3] = {out[0], out[1], out[2]};
    cv::hal::merge8u(planes, bgr->ptr(y), width, 3);
  }
}

void BgrConverter::ConvertBySwscale(const AVFrame& frame, int width, int height, cv::Mat* bgr) {
  const auto format = static_cast<AVPixelFormat>(frame.format);
  sws_.reset(sws_getCachedContext(
      sws_.release(), frame.width, frame.height, format, width, height, AV_PIX_FMT_BGR24,
      SWS_BICUBIC | SWS_BITEXACT | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, nullptr, nullptr,
      nullptr));
  const char* name = av_get_pix_fmt_name(format);
  if (!sws_) {
    throw Error(std::string("pixel format ") + (name ? name : "of this video"),
                "it cannot be converted to BGR", "convert the video to yuv420p");
  }
  const int space = frame.colorspace == AVCOL_SPC_UNSPECIFIED ? SWS_CS_ITU601 : frame.colorspace;
  const int* table = sws_getCoefficients(space);
  sws_setColorspaceDetails(sws_.get(), table, IsFullRange(frame), table, 1, 0, 1 << 16, 1 << 16);
  // swscale may write whole vectors past a row's end: give it a row with room, then copy.
  const int room = FFALIGN(width * 3 + 64, 64);
  cv::Mat roomy(height, room, CV_8U);
  uint8_t* data[4] = {roomy.data, nullptr, nullptr, nullptr};
  const int strides[4] = {room, 0, 0, 0};
  if (sws_scale(sws_.get(), frame.data, frame.linesize, 0, frame.height, data, strides) != height) {
    throw Error(std::string("pixel format ") + (name ? name : "of this video"),
                "converting it to BGR failed", "convert the video to yuv420p");
  }
  for (int y = 0; y < height; ++y) {
    std::copy_n(roomy.ptr(y), static_cast<size_t>(width) * 3, bgr->ptr(y));
  }
}

}  // namespace datasets
