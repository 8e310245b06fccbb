#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/groups/report_groups.h"
#include "app/cli/options_flags.h"
#include "app/cli/verb_list.h"
#include "app/cli/verbs/report_motion.h"
#include "app/cli/verbs/report_text.h"
#include "datasets/base/text.h"
#include "datasets/behavior/pictures.h"
#include "datasets/files/atomic_file.h"

namespace app {
namespace report_verb {
namespace {

using datasets::Range;

struct ReportOptions {
  std::string what = "both", author, against, training = "none";
  std::string csv, ethogram, agreement_csv, confusion, exploration_csv;
  int64_t prediction_job = 0;
  int video_frames = 0, bin_frames = 0, tolerance_frames = -1, rounds = 1000;
  double fps = 0, merge_gap = -1, min_bout = 0, bin = 0;
  double tolerance = 0.5, min_overlap = 0, block = 10, min_total = 3, max_bias = 20;
  bool exclusive = false;
  int64_t seed = 1;

  template <class Visitor>
  void Visit(Visitor&& v) {
    v.Field(
        "what", what,
        "labels, predictions, both (as authors of their own), or final: predictions where nobody "
        "scored");
    v.Field("prediction-job", prediction_job, "number of the prediction job (default: the latest)");
    v.Field("fps", fps, "frame rate of --behaviors and --against, where there is no project",
            Range{0, 1e6});
    v.Field("video-frames", video_frames,
            "length of the videos of a table; 0 ends them with the last bout", Range{0, 2e9});
    v.Field("author", author, "who scored, where a table does not say");
    v.Field("against", against, "a second behavior table to compare with");
    v.Field("merge-gap", merge_gap, "bouts at most so many seconds apart are one; -1: none",
            Range{-1, 1e6});
    v.Field("min-bout", min_bout, "leave out bouts shorter than so many seconds", Range{0, 1e6});
    v.Field("exclusive", exclusive, "refuse behaviors of a subject that happen at the same time");
    v.Field("bin", bin, "budget in bins of so many seconds; 0: the whole span", Range{0, 1e9});
    v.Field("bin-frames", bin_frames, "the same in frames", Range{0, 2e9});
    v.Field("csv", csv, "write the time budget as a table");
    v.Field("ethogram", ethogram, "draw who does what when (.png or .svg)");
    v.Field("tolerance", tolerance, "onsets at most so many seconds apart match", Range{0, 1e6});
    v.Field("tolerance-frames", tolerance_frames, "the same in frames; -1 takes the seconds",
            Range{-1, 1e9});
    v.Field("min-overlap", min_overlap,
            "bouts match from this overlap in time (IoU); 0: a shared frame", Range{0, 1});
    v.Field("block", block, "seconds drawn together for the intervals", Range{1e-3, 1e6});
    v.Field("rounds", rounds, "rounds of the bootstrap", Range{100, 1e6});
    v.Field("seed", seed, "seed of the bootstrap");
    v.Field("agreement-csv", agreement_csv, "write the agreement as a table");
    v.Field("confusion", confusion, "write the confusion of what the two say as a table");
    v.Field("min-total", min_total, "leave out animals that explore fewer seconds", Range{0, 1e6});
    v.Field("max-bias", max_bias, "in training trials, leave out animals with 100 |DI| above this",
            Range{0, 100});
    v.Field("training", training, "training trials: none, all, or NAME,NAME");
    v.Field("exploration-csv", exploration_csv, "write times and discrimination index as a table");
  }
};

struct Arguments {
  std::string project, behaviors, frames, video;
  std::string first, second;
  std::vector<std::string> agreement;
  bool wants_agreement = false;
  ReportOptions options;
  GroupOptions groups;
  MotionFiles motion_files;
  datasets::MotionOptions motion;
};

datasets::BehaviorScores LoadScores(const Arguments& arguments, const datasets::Project* project) {
  const ReportOptions& options = arguments.options;
  datasets::BehaviorScores scores;
  double fps = options.fps;
  const datasets::TableScoreOptions table{options.fps, options.video_frames, options.author};
  if (project) {
    const auto source = options.what == "labels"        ? datasets::ScoreSource::kLabels
                        : options.what == "predictions" ? datasets::ScoreSource::kPredictions
                        : options.what == "final"       ? datasets::ScoreSource::kFinal
                                                        : datasets::ScoreSource::kBoth;
    scores = datasets::ScoresFromProject(*project, source, arguments.video, options.prediction_job);
    if (fps <= 0 && !scores.series.empty()) fps = scores.series.front().fps;
  } else {
    scores = datasets::ScoresFromTable(arguments.behaviors, table);
    if (!arguments.video.empty()) {
      std::vector<std::string> names;
      for (const auto& series : scores.series) names.push_back(series.video);
      if (std::find(names.begin(), names.end(), arguments.video) == names.end()) {
        throw datasets::Error(
            "video '" + arguments.video + "'", "the table does not name it",
            "it names " + Join({names.begin(), std::unique(names.begin(), names.end())}));
      }
      scores.series.erase(
          std::remove_if(scores.series.begin(), scores.series.end(),
                         [&](const auto& series) { return series.video != arguments.video; }),
          scores.series.end());
    }
  }
  if (!options.against.empty()) {
    const std::filesystem::path file = options.against;
    const std::string name = file.stem().string();
    datasets::AddScores(scores, datasets::ScoresFromTable(file, {fps, options.video_frames, name}),
                        name);
  }
  datasets::CheckExclusive(scores, options.exclusive);
  datasets::MergeShortGaps(scores, options.merge_gap, options.min_bout);
  if (!arguments.frames.empty()) {
    const FrameSpan span = ParseFrames(arguments.frames);
    datasets::ClipScores(scores, span.start_frame, span.end_frame.value_or(-1));
  }
  return scores;
}

void WriteTable(const std::string& path, const std::string& text, Console& console) {
  if (path.empty()) return;
  datasets::WriteFileAtomically(path, text);
  console.Note("wrote " + path);
}

void ReportAgreement(const datasets::BehaviorScores& scores, const Arguments& arguments,
                     Console& console, nlohmann::ordered_json& json, std::string& text) {
  const ReportOptions& options = arguments.options;
  datasets::AgreementOptions agreement;
  agreement.tolerance_s = options.tolerance;
  agreement.tolerance_frames = options.tolerance_frames;
  agreement.min_overlap = options.min_overlap;
  agreement.block_s = options.block;
  agreement.bootstrap.rounds = options.rounds;
  agreement.bootstrap.seed = static_cast<uint64_t>(options.seed);
  std::vector<datasets::PairAgreement> pairs;
  if (arguments.agreement.size() == 2) {
    pairs = {datasets::CompareAuthors(scores, arguments.agreement[0], arguments.agreement[1],
                                      agreement)};
  } else {
    datasets::BehaviorScores scorers = scores;  // what masks say is compared when asked by name
    scorers.series.erase(std::remove_if(scorers.series.begin(), scorers.series.end(),
                                        [](const datasets::BoutSeries& series) {
                                          return series.author == datasets::kAutomaticAuthor;
                                        }),
                         scorers.series.end());
    pairs = datasets::CompareAllAuthors(scorers, agreement, console.job());
  }
  if (pairs.empty()) {
    throw datasets::Error("agreement", "no video and subject was scored by two authors",
                          "authors are: " + Join(scores.Authors()));
  }
  json["agreement"] = nlohmann::ordered_json::array();
  for (const datasets::PairAgreement& pair : pairs) {
    text += "\n" + AgreementText(pair) + "\n";
    json["agreement"].push_back(datasets::AgreementJson(pair));
    for (const std::string& place : pair.only_one) {
      console.Warn("only one of the two scored " + place);
    }
  }
  WriteTable(options.agreement_csv, datasets::AgreementCsv(pairs), console);
  WriteTable(options.confusion, datasets::ConfusionCsv(pairs), console);
}

void ReportExploration(const datasets::BehaviorScores& scores, const Arguments& arguments,
                       Console& console, nlohmann::ordered_json& json, std::string& text) {
  const ReportOptions& options = arguments.options;
  datasets::ExplorationOptions exploration;
  exploration.first = datasets::SplitNames(arguments.first);
  exploration.second = datasets::SplitNames(arguments.second);
  exploration.min_total_s = options.min_total;
  exploration.max_bias_percent = options.max_bias;
  exploration.all_training = options.training == "all";
  if (options.training != "none" && !exploration.all_training) {
    exploration.training_videos = datasets::SplitNames(options.training);
  }
  const auto rows = datasets::ExplorationTimes(scores, exploration);
  text += "\n" + ExplorationText(rows) + "\n";
  json["exploration"] = ExplorationJson(rows);
  WriteTable(options.exploration_csv, datasets::ExplorationCsv(rows), console);
}

int Run(Arguments& arguments, Console& console) {
  if (arguments.project.empty() == arguments.behaviors.empty()) {
    throw UsageError("give a project, or a behavior table with --behaviors");
  }
  if (arguments.agreement.size() == 1) throw UsageError("--agreement takes two authors, or none");
  if (arguments.first.empty() != arguments.second.empty()) {
    throw UsageError("--first and --second belong together");
  }
  CheckChoice("--what", arguments.options.what, {"labels", "predictions", "both", "final"});
  datasets::CheckOptions(arguments.options, "report");
  datasets::CheckOptions(arguments.motion_files, "report");
  datasets::CheckOptions(arguments.motion, "report");
  const auto project = arguments.project.empty() ? nullptr : OpenProjectReadOnly(arguments.project);
  CheckGroups(arguments.groups, project.get());
  if (!arguments.options.ethogram.empty()) {
    datasets::Drawing::CheckEnding(arguments.options.ethogram);
  }
  datasets::BehaviorScores scores = LoadScores(arguments, project.get());
  nlohmann::ordered_json json;
  std::string text;  // printed when nothing can go wrong any more
  if (arguments.motion_files.Wanted()) {
    if (!project) throw UsageError("motion needs a project with predictions or labels");
    datasets::MotionInput input;
    input.from_labels = arguments.options.what == "labels";
    input.job_id = arguments.options.prediction_job;
    input.options = arguments.motion;
    datasets::AddScores(
        scores,
        ReportMotion(*project, arguments.video,
                     arguments.frames.empty() ? FrameSpan{} : ParseFrames(arguments.frames), input,
                     arguments.motion_files, console, json, text),
        "masks");
  }
  if (scores.series.empty()) {
    throw datasets::Error(arguments.project + arguments.behaviors, "nobody scored a behavior in it",
                          "mark behaviors in the workbench, or import them (vole import --help)");
  }
  const auto rows =
      datasets::TimeBudget(scores, {arguments.options.bin, arguments.options.bin_frames});
  json["budget"] = datasets::BudgetJson(rows);
  // Of groups, a person wants to see the groups; each animal's figures are in --long-csv.
  if (!arguments.groups.Wanted()) text += BudgetText(rows) + "\n";
  if (arguments.wants_agreement) ReportAgreement(scores, arguments, console, json, text);
  if (!arguments.first.empty()) ReportExploration(scores, arguments, console, json, text);
  if (arguments.groups.Wanted()) {
    datasets::BootstrapOptions bootstrap;
    bootstrap.rounds = arguments.options.rounds;
    bootstrap.seed = static_cast<uint64_t>(arguments.options.seed);
    ReportGroups(*project, scores, arguments.groups, bootstrap, console, json, text);
  }
  WriteTable(arguments.options.csv, datasets::BudgetCsv(rows), console);
  if (!arguments.options.ethogram.empty()) {
    datasets::EthogramPicture(scores).Save(arguments.options.ethogram);
    console.Note("wrote " + arguments.options.ethogram);
  }
  text.erase(text.find_last_not_of('\n') + 1);
  console.Print(text);
  console.PrintJson(json);
  return 0;
}

}  // namespace
}  // namespace report_verb

Verb ReportVerb() {
  using namespace report_verb;
  return {"report",
          "Behavior",
          "time budgets, motion, agreement of scorers",
          "From behavior intervals, labeled or predicted: how often, how long and how soon each "
          "animal did each thing; exploration times and discrimination index; agreement between "
          "two scorers, or a person and the machine. From masks: place, speed, zones, contact and "
          "freezing of each animal. Times are in seconds, frames from 0.\n"
          "--by compares groups of videos (vole factors): n, mean and SEM, Hedges' g and Cliff's "
          "delta with bootstrap intervals over whole animals, and a table in long form for R. One "
          "animal of one video counts as one, never a frame or a bout: those of one animal "
          "resemble each other (Hurlbert 1984 calls it pseudoreplication). --unit says where "
          "animals or videos are to be averaged first.",
          "  vole report mice.vole --bin 60 --csv budget.csv\n"
          "  vole report mice.vole --agreement anna prediction\n"
          "  vole report --behaviors raters.csv --fps 25 --agreement\n"
          "  vole report mice.vole --first explore_left --second explore_right --training day1\n"
          "  vole report mice.vole --zones zones.json --motion motion.csv --occupancy where.png\n"
          "  vole report mice.vole --zones zones.json --zone-point nose --heading tail:nose\n"
          "  vole report mice.vole --ethogram ethogram.svg\n"
          "  vole report mice.vole --by treatment,day --box-plot groups.svg --long-csv all.csv",
          [](CLI::App& command) -> RunVerb {
            auto arguments = std::make_shared<Arguments>();
            AddProject(command, arguments->project)->required(false);
            command
                .add_option("--behaviors", arguments->behaviors,
                            "a behavior table, where no project is given")
                ->type_name("FILE");
            AddVideo(command, arguments->video, "only this video (default: all)");
            AddFrames(command, arguments->frames);
            CLI::Option* agreement =
                command
                    .add_option("--agreement", arguments->agreement,
                                "compare two authors; without names, all pairs")
                    ->expected(0, 2)
                    ->type_name("AUTHOR");
            command
                .add_option("--first", arguments->first,
                            "behaviors that explore the unchanged object, with commas")
                ->type_name("NAMES");
            command
                .add_option("--second", arguments->second,
                            "behaviors that explore the moved or new object")
                ->type_name("NAMES");
            AddOptionFlags(command, arguments->options);
            AddOptionFlags(command, arguments->groups);
            AddOptionFlags(command, arguments->motion_files);
            AddOptionFlags(command, arguments->motion);
            return [arguments, agreement](Console& console) {
              arguments->wants_agreement = agreement->count() > 0;
              auto& names = arguments->agreement;
              names.erase(std::remove(names.begin(), names.end(), ""), names.end());
              return Run(*arguments, console);
            };
          }};
}

}  // namespace app
