#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/options_flags.h"
#include "app/cli/verb_list.h"
#include "datasets/calibrated.h"
#include "datasets/depth/depth_picture.h"
#include "datasets/depth/depth_run.h"
#include "datasets/files/atomic_file.h"
#include "datasets/files/csv.h"
#include "datasets/project_times.h"

namespace app {
namespace depth_verb {
namespace {

using datasets::CsvField;
using datasets::CsvNumber;
using Json = nlohmann::ordered_json;

struct DepthOptions {
  std::string what = "final", method = "auto", unit;
  int64_t prediction_job = 0, seed = 1;
  int folds = 5;
  template <class Visitor>
  void Visit(Visitor&& v) {
    v.Field("what", what, "masks of labels, predictions, or final: predictions without a label");
    v.Field("prediction-job", prediction_job, "number of the prediction job (default: the latest)");
    v.Field("method", method,
            "auto: the best in cross-validation; or place, size, sipec, regression, "
            "regression-time, geometry, geometry-time");
    v.Field("unit", unit, "unit of the table, where its columns do not say: mm, cm, m or in");
    v.Field("folds", folds, "folds of the cross-validation", datasets::Range{2, 50});
    v.Field("seed", seed, "seed of the random folds");
  }
};

struct Arguments {
  std::string project, video, positions, out, picture, frames;
  DepthOptions options;
};

Json ErrorJson(const datasets::PlaceError& error) {
  return {{"mean", error.mean},         {"rms", error.rms},           {"rms_x", error.axis_rms[0]},
          {"rms_y", error.axis_rms[1]}, {"rms_z", error.axis_rms[2]}, {"samples", error.samples}};
}

std::vector<std::string> ErrorCells(const std::string& name, const char* folds,
                                    const datasets::PlaceError& error) {
  const auto text = [](double value) { return fmt::format("{:.2f}", value); };
  return {name,
          folds,
          text(error.mean),
          text(error.rms),
          text(error.axis_rms[0]),
          text(error.axis_rms[1]),
          text(error.axis_rms[2])};
}

datasets::SpaceView ViewOf(const datasets::Project& project, const datasets::VideoRow& video) {
  datasets::SpaceView view;
  view.width = video.width;
  view.height = video.height;
  const auto calibration = datasets::CalibrationOf(project, video);
  if (calibration) view.camera = datasets::CameraOf(*calibration);
  return view;
}

// Known places as they are, others as the method says.
std::vector<cv::Vec3d> PlacesOf(const datasets::VideoMasks& masks,
                                const datasets::PlacePredictor& predict, datasets::Job& job) {
  std::vector<cv::Vec3d> places;
  for (size_t i = 0; i < masks.seen.size(); ++i) {
    if (i % 256 == 0) {
      job.Advance(static_cast<double>(i), static_cast<double>(masks.seen.size()),
                  "placing animals");
    }
    const datasets::SeenAnimal& seen = masks.seen[i];
    places.push_back(seen.known ? *seen.known : predict(seen.sample));
  }
  return places;
}

void WritePlaces(const std::string& path, const datasets::Project& project,
                 const datasets::VideoMasks& masks, const std::vector<cv::Vec3d>& places) {
  datasets::ProjectTimes times(project);
  const datasets::FrameTimes& of_video = times.Of(masks.video);
  datasets::AtomicFile file(path);
  file.Write("video,frame,time_s,animal,track,x_cm,y_cm,z_cm,source\n");
  for (size_t i = 0; i < masks.seen.size(); ++i) {
    const datasets::SeenAnimal& seen = masks.seen[i];
    const cv::Vec3d& at = places[i];
    file.Write(CsvField(masks.video.name) + "," + std::to_string(seen.sample.frame) + "," +
               CsvNumber(of_video.Start(seen.sample.frame), 4) + "," +
               CsvField(masks.animals[static_cast<size_t>(seen.sample.animal)]) + "," +
               (seen.track ? std::to_string(*seen.track) : "") + "," + CsvNumber(at[0]) + "," +
               CsvNumber(at[1]) + "," + CsvNumber(at[2]) + "," +
               (seen.known ? "given" : "predicted") + "\n");
  }
  file.Commit();
}

void SayUnmatched(const std::vector<datasets::PositionLabel>& unmatched, Console& console) {
  if (unmatched.empty()) return;
  std::string frames;
  for (size_t i = 0; i < std::min<size_t>(unmatched.size(), 5); ++i) {
    frames += (i ? ", " : "") + std::to_string(unmatched[i].frame);
  }
  console.Warn(
      fmt::format("{} of the places have no mask, so nothing is learned from them (frames {}{})",
                  unmatched.size(), frames, unmatched.size() > 5 ? ", ..." : ""));
}

int Run(const Arguments& arguments, Console& console) {
  const DepthOptions& options = arguments.options;
  CheckChoice("--what", options.what, {"labels", "predictions", "final"});
  std::vector<std::string> methods = datasets::PlaceMethodNames();
  methods.insert(methods.begin(), "auto");
  CheckChoice("--method", options.method, methods);
  datasets::CheckOptions(options, "depth");
  if (!arguments.picture.empty()) datasets::Drawing::CheckEnding(arguments.picture);
  const auto project = OpenProjectReadOnly(arguments.project);
  const datasets::VideoRow video = project->VideoByName(arguments.video);
  const auto labels = datasets::ReadPositionLabels(arguments.positions, video.name, options.unit);
  datasets::ExportOptions selection;
  selection.what = options.what;
  selection.job_id = options.prediction_job;
  datasets::VideoMasks masks = datasets::MasksOfVideo(*project, video, selection, console.job());
  SayUnmatched(datasets::AddKnownPlaces(labels, &masks), console);
  if (masks.without_mask > 0) {
    console.Warn(CountText(masks.without_mask) + " animals with key points alone are left out");
  }
  std::vector<datasets::SpaceSample> samples;
  for (const datasets::SeenAnimal& seen : masks.seen) {
    if (seen.known) samples.push_back(seen.sample);
  }
  const datasets::SpaceView view = ViewOf(*project, video);
  std::vector<std::string> notes;
  const datasets::MethodChoice choice = datasets::CompareMethods(
      samples, view, options.method == "auto" ? "" : options.method, options.folds,
      static_cast<uint64_t>(options.seed), console.job(), &notes);
  for (const std::string& note : notes) console.Warn(note);
  if (!view.camera && options.method == "auto") {
    console.Note("the camera is not known; with it the error is often smaller (vole calibrate)");
  }
  const datasets::MethodResult& best = choice.results[choice.best];
  std::vector<std::vector<std::string>> table = {
      {"method", "folds", "mean cm", "rms", "rms x", "rms y", "rms z"}};
  Json list = Json::array();
  for (const datasets::MethodResult& result : choice.results) {
    table.push_back(ErrorCells(result.method.name, "blocks", result.blocks));
    table.push_back(ErrorCells("", "random", result.random));
    list.push_back({{"name", result.method.name},
                    {"what", result.method.what},
                    {"blocks", ErrorJson(result.blocks)},
                    {"random", ErrorJson(result.random)}});
  }
  Json json = {{"video", video.name},
               {"unit", "cm"},
               {"positions", samples.size()},
               {"folds", options.folds},
               {"camera_known", view.camera.has_value()},
               {"methods", list},
               {"chosen", best.method.name}};
  if (!arguments.out.empty() || !arguments.picture.empty()) {
    if (!arguments.frames.empty()) {
      const FrameSpan span = FramesWithin(ParseFrames(arguments.frames), video);
      masks.seen.erase(
          std::remove_if(masks.seen.begin(), masks.seen.end(),
                         [&](const auto& seen) { return !span.Contains(seen.sample.frame); }),
          masks.seen.end());
      if (masks.seen.empty()) {
        throw datasets::Error("frames " + arguments.frames, "no animal is outlined on them",
                              "choose others");
      }
    }
    const auto places = PlacesOf(masks, best.method.Fit(samples), console.job());
    json["places"] = places.size();
    if (!arguments.out.empty()) {
      WritePlaces(arguments.out, *project, masks, places);
      console.Note("wrote " + arguments.out);
    }
    if (!arguments.picture.empty()) {
      datasets::SpacePicture(masks, places).Save(arguments.picture);
      console.Note("wrote " + arguments.picture);
    }
  }
  console.Print(TableText(table));
  console.Print(fmt::format(
      "{} places of {}, in cm, held out in {} folds; blocks: stretches of time that no label is "
      "in, "
      "random: frames between labels.\n{}: {} ({}).",
      samples.size(), video.name, options.folds,
      options.method == "auto" ? "Chosen, with the smallest mean error over both" : "As asked",
      best.method.name, best.method.what));
  console.PrintJson(json);
  return 0;
}

}  // namespace
}  // namespace depth_verb

Verb DepthVerb() {
  using namespace depth_verb;
  return {
      "depth",
      "Behavior",
      "places in space from the masks of one camera",
      "Learns from true places of some frames (a table: frame,x_cm,y_cm,z_cm and, with several "
      "animals, animal or track) where an animal is in space, from the size, place and shape of "
      "its "
      "mask. Several methods are cross-validated, SIPEC's (Isomap and least squares) among them; "
      "where the camera is known (vole calibrate) also one that follows the ray through the "
      "animal. "
      "The best one is used. z is the height above the floor; a known camera's space must be that "
      "of the table.",
      "  vole depth mice.vole --positions places.csv\n"
      "  vole depth mice.vole --positions places.csv --out way.csv --picture way.svg\n"
      "  vole depth mice.vole --positions places.csv --unit mm --method sipec --folds 10",
      [](CLI::App& command) -> RunVerb {
        auto arguments = std::make_shared<Arguments>();
        AddProject(command, arguments->project);
        AddVideo(command, arguments->video, "the video (default: the only one)");
        command.add_option("--positions", arguments->positions, "table of true places")
            ->required()
            ->type_name("FILE");
        command.add_option("--out", arguments->out, "write the place of every mask as a table")
            ->type_name("FILE");
        command
            .add_option("--picture", arguments->picture,
                        "draw the ways from above and from the side (.svg or .png)")
            ->type_name("FILE");
        AddFrames(command, arguments->frames);
        AddOptionFlags(command, arguments->options);
        return [arguments](Console& console) { return Run(*arguments, console); };
      }};
}

}  // namespace app
