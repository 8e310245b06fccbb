extern "C" {
#include <libavutil/opt.h>
#include <libswscale/swscale.h>
}

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "datasets/base/error.h"
#include "datasets/files/atomic_file.h"
#include "datasets/video/decoder.h"
#include "datasets/video/video.h"

namespace datasets {
namespace {

constexpr int kEncodeThreads = 2;  // fixed: the bytes depend on it
constexpr int kMaxRateTerm = 100000;

[[noreturn]] void ThrowWriteError(const std::filesystem::path& path, int code) {
  throw Error(path.string(), "writing it failed (" + AvErrorText(code) + ")",
              code == AVERROR(ENOSPC) || code == AVERROR(EFBIG)
                  ? "make room on the disk or choose another folder"
                  : "check the folder and the disk");
}

}  // namespace

struct VideoWriter::Impl {
  Impl(const std::filesystem::path& file, int frame_width, int frame_height, double fps, int crf,
       int gop_frames)
      : path(file), width(frame_width), height(frame_height) {
    if (width < 1 || height < 1 || !(fps > 0) || fps > 10000) {
      throw Error(path.string(), "a video needs a size and a frame rate above zero");
    }
    part = MakeTemporaryFor(path);
    try {
      Open(fps, crf, gop_frames);
    } catch (...) {
      Abandon();
      throw;
    }
  }

  ~Impl() { Abandon(); }

  void Abandon() {
    if (closed) return;
    if (format && format->pb) avio_closep(&format->pb);
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
  }

  void Check(int code) const {
    if (code < 0) ThrowWriteError(path, code);
  }

  void Open(double fps, int crf, int gop_frames) {
    SilenceFfmpeg();
    AVFormatContext* raw = nullptr;
    if (avformat_alloc_output_context2(&raw, nullptr, nullptr, path.string().c_str()) < 0) {
      Check(avformat_alloc_output_context2(&raw, nullptr, "mp4", nullptr));
    }
    format.reset(raw);
    const AVCodec* encoder = avcodec_find_encoder_by_name("libx264");
    const bool h264 = encoder != nullptr;
    if (!encoder) encoder = avcodec_find_encoder(AV_CODEC_ID_MPEG4);
    if (!encoder) throw Error(path.string(), "this FFmpeg can write neither H.264 nor MPEG-4");
    codec.reset(avcodec_alloc_context3(encoder));
    codec->width = width;
    codec->height = height;
    const bool odd = width % 2 || height % 2;  // x264 halves chroma of even sizes only
    codec->pix_fmt = h264 && odd ? AV_PIX_FMT_YUV444P : AV_PIX_FMT_YUV420P;
    codec->framerate = av_d2q(fps, kMaxRateTerm);
    codec->time_base = av_inv_q(codec->framerate);
    codec->thread_count = kEncodeThreads;
    codec->colorspace = AVCOL_SPC_SMPTE170M;
    codec->color_range = AVCOL_RANGE_MPEG;
    if (gop_frames > 0) codec->gop_size = gop_frames;
    if (format->oformat->flags & AVFMT_GLOBALHEADER) codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    if (h264) {
      av_opt_set(codec->priv_data, "preset", "veryfast", 0);
      av_opt_set_double(codec->priv_data, "crf", crf, 0);
    } else {
      codec->flags |= AV_CODEC_FLAG_QSCALE;
      codec->global_quality = FF_QP2LAMBDA * std::clamp(crf / 6, 1, 31);
      codec->max_b_frames = 2;
    }
    Check(avcodec_open2(codec.get(), encoder, nullptr));

    stream = avformat_new_stream(format.get(), nullptr);
    stream->time_base = codec->time_base;
    stream->avg_frame_rate = codec->framerate;
    Check(avcodec_parameters_from_context(stream->codecpar, codec.get()));
    Check(avio_open(&format->pb, ("file:" + part.string()).c_str(), AVIO_FLAG_WRITE));
    Check(avformat_write_header(format.get(), nullptr));

    scaler.reset(sws_getContext(width, height, AV_PIX_FMT_BGR24, width, height, codec->pix_fmt,
                                SWS_BICUBIC | SWS_BITEXACT | SWS_ACCURATE_RND, nullptr, nullptr,
                                nullptr));
    VOLE_CHECK(scaler != nullptr);
    const int* table = sws_getCoefficients(SWS_CS_ITU601);
    sws_setColorspaceDetails(scaler.get(), table, 1, table, 0, 0, 1 << 16, 1 << 16);
    frame.reset(av_frame_alloc());
    packet.reset(av_packet_alloc());
    frame->format = codec->pix_fmt;
    frame->width = width;
    frame->height = height;
    Check(av_frame_get_buffer(frame.get(), 0));
  }

  void Write(const cv::Mat& bgr) {
    VOLE_CHECK(!closed && bgr.type() == CV_8UC3 && bgr.cols == width && bgr.rows == height);
    Check(av_frame_make_writable(frame.get()));
    const uint8_t* data[1] = {bgr.data};
    const int strides[1] = {static_cast<int>(bgr.step[0])};
    sws_scale(scaler.get(), data, strides, 0, height, frame->data, frame->linesize);
    frame->pts = written++;
    frame->quality = codec->global_quality;
    Check(avcodec_send_frame(codec.get(), frame.get()));
    TakePackets();
  }

  void TakePackets() {
    for (;;) {
      const int code = avcodec_receive_packet(codec.get(), packet.get());
      if (code == AVERROR(EAGAIN) || code == AVERROR_EOF) return;
      Check(code);
      packet->duration = 1;
      av_packet_rescale_ts(packet.get(), codec->time_base, stream->time_base);
      packet->stream_index = stream->index;
      Check(av_interleaved_write_frame(format.get(), packet.get()));
      Check(format->pb->error);
    }
  }

  void Close() {
    if (closed) return;
    Check(avcodec_send_frame(codec.get(), nullptr));
    TakePackets();
    Check(av_write_trailer(format.get()));
    avio_flush(format->pb);
    Check(format->pb->error);
    Check(avio_closep(&format->pb));
    ReplaceFile(part, path);
    closed = true;
  }

  struct SwsDelete {
    void operator()(SwsContext* p) const { sws_freeContext(p); }
  };
  struct OutputDelete {
    void operator()(AVFormatContext* p) const { avformat_free_context(p); }
  };
  std::filesystem::path path, part;
  int width, height;
  int64_t written = 0;
  bool closed = false;
  std::unique_ptr<AVFormatContext, OutputDelete> format;
  AvPtr<AVCodecContext> codec;
  std::unique_ptr<SwsContext, SwsDelete> scaler;
  AvPtr<AVFrame> frame;
  AvPtr<AVPacket> packet;
  AVStream* stream = nullptr;
};

VideoWriter::VideoWriter(const std::filesystem::path& path, int width, int height, double fps,
                         int crf, int gop_frames)
    : impl_(std::make_unique<Impl>(path, width, height, fps, crf, gop_frames)) {}
VideoWriter::~VideoWriter() = default;
void VideoWriter::Write(const cv::Mat& bgr) { impl_->Write(bgr); }
void VideoWriter::Close() { impl_->Close(); }

}  // namespace datasets
