#include "app/model/session/timeline_feed.h"

#include <chrono>
#include <string>

namespace app {
namespace {

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

TimelineFeed::TimelineFeed(std::filesystem::path project_file, std::function<void()> wake,
                           std::function<void(const std::string&)> say)
    : project_file_(std::move(project_file)),
      worker_([this](const Wanted& wanted) { return Load(wanted); }, std::move(wake),
              std::move(say)) {}

void TimelineFeed::Want(datasets::Id video_id, int64_t revision) {
  std::scoped_lock lock(mutex_);
  if (wanted_.video_id == video_id && wanted_.revision == revision) return;
  wanted_ = {video_id, revision};
  worker_.Ask(wanted_);
}

std::shared_ptr<const TimelineContent> TimelineFeed::content() const {
  std::scoped_lock lock(mutex_);
  return content_;
}

TimelineFeed::Worker::Answered TimelineFeed::Load(const Wanted& wanted) {
  using Clock = Worker::Clock;
  try {
    if (!project_) {
      project_ = datasets::Project::Open(project_file_, datasets::Project::Access::kReadOnly);
    }
    const std::shared_ptr<const TimelineContent> old = content();
    const auto started = Clock::now();
    const std::string key = CurvesKey(*project_, wanted.video_id);
    const bool keep = old && old->video_id == wanted.video_id && key == curves_key_ &&
                      started < curves_may_be_read_;
    auto fresh = LoadTimeline(*project_, wanted.video_id, wanted.revision,
                              keep ? old.get() : nullptr, old.get());
    Worker::Answered answered;
    if (keep) {
      answered.again_after = curves_may_be_read_ - Clock::now();
    } else {
      curves_key_ = key;
      const auto now = Clock::now();
      curves_may_be_read_ =
          now + std::chrono::duration_cast<Clock::duration>((now - started) / kShareForCurves);
    }
    std::scoped_lock lock(mutex_);
    content_ = std::move(fresh);
    return answered;
  } catch (...) {
    project_.reset();  // it may have been replaced
    throw;
  }
}

}  // namespace app
