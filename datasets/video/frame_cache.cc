#include <algorithm>
#include <condition_variable>
#include <deque>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "datasets/base/error.h"
#include "datasets/video/video.h"

namespace datasets {
namespace {

constexpr int kMaxFramesAhead = 64;
constexpr int kFarthestStep = 12;    // frames; farther is a jump, which nothing need be kept for
constexpr int kKeptOnStepBack = 16;  // the frames before are prefetched while these are looked at
constexpr int kMaxDecodeThreads = 4;

int DecodeThreads() {
  return std::clamp<int>(std::thread::hardware_concurrency(), 1, kMaxDecodeThreads);
}

// Frames [next, end) to decode in increasing order.
struct Fill {
  int next = 0, end = 0;
  bool empty() const { return next >= end; }
};

}  // namespace

struct FrameCache::Impl {
  struct Request {
    int frame;
    std::promise<cv::Mat> answer;
  };

  Impl(const std::filesystem::path& path, VideoIndex index, size_t max)
      : frame_count(index.frame_count()),
        max_bytes(max),
        capacity(static_cast<int>(std::min<size_t>(
            1 << 20, max / (3 * static_cast<size_t>(index.width) * index.height + 1)))),
        keys(index.key_frames),
        reader(path, std::move(index), DecodeThreads()),
        worker([this] { Work(); }) {}

  ~Impl() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
    }
    wake.notify_all();
    worker.join();
  }

  int KeyAtOrBefore(int frame) const {
    const auto after = std::upper_bound(keys.begin(), keys.end(), frame);
    return after == keys.begin() ? 0 : *(after - 1);
  }

  // Keeps what is near to the frame that was asked for last. The mutex is held.
  void Insert(int frame, const cv::Mat& picture) {
    const size_t bytes = picture.total() * picture.elemSize();
    if (bytes > max_bytes || frames.count(frame)) return;
    frames.emplace(frame, picture);
    used_bytes += bytes;
    while (used_bytes > max_bytes) {
      const auto last = std::prev(frames.end());
      const bool drop_first = focus - frames.begin()->first > last->first - focus;
      const auto victim = drop_first ? frames.begin() : last;
      used_bytes -= victim->second.total() * victim->second.elemSize();
      frames.erase(victim);
    }
  }

  // What decoding for `frame` should keep: on the way backward, pictures of its group before it.
  Fill FillFor(int frame) const {
    if (!backward) return {frame, frame + 1};
    const int room = std::clamp(capacity / 2, 1, kKeptOnStepBack);
    return {std::max(KeyAtOrBefore(frame), frame - room + 1), frame + 1};
  }

  // The mutex is held.
  Fill PlanPrefetch() const {
    const int ahead = std::min(kMaxFramesAhead, capacity / 2 - 1);
    if (ahead <= 0) return {};
    const int step = direction < 0 ? -1 : 1;
    int cached = 0;
    while (cached < ahead && frames.count(prefetch_frame + step * (cached + 1))) ++cached;
    if (step > 0) {
      return {prefetch_frame + 1 + cached, std::min(frame_count, prefetch_frame + 1 + ahead)};
    }
    if (cached > ahead / 2) return {};  // a step back costs a whole group: wait until it pays
    return {std::max(0, prefetch_frame - ahead), std::max(0, prefetch_frame - cached)};
  }

  void Answer(Request request, std::unique_lock<std::mutex>* lock) {
    if (const auto found = frames.find(request.frame); found != frames.end()) {
      request.answer.set_value(found->second);
      return;
    }
    // A step back will be followed by others; a jump will not.
    backward = request.frame < focus && focus - request.frame <= kFarthestStep;
    focus = request.frame;
    const Fill fill = FillFor(request.frame);
    lock->unlock();
    cv::Mat picture;
    try {
      for (int frame = fill.next; frame < fill.end; ++frame) {
        picture = reader.Read(frame);
        std::lock_guard relock(mutex);
        Insert(frame, picture);
      }
    } catch (...) {
      request.answer.set_exception(std::current_exception());
      lock->lock();
      return;
    }
    request.answer.set_value(picture);
    lock->lock();
  }

  void Work() {
    Fill fill;
    std::unique_lock lock(mutex);
    for (;;) {
      wake.wait(lock,
                [&] { return stopping || !requests.empty() || new_prefetch || !fill.empty(); });
      if (stopping) break;
      if (!requests.empty()) {
        Request request = std::move(requests.front());
        requests.pop_front();
        Answer(std::move(request), &lock);
        continue;
      }
      if (new_prefetch) {
        new_prefetch = false;
        focus = prefetch_frame;
        const Fill plan = PlanPrefetch();
        const bool goes_on = !fill.empty() && plan.next <= fill.next && fill.next < plan.end;
        if (!goes_on) fill = plan;
        if (goes_on && direction >= 0) fill.end = plan.end;
      }
      while (!fill.empty() && frames.count(fill.next)) ++fill.next;
      if (fill.empty()) continue;
      const int frame = fill.next++;
      lock.unlock();
      cv::Mat picture;
      try {
        picture = reader.Read(frame);
      } catch (const std::exception&) {
        fill = {};  // whoever asks for the frame itself is told why
      }
      lock.lock();
      if (!picture.empty()) Insert(frame, picture);
    }
    for (Request& request : requests) {
      request.answer.set_exception(std::make_exception_ptr(Cancelled()));
    }
  }

  const int frame_count;
  const size_t max_bytes;
  const int capacity;  // frames
  const std::vector<int32_t> keys;
  VideoReader reader;  // the worker's alone

  std::mutex mutex;
  std::condition_variable wake;
  std::map<int, cv::Mat> frames;
  size_t used_bytes = 0;
  std::deque<Request> requests;
  int focus = 0;
  bool backward = false, stopping = false;
  bool new_prefetch = false;
  int prefetch_frame = 0, direction = 1;
  std::thread worker;  // last: starts when all else is there
};

FrameCache::FrameCache(const std::filesystem::path& path, VideoIndex index, size_t max_bytes)
    : impl_(std::make_unique<Impl>(path, std::move(index), max_bytes)) {}
FrameCache::~FrameCache() = default;

cv::Mat FrameCache::Get(int frame) {
  VOLE_CHECK(frame >= 0 && frame < impl_->frame_count);
  std::future<cv::Mat> answer;
  {
    std::lock_guard lock(impl_->mutex);
    if (const auto found = impl_->frames.find(frame); found != impl_->frames.end()) {
      impl_->backward = frame < impl_->focus;
      impl_->focus = frame;
      return found->second;
    }
    impl_->requests.push_back({frame, {}});
    answer = impl_->requests.back().answer.get_future();
  }
  impl_->wake.notify_all();
  return answer.get();
}

std::optional<cv::Mat> FrameCache::GetIfCached(int frame) {
  std::lock_guard lock(impl_->mutex);
  const auto found = impl_->frames.find(frame);
  if (found == impl_->frames.end()) return std::nullopt;
  return found->second;
}

void FrameCache::Prefetch(int frame, int direction) {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->prefetch_frame = std::clamp(frame, 0, impl_->frame_count - 1);
    impl_->direction = direction;
    impl_->new_prefetch = true;
  }
  impl_->wake.notify_all();
}

size_t FrameCache::used_bytes() const {
  std::lock_guard lock(impl_->mutex);
  return impl_->used_bytes;
}

}  // namespace datasets
