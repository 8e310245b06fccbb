#include "app/model/session/frame_feed.h"

#include <opencv2/imgproc.hpp>

#include "app/model/session/session.h"
#include "datasets/store/connection.h"
#include "datasets/video/video.h"

namespace app {
namespace {

constexpr size_t kCacheBytes = size_t{400} << 20;

}  // namespace

FrameFeed::FrameFeed(datasets::Project& project, std::function<void()> wake,
                     std::function<void(const std::string&)> say)
    : project_(project),
      worker_(
          [this](const Wanted& wanted) {
            Decode(wanted);
            return LatestWorker<Wanted>::Answered();
          },
          std::move(wake), std::move(say), LatestWorker<Wanted>::OnFailure::kForget) {}

FrameFeed::~FrameFeed() = default;

void FrameFeed::Request(datasets::Id video_id, int frame, int direction) {
  std::scoped_lock lock(mutex_);
  const auto is_asked = [&](const Wanted& other) {
    return other.video_id == video_id && other.frame == frame;
  };
  // A picture that could not be read may be there now.
  if (is_asked(wanted_) && is_asked(ready_) && !bgr_.empty()) return;
  wanted_ = {video_id, frame, direction};
  worker_.Ask(wanted_);
}

bool FrameFeed::Take(DecodedFrame& picture,
                     std::shared_ptr<const datasets::Background>& background) {
  std::scoped_lock lock(mutex_);
  if (!fresh_) return false;
  fresh_ = false;
  picture.video_id = ready_.video_id;
  picture.frame = ready_.frame;
  picture.bgr = bgr_;
  picture.bgra = bgra_;
  background = background_;
  return true;
}

void FrameFeed::Open(datasets::Id video_id) {
  cache_.reset();
  open_video_ = 0;
  const datasets::VideoRow row = project_.VideoById(video_id);
  auto background = std::make_shared<datasets::Background>(project_.BackgroundOf(row));
  datasets::VideoIndex index = project_.IndexOf(row);
  open_frames_ = index.frame_count();
  cache_ = std::make_unique<datasets::FrameCache>(project_.VideoPath(row), std::move(index),
                                                  kCacheBytes);
  open_video_ = video_id;
  std::scoped_lock lock(mutex_);
  background_ = std::move(background);
}

void FrameFeed::Leave(const Wanted& wanted, cv::Mat bgr, cv::Mat bgra) {
  std::scoped_lock lock(mutex_);
  bgr_ = std::move(bgr);
  bgra_ = std::move(bgra);
  ready_ = wanted;
  fresh_ = true;
}

void FrameFeed::Decode(const Wanted& wanted) {
  try {
    // A video that is being recorded has grown since.
    if (wanted.video_id != open_video_ || wanted.frame >= open_frames_) Open(wanted.video_id);
    cv::Mat picture = cache_->Get(wanted.frame);
    cache_->Prefetch(wanted.frame, wanted.direction == 0 ? 1 : wanted.direction);
    cv::Mat bgra;
    cv::cvtColor(picture, bgra, cv::COLOR_BGR2BGRA);
    Leave(wanted, std::move(picture), std::move(bgra));
  } catch (const datasets::BusyError&) {
    open_video_ = 0;
    throw;  // and asked again
  } catch (...) {
    open_video_ = 0;  // read anew next time: it may have been moved
    // Outlines can be seen and changed without it.
    Leave(wanted, {}, {});
    throw;
  }
}

}  // namespace app
