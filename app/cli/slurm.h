// Slurm, the queue of a cluster: what it is asked to run, and what it says of it. Only its own
// programs are called (sbatch, squeue, sacct, scontrol); nothing of Vole waits in between.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "datasets/base/error.h"
#include "infer/parts/parts_plan.h"

namespace app {

struct SlurmOptions {
  std::string partition, time;  // as sbatch takes them; empty: the cluster's own
  std::string more;             // further options of sbatch, divided by spaces
  int tasks = 0;                // of the array; 0: one for each part, up to kMostTasks
  int threads = 0;              // of a task; 0: one
  bool dry_run = false;
};
inline constexpr int kMostTasks = 64;

// What was submitted for a plan, kept beside it.
struct SlurmState {
  int tasks = 0;                    // K/N of --part
  int64_t plan = 0;                 // made_at of the parts' plan
  std::vector<int64_t> array_jobs;  // submissions, the newest last
  int64_t merge_job = 0;
};
std::optional<SlurmState> ReadSlurmState(const infer::PartsFolder& folder);

// Task -> state in Slurm's words (RUNNING, PENDING, COMPLETED, FAILED, NODE_FAIL, ...) in its
// newest submission: of squeue, and of sacct where the cluster keeps accounts. Empty where Slurm
// does not answer, said in `silent`.
std::map<int, std::string> SlurmTasks(const SlurmState& state, std::string* silent = nullptr);
// Whether the submission is that of the plan which the folder holds.
bool IsOfPlan(const infer::PartsFolder& folder, const SlurmState& state);
// That nobody knows whether its tasks run, `silent` being why.
datasets::Error SlurmIsSilent(const infer::PartsFolder& folder, const SlurmState& state,
                              const std::string& silent);
// "" where it is not known (any more).
std::string SlurmStateOf(int64_t job);
bool IsWaitingOrRunning(const std::string& state);

// One program's standard output and error, and its exit code; 127 where there is no such program.
struct ProgramOutput {
  int code = -1;
  std::string text;
};
ProgramOutput RunToEnd(const std::vector<std::string>& words);
// For bash: in single quotes wherever that is needed.
std::string ShellQuoted(const std::string& word);

// The two scripts. `program`: vole.
std::string TaskScript(const std::string& program, const std::filesystem::path& project, int tasks);
std::string MergeScript(const std::string& program, const std::filesystem::path& project);
// The words of sbatch, but for the dependency of the merge.
std::vector<std::string> TaskSubmission(const infer::PartsFolder& folder,
                                        const SlurmOptions& options, const std::string& name,
                                        const std::vector<int>& tasks);
std::vector<std::string> MergeSubmission(const infer::PartsFolder& folder,
                                         const SlurmOptions& options, const std::string& name,
                                         const std::vector<int64_t>& after);

struct Submitted {
  int64_t array_job = 0, merge_job = 0;  // 0: nothing had to be submitted
  std::vector<int> tasks;                // submitted now
  int waiting_or_running = 0;            // from before
};
// Submits the tasks of which a part is missing and which Slurm does not know to wait or run, and
// the merge after them. Throws Error with what sbatch says where it refuses, and where Slurm does
// not say what it runs of this plan already.
Submitted SubmitToSlurm(const infer::PartsFolder& folder, const infer::PartsPlan& plan,
                        const std::filesystem::path& project, const SlurmOptions& options);

}  // namespace app
