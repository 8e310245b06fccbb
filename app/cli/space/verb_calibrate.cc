#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "annotate/edits_calibration.h"
#include "annotate/history.h"
#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/verb_list.h"
#include "datasets/base/text.h"
#include "datasets/calibrated.h"
#include "datasets/files/csv.h"
#include "datasets/space/camera_file.h"
#include "datasets/space/lens_fit.h"

namespace app {
namespace calibrate_verb {
namespace {

using datasets::Calibration;
using datasets::CsvNumber;
using Json = nlohmann::ordered_json;

struct Arguments {
  std::string project, video;
  std::string ruler, length, floor, size, checkerboard, squares, square, camera, camera_name, unit;
  std::vector<std::string> straight;
  bool show = false, clear = false;
};

std::vector<cv::Point2d> PointsOf(const std::string& option, const std::string& text) {
  std::vector<double> numbers;
  for (const std::string& word : datasets::SplitNames(text)) {
    const auto number = datasets::ParseNumber(word);
    if (!number) throw UsageError(option + " takes pixels as x,y,x,y, not '" + word + "'");
    numbers.push_back(*number);
  }
  if (numbers.size() % 2 != 0) {
    throw UsageError(
        fmt::format("{} has {} numbers, so a point without y", option, numbers.size()));
  }
  std::vector<cv::Point2d> points;
  for (size_t i = 0; i < numbers.size(); i += 2) points.emplace_back(numbers[i], numbers[i + 1]);
  return points;
}

template <size_t N>
std::array<cv::Point2d, N> ExactPoints(const std::string& option, const std::string& text) {
  const auto points = PointsOf(option, text);
  if (points.size() != N) {
    throw UsageError(
        fmt::format("{} takes {} points as x,y,x,y,...; it has {}", option, N, points.size()));
  }
  std::array<cv::Point2d, N> exact;
  std::copy(points.begin(), points.end(), exact.begin());
  return exact;
}

// What belongs to what; before the project is opened.
void CheckUsage(const Arguments& a) {
  const bool ruler = !a.ruler.empty(), floor = !a.floor.empty(), camera = !a.camera.empty();
  const bool any = ruler || floor || camera;
  if ((a.show || a.clear) && (any || (a.show && a.clear))) {
    throw UsageError("--show and --clear stand alone");
  }
  if (ruler && (floor || camera)) {
    throw UsageError("give one of --ruler, --floor and --camera (--floor may take a lens besides)");
  }
  const auto together = [](const std::string& one, const std::string& other, const char* names) {
    if (one.empty() != other.empty()) throw UsageError(std::string(names) + " belong together");
  };
  together(a.ruler, a.length, "--ruler X,Y,X,Y and --length 30cm");
  together(a.floor, a.size, "--floor X,Y,X,Y,X,Y,X,Y and --size 60x40cm");
  together(a.checkerboard, a.squares, "--checkerboard and --squares 9x6");
  together(a.checkerboard, a.square, "--checkerboard and --square 2.5cm");
  if (!floor && (!a.straight.empty() || !a.checkerboard.empty())) {
    throw UsageError("a lens alone says no length: give --floor and --size with it");
  }
  if ((a.straight.empty() ? 0 : 1) + (a.checkerboard.empty() ? 0 : 1) + (camera ? 1 : 0) > 1) {
    throw UsageError("give one lens: --straight, --checkerboard or --camera");
  }
  if (!camera && (!a.camera_name.empty() || !a.unit.empty())) {
    throw UsageError("--camera-name and --unit belong to --camera");
  }
}

std::pair<int, int> SquaresOf(const std::string& text) {
  const size_t by = text.find('x');
  const auto columns = datasets::ParseNumber(text.substr(0, by));
  const auto rows =
      by == std::string::npos ? std::nullopt : datasets::ParseNumber(text.substr(by + 1));
  if (!columns || !rows) throw UsageError("--squares takes a board as 9x6, not '" + text + "'");
  const auto whole = [](double count) { return static_cast<int>(std::clamp(count, 0.0, 1000.0)); };
  return {whole(*columns), whole(*rows)};
}

Calibration FromCamera(const Arguments& arguments, const datasets::VideoRow& video) {
  const datasets::CameraFile file =
      datasets::ReadCameraFile(arguments.camera, arguments.camera_name, arguments.unit);
  const std::string thing = "camera file '" + arguments.camera + "'";
  if (file.width > 0 && (file.width != video.width || file.height != video.height)) {
    throw datasets::Error(thing,
                          fmt::format("its pictures are {} x {}, those of '{}' {} x {}", file.width,
                                      file.height, video.name, video.width, video.height),
                          "give the file of this video's camera");
  }
  Calibration calibration;
  calibration.lens = file.lens;
  calibration.lens_in_pixels = true;
  calibration.note = "camera file" + (file.name.empty() ? "" : " (" + file.name + ")");
  if (!arguments.floor.empty()) return calibration;
  if (!file.pose) {
    throw datasets::Error(thing, "it has a lens, but no R and t",
                          "give the floor's corners with it (--floor, --size)");
  }
  calibration.kind = Calibration::Kind::kCamera;
  calibration.pose = file.pose;
  return calibration;
}

Calibration MakeCalibration(const Arguments& arguments, const datasets::VideoRow& video,
                            Console& console) {
  Calibration calibration;
  if (!arguments.camera.empty()) calibration = FromCamera(arguments, video);
  if (!arguments.ruler.empty()) {
    calibration.ruler = ExactPoints<2>("--ruler", arguments.ruler);
    calibration.length_cm = datasets::ParseLength(arguments.length, "length");
  }
  if (arguments.floor.empty()) return calibration;
  calibration.kind = Calibration::Kind::kFloor;
  calibration.corners = ExactPoints<4>("--floor", arguments.floor);
  const auto size = datasets::ParseSize(arguments.size, "size");
  calibration.width_cm = size[0];
  calibration.depth_cm = size[1];
  datasets::CheckCalibration(calibration, video.width, video.height);  // before what takes time
  if (!arguments.straight.empty()) {
    std::vector<std::vector<cv::Point2d>> lines;
    for (const std::string& text : arguments.straight) {
      lines.push_back(PointsOf("--straight", text));
    }
    const auto fitted = datasets::FitLensToLines(lines, video.width, video.height);
    calibration.lens = fitted.lens;
    calibration.note = fmt::format("{} straight edge{}, {:.2f} px off", fitted.used,
                                   fitted.used == 1 ? "" : "s", fitted.error_px);
  } else if (!arguments.checkerboard.empty()) {
    const auto [columns, rows] = SquaresOf(arguments.squares);
    const auto fitted = datasets::FitLensToCheckerboard(
        arguments.checkerboard, columns, rows, datasets::ParseLength(arguments.square, "square"),
        video.width, video.height, console.job());
    calibration.lens = fitted.lens;
    calibration.lens_in_pixels = true;
    calibration.note = fmt::format("a checkerboard in {} of {} pictures, {:.2f} px off",
                                   fitted.used, fitted.looked_at, fitted.error_px);
  }
  return calibration;
}

// Where the middle of the picture is, and how much a pixel is there: what a slip would spoil.
std::string MiddleText(const Calibration& calibration, const datasets::VideoRow& video) {
  const datasets::FloorMap floor(calibration);
  const cv::Point2d middle(video.width / 2.0, video.height / 2.0);
  const auto at = floor.FloorOf(middle);
  const auto wide = floor.Distance(middle, middle + cv::Point2d(1, 0));
  const auto high = floor.Distance(middle, middle + cv::Point2d(0, 1));
  if (!at || !wide || !high) return "the middle of the picture shows no floor";
  return fmt::format(
      "the picture's middle is at {}, {} cm, where a pixel is {} cm wide and {} high",
      CsvNumber(at->x, 1), CsvNumber(at->y, 1), CsvNumber(*wide, 4), CsvNumber(*high, 4));
}

Json VideoJson(const datasets::VideoRow& video, const std::optional<Calibration>& calibration) {
  Json json = {{"video", video.name}, {"calibration", nullptr}};
  if (!calibration) return json;
  json["calibration"] = datasets::CalibrationToJson(*calibration);
  json["unit"] = "cm";
  json["camera_known"] = datasets::CameraOf(*calibration).has_value();
  return json;
}

int Show(const Arguments& arguments, Console& console) {
  const auto project = OpenProjectReadOnly(arguments.project);
  const std::vector<datasets::VideoRow> videos =
      arguments.video.empty() ? project->Videos()
                              : std::vector{project->VideoByName(arguments.video)};
  Json list = Json::array();
  for (const datasets::VideoRow& video : videos) {
    const auto calibration = datasets::CalibrationOf(*project, video);
    list.push_back(VideoJson(video, calibration));
    console.Print(video.name + ": " +
                  (calibration ? datasets::CalibrationText(*calibration) + "; " +
                                     MiddleText(*calibration, video)
                               : "not calibrated, distances are in pixels"));
  }
  console.PrintJson({{"videos", list}});
  return 0;
}

int Run(const Arguments& arguments, Console& console) {
  CheckUsage(arguments);
  const bool given =
      !arguments.ruler.empty() || !arguments.floor.empty() || !arguments.camera.empty();
  if (arguments.show || (!given && !arguments.clear)) return Show(arguments, console);
  const auto project = OpenProject(arguments.project);
  const datasets::VideoRow video = project->VideoByName(arguments.video);
  const char* user = std::getenv("USER");
  annotate::History history(*project, user ? user : "");
  if (arguments.clear) {
    const bool cleared = history.Apply(annotate::ClearCalibration(video.id)).id != 0;
    console.Print(cleared ? "Distances in " + video.name + " are in pixels again."
                          : video.name + " was not calibrated.");
    console.PrintJson({{"video", video.name}, {"cleared", cleared}});
    return 0;
  }
  const Calibration calibration = MakeCalibration(arguments, video, console);
  history.Apply(annotate::CalibrateVideo(video.id, calibration));
  console.Print(fmt::format("{}: {}; {}", video.name, datasets::CalibrationText(calibration),
                            MiddleText(calibration, video)));
  console.PrintJson(VideoJson(video, calibration));
  return 0;
}

}  // namespace
}  // namespace calibrate_verb

Verb CalibrateVerb() {
  using namespace calibrate_verb;
  return {
      "calibrate",
      "Behavior",
      "say once how pixels of a video become centimetres",
      "From then on reports, zones, speeds, distances and the tracks table have centimetres on the "
      "floor, with nothing to give. A ruler is enough for a camera that looks straight down; the "
      "floor's four corners and its size hold for any view; a lens that bends straight edges is "
      "told by points along some, by pictures of a checkerboard, or by a camera file. A camera "
      "file with K, R and t (OpenCV's convention; the floor is where z is 0) says all. Points are "
      "pixels from the picture's upper left corner, without blanks. Without options: shows what "
      "is known.",
      "  vole calibrate mice.vole --ruler 100,80,612,84 --length 30cm\n"
      "  vole calibrate mice.vole --video day1 --floor 80,60,560,66,600,420,40,410 --size 60x40cm\n"
      "  vole calibrate mice.vole --floor 80,60,560,66,600,420,40,410 --size 60x40cm \\\n"
      "      --straight 80,60,320,48,560,66 --straight 40,410,320,436,600,420\n"
      "  vole calibrate mice.vole --floor 80,60,560,66,600,420,40,410 --size 60x40cm \\\n"
      "      --checkerboard board.mp4 --squares 9x6 --square 2.5cm\n"
      "  vole calibrate mice.vole --camera cameras.json --camera-name Camera1 --unit mm\n"
      "  vole calibrate mice.vole --show\n"
      "  vole calibrate mice.vole --clear",
      [](CLI::App& command) -> RunVerb {
        auto arguments = std::make_shared<Arguments>();
        Arguments& a = *arguments;
        AddProject(command, a.project);
        AddVideo(command, a.video, "the video (default: the only one; --show: all)");
        const auto option = [&](const char* name, std::string& to, const char* help,
                                const char* type) {
          command.add_option(name, to, help)->type_name(type);
        };
        option("--ruler", a.ruler, "two points of the picture", "X,Y,X,Y");
        option("--length", a.length, "how far they are from each other: mm, cm, m or in", "LENGTH");
        option("--floor", a.floor, "the corners of a rectangle on the floor, in order around it",
               "X,Y,...");
        option("--size", a.size, "its first side (corner 1 to 2) and the next one", "60x40cm");
        command
            .add_option("--straight", a.straight,
                        "points along an edge that is straight in the room; once for each edge")
            ->type_name("X,Y,...")
            ->expected(1)
            ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
        option("--checkerboard", a.checkerboard,
               "video, or folder of pictures, of a checkerboard before this camera", "PATH");
        option("--squares", a.squares, "its squares (not its inner corners)", "9x6");
        option("--square", a.square, "the side of a square", "LENGTH");
        option("--camera", a.camera, "JSON with K, R, t, dist, or OpenCV's YAML or XML", "FILE");
        option("--camera-name", a.camera_name, "which camera of the file", "NAME");
        option("--unit", a.unit, "unit of t, where the file does not say: mm, cm, m or in", "UNIT");
        command.add_flag("--show", a.show, "show what is known");
        command.add_flag("--clear", a.clear, "forget it: pixels again");
        return [arguments](Console& console) { return Run(*arguments, console); };
      }};
}

}  // namespace app
