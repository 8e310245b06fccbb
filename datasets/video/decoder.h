// One pass over the pictures of a video file, through FFmpeg. Internal to datasets/video.
#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace datasets {

struct AvDelete {
  void operator()(AVFormatContext* p) const { avformat_close_input(&p); }
  void operator()(AVCodecContext* p) const { avcodec_free_context(&p); }
  void operator()(AVPacket* p) const { av_packet_free(&p); }
  void operator()(AVFrame* p) const { av_frame_free(&p); }
};
template <class T>
using AvPtr = std::unique_ptr<T, AvDelete>;

std::string AvErrorText(int code);

// Errors reach the user as Error; FFmpeg's own lines on stderr would only repeat them. Once is
// enough.
void SilenceFfmpeg();

// Signs of the 2x2 part of the display matrix, rounded to quarter turns and mirrorings:
// shown_x = xx * x + xy * y (plus an offset), shown_y = yx * x + yy * y.
struct Orientation {
  int xx = 1, xy = 0, yx = 0, yy = 1;
  bool swaps_axes() const { return xx == 0; }
};
// As the container says; upright where it says nothing.
Orientation ReadOrientation(AVStream* stream);

// Gives the shown pictures in order. Belongs to one thread at a time.
class Decoder {
 public:
  // Throws Error when the file is missing, a folder, unreadable, empty, no video, or of a codec
  // that FFmpeg does not have.
  Decoder(const std::filesystem::path& path, int threads);

  // The next picture, or null at the end. Valid until the next call of Next or Seek.
  const AVFrame* Next();
  // The picture that Next gave last (null after Seek and at the end).
  const AVFrame* current() const { return has_frame_ ? frame_.get() : nullptr; }
  // The container's claim of a good place at or before `pts`; the caller verifies where it lands.
  bool Seek(int64_t pts);

  // From now on pictures that lie before `pts` and that no other picture needs are not decoded and
  // not given (H.264's pictures with nal_ref_idc 0; every other picture comes out as without this).
  // AV_NOPTS_VALUE ends it. False when this codec does not tell such pictures, or not surely.
  bool SkipUnneededBefore(int64_t pts);
  // Whether the packets read for pictures from first to last time stamp were exactly these,
  // increasing: then no picture was taken for another on the way. Looks back to the picture before
  // the last call of SkipUnneededBefore; call it before ending that.
  bool PacketsWere(const int64_t* first, const int64_t* last) const;

  const AVStream& stream() const { return *stream_; }
  Orientation orientation() const { return orientation_; }
  int64_t step_ticks() const { return step_ticks_; }  // one nominal frame in time-base ticks, > 0
  int64_t promised_packets() const { return promised_packets_; }  // 0: the container does not say
  double promised_seconds() const;                                // 0: the container does not say
  int64_t packets() const { return packets_; }                    // read so far
  int errors() const { return errors_; }  // packets and pictures known to be damaged

 private:
  int ReadPacket();
  int SendPacket();

  std::string name_;
  AvPtr<AVFormatContext> format_;
  AvPtr<AVCodecContext> codec_;
  AvPtr<AVPacket> packet_;
  AvPtr<AVFrame> frame_;
  AVStream* stream_ = nullptr;
  Orientation orientation_;
  int64_t step_ticks_ = 1, promised_packets_ = 0, packets_ = 0;
  int errors_ = 0;
  bool has_frame_ = false, draining_ = false;
  int64_t skip_before_ = AV_NOPTS_VALUE;
  int nal_length_bytes_ = 0;   // of the stream that pictures are left out of
  std::vector<int64_t> sent_;  // time stamps of packets whose pictures have not come out yet
};

inline bool IsDamaged(const AVFrame& frame) {
  return frame.decode_error_flags != 0 || (frame.flags & AV_FRAME_FLAG_CORRUPT) != 0;
}

// The time stamp that the index keeps for a picture: the file's own where that is after the
// previous picture's, else one that keeps the order. The same rule when indexing and reading.
inline int64_t StampAfter(int64_t previous, int64_t raw, int64_t step_ticks) {
  constexpr int64_t kLimit = int64_t{1} << 60;
  if (raw == AV_NOPTS_VALUE || raw > kLimit || raw < -kLimit) return previous + step_ticks;
  return std::max(raw, previous + 1);
}

// Equal for equal luminance planes: verifies that two ways to a frame give the same picture.
uint64_t HashLuminance(const AVFrame& frame);

}  // namespace datasets
