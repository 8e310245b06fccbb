#include "datasets/video/decoder.h"

extern "C" {
#include <libavutil/display.h>
#include <libavutil/log.h>
#include <libavutil/pixdesc.h>
}

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <mutex>

#include "datasets/base/error.h"
#include "datasets/video/h264_packet.h"

namespace datasets {
namespace {

constexpr int kMaxReadErrorsInARow = 16;
constexpr int kReorderFrames = 18;     // the standards allow 16 at most
constexpr size_t kMostInFlight = 256;  // packets without pictures; more: no time stamps
constexpr int64_t kMaxPixels = int64_t{1} << 27;

// The plain reasons first, so that FFmpeg's "Invalid data" is left for real surprises.
void CheckIsReadableFile(const std::filesystem::path& path, const std::string& name) {
  std::error_code code;
  const auto status = std::filesystem::status(path, code);
  if (status.type() == std::filesystem::file_type::not_found) {
    throw Error(name, "there is no such file", "check the path, or find the moved video");
  }
  if (std::filesystem::is_directory(status)) {
    throw Error(name, "this is a folder, not a video", "name a video file in it");
  }
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    throw Error(name, "it is no regular file", "name a video file");  // a pipe would wait forever
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    throw Error(name, std::string("it cannot be opened: ") + std::strerror(errno),
                "check who may read it");
  }
  if (in.peek() == std::ifstream::traits_type::eof()) {
    throw Error(name, "the file is empty", "copy the video again");
  }
}

bool StartsLikeMp4(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::array<char, 8> head{};
  return in.read(head.data(), head.size()) && std::memcmp(head.data() + 4, "ftyp", 4) == 0;
}

int RoundedSign(int32_t fixed_16_16) {
  return fixed_16_16 > 32768 ? 1 : fixed_16_16 < -32768 ? -1 : 0;
}

// What a complete file must hold. Mp4 files list every sample; other containers keep a count.
int64_t PromisedPackets(const AVFormatContext& format, AVStream* stream) {
  const std::string container = format.iformat->name;
  if (container.find("mov") != std::string::npos) return avformat_index_get_entries_count(stream);
  return stream->nb_frames;
}

}  // namespace

Orientation ReadOrientation(AVStream* stream) {
  size_t size = 0;
  const uint8_t* data = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &size);
  if (!data || size < 9 * sizeof(int32_t)) return {};
  std::array<int32_t, 9> m;
  std::memcpy(m.data(), data, sizeof(m));
  Orientation turn{RoundedSign(m[0]), RoundedSign(m[3]), RoundedSign(m[1]), RoundedSign(m[4])};
  const bool straight = turn.xx != 0 && turn.yy != 0 && turn.xy == 0 && turn.yx == 0;
  const bool quarter = turn.xx == 0 && turn.yy == 0 && turn.xy != 0 && turn.yx != 0;
  return straight || quarter ? turn : Orientation{};
}

std::string AvErrorText(int code) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(code, text.data(), text.size());
  return text.data();
}

void SilenceFfmpeg() {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_level(AV_LOG_QUIET); });
}

Decoder::Decoder(const std::filesystem::path& path, int threads)
    : name_(path.string()), packet_(av_packet_alloc()), frame_(av_frame_alloc()) {
  SilenceFfmpeg();
  CheckIsReadableFile(path, name_);

  AVFormatContext* format = nullptr;
  AVDictionary* options = nullptr;
  av_dict_set(&options, "protocol_whitelist", "file", 0);  // a play list must not reach elsewhere
  int code = avformat_open_input(&format, ("file:" + name_).c_str(), nullptr, &options);
  av_dict_free(&options);
  if (code < 0) {
    if (StartsLikeMp4(path)) {
      throw Error(name_, "its table of frames is missing (the recording or copy was cut off)",
                  "copy the video again, or repair it with a tool for that");
    }
    throw Error(name_, "this is not a video that can be read (" + AvErrorText(code) + ")",
                "check the file, or convert it to mp4");
  }
  format_.reset(format);
  format->flags |= AVFMT_FLAG_DISCARD_CORRUPT;
  code = avformat_find_stream_info(format, nullptr);
  if (code < 0) throw Error(name_, "its streams cannot be read (" + AvErrorText(code) + ")");

  const AVCodec* codec = nullptr;
  const int chosen = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
  if (chosen == AVERROR_DECODER_NOT_FOUND) {
    throw Error(name_, "no decoder for its video codec is installed", "convert it to H.264");
  }
  if (chosen < 0 || (format->streams[chosen]->disposition & AV_DISPOSITION_ATTACHED_PIC)) {
    throw Error(name_, "it holds no video", "choose a file with pictures");
  }
  for (unsigned i = 0; i < format->nb_streams; ++i) {
    if (static_cast<int>(i) != chosen) format->streams[i]->discard = AVDISCARD_ALL;
  }
  stream_ = format->streams[chosen];
  orientation_ = ReadOrientation(stream_);
  promised_packets_ = PromisedPackets(*format, stream_);
  const AVRational rate = av_guess_frame_rate(format, stream_, nullptr);
  if (rate.num > 0 && rate.den > 0) {
    step_ticks_ = std::max<int64_t>(1, av_rescale_q(1, av_inv_q(rate), stream_->time_base));
    step_ticks_ = std::min<int64_t>(step_ticks_, int64_t{1} << 32);
  }

  codec_.reset(avcodec_alloc_context3(codec));
  avcodec_parameters_to_context(codec_.get(), stream_->codecpar);
  codec_->pkt_timebase = stream_->time_base;
  codec_->thread_count = std::max(1, threads);
  codec_->thread_type = FF_THREAD_FRAME;
  codec_->max_pixels = kMaxPixels;
  code = avcodec_open2(codec_.get(), codec, nullptr);
  if (code < 0) {
    throw Error(name_, std::string("its ") + codec->name + " stream cannot be decoded (" +
                           AvErrorText(code) + ")");
  }
}

double Decoder::promised_seconds() const {
  const bool told = format_->duration_estimation_method == AVFMT_DURATION_FROM_STREAM;
  return told && format_->duration > 0 ? static_cast<double>(format_->duration) / AV_TIME_BASE : 0;
}

int Decoder::ReadPacket() {
  for (int errors_in_a_row = 0;;) {
    av_packet_unref(packet_.get());
    const int code = av_read_frame(format_.get(), packet_.get());
    if (code >= 0) {
      if (packet_->stream_index != stream_->index) continue;
      ++packets_;
      return code;
    }
    if (code == AVERROR_EOF) return code;
    ++errors_;
    if (code == AVERROR(EIO) || code == AVERROR(ENOMEM)) return code;
    if (++errors_in_a_row >= kMaxReadErrorsInARow) return code;
  }
}

int Decoder::SendPacket() {
  const int64_t pts = packet_->pts;
  const bool skip = skip_before_ != AV_NOPTS_VALUE && pts != AV_NOPTS_VALUE && pts < skip_before_;
  codec_->skip_frame = skip ? AVDISCARD_NONREF : AVDISCARD_DEFAULT;
  if (skip_before_ == AV_NOPTS_VALUE && sent_.size() >= kMostInFlight) sent_.clear();
  sent_.push_back(pts);
  // The decoder would leave it out as well, but only after the thread whose turn it is had ended
  // the picture before: with every other picture left out, two threads would take turns.
  if (skip &&
      IsUnreferenced(packet_->data, static_cast<size_t>(packet_->size), nal_length_bytes_)) {
    return 0;
  }
  return avcodec_send_packet(codec_.get(), packet_.get());
}

bool Decoder::SkipUnneededBefore(int64_t pts) {
  if (codec_->codec_id != AV_CODEC_ID_H264) return false;
  skip_before_ = pts;
  nal_length_bytes_ = NalLengthBytes(stream_->codecpar->extradata,
                                     static_cast<size_t>(stream_->codecpar->extradata_size));
  return true;
}

bool Decoder::PacketsWere(const int64_t* first, const int64_t* last) const {
  std::vector<int64_t> found;
  for (const int64_t pts : sent_) {
    if (pts == AV_NOPTS_VALUE) return false;
    if (pts >= *first && pts <= *last) found.push_back(pts);
  }
  std::sort(found.begin(), found.end());
  return std::equal(found.begin(), found.end(), first, last + 1);
}

const AVFrame* Decoder::Next() {
  has_frame_ = false;
  for (;;) {
    int code = avcodec_receive_frame(codec_.get(), frame_.get());
    if (code >= 0) {
      if (frame_->width <= 0 || frame_->height <= 0 || !frame_->data[0]) continue;
      if (IsDamaged(*frame_)) ++errors_;
      has_frame_ = true;
      if (skip_before_ == AV_NOPTS_VALUE) {
        const int64_t shown = frame_->best_effort_timestamp;
        sent_.erase(std::remove_if(sent_.begin(), sent_.end(),
                                   [shown](int64_t pts) { return pts <= shown; }),
                    sent_.end());
      }
      return frame_.get();
    }
    if (code == AVERROR_EOF) return nullptr;
    if (code != AVERROR(EAGAIN)) {
      ++errors_;
      if (draining_) continue;
    } else if (draining_) {
      return nullptr;
    }
    if (ReadPacket() < 0) {
      draining_ = true;
      code = avcodec_send_packet(codec_.get(), nullptr);
    } else {
      code = SendPacket();
    }
    if (code < 0 && code != AVERROR_EOF) ++errors_;
  }
}

bool Decoder::Seek(int64_t pts) {
  has_frame_ = false;
  draining_ = false;
  skip_before_ = AV_NOPTS_VALUE;
  sent_.clear();
  // Transport and program streams seek by decoding time, which lies before the time of showing.
  const bool by_decoding_time = (format_->iformat->flags & AVFMT_TS_DISCONT) != 0;
  const int64_t target = by_decoding_time ? pts - kReorderFrames * step_ticks_ : pts;
  const int code = av_seek_frame(format_.get(), stream_->index, target, AVSEEK_FLAG_BACKWARD);
  avcodec_flush_buffers(codec_.get());
  return code >= 0;
}

uint64_t HashLuminance(const AVFrame& frame) {
  const AVPixFmtDescriptor* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(frame.format));
  const int bits =
      format ? format->comp[0].step * ((format->flags & AV_PIX_FMT_FLAG_BITSTREAM) ? 1 : 8) : 8;
  const size_t row_bytes = static_cast<size_t>(frame.width) * bits / 8;
  constexpr uint64_t kPrime = 0x9E3779B97F4A7C15ULL;
  std::array<uint64_t, 4> lanes{1, 2, 3, 4};
  for (int y = 0; y < frame.height; ++y) {
    const uint8_t* row = frame.data[0] + static_cast<ptrdiff_t>(y) * frame.linesize[0];
    size_t at = 0;
    for (; at + 32 <= row_bytes; at += 32) {
      std::array<uint64_t, 4> words;
      std::memcpy(words.data(), row + at, 32);
      for (int k = 0; k < 4; ++k) lanes[k] = ((lanes[k] ^ words[k]) * kPrime) ^ (lanes[k] >> 29);
    }
    for (; at < row_bytes; ++at) lanes[0] = (lanes[0] ^ row[at]) * kPrime;
  }
  uint64_t hash = static_cast<uint64_t>(frame.width) * kPrime + frame.height;
  for (uint64_t lane : lanes) hash = (hash ^ lane ^ (lane >> 31)) * kPrime;
  return hash;
}

}  // namespace datasets
