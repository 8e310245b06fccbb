// What a report would write, looked up aside while a person chooses.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "app/model/results/report_choice.h"
#include "app/model/session/latest_worker.h"
#include "datasets/project.h"
#include "datasets/report/report.h"

namespace app {

struct ReportOutlook {
  datasets::ReportPlan plan;
  std::string error;  // why there can be none, one line
};

class ReportPlanner {
 public:
  // Called from the worker: `wake` when an answer is there.
  ReportPlanner(std::filesystem::path project_file, std::function<void()> wake);
  // Null until looked up; of several choices only the newest is. Of an older revision until the
  // newer one is looked up. Never blocks.
  std::shared_ptr<const ReportOutlook> Ask(const ReportChoice& choice, int64_t revision);

 private:
  struct Question {
    std::string choice;
    datasets::ReportRequest request;
  };
  LatestWorker<Question>::Answered Plan(const Question& question);

  const std::filesystem::path project_file_;
  std::unique_ptr<datasets::Project> project_;  // the worker's alone
  std::mutex mutex_;
  std::string choice_;  // that is asked about, as text
  int64_t revision_ = -1;
  LatestWorker<Question>::Clock::time_point may_plan_{};  // the same choice again
  std::shared_ptr<const ReportOutlook> answer_;
  LatestWorker<Question> worker_;  // last: it ends before what it uses
};

}  // namespace app
