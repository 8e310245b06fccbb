#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.h"
#include "app/cli/bad_ones.h"
#include "app/cli/console.h"
#include "app/cli/verb_list.h"
#include "datasets/project.h"

namespace app {
namespace {

struct Arguments {
  std::string project;
  std::vector<std::string> files;
  std::string relink;
};

nlohmann::ordered_json VideoJson(const datasets::VideoRow& video) {
  return {{"name", video.name},
          {"path", video.path},
          {"frames", video.frame_count},
          {"width", video.width},
          {"height", video.height},
          {"fps", video.fps},
          {"static_camera", video.static_camera}};
}

int Run(const Arguments& arguments, Console& console) {
  const auto project = OpenProject(arguments.project);
  if (!arguments.relink.empty()) {
    if (arguments.files.size() != 1) throw UsageError("--relink takes exactly one FILE");
    const datasets::VideoRow video = project->VideoByName(arguments.relink);
    project->RelinkVideo(video.id, std::filesystem::absolute(arguments.files[0]));
    console.Print(video.name + " is now found at " + arguments.files[0]);
    console.PrintJson({{"videos", {VideoJson(project->VideoById(video.id))}}});
    return 0;
  }
  nlohmann::ordered_json added = nlohmann::ordered_json::array();
  BadOnes bad(arguments.files.size());
  for (const std::string& file : arguments.files) {
    const size_t before = project->Videos().size();
    datasets::VideoRow video;
    if (!bad.Try(file, console, [&] { video = project->AddVideo(file, console.job()); })) continue;
    const bool is_new = project->Videos().size() > before;
    console.Print(fmt::format("{} {}: {} frames, {} x {}, {:.4g} frames/s, {}",
                              is_new ? "Added" : "Already there:", video.name,
                              CountText(video.frame_count), video.width, video.height, video.fps,
                              video.static_camera
                                  ? "the camera stands still (background kept)"
                                  : "the camera or the scene moves (no background)"));
    nlohmann::ordered_json row = VideoJson(video);
    row["added"] = is_new;
    added.push_back(row);
  }
  console.PrintJson({{"videos", added}, {"failed", bad.names()}});
  return bad.Finish("videos", "added", console);
}

}  // namespace

Verb AddVideoVerb() {
  return {
      "add-video",
      "Project",
      "add videos: index every frame, estimate the background",
      "Decodes each video once, so that frame N is the same picture everywhere, and estimates "
      "the background image where the camera stands still. Adding the same file again changes "
      "nothing. A file that cannot be read is named, and the others are added. A video's name is "
      "its file name without extension.",
      "  vole add-video mice.vole cage4.mp4\n"
      "  vole add-video mice.vole day1/*.mp4\n"
      "  vole add-video mice.vole /new/place/cage4.mp4 --relink cage4",
      [](CLI::App& command) -> RunVerb {
        auto arguments = std::make_shared<Arguments>();
        AddProject(command, arguments->project);
        command.add_option("file", arguments->files, "video files")->required()->type_name("FILE");
        command
            .add_option("--relink", arguments->relink,
                        "FILE is where the video NAME of the project has moved to")
            ->type_name("NAME");
        return [arguments](Console& console) { return Run(*arguments, console); };
      }};
}

}  // namespace app
