// From frames to seconds and back: the one place that knows when a frame is shown.
#pragma once

#include <memory>
#include <vector>

#include "datasets/video/video.h"

namespace datasets {

// Seconds count from the first frame. Where a video's time stamps are evenly spaced (to within a
// tick of its time base) frame i is shown at i / fps; else at its own time stamp, as in a phone's
// video, whose rate varies, or one with frames left out. A frame is shown until the next one; the
// last as long as the one before it. Cheap to copy; the stamps are shared.
class FrameTimes {
 public:
  FrameTimes(double fps = 1);  // NOLINT: an even rate may stand for itself; <= 0 counts as 1
  explicit FrameTimes(const VideoIndex& index);

  double fps() const { return fps_; }  // average
  bool even() const { return !starts_; }
  // When `frame` begins to be shown; past the end the average rate goes on. Also: when the frames
  // before it have all been shown, so a half-open span [a, b) lasts from Start(a) to Start(b).
  double Start(int64_t frame) const;
  double Between(int64_t from_frame, int64_t to_frame) const;
  // The frame whose Start is nearest, of two equally near ones the later; at least 0, at most
  // INT32_MAX. Round trip: Nearest(Start(frame)) == frame.
  int Nearest(double seconds) const;

 private:
  double fps_ = 1;
  std::shared_ptr<const std::vector<double>> starts_;  // frames + 1; null where even
};

}  // namespace datasets
