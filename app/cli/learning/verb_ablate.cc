#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/learning/learning_verbs.h"
#include "app/cli/options_flags.h"
#include "infer/learning/behavior_ablation.h"
#include "train/architectures.h"

namespace app {
namespace ablate_verb {
namespace {

struct Arguments {
  std::string project, frames, test_frames;
  infer::LabelSelection selection;
  infer::AblationTest test;
  infer::AblationOptions ablation;
  train::TrainOptions options;
  train::BehaviorOptions behavior;
};

std::string Sure(const infer::SureNumber& number) {
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", number.value, number.interval.low,
                     number.interval.high);
}

std::string Number(const std::optional<double>& value) {
  return value ? fmt::format("{:.3f}", *value) : "-";
}

void PrintRows(const std::vector<infer::AblationRow>& rows, bool explored, Console& console) {
  std::vector<std::vector<std::string>> table = {
      {"", "labels", "tested", "accuracy", "macro F1", "kappa", "train s"}};
  if (explored) table[0].insert(table[0].end(), {"r T1", "r T2", "r DI"});
  for (const infer::AblationRow& row : rows) {
    table.push_back({row.name, CountText(row.labels), CountText(row.frames), Sure(row.accuracy),
                     Sure(row.macro_f1), Sure(row.kappa),
                     fmt::format("{:.0f}", row.train_seconds)});
    if (explored) {
      table.back().insert(table.back().end(),
                          {Number(row.t1_r), Number(row.t2_r), Number(row.di_r)});
    }
  }
  console.Print(TableText(table));
  std::vector<std::vector<std::string>> by_behavior = {{"F1"}};
  for (const auto& [name, f1] : rows.front().f1) by_behavior[0].push_back(name);
  for (const infer::AblationRow& row : rows) {
    by_behavior.push_back({row.name});
    for (const auto& [name, f1] : row.f1) by_behavior.back().push_back(fmt::format("{:.3f}", f1));
  }
  console.Print(TableText(by_behavior));
}

int Run(Arguments& arguments, Console& console) {
  const bool crossed = arguments.ablation.folds > 0 || arguments.ablation.leave_one_video_out;
  const bool fixed = !arguments.test.videos.empty() || !arguments.test_frames.empty();
  if (crossed == fixed) {
    throw UsageError(
        "say what to test on: --test-video and --test-frames, or --folds, or "
        "--leave-one-video-out");
  }
  if (arguments.ablation.first.empty() != arguments.ablation.second.empty()) {
    throw UsageError("--first and --second belong together");
  }
  if (!arguments.frames.empty()) {
    const FrameSpan span = ParseFrames(arguments.frames);
    arguments.selection.start_frame = span.start_frame;
    arguments.selection.end_frame = span.end_frame;
  }
  if (!arguments.test_frames.empty()) {
    const FrameSpan span = ParseFrames(arguments.test_frames);
    arguments.test.start_frame = span.start_frame;
    arguments.test.end_frame = span.end_frame.value_or(1 << 30);
  }
  const auto project = OpenProject(arguments.project);
  const auto rows = infer::AblateBehavior(
      *project, arguments.selection, arguments.test, arguments.ablation, arguments.options,
      arguments.behavior, console.job(), [&](const std::string& note) { console.Warn(note); });
  PrintRows(rows, !arguments.ablation.first.empty(), console);
  console.PrintJson({{"rows", infer::AblationJson(rows)}});
  return 0;
}

bool TakenForBehavior(const std::string& option) {
  const auto& all = train::Architectures();
  return std::any_of(all.begin(), all.end(), [&](const train::Architecture& one) {
    return one.task == train::Task::kBehavior && one.Takes(option);
  });
}

}  // namespace
}  // namespace ablate_verb

Verb AblateVerb() {
  using namespace ablate_verb;
  return {
      "ablate",
      "Networks",
      "how well networks recognize behavior, beside simple rules",
      "Trains on a part of the scored behavior and tests on the rest, never on neighboring frames: "
      "fixed videos or frames, cross-validation, or leaving one video out; with --labels also the "
      "learning curve. Prints accuracy, macro F1 over the behaviors and kappa with 95 % intervals "
      "(blocks of time), and the same of simple rules; where the animals have key points, "
      "behavior-seq with and without them. The project's models stay as they are.",
      "  vole ablate mice.vole --test-video day7 --test-video day8\n"
      "  vole ablate mice.vole --folds 5 --networks behavior-frame\n"
      "  vole ablate mice.vole --leave-one-video-out --labels 500,2000,0\n"
      "  vole ablate flies.vole --frames 0:1500 --test-frames 1000:1500 --exclusive",
      [](CLI::App& command) -> RunVerb {
        auto arguments = std::make_shared<Arguments>();
        AddProject(command, arguments->project);
        AddFrames(command, arguments->frames);
        command
            .add_option("--video", arguments->selection.videos,
                        "only this video; may be repeated (default: all)")
            ->type_name("NAME")
            ->allow_extra_args(false);
        command
            .add_option("--test-video", arguments->test.videos,
                        "test on this video; may be repeated")
            ->type_name("NAME")
            ->allow_extra_args(false);
        command
            .add_option("--test-frames", arguments->test_frames,
                        "test on these frames of every video, as A:B (half-open)")
            ->type_name("A:B");
        AddOptionFlags(command, arguments->ablation);
        std::set<std::string> skip = {"model", "resume"};
        const nlohmann::json all = datasets::OptionsToJson(arguments->options);
        for (const auto& [name, value] : all.items()) {
          if (!TakenForBehavior(name)) skip.insert(name);
        }
        AddOptionFlags(command, arguments->options, skip);
        AddOptionFlags(command, arguments->behavior, {"frame-model"});
        return [arguments](Console& console) { return Run(*arguments, console); };
      }};
}

}  // namespace app
