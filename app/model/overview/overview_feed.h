// What the table of videos shows and takes long: counts over all predictions, and a small picture
// of each video that is in sight.
#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "app/model/overview/video_table.h"
#include "app/model/session/latest_worker.h"
#include "datasets/project.h"

namespace app {

class OverviewFeed {
 public:
  // Called from the workers: `wake` when there is something new, `say` with why there is not.
  OverviewFeed(std::filesystem::path project_file, std::function<void()> wake,
               std::function<void(const std::string&)> say,
               std::chrono::milliseconds tried_again_after = std::chrono::seconds(5));

  void WantCounts(int64_t revision);
  std::shared_ptr<const PredictedFrames> counts() const;  // null, or of an older revision

  // Makes those that are not there yet, one after the other; a newer wish ends an older one. One
  // that could not be made is tried again when it is wanted a while later: its file may have come
  // back.
  void WantPictures(const std::vector<datasets::Id>& videos);
  // BGR, at most kPictureWidth x kPictureHeight; empty: there is none. None: not made yet.
  std::optional<cv::Mat> PictureOf(datasets::Id video) const;
  static constexpr int kPictureWidth = 96, kPictureHeight = 54;

 private:
  using Videos = std::vector<datasets::Id>;
  using Clock = std::chrono::steady_clock;
  struct Made {
    cv::Mat picture;
    Clock::time_point when{};
  };
  void MakePictures(const Videos& videos);
  void CountUnknownNames(PredictedFrames* fresh);
  bool IsLacking(datasets::Id video) const;  // with mutex_ held

  const std::filesystem::path project_file_;
  const std::function<void()> wake_;
  const std::chrono::milliseconds tried_again_after_;
  mutable std::mutex mutex_;
  int64_t wanted_revision_ = -1;
  Videos wanted_;
  bool is_picturing_ = false;  // all that is wanted
  std::shared_ptr<const PredictedFrames> counts_;
  std::map<datasets::Id, Made> pictures_;
  std::unique_ptr<datasets::Project> counted_, pictured_;  // one a worker
  // Of the worker that counts: by job and video, and what they were counted from.
  struct Counted {
    int frames = 0;
    std::vector<datasets::Id> corrections;
    datasets::UnknownCount count;
  };
  std::map<std::pair<datasets::Id, datasets::Id>, Counted> unknown_;
  LatestWorker<int64_t> counting_;  // last: they end before what they use
  LatestWorker<Videos> picturing_;
};

}  // namespace app
