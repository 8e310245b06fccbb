#include "app/cli/learning/predict_in_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <thread>

#include "app/cli/arguments.h"
#include "app/cli/learning/predict_on_slurm.h"
#include "app/cli/version.h"
#include "datasets/base/error.h"
#include "infer/names/identity_vote.h"
#include "infer/run/up_to_date.h"

namespace app {

namespace fs = std::filesystem;
using datasets::Error;

std::string PartsProgram() { return std::string(Version()) + " " + Commit(); }

infer::PartsPlan PlanParts(const infer::PartsFolder& folder, const datasets::Project& project,
                           const std::vector<datasets::VideoRow>& videos, const fs::path& model,
                           const infer::PredictOptions& options,
                           std::map<datasets::Id, std::string>* failed, Console& console) {
  const auto classes = train::ReadModelInfo(model.string()).classes;
  const fs::path identity = infer::IdentityFileOf(project, classes, options);
  std::vector<std::string> said;
  infer::PartsPlan plan =
      folder.MakePlan(project, videos, model, identity, options, PartsProgram(), &said, failed);
  for (const std::string& line : said) console.Warn(line);
  return plan;
}

namespace {

// Reads all of it; a damaged part is removed, which is said.
bool IsSound(const fs::path& part, Console& console) {
  try {
    const infer::PartReader reader(part);
    return true;
  } catch (const Error& error) {
    console.Warn(error.what());
    std::error_code ignored;
    fs::remove(part, ignored);
    return false;
  }
}

}  // namespace

PredictInParts::PredictInParts(const datasets::Project& project,
                               const std::vector<datasets::VideoRow>& videos, const fs::path& model,
                               const infer::PredictOptions& options, int jobs, Console& console)
    : folder_(project.file()), lock_(std::make_unique<infer::PartsLock>(folder_)), jobs_(jobs) {
  CheckNoTaskRuns(folder_);
  plan_ = PlanParts(folder_, project, videos, model, options, &failed_, console);
  int missing = 0;
  for (const infer::Part& part : plan_.parts) {
    console.job().Advance(static_cast<double>(there_.size()),
                          static_cast<double>(plan_.parts.size()), "checking parts");
    there_.push_back(folder_.IsThere(plan_, part) && IsSound(folder_.FileOf(plan_, part), console));
    missing += !there_.back();
  }
  const int kept = static_cast<int>(plan_.parts.size()) - missing;
  if (kept > 0) console.Note(fmt::format("{} of {} parts are there already", kept, there_.size()));
  if (missing == 0) return;
  jobs_ = std::min(jobs, static_cast<int>(plan_.parts.size()));
  const char* wanted = std::getenv("OMP_NUM_THREADS");  // which --threads 0 means where it is set
  const int cores = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const int all = wanted && std::atoi(wanted) > 0 ? std::atoi(wanted) : cores;
  const int threads = options.predictor.threads > 0 ? options.predictor.threads : all;
  std::vector<WorkerCommand> commands;
  for (int task = 0; task < jobs_; ++task) {
    commands.push_back(
        {{"predict", project.file().string(), "--part", fmt::format("{}/{}", task, jobs_),
          "--threads", std::to_string(std::max(1, threads / jobs_)), "--quiet"},
         folder_.LogOf(task)});
  }
  pool_ = std::make_unique<WorkerPool>(commands);
}

PredictInParts::PredictInParts(const datasets::Project& project)
    : folder_(project.file()), lock_(nullptr) {
  plan_ = folder_.ReadPlan(PartsProgram());
  lock_ = std::make_unique<infer::PartsLock>(folder_);
  for (const infer::Part& part : plan_.parts) there_.push_back(folder_.IsThere(plan_, part));
}

std::optional<datasets::Id> PredictInParts::MergedBefore(const datasets::Project& project,
                                                         const datasets::VideoRow& video) const {
  const auto job = infer::UpToDateJob(project, video,
                                      infer::InputsOf(project, video, plan_.model.string(),
                                                      plan_.options, infer::Purpose::kOutlines),
                                      infer::Purpose::kOutlines);
  const auto jobs = project.Jobs();
  const auto row = std::find_if(jobs.begin(), jobs.end(),
                                [&](const datasets::JobRow& one) { return job && one.id == *job; });
  return row != jobs.end() && row->created_at >= plan_.made_at ? job : std::nullopt;
}

std::string PredictInParts::WhyNot(size_t part) const {
  const std::string failure = folder_.FailureOf(plan_.videos[plan_.parts[part].video]);
  if (!failure.empty()) return failure;
  const size_t worker = jobs_ > 0 ? part % static_cast<size_t>(jobs_) : 0;
  if (pool_ && pool_->IsRunning(worker)) return "";
  // It may have come since we looked.
  if (folder_.IsThere(plan_, plan_.parts[part])) return "";
  const infer::Part& missing = plan_.parts[part];
  const std::string why = pool_ ? pool_->FailureOf(worker) : "";
  return Error("video '" + plan_.videos[missing.video].name + "'",
               fmt::format("frames {} to {} were not looked at{}", missing.start_frame,
                           missing.end_frame - 1,
                           why.empty() ? "" : ": worker " + std::to_string(worker) + ": " + why),
               "what was found so far is kept; predict again, and it goes on from there")
      .what();
}

void PredictInParts::WaitFor(size_t planned_video, Console& console) {
  while (true) {
    int64_t done = 0, total = 0;
    bool all = true;
    std::string why_not;
    for (size_t p = 0; p < plan_.parts.size(); ++p) {
      const infer::Part& part = plan_.parts[p];
      std::error_code ignored;
      if (!there_[p] && fs::exists(folder_.FileOf(plan_, part), ignored)) {
        there_[p] = folder_.IsThere(plan_, part);
      }
      total += part.end_frame - part.start_frame;
      if (there_[p]) done += part.end_frame - part.start_frame;
      if (part.video != planned_video || there_[p]) continue;
      all = false;
      if (why_not.empty()) why_not = WhyNot(p);
    }
    if (all) return;
    if (!why_not.empty()) throw std::runtime_error(why_not);
    for (int task = 0; task < jobs_; ++task) done += folder_.FramesOnTheWay(task);
    console.job().Advance(static_cast<double>(std::min(done, total)), static_cast<double>(total),
                          fmt::format("finding animals in {} parts", plan_.parts.size()));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
}

infer::PredictResult PredictInParts::Predict(datasets::Project& project,
                                             const datasets::VideoRow& video, Console& console) {
  const auto started = std::chrono::steady_clock::now();
  const auto planned =
      std::find_if(plan_.videos.begin(), plan_.videos.end(),
                   [&](const infer::PlannedVideo& one) { return one.id == video.id; });
  VOLE_CHECK(planned != plan_.videos.end());
  const auto place = static_cast<size_t>(planned - plan_.videos.begin());
  WaitFor(place, console);
  infer::PredictResult result =
      infer::MergeParts(project, video, folder_, plan_, place, console.job());
  folder_.Forget(video.id);
  result.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  result.fps = result.seconds > 0 ? result.frames / result.seconds : 0;
  return result;
}

void PredictInParts::Finish() {
  // Those whose work is done are about to end: so their memory is known.
  const auto running = [this] {
    for (int worker = 0; pool_ && worker < jobs_; ++worker) {
      if (pool_->IsRunning(static_cast<size_t>(worker))) return true;
    }
    return false;
  };
  for (int look = 0; look < 100 && running(); ++look) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  folder_.RemoveIfDone();
}

void ForgetMerged(const datasets::Project& project) {
  if (!infer::PartsFolder(project.file()).Exists()) return;
  try {
    PredictInParts before(project);
    const std::vector<datasets::VideoRow> videos = project.Videos();
    for (const infer::PlannedVideo& planned : before.plan().videos) {
      const auto video = std::find_if(videos.begin(), videos.end(),
                                      [&](const auto& one) { return one.id == planned.id; });
      if (video == videos.end() || before.MergedBefore(project, *video)) before.Forget(planned.id);
    }
    before.Finish();
  } catch (const Error&) {
    // Another one is at work, or the plan cannot be read: who needs the folder next says so.
  }
}

int MakePartsOf(const std::string& project, const std::string& part, int threads,
                Console& console) {
  int task = 0, tasks = 0, end = 0;
  if (std::sscanf(part.c_str(), "%d/%d%n", &task, &tasks, &end) != 2 ||
      end != static_cast<int>(part.size()) || task < 0 || tasks < 1 || task >= tasks) {
    throw UsageError("--part takes K/N with 0 <= K < N, as in --part 3/8, not '" + part + "'");
  }
  const EndWithPool with_pool(console.job());
  const infer::PartsFolder folder(ProjectFile(project));
  const infer::PartsPlan plan = folder.ReadPlan(PartsProgram());
  const infer::MadeParts made = infer::MakeParts(folder, plan, task, tasks, threads, console.job());
  console.Print(fmt::format("{} parts made, {} were there.", made.made, made.there_before));
  console.PrintJson({{"task", task},
                     {"tasks", tasks},
                     {"made", made.made},
                     {"there_before", made.there_before},
                     {"failures", made.failures}});
  for (const std::string& failure : made.failures) console.Fail(failure);
  return made.failures.empty() ? 0 : 1;
}

}  // namespace app
