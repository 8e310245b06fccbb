#include "app/model/overview/overview_feed.h"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <utility>

#include "datasets/base/error.h"
#include "datasets/store/overview/overview.h"

namespace app {
namespace {

// The scene without animals, else the first picture; none where neither can be read.
cv::Mat SmallPictureOf(const datasets::Project& project, datasets::Id id) {
  cv::Mat bgr;
  for (const datasets::VideoRow& video : project.Videos()) {
    if (video.id != id) continue;
    try {
      bgr = project.BackgroundOf(video).bgr;
      if (bgr.empty()) bgr = project.OpenVideo(video).Read(0);
    } catch (const datasets::BusyError&) {
      throw;
    } catch (const datasets::Error&) {
      return {};  // the table says that its file is lost
    }
  }
  if (bgr.empty()) return {};
  const double scale = std::min(OverviewFeed::kPictureWidth / static_cast<double>(bgr.cols),
                                OverviewFeed::kPictureHeight / static_cast<double>(bgr.rows));
  cv::Mat small;
  cv::resize(bgr, small,
             {std::max(1, static_cast<int>(bgr.cols * scale)),
              std::max(1, static_cast<int>(bgr.rows * scale))},
             0, 0, cv::INTER_AREA);
  return small;
}

}  // namespace

OverviewFeed::OverviewFeed(std::filesystem::path project_file, std::function<void()> wake,
                           std::function<void(const std::string&)> say,
                           std::chrono::milliseconds tried_again_after)
    : project_file_(std::move(project_file)),
      wake_(wake),
      tried_again_after_(tried_again_after),
      counting_(
          [this](const int64_t& revision) {
            if (!counted_) {
              counted_ =
                  datasets::Project::Open(project_file_, datasets::Project::Access::kReadOnly);
            }
            auto fresh = std::make_shared<PredictedFrames>();
            counted_->Read([&](datasets::Connection& connection) {
              fresh->counts = datasets::CountPredictedFrames(connection);
            });
            CountUnknownNames(fresh.get());
            fresh->revision = revision;
            std::scoped_lock lock(mutex_);
            counts_ = std::move(fresh);
            return LatestWorker<int64_t>::Answered();
          },
          wake, say),
      picturing_(
          [this](const Videos& videos) {
            MakePictures(videos);
            return LatestWorker<Videos>::Answered();
          },
          wake, say) {}

// Goes through all predictions of a video, so only where something has changed.
void OverviewFeed::CountUnknownNames(PredictedFrames* fresh) {
  if (!datasets::UnknownOf(counted_->Categories())) return;
  std::map<datasets::Id, datasets::Id> jobs;
  std::map<std::pair<datasets::Id, datasets::Id>, std::vector<datasets::Id>> corrections;
  counted_->Read([&](datasets::Connection& connection) {
    jobs = datasets::LatestPredictJobs(connection);
    corrections = datasets::CorrectionIds(connection);
  });
  for (const auto& [video, job] : jobs) {
    const auto frames = fresh->counts.find({job, video});
    if (frames == fresh->counts.end()) continue;
    const std::vector<datasets::Id>& corrected = corrections[{job, video}];
    const auto [known, is_new] = unknown_.try_emplace({job, video});
    Counted& own = known->second;
    if (is_new || own.frames != frames->second || own.corrections != corrected) {
      own = {frames->second, corrected, datasets::CountUnknown(*counted_, job, video)};
    }
    if (own.count.unknown > 0) fresh->unknown[{job, video}] = own.count;
  }
}

void OverviewFeed::WantCounts(int64_t revision) {
  std::scoped_lock lock(mutex_);
  if (std::exchange(wanted_revision_, revision) != revision) counting_.Ask(revision);
}

std::shared_ptr<const PredictedFrames> OverviewFeed::counts() const {
  std::scoped_lock lock(mutex_);
  return counts_;
}

bool OverviewFeed::IsLacking(datasets::Id video) const {
  const auto made = pictures_.find(video);
  return made == pictures_.end() ||
         (made->second.picture.empty() && Clock::now() - made->second.when > tried_again_after_);
}

void OverviewFeed::WantPictures(const std::vector<datasets::Id>& videos) {
  std::scoped_lock lock(mutex_);
  if (wanted_ == videos && is_picturing_) return;
  wanted_ = videos;
  is_picturing_ =
      std::any_of(videos.begin(), videos.end(), [&](datasets::Id id) { return IsLacking(id); });
  if (is_picturing_) picturing_.Ask(videos);
}

std::optional<cv::Mat> OverviewFeed::PictureOf(datasets::Id video) const {
  std::scoped_lock lock(mutex_);
  const auto found = pictures_.find(video);
  if (found == pictures_.end()) return {};
  return found->second.picture;
}

void OverviewFeed::MakePictures(const Videos& videos) {
  if (!pictured_) {
    pictured_ = datasets::Project::Open(project_file_, datasets::Project::Access::kReadOnly);
  }
  for (const datasets::Id id : videos) {
    {
      std::scoped_lock lock(mutex_);
      if (wanted_ != videos) return;  // other rows are in sight
      if (!IsLacking(id)) continue;
    }
    cv::Mat picture = SmallPictureOf(*pictured_, id);
    {
      std::scoped_lock lock(mutex_);
      pictures_[id] = {std::move(picture), Clock::now()};
    }
    wake_();
  }
  std::scoped_lock lock(mutex_);
  if (wanted_ == videos) is_picturing_ = false;
}

}  // namespace app
