#include "datasets/video/live_source.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <thread>

#include "datasets/base/error.h"
#include "datasets/video/decoder.h"
#include "datasets/video/pixels.h"

namespace datasets {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kPollMs = 50;  // how late a stop is noticed
constexpr int kPipeBytes = 1 << 16;
constexpr double kUsualFps = 25;

// A named pipe that is open for reading, whether anybody writes or not.
class Pipe {
 public:
  Pipe(const std::string& path, const std::atomic<bool>& stop) : stop_(stop) {
    file_ = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file_ < 0) {
      throw Error(path, std::string("it cannot be opened: ") + std::strerror(errno),
                  "check who may read it");
    }
    auto* buffer = static_cast<unsigned char*>(av_malloc(kPipeBytes));
    io_ = avio_alloc_context(buffer, kPipeBytes, 0, this, &Pipe::Read, nullptr, nullptr);
    VOLE_CHECK(io_ != nullptr);
  }
  ~Pipe() {
    av_freep(&io_->buffer);
    avio_context_free(&io_);
    close(file_);
  }
  Pipe(const Pipe&) = delete;
  AVIOContext* io() { return io_; }

 private:
  static int Read(void* self, uint8_t* bytes, int count) {
    const Pipe& pipe = *static_cast<Pipe*>(self);
    while (!pipe.stop_) {
      pollfd waiting{pipe.file_, POLLIN, 0};
      if (poll(&waiting, 1, kPollMs) <= 0) continue;
      const ssize_t now = read(pipe.file_, bytes, static_cast<size_t>(count));
      if (now > 0) return static_cast<int>(now);
      if (now == 0) return AVERROR_EOF;  // whoever wrote is gone
      if (errno != EAGAIN && errno != EINTR) return AVERROR(errno);
    }
    return AVERROR_EXIT;
  }

  const std::atomic<bool>& stop_;
  int file_ = -1;
  AVIOContext* io_ = nullptr;
};

constexpr auto kSilent = std::chrono::seconds(5);

enum class Kind { kFile, kPipe, kStream };

class FfmpegSource : public LiveSource {
 public:
  FfmpegSource(std::string name, Kind kind, bool as_fast, const std::atomic<bool>& stop)
      : name_(std::move(name)),
        kind_(kind),
        as_fast_(as_fast),
        stop_(stop),
        packet_(av_packet_alloc()),
        frame_(av_frame_alloc()) {
    SilenceFfmpeg();
  }

  LiveNews Next(LivePicture* picture) override {
    asked_ = Clock::now();
    if (!format_ && !Open()) return stop_ ? LiveNews::kEnd : Broken();
    const int code = Receive();
    if (stop_) return LiveNews::kEnd;
    if (code < 0) {
      if (kind_ == Kind::kFile && code == AVERROR_EOF) return LiveNews::kEnd;
      problem_ = code == AVERROR_EOF    ? "nobody writes to it any more"
                 : code == AVERROR_EXIT ? "it is silent"
                                        : AvErrorText(code);
      return Broken();
    }
    int64_t shown = frame_->best_effort_timestamp;
    if (shown == AV_NOPTS_VALUE) shown = last_shown_ + step_;
    last_shown_ = shown;
    if (first_shown_ == AV_NOPTS_VALUE) first_shown_ = shown;
    cv::Mat bgr;
    converter_.Convert(*frame_, frame_->width, frame_->height, orientation_, &bgr);
    picture->bgr = bgr;
    picture->taken = arrived_;
    if (!started_) start_ = arrived_;
    started_ = true;
    if (kind_ == Kind::kFile) {
      picture->milliseconds =
          av_rescale_q(shown - first_shown_, stream_->time_base, AVRational{1, 1000});
      if (!as_fast_ && !WaitUntil(start_ + std::chrono::milliseconds(picture->milliseconds))) {
        return LiveNews::kEnd;
      }
      picture->taken = Clock::now();
    } else {
      picture->milliseconds =
          std::chrono::duration_cast<std::chrono::milliseconds>(arrived_ - start_).count();
    }
    return LiveNews::kPicture;
  }

  std::string problem() const override { return problem_; }
  double fps() const override { return fps_; }

 private:
  // A connection that the other side forgot never ends by itself.
  static int Interrupted(void* self) {
    const FfmpegSource& source = *static_cast<FfmpegSource*>(self);
    const bool silent = source.kind_ == Kind::kStream && Clock::now() - source.asked_ > kSilent;
    return source.stop_ || silent ? 1 : 0;
  }

  LiveNews Broken() {
    Close();
    return LiveNews::kBroken;
  }

  void Close() {
    codec_.reset();
    format_.reset();
    pipe_.reset();
    draining_ = false;
  }

  [[noreturn]] void Fail(const std::string& why) const {
    throw Error(name_, why, "check the file, or convert it to mp4");
  }

  // False with `problem_`: waiting may help.
  bool Refuse(const std::string& why) {
    Close();
    if (kind_ == Kind::kFile) Fail(why);
    problem_ = why;
    return false;
  }

  bool Open() {
    AVFormatContext* format = avformat_alloc_context();
    VOLE_CHECK(format != nullptr);
    format->interrupt_callback = {&FfmpegSource::Interrupted, this};
    std::string url = name_;
    AVDictionary* options = nullptr;
    if (kind_ == Kind::kPipe) {
      try {
        pipe_ = std::make_unique<Pipe>(name_, stop_);
      } catch (...) {
        avformat_free_context(format);
        throw;
      }
      format->pb = pipe_->io();
    } else if (kind_ == Kind::kFile) {
      url = "file:" + name_;
      av_dict_set(&options, "protocol_whitelist", "file", 0);
    }
    if (kind_ != Kind::kFile) av_dict_set(&options, "analyzeduration", "1000000", 0);
    int code = avformat_open_input(&format, url.c_str(), nullptr, &options);
    av_dict_free(&options);
    if (code < 0) return Refuse(Unreadable(code));
    format_.reset(format);
    code = avformat_find_stream_info(format, nullptr);
    if (code < 0) return Refuse(Unreadable(code));
    const AVCodec* codec = nullptr;
    const int chosen = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
    if (chosen < 0) return Refuse("it holds no video that can be decoded");
    for (unsigned i = 0; i < format->nb_streams; ++i) {
      if (static_cast<int>(i) != chosen) format->streams[i]->discard = AVDISCARD_ALL;
    }
    stream_ = format->streams[chosen];
    orientation_ = ReadOrientation(stream_);
    const AVRational rate = av_guess_frame_rate(format, stream_, nullptr);
    const double told = rate.den > 0 ? av_q2d(rate) : 0;
    fps_ = told >= 1 && told <= 1000 ? told : kUsualFps;
    step_ =
        std::max<int64_t>(1, std::llround(1 / (fps_ * std::max(1e-9, av_q2d(stream_->time_base)))));
    codec_.reset(avcodec_alloc_context3(codec));
    avcodec_parameters_to_context(codec_.get(), stream_->codecpar);
    codec_->pkt_timebase = stream_->time_base;
    codec_->thread_count = 1;  // each further one would hold a picture back
    code = avcodec_open2(codec_.get(), codec, nullptr);
    return code >= 0 || Refuse("its pictures cannot be decoded (" + AvErrorText(code) + ")");
  }

  static std::string Unreadable(int code) {
    return code == AVERROR_INVALIDDATA || code == AVERROR_EOF
               ? "this is not a video that can be read"
               : "it cannot be read (" + AvErrorText(code) + ")";
  }

  // The next picture in frame_, or FFmpeg's error.
  int Receive() {
    for (;;) {
      const int code = avcodec_receive_frame(codec_.get(), frame_.get());
      if (code >= 0) {
        if (frame_->width > 0 && frame_->height > 0) return code;
        continue;
      }
      if (code == AVERROR_EOF || draining_) return AVERROR_EOF;
      if (const int read = ReadPacket(); read < 0) {
        if (read != AVERROR_EOF) return read;
        draining_ = true;
        avcodec_send_packet(codec_.get(), nullptr);
      } else {
        arrived_ = Clock::now();
        avcodec_send_packet(codec_.get(), packet_.get());  // damage shows in the picture
      }
    }
  }

  int ReadPacket() {
    for (;;) {
      av_packet_unref(packet_.get());
      const int code = av_read_frame(format_.get(), packet_.get());
      if (code < 0) return code;
      if (packet_->stream_index == stream_->index) return code;
    }
  }

  bool WaitUntil(Clock::time_point due) const {
    while (!stop_) {
      const auto now = Clock::now();
      if (now >= due) return true;
      std::this_thread::sleep_until(std::min(due, now + std::chrono::milliseconds(kPollMs)));
    }
    return false;
  }

  const std::string name_;
  const Kind kind_;
  const bool as_fast_;
  const std::atomic<bool>& stop_;
  std::unique_ptr<Pipe> pipe_;  // outlives format_
  AvPtr<AVFormatContext> format_;
  AvPtr<AVCodecContext> codec_;
  AvPtr<AVPacket> packet_;
  AvPtr<AVFrame> frame_;
  AVStream* stream_ = nullptr;
  Orientation orientation_;
  BgrConverter converter_;
  bool draining_ = false, started_ = false;
  Clock::time_point start_, arrived_ = Clock::now(), asked_;
  int64_t first_shown_ = AV_NOPTS_VALUE, last_shown_ = 0, step_ = 1;
  double fps_ = kUsualFps;
  std::string problem_;
};

}  // namespace

std::unique_ptr<LiveSource> PlayFile(const std::filesystem::path& file, bool as_fast,
                                     const std::atomic<bool>& stop) {
  std::error_code code;
  const auto status = std::filesystem::status(file, code);
  if (status.type() == std::filesystem::file_type::not_found) {
    throw Error(file.string(), "there is no such file", "check the path");
  }
  if (std::filesystem::is_directory(status)) {
    throw Error(file.string(), "this is a folder, not a video", "name a video file in it");
  }
  const bool pipe = std::filesystem::is_fifo(status);
  if (access(file.c_str(), R_OK) != 0) {
    throw Error(file.string(), std::string("it cannot be opened: ") + std::strerror(errno),
                "check who may read it");
  }
  return std::make_unique<FfmpegSource>(file.string(), pipe ? Kind::kPipe : Kind::kFile, as_fast,
                                        stop);
}

std::unique_ptr<LiveSource> ReadStream(const std::string& url, const std::atomic<bool>& stop) {
  return std::make_unique<FfmpegSource>(url, Kind::kStream, false, stop);
}

}  // namespace datasets
