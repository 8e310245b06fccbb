#include "app/model/session/timeline_feed.h"

#include <chrono>
#include <string>

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

namespace {

using Clock = std::chrono::steady_clock;

// What tells whether the confidence curves may have changed at once: another job, its end, or a
// person's corrections. A machine may also write new ones without that; they are read again now and
// then.
std::string CurvesKey(const datasets::Project& project, datasets::Id video_id) {
  const auto job = project.LatestPredictJob(video_id);
  if (!job) return "";
  std::string key = std::to_string(*job);
  for (const auto& row : project.Jobs()) {
    if (row.id == *job) key += " " + row.state;
  }
  for (const auto& row : project.Corrections(*job, video_id)) key += ":" + std::to_string(row.id);
  return key;
}

// Reading the curves takes at most this share of the time.
constexpr double kShareForCurves = 0.1;

}  // namespace

void TimelineFeed::Run() {
  std::string curves_key;
  bool curves_are_old = false;
  Clock::time_point curves_may_be_read{};
  std::unique_ptr<datasets::Project> project;
  datasets::Id loaded_video = 0;
  int64_t loaded_revision = -1;
  while (true) {
    datasets::Id video = 0;
    int64_t revision = -1;
    {
      std::unique_lock lock(mutex_);
      const auto is_wanted = [&] {
        return stopping_ || (wanted_video_ != 0 && (wanted_video_ != loaded_video ||
                                                    wanted_revision_ != loaded_revision));
      };
      if (curves_are_old) {
        wake_worker_.wait_until(lock, curves_may_be_read, is_wanted);
      } else {
        wake_worker_.wait(lock, is_wanted);
      }
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
      const std::shared_ptr<const TimelineContent> old = content();
      const auto started = Clock::now();
      const std::string key = CurvesKey(*project, video);
      const bool keep =
          old && old->video_id == video && key == curves_key && started < curves_may_be_read;
      auto fresh = LoadTimeline(*project, video, revision, keep ? old.get() : nullptr, old.get());
      curves_are_old = keep;
      if (!keep) {
        curves_key = key;
        const auto now = Clock::now();
        curves_may_be_read =
            now + std::chrono::duration_cast<Clock::duration>((now - started) / kShareForCurves);
      }
      std::scoped_lock lock(mutex_);
      content_ = std::move(fresh);
    } catch (const std::exception&) {
      // The file is busy or gone for a moment: the next revision asks again.
      project.reset();
      curves_are_old = false;
    }
    wake_();
  }
}

}  // namespace app
