#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "app/cli/arguments.h"
#include "app/cli/batch.h"
#include "app/cli/console.h"
#include "app/cli/verb_list.h"
#include "datasets/project.h"
#include "datasets/video/find_videos.h"
#include "datasets/video_files.h"

namespace app {
namespace add_video_verb {
namespace {

struct Arguments {
  std::string project;
  std::vector<std::string> files, patterns;
  std::string relink;
  std::optional<std::string> join;  // the name of what the files are parts of
  bool strict = false;
};

nlohmann::ordered_json VideoJson(const datasets::VideoRow& video) {
  nlohmann::ordered_json json = {{"name", video.name},
                                 {"path", video.path},
                                 {"frames", video.frame_count},
                                 {"width", video.width},
                                 {"height", video.height},
                                 {"fps", video.fps},
                                 {"static_camera", video.static_camera}};
  if (!video.parts.empty()) json["parts"] = datasets::PartsJson(video);
  return json;
}

int Relink(const Arguments& arguments, datasets::Project& project, Console& console) {
  const datasets::VideoRow video = project.VideoByName(arguments.relink);
  if (arguments.files.size() != 1 && video.parts.empty()) {
    throw UsageError("--relink takes exactly one FILE");
  }
  for (const std::string& file : arguments.files) {
    project.RelinkVideo(video.id, std::filesystem::absolute(file));
  }
  const datasets::VideoRow now = project.VideoById(video.id);
  const auto lost = datasets::FirstLostFile(project, now);
  if (lost) {
    throw datasets::Error(
        "video '" + video.name + "'",
        "what was given is in place, but " + lost->file.name + ", '" + lost->file.path.string() +
            (lost->state == datasets::FileState::kMissing ? "', is not there"
                                                          : "', is not the file that was added"),
        "give its new place too: --relink takes several files of a video in "
        "parts, or their folder");
  }
  console.PrintJson({{"videos", {VideoJson(now)}}});
  if (video.parts.empty()) {
    console.Print(video.name + " is now found at " + arguments.files[0]);
    return 0;
  }
  console.Print(fmt::format("All {} parts of {} are found:", now.parts.size(), video.name));
  for (const datasets::VideoPart& part : now.parts) console.Print("  " + part.path);
  return 0;
}

// What is to be added: a file, or the error that a word of the command line gave.
struct Wanted {
  std::string name;
  bool alone = false;  // named by itself, not found in a folder or by a pattern
  std::optional<datasets::Error> error = {};
};

std::vector<Wanted> LookFor(const Arguments& arguments, Console& console) {
  std::vector<Wanted> all;
  for (const std::string& word : arguments.files) {
    try {
      const datasets::FoundVideos found = datasets::FindVideos(word, arguments.patterns);
      const bool alone = found.files.size() == 1 && found.files[0] == word;
      for (const std::filesystem::path& file : found.files) all.push_back({file.string(), alone});
      for (const std::string& folder : found.unread) console.Warn(folder + "; it is left out");
    } catch (const datasets::Error& error) {
      all.push_back({word, true, error});
    }
  }
  return all;
}

// The files in the order in which they become one video. Nothing may be left out unsaid: a part
// that is missing would shift the times of all after it.
std::vector<std::filesystem::path> LookForParts(const Arguments& arguments) {
  std::vector<std::filesystem::path> files;
  for (const std::string& word : arguments.files) {
    const datasets::FoundVideos found = datasets::FindVideos(word, arguments.patterns);
    if (!found.unread.empty()) {
      throw datasets::Error("--join " + *arguments.join,
                            "not all files can be seen: " + found.unread.front(),
                            "see that you may read it, or name the files");
    }
    files.insert(files.end(), found.files.begin(), found.files.end());
  }
  datasets::SortNaturally(&files);
  return files;
}

std::string CameraText(const datasets::VideoRow& video) {
  return fmt::format("{} frames, {} x {}, {:.4g} frames/s, {}", CountText(video.frame_count),
                     video.width, video.height, video.fps,
                     video.static_camera ? "the camera stands still (background kept)"
                                         : "the camera or the scene moves (no background)");
}

int JoinFiles(const Arguments& arguments, datasets::Project& project, Console& console) {
  const std::vector<std::filesystem::path> files = LookForParts(arguments);
  for (size_t i = 0; i < files.size(); ++i) {
    console.Note(fmt::format("part {}: {}", i + 1, files[i].string()));
  }
  const size_t before = project.Videos().size();
  std::vector<std::string> warnings;
  const datasets::VideoRow video =
      datasets::JoinVideo(project, files, *arguments.join, console.job(), &warnings);
  const bool is_new = project.Videos().size() > before;
  console.EndProgress();
  for (const std::string& warning : warnings) console.Warn(warning);
  console.Print(fmt::format("{} {}: {} parts, {}", is_new ? "Joined" : "Already there:", video.name,
                            video.parts.size(), CameraText(video)));
  std::vector<std::vector<std::string>> table = {
      {"part", "file", "frames", "first frame", "starts at (s)"}};
  for (const datasets::VideoPart& part : video.parts) {
    table.push_back({std::to_string(table.size()), part.path, CountText(part.frame_count),
                     CountText(part.first_frame),
                     fmt::format("{:.3f}", static_cast<double>(part.start_ms) / 1000)});
  }
  console.Print(TableText(table));
  console.Note(
      "Each part begins where the one before ends: a pause between two files is not known.");
  nlohmann::ordered_json row = VideoJson(video);
  row["added"] = is_new;
  console.PrintJson({{"videos", {row}}});
  return 0;
}

int Run(const Arguments& arguments, Console& console) {
  if (arguments.join && !arguments.relink.empty()) {
    throw UsageError("--join makes a video, --relink finds one again: give one of them");
  }
  const auto project = OpenProject(arguments.project);
  if (!arguments.relink.empty()) return Relink(arguments, *project, console);
  if (arguments.join) return JoinFiles(arguments, *project, console);
  const std::vector<Wanted> all = LookFor(arguments, console);
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  Batch batch(all.size(), "added", console);
  bool some_suffice = !arguments.strict;
  for (const Wanted& wanted : all) {
    datasets::VideoRow video;
    bool is_new = false;
    std::string same;  // the file that this one is a copy of
    const auto add = [&]() -> Batch::Outcome {
      if (wanted.error) throw *wanted.error;
      const size_t before = project->Videos().size();
      video = project->AddVideo(wanted.name, console.job());
      is_new = project->Videos().size() > before;
      if (is_new) return {CountText(video.frame_count) + " frames"};
      if (!video.parts.empty()) return {"a part of " + video.name, true};
      std::error_code ignored;
      const std::filesystem::path stored = project->VideoPath(video);
      if (!std::filesystem::equivalent(stored, wanted.name, ignored)) same = stored.string();
      return {same.empty() ? "already there" : "a copy of " + video.name + " (" + same + ")", true};
    };
    if (!batch.Try(wanted.name, add)) {
      some_suffice = some_suffice && !wanted.alone;  // somebody wanted just this one
      continue;
    }
    console.Print(fmt::format("{} {}: {}", is_new ? "Added" : "Already there:", video.name,
                              CameraText(video)));
    nlohmann::ordered_json row = VideoJson(video);
    row["added"] = is_new;
    if (!same.empty()) row["copy"] = wanted.name;
    rows.push_back(row);
  }
  console.PrintJson({{"videos", rows}, {"failed", batch.Failed()}, {"outcomes", batch.Json()}});
  return batch.Finish(some_suffice);
}

}  // namespace
}  // namespace add_video_verb

Verb AddVideoVerb() {
  using namespace add_video_verb;
  return {
      "add-video",
      "Project",
      "add videos: index every frame, estimate the background",
      "Decodes each video once, so that frame N is the same picture everywhere, and estimates "
      "the background image where the camera stands still. Of a folder every video in it and in "
      "folders beneath it is added. A video that is there already, under whatever name, is known "
      "by what is in it and changes nothing, so what was interrupted can simply be started again. "
      "A "
      "file that cannot be read is named at the end, and the others are added; the exit code is 1 "
      "where a file that was named by itself did not come in, and, of those that a folder or a "
      "pattern gave, where none did, or with --strict any did not. A video's name is its file "
      "name without extension. With --join all files become one video: a recording that a camera "
      "wrote in several files. They are put in the order of their names (2 before 10), which is "
      "printed; frame numbers and times run through all of them, and each part begins where the "
      "one before ends, as pauses between files are not known. A part that cannot be read, is "
      "given twice or has pictures of another size or rate is named, and nothing is added.",
      "  vole add-video mice.vole cage4.mp4\n"
      "  vole add-video mice.vole day1/*.mp4\n"
      "  vole add-video mice.vole /data/2024 --pattern '*_top.mp4' --pattern '*_top.avi'\n"
      "  vole add-video mice.vole cage4_000.mp4 cage4_001.mp4 cage4_002.mp4 --join cage4\n"
      "  vole add-video mice.vole /data/day1 --pattern 'cage4_*.mp4' --join cage4\n"
      "  vole add-video mice.vole /new/place/cage4.mp4 --relink cage4",
      [](CLI::App& command) -> RunVerb {
        auto arguments = std::make_shared<Arguments>();
        AddProject(command, arguments->project);
        command
            .add_option("file", arguments->files,
                        "video files, folders of them, or quoted patterns")
            ->required()
            ->type_name("FILE");
        command
            .add_option(
                "--pattern", arguments->patterns,
                "of a folder, only files whose name is like PATTERN ('*.mp4'), or, where it "
                "holds a '/', whose path in the folder is; may be repeated (default: what "
                "ends like a video)")
            ->type_name("PATTERN")
            ->allow_extra_args(false);
        command.add_flag("--strict", arguments->strict, "fail if any file cannot be added");
        command
            .add_option("--relink", arguments->relink,
                        "FILE is where the video NAME of the project has moved to; of one that "
                        "was joined: any part, with the others beside it, or their folder")
            ->type_name("NAME");
        command
            .add_option("--join", arguments->join,
                        "the files are the parts of one recording: make them one video, NAME")
            ->type_name("NAME");
        return [arguments](Console& console) { return Run(*arguments, console); };
      }};
}

}  // namespace app
