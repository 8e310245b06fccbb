#include "app/model/results/results_feed.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <map>
#include <utility>

#include "datasets/store/connection.h"

namespace app {
namespace {

constexpr auto kBetweenWakes = std::chrono::milliseconds(250);

std::map<std::pair<std::string, std::string>, std::vector<TimelineSpan>> BoutsByRow(
    const datasets::BehaviorScores& scores) {
  std::map<std::pair<std::string, std::string>, std::vector<TimelineSpan>> rows;
  for (const datasets::BoutSeries& series : scores.series) {
    for (const datasets::Bout& bout : series.bouts) {
      const auto& behavior = scores.behaviors[static_cast<size_t>(bout.behavior)];
      TimelineSpan span;
      span.start_frame = bout.start_frame;
      span.end_frame = bout.end_frame;
      span.color = behavior.color;
      span.is_point = behavior.is_point;
      rows[{series.subject, behavior.name}].push_back(span);
    }
  }
  for (auto& [row, spans] : rows) OrderSpans(&spans);
  return rows;
}

}  // namespace

std::string UnknownNote(const datasets::UnknownCount& unknown) {
  std::string text = datasets::UnknownText(unknown);
  if (text.empty()) return text;
  text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text + ": those animals are in no figure. Review, Unknown (F4) gives them names.";
}

std::shared_ptr<ShownResults> PrepareResults(std::shared_ptr<const datasets::VideoResults> results,
                                             int64_t revision) {
  auto shown = std::make_shared<ShownResults>();
  shown->video_id = results->video.id;
  shown->revision = revision;
  auto rows = BoutsByRow(results->scores);
  for (const datasets::BudgetRow& row : results->budget) {
    shown->bouts.push_back(std::move(rows[{row.subject, row.behavior}]));
    uint32_t color = 0x888888;
    for (const datasets::ScoredBehavior& behavior : results->scores.behaviors) {
      if (behavior.name == row.behavior) color = behavior.color;
    }
    shown->colors.push_back(color);
  }
  size_t place = 0;
  for (const datasets::AnimalCurves& curves : results->curves) {
    while (!results->places.WasSeen(place)) ++place;
    double most = 0;
    cv::minMaxLoc(results->places.SecondsOf(place), nullptr, &most);
    shown->animals.push_back({results->places.WaysOf(place, results->background).Render(),
                              results->places.TimesOf(place, results->background).Render(), most,
                              ValueCurve(curves.speed), ValueCurve(curves.nearest),
                              ValueCurve(curves.confidence), nullptr});
    ++place;
    for (const datasets::MotionSummary& summary : results->motion) {
      if (summary.animal == curves.animal) shown->animals.back().motion = &summary;
    }
  }
  shown->high_speed = datasets::HighValue(results->curves, &datasets::AnimalCurves::speed);
  shown->high_nearest = datasets::HighValue(results->curves, &datasets::AnimalCurves::nearest);
  shown->results = std::move(results);
  return shown;
}

ResultsFeed::ResultsFeed(std::filesystem::path project_file, std::function<void()> wake,
                         std::function<void(const std::string&)> say)
    : ResultsFeed(std::move(project_file), std::move(wake), std::move(say), Pace()) {}

ResultsFeed::ResultsFeed(std::filesystem::path project_file, std::function<void()> wake,
                         std::function<void(const std::string&)> say, Pace pace)
    : project_file_(std::move(project_file)),
      wake_(wake),
      pace_(std::move(pace)),
      worker_([this](const Wanted& wanted) { return Measure(wanted); }, std::move(wake),
              std::move(say)) {}

ResultsFeed::~ResultsFeed() {
  std::scoped_lock lock(mutex_);
  wanted_ = {};  // nothing that still comes is wanted
  if (job_) job_->Cancel();
}

void ResultsFeed::Want(datasets::Id video_id, int64_t revision) {
  std::scoped_lock lock(mutex_);
  if (wanted_.video_id == video_id && wanted_.revision == revision) return;
  const bool is_other = wanted_.video_id != video_id;
  failed_.reset();  // of what is not asked any more
  wanted_ = {video_id, revision};
  const auto now = Clock::now();
  if (is_other || is_answered_) unanswered_since_ = now;
  is_answered_ = false;
  const bool is_early = now - unanswered_since_ < pace_.cancelled_within;
  if (job_ && (is_other || is_early)) job_->Cancel();
  worker_.Ask(wanted_);
}

std::shared_ptr<const ShownResults> ResultsFeed::content() const {
  std::scoped_lock lock(mutex_);
  return content_;
}

ResultsFeed::Progress ResultsFeed::progress() const {
  std::scoped_lock lock(mutex_);
  return progress_;
}

std::optional<datasets::Id> ResultsFeed::TakeFailed() {
  std::scoped_lock lock(mutex_);
  return std::exchange(failed_, std::nullopt);
}

ResultsFeed::Worker::Answered ResultsFeed::Measure(const Wanted& wanted) {
  auto woken = std::make_shared<Clock::time_point>();
  auto job = std::make_shared<datasets::Job>([this, woken](const datasets::Job::Progress& now) {
    {
      std::scoped_lock lock(mutex_);
      progress_ = {now.total > 0 ? now.done / now.total : 0, now.text};
    }
    if (Clock::now() - *woken < kBetweenWakes) return;
    *woken = Clock::now();
    wake_();
  });
  {
    std::scoped_lock lock(mutex_);
    if (wanted_.video_id != wanted.video_id || wanted_.revision != wanted.revision) {
      return {false, {}};
    }
    const bool is_again = content_ && content_->video_id == wanted.video_id;
    const auto now = Clock::now();
    if (is_again && now < may_measure_) return {false, may_measure_ - now};
    job_ = job;
    progress_ = {0, "reading"};
  }
  const auto started = Clock::now();
  const auto finish = [&] {
    std::scoped_lock lock(mutex_);
    job_.reset();
    progress_ = {};
  };
  try {
    if (!project_) {
      project_ = datasets::Project::Open(project_file_, datasets::Project::Access::kReadOnly);
    }
    std::shared_ptr<ShownResults> fresh;
    for (const datasets::VideoRow& video : project_->Videos()) {
      if (video.id != wanted.video_id) continue;
      fresh = PrepareResults(pace_.measure(*project_, video, *job), wanted.revision);
    }
    finish();
    std::scoped_lock lock(mutex_);
    content_ = std::move(fresh);
    failed_.reset();
    const auto now = Clock::now();
    may_measure_ = now + std::min(now - started, pace_.longest_pause);
    is_answered_ = wanted_.video_id == wanted.video_id && wanted_.revision == wanted.revision;
    if (!is_answered_) unanswered_since_ = now;  // of the newer question
    return {};
  } catch (const datasets::Cancelled&) {
    finish();
    return {false, {}};
  } catch (const datasets::BusyError&) {
    finish();
    throw;  // it is asked again without a word
  } catch (...) {
    finish();
    project_.reset();  // it may have been replaced
    std::scoped_lock lock(mutex_);
    failed_ = wanted.video_id;
    throw;
  }
}

}  // namespace app
