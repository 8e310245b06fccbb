#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "annotate/carry_labels.h"
#include "annotate/history.h"
#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/verb_list.h"

namespace app {
namespace carry_verb {
namespace {

using Json = nlohmann::ordered_json;

struct Arguments {
  std::string project, video, direction = "forward";
  std::vector<std::string> animals;
  annotate::CarryRequest request;
  bool no_model = false;
};

datasets::Id AnimalNamed(const datasets::Project& project, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& animal : project.Categories()) {
    if (animal.name == name) return animal.id;
    names.push_back(animal.name);
  }
  throw datasets::Error("animal '" + name + "'",
                        "the project has none of that name" + DidYouMean(name, names),
                        "list them: vole animals PROJECT");
}

int Run(const Arguments& arguments, Console& console) {
  CheckChoice("--direction", arguments.direction, {"forward", "backward", "both"});
  const auto project = OpenProject(arguments.project);
  const datasets::VideoRow video = project->VideoByName(arguments.video);
  annotate::CarryRequest request = arguments.request;
  if (request.frame >= video.frame_count) {
    throw UsageError(fmt::format("--frame {}: '{}' has frames 0 to {}", request.frame, video.name,
                                 video.frame_count - 1));
  }
  request.video_id = video.id;
  request.use_predictions = !arguments.no_model;
  request.forward = arguments.direction != "backward";
  request.backward = arguments.direction != "forward";
  for (const std::string& name : arguments.animals) {
    request.animals.push_back(AnimalNamed(*project, name));
  }
  const annotate::CarriedLabels carried = annotate::CarryLabels(*project, request, console.job());
  if (carried.labels > 0) {
    const char* user = std::getenv("USER");
    annotate::History(*project, user ? user : "").Apply(carried.edit);
  }
  console.Print(fmt::format("Carried {} outline{} to {} frame{}: {}.", CountText(carried.labels),
                            carried.labels == 1 ? "" : "s", CountText(carried.frames),
                            carried.frames == 1 ? "" : "s",
                            annotate::Describe(*project, request, carried)));
  if (carried.replaced > 0) {
    console.Print(fmt::format("{} earlier carried or interpolated ones gave way.",
                              CountText(carried.replaced)));
  }
  Json ends = Json::array();
  std::map<datasets::Id, std::string> names;
  for (const auto& animal : project->Categories()) names[animal.id] = animal.name;
  for (const annotate::CarryEnd& end : carried.ends) {
    ends.push_back({{"animal", names[end.animal]},
                    {"direction", end.frame > request.frame ? "forward" : "backward"},
                    {"frames", std::abs(end.frame - request.frame) - 1},
                    {"end_frame", end.frame},
                    {"doubt", end.doubt},
                    {"reason", end.reason}});
  }
  console.PrintJson({{"video", video.name},
                     {"frame", request.frame},
                     {"labels", carried.labels},
                     {"frames", carried.frames},
                     {"replaced", carried.replaced},
                     {"ends", ends}});
  return 0;
}

}  // namespace
}  // namespace carry_verb

Verb CarryVerb() {
  using namespace carry_verb;
  return {
      "carry",
      "Labels",
      "carry a frame's outlines through the video until there is doubt",
      "Follows each outline of one labeled frame from frame to frame by its motion, and fits it "
      "anew in each. An animal ends where it cannot be followed, does not come back to where it "
      "was when followed backward, touches another one, changes its size, or has a label that "
      "a person made; the others end with it, so that no frame has labels of some only. Where the "
      "video has predictions, outlines of them that agree are taken. "
      "Carried labels count as interpolated until somebody changes them; carrying again from "
      "a corrected frame replaces them. Ctrl+Z in the workbench takes all of it back.",
      "  vole carry mice.vole --frame 120\n"
      "  vole carry mice.vole --video cage4 --frame 120 --direction both --frames 50\n"
      "  vole carry mice.vole --frame 120 --animal Ada",
      [](CLI::App& command) -> RunVerb {
        auto arguments = std::make_shared<Arguments>();
        AddProject(command, arguments->project);
        AddVideo(command, arguments->video, "which video, where there are several");
        command.add_option("--frame", arguments->request.frame, "whose outlines are carried")
            ->required()
            ->check(CLI::NonNegativeNumber)
            ->type_name("N");
        command
            .add_option("--frames", arguments->request.options.most_frames,
                        "at most so many frames to either side")
            ->check(CLI::Range(1, 100000))
            ->capture_default_str()
            ->type_name("N");
        command.add_option("--direction", arguments->direction, "forward, backward or both")
            ->capture_default_str();
        command.add_option("--animal", arguments->animals, "only this one; may be repeated")
            ->type_name("NAME");
        command.add_flag("--no-model", arguments->no_model, "do not look at predictions");
        return [arguments](Console& console) { return Run(*arguments, console); };
      }};
}

}  // namespace app
