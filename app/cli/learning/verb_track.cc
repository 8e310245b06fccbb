#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/learning/learning_verbs.h"
#include "app/cli/options_flags.h"
#include "datasets/base/process_memory.h"
#include "infer/learning/unlabeled.h"
#include "infer/names/identity.h"

namespace app {
namespace track_verb {
namespace {

struct Arguments {
  std::string project, video, out, animals = "auto";
  infer::TrackOptions options;
};

int NumberOf(const std::string& animals) {
  if (animals == "auto") return 0;
  const bool digits = !animals.empty() && animals.size() < 4 &&
                      animals.find_first_not_of("0123456789") == std::string::npos;
  const int number = digits ? std::stoi(animals) : 0;
  if (number < 1 || number > infer::kMostAnimals) {
    throw UsageError(fmt::format("--animals '{}': give a number from 1 to {}, or auto", animals,
                                 infer::kMostAnimals));
  }
  return number;
}

std::filesystem::path OutFile(const datasets::Project& project, const std::string& out) {
  if (out.empty()) return infer::DefaultModelFile(project, false);
  std::filesystem::path file = out;
  if (file.extension().empty()) file += ".safetensors";
  return file;
}

nlohmann::ordered_json FramesOf(const infer::ClearFrames& found) {
  nlohmann::ordered_json frames = nlohmann::ordered_json::array();
  for (const infer::ClearFrame& clear : found.frames) frames.push_back(clear.frame);
  return frames;
}

int Run(Arguments& arguments, Console& console) {
  infer::TrackOptions& options = arguments.options;
  options.animals = NumberOf(arguments.animals);
  datasets::CheckOptions(options.train, "track");
  const auto project = OpenProject(arguments.project);
  const datasets::VideoRow video = project->VideoByName(arguments.video);
  options.model_file = OutFile(*project, arguments.out);
  options.predict.predictor.device = options.train.device;
  options.predict.predictor.threads = options.train.threads;
  std::string last_warning;
  const auto on_found = [&](const infer::ClearFrames& found) {
    console.Note(fmt::format(
        "{} of {} frames looked at show {} apart (usual area {:.0f} pixels); {} of them are "
        "learned "
        "from",
        CountText(found.clear), CountText(found.looked),
        found.changing ? fmt::format("up to {} animals", found.animals)
                       : fmt::format("{} animal{}", found.animals, found.animals == 1 ? "" : "s"),
        found.area, CountText(static_cast<int64_t>(found.frames.size()))));
  };
  const auto on_progress = [&](const train::TrainProgress& progress) {
    if (progress.warning.empty() || progress.warning == last_warning) return;
    last_warning = progress.warning;
    console.Note("warning: " + last_warning);
  };
  const infer::TrackedVideo tracked =
      infer::TrackVideo(*project, video, options, console.job(), on_found, on_progress);
  const infer::ClearFrames& found = tracked.found;
  const infer::PredictResult& predicted = tracked.predicted;
  console.PrintJson({{"video", video.name},
                     {"model", tracked.trained.file.string()},
                     {"animals", tracked.animals},
                     {"looked", found.looked},
                     {"clear", found.clear},
                     {"area", found.area},
                     {"proposed_frames", FramesOf(found)},
                     {"person_frames", tracked.person_frames},
                     {"steps", tracked.trained.result.steps},
                     {"train_seconds", tracked.trained.result.seconds},
                     {"job", predicted.job_id},
                     {"frames", predicted.frames},
                     {"seconds", predicted.seconds},
                     {"fps", predicted.fps},
                     {"review_episodes", predicted.review_episodes},
                     {"open_meetings", predicted.open_meetings},
                     {"remarks", predicted.remarks},
                     {"peak_rss_mb", datasets::PeakRssMb()},
                     {"cancelled", tracked.trained.cancelled}});
  if (tracked.trained.cancelled) {
    console.Fail("vole track: cancelled; the best model so far is " +
                 tracked.trained.file.string());
    return 130;
  }
  console.Print(fmt::format(
      "Trained {} on {} frames that show the animals apart{}: {} steps in {}.",
      tracked.trained.model.name, CountText(tracked.own_frames),
      tracked.person_frames > 0 ? fmt::format(" and {} labeled ones", tracked.person_frames) : "",
      CountText(tracked.trained.result.steps), DurationText(tracked.trained.result.seconds)));
  console.Print(fmt::format(
      "{}: {} frames in {} ({:.0f} frames/s), {} episodes to look at. Next: vole review {}",
      video.name, CountText(predicted.frames), DurationText(predicted.seconds), predicted.fps,
      CountText(predicted.review_episodes), arguments.project));
  for (const std::string& remark : predicted.remarks) console.Warn(remark);
  return 0;
}

}  // namespace
}  // namespace track_verb

Verb TrackVerb() {
  using namespace track_verb;
  return {
      "track",
      "Networks",
      "outline and number the animals of a video that nobody labeled",
      "Needs no label. What differs from the empty scene is outlined; frames on which the "
      "animals are apart and of one size teach the network, which then outlines every frame, "
      "also where they touch, and gives every animal a number that stays. These frames are the "
      "machine's own: they are not written among the labels, and frames that a person labeled "
      "are taken as they are. A still camera is needed, or an even ground. What cannot be found "
      "so is said, with the frame on which one outline by hand helps most; nothing is changed "
      "then. Ctrl-C keeps the best model so far.",
      "  vole track mice.vole --animals 2\n"
      "  vole track fish.vole --video tank3 --animals auto --minutes 3",
      [](CLI::App& command) -> RunVerb {
        auto arguments = std::make_shared<Arguments>();
        arguments->options.train.minutes = 1.25;
        AddProject(command, arguments->project);
        AddVideo(command, arguments->video, "the video (default: the only one)");
        command
            .add_option("--animals", arguments->animals,
                        "how many animals there are; auto: as many as the video shows")
            ->type_name("N|auto");
        command
            .add_option("--out,-o", arguments->out,
                        "model file to write (default: PROJECT-N.safetensors beside the "
                        "project)")
            ->type_name("MODEL");
        std::set<std::string> skip;
        const nlohmann::json all = datasets::OptionsToJson(arguments->options.train);
        for (const auto& [name, value] : all.items()) {
          if (name != "minutes" && name != "steps" && name != "seed" && name != "threads" &&
              name != "device" && name != "processor-time") {
            skip.insert(name);
          }
        }
        AddOptionFlags(command, arguments->options.train, skip);
        return [arguments](Console& console) { return Run(*arguments, console); };
      }};
}

}  // namespace app
