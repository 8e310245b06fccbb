#include "datasets/video/frame_times.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace datasets {

namespace {

bool EvenlySpaced(const std::vector<int64_t>& pts) {
  const double first = static_cast<double>(pts.front());
  const double step =
      (static_cast<double>(pts.back()) - first) / static_cast<double>(pts.size() - 1);
  for (size_t i = 0; i < pts.size(); ++i) {
    const double even = first + step * static_cast<double>(i);
    if (std::abs(static_cast<double>(pts[i]) - even) > 1) return false;
  }
  return true;
}

}  // namespace

FrameTimes::FrameTimes(double fps) : fps_(fps > 0 ? fps : 1) {}

FrameTimes::FrameTimes(const VideoIndex& index) : FrameTimes(index.fps) {
  const std::vector<int64_t>& pts = index.pts;
  if (pts.size() < 3 || index.time_base_num <= 0 || index.time_base_den <= 0) return;
  if (EvenlySpaced(pts)) return;
  const double tick = static_cast<double>(index.time_base_num) / index.time_base_den;
  std::vector<double> starts;
  starts.reserve(pts.size() + 1);
  for (const int64_t stamp : pts) {
    starts.push_back((static_cast<double>(stamp) - static_cast<double>(pts.front())) * tick);
  }
  starts.push_back(2 * starts.back() - starts[starts.size() - 2]);
  starts_ = std::make_shared<const std::vector<double>>(std::move(starts));
}

double FrameTimes::Start(int64_t frame) const {
  if (even() || frame <= 0) return static_cast<double>(frame) / fps_;
  const auto last = static_cast<int64_t>(starts_->size()) - 1;
  if (frame <= last) return (*starts_)[static_cast<size_t>(frame)];
  return starts_->back() + static_cast<double>(frame - last) / fps_;
}

double FrameTimes::Between(int64_t from_frame, int64_t to_frame) const {
  if (even()) return static_cast<double>(to_frame - from_frame) / fps_;
  return Start(to_frame) - Start(from_frame);
}

int FrameTimes::Nearest(double seconds) const {
  double frame = std::floor(seconds * fps_ + 0.5);
  if (!even()) {
    const auto after = std::upper_bound(starts_->begin(), starts_->end(), seconds);
    if (after == starts_->end()) {
      frame = static_cast<double>(starts_->size() - 1) +
              std::floor((seconds - starts_->back()) * fps_ + 0.5);
    } else if (after == starts_->begin()) {
      frame = 0;
    } else {
      const bool later = *after - seconds <= seconds - *(after - 1);
      frame = static_cast<double>(after - starts_->begin()) - (later ? 0 : 1);
    }
  }
  return static_cast<int>(std::clamp(frame, 0.0, static_cast<double>(INT32_MAX)));
}

}  // namespace datasets
