#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/learning/learning_verbs.h"
#include "app/cli/learning/named_model.h"
#include "app/cli/learning/predict_in_parts.h"
#include "app/cli/learning/predict_outlines.h"
#include "app/cli/options_flags.h"
#include "datasets/model_files.h"
#include "infer/run/behavior_job.h"
#include "infer/run/models.h"
#include "infer/run/points_job.h"
#include "infer/run/up_to_date.h"

namespace app {
namespace predict_verb {
namespace {

namespace fs = std::filesystem;

// The project's model that outlines animals, or, asked for behavior or where it has no such model,
// the one that knows behavior; of several as infer::ChooseModel says. Models that only name animals
// are never meant. `taken` says so in a line.
fs::path ChosenModel(const datasets::Project& project, bool behavior, std::string* taken_text) {
  const std::string thing = "project '" + project.file().string() + "'";
  const std::string train = "vole train " + project.file().string();
  const auto models = project.Models();
  const auto jobs = project.Jobs();
  const auto outlines = infer::ChooseModel(models, jobs, train::Task::kOutlines);
  const auto scores = infer::ChooseModel(models, jobs, train::Task::kBehavior);
  if (models.empty()) throw datasets::Error(thing, "it has no model yet", "train one: " + train);
  const bool for_behavior = behavior || !outlines.model;
  const infer::DefaultModel& taken = for_behavior ? scores : outlines;
  const std::string undecided =
      behavior || outlines.why.empty() ? scores.why : outlines.why;  // where there is no model
  if (!taken.model && !undecided.empty()) {
    throw datasets::Error(thing, undecided,
                          "name it with --model, or keep it for good: vole models " +
                              project.file().string() + " --keep NAME");
  }
  if (behavior && !scores.model) {
    throw datasets::Error(thing, "it has no model that knows behavior",
                          "train one: " + train + " --model behavior-frame");
  }
  if (!taken.model) {
    throw datasets::Error(thing, "its only models name animals and find none",
                          "train one that outlines them: " + train);
  }
  *taken_text = fmt::format(
      "model: {} ({}), which {}: {}{}", taken.model->name, taken.model->architecture,
      for_behavior ? "knows behavior" : "outlines animals", taken.why,
      !for_behavior && scores.model ? "; --behavior scores behavior with " + scores.model->name
                                    : "");
  return datasets::ModelFile(project, *taken.model);
}

fs::path ChosenPointsModel(const datasets::Project& project, std::string* taken_text) {
  const auto models = project.Models();
  const auto jobs = project.Jobs();
  const auto chosen = infer::ChooseModel(models, jobs, train::Task::kPoints);
  if (!chosen.model) {
    throw datasets::Error(
        "project '" + project.file().string() + "'",
        chosen.why.empty() ? "it has no model that finds key points" : chosen.why,
        chosen.why.empty() ? "train one: vole train " + project.file().string() + " --model points"
                           : "name it with --model");
  }
  *taken_text =
      fmt::format("model: {} ({}): {}", chosen.model->name, chosen.model->architecture, chosen.why);
  return datasets::ModelFile(project, *chosen.model);
}

int ScoreBehavior(const PredictArguments& arguments, datasets::Project& project,
                  const std::vector<datasets::VideoRow>& videos, const fs::path& model,
                  Console& console) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  int64_t pictures = 0;
  double seconds = 0, peak_rss_mb = 0;
  std::vector<std::string> noted;
  Batch batch(videos.size(), "predicted", console);
  for (const datasets::VideoRow& video : videos) {
    infer::BehaviorPredictResult result;
    const auto predict = [&]() -> Batch::Outcome {
      if (const auto job =
              AlreadyThere(arguments, project, videos, video, model, infer::Purpose::kBehavior)) {
        return UpToDate(*job);
      }
      result =
          infer::PredictBehavior(project, video, model.string(), arguments.options, console.job());
      return {fmt::format("{} pictures, {} bouts", CountText(result.pictures), result.found.bouts)};
    };
    if (!batch.Try(video.name, predict) || result.job_id == 0) continue;
    pictures += result.pictures;
    seconds += result.seconds;
    peak_rss_mb = std::max(peak_rss_mb, result.peak_rss_mb);
    const double rate =
        result.seconds > 0 ? static_cast<double>(result.pictures) / result.seconds : 0;
    rows.push_back({{"video", video.name},
                    {"job", result.job_id},
                    {"subjects", result.subjects},
                    {"pictures", result.pictures},
                    {"seconds", result.seconds},
                    {"pictures_per_s", rate},
                    {"bouts", result.found.bouts},
                    {"episodes", result.found.episodes},
                    {"notes", result.notes}});
    for (const std::string& note : result.notes) {
      if (std::find(noted.begin(), noted.end(), note) != noted.end()) continue;
      noted.push_back(note);
      console.Warn(note);
    }
    console.Print(fmt::format(
        "{}: behavior of {} on {} pictures in {} ({:.0f} pictures/s); {} bouts, {} to look at.",
        video.name, Join(result.subjects), CountText(result.pictures), DurationText(result.seconds),
        rate, result.found.bouts, result.found.episodes));
  }
  console.PrintJson(
      {{"model", model.string()},
       {"pictures", pictures},
       {"seconds", seconds},
       {"pictures_per_s", seconds > 0 ? static_cast<double>(pictures) / seconds : 0.0},
       {"peak_rss_mb", peak_rss_mb},
       {"videos", rows},
       {"skipped", batch.Skipped()},
       {"failed", batch.Failed()},
       {"outcomes", batch.Json()}});
  if (!rows.empty()) {
    console.Print(
        fmt::format("Peak memory {:.0f} MB. Next: vole report {}", peak_rss_mb, arguments.project));
  }
  return batch.Finish(false);
}

int FindPoints(const PredictArguments& arguments, datasets::Project& project,
               const std::vector<datasets::VideoRow>& videos, const fs::path& model,
               Console& console) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  Batch batch(videos.size(), "predicted", console);
  for (const datasets::VideoRow& video : videos) {
    infer::PointsResult result;
    const auto predict = [&]() -> Batch::Outcome {
      if (const auto job =
              AlreadyThere(arguments, project, videos, video, model, infer::Purpose::kPoints)) {
        return UpToDate(*job);
      }
      result =
          infer::PredictPoints(project, video, model.string(), arguments.options, console.job());
      return {fmt::format("{} animals on {} frames", CountText(result.animals),
                          CountText(result.frames))};
    };
    if (!batch.Try(video.name, predict) || result.job_id == 0) continue;
    const double rate = result.seconds > 0 ? result.frames / result.seconds : 0;
    rows.push_back({{"video", video.name},
                    {"job", result.job_id},
                    {"on_outlines", result.on_outlines},
                    {"frames", result.frames},
                    {"animals", result.animals},
                    {"mean_confidence", result.mean_confidence},
                    {"episodes", result.in_time.episodes},
                    {"exchanges", result.in_time.exchanges},
                    {"exchanges_put_back", result.in_time.exchanges_put_back},
                    {"seconds", result.seconds},
                    {"fps", rate},
                    {"peak_rss_mb", result.peak_rss_mb}});
    console.Print(fmt::format(
        "{}: key points of {} animals on {} frames in {} ({:.0f} frames/s){}; confidence {:.2f} "
        "on average.",
        video.name, CountText(result.animals), CountText(result.frames),
        DurationText(result.seconds), rate,
        result.on_outlines ? "" : ", one animal a picture, without outlines",
        result.mean_confidence));
    if (result.in_time.episodes > 0) {
      console.Print(fmt::format(
          "  {} places are doubtful by the frames around them, of which {} exchange left and right "
          "({} put back): vole review lists them.",
          CountText(result.in_time.episodes), CountText(result.in_time.exchanges),
          CountText(result.in_time.exchanges_put_back)));
    }
  }
  console.PrintJson({{"model", model.string()},
                     {"videos", rows},
                     {"skipped", batch.Skipped()},
                     {"failed", batch.Failed()},
                     {"outcomes", batch.Json()}});
  return batch.Finish(false);
}

// Behavior is told over time and points around outlines that are there: neither is divided.
void CheckParts(const PredictArguments& arguments) {
  const int divided =
      (arguments.jobs > 0) + arguments.slurm + arguments.merge + !arguments.part.empty();
  if (divided > 0 && (arguments.behavior || arguments.points)) {
    throw UsageError(
        "--jobs, --slurm, --part and --merge divide predictions of outlines, not of behavior or "
        "key points");
  }
  if (divided > 1) {
    throw UsageError("--jobs, --slurm, --part and --merge are different things to do");
  }
  if (arguments.merge || !arguments.part.empty()) {
    infer::PredictOptions given = arguments.options;
    given.predictor.threads = infer::PredictOptions().predictor.threads;
    const bool more =
        !arguments.model.empty() || !arguments.video.empty() || !arguments.frames.empty() ||
        arguments.again ||
        datasets::OptionsToJson(given) != datasets::OptionsToJson(infer::PredictOptions());
    if (more) {
      throw UsageError(
          "--part and --merge do what --jobs or --slurm divided; --video, --model, --frames, "
          "--again and options of the prediction are given there");
    }
  }
  const SlurmOptions& slurm = arguments.slurm_options;
  if (!arguments.slurm && (slurm.dry_run || slurm.tasks > 0 || !slurm.partition.empty() ||
                           !slurm.time.empty() || !slurm.more.empty())) {
    throw UsageError("--partition, --time, --array, --sbatch and --dry-run go with --slurm");
  }
}

// Of behavior and points.
void CheckNotDivided(const PredictArguments& arguments, const std::string& finds) {
  if (arguments.jobs > 0 || arguments.slurm) {
    throw datasets::Error(arguments.slurm ? "option --slurm" : "option --jobs",
                          "it divides predictions of outlines, and this model finds " + finds,
                          "leave it out, or name another --model");
  }
}

int Run(PredictArguments& arguments, Console& console) {
  datasets::CheckOptions(arguments.options, "predict");
  CheckParts(arguments);
  if (!arguments.part.empty()) {
    return MakePartsOf(arguments.project, arguments.part, arguments.options.predictor.threads,
                       console);
  }
  const auto project = OpenProject(arguments.project);
  if (arguments.merge) return MergeOutlines(arguments, *project, console);
  std::string taken;
  if (arguments.points && arguments.behavior) {
    throw UsageError("--points and --behavior ask for two different predictions");
  }
  const fs::path model = !arguments.model.empty() ? NamedModel(*project, arguments.model)
                         : arguments.points       ? ChosenPointsModel(*project, &taken)
                                            : ChosenModel(*project, arguments.behavior, &taken);
  std::vector<datasets::VideoRow> videos;
  if (!arguments.video.empty()) {
    videos = {project->VideoByName(arguments.video)};
  } else {
    videos = project->Videos();
    if (videos.empty()) project->VideoByName("");  // throws: it has no video yet
  }
  if (!arguments.frames.empty()) {
    if (videos.size() > 1) throw UsageError("--frames needs --video where there are several");
    const FrameSpan span = FramesWithin(ParseFrames(arguments.frames), videos[0]);
    arguments.options.start_frame = span.start_frame;
    arguments.options.end_frame = *span.end_frame;
  }

  const std::string architecture = train::ReadModelInfo(model.string()).architecture;
  const bool finds_points = train::IsFor(train::Task::kPoints, architecture);
  if (arguments.points && !finds_points) {
    throw datasets::Error("model '" + arguments.model + "'", "it finds no key points",
                          "leave --points out, or --model, to take the best that does");
  }
  if (finds_points) {
    CheckNotDivided(arguments, "key points");
    const int code = FindPoints(arguments, *project, videos, model, console);
    if (!taken.empty()) console.Note(taken);
    return code;
  }
  const bool knows_behavior = train::IsFor(train::Task::kBehavior, architecture);
  if (arguments.behavior && !knows_behavior) {
    throw datasets::Error("model '" + arguments.model + "'", "it knows no behavior",
                          "leave --behavior out, or --model, to take the best that does");
  }
  if (knows_behavior) {
    CheckNotDivided(arguments, "behavior");
    const int code = ScoreBehavior(arguments, *project, videos, model, console);
    if (!taken.empty()) console.Note(taken);
    return code;
  }
  const int code = PredictOutlines(arguments, *project, videos, model, console);
  if (!taken.empty()) console.Note(taken);
  return code;
}
}  // namespace
}  // namespace predict_verb

Verb PredictVerb() {
  using namespace predict_verb;
  return {
      "predict",
      "Networks",
      "outline and name every animal on every frame, or score behavior",
      "Decodes, predicts, follows the animals, decides their names over whole tracklets, and "
      "writes predictions, confidences and the review queue into the project. Without --video "
      "every video of the project is predicted, one after the other. One that cannot be is "
      "named, and the others are done; one that the same model has predicted with the same "
      "options, and in which nothing was labeled or decided since, is skipped unless --again is "
      "given. So what was interrupted goes on where it was when it is started again. Ctrl-C keeps "
      "the frames done so far, which are shown until a prediction of the video has been whole. "
      "With a model for behavior (vole train --model behavior-frame), the "
      "probability of every behavior on every frame is written instead. Without --model the "
      "model that outlines animals best on held-back labels is taken (of equal ones the newest, "
      "never that of a cancelled training), and where there is none the best that knows "
      "behavior; --behavior takes that one in any case. --points takes the best model that finds "
      "key points (vole train --model points): around the outlines that are predicted already, "
      "or, where there are none and the model learned without, of one animal a frame.\n"
      "--jobs N divides the search for outlined animals among N processes: slices of videos become "
      "files in PROJECT.parts, and one process follows the animals and names them over the whole "
      "video. What is stored is the same to the byte as without --jobs. A process that dies is "
      "started again; what was found stays, and the same command goes on with it.\n"
      "--slurm has a cluster do that: an array of tasks, and a task that merges when they have "
      "ended. Tasks read PROJECT.parts, videos and weights, never the project: SQLite is not safe "
      "where several machines share a file (NFS), so that only the merge opens it, and nobody else "
      "should meanwhile. A task that is killed or preempted is queued again alone; vole jobs shows "
      "how far they are, and the same command submits what is missing. Other clusters: --part and "
      "--merge are all that their scripts need, after --slurm --dry-run has shown how.",
      "  vole predict mice.vole\n"
      "  vole predict mice.vole --model day1 --video cage4 --frames 0:3000\n"
      "  vole predict mice.vole --behavior\n"
      "  vole predict mice.vole --points\n"
      "  vole predict mice.vole --device cuda --json\n"
      "  vole predict mice.vole --jobs 4\n"
      "  vole predict mice.vole --slurm --partition short --time 2:00:00 --array 20",
      [](CLI::App& command) -> RunVerb {
        auto arguments = std::make_shared<PredictArguments>();
        AddProject(command, arguments->project);
        command
            .add_option("--model,-m", arguments->model,
                        "name of a model of the project, or a model file (default: the "
                        "best that outlines animals)")
            ->type_name("MODEL");
        command.add_flag("--behavior", arguments->behavior,
                         "score behavior, without --model with the best model that knows it");
        command.add_flag("--points", arguments->points,
                         "find key points, without --model with the best model that does");
        AddVideo(command, arguments->video, "only this video (default: all)");
        command.add_flag("--again", arguments->again, "videos that are up to date too");
        command
            .add_option("--jobs", arguments->jobs,
                        "divide the work among so many processes of this machine")
            ->type_name("N")
            ->check(CLI::Range(1, 1024));
        command.add_flag("--slurm", arguments->slurm, "divide the work among tasks of Slurm");
        SlurmOptions& slurm = arguments->slurm_options;
        command.add_option("--array", slurm.tasks, "tasks of Slurm (default: up to 64)")
            ->type_name("N")
            ->check(CLI::Range(1, 1000));
        command.add_option("--partition", slurm.partition, "of Slurm, where tasks run")
            ->type_name("NAME");
        command.add_option("--time", slurm.time, "that Slurm gives each task")->type_name("TIME");
        command
            .add_option("--sbatch", slurm.more,
                        "more options for sbatch, as '--mem=4G --account=lab'")
            ->type_name("TEXT");
        command.add_flag("--dry-run", slurm.dry_run, "print the scripts for Slurm, and do nothing");
        command
            .add_option("--part", arguments->part,
                        "on a cluster: do every Nth part of what was divided, from the Kth on "
                        "(from 0); the project is not opened")
            ->type_name("K/N");
        command.add_flag("--merge", arguments->merge,
                         "on a cluster: write what comes of all parts into the project");
        AddFrames(command, arguments->frames);
        AddOptionFlags(command, arguments->options, {"start-frame", "end-frame"});
        return [arguments](Console& console) { return Run(*arguments, console); };
      }};
}

}  // namespace app
