#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/options_flags.h"
#include "app/cli/verb_list.h"
#include "datasets/files/atomic_file.h"
#include "datasets/files/csv.h"
#include "infer/behavior/predicted_bouts.h"

namespace app {
namespace bouts_verb {
namespace {

using datasets::Id;
using Json = nlohmann::ordered_json;

struct Arguments {
  std::string project, video, scores;
  Id job = 0;
  bool keep = false;
  infer::BoutOptions options;
};

struct ScoredVideo {
  datasets::VideoRow video;
  Id job = 0;
};

std::vector<ScoredVideo> ScoredVideos(const datasets::Project& project,
                                      const Arguments& arguments) {
  std::vector<ScoredVideo> scored;
  if (!arguments.video.empty()) project.VideoByName(arguments.video);
  for (const datasets::VideoRow& video : project.Videos()) {
    if (!arguments.video.empty() && video.name != arguments.video) continue;
    if (arguments.job > 0) {
      if (!project.BehaviorSeries(arguments.job, video.id).empty()) {
        scored.push_back({video, arguments.job});
      }
    } else if (const auto job = project.LatestBehaviorJob(video.id)) {
      if (!project.BehaviorSeries(*job, video.id).empty()) scored.push_back({video, *job});
    }
  }
  if (scored.empty()) {
    throw datasets::Error(
        "project '" + project.file().string() + "'",
        arguments.job > 0 ? "job " + std::to_string(arguments.job) + " has scored no behavior"
                          : "no behavior has been scored yet",
        "train and predict: vole train " + project.file().string() +
            " --model behavior-frame, then vole predict " + project.file().string());
  }
  return scored;
}

// One line a frame and subject, one column a behavior; empty where there is no probability.
void WriteScores(const datasets::Project& project, const std::vector<ScoredVideo>& scored,
                 const std::string& out, datasets::Job& job) {
  std::map<Id, std::string> names;
  for (const auto& behavior : project.Behaviors()) names[behavior.id] = behavior.name;
  std::set<Id> columns;
  for (const ScoredVideo& one : scored) {
    for (const auto& series : project.BehaviorSeries(one.job, one.video.id)) {
      columns.insert(series.behavior_id);
    }
  }
  datasets::AtomicFile file(out);
  std::string head = "video,subject,frame";
  for (const Id id : columns) head += "," + datasets::CsvField(names[id]);
  file.Write(head + "\n");
  constexpr int kFramesAtOnce = 10000;
  for (const ScoredVideo& one : scored) {
    std::map<std::string, std::map<Id, Id>> subjects;  // series by behavior
    for (const auto& series : project.BehaviorSeries(one.job, one.video.id)) {
      subjects[series.subject][series.behavior_id] = series.id;
    }
    for (const auto& [subject, series] : subjects) {
      const std::string start =
          datasets::CsvField(one.video.name) + "," + datasets::CsvField(subject) + ",";
      for (int from = 0; from < one.video.frame_count; from += kFramesAtOnce) {
        job.Advance(from, one.video.frame_count, "writing " + one.video.name);
        const int to = std::min(one.video.frame_count, from + kFramesAtOnce);
        std::map<Id, std::vector<float>> values;
        for (const auto& [behavior, id] : series) {
          values[behavior] = project.BehaviorScores(id, from, to);
        }
        for (int frame = from; frame < to; ++frame) {
          std::string line = start + std::to_string(frame);
          for (const Id id : columns) {
            const auto found = values.find(id);
            const float value = found == values.end()
                                    ? std::nanf("")
                                    : found->second[static_cast<size_t>(frame - from)];
            line += std::isnan(value) ? "," : fmt::format(",{:.5f}", value);
          }
          file.Write(line + "\n");
        }
      }
    }
  }
  file.Commit();
}

void AddRows(const datasets::Project& project, const ScoredVideo& one, Json& list,
             std::vector<std::vector<std::string>>& table) {
  std::map<Id, std::string> names;
  for (const auto& behavior : project.Behaviors()) names[behavior.id] = behavior.name;
  struct Sum {
    int bouts = 0;
    int64_t frames = 0;
    double confidence = 0;
  };
  std::map<std::pair<std::string, std::string>, Sum> sums;
  for (const auto& series : project.BehaviorSeries(one.job, one.video.id)) {
    sums[{series.subject, names[series.behavior_id]}];
  }
  for (const auto& bout : project.BehaviorPredictions(one.job, one.video.id)) {
    Sum& sum = sums[{bout.subject, names[bout.behavior_id]}];
    ++sum.bouts;
    sum.frames += bout.end_frame - bout.start_frame;
    sum.confidence += bout.confidence;
  }
  for (const auto& [key, sum] : sums) {
    const double mean = sum.bouts ? sum.confidence / sum.bouts : 0;
    list.push_back({{"video", one.video.name},
                    {"subject", key.first},
                    {"behavior", key.second},
                    {"job", one.job},
                    {"bouts", sum.bouts},
                    {"frames", sum.frames},
                    {"mean_confidence", mean}});
    table.push_back({one.video.name, key.first, key.second, CountText(sum.bouts),
                     CountText(sum.frames), sum.bouts ? fmt::format("{:.2f}", mean) : "-"});
  }
}

int Run(const Arguments& arguments, Console& console) {
  datasets::CheckOptions(arguments.options, "bouts");
  const auto project =
      arguments.keep ? OpenProjectReadOnly(arguments.project) : OpenProject(arguments.project);
  const std::vector<ScoredVideo> scored = ScoredVideos(*project, arguments);
  Json jobs = Json::array(), list = Json::array();
  std::set<Id> done;
  for (const ScoredVideo& one : scored) {
    if (!done.insert(one.job).second) continue;
    const infer::BehaviorSummary summary =
        arguments.keep
            ? infer::BehaviorSummaryOf(*project, one.job)
            : infer::FinishBehaviors(*project, one.job, arguments.options, console.job());
    jobs.push_back({{"job", one.job},
                    {"bouts", summary.bouts},
                    {"episodes", summary.episodes},
                    {"expected_calibration_error", summary.expected_calibration_error},
                    {"checked_bouts", summary.checked_bouts},
                    {"held_out_frames", summary.held_out_frames},
                    {"frame_calibration", summary.frame_calibration}});
  }
  std::vector<std::vector<std::string>> table = {
      {"video", "subject", "behavior", "bouts", "frames", "confidence"}};
  for (const ScoredVideo& one : scored) AddRows(*project, one, list, table);
  if (!arguments.scores.empty()) {
    WriteScores(*project, scored, arguments.scores, console.job());
    console.Note("wrote " + arguments.scores);
  }
  console.Print(TableText(table));
  for (const Json& job : jobs) {
    console.Print(fmt::format(
        "Job {}: {} bouts, {} of them to look at; confidences calibrated on {} held-out frames "
        "({}) and {} checked bouts.",
        job["job"].get<Id>(), job["bouts"].get<int>(), job["episodes"].get<int>(),
        CountText(job["held_out_frames"].get<int>()), job["frame_calibration"].get<std::string>(),
        job["checked_bouts"].get<int>()));
  }
  console.PrintJson({{"jobs", jobs}, {"behaviors", list}});
  return 0;
}

}  // namespace
}  // namespace bouts_verb

Verb BoutsVerb() {
  using namespace bouts_verb;
  return {
      "bouts",
      "Behavior",
      "from scored frames to bouts: smoothing, thresholds, sequence",
      "Predicting behavior keeps the probability of every frame. This makes bouts of them anew, "
      "with other thresholds or with the likeliest sequence (--viterbi), without running the "
      "network again. Labels and decisions stay; the review queue is made anew.",
      "  vole bouts mice.vole --min-bout-frames 10 --thresholds rear=0.4\n"
      "  vole bouts mice.vole --viterbi\n"
      "  vole bouts mice.vole --keep --scores probabilities.csv",
      [](CLI::App& command) -> RunVerb {
        auto arguments = std::make_shared<Arguments>();
        AddProject(command, arguments->project);
        AddVideo(command, arguments->video, "only list this video (default: all)");
        command.add_option("--job", arguments->job, "number of the job (default: the latest)")
            ->type_name("N");
        command.add_flag("--keep", arguments->keep, "change nothing, only list");
        command
            .add_option("--scores", arguments->scores,
                        "write every frame's probabilities as a table")
            ->type_name("FILE");
        AddOptionFlags(command, arguments->options);
        return [arguments](Console& console) { return Run(*arguments, console); };
      }};
}

}  // namespace app
