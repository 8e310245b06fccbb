// Keeps the timeline's content of the current video fresh, on its own thread.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "app/model/timeline/timeline_lanes.h"

namespace app {

class TimelineFeed {
 public:
  // Opens its own read-only project, so that it never waits for the window's.
  TimelineFeed(std::filesystem::path project_file, std::function<void()> wake);
  ~TimelineFeed();

  // Asks for the content of a video at a revision; nothing happens when it is there already.
  void Want(datasets::Id video_id, int64_t revision);
  std::shared_ptr<const TimelineContent> content() const;  // may be null or of an older revision

 private:
  void Run();

  const std::filesystem::path project_file_;
  std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable wake_worker_;
  datasets::Id wanted_video_ = 0;
  int64_t wanted_revision_ = -1;
  bool stopping_ = false;
  std::shared_ptr<const TimelineContent> content_;
  std::thread thread_;
};

}  // namespace app
