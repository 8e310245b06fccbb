// From a camera to outlines, while it is recorded.
#pragma once

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/base/options.h"
#include "datasets/behavior/zones.h"
#include "datasets/project.h"
#include "datasets/video/live_source.h"
#include "infer/live/live_events.h"
#include "infer/live/live_eye.h"

namespace infer {

struct LiveOptions {
  int animals = 0;
  double background = 3;
  double locomotion = 10;
  double in_place = 0.1;
  double wait = 30;
  double seconds = 0;
  bool as_fast = false;
  template <class Visitor>
  void Visit(Visitor&& v) {
    v.Field("animals", animals,
            "how many animals there are; 0: as many as the pictures show (or the model says)",
            datasets::Range{0, 119});
    v.Field("background", background,
            "learn the still ground for so many seconds first; 0: the camera moves (needs --model)",
            datasets::Range{0, 600});
    v.Field("locomotion", locomotion,
            "locomotion: the center moves more than so many pixels a frame, mean of ten",
            datasets::Range{0, 10000});
    v.Field("in-place", in_place,
            "moving in place: the outline changes by more than this from frame to frame (1 - IoU)",
            datasets::Range{0, 1});
    v.Field("wait", wait, "wait so many seconds for a camera that gives no picture",
            datasets::Range{0, 1e6});
    v.Field("seconds", seconds, "end by itself after so many seconds; 0: do not",
            datasets::Range{0, 1e7});
    v.Field("as-fast", as_fast, "read a file as fast as it is looked at, leaving out nothing");
  }
};

struct LiveFigures {
  int64_t frames = 0;      // recorded
  int64_t outlined = 0;    // looked at
  int64_t start_up = 0;    // recorded while the ground was learned and not looked at
  int64_t dropped = 0;     // came while the looker was busy: recorded and not looked at
  int64_t unrecorded = 0;  // came while the recorder was busy: neither
  double seconds = 0, fps = 0;
  // From the picture to its outlines, of pictures that came once outlines come at once.
  double latency_ms = 0, latency_99_ms = 0;
  // Of what happened from then on that outlines came at once.
  int64_t events = 0, unsent = 0;
  double event_ms = 0, event_99_ms = 0;  // from the outlines to their message
  double silent_seconds = 0;             // that no picture has come
  bool outlines = false;                 // they come at once now
};

struct LiveInput {
  std::string name;  // of the source, in messages
  std::unique_ptr<datasets::LiveSource> source;
  std::atomic<bool>* stop = nullptr;  // the source's
  bool can_stall = true;              // no file, whose pictures come when they are due
  bool may_begin_late = false;        // a pipe into which nobody writes yet
  std::filesystem::path file;         // to record into
  train::Predictor* predictor = nullptr;
  std::optional<datasets::Id> model_id;
  std::vector<cv::Point2d> points;
  std::shared_ptr<const LiveClicks> clicks;  // null: none
  std::vector<datasets::Zone> zones;
  std::string send;                   // HOST:PORT or osc://HOST:PORT, or none
  std::filesystem::path events_file;  // or none
  std::function<void(const std::string&)> say = [](const std::string&) {};  // from any thread
  std::function<void(const LiveFigures&)> every_second = [](const LiveFigures&) {};
  // A picture that was looked at, and who is in it (nobody while the ground is learned), from the
  // thread that looks: it had better be quick. May be empty.
  std::function<void(const LiveFrame&, const std::vector<SeenAnimal>&)> show;
};

struct LiveResult {
  LiveFigures figures;
  datasets::Id job_id = 0;
  std::string video;  // "" where no picture came
  int animals = 0;
  std::string problem;   // why it ended or outlined nothing, "" where all is well
  bool gave_up = false;  // nothing came for too long
};

// One thread takes the pictures, one looks at them and sends what happens, one records, one stores
// in the project; queues between the first three are bounded. Taking never waits for the others but
// `as_fast`: pictures that come while the looker is busy are recorded and counted. The caller's
// thread reports every second and ends everything in order when the job is cancelled, which is the
// way to end it. The first exception of any thread ends all of them in order and is thrown here.
//
// Events are sent only of pictures that are looked at as they come. What happened while the ground
// was learned is past when it is known: it is in the file of events, with its own frame and time,
// and what is sent begins with who is where now.
LiveResult RunLive(datasets::Project& project, LiveInput& input, const LiveOptions& options,
                   datasets::Job& job);

}  // namespace infer
