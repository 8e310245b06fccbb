#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/options_flags.h"
#include "app/cli/verb_list.h"
#include "datasets/evaluate/evaluation_files.h"

namespace app {
namespace evaluate_verb {
namespace {

struct Arguments {
  std::string project, truth, predictions, frames;
  bool list_wrong = false;
  datasets::EvaluationOptions options;
};

std::string ValueText(const nlohmann::json& value) {
  if (value.is_number_float()) return fmt::format("{:.4f}", value.get<double>());
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "-";  // not known
  return value.dump();
}

void PrintFigures(const nlohmann::json& figures, Console& console) {
  static const std::vector<std::pair<const char*, const char*>> kMeanings = {
      {"frames", "frames compared"},
      {"ap", "mask or box average precision, IoU .50 to .95"},
      {"ap50", "average precision at IoU .50"},
      {"ap75", "average precision at IoU .75"},
      {"mean_iou", "mean overlap of the animals found"},
      {"map_strict", "average precision of VOC, a second detection of one animal is false"},
      {"map_darknet", "the same as darknet counts: a second detection is neither right nor false"},
      {"darknet_avg_iou", "darknet's average IoU at scores above .25: false alarms count as 0"},
      {"precision", "share of detections that are right, at scores above .25"},
      {"recall", "share of animals that are found, at scores above .25"},
      {"f1", "F1 of both, at scores above .25"},
      {"mota", "tracking accuracy (misses, false alarms and switches together)"},
      {"motp", "tracking precision"},
      {"idf1", "identity F1"},
      {"hota", "higher order tracking accuracy"},
      {"idsw", "identity switches"},
      {"fp", "false alarms"},
      {"fn", "misses"},
      {"identity_accuracy", "share of animal-frames with the right name"},
      {"wrong_names", "the same with the name of another animal"},
      {"unknown_names", "the same where the name is said to be unknown"},
      {"j", "overlap of regions (DAVIS J), mean over animals"},
      {"f", "agreement of borders (DAVIS F)"},
      {"t", "change of an outline's shape from frame to frame (DAVIS T), lower is steadier"},
      {"accuracy", "share of frames with the right behavior"},
      {"macro_f1", "mean F1 over behaviors"},
      {"kappa", "agreement beyond chance"},
      {"animals", "animals of the truth that have key points"},
      {"points", "their points, seen or hidden"},
      {"rmse_px", "root mean square error of points, pixels"},
      {"median_px", "median error of points, pixels"},
      {"error_body", "mean error as a share of the body length"},
      {"pck5", "share of the truth's points found within 5 pixels"},
      {"pck_body", "the same within --body-share of the body length"},
      {"body_length_px", "largest distance of two points of an animal, median"},
      {"oks", "mean object keypoint similarity (COCO)"},
      {"oks_sigma", "its sigma (--sigma)"},
      {"missed", "points of the truth that were not found"},
      {"spurious", "points found where the truth has none"},
      {"exchanged", "pairs of partners (left, right) nearer to each other's truth"},
      {"exchange_pairs", "pairs of partners of which all four places are known"},
      {"hidden", "points of the truth that are hidden"},
      {"hidden_precision", "share of points that were said to be hidden which are"},
      {"hidden_recall", "share of hidden points that were said to be hidden"},
      {"hidden_f1", "F1 of saying that a point is hidden"},
      {"match", "how it was decided who is who (--match)"}};
  std::vector<std::vector<std::string>> table = {{"figure", "value", "meaning"}};
  for (const auto& [name, meaning] : kMeanings) {
    const auto found = figures.find(name);
    if (found != figures.end()) table.push_back({name, ValueText(*found), meaning});
  }
  for (const auto& [name, value] : figures.items()) {
    const bool known =
        std::any_of(kMeanings.begin(), kMeanings.end(),
                    [&figure = name](const auto& entry) { return figure == entry.first; });
    if (!known && !value.is_structured()) table.push_back({name, ValueText(value), ""});
  }
  console.Print(TableText(table));
}

// Who asked for JSON reads them there.
void SayWarnings(const nlohmann::json& figures, Console& console) {
  if (console.json()) return;
  const auto warnings = figures.find("warnings");
  if (warnings == figures.end()) return;
  for (const nlohmann::json& warning : *warnings) console.Warn(warning.get<std::string>());
}

void PrintPerPoint(const nlohmann::json& figures, Console& console) {
  const auto points = figures.find("per_point");
  if (points == figures.end()) return;
  static const std::vector<const char*> kColumns = {"points",  "missed",    "spurious",
                                                    "rmse_px", "median_px", "error_body",
                                                    "pck5",    "pck_body",  "exchanged"};
  std::vector<std::vector<std::string>> table = {{"point"}};
  table[0].insert(table[0].end(), kColumns.begin(), kColumns.end());
  for (const nlohmann::json& point : *points) {
    table.push_back({point["name"].get<std::string>()});
    for (const char* column : kColumns) {
      const nlohmann::json& value = point[column];
      table.back().push_back(value.is_null() ? "-" : ValueText(value));
    }
  }
  console.Print(TableText(table));
}

// As numbers where all are of one video.
nlohmann::json FramesJson(const std::vector<datasets::ComparedFrame>& frames, bool one_video) {
  nlohmann::json list = nlohmann::json::array();
  for (const datasets::ComparedFrame& frame : frames) {
    if (one_video) {
      list.push_back(frame.frame_index);
    } else {
      list.push_back({{"video", frame.video}, {"frame", frame.frame_index}});
    }
  }
  return list;
}

void ListWrongFrames(const datasets::ProjectComparison& comparison,
                     const datasets::EvaluationOptions& options, nlohmann::json* figures,
                     Console& console) {
  const auto wrong = datasets::WrongFrames(comparison, options, console.job());
  const auto& frames = comparison.frames;
  const bool one_video = frames.empty() || frames.front().video == frames.back().video;
  (*figures)["compared_frames"] = FramesJson(frames, one_video);
  (*figures)["wrong_frames"] = FramesJson(wrong, one_video);
  console.Print(fmt::format("Wrong frames: {} of {}", wrong.size(), frames.size()));
}

int Run(Arguments& arguments, Console& console) {
  const bool files = !arguments.predictions.empty();
  if (files == !arguments.project.empty()) {
    throw UsageError(files ? "give either a project or --predictions, not both"
                           : "give a project, or a file with --predictions");
  }
  CheckChoice("--metrics", arguments.options.metrics,
              {"coco-segm", "coco-bbox", "points", "mot", "voc", "behaviors", "davis"});
  CheckChoice("--match", arguments.options.match, {"auto", "names", "once"});
  if (!files) CheckChoice("--what", arguments.options.what, {"predictions", "final", "labels"});
  if (arguments.list_wrong && arguments.options.metrics == "points") {
    throw UsageError("--list-wrong compares outlines or boxes, not key points");
  }
  if (arguments.list_wrong && arguments.options.metrics == "voc") {
    throw UsageError("--list-wrong has no frames to name with --metrics voc: take coco-bbox");
  }
  if (files && (arguments.options.only_unlabeled || arguments.list_wrong)) {
    throw UsageError("--only-unlabeled and --list-wrong need a project");
  }
  const bool own_labels = !files && arguments.truth.empty();
  if (arguments.truth.empty() && (files || arguments.options.metrics != "points")) {
    throw UsageError(
        "--truth is required (key points of a project are compared with its own labels)");
  }
  if (!arguments.frames.empty()) {
    const FrameSpan span = ParseFrames(arguments.frames);
    arguments.options.start_frame = span.start_frame;
    arguments.options.end_frame = span.end_frame.value_or(-1);
  }
  datasets::CheckOptions(arguments.options, "evaluate");
  const auto project = files ? nullptr : OpenProjectReadOnly(arguments.project);

  if (files) {
    const nlohmann::json figures = datasets::EvaluateFiles(arguments.truth, arguments.predictions,
                                                           arguments.options, console.job());
    PrintFigures(figures, console);
    PrintPerPoint(figures, console);
    SayWarnings(figures, console);
    console.PrintJson(figures);
    return 0;
  }
  const datasets::ProjectComparison comparison =
      own_labels
          ? datasets::CompareLabels(*project, arguments.options, console.job())
          : datasets::CompareProject(*project, arguments.truth, arguments.options, console.job());
  nlohmann::json figures =
      datasets::EvaluateComparison(comparison, arguments.options, console.job());
  PrintFigures(figures, console);
  PrintPerPoint(figures, console);
  SayWarnings(figures, console);
  if (arguments.list_wrong) ListWrongFrames(comparison, arguments.options, &figures, console);
  console.PrintJson(figures);
  return 0;
}

}  // namespace
}  // namespace evaluate_verb

Verb EvaluateVerb() {
  using namespace evaluate_verb;
  return {"evaluate",
          "Networks",
          "measure predictions against truth",
          "With a project: its newest predictions against a COCO file, or their key points against "
          "the project's own labels (--metrics points). With two files: one against "
          "the other, no project needed. Detection figures equal COCOeval's; MOTA, IDF1 and HOTA "
          "follow TrackEval. Measure on frames that were not learned from: --only-unlabeled or "
          "--split.",
          "  vole evaluate mice.vole --truth truth.json --only-unlabeled\n"
          "  vole evaluate mice.vole --truth instances.json --split val --frames 300:600\n"
          "  vole evaluate mice.vole --truth truth.json --metrics davis --match once\n"
          "  vole evaluate mice.vole --metrics points --split val\n"
          "  vole evaluate --truth truth.json --predictions results.json --metrics coco-bbox\n"
          "  vole evaluate --truth anna.csv --predictions ben.csv --metrics behaviors",
          [](CLI::App& command) -> RunVerb {
            auto arguments = std::make_shared<Arguments>();
            AddProject(command, arguments->project)->required(false);
            command
                .add_option("--truth", arguments->truth, "truth: COCO, MOT, behavior table, masks")
                ->type_name("FILE");
            command
                .add_option("--predictions", arguments->predictions,
                            "predictions to measure, where no project is given")
                ->type_name("FILE");
            AddFrames(command, arguments->frames);
            command.add_flag("--list-wrong", arguments->list_wrong,
                             "name the frames on which an animal is missed, misnamed, badly "
                             "outlined, or one is found that is none");
            AddOptionFlags(command, arguments->options);
            return [arguments](Console& console) { return Run(*arguments, console); };
          }};
}

}  // namespace app
