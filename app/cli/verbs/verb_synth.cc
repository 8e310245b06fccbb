#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/options_flags.h"
#include "app/cli/verb_list.h"
#include "datasets/synthetic/room.h"
#include "datasets/synthetic/scene.h"

namespace app {
namespace synth_verb {
namespace {

struct Arguments {
  std::string folder;
  bool list = false;
  datasets::SceneOptions options;
};

int ListScenes(Console& console) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  std::vector<std::vector<std::string>> table = {{"scene", "size", "frames", ""}};
  for (const datasets::SceneInfo& scene : datasets::RenderedScenes()) {
    list.push_back({{"name", scene.name},
                    {"description", scene.description},
                    {"width", scene.width},
                    {"height", scene.height},
                    {"frames", scene.frames},
                    {"fps", scene.fps}});
    table.push_back({scene.name, fmt::format("{} x {}", scene.width, scene.height),
                     CountText(scene.frames), scene.description});
  }
  console.Print(TableText(table));
  console.PrintJson({{"scenes", list}});
  return 0;
}

int Run(const Arguments& arguments, Console& console) {
  if (arguments.list) return ListScenes(console);
  if (arguments.folder.empty()) throw UsageError("the folder to write into is missing");
  std::vector<std::string> names;
  for (const datasets::SceneInfo& scene : datasets::RenderedScenes()) names.push_back(scene.name);
  CheckChoice("--scene", arguments.options.scene, names);
  datasets::CheckOptions(arguments.options, "synth");
  datasets::WriteScene(arguments.options, arguments.folder, console.job());
  if (arguments.options.scene == datasets::kRoomScene) {
    console.Print(fmt::format(
        "Rendered room into {0}: video.mp4, instances.json (truth of every frame), labels.json, "
        "places.csv (every animal in space), camera.json. Next: a project with the video and its "
        "labels; vole calibrate P --camera {0}/camera.json; vole depth P --positions "
        "{0}/places.csv",
        arguments.folder));
  } else {
    console.Print(fmt::format(
        "Rendered {} into {}: video.mp4, instances.json (truth of every frame), labels.json "
        "(frames "
        "that a person would label), positions.csv (every animal, hidden ones too), behaviors.csv.",
        arguments.options.scene, arguments.folder));
  }
  console.PrintJson({{"folder", arguments.folder},
                     {"scene", arguments.options.scene},
                     {"video", arguments.folder + "/video.mp4"},
                     {"truth", arguments.folder + "/instances.json"},
                     {"labels", arguments.folder + "/labels.json"}});
  return 0;
}

}  // namespace
}  // namespace synth_verb

Verb SynthVerb() {
  using namespace synth_verb;
  return {
      "synth",
      "Other",
      "render a video whose masks, names and behaviors are known exactly",
      "Renders animals in an arena and writes a real video file with its exact truth, to try Vole "
      "on or to test it with. Groups of any size are as alike as you say, hide, huddle, leave and "
      "come back, on one day or several.",
      "  vole synth scene/\n  vole synth scene/ --scene two-voles --frames 600 --seed 3\n"
      "  vole synth cage/ --scene group --animals 8 --alike size --shelters 1 --huddles\n"
      "  vole synth tank/ --scene larvae --animals 14 --leaving --unnamed\n"
      "  vole synth room/ --scene room --frames 600\n"
      "  vole synth --list",
      [](CLI::App& command) -> RunVerb {
        auto arguments = std::make_shared<Arguments>();
        command.add_option("folder", arguments->folder, "folder to write into")->type_name("DIR");
        AddOptionFlags(command, arguments->options);
        command.add_flag("--list", arguments->list, "list the scenes");
        return [arguments](Console& console) { return Run(*arguments, console); };
      }};
}

}  // namespace app
