#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>
#include <opencv2/imgproc.hpp>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/verb_list.h"
#include "datasets/files/file_names.h"
#include "datasets/project.h"
#include "datasets/video/picture_file.h"

namespace app {
namespace draw_verb {
namespace {

namespace fs = std::filesystem;
using datasets::Id;

struct Arguments {
  std::string project, video, frames, out, what = "predictions";
  int count = 6;
};

struct Outline {
  Id category_id = 0;
  datasets::Polygons polygons;
  datasets::Box box;
  std::string note;
};

cv::Scalar ColorOf(uint32_t rgb) {
  return cv::Scalar(rgb & 0xFF, rgb >> 8 & 0xFF, rgb >> 16 & 0xFF);
}

void DrawOutline(const Outline& outline, const datasets::CategoryRow& category, cv::Mat* picture) {
  const cv::Scalar color = ColorOf(category.color);
  const int thickness = std::max(1, picture->cols / 500);
  std::vector<std::vector<cv::Point>> rings;
  for (const datasets::Ring& ring : outline.polygons) {
    auto& points = rings.emplace_back();
    for (const cv::Point2d& point : ring) points.emplace_back(cvRound(point.x), cvRound(point.y));
  }
  if (!rings.empty()) {
    cv::Mat filled = picture->clone();
    cv::fillPoly(filled, rings, color);
    cv::addWeighted(filled, 0.3, *picture, 0.7, 0, *picture);
    cv::polylines(*picture, rings, true, color, thickness, cv::LINE_AA);
  }
  const std::string text = category.name + outline.note;
  const double scale = std::max(0.4, picture->cols / 1600.0);
  const cv::Point place(std::max(2, cvRound(outline.box.x)),
                        std::max(cvRound(28 * scale), cvRound(outline.box.y) - 4));
  cv::putText(*picture, text, place, cv::FONT_HERSHEY_SIMPLEX, scale, {0, 0, 0}, thickness + 2,
              cv::LINE_AA);
  cv::putText(*picture, text, place, cv::FONT_HERSHEY_SIMPLEX, scale, color, thickness,
              cv::LINE_AA);
}

std::vector<Outline> OutlinesAt(const datasets::Project& project, const datasets::VideoRow& video,
                                std::optional<Id> job, int frame) {
  std::vector<Outline> outlines;
  if (job) {
    for (const auto& row : project.PredictionsAt(*job, video.id, frame)) {
      outlines.push_back(
          {row.category_id, row.polygons, row.box, fmt::format(" {:.0f}%", row.confidence * 100)});
    }
    return outlines;
  }
  for (const auto& row : project.AnnotationsAt(video.id, frame)) {
    outlines.push_back({row.category_id, row.Rings(), row.box, ""});
  }
  return outlines;
}

// Evenly spread frames of [start, end) that have something to draw, where there are any.
std::vector<int> ChooseFrames(const datasets::Project& project, const datasets::VideoRow& video,
                              std::optional<Id> job, const FrameSpan& span, int count) {
  std::vector<int> candidates;
  if (!job) {
    for (const auto& image : project.ImagesOfVideo(video.id)) {
      if (image.frame_index && span.Contains(*image.frame_index)) {
        candidates.push_back(*image.frame_index);
      }
    }
  } else {
    for (int frame = span.start_frame; frame < *span.end_frame; ++frame)
      candidates.push_back(frame);
  }
  if (static_cast<int>(candidates.size()) <= count) return candidates;
  std::vector<int> chosen;
  for (int i = 0; i < count; ++i) {
    const double at = (i + 0.5) * static_cast<double>(candidates.size()) / count;
    chosen.push_back(candidates[static_cast<size_t>(at)]);
  }
  return chosen;
}

int Run(const Arguments& arguments, Console& console) {
  CheckChoice("--what", arguments.what, {"predictions", "labels"});
  const auto project = OpenProjectReadOnly(arguments.project);
  const datasets::VideoRow video = project->VideoByName(arguments.video);
  const FrameSpan span =
      FramesWithin(arguments.frames.empty() ? FrameSpan{} : ParseFrames(arguments.frames), video);
  std::optional<Id> job;
  if (arguments.what == "predictions") {
    job = project->LatestPredictJob(video.id);
    if (!job) {
      throw datasets::Error("video '" + video.name + "'", "it has no predictions yet",
                            "run: vole predict, or draw labels with --what labels");
    }
  }
  std::map<Id, datasets::CategoryRow> categories;
  for (const auto& category : project->Categories()) categories[category.id] = category;
  std::error_code error;
  fs::create_directories(arguments.out, error);
  if (error) throw datasets::Error(arguments.out, error.message(), "give another --out");

  datasets::VideoReader reader = project->OpenVideo(video);
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  const std::vector<int> frames = ChooseFrames(*project, video, job, span, arguments.count);
  for (const int frame : frames) {
    console.job().Advance(static_cast<double>(files.size()), static_cast<double>(frames.size()),
                          "drawing " + video.name);
    cv::Mat picture = reader.Read(frame);
    for (const Outline& outline : OutlinesAt(*project, video, job, frame)) {
      DrawOutline(outline, categories.at(outline.category_id), &picture);
    }
    const fs::path file = fs::path(arguments.out) /
                          fmt::format("{}_{:06}.png", datasets::FileNameFor(video.name), frame);
    datasets::WritePicture(file, picture);
    files.push_back(file.string());
  }
  console.Print(fmt::format("Drew {} of {} on {} pictures in {}.", arguments.what, video.name,
                            files.size(), arguments.out));
  console.PrintJson({{"files", files}});
  return 0;
}

}  // namespace
}  // namespace draw_verb

Verb DrawVerb() {
  using namespace draw_verb;
  return {"draw",
          "Labels",
          "draw predictions or labels on frames, as PNG pictures",
          "",
          "  vole draw mice.vole --out pictures\n"
          "  vole draw mice.vole --frames 100:110 --count 10 --out pictures\n"
          "  vole draw mice.vole --what labels --video cage4 --out pictures",
          [](CLI::App& command) -> RunVerb {
            auto arguments = std::make_shared<Arguments>();
            AddProject(command, arguments->project);
            AddVideo(command, arguments->video, "which video, where there are several");
            AddFrames(command, arguments->frames);
            command.add_option("--count", arguments->count, "how many pictures, evenly spread")
                ->type_name("N")
                ->capture_default_str()
                ->check(CLI::PositiveNumber);
            command.add_option("--what", arguments->what, "predictions or labels")
                ->type_name("TEXT")
                ->capture_default_str();
            command.add_option("--out,-o", arguments->out, "folder to write into")
                ->required()
                ->type_name("DIR");
            return [arguments](Console& console) { return Run(*arguments, console); };
          }};
}

}  // namespace app
