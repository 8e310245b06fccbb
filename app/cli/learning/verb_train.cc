#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/learning/learning_verbs.h"
#include "app/cli/options_flags.h"
#include "datasets/base/process_memory.h"
#include "datasets/store/points.h"
#include "infer/learning/train_on_project.h"
#include "train/architectures.h"
#include "train/points/points.h"

namespace app {
namespace train_verb {
namespace {

struct Arguments {
  std::string project, frames, out, curve;
  infer::LabelSelection selection;
  train::TrainOptions options;
  train::BehaviorOptions behavior;
  bool points = false;  // key points beside the outlines
  // The flags that not every network takes, by the names of their options.
  std::map<std::string, CLI::Option*> special;
};

// Collects the flags of an options struct that not every network takes.
struct SpecialFlags {
  CLI::App& command;
  std::map<std::string, CLI::Option*>& found;
  template <class T>
  void Field(const char* name, T&, const char*, datasets::Range = {}) {
    const auto& all = train::Architectures();
    if (std::all_of(all.begin(), all.end(), [&](const auto& one) { return one.Takes(name); })) {
      return;
    }
    found[name] = command.get_option("--" + std::string(name));
  }
};

// The values alone do not show what was given: a flag may repeat its default.
void RefuseOthers(const train::Architecture& architecture, const Arguments& arguments) {
  for (const auto& [name, flag] : arguments.special) {
    if (flag->count() == 0 || architecture.Takes(name)) continue;
    throw UsageError("--" + name + ": " + train::NotTakenWords(architecture, name));
  }
}

// The help shows what every network takes and, with --model NAME, what that one takes.
void ShortenHelp(CLI::App& command, Arguments& arguments) {
  const auto shown = command.get_formatter();
  command.formatter_fn([shown, &command, &arguments](const CLI::App* app, std::string name,
                                                     CLI::AppFormatMode mode) {
    const bool asked = command.get_option("--model")->count() > 0;
    const auto* chosen = asked ? train::FindArchitecture(arguments.options.model) : nullptr;
    for (const auto& [option, flag] : arguments.special) {
      if (!chosen || !chosen->Takes(option)) flag->group("");
    }
    std::string text = shown->make_help(app, std::move(name), mode);
    if (chosen) return text + fmt::format("\n{}: {}.\n", chosen->name, chosen->summary);
    std::vector<std::vector<std::string>> table;
    for (const auto& one : train::Architectures()) {
      table.push_back({"  " + std::string(one.name), std::string(one.summary)});
    }
    return text + "\nNetworks (vole train --model NAME --help: what else NAME takes):\n" +
           TableText(table);
  });
}

std::string FiguresText(const nlohmann::json& figures) {
  std::string text;
  for (const auto& [name, value] : figures.items()) {
    if (!value.is_number()) continue;
    text += fmt::format("{}{} {:.4g}", text.empty() ? "" : ", ", name, value.get<double>());
  }
  return text;
}

std::filesystem::path OutFile(const datasets::Project& project, const Arguments& arguments) {
  if (arguments.out.empty()) {
    const train::TrainOptions& options = arguments.options;
    return infer::DefaultModelFile(project, options.resume, options.model,
                                   options.together.rank == 0);
  }
  std::filesystem::path file = arguments.out;
  if (file.extension().empty()) file += ".safetensors";
  return file;
}

// --curve: a row a step, there as soon as the step is done.
class CurveFile {
 public:
  explicit CurveFile(const std::string& file) : file_(file) {
    if (file.empty()) return;
    out_.open(file, std::ios::trunc);
    Write("step,loss,average,seconds");
  }
  void Add(const train::TrainProgress& progress) {
    if (file_.empty()) return;
    Write(fmt::format("{},{:.9g},{:.9g},{:.3f}", progress.step, progress.step_loss, progress.loss,
                      progress.seconds));
  }

 private:
  void Write(const std::string& line) {
    if (out_ << line << '\n' << std::flush) return;
    throw datasets::Error("curve file " + file_,
                          std::string("it cannot be written: ") + std::strerror(errno),
                          "choose another place for --curve");
  }
  const std::string file_;
  std::ofstream out_;
};

// Of the time that a person gives to outlines and key points together.
constexpr double kShareOfPoints = 0.4;

// A family of several networks takes --steps for each of them.
std::string StepsText(const train::TrainOptions& options, int steps) {
  std::string text = CountText(steps) + " steps";
  if (options.steps <= 0 || steps <= options.steps) return text;
  return text + " (at most " + CountText(options.steps) + " of each of its networks)";
}

// Of the network of key points, beside that of the outlines: "name-points.ending".
std::filesystem::path PointsFile(std::filesystem::path outlines) {
  return outlines.replace_filename(outlines.stem().string() + "-points" +
                                   outlines.extension().string());
}

bool HasKeyPoints(const datasets::Project& project) {
  bool any = false;
  project.Read(
      [&](datasets::Connection& connection) { any = datasets::AnyLabelPoints(connection); });
  return any;
}

// --key-points asks for a second network beside one that outlines animals, in this process alone.
void CheckPointsToo(const Arguments& arguments, const datasets::Project& project) {
  if (!arguments.points) return;
  const train::TrainOptions& options = arguments.options;
  if (!train::IsFor(train::Task::kOutlines, options.model)) {
    throw UsageError("--key-points learns key points beside outlines, and " + options.model +
                     " outlines nothing");
  }
  if (options.resume || options.together.world_size > 1) {
    throw UsageError(
        "--key-points cannot go on with --resume, nor with other processes; key points "
        "alone can: --model points --resume");
  }
  if (!HasKeyPoints(project)) {
    throw datasets::Error("option --key-points", "no label of the project has a key point",
                          "set some, or leave it out");
  }
}

// Beside the outlines' model. What keeps points from being learned is said; the outlines are there.
nlohmann::json LearnPoints(const Arguments& arguments, datasets::Project& project,
                           const std::filesystem::path& outlines,
                           const std::function<void(const train::TrainProgress&)>& show,
                           Console& console) {
  train::TrainOptions options;
  options.model = train::kPoints;
  options.steps = arguments.options.steps;
  options.minutes = arguments.options.minutes * kShareOfPoints;
  options.processor_time = arguments.options.processor_time;
  options.validation_share = arguments.options.validation_share;
  options.seed = arguments.options.seed;
  options.threads = arguments.options.threads;
  options.device = arguments.options.device;
  const std::filesystem::path out = PointsFile(outlines);
  try {
    const infer::TrainedModel trained =
        infer::TrainOnProject(project, arguments.selection, options, out, console.job(), show);
    console.Print(
        fmt::format("Trained {} on the key points of {} frames: {} in {}{}.", trained.model.name,
                    CountText(trained.labels), StepsText(options, trained.result.steps),
                    DurationText(trained.result.seconds), trained.cancelled ? ", cancelled" : ""));
    return {{"model", trained.file.string()},          {"labels", trained.labels},
            {"steps", trained.result.steps},           {"seconds", trained.result.seconds},
            {"validation", trained.result.validation}, {"cancelled", trained.cancelled}};
  } catch (const datasets::Error& error) {
    console.Warn(std::string("key points were not learned: ") + error.what());
    return nullptr;
  }
}

int Run(Arguments& arguments, Console& console) {
  std::vector<std::string> networks;
  for (const auto& one : train::Architectures()) networks.emplace_back(one.name);
  CheckChoice("--model", arguments.options.model, networks);
  RefuseOthers(train::ArchitectureNamed(arguments.options.model), arguments);
  if (!arguments.frames.empty()) {
    const FrameSpan span = ParseFrames(arguments.frames);
    arguments.selection.start_frame = span.start_frame;
    arguments.selection.end_frame = span.end_frame;
  }
  train::CheckTaken(arguments.options, arguments.behavior);
  const bool behavior = train::IsFor(train::Task::kBehavior, arguments.options.model);
  const train::TogetherOptions& together = arguments.options.together;
  CurveFile outlines_curve(arguments.curve);
  // Another file: the steps of both start at 1.
  CurveFile points_curve(
      arguments.points && !arguments.curve.empty() ? PointsFile(arguments.curve).string() : "");
  CurveFile* curve = &outlines_curve;
  const auto project = OpenProject(arguments.project);
  const std::filesystem::path out = OutFile(*project, arguments);

  nlohmann::json last_validation;
  std::string last_warning;
  const auto show = [&](const train::TrainProgress& progress) {
    curve->Add(progress);
    if (progress.warning != last_warning) {
      last_warning = progress.warning;
      if (!last_warning.empty()) console.Note("warning: " + last_warning);
    }
    if (!progress.validation.is_object() || progress.validation == last_validation) return;
    last_validation = progress.validation;
    console.Note(fmt::format("step {} of {}: loss {:.4g}; held-back labels: {}", progress.step,
                             progress.steps, progress.loss, FiguresText(progress.validation)));
  };
  CheckPointsToo(arguments, *project);
  train::TrainOptions first = arguments.options;
  if (arguments.points) first.minutes *= 1 - kShareOfPoints;
  const infer::TrainedModel trained =
      behavior
          ? infer::TrainBehaviorOnProject(*project, arguments.selection, arguments.options,
                                          arguments.behavior, out, console.job(), show,
                                          [&](const std::string& note) { console.Warn(note); })
          : infer::TrainOnProject(*project, arguments.selection, first, out, console.job(), show);
  const train::TrainResult& result = trained.result;
  if (together.rank > 0) {
    console.PrintJson({{"rank", together.rank},
                       {"labels", trained.labels},
                       {"steps", result.steps},
                       {"seconds", result.seconds}});
    console.Print(fmt::format("Process {} of {} did its share of {} steps; rank 0 has the model.",
                              together.rank, together.world_size, CountText(result.steps)));
    return 0;
  }
  nlohmann::json points;
  if (arguments.points && !trained.cancelled) {
    curve = &points_curve;
    points = LearnPoints(arguments, *project, trained.file, show, console);
  }
  console.PrintJson({{"model", trained.file.string()},
                     {"points", points},
                     {"name", trained.model.name},
                     {"labels", trained.labels},
                     {"incomplete_labels", trained.incomplete},
                     {"steps", result.steps},
                     {"seconds", result.seconds},
                     {"best_step", result.best_step},
                     {"validation", result.validation},
                     {"peak_rss_mb", datasets::PeakRssMb()},
                     {"cancelled", trained.cancelled}});
  if (trained.incomplete > 0) {
    console.Warn(fmt::format(
        "{} frames with carried or interpolated outlines were left out: they have no label of an "
        "animal that is on the frames these were made from; carry it, too, or mark them as done",
        CountText(trained.incomplete)));
  }
  if (trained.cancelled) {
    console.Fail("vole train: cancelled; the best model so far is " + trained.file.string());
    return 130;
  }
  console.Print(fmt::format("Trained {} on {} labeled frames: {} in {}, best at step {}.",
                            trained.model.name, CountText(trained.labels),
                            StepsText(arguments.options, result.steps),
                            DurationText(result.seconds), CountText(result.best_step)));
  const std::string figures = FiguresText(result.validation);
  if (!figures.empty()) console.Print("On labels held back: " + figures + ".");
  console.Print("Model: " + trained.file.string() + ". Next: vole predict " + arguments.project);
  if (!behavior && !arguments.points && HasKeyPoints(*project) &&
      train::IsFor(train::Task::kOutlines, arguments.options.model)) {
    console.Note("the labels have key points, which --key-points learns in the same training");
  }
  if (points.is_object()) {
    console.Print("Key points: " + points["model"].get<std::string>() +
                  ". After that: vole predict " + arguments.project + " --points");
  }
  return 0;
}

}  // namespace
}  // namespace train_verb

Verb TrainVerb() {
  using namespace train_verb;
  return {
      "train",
      "Networks",
      "learn from the project's labels",
      "Learns from every labeled frame of the project, drawn, imported or accepted; frames that "
      "were marked empty teach what no animal looks like. Labels marked val or test never train. "
      "Frames that a reviewer corrected weigh more. Settings that are not given are chosen from "
      "the data. Ctrl-C ends the training and keeps the best model so far.",
      "  vole train mice.vole\n"
      "  vole train mice.vole --minutes 5 --out day1\n"
      "  vole train mice.vole --video cage4 --frames 0:3000 --seed 2\n"
      "  vole train mice.vole --model behavior-seq --behaviors explore_left,explore_right\n"
      "  vole train mice.vole --key-points --minutes 5\n"
      "  vole train mice.vole --resume\n"
      "  vole train mice.vole --world-size 2 --rank 0 --rendezvous tcp://10.0.0.5:29500 "
      "(and --rank 1 elsewhere)",
      [](CLI::App& command) -> RunVerb {
        auto arguments = std::make_shared<Arguments>();
        AddProject(command, arguments->project);
        command
            .add_option("--out,-o", arguments->out,
                        "model file to write (default: PROJECT-N.safetensors beside the "
                        "project; with --resume, the one with the newest checkpoint)")
            ->type_name("MODEL");
        AddFrames(command, arguments->frames);
        command
            .add_option("--video", arguments->selection.videos,
                        "only labels of this video; may be repeated (default: all)")
            ->type_name("NAME")
            ->allow_extra_args(false);
        command
            .add_option("--max-labels", arguments->selection.max_labels,
                        "use at most N labeled frames, evenly spread")
            ->type_name("N")
            ->check(CLI::PositiveNumber);
        command
            .add_option(
                "--curve", arguments->curve,
                "write the loss of each step to this file (CSV), as it goes; that of --key-points "
                "beside it, in NAME-points")
            ->type_name("FILE");
        command.add_flag("--key-points", arguments->points,
                         "learn the labels' key points, too, after the outlines, in a model beside "
                         "the first; two fifths of --minutes are theirs");
        AddOptionFlags(command, arguments->options);
        AddOptionFlags(command, arguments->behavior);
        AddOptionFlags(command, arguments->options.together);
        SpecialFlags special{command, arguments->special};
        arguments->options.Visit(special);
        arguments->behavior.Visit(special);
        arguments->options.together.Visit(special);
        ShortenHelp(command, *arguments);
        return [arguments](Console& console) { return Run(*arguments, console); };
      }};
}

}  // namespace app
