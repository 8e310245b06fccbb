// Measures what the results page shows of a video, on its own thread; begun anew when the project
// or the video changes.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <opencv2/core.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/model/session/latest_worker.h"
#include "app/model/timeline/timeline_lanes.h"
#include "app/model/timeline/value_curve.h"
#include "datasets/report/results.h"

namespace app {

// Ready to be drawn: nothing in it is gone through frame by frame again.
struct ShownResults {
  datasets::Id video_id = 0;
  int64_t revision = 0;
  std::shared_ptr<const datasets::VideoResults> results;
  std::vector<std::vector<TimelineSpan>> bouts;  // parallel to results->budget
  std::vector<uint32_t> colors;                  // the same
  struct Animal {                                // parallel to results->curves
    cv::Mat ways, times;                         // BGR
    double most_seconds = 0;                     // of a square of the heat map
    ValueCurve speed, nearest, confidence;
    const datasets::MotionSummary* motion = nullptr;  // of results
  };
  std::vector<Animal> animals;
  double high_speed = 0, high_nearest = 0;  // upper ends of the curves
};
// What a person should know of them; "" where every animal has a name.
std::string UnknownNote(const datasets::UnknownCount& unknown);

std::shared_ptr<ShownResults> PrepareResults(std::shared_ptr<const datasets::VideoResults> results,
                                             int64_t revision);

class ResultsFeed {
 public:
  using Clock = std::chrono::steady_clock;
  struct Pace {
    // A newer revision cancels what is measured of an older one, while nobody has waited longer.
    Clock::duration cancelled_within = std::chrono::seconds(2);
    // Between measurements of one video: as long as the last one took, at most this.
    Clock::duration longest_pause = std::chrono::seconds(20);
    std::function<std::shared_ptr<const datasets::VideoResults>(
        const datasets::Project&, const datasets::VideoRow&, datasets::Job&)>
        measure = datasets::MeasureResults;
  };
  // Called from the worker: `wake` when there is something new, `say` with why there is not.
  ResultsFeed(std::filesystem::path project_file, std::function<void()> wake,
              std::function<void(const std::string&)> say);
  ResultsFeed(std::filesystem::path project_file, std::function<void()> wake,
              std::function<void(const std::string&)> say, Pace pace);
  ~ResultsFeed();

  // What is being measured for another question is cancelled; but of the same video it ends when
  // the answer has been waited for a while, or none would ever come while a job writes.
  void Want(datasets::Id video_id, int64_t revision);
  std::shared_ptr<const ShownResults> content() const;  // may be null, or of an older question
  struct Progress {
    double part = 0;   // 0..1
    std::string text;  // "" = nothing is being measured
  };
  Progress progress() const;
  // The video that could not be measured, once after each failure (`say` has said why).
  std::optional<datasets::Id> TakeFailed();

 private:
  struct Wanted {
    datasets::Id video_id = 0;
    int64_t revision = -1;
  };
  using Worker = LatestWorker<Wanted>;
  Worker::Answered Measure(const Wanted& wanted);

  const std::filesystem::path project_file_;
  const std::function<void()> wake_;
  const Pace pace_;
  mutable std::mutex mutex_;
  Wanted wanted_;
  std::shared_ptr<const ShownResults> content_;
  Progress progress_;
  std::optional<datasets::Id> failed_;
  bool is_answered_ = true;                     // by content_
  Clock::time_point unanswered_since_{};        // otherwise
  Clock::time_point may_measure_{};             // the video of content_ again
  std::shared_ptr<datasets::Job> job_;          // of what is being measured
  std::unique_ptr<datasets::Project> project_;  // the worker's own
  Worker worker_;                               // last: it ends before what it uses
};

}  // namespace app
