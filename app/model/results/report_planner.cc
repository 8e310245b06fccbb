#include "app/model/results/report_planner.h"

#include <utility>

namespace app {

ReportPlanner::ReportPlanner(std::filesystem::path project_file, std::function<void()> wake)
    : project_file_(std::move(project_file)),
      worker_(
          [this](const Question& question) {
            Plan(question);
            return LatestWorker<Question>::Answered();
          },
          std::move(wake), [](const std::string&) {}) {}

std::shared_ptr<const ReportOutlook> ReportPlanner::Ask(const ReportChoice& choice,
                                                        int64_t revision) {
  std::string key = KeyOf(choice) + std::to_string(revision);
  std::scoped_lock lock(mutex_);
  if (asked_ == key) return answer_;
  asked_ = key;
  answer_.reset();
  worker_.Ask({std::move(key), RequestOf(choice)});
  return answer_;
}

void ReportPlanner::Plan(const Question& question) {
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
  if (asked_ == question.key) answer_ = std::move(outlook);
}

}  // namespace app
