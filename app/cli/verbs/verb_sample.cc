#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <limits>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/options_flags.h"
#include "app/cli/verb_list.h"
#include "datasets/files/file_names.h"
#include "datasets/project.h"
#include "datasets/sample/sample.h"
#include "datasets/video/picture_file.h"

namespace app {
namespace sample_verb {
namespace {

namespace fs = std::filesystem;

struct Arguments {
  std::string project, video, out;
  datasets::SampleOptions options;
};

std::vector<int> LabeledFrames(const datasets::Project& project, const datasets::VideoRow& video) {
  std::vector<int> frames;
  project.ForEachAnnotation(video.id, [&](const datasets::ImageRow& image,
                                          const std::vector<datasets::AnnotationRow>& labels) {
    const bool looked_at = image.IsDecided() || !labels.empty();
    if (image.frame_index && looked_at) frames.push_back(*image.frame_index);
  });
  return frames;
}

// How doubtful the newest predictions of each frame are; NaN where there are none.
std::vector<double> Doubts(const datasets::Project& project, const datasets::VideoRow& video) {
  const auto job = project.LatestPredictJob(video.id);
  if (!job) {
    throw datasets::Error("video '" + video.name + "'", "it has no predictions to be doubtful of",
                          "run vole predict first, or use another --method");
  }
  std::vector<double> doubts(static_cast<size_t>(video.frame_count),
                             std::numeric_limits<double>::quiet_NaN());
  project.ForEachPrediction(*job, video.id, 0, video.frame_count,
                            [&](int frame, const std::vector<datasets::PredictionRow>& rows) {
                              double doubt = 0;
                              for (const auto& row : rows) {
                                doubt = std::max(doubt, 1 - row.confidence);
                              }
                              doubts[static_cast<size_t>(frame)] = doubt;
                            });
  return doubts;
}

nlohmann::ordered_json WritePictures(datasets::VideoReader& reader, const std::string& video,
                                     const std::vector<int>& frames, const fs::path& folder,
                                     datasets::Job& job) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw datasets::Error(folder.string(), error.message(), "give another --out");
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (const int frame : frames) {
    job.Advance(static_cast<double>(files.size()), static_cast<double>(frames.size()),
                "writing pictures");
    const fs::path file = folder / fmt::format("{}_{:06}.png", datasets::FileNameFor(video), frame);
    datasets::WritePicture(file, reader.Read(frame));
    files.push_back(file.string());
  }
  return files;
}

int Run(const Arguments& arguments, Console& console) {
  CheckChoice("--method", arguments.options.method,
              {"stride", "random", "kmeans", "motion", "uncertainty"});
  datasets::CheckOptions(arguments.options, "sample");
  const auto project = OpenProjectReadOnly(arguments.project);
  const datasets::VideoRow video = project->VideoByName(arguments.video);
  const std::vector<double> doubts =
      arguments.options.method == "uncertainty" ? Doubts(*project, video) : std::vector<double>();
  datasets::VideoReader reader = project->OpenVideo(video);
  const std::vector<int> frames = datasets::SampleFrames(
      reader, arguments.options, LabeledFrames(*project, video), console.job(), doubts);
  nlohmann::ordered_json result = {
      {"video", video.name}, {"method", arguments.options.method}, {"frames", frames}};
  if (!arguments.out.empty()) {
    result["files"] = WritePictures(reader, video.name, frames, arguments.out, console.job());
  }
  std::vector<std::string> words;
  for (const int frame : frames) words.push_back(std::to_string(frame));
  console.Print(Join(words, " "));
  console.PrintJson(result);
  return 0;
}

}  // namespace
}  // namespace sample_verb

Verb SampleVerb() {
  using namespace sample_verb;
  return {"sample",
          "Labels",
          "propose frames to label",
          "Proposes frames that are worth labeling next and are not labeled yet. With --out the "
          "frames are written as pictures, for labeling in another program.",
          "  vole sample mice.vole --count 40\n"
          "  vole sample mice.vole --count 20 --method uncertainty --video cage4\n"
          "  vole sample mice.vole --count 40 --out frames/",
          [](CLI::App& command) -> RunVerb {
            auto arguments = std::make_shared<Arguments>();
            AddProject(command, arguments->project);
            AddVideo(command, arguments->video, "which video, where there are several");
            AddOptionFlags(command, arguments->options);
            command
                .add_option("--out,-o", arguments->out, "write the frames as PNG into this folder")
                ->type_name("DIR");
            return [arguments](Console& console) { return Run(*arguments, console); };
          }};
}

}  // namespace app
