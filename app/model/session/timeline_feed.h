// Keeps the timeline's content of the current video fresh, on its own thread.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "app/model/session/latest_worker.h"
#include "app/model/timeline/timeline_lanes.h"

namespace app {

class TimelineFeed {
 public:
  // Opens its own read-only project, so that it never waits for the window's. `say` gets, from the
  // worker, why there is nothing to show.
  TimelineFeed(std::filesystem::path project_file, std::function<void()> wake,
               std::function<void(const std::string&)> say);

  // Asks for the content of a video at a revision; nothing happens when it is there already.
  void Want(datasets::Id video_id, int64_t revision);
  std::shared_ptr<const TimelineContent> content() const;  // may be null or of an older revision

 private:
  struct Wanted {
    datasets::Id video_id = 0;
    int64_t revision = -1;
  };
  using Worker = LatestWorker<Wanted>;
  Worker::Answered Load(const Wanted& wanted);

  const std::filesystem::path project_file_;
  mutable std::mutex mutex_;
  Wanted wanted_;
  std::shared_ptr<const TimelineContent> content_;
  // The worker's own.
  std::unique_ptr<datasets::Project> project_;
  std::string curves_key_;
  Worker::Clock::time_point curves_may_be_read_{};
  Worker worker_;  // last: it ends before what it uses
};

}  // namespace app
