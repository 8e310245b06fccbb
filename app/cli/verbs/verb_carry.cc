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
  bool no_model = false, accept = false;
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

annotate::History HistoryOf(datasets::Project& project) {
  const char* user = std::getenv("USER");
  return {project, user ? user : ""};
}

int Accept(datasets::Project& project, const datasets::VideoRow& video,
           const annotate::CarryRequest& request, Console& console) {
  const int reach = request.options.most_frames;
  const int start = request.backward ? std::max(0, request.frame - reach) : request.frame;
  const int end =
      request.forward ? std::min(video.frame_count, request.frame + reach + 1) : request.frame + 1;
  HistoryOf(project).Apply(annotate::AcceptFilledIn(video.id, start, end));
  console.Print(
      fmt::format("What was carried or interpolated on frames {} to {} is accepted: it "
                  "counts as yours.",
                  start, end - 1));
  console.PrintJson({{"video", video.name}, {"start_frame", start}, {"end_frame", end}});
  return 0;
}

std::string CountOf(int count, const std::string& thing) {
  return CountText(count) + " " + thing + (count == 1 ? "" : "s");
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
  if (arguments.accept) return Accept(*project, video, request, console);
  for (const std::string& name : arguments.animals) {
    request.animals.push_back(AnimalNamed(*project, name));
  }
  const annotate::CarriedLabels carried = annotate::CarryLabels(*project, request, console.job());
  if (carried.labels > 0) HistoryOf(*project).Apply(carried.edit);
  const annotate::CarryOutcome& outcome = *carried.outcome;
  console.Print(fmt::format("Carried {} to {}: {}.", CountOf(outcome.labels, "outline"),
                            CountOf(outcome.frames, "frame"),
                            annotate::Describe(*project, request, carried)));
  if (outcome.replaced > 0) {
    console.Print(fmt::format("{} gave way.", CountOf(outcome.replaced,
                                                      "earlier carried or "
                                                      "interpolated one")));
  }
  if (outcome.labels > 0) {
    console.Print(
        "They teach networks, but count as nobody's labels until somebody looks through "
        "them: change them, mark frames as done, or run this again with --accept.");
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
                     {"labels", outcome.labels},
                     {"frames", outcome.frames},
                     {"replaced", outcome.replaced},
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
      "was when followed backward, touches another one, changes its size, is another animal to the "
      "video's newest predictions, or has a label that a person made; the others end with it, so "
      "that no frame has labels of some only. Where the predictions agree, their outlines are "
      "taken. Key points go with their animal; one that does not come back to where it was is "
      "absent "
      "from there on. Frames that are done, empty or kept for testing are left alone. Carried "
      "labels count "
      "as interpolated until somebody changes or accepts them: "
      "until then networks learn from them (not from outlines of predictions), they are no "
      "evidence of what a person saw, and carrying again replaces them. Ctrl+Z in the workbench "
      "takes all of it back.",
      "  vole carry mice.vole --frame 120\n"
      "  vole carry mice.vole --video cage4 --frame 120 --direction both --frames 50\n"
      "  vole carry mice.vole --frame 120 --animal Ada\n"
      "  vole carry mice.vole --frame 120 --frames 50 --accept",
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
        command.add_flag(
            "--accept", arguments->accept,
            "carry nothing: what was carried or interpolated on these frames is right");
        command.add_flag("--no-model", arguments->no_model, "do not look at predictions");
        return [arguments](Console& console) { return Run(*arguments, console); };
      }};
}

}  // namespace app
