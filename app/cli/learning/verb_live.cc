#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <opencv2/core/utility.hpp>

#include "app/cli/arguments.h"
#include "app/cli/console.h"
#include "app/cli/learning/learning_verbs.h"
#include "app/cli/learning/named_model.h"
#include "app/cli/options_flags.h"
#include "app/model/live/live_setup.h"
#include "datasets/base/process_memory.h"
#include "infer/live/live_events.h"

namespace app {
namespace live_verb {
namespace {

struct Arguments {
  std::string project, model, zones_file;
  int camera = -1;
  std::vector<std::string> outlines, zones;
  LiveSetup setup;
};

cv::Point2d PointOf(const std::string& text) {
  double x = 0, y = 0;
  int end = 0;
  if (std::sscanf(text.c_str(), "%lf,%lf%n", &x, &y, &end) != 2 ||
      end != static_cast<int>(text.size())) {
    throw UsageError("--outline '" + text + "': give a point of the first picture, as 320,240");
  }
  return {x, y};
}

void TakeSource(Arguments& arguments) {
  LiveSetup& setup = arguments.setup;
  const int sources = (arguments.camera >= 0) + !setup.file.empty() + !setup.url.empty();
  if (sources != 1) throw UsageError("give one of --camera N, --file FILE and --url URL");
  setup.camera = arguments.camera;
  setup.source = arguments.camera >= 0 ? LiveSetup::Source::kCamera
                 : setup.url.empty()   ? LiveSetup::Source::kFile
                                       : LiveSetup::Source::kUrl;
}

std::vector<datasets::Zone> ZonesOf(const Arguments& arguments) {
  std::vector<datasets::Zone> zones;
  if (!arguments.zones_file.empty()) zones = datasets::ReadZones(arguments.zones_file);
  for (const std::string& text : arguments.zones) {
    datasets::Zone zone = [&] {
      try {
        return infer::ZoneOf(text);
      } catch (const datasets::Error& error) {
        throw UsageError(error.what());
      }
    }();
    for (const datasets::Zone& other : zones) {
      if (other.name == zone.name) {
        throw UsageError("two zones are called '" + zone.name + "'");
      }
    }
    zones.push_back(std::move(zone));
  }
  return zones;
}

std::string LineOf(const infer::LiveFigures& figures) {
  std::string line =
      fmt::format("{}: {} frames ({:.1f}/s), {} dropped", DurationText(figures.seconds),
                  CountText(figures.frames), figures.fps, CountText(figures.dropped));
  if (figures.unrecorded > 0) line += fmt::format(", {} lost", CountText(figures.unrecorded));
  if (figures.latency_99_ms > 0) {
    line += fmt::format("; outlines after {:.1f} ms (99 %: {:.1f} ms)", figures.latency_ms,
                        figures.latency_99_ms);
  }
  if (figures.events > 0) line += fmt::format("; {} events", CountText(figures.events));
  return line;
}

int Run(Arguments& arguments, Console& console) {
  // Three threads share the processor: a picture that waits for helpers of one would be late.
  cv::setNumThreads(1);
  LiveSetup& setup = arguments.setup;
  TakeSource(arguments);
  for (const std::string& text : arguments.outlines) setup.points.push_back(PointOf(text));
  setup.zones = ZonesOf(arguments);
  setup.model = arguments.model;
  const std::string contradiction = LiveContradiction(setup);
  if (!contradiction.empty()) throw UsageError(contradiction);
  datasets::CheckOptions(setup.options, "live");
  const auto project = OpenProject(arguments.project);
  if (!setup.model.empty()) setup.model = NamedModel(*project, setup.model).string();
  const std::unique_ptr<OpenedLive> opened = OpenLive(*project, setup);
  infer::LiveInput& input = opened->input;
  input.say = [&](const std::string& line) { console.Warn(line); };
  input.every_second = [&](const infer::LiveFigures& figures) { console.Note(LineOf(figures)); };
  const infer::LiveResult result = infer::RunLive(*project, input, setup.options, console.job());
  const infer::LiveFigures& figures = result.figures;
  console.PrintJson({{"video", result.video},
                     {"recording", result.video.empty() ? "" : input.file.string()},
                     {"job", result.job_id},
                     {"animals", result.animals},
                     {"frames", figures.frames},
                     {"outlined", figures.outlined},
                     {"start_up", figures.start_up},
                     {"dropped", figures.dropped},
                     {"unrecorded", figures.unrecorded},
                     {"seconds", figures.seconds},
                     {"fps", figures.fps},
                     {"latency_ms", figures.latency_ms},
                     {"latency_99_ms", figures.latency_99_ms},
                     {"events", figures.events},
                     {"unsent", figures.unsent},
                     {"event_ms", figures.event_ms},
                     {"event_99_ms", figures.event_99_ms},
                     {"problem", result.problem},
                     {"peak_rss_mb", datasets::PeakRssMb()}});
  if (!result.video.empty() && result.problem.empty()) {
    console.Print(LineOf(figures));
    console.Print(
        fmt::format("Recorded as the video '{}' ({}) with {} animal{}. Next: vole export "
                    "{} --format tracks --video {} --out tracks.csv",
                    result.video, input.file.string(), result.animals,
                    result.animals == 1 ? "" : "s", arguments.project, result.video));
  }
  if (figures.unsent > 0) {
    console.Warn(fmt::format("{} of {} messages could not be sent to {}", CountText(figures.unsent),
                             CountText(figures.events), setup.send));
  }
  if (result.gave_up || result.video.empty()) {
    console.Fail(fmt::format(
        "{}: {}; {}", input.name, result.problem.empty() ? "no picture came" : result.problem,
        result.video.empty() ? "nothing was recorded" : "what came until then is recorded"));
    return 1;
  }
  if (!result.problem.empty()) {
    console.Fail(fmt::format("{}: no animal was outlined: {}; the video is recorded", input.name,
                             result.problem));
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace live_verb

Verb LiveVerb() {
  using namespace live_verb;
  return {
      "live",
      "Networks",
      "outline, record and tell of animals while a camera sees them",
      "Follows the animals in the pictures of a camera, a stream, a named pipe or a file that is "
      "played at its rate, with a trained --model or with none: then what moves before a still "
      "ground is outlined, which is learned in the first seconds. The pictures become a video of "
      "the project and the outlines its predictions while they come, so that nothing but the last "
      "second is lost whatever happens. Every animal is said to be still, to move in place or to "
      "move on (as bouts); with --zone also who enters and leaves, each as one line of JSON to "
      "--events and as one UDP datagram to --send: the same line to HOST:PORT, to osc://HOST:PORT "
      "a message of Open Sound Control, /vole/enter, /vole/leave or /vole/movement with types "
      ",ssiiiff: zone or movement, animal, its number from 0, frame, milliseconds since the first "
      "picture, x, y. What happened while the ground was learned stands in --events with its own "
      "frame and time; sent is only what happens now, beginning with who is where then. Ctrl-C "
      "ends it in order. Who is who is decided at once and never mended: vole predict on the "
      "recording does that.",
      "  vole live mice.vole --camera 0 --animals 2\n"
      "  vole live mice.vole --url rtsp://10.0.0.5/stream --model mice-1 --seconds 3600\n"
      "  vole live mice.vole --camera 0 --zone nest=0,0,200,0,200,150,0,150 --send 127.0.0.1:9000\n"
      "  vole live mice.vole --camera 0 --animals 2 --send osc://127.0.0.1:57120\n"
      "  vole live mice.vole --file day1.mp4 --outline 320,240 --outline 100,80",
      [](CLI::App& command) -> RunVerb {
        auto arguments = std::make_shared<Arguments>();
        AddProject(command, arguments->project);
        command.add_option("--camera", arguments->camera, "a camera of this machine, from 0")
            ->type_name("N")
            ->check(CLI::Range(0, 255));
        command
            .add_option("--file", arguments->setup.file,
                        "a video, played at its rate, or a named pipe into which one is written")
            ->type_name("FILE");
        command.add_option("--url", arguments->setup.url, "a stream of the network")
            ->type_name("URL");
        command.add_option("--model", arguments->model, "a model of the project, or a model file")
            ->type_name("MODEL");
        command
            .add_option("--outline", arguments->outlines,
                        "a point on an animal in the first picture, once an animal: they get the "
                        "first numbers")
            ->type_name("X,Y");
        command
            .add_option("--zone", arguments->zones,
                        "tell who enters and leaves this polygon, in pixels; may be repeated")
            ->type_name("NAME=X,Y,...");
        command
            .add_option("--zones", arguments->zones_file, "zones from a file, as vole report reads")
            ->type_name("FILE");
        command
            .add_option(
                "--send", arguments->setup.send,
                "send events there, one UDP datagram each: lines of JSON, or osc://HOST:PORT")
            ->type_name("[osc://]HOST:PORT");
        command
            .add_option("--events", arguments->setup.events,
                        "add events to this file, one line each")
            ->type_name("FILE");
        command
            .add_option("--out,-o", arguments->setup.out,
                        "record into this file (default: live_DATE_TIME.mkv beside the project)")
            ->type_name("FILE");
        AddOptionFlags(command, arguments->setup.options);
        AddOptionFlags(command, arguments->setup.predictor, {"follow"});
        return [arguments](Console& console) { return Run(*arguments, console); };
      }};
}

}  // namespace app
