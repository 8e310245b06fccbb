// Exact access to the frames of a video: frame N is the same picture on every path and platform.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <vector>

#include "datasets/base/job.h"

namespace datasets {

// Made once by decoding every frame in order (never trusted from the container's header).
// A time stamp that is missing or not after the one before it is replaced by one that keeps the
// order. Only key frames are listed from which decoding gives the same pictures as from the start.
struct VideoIndex {
  int width = 0, height = 0;       // pixels, after rotation metadata is applied
  double fps = 0;                  // average; > 0
  int time_base_num = 1, time_base_den = 1;
  std::vector<int64_t> pts;        // presentation time stamp of frame i, strictly increasing
  std::vector<int32_t> key_frames; // frames i from which decoding can start, increasing
  std::string fingerprint;         // hex SHA-256 over size, and the first and last MiB of the file
  int frame_count() const { return static_cast<int>(pts.size()); }
};

// Throws Error for a missing, empty, truncated (fewer frames decode than demuxed packets promise
// and nothing usable remains) or non-video file. A file whose tail is damaged is indexed up to the
// last good frame, with `warning` set to one sentence.
VideoIndex IndexVideo(const std::filesystem::path& path, Job& job, std::string* warning = nullptr);
std::string FingerprintFile(const std::filesystem::path& path);

// Decodes frames by number. One object belongs to one thread at a time. Sequential reads cost one
// decode each; a backward or random read decodes from the key frame before it.
class VideoReader {
 public:
  // Throws Error when the file is missing or its fingerprint differs from the index.
  VideoReader(const std::filesystem::path& path, VideoIndex index, int decode_threads = 1);
  ~VideoReader();
  VideoReader(VideoReader&&) noexcept;
  VideoReader& operator=(VideoReader&&) noexcept;

  const VideoIndex& index() const;
  // BGR, CV_8UC3 [height, width]. 0 <= frame < frame_count. The Mat owns its pixels.
  cv::Mat Read(int frame);
  // The same picture into a Mat whose memory is reused (no other Mat may share its pixels).
  void ReadInto(int frame, cv::Mat* bgr);
  // Decodes up to but not including `frame`, without converting: the next Read(frame) is quick.
  void SkipTo(int frame);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A bounded cache in front of a VideoReader for a person who steps around: keeps the decoded
// group of pictures in both directions. Thread-safe.
class FrameCache {
 public:
  FrameCache(const std::filesystem::path& path, VideoIndex index, size_t max_bytes);
  ~FrameCache();
  cv::Mat Get(int frame);                       // blocks; shared pixels, do not write
  std::optional<cv::Mat> GetIfCached(int frame);
  void Prefetch(int frame, int direction);      // on the cache's own thread; newest request wins

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The scene without the animals, and whether the camera stands still.
struct Background {
  cv::Mat bgr;              // CV_8UC3, robust per-pixel median; empty when the camera moves
  bool static_camera = false;
  double residual = 0;      // median absolute difference of frames to the background, grey levels
};
// Reads about `samples` frames spread over the video. Animals that rest long are handled by
// excluding pixels of `known_animals` (frame -> CV_8U mask, may be empty) from the median.
Background EstimateBackground(VideoReader& reader, int samples, Job& job,
                              const std::vector<std::pair<int, cv::Mat>>& known_animals = {});

// Writes frames as a real video (H.264 where FFmpeg has an encoder, else MPEG-4 part 2).
class VideoWriter {
 public:
  VideoWriter(const std::filesystem::path& path, int width, int height, double fps, int crf = 20);
  ~VideoWriter();
  void Write(const cv::Mat& bgr);
  void Close();  // flushes; throws Error when the disk is full

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace datasets
