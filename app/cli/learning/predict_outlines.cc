#include "app/cli/learning/predict_outlines.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>

#include "app/cli/learning/predict_in_parts.h"
#include "app/cli/learning/predict_on_slurm.h"
#include "infer/run/infer_job.h"

namespace app {
namespace {

namespace fs = std::filesystem;

// Why a video cannot be done, where that is known before its turn: the others are done.
using Failures = std::map<datasets::Id, std::string>;

// What `work` says; where it fails, that is kept as the video's outcome, and nothing is said.
template <class Work>
auto OrFailure(const datasets::VideoRow& video, Failures* failed, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const datasets::Cancelled&) {
    throw;
  } catch (const std::exception& error) {
    (*failed)[video.id] = error.what();
    return {};
  }
}

int Outline(const PredictArguments& arguments, datasets::Project& project,
            const std::vector<datasets::VideoRow>& videos, const fs::path& model,
            std::unique_ptr<PredictInParts> parts, Failures failed, Console& console) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  int frames = 0, episodes = 0;
  double seconds = 0, peak_rss_mb = 0;
  std::map<datasets::Id, datasets::Id> there;  // video -> job that makes it unnecessary
  const auto look = [&](const datasets::VideoRow& video) {
    const auto job =
        AlreadyThere(arguments, project, videos, video, model, infer::Purpose::kOutlines);
    if (job) there[video.id] = *job;
    return job.has_value();
  };
  if (parts) {
    for (const datasets::VideoRow& video : videos) {
      if (failed.count(video.id) > 0) continue;
      const auto job =
          OrFailure(video, &failed, [&] { return parts->MergedBefore(project, video); });
      if (!job) continue;
      there[video.id] = *job;
      parts->Forget(video.id);
    }
  } else if (arguments.jobs > 0 || arguments.slurm) {
    if (!arguments.slurm_options.dry_run) ForgetMerged(project);
    std::vector<datasets::VideoRow> to_do;
    for (const datasets::VideoRow& video : videos) {
      const bool done = OrFailure(video, &failed, [&] { return look(video); });
      if (!done && failed.count(video.id) == 0) to_do.push_back(video);
    }
    if (arguments.slurm) {
      SlurmOptions slurm = arguments.slurm_options;
      slurm.threads = arguments.options.predictor.threads;
      return PredictOnSlurm(project, to_do, model, arguments.options, slurm, std::move(failed),
                            console);
    }
    if (!to_do.empty()) {
      parts = std::make_unique<PredictInParts>(project, to_do, model, arguments.options,
                                               arguments.jobs, console);
      failed.insert(parts->failed().begin(), parts->failed().end());
    }
  }
  Batch batch(videos.size(), "predicted", console);
  for (const datasets::VideoRow& video : videos) {
    infer::PredictResult result;
    const auto predict = [&]() -> Batch::Outcome {
      const auto why = failed.find(video.id);
      if (why != failed.end()) throw std::runtime_error(why->second);
      if (there.count(video.id) > 0 || (!parts && look(video))) return UpToDate(there[video.id]);
      result =
          parts ? parts->Predict(project, video, console)
                : infer::Predict(project, video, model.string(), arguments.options, console.job());
      return {fmt::format("{} frames, {} episodes", CountText(result.frames),
                          CountText(result.review_episodes))};
    };
    if (!batch.Try(video.name, predict) || result.job_id == 0) continue;
    frames += result.frames;
    seconds += result.seconds;
    episodes += result.review_episodes;
    peak_rss_mb = std::max(peak_rss_mb, result.peak_rss_mb);
    rows.push_back({{"video", video.name},
                    {"job", result.job_id},
                    {"frames", result.frames},
                    {"seconds", result.seconds},
                    {"fps", result.fps},
                    {"review_episodes", result.review_episodes},
                    {"meetings", result.meetings},
                    {"open_meetings", result.open_meetings},
                    {"animal_frames", result.animal_frames},
                    {"unknown_frames", result.unknown_frames},
                    {"remarks", result.remarks}});
    console.Print(fmt::format("{}: {} frames in {} ({:.0f} frames/s), {} episodes to look at{}.",
                              video.name, CountText(result.frames), DurationText(result.seconds),
                              result.fps, CountText(result.review_episodes),
                              result.meetings > 0 ? fmt::format(", {} of {} meetings open",
                                                                CountText(result.open_meetings),
                                                                CountText(result.meetings))
                                                  : ""));
    if (result.unknown_frames > 0) {
      console.Print(fmt::format(
          "  The name is unknown on {} of {} animal-frames: their looks do not say enough. See who "
          "they may be: vole review {} unknown --video {}",
          CountText(result.unknown_frames), CountText(result.animal_frames), arguments.project,
          video.name));
    }
    for (const std::string& remark : result.remarks) console.Warn(remark);
  }
  if (parts) parts->Finish();
  console.PrintJson({{"model", model.string()},
                     {"frames", frames},
                     {"seconds", seconds},
                     {"fps", seconds > 0 ? frames / seconds : 0.0},
                     {"peak_rss_mb", peak_rss_mb},
                     {"workers_peak_rss_mb", parts ? parts->WorkersPeakRssMb() : 0.0},
                     {"review_episodes", episodes},
                     {"videos", rows},
                     {"skipped", batch.Skipped()},
                     {"failed", batch.Failed()},
                     {"outcomes", batch.Json()}});
  if (!rows.empty()) {
    console.Print(
        fmt::format("Peak memory {:.0f} MB. Next: vole review {}", peak_rss_mb, arguments.project));
  }
  return batch.Finish(false);
}

}  // namespace

std::optional<datasets::Id> AlreadyThere(const PredictArguments& arguments,
                                         const datasets::Project& project,
                                         const std::vector<datasets::VideoRow>& videos,
                                         const datasets::VideoRow& video, const fs::path& model,
                                         infer::Purpose purpose) {
  if (arguments.again || videos.size() < 2) return std::nullopt;
  const std::string inputs =
      infer::InputsOf(project, video, model.string(), arguments.options, purpose);
  return infer::UpToDateJob(project, video, inputs, purpose);
}

Batch::Outcome UpToDate(datasets::Id job) {
  return {fmt::format("up to date (job {}); --again predicts it anew", job), true};
}

int PredictOutlines(const PredictArguments& arguments, datasets::Project& project,
                    const std::vector<datasets::VideoRow>& videos, const fs::path& model,
                    Console& console) {
  return Outline(arguments, project, videos, model, nullptr, {}, console);
}

int MergeOutlines(PredictArguments& arguments, datasets::Project& project, Console& console) {
  auto parts = std::make_unique<PredictInParts>(project);
  const infer::PartsPlan plan = parts->plan();
  arguments.options = plan.options;
  std::vector<datasets::VideoRow> videos;
  Failures failed;
  for (const infer::PlannedVideo& planned : plan.videos) {
    datasets::VideoRow gone;
    gone.id = planned.id;
    gone.name = planned.name;
    datasets::VideoRow video =
        OrFailure(gone, &failed, [&] { return project.VideoById(planned.id); });
    if (failed.count(planned.id) > 0) {
      failed[planned.id] = datasets::Error("video '" + planned.name + "'",
                                           "it was removed from the project since the work was "
                                           "divided; its parts are removed now")
                               .what();
      parts->Forget(planned.id);
      video = gone;
    }
    videos.push_back(std::move(video));
  }
  if (!failed.empty()) parts->Finish();  // also where no other video is left
  return Outline(arguments, project, videos, plan.model, std::move(parts), std::move(failed),
                 console);
}

}  // namespace app
