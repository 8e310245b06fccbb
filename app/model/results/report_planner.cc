#include "app/model/results/report_planner.h"

#include <utility>

namespace app {

ReportPlanner::ReportPlanner(std::filesystem::path project_file, std::function<void()> wake)
    : project_file_(std::move(project_file)),
      worker_([this](const Question& question) { return Plan(question); }, std::move(wake),
              [](const std::string&) {}) {}

std::shared_ptr<const ReportOutlook> ReportPlanner::Ask(const ReportChoice& choice,
                                                        int64_t revision) {
  std::string key = KeyOf(choice);
  std::scoped_lock lock(mutex_);
  if (choice_ == key && revision_ == revision) return answer_;
  if (choice_ != key) answer_.reset();
  choice_ = key;
  revision_ = revision;
  worker_.Ask({std::move(key), RequestOf(choice)});
  return answer_;
}

LatestWorker<ReportPlanner::Question>::Answered ReportPlanner::Plan(const Question& question) {
  using Clock = LatestWorker<Question>::Clock;
  const auto started = Clock::now();
  {
    // While a job writes there is a newer revision every moment.
    std::scoped_lock lock(mutex_);
    if (answer_ && choice_ == question.choice && started < may_plan_) {
      return {false, may_plan_ - started};
    }
  }
  auto outlook = std::make_shared<ReportOutlook>();
  try {
    if (!project_) {
      project_ = datasets::Project::Open(project_file_, datasets::Project::Access::kReadOnly);
    }
    outlook->plan = datasets::PlanReport(*project_, question.request);
  } catch (const datasets::BusyError&) {
    throw;  // asked again
  } catch (const std::exception& error) {
    project_.reset();  // it may have been replaced
    outlook->error = error.what();
  }
  std::scoped_lock lock(mutex_);
  if (choice_ != question.choice) return {false, {}};
  answer_ = std::move(outlook);
  const auto now = Clock::now();
  may_plan_ = now + (now - started);
  return {};
}

}  // namespace app
