#include "app/model/timeline_feed.h"

namespace app {

TimelineFeed::TimelineFeed(std::filesystem::path project_file, std::function<void()> wake)
    : project_file_(std::move(project_file)), wake_(std::move(wake)), thread_([this] { Run(); }) {}

TimelineFeed::~TimelineFeed() {
  {
    std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  wake_worker_.notify_all();
  thread_.join();
}

void TimelineFeed::Want(datasets::Id video_id, int64_t revision) {
  {
    std::scoped_lock lock(mutex_);
    if (wanted_video_ == video_id && wanted_revision_ == revision) return;
    wanted_video_ = video_id;
    wanted_revision_ = revision;
  }
  wake_worker_.notify_one();
}

std::shared_ptr<const TimelineContent> TimelineFeed::content() const {
  std::scoped_lock lock(mutex_);
  return content_;
}

void TimelineFeed::Run() {
  std::unique_ptr<datasets::Project> project;
  datasets::Id loaded_video = 0;
  int64_t loaded_revision = -1;
  while (true) {
    datasets::Id video = 0;
    int64_t revision = -1;
    {
      std::unique_lock lock(mutex_);
      wake_worker_.wait(lock, [&] {
        return stopping_ || (wanted_video_ != 0 && (wanted_video_ != loaded_video ||
                                                    wanted_revision_ != loaded_revision));
      });
      if (stopping_) return;
      video = wanted_video_;
      revision = wanted_revision_;
    }
    loaded_video = video;
    loaded_revision = revision;
    try {
      if (!project) {
        project = datasets::Project::Open(project_file_, datasets::Project::Access::kReadOnly);
      }
      auto fresh = LoadTimeline(*project, video, revision);
      std::scoped_lock lock(mutex_);
      content_ = std::move(fresh);
    } catch (const std::exception&) {
      // The file is busy or gone for a moment: the next revision asks again.
      project.reset();
    }
    wake_();
  }
}

}  // namespace app
