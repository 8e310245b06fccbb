// The life of a long piece of work as a row of the project's jobs.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "datasets/store/machine_records.h"

namespace datasets {

class Project;
class Writer;

enum class JobKind { kTrain, kPredict, kBehavior, kPoints };
const char* JobKindName(JobKind kind);  // as stored

enum class JobState { kQueued, kRunning, kDone, kFailed, kCancelled, kInterrupted };
const char* JobStateName(JobState state);  // as stored
// Whether the row says that the work has not ended.
bool IsOpen(const JobRow& job);

struct NewJob {
  JobKind kind = JobKind::kTrain;
  std::string options_json = "{}";
  std::optional<Id> model_id;  // that the work runs
};

struct JobOutcome {
  JobState state = JobState::kDone;  // or kCancelled, with something to keep all the same
  // What is stored in the transaction that ends the job, when there is something; it returns the
  // model that came out of it, if one did.
  std::function<std::optional<Id>(Writer&)> keep = {};
};

// Inserts the job as running, does the work, and ends it as its outcome says; as cancelled where
// Cancelled is thrown, as failed where anything else is, which is thrown on. Storing that end may
// fail as well (a full disk); what is thrown then is still the error of the work. A `keep` that
// fails makes the job a failed one. Returns the job.
Id RunRecorded(Project& project, const NewJob& job, const std::function<JobOutcome(Id job)>& work);

}  // namespace datasets
