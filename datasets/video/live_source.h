// Pictures as they come: a file played at its rate, a named pipe, a stream of the network.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <opencv2/core.hpp>
#include <string>

namespace datasets {

struct LivePicture {
  cv::Mat bgr;  // CV_8UC3, its pixels shared with nobody else
  int64_t milliseconds =
      0;  // in the source's own time; of a stream that of arrival, so two may be equal
  // When it came, before it was decoded; of a file, which is decoded ahead, when it was due.
  std::chrono::steady_clock::time_point taken;
};

enum class LiveNews {
  kPicture,
  kEnd,     // a file is over, or it was stopped
  kBroken,  // what gave the pictures is gone; the next call looks for it again
};

// Belongs to one thread but for `stop`.
class LiveSource {
 public:
  virtual ~LiveSource() = default;
  // Waits for the next picture, or until `stop` is set. Throws Error for what no waiting mends.
  virtual LiveNews Next(LivePicture* picture) = 0;
  virtual std::string problem() const = 0;  // of kBroken, in a few words
  virtual double fps() const = 0;           // what it says of itself, > 0; after the first picture
};

// A regular file is played at its rate, or as fast as it is read (`as_fast`); its end is the end. A
// named pipe is read while somebody writes to it. Throws Error for a missing file, a folder, and
// with the first picture for what is no video. `stop` must outlive it.
std::unique_ptr<LiveSource> PlayFile(const std::filesystem::path& file, bool as_fast,
                                     const std::atomic<bool>& stop);
// Whatever FFmpeg reads: rtsp://, http://, udp://, ... One that is silent for five seconds is
// broken, and is opened again.
std::unique_ptr<LiveSource> ReadStream(const std::string& url, const std::atomic<bool>& stop);

}  // namespace datasets
