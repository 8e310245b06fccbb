#include "datasets/video/encoder.h"

extern "C" {
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include <algorithm>
#include <cerrno>

#include "datasets/base/error.h"

namespace datasets {
namespace {

constexpr int kEncodeThreads = 2;  // fixed: the bytes depend on it
constexpr int kMaxRateTerm = 100000;

}  // namespace

void ThrowWriteError(const std::filesystem::path& path, int av_error) {
  throw Error(path.string(), "writing it failed (" + AvErrorText(av_error) + ")",
              av_error == AVERROR(ENOSPC) || av_error == AVERROR(EFBIG)
                  ? "make room on the disk or choose another folder"
                  : "check the folder and the disk");
}

void Encoder::SwsDelete::operator()(SwsContext* p) const { sws_freeContext(p); }

void Encoder::Check(int code) const {
  if (code < 0) ThrowWriteError(path_, code);
}

Encoder::Encoder(const std::filesystem::path& path, const EncoderSettings& settings,
                 const AVOutputFormat& container)
    : path_(path) {
  const int width = settings.width, height = settings.height;
  if (width < 1 || height < 1 || !(settings.fps > 0) || settings.fps > 10000) {
    throw Error(path_.string(), "a video needs a size and a frame rate above zero");
  }
  const AVCodec* encoder = avcodec_find_encoder_by_name("libx264");
  const bool h264 = encoder != nullptr;
  if (!encoder) encoder = avcodec_find_encoder(AV_CODEC_ID_MPEG4);
  if (!encoder) throw Error(path_.string(), "this FFmpeg can write neither H.264 nor MPEG-4");
  codec_.reset(avcodec_alloc_context3(encoder));
  codec_->width = width;
  codec_->height = height;
  const bool odd = width % 2 || height % 2;  // x264 halves chroma of even sizes only
  codec_->pix_fmt = h264 && odd ? AV_PIX_FMT_YUV444P : AV_PIX_FMT_YUV420P;
  codec_->framerate = av_d2q(settings.fps, kMaxRateTerm);
  codec_->time_base = settings.time_base.num > 0 ? settings.time_base : av_inv_q(codec_->framerate);
  codec_->thread_count = settings.at_once ? 1 : kEncodeThreads;
  codec_->colorspace = AVCOL_SPC_SMPTE170M;
  codec_->color_range = AVCOL_RANGE_MPEG;
  if (settings.gop_frames > 0) codec_->gop_size = settings.gop_frames;
  if (container.flags & AVFMT_GLOBALHEADER) codec_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  if (h264) {
    av_opt_set(codec_->priv_data, "preset", settings.at_once ? "superfast" : "veryfast", 0);
    if (settings.at_once) av_opt_set(codec_->priv_data, "tune", "zerolatency", 0);
    av_opt_set_double(codec_->priv_data, "crf", settings.crf, 0);
  } else {
    codec_->flags |= AV_CODEC_FLAG_QSCALE;
    codec_->global_quality = FF_QP2LAMBDA * std::clamp(settings.crf / 6, 1, 31);
    codec_->max_b_frames = settings.at_once ? 0 : 2;
  }
  Check(avcodec_open2(codec_.get(), encoder, nullptr));

  scaler_.reset(sws_getContext(width, height, AV_PIX_FMT_BGR24, width, height, codec_->pix_fmt,
                               SWS_BICUBIC | SWS_BITEXACT | SWS_ACCURATE_RND, nullptr, nullptr,
                               nullptr));
  VOLE_CHECK(scaler_ != nullptr);
  const int* table = sws_getCoefficients(SWS_CS_ITU601);
  sws_setColorspaceDetails(scaler_.get(), table, 1, table, 0, 0, 1 << 16, 1 << 16);
  frame_.reset(av_frame_alloc());
  packet_.reset(av_packet_alloc());
  frame_->format = codec_->pix_fmt;
  frame_->width = width;
  frame_->height = height;
  Check(av_frame_get_buffer(frame_.get(), 0));
}

Encoder::~Encoder() = default;

void Encoder::Write(const cv::Mat& bgr, int64_t pts, const Take& take) {
  VOLE_CHECK(bgr.type() == CV_8UC3 && bgr.cols == codec_->width && bgr.rows == codec_->height);
  Check(av_frame_make_writable(frame_.get()));
  const uint8_t* data[1] = {bgr.data};
  const int strides[1] = {static_cast<int>(bgr.step[0])};
  sws_scale(scaler_.get(), data, strides, 0, bgr.rows, frame_->data, frame_->linesize);
  frame_->pts = pts;
  frame_->quality = codec_->global_quality;
  Check(avcodec_send_frame(codec_.get(), frame_.get()));
  TakePackets(take);
}

void Encoder::Finish(const Take& take) {
  Check(avcodec_send_frame(codec_.get(), nullptr));
  TakePackets(take);
}

void Encoder::TakePackets(const Take& take) {
  for (;;) {
    const int code = avcodec_receive_packet(codec_.get(), packet_.get());
    if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
    Check(code);
    take(packet_.get());
  }
}

}  // namespace datasets
