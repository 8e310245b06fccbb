#include <cerrno>

#include "datasets/base/error.h"
#include "datasets/files/atomic_file.h"
#include "datasets/video/decoder.h"
#include "datasets/video/encoder.h"
#include "datasets/video/video.h"

namespace datasets {

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
    EncoderSettings settings;
    settings.width = width;
    settings.height = height;
    settings.fps = fps;
    settings.crf = crf;
    settings.gop_frames = gop_frames;
    encoder = std::make_unique<Encoder>(path, settings, *format->oformat);
    const AVCodecContext& codec = encoder->codec();
    stream = avformat_new_stream(format.get(), nullptr);
    stream->time_base = codec.time_base;
    stream->avg_frame_rate = codec.framerate;
    Check(avcodec_parameters_from_context(stream->codecpar, &codec));
    Check(avio_open(&format->pb, ("file:" + part.string()).c_str(), AVIO_FLAG_WRITE));
    Check(avformat_write_header(format.get(), nullptr));
  }

  void Write(const cv::Mat& bgr) {
    VOLE_CHECK(!closed);
    encoder->Write(bgr, written++, [this](AVPacket* packet) { Take(packet); });
  }

  void Take(AVPacket* packet) {
    packet->duration = 1;
    av_packet_rescale_ts(packet, encoder->codec().time_base, stream->time_base);
    packet->stream_index = stream->index;
    Check(av_interleaved_write_frame(format.get(), packet));
    Check(format->pb->error);
  }

  void Close() {
    if (closed) return;
    encoder->Finish([this](AVPacket* packet) { Take(packet); });
    Check(av_write_trailer(format.get()));
    avio_flush(format->pb);
    Check(format->pb->error);
    Check(avio_closep(&format->pb));
    ReplaceFile(part, path);
    closed = true;
  }

  struct OutputDelete {
    void operator()(AVFormatContext* p) const { avformat_free_context(p); }
  };
  std::filesystem::path path, part;
  int width, height;
  int64_t written = 0;
  bool closed = false;
  std::unique_ptr<AVFormatContext, OutputDelete> format;
  std::unique_ptr<Encoder> encoder;
  AVStream* stream = nullptr;
};

VideoWriter::VideoWriter(const std::filesystem::path& path, int width, int height, double fps,
                         int crf, int gop_frames)
    : impl_(std::make_unique<Impl>(path, width, height, fps, crf, gop_frames)) {}
VideoWriter::~VideoWriter() = default;
void VideoWriter::Write(const cv::Mat& bgr) { impl_->Write(bgr); }
void VideoWriter::Close() { impl_->Close(); }

}  // namespace datasets
