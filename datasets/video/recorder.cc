#include "datasets/video/recorder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "datasets/base/error.h"
#include "datasets/files/atomic_file.h"
#include "datasets/video/decoder.h"
#include "datasets/video/encoder.h"
#include "datasets/video/fingerprint.h"

namespace datasets {
namespace {

constexpr AVRational kMilliseconds{1, 1000};
constexpr double kKeyFrameSeconds = 2;
constexpr int kBufferBytes = 1 << 16;

}  // namespace

struct Recorder::Impl {
  Impl(const std::filesystem::path& file, int width, int height, double fps) : path(file) {
    SilenceFfmpeg();
    AVFormatContext* raw = nullptr;
    Check(avformat_alloc_output_context2(&raw, nullptr, "matroska", nullptr));
    format.reset(raw);
    EncoderSettings settings;
    settings.width = width;
    settings.height = height;
    settings.fps = fps;
    settings.gop_frames = std::max(1, static_cast<int>(kKeyFrameSeconds * fps));
    settings.at_once = true;
    settings.time_base = kMilliseconds;
    encoder = std::make_unique<Encoder>(path, settings, *format->oformat);
    stream = avformat_new_stream(format.get(), nullptr);
    stream->time_base = kMilliseconds;
    stream->avg_frame_rate = encoder->codec().framerate;
    Check(avcodec_parameters_from_context(stream->codecpar, &encoder->codec()));
    found.width = width;
    found.height = height;
    found.time_base_num = kMilliseconds.num;
    found.time_base_den = kMilliseconds.den;
    found.fps = fps;
    index = found;
    OpenFile();
    Check(avformat_write_header(format.get(), nullptr));
  }

  ~Impl() {
    if (format && format->pb) {
      if (!closed) av_write_frame(format.get(), nullptr);
      avio_flush(format->pb);
      av_freep(&format->pb->buffer);
      avio_context_free(&format->pb);
    }
    if (file >= 0) close(file);
  }

  // Our own descriptor, so that what was written can be put on the disk.
  void OpenFile() {
    file = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0 && errno == EEXIST) {
      throw Error(path.string(), "it is there already, and a recording replaces nothing",
                  "give another name, or move that file away");
    }
    if (file < 0) {
      throw Error(path.string(), std::string("it cannot be made: ") + std::strerror(errno),
                  "choose a folder that you may write to");
    }
    auto* buffer = static_cast<unsigned char*>(av_malloc(kBufferBytes));
    format->pb = avio_alloc_context(buffer, kBufferBytes, 1, this, nullptr, &Impl::WriteBytes,
                                    &Impl::SeekTo);
    VOLE_CHECK(format->pb != nullptr);
  }

  static int WriteBytes(void* self, uint8_t* bytes, int count) {
    const int file = static_cast<Impl*>(self)->file;
    for (int done = 0; done < count;) {
      const ssize_t now = write(file, bytes + done, static_cast<size_t>(count - done));
      if (now < 0 && errno == EINTR) continue;
      if (now < 0) return AVERROR(errno);
      done += static_cast<int>(now);
    }
    return count;
  }

  static int64_t SeekTo(void* self, int64_t offset, int whence) {
    const int file = static_cast<Impl*>(self)->file;
    if (whence & AVSEEK_SIZE) return AVERROR(ENOSYS);
    const off_t at = lseek(file, offset, whence & ~AVSEEK_FORCE);
    return at < 0 ? AVERROR(errno) : at;
  }

  void Check(int code) const {
    if (code < 0) ThrowWriteError(path, code);
  }

  void Write(const cv::Mat& bgr, int64_t milliseconds) {
    VOLE_CHECK(!closed);
    if (found.pts.empty()) first = milliseconds;
    int64_t stamp = milliseconds - first;
    if (!found.pts.empty()) stamp = std::max(stamp, found.pts.back() + 1);
    encoder->Write(bgr, stamp, [this](AVPacket* packet) { Take(packet); });
  }

  void Take(AVPacket* packet) {
    if (packet->flags & AV_PKT_FLAG_KEY) {
      found.key_frames.push_back(static_cast<int32_t>(found.pts.size()));
    }
    found.pts.push_back(packet->pts);
    packet->dts = packet->pts;
    av_packet_rescale_ts(packet, kMilliseconds, stream->time_base);
    packet->stream_index = stream->index;
    Check(av_write_frame(format.get(), packet));
    Check(format->pb->error);
  }

  void Flush() {
    Check(std::min(0, av_write_frame(format.get(), nullptr)));
    Store();
    index.fingerprint = FingerprintStart(path, lseek(file, 0, SEEK_END));
  }

  void Store() {
    avio_flush(format->pb);
    Check(format->pb->error);
    if (fdatasync(file) != 0 && errno != EINVAL) ThrowWriteError(path, AVERROR(errno));
    if (!std::exchange(has_name, true)) SyncNameOf(path);  // before a project relies on it
    if (found.pts.size() > 1) {
      found.fps = 1000.0 * static_cast<double>(found.pts.size() - 1) /
                  static_cast<double>(found.pts.back() - found.pts.front());
    }
    index = found;
  }

  void Close() {
    if (closed) return;
    encoder->Finish([this](AVPacket* packet) { Take(packet); });
    Check(av_write_trailer(format.get()));
    closed = true;
    Store();
    index.fingerprint = FingerprintFile(path);
  }

  struct OutputDelete {
    void operator()(AVFormatContext* p) const { avformat_free_context(p); }
  };
  std::filesystem::path path;
  int file = -1;
  bool closed = false, has_name = false;
  int64_t first = 0;
  VideoIndex found, index;  // of all frames; of those that are in the file
  std::unique_ptr<AVFormatContext, OutputDelete> format;
  std::unique_ptr<Encoder> encoder;
  AVStream* stream = nullptr;
};

Recorder::Recorder(const std::filesystem::path& path, int width, int height, double fps)
    : impl_(std::make_unique<Impl>(path, width, height, fps)) {}
Recorder::~Recorder() = default;
void Recorder::Write(const cv::Mat& bgr, int64_t milliseconds) { impl_->Write(bgr, milliseconds); }
void Recorder::Flush() { impl_->Flush(); }
void Recorder::Close() { impl_->Close(); }
const VideoIndex& Recorder::index() const { return impl_->index; }

}  // namespace datasets
