// Pictures to packets of H.264 where FFmpeg has libx264, else MPEG-4 part 2. Internal to
// datasets/video.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <opencv2/core.hpp>

#include "datasets/video/decoder.h"

struct SwsContext;

namespace datasets {

// In words, with a way out where the disk is full.
[[noreturn]] void ThrowWriteError(const std::filesystem::path& path, int av_error);

struct EncoderSettings {
  int width = 0, height = 0;
  double fps = 0;        // what the rate control expects
  int crf = 20;          // 0 (lossless) to 51
  int gop_frames = 0;    // distance of key frames; 0 leaves it to the encoder
  bool at_once = false;  // each picture's packet comes before the next picture, in order of showing
  AVRational time_base{0, 1};  // of the time stamps; 0: one a frame
};

class Encoder {
 public:
  // `path` names the video in errors. The container's needs decide on global headers.
  Encoder(const std::filesystem::path& path, const EncoderSettings& settings,
          const AVOutputFormat& container);
  ~Encoder();

  const AVCodecContext& codec() const { return *codec_; }
  using Take = std::function<void(AVPacket*)>;
  // CV_8UC3 of the size; `pts` in the time base, increasing.
  void Write(const cv::Mat& bgr, int64_t pts, const Take& take);
  void Finish(const Take& take);

 private:
  void TakePackets(const Take& take);
  void Check(int code) const;

  struct SwsDelete {
    void operator()(SwsContext* p) const;
  };
  std::filesystem::path path_;
  AvPtr<AVCodecContext> codec_;
  std::unique_ptr<SwsContext, SwsDelete> scaler_;
  AvPtr<AVFrame> frame_;
  AvPtr<AVPacket> packet_;
};

}  // namespace datasets
