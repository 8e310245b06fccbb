// A report on behavior: who did what how often and how long, how scorers agree, how animals move;
// as values, and as the files that the options name.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/behavior/agreement.h"
#include "datasets/behavior/budget.h"
#include "datasets/behavior/exploration.h"
#include "datasets/behavior/motion_run.h"
#include "datasets/project.h"
#include "datasets/report/report_options.h"

namespace datasets {

struct Report {
  BehaviorScores scores;  // with those from masks, where motion was measured
  bool has_motion = false;
  std::vector<MotionSummary> motion;
  std::vector<ContactPair> contacts;
  std::vector<BudgetRow> budget;
  std::vector<PairAgreement> agreement;
  std::vector<ExplorationRow> exploration;
  std::vector<std::string> warnings;           // one line each
  std::vector<std::filesystem::path> written;  // in the order in which they were
};

// `project` may be null: then the request names a behavior table. The files are whole or not there,
// each by itself; of the project they tell one moment. Throws Error for what cannot be measured or
// written (it names the files that were written before), and for options that contradict each
// other; Cancelled. An ethogram that cannot be drawn is a warning where there are other files.
Report MakeReport(const Project* project, const ReportRequest& request, Job& job);

// What MakeReport would write: a few reads of the project and no pass over its frames.
struct PlannedFile {
  std::filesystem::path path;
  std::string content;  // "time budget: 12 rows", in words
  bool exists = false;  // would be replaced
};
struct ReportPlan {
  std::vector<PlannedFile> files;
  std::vector<BudgetRow> budget;      // without what motion would add
  std::vector<std::string> warnings;  // one line each: what is chosen and would not be in it
};
// Throws as MakeReport does where that would fail before it measures.
ReportPlan PlanReport(const Project& project, const ReportRequest& request);

// The videos that motion would be measured in: those with predictions, or labels, in the span.
// `warnings` names what was chosen without having any.
std::vector<VideoRow> VideosOfMotion(const Project& project, const ReportRequest& request,
                                     std::vector<std::string>* warnings = nullptr);

}  // namespace datasets
