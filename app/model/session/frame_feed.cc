#include "app/model/session/frame_feed.h"

#include <opencv2/imgproc.hpp>

#include "app/model/session/session.h"
#include "datasets/video/video.h"

namespace app {
namespace {

constexpr size_t kCacheBytes = size_t{400} << 20;

}  // namespace

FrameFeed::FrameFeed(datasets::Project& project, std::function<void()> wake)
    : project_(project), wake_(std::move(wake)), thread_([this] { Run(); }) {}

FrameFeed::~FrameFeed() {
  {
    std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_worker_.notify_all();
  thread_.join();
}

void FrameFeed::Request(datasets::Id video_id, int frame, int direction) {
  {
    std::scoped_lock lock(mutex_);
    if (wanted_video_ == video_id && wanted_frame_ == frame && !pending_ &&
        ready_video_ == video_id && ready_frame_ == frame) {
      return;
    }
    wanted_video_ = video_id;
    wanted_frame_ = frame;
    direction_ = direction;
    pending_ = true;
  }
  wake_worker_.notify_one();
}

bool FrameFeed::Take(DecodedFrame& picture,
                     std::shared_ptr<const datasets::Background>& background) {
  std::scoped_lock lock(mutex_);
  if (!fresh_) return false;
  fresh_ = false;
  picture.video_id = ready_video_;
  picture.frame = ready_frame_;
  picture.bgr = ready_;
  picture.bgra = ready_bgra_;
  background = background_;
  return true;
}

std::vector<std::string> FrameFeed::TakeErrors() {
  std::scoped_lock lock(mutex_);
  return std::exchange(errors_, {});
}

void FrameFeed::Run() {
  std::unique_ptr<datasets::FrameCache> cache;
  datasets::Id open_video = 0;
  std::string last_error;
  while (true) {
    datasets::Id video = 0;
    int frame = 0, direction = 0;
    {
      std::unique_lock lock(mutex_);
      wake_worker_.wait(lock, [this] { return stopping_ || pending_; });
      if (stopping_) return;
      video = wanted_video_;
      frame = wanted_frame_;
      direction = direction_;
      pending_ = false;
    }
    try {
      if (video != open_video) {
        cache.reset();
        const datasets::VideoRow row = project_.VideoById(video);
        auto background = std::make_shared<datasets::Background>(project_.BackgroundOf(row));
        cache = std::make_unique<datasets::FrameCache>(project_.VideoPath(row),
                                                       project_.IndexOf(row), kCacheBytes);
        open_video = video;
        std::scoped_lock lock(mutex_);
        background_ = std::move(background);
      }
      cv::Mat picture = cache->Get(frame);
      cache->Prefetch(frame, direction == 0 ? 1 : direction);
      cv::Mat bgra;
      cv::cvtColor(picture, bgra, cv::COLOR_BGR2BGRA);
      std::scoped_lock lock(mutex_);
      ready_ = std::move(picture);
      ready_bgra_ = std::move(bgra);
      ready_video_ = video;
      ready_frame_ = frame;
      fresh_ = true;
      last_error.clear();
    } catch (const std::exception& error) {
      std::scoped_lock lock(mutex_);
      open_video = 0;
      if (last_error != error.what()) errors_.push_back(error.what());  // once, not a frame
      last_error = error.what();
    }
    wake_();
  }
}

}  // namespace app
