#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>

#include "app/cli/arguments.h"
#include "app/cli/child.h"
#include "app/cli/console.h"
#include "app/cli/environment.h"
#include "app/cli/verb_list.h"

namespace app {
namespace demo_verb {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Arguments {
  std::string folder, scene = "two-voles";
  int frames = 0, steps = 0, seed = 1, pictures = 6;
  double minutes = 0;
  bool open = false;
};

constexpr char kMarker[] = ".vole-demo";  // a folder with it was made here and may be made anew

fs::path PrepareFolder(const std::string& given) {
  if (given.empty()) {
    std::string pattern = (fs::temp_directory_path() / "vole-demo-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw datasets::Error(pattern, "cannot be made", "give a DIR");
    std::ofstream(fs::path(pattern) / kMarker) << "made by vole demo\n";
    return pattern;
  }
  const fs::path folder = fs::absolute(given).lexically_normal();
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw datasets::Error(folder.string(), error.message(), "give another folder");
  if (!fs::is_empty(folder)) {
    if (!fs::exists(folder / kMarker)) {
      throw datasets::Error(folder.string(), "the folder holds other files",
                            "give a new or empty folder");
    }
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().filename() != kMarker) fs::remove_all(entry.path());
    }
  }
  std::ofstream marker(folder / kMarker);
  marker << "made by vole demo\n";
  if (!marker.flush()) throw datasets::Error(folder.string(), "cannot be written");
  return folder;
}

std::string Figure(const json& figures, const char* name) {
  const auto found = figures.find(name);
  if (found == figures.end() || !found->is_number()) return "not defined";
  return found->is_number_integer() ? std::to_string(found->get<int64_t>())
                                    : fmt::format("{:.3f}", found->get<double>());
}

std::string Percent(const json& figures, const char* name) {
  const auto found = figures.find(name);
  if (found == figures.end() || !found->is_number()) return "not defined";
  return fmt::format("{:.1f} %", found->get<double>() * 100);
}

struct Results {
  json info, train, predict, figures, queue, pictures;
};

void PrintSummary(const Results& results, const std::string& vole, const fs::path& folder,
                  const std::string& project, double seconds, Console& console) {
  const json& video = results.info["videos"][0];
  console.Print("");
  console.Print(fmt::format("The whole loop took {}.", DurationText(seconds)));
  console.Print(fmt::format(
      "  Labels       {} of {} rendered frames were labeled, as a person would have done.",
      results.train["labels"].get<int>(), video["frames"].get<int>()));
  console.Print(fmt::format("  Training     {} steps in {}, from nothing.",
                            results.train["steps"].get<int>(),
                            DurationText(results.train["seconds"].get<double>())));
  console.Print(fmt::format("  Prediction   {} frames, {:.0f} a second, peak memory {:.0f} MB.",
                            results.predict["frames"].get<int>(),
                            results.predict["fps"].get<double>(),
                            results.predict["peak_rss_mb"].get<double>()));
  console.Print(fmt::format(
      "  On the {} frames that nobody labeled: MOTA {}, identity switches {}, right name on {} of\n"
      "               the animals, mask AP50 {}, mean mask overlap {}.",
      Figure(results.figures, "frames"), Figure(results.figures, "mota"),
      Figure(results.figures, "idsw"), Percent(results.figures, "identity_accuracy"),
      Figure(results.figures, "ap50"), Figure(results.figures, "mean_iou")));
  if (results.queue.empty()) {
    console.Print("  Review       no episode needs a look.");
  } else {
    const json& first = results.queue[0];
    console.Print(fmt::format(
        "  Review       {} episodes to look at; first: frames {} to {}, {} ({:.0f} %).",
        results.queue.size(), first["start_frame"].get<int>(), first["end_frame"].get<int>() - 1,
        first["reason"].get<std::string>(), first["score"].get<double>() * 100));
  }
  console.Print("");
  console.Print("Project:   " + project);
  console.Print("Pictures:  " + (folder / "pictures").string() + "  (predictions drawn on frames)");
  console.Print("Model:     " + results.train["model"].get<std::string>());
  // The window is not built everywhere.
  const bool has_window = fs::exists(ProgramFile("vole-workbench"));
  if (has_window) console.Print("Try next:  " + vole + " open " + project);
  console.Print((has_window ? "           " : "Try next:  ") + vole + " review " + project +
                " --top 10");
  console.Print("           " + vole + " export " + project +
                " --format tracks --what predictions --out tracks.csv");
}

int Run(const Arguments& arguments, Console& console) {
  const auto start = std::chrono::steady_clock::now();
  const std::string vole = fs::read_symlink("/proc/self/exe").string();
  const fs::path folder = PrepareFolder(arguments.folder);
  const std::string scene = (folder / "scene").string();
  const std::string project = (folder / "demo.vole").string();
  const std::string seed = std::to_string(arguments.seed);
  console.Note("The demo's files go into " + folder.string());

  Results results;
  std::vector<std::string> synth = {"synth", scene, "--scene", arguments.scene, "--seed", seed};
  if (arguments.frames > 0) {
    synth.insert(synth.end(), {"--frames", std::to_string(arguments.frames)});
  }
  RunVole(synth, console);
  RunVole({"new", project}, console);
  RunVole({"add-video", project, scene + "/video.mp4"}, console);
  RunVole({"import", project, "--format", "coco", scene + "/labels.json"}, console);
  std::vector<std::string> train = {"train", project, "--seed", seed};
  if (arguments.steps > 0) {
    train.insert(train.end(), {"--steps", std::to_string(arguments.steps)});
  }
  if (arguments.minutes > 0) {
    train.insert(train.end(), {"--minutes", fmt::format("{:g}", arguments.minutes)});
  }
  results.train = RunVole(train, console);
  results.predict = RunVole({"predict", project}, console);
  results.figures = RunVole(
      {"evaluate", project, "--truth", scene + "/instances.json", "--only-unlabeled"}, console);
  results.queue = RunVole({"review", project}, console);
  results.pictures = RunVole({"draw", project, "--out", (folder / "pictures").string(), "--count",
                              std::to_string(arguments.pictures)},
                             console);
  results.info = RunVole({"info", project}, console);

  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  PrintSummary(results, vole, folder, project, seconds, console);
  console.PrintJson({{"folder", folder.string()},
                     {"project", project},
                     {"seconds", seconds},
                     {"train", results.train},
                     {"predict", results.predict},
                     {"evaluate", results.figures},
                     {"review_episodes", results.queue.size()},
                     {"pictures", results.pictures["files"]}});
  const bool has_display = std::getenv("DISPLAY") || std::getenv("WAYLAND_DISPLAY");
  if (arguments.open && has_display && console.Flush()) {
    if (fs::exists(ProgramFile("vole-workbench"))) {
      std::string name = "vole-workbench", file = project;
      char* words[] = {name.data(), file.data(), nullptr};
      PrepareEnvironment();
      BecomeProgram("vole-workbench", words);
    }
  }
  return 0;
}

}  // namespace
}  // namespace demo_verb

Verb DemoVerb() {
  using namespace demo_verb;
  return {
      "demo",
      "Other",
      "the whole loop on a rendered scene, command by command",
      "Renders two voles, labels some frames, trains, predicts, measures on the frames that were "
      "not labeled, and lists what is worth a look; every command is shown as it runs. Takes "
      "some minutes. A folder that an earlier demo made is made anew.",
      "  vole demo\n  vole demo /tmp/demo --seed 2\n  vole demo /tmp/demo --minutes 2",
      [](CLI::App& command) -> RunVerb {
        auto arguments = std::make_shared<Arguments>();
        command
            .add_option("folder", arguments->folder,
                        "where to work (default: a new temporary folder)")
            ->type_name("DIR");
        command.add_option("--scene", arguments->scene, "see vole synth --list")
            ->type_name("NAME")
            ->capture_default_str();
        command.add_option("--frames", arguments->frames, "frames to render")
            ->type_name("N")
            ->check(CLI::PositiveNumber);
        command.add_option("--steps", arguments->steps, "training steps")
            ->type_name("N")
            ->check(CLI::PositiveNumber);
        command.add_option("--minutes", arguments->minutes, "stop training after this long")
            ->type_name("M")
            ->check(CLI::PositiveNumber);
        command.add_option("--seed", arguments->seed, "another seed, another scene")
            ->type_name("N")
            ->capture_default_str();
        command.add_flag("--open", arguments->open,
                         "then open the workbench, where there is a display");
        return [arguments](Console& console) { return Run(*arguments, console); };
      }};
}

}  // namespace app
