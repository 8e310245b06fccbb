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
#include "datasets/report/report.h"

namespace app {
namespace report_verb {
namespace {

struct Arguments {
  std::string project, frames;
  datasets::ReportRequest request;
  GroupOptions groups;
};

// Videos that end before the frames that are asked for are left out, and those that end within them
// are named: what an animal does in less time is less.
void TakeVideosWithin(const datasets::Project& project, const std::string& frames,
                      datasets::ReportRequest* request, Console& console) {
  std::vector<datasets::VideoRow> videos = project.Videos();
  if (!request->video.empty()) videos = {project.VideoByName(request->video)};
  std::vector<std::string> without, cut_short;
  int longest = 0;
  request->videos.clear();
  for (const datasets::VideoRow& video : videos) {
    longest = std::max(longest, video.frame_count);
    if (video.frame_count <= request->start_frame) {
      without.push_back(video.name);
      continue;
    }
    request->videos.push_back(video.name);
    if (request->end_frame && video.frame_count < *request->end_frame) {
      cut_short.push_back(fmt::format("{} (to frame {})", video.name, video.frame_count - 1));
    }
  }
  if (!videos.empty() && request->videos.empty()) {
    throw datasets::Error(
        "option --frames " + frames,
        videos.size() == 1 ? "the video ends before" : "every video ends before",
        fmt::format("the last frame {}is {}", videos.size() == 1 ? "" : "of all ", longest - 1));
  }
  if (!without.empty()) {
    console.Warn("left out, because they end before frame " + std::to_string(request->start_frame) +
                 ": " + Join(without));
  }
  if (!cut_short.empty()) {
    console.Warn("shorter than the frames that are asked for, so not as long as the others: " +
                 Join(cut_short));
  }
}

int Run(Arguments& arguments, Console& console) {
  datasets::ReportRequest& request = arguments.request;
  if (arguments.project.empty() == request.behaviors.empty()) {
    throw UsageError("give a project, or a behavior table with --behaviors");
  }
  if (request.agreement.size() == 1) throw UsageError("--agreement takes two authors, or none");
  if (request.first.empty() != request.second.empty()) {
    throw UsageError("--first and --second belong together");
  }
  CheckChoice("--what", request.options.what, {"labels", "predictions", "both", "final"});
  if (!arguments.frames.empty()) {
    const FrameSpan span = ParseFrames(arguments.frames);
    request.start_frame = span.start_frame;
    request.end_frame = span.end_frame;
  }
  datasets::CheckOptions(request.options, "report");
  datasets::CheckOptions(request.motion_files, "report");
  datasets::CheckOptions(request.motion, "report");
  const auto project = arguments.project.empty() ? nullptr : OpenProjectReadOnly(arguments.project);
  if (!project && request.motion_files.Wanted()) {
    throw UsageError("motion needs a project with predictions or labels");
  }
  const bool in_bins = request.options.bin > 0 || request.options.bin_frames > 0;
  CheckGroups(arguments.groups, in_bins, project.get());
  if (project && !arguments.frames.empty()) {
    TakeVideosWithin(*project, arguments.frames, &request, console);
  }
  const datasets::Report report = datasets::MakeReport(project.get(), request, console.job());
  for (const std::string& warning : report.warnings) console.Warn(warning);
  for (const auto& path : report.written) console.Note("wrote " + path.string());
  nlohmann::ordered_json json;
  std::string text;
  if (report.has_motion) {
    AddMotionJson(report, json);
    text += MotionText(report.motion) + "\n\n";
  }
  json["budget"] = datasets::BudgetJson(report.budget);
  // Of groups, a person wants to see the groups; each animal's figures are in --long-csv.
  if (!arguments.groups.Wanted()) text += BudgetText(report.budget) + "\n";
  if (request.wants_agreement) {
    json["agreement"] = nlohmann::ordered_json::array();
    for (const datasets::PairAgreement& pair : report.agreement) {
      text += "\n" + AgreementText(pair) + "\n";
      json["agreement"].push_back(datasets::AgreementJson(pair));
    }
  }
  if (!request.first.empty()) {
    text += "\n" + ExplorationText(report.exploration) + "\n";
    json["exploration"] = ExplorationJson(report.exploration);
  }
  if (arguments.groups.Wanted()) {
    datasets::BootstrapOptions bootstrap;
    bootstrap.rounds = request.options.rounds;
    bootstrap.seed = static_cast<uint64_t>(request.options.seed);
    std::vector<std::string> videos = request.videos;
    if (videos.empty() && !request.video.empty()) videos = {request.video};
    if (videos.empty()) {
      for (const datasets::VideoRow& video : project->Videos()) videos.push_back(video.name);
    }
    ReportGroups(*project, videos, report.scores, arguments.groups, bootstrap, console, json, text);
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
                .add_option("--behaviors", arguments->request.behaviors,
                            "a behavior table, where no project is given")
                ->type_name("FILE");
            AddVideo(command, arguments->request.video, "only this video (default: all)");
            AddFrames(command, arguments->frames);
            CLI::Option* agreement =
                command
                    .add_option("--agreement", arguments->request.agreement,
                                "compare two authors; without names, all pairs")
                    ->expected(0, 2)
                    ->type_name("AUTHOR");
            command
                .add_option("--first", arguments->request.first,
                            "behaviors that explore the unchanged object, with commas")
                ->type_name("NAMES");
            command
                .add_option("--second", arguments->request.second,
                            "behaviors that explore the moved or new object")
                ->type_name("NAMES");
            AddOptionFlags(command, arguments->request.options);
            AddOptionFlags(command, arguments->groups);
            AddOptionFlags(command, arguments->request.motion_files);
            AddOptionFlags(command, arguments->request.motion);
            return [arguments, agreement](Console& console) {
              arguments->request.wants_agreement = agreement->count() > 0;
              auto& names = arguments->request.agreement;
              names.erase(std::remove(names.begin(), names.end(), ""), names.end());
              return Run(*arguments, console);
            };
          }};
}

}  // namespace app
