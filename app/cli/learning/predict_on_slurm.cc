#include "app/cli/learning/predict_on_slurm.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <stdexcept>

#include "app/cli/arguments.h"
#include "app/cli/learning/predict_in_parts.h"
#include "datasets/base/error.h"
#include "datasets/files/file_hash.h"
#include "infer/names/identity_vote.h"

namespace app {
namespace {

namespace fs = std::filesystem;
using datasets::Error;

// The newest submission of which a task waits or runs; 0 for none. Throws Error where Slurm does
// not say, and the plan is that of the submission.
int64_t RunningJob(const infer::PartsFolder& folder) {
  const std::optional<SlurmState> state = ReadSlurmState(folder);
  if (!state || state->array_jobs.empty()) return 0;
  std::string silent;
  for (const auto& [task, word] : SlurmTasks(*state, &silent)) {
    if (IsWaitingOrRunning(word)) return state->array_jobs.back();
  }
  if (!silent.empty() && IsOfPlan(folder, *state)) throw SlurmIsSilent(folder, *state, silent);
  return 0;
}

// Whether what is asked for is what the tasks make.
bool IsPlanned(const infer::PartsPlan& plan, const infer::PartsFolder& folder,
               const datasets::Project& project, const std::vector<datasets::VideoRow>& videos,
               const fs::path& model, const infer::PredictOptions& options) {
  const fs::path identity =
      infer::IdentityFileOf(project, train::ReadModelInfo(model.string()).classes, options);
  if (plan.model_hash != datasets::HashFile(model) ||
      plan.identity_hash != (identity.empty() ? "" : datasets::HashFile(identity)) ||
      datasets::OptionsToJson(plan.options) != datasets::OptionsToJson(options)) {
    return false;
  }
  return std::all_of(videos.begin(), videos.end(), [&](const datasets::VideoRow& video) {
    return std::any_of(plan.videos.begin(), plan.videos.end(), [&](const auto& planned) {
      return planned.id == video.id && !folder.IsMerged(planned) &&
             planned.inputs == infer::InputsInParts(project, video);
    });
  });
}

std::string SubmissionText(const std::vector<std::string>& words) {
  std::vector<std::string> quoted;
  for (const std::string& word : words) quoted.push_back(ShellQuoted(word));
  return Join(quoted, " ");
}

int CountParts(const std::vector<datasets::VideoRow>& videos,
               const infer::PredictOptions& options) {
  int parts = 0;
  for (const datasets::VideoRow& video : videos) {
    const int end = options.end_frame < 0 ? video.frame_count : options.end_frame;
    const int frames = std::max(0, end - options.start_frame);
    const int step = infer::FramesAPart(frames, {video.width, video.height});
    parts += (frames + step - 1) / step;
  }
  return parts;
}

int ShowScripts(const datasets::Project& project, const std::vector<datasets::VideoRow>& videos,
                const infer::PredictOptions& options, const SlurmOptions& slurm, Console& console) {
  const infer::PartsFolder folder(project.file());
  const int parts = CountParts(videos, options);
  const int wanted = slurm.tasks > 0 ? slurm.tasks : kMostTasks;
  const int tasks = std::max(1, std::min(wanted, parts));
  std::vector<int> all(static_cast<size_t>(tasks));
  std::iota(all.begin(), all.end(), 0);
  const std::string program = fs::read_symlink("/proc/self/exe").string();
  const fs::path file = fs::absolute(project.file());
  const std::string name = file.stem().string();
  const std::string task = TaskScript(program, file, tasks), merge = MergeScript(program, file);
  const std::string submit_task = SubmissionText(TaskSubmission(folder, slurm, name, all));
  const std::string submit_merge =
      SubmissionText(MergeSubmission(folder, slurm, name, {})) + "  # --dependency=afterany:TASKS";
  console.Print(
      fmt::format("# {} parts of {} videos, {} tasks. Nothing was submitted.\n\n# {}\n{}\n"
                  "# {}\n{}\n{}\n{}",
                  parts, videos.size(), tasks, (folder.path() / "task.sh").string(), task,
                  (folder.path() / "merge.sh").string(), merge, submit_task, submit_merge));
  console.PrintJson({{"parts", parts},
                     {"tasks", tasks},
                     {"task_script", task},
                     {"merge_script", merge},
                     {"submit_tasks", submit_task},
                     {"submit_merge", submit_merge}});
  return 0;
}

}  // namespace

void CheckNoTaskRuns(const infer::PartsFolder& folder) {
  const int64_t job = RunningJob(folder);
  if (job == 0) return;
  throw Error("folder '" + folder.path().string() + "'",
              "tasks of Slurm make its parts right now (job " + std::to_string(job) + ")",
              "wait for them (vole jobs shows how far they are), or end them: scancel " +
                  std::to_string(job));
}

int PredictOnSlurm(const datasets::Project& project, const std::vector<datasets::VideoRow>& videos,
                   const fs::path& model, const infer::PredictOptions& options,
                   const SlurmOptions& slurm, std::map<datasets::Id, std::string> failed,
                   Console& console) {
  if (slurm.dry_run) return ShowScripts(project, videos, options, slurm, console);
  if (videos.empty()) {
    for (const auto& [video, why] : failed) console.Fail(why);
    console.Print(failed.empty() ? "Every video is up to date; --again predicts them anew."
                                 : "Every other video is up to date.");
    console.PrintJson({{"array_job", nullptr},
                       {"merge_job", nullptr},
                       {"tasks", nlohmann::ordered_json::array()}});
    return failed.empty() ? 0 : 1;
  }
  const infer::PartsFolder folder(project.file());
  const infer::PartsLock lock(folder);
  infer::PartsPlan plan;
  if (RunningJob(folder) != 0) {
    plan = folder.ReadPlan(PartsProgram());
    if (!IsPlanned(plan, folder, project, videos, model, options)) CheckNoTaskRuns(folder);
  } else {
    plan = PlanParts(folder, project, videos, model, options, &failed, console);
    if (plan.videos.empty()) {
      folder.RemoveIfDone();
      for (const auto& [video, why] : failed) console.Fail(why);
      return 1;
    }
  }
  for (const auto& [video, why] : failed) console.Fail(why);
  const Submitted submitted = SubmitToSlurm(folder, plan, fs::absolute(project.file()), slurm);
  console.Print(fmt::format(
      "{} parts of {} videos: {} tasks submitted{}{}{}. Next: vole jobs {}", plan.parts.size(),
      plan.videos.size(), submitted.tasks.size(),
      submitted.array_job > 0 ? fmt::format(" as job {}", submitted.array_job) : "",
      submitted.waiting_or_running > 0
          ? fmt::format(", {} wait or run already", submitted.waiting_or_running)
          : "",
      submitted.merge_job > 0 ? fmt::format(", the merge as job {}", submitted.merge_job) : "",
      project.file().string()));
  console.PrintJson({{"array_job", submitted.array_job},
                     {"merge_job", submitted.merge_job},
                     {"tasks", submitted.tasks},
                     {"waiting_or_running", submitted.waiting_or_running},
                     {"parts", plan.parts.size()}});
  return failed.empty() ? 0 : 1;
}

}  // namespace app
