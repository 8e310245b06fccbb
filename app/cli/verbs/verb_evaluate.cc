#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <set>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/options_flags.h"
#include "app/cli/verb_list.h"
#include "app/cli/verbs/truth_subset.h"
#include "datasets/evaluate/evaluation_files.h"

namespace app {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string project, truth, predictions, frames;
  TruthSubset subset;
  bool list_wrong = false;
  datasets::EvaluationOptions options;
};

// A file that is gone when the program is.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    std::string pattern = (fs::temp_directory_path() / "vole-truth-XXXXXX.json").string();
    const int file = mkstemps(pattern.data(), 5);
    if (file < 0) throw datasets::Error(pattern, "cannot be written", "set TMPDIR");
    path_ = pattern;
    close(file);
    std::ofstream out(path_);
    out << text;
    if (!out.flush()) throw datasets::Error(pattern, "cannot be written; is the disk full?");
  }
  ~TemporaryFile() {
    std::error_code ignored;
    fs::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string ValueText(const nlohmann::json& value) {
  if (value.is_number_float()) return fmt::format("{:.4f}", value.get<double>());
  if (value.is_string()) return value.get<std::string>();
  return value.dump();
}

void PrintFigures(const nlohmann::json& figures, Console& console) {
  static const std::vector<std::pair<const char*, const char*>> kMeanings = {
      {"frames", "frames compared"},
      {"ap", "mask or box average precision, IoU .50 to .95"},
      {"ap50", "average precision at IoU .50"},
      {"ap75", "average precision at IoU .75"},
      {"mean_iou", "mean overlap of the animals found"},
      {"mota", "tracking accuracy (misses, false alarms and switches together)"},
      {"motp", "tracking precision"},
      {"idf1", "identity F1"},
      {"hota", "higher order tracking accuracy"},
      {"idsw", "identity switches"},
      {"fp", "false alarms"},
      {"fn", "misses"},
      {"identity_accuracy", "share of animal-frames with the right name"},
      {"accuracy", "share of frames with the right behavior"},
      {"macro_f1", "mean F1 over behaviors"},
      {"kappa", "agreement beyond chance"}};
  std::vector<std::vector<std::string>> table = {{"figure", "value", "meaning"}};
  for (const auto& [name, meaning] : kMeanings) {
    const auto found = figures.find(name);
    if (found != figures.end()) table.push_back({name, ValueText(*found), meaning});
  }
  for (const auto& [name, value] : figures.items()) {
    const bool known = std::any_of(kMeanings.begin(), kMeanings.end(),
                                   [&](const auto& entry) { return name == entry.first; });
    if (!known && !value.is_structured()) table.push_back({name, ValueText(value), ""});
  }
  console.Print(TableText(table));
}

// Frames of the truth on which an animal is missed, misnamed or outlined with less than the
// threshold's overlap, or something else is taken for an animal.
void ListWrongFrames(const datasets::Project& project, const fs::path& truth,
                     datasets::EvaluationOptions options, nlohmann::json* figures,
                     Console& console) {
  std::ifstream in(truth);
  std::set<int> frames;
  const nlohmann::json document = nlohmann::json::parse(in);
  for (const nlohmann::json& image : document.at("images")) {
    const int frame = image.value("frame_index", -1);
    if (frame >= options.start_frame && (options.end_frame < 0 || frame < options.end_frame)) {
      frames.insert(frame);
    }
  }
  nlohmann::json wrong = nlohmann::json::array();
  double done = 0;
  for (const int frame : frames) {
    console.job().Advance(done++, static_cast<double>(frames.size()), "looking for wrong frames");
    options.start_frame = frame;
    options.end_frame = frame + 1;
    const nlohmann::json one = datasets::EvaluateProject(project, truth, options, console.job());
    if (one.value("identity_accuracy", 1.0) < 1 || one.value("fp", 0) > 0) wrong.push_back(frame);
  }
  (*figures)["compared_frames"] = frames;
  (*figures)["wrong_frames"] = wrong;
  console.Print(fmt::format("Wrong frames: {} of {}", wrong.size(), frames.size()));
}

int Run(Arguments& arguments, Console& console) {
  const bool files = !arguments.predictions.empty();
  if (files == !arguments.project.empty()) {
    throw UsageError(files ? "give either a project or --predictions, not both"
                           : "give a project, or a file with --predictions");
  }
  CheckChoice("--metrics", arguments.options.metrics,
              {"coco-segm", "coco-bbox", "mot", "voc", "behaviors", "davis"});
  if (!files) CheckChoice("--what", arguments.options.what, {"predictions", "final", "labels"});
  if (files && (arguments.subset.only_unlabeled || arguments.list_wrong)) {
    throw UsageError("--only-unlabeled and --list-wrong need a project");
  }
  if (!arguments.frames.empty()) {
    const FrameSpan span = ParseFrames(arguments.frames);
    arguments.options.start_frame = span.start_frame;
    arguments.options.end_frame = span.end_frame.value_or(-1);
  }
  datasets::CheckOptions(arguments.options, "evaluate");
  const auto project = files ? nullptr : OpenProjectReadOnly(arguments.project);

  fs::path truth = arguments.truth;
  std::unique_ptr<TemporaryFile> part;
  if (!arguments.subset.split.empty() || arguments.subset.only_unlabeled) {
    part = std::make_unique<TemporaryFile>(
        TakeSubset(truth, arguments.subset, project.get(), arguments.options.video).dump());
    truth = part->path();
  }
  nlohmann::json figures =
      files
          ? datasets::EvaluateFiles(truth, arguments.predictions, arguments.options, console.job())
          : datasets::EvaluateProject(*project, truth, arguments.options, console.job());
  PrintFigures(figures, console);
  if (arguments.list_wrong) {
    ListWrongFrames(*project, truth, arguments.options, &figures, console);
  }
  console.PrintJson(figures);
  return 0;
}

}  // namespace

Verb EvaluateVerb() {
  return {"evaluate",
          "Networks",
          "measure predictions against truth",
          "With a project: its newest predictions against a COCO file. With two files: one against "
          "the other, no project needed. Detection figures equal COCOeval's; MOTA, IDF1 and HOTA "
          "follow TrackEval. Measure on frames that were not learned from: --only-unlabeled or "
          "--split.",
          "  vole evaluate mice.vole --truth truth.json --only-unlabeled\n"
          "  vole evaluate mice.vole --truth instances.json --split val --frames 300:600\n"
          "  vole evaluate --truth truth.json --predictions results.json --metrics coco-bbox\n"
          "  vole evaluate --truth anna.csv --predictions ben.csv --metrics behaviors",
          [](CLI::App& command) -> RunVerb {
            auto arguments = std::make_shared<Arguments>();
            AddProject(command, arguments->project)->required(false);
            command
                .add_option("--truth", arguments->truth, "truth: COCO, MOT, behavior table, masks")
                ->required()
                ->type_name("FILE");
            command
                .add_option("--predictions", arguments->predictions,
                            "predictions to measure, where no project is given")
                ->type_name("FILE");
            AddFrames(command, arguments->frames);
            command
                .add_option("--split", arguments->subset.split,
                            "only images of the truth with this split (train, val, test)")
                ->type_name("NAME");
            command.add_flag("--only-unlabeled", arguments->subset.only_unlabeled,
                             "leave out frames whose labels may train in the project");
            command.add_flag("--list-wrong", arguments->list_wrong,
                             "name the frames on which an animal is missed, misnamed or badly "
                             "outlined");
            AddOptionFlags(command, arguments->options);
            return [arguments](Console& console) { return Run(*arguments, console); };
          }};
}

}  // namespace app
