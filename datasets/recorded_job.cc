#include "datasets/recorded_job.h"

#include "datasets/base/error.h"
#include "datasets/project.h"
#include "datasets/store/writer.h"

namespace datasets {
namespace {

// The work's own error is on its way; that the project cannot be written is the lesser news.
void TryToEnd(Project& project, Id job, JobState state, const std::string& error) {
  try {
    project.Write([&](Writer& writer) { writer.FinishJob(job, JobStateName(state), error); });
  } catch (const std::exception&) {
  }
}

}  // namespace

const char* JobKindName(JobKind kind) {
  switch (kind) {
    case JobKind::kTrain:
      return "train";
    case JobKind::kPredict:
      return "predict";
    case JobKind::kPoints:
      return "points";
    case JobKind::kBehavior:
      break;
  }
  return "behavior";
}

const char* JobStateName(JobState state) {
  switch (state) {
    case JobState::kQueued:
      return "queued";
    case JobState::kRunning:
      return "running";
    case JobState::kDone:
      return "done";
    case JobState::kFailed:
      return "failed";
    case JobState::kCancelled:
      return "cancelled";
    case JobState::kInterrupted:
      break;
  }
  return "interrupted";
}

bool IsOpen(const JobRow& job) {
  return job.state == JobStateName(JobState::kRunning) ||
         job.state == JobStateName(JobState::kQueued);
}

Id RunRecorded(Project& project, const NewJob& job, const std::function<JobOutcome(Id)>& work) {
  JobRow row;
  row.kind = JobKindName(job.kind);
  row.state = JobStateName(JobState::kRunning);
  row.options_json = job.options_json;
  row.model_id = job.model_id;
  Id id = 0;
  project.Write([&](Writer& writer) { id = writer.InsertJob(row); });
  try {
    const JobOutcome outcome = work(id);
    project.Write([&](Writer& writer) {
      const std::optional<Id> model = outcome.keep ? outcome.keep(writer) : std::nullopt;
      writer.FinishJob(id, JobStateName(outcome.state), "", model);
    });
  } catch (const Cancelled&) {
    TryToEnd(project, id, JobState::kCancelled, "");
    throw;
  } catch (const std::exception& error) {
    TryToEnd(project, id, JobState::kFailed, error.what());
    throw;
  }
  return id;
}

}  // namespace datasets
