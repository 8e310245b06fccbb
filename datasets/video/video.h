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
#include "datasets/video/video_parts.h"

namespace datasets {

// Made once by decoding every frame in order (never trusted from the container's header).
// A time stamp that is missing or not after the one before it is replaced by one that keeps the
// order. Only key frames are listed from which decoding gives the same pictures as from the start.
struct VideoIndex {
  int width = 0, height = 0;  // pixels, after rotation metadata is applied
  double fps = 0;             // average; > 0
  int time_base_num = 1, time_base_den = 1;
  std::vector<int64_t> pts;         // presentation time stamp of frame i, strictly increasing
  std::vector<int32_t> key_frames;  // frames i from which decoding can start, increasing
  std::string fingerprint;          // hex SHA-256 over size, and the first and last MiB of the file
  std::vector<VideoPart> parts;     // with absolute paths; none: the video is one file
  int frame_count() const { return static_cast<int>(pts.size()); }
};

// The first of the promises above that an index from a file does not keep, in a few words; "" when
// it keeps all. Readers rely on them: a stored index is checked before it is used.
std::string IndexDamage(const VideoIndex& index);
// The same of a picture's size alone: more than nothing, and no more than can be decoded.
std::string SizeDamage(int64_t width, int64_t height);

// Throws Error for a missing, empty, truncated (fewer frames decode than demuxed packets promise
// and nothing usable remains) or non-video file. A file whose tail is damaged is indexed up to the
// last good frame, with `warning` set to one sentence.
VideoIndex IndexVideo(const std::filesystem::path& path, Job& job, std::string* warning = nullptr);
std::string FingerprintFile(const std::filesystem::path& path);

// Decodes frames by number. One object belongs to one thread at a time. Sequential reads cost one
// decode each; a backward or random read decodes from the key frame before it.
class VideoReader {
 public:
  // Throws Error when the file is missing or its fingerprint differs from the index. Of a video in
  // parts `path` says nothing: each file is looked at when a frame of it is read.
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
  cv::Mat Get(int frame);  // blocks; shared pixels, do not write
  std::optional<cv::Mat> GetIfCached(int frame);
  void Prefetch(int frame, int direction);  // on the cache's own thread; newest request wins
  size_t used_bytes() const;                // never above max_bytes

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The scene without the animals, whether the camera stands still, and whether to believe it.
struct Background {
  cv::Mat bgr;                 // CV_8UC3, robust per-pixel median; empty when the camera moves
  bool static_camera = false;  // what stands out in the frames stays where it is
  double residual = 0;         // mean absolute difference of frames to the median, grey levels
  // Share of the pixels that differ clearly from the median in at least one of the frames.
  double moved_share = 0;
  // Pixels whose place is contested (the median holds in fewer than 3 of 4 frames), divided by the
  // pixels that differ in an average frame. Animals that roam leave it small; animals that hardly
  // move raise it, and then the median may hold the animals themselves.
  double contested_ratio = 0;
  // static_camera, most frames differ somewhere from the median, and little is contested. False:
  // better label more frames and pass them as known_animals, or do without the background.
  bool reliable = false;
};
// Reads about `samples` frames spread over the video (1 to 255). Animals that rest long are handled
// by `known_animals` (frame -> CV_8U mask of the frame's size, nonzero = animal, may be empty):
// with eight or more of them those frames are the samples, and masked pixels take no part; pixels
// that no sample shows are filled from around. The same inputs give the same background. Memory
// stays below about 600 MiB whatever the size.
Background EstimateBackground(VideoReader& reader, int samples, Job& job,
                              const std::vector<std::pair<int, cv::Mat>>& known_animals = {});

// Writes frames as a real video (H.264 where FFmpeg has libx264, else MPEG-4 part 2); the file
// name's ending chooses the container (mp4 where it says nothing). Writes beside the final name
// and renames on Close, so that a half-written video never carries it. Throws Error when the disk
// is full; without Close nothing stays.
class VideoWriter {
 public:
  // `crf`: 0 (lossless) to 51; `gop_frames`: distance of key frames, 0 leaves it to the encoder.
  VideoWriter(const std::filesystem::path& path, int width, int height, double fps, int crf = 20,
              int gop_frames = 0);
  ~VideoWriter();
  void Write(const cv::Mat& bgr);  // CV_8UC3 of the video's size
  void Close();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace datasets
