// Figures of what lies beneath the window: frames, opening and accepting in a large project.
// usage: bench_workbench make PROJECT.vole LONG CLIP  500,000 predictions and 12 rows over LONG, a
//                                                     video of a million frames that is CLIP again
//                                                     and again (the packets copied)
//        bench_workbench measure PROJECT.vole         prints the figures
//        bench_workbench seek VIDEO                   prints how long a seek takes
//        bench_workbench scissors VIDEO               prints what the mouse costs while cutting out
#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <ctime>
#include <exception>
#include <functional>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "annotate/tools/tool.h"
#include "app/model/requests/label_requests.h"
#include "app/model/session/session.h"
#include "app/model/session/tool_worker.h"
#include "app/model/timeline/timeline_lanes.h"
#include "datasets/base/error.h"
#include "datasets/store/writer.h"

namespace {

using namespace datasets;
using Clock = std::chrono::steady_clock;

constexpr int kTimelineFrames = 1000000, kPredictions = 500000;
// The first frames are full, so that drawing has its share; the rest of the predictions, one a
// frame, is spread evenly over the others.
constexpr int kFullFrames = 1250, kAnimalsAFrame = 200;
constexpr int kFirstJagged = 625;  // of the full frames
constexpr int kSpread = kPredictions - kFullFrames * kAnimalsAFrame;
constexpr int kNames = 8, kPoints = 100;

double MsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

struct Summary {
  double median = 0, worst = 0;
};
Summary Summarize(std::vector<double> ms) {
  std::sort(ms.begin(), ms.end());
  return {ms[ms.size() / 2], ms.back()};
}

// An animal's outline as masks are traced: a body of one and a half times its width, a head, a bit
// of noise. Jagged: every point is off by up to 15 %, which no animal is, to try the drawing hard.
Ring OutlineAt(cv::Point2d center, double radius, bool jagged, std::mt19937& random) {
  std::uniform_real_distribution<double> wobble(jagged ? 0.85 : 0.985, jagged ? 1.15 : 1.015);
  std::uniform_real_distribution<double> turn(0, 2 * CV_PI);
  const double heading = turn(random);
  Ring ring;
  for (int i = 0; i < kPoints; ++i) {
    const double angle = 2 * CV_PI * i / kPoints, from_head = angle - heading;
    const double body =
        jagged ? 1 : 0.9 + 0.2 * std::cos(2 * from_head) + 0.1 * std::cos(from_head);
    const double r = radius * body * wobble(random);
    ring.push_back(center + cv::Point2d(r * std::cos(angle), r * std::sin(angle)));
  }
  return ring;
}

// The index of a video that shows the clip again and again, without decoding a million frames; that
// it is right is tried at some frames.
VideoIndex IndexLoops(const std::string& file, const std::string& clip_file) {
  Job job;
  const VideoIndex clip = IndexVideo(clip_file, job);
  const int64_t step = clip.pts.at(1) - clip.pts.at(0), period = step * clip.frame_count();
  VideoIndex index = clip;
  index.fingerprint = FingerprintFile(file);
  index.pts.clear();
  index.key_frames.clear();
  for (int loop = 0; index.frame_count() < kTimelineFrames; ++loop) {
    const int first = index.frame_count();
    for (int64_t pts : clip.pts) index.pts.push_back(pts + loop * period);
    for (int key : clip.key_frames) index.key_frames.push_back(first + key);
  }
  VideoReader longer(file, index), shorter(clip_file, clip);
  for (const int frame : {0, 7777, 123456, 500001, 876543, kTimelineFrames - 1}) {
    const cv::Mat here = longer.Read(frame), there = shorter.Read(frame % clip.frame_count());
    if (cv::norm(here, there, cv::NORM_INF) != 0) {
      throw Error(file, "frame " + std::to_string(frame) + " is not the clip's");
    }
  }
  index.pts.resize(kTimelineFrames);
  while (index.key_frames.back() >= kTimelineFrames) index.key_frames.pop_back();
  return index;
}

Id AddLongVideo(Project& project, const std::string& file, const std::string& clip) {
  const VideoIndex index = IndexLoops(file, clip);
  VideoRow row;
  row.name = "long";
  row.path = std::filesystem::absolute(file).string();
  row.fingerprint = index.fingerprint;
  row.width = index.width;
  row.height = index.height;
  row.fps = index.fps;
  row.frame_count = index.frame_count();
  Id id = 0;
  project.Write([&](Writer& writer) { id = writer.InsertVideo(row, index, Background{}); });
  return id;
}

void Make(const std::string& file, const std::string& video_file, const std::string& clip) {
  auto project = Project::Create(file);
  const Id video_id = AddLongVideo(*project, video_file, clip);
  const VideoRow video = project->VideoById(video_id);
  std::mt19937 random(1);
  std::vector<Id> names;
  Id job_id = 0;
  project->Write([&](Writer& writer) {
    for (int i = 0; i < kNames; ++i) {
      names.push_back(writer.FindOrInsertCategory("animal_" + std::to_string(i + 1)));
    }
    JobRow job;
    job.kind = "predict";
    job.state = "running";
    job.options_json = "{}";
    job_id = writer.InsertJob(job);
    for (const char* name : {"rest", "walk"}) {
      BehaviorRow behavior;
      behavior.name = name;
      behavior.exclusion_group = "gait";
      const Id id = writer.FindOrInsertBehavior(behavior);
      for (int start = 0; start + 400 < kTimelineFrames; start += 1000) {
        BehaviorIntervalRow interval;
        interval.video_id = video_id;
        interval.behavior_id = id;
        interval.start_frame = start + (behavior.name == "walk" ? 500 : 0);
        interval.end_frame = interval.start_frame + 400;
        writer.InsertBehaviorInterval(interval);
      }
    }
  });
  std::uniform_real_distribution<double> share(0, 1);
  const auto predict = [&](Writer& writer, int frame, int animal, int place) {
    PredictionRow prediction;
    prediction.job_id = job_id;
    prediction.video_id = video_id;
    prediction.frame_index = frame;
    prediction.category_id = names[static_cast<size_t>(animal % kNames)];
    prediction.tracklet = animal;
    prediction.score = 0.9;
    prediction.confidence = share(random);
    const cv::Point2d center(50 + (video.width - 100) * (place % 20) / 19.0,
                             50 + (video.height - 100) * (place / 20) / 9.0);
    prediction.polygons = {OutlineAt(center, 36, frame >= kFirstJagged, random)};
    prediction.box = BoxOf(prediction.polygons);
    prediction.rle = RlePolygons(prediction.polygons, video.height, video.width);
    writer.InsertPrediction(prediction);
  };
  for (int begin = 0; begin < kPredictions; begin += 10000) {
    project->Write([&](Writer& writer) {
      for (int i = begin; i < begin + 10000; ++i) {
        const int after = i - kFullFrames * kAnimalsAFrame;
        if (after < 0) {
          predict(writer, i / kAnimalsAFrame, i % kAnimalsAFrame, i % kAnimalsAFrame);
        } else {
          const int64_t left = kTimelineFrames - kFullFrames;
          predict(writer, kFullFrames + static_cast<int>(left * after / kSpread), after,
                  after % 200);
        }
      }
    });
    std::fprintf(stderr, "\r%d of %d predictions", begin + 10000, kPredictions);
  }
  std::fprintf(stderr, "\n");
  project->Write([&](Writer& writer) {
    for (int i = 0; i < 2000; ++i) {
      ReviewItemRow item;
      item.job_id = job_id;
      item.video_id = video_id;
      item.start_frame = i * (kTimelineFrames / 2000);
      item.end_frame = item.start_frame + 10;
      item.reason_code = "low_identity_margin";
      item.reason = "two names are about equally likely";
      item.score = share(random);
      item.animals_json = "[]";
      writer.InsertReviewItem(item);
    }
    writer.FinishJob(job_id, "done");
  });
}

// Waits for workers as the window does: asleep until they wake it.
class Waiter {
 public:
  void Wake() {
    std::scoped_lock lock(mutex_);
    woken_ = true;
    condition_.notify_all();
  }
  void Until(app::Session& session, const std::function<bool()>& done) {
    const auto start = Clock::now();
    for (session.Poll(); !done(); session.Poll()) {
      if (MsSince(start) > 60000) throw Error("benchmark", "nothing came within a minute");
      std::unique_lock lock(mutex_);
      condition_.wait_for(lock, std::chrono::milliseconds(500), [this] { return woken_; });
      woken_ = false;
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool woken_ = false;
};

// Of the whole process: what a quiet machine would have needed at most.
double CpuMs() { return 1000.0 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

void Report(const char* what, const std::vector<double>& ms, double cpu_ms_each = -1) {
  const Summary summary = Summarize(ms);
  std::printf("%-62s median %7.1f ms, worst %7.1f ms", what, summary.median, summary.worst);
  if (cpu_ms_each >= 0) std::printf(", processor %.1f ms", cpu_ms_each);
  std::printf("\n");
  std::fflush(stdout);
}

// Times of one kind of change, by the clock and of the processor.
struct Edits {
  std::vector<double> ms;
  double cpu_ms = 0;
  void Add(const std::function<double()>& edit) {
    const double cpu = CpuMs();
    ms.push_back(edit());
    cpu_ms += CpuMs() - cpu;
  }
  double CpuEach() const { return cpu_ms / static_cast<double>(ms.size()); }
};

void Measure(const std::string& file) {
  Waiter waiter;
  std::unique_ptr<app::Session> session;
  std::vector<double> opening;
  for (int i = 0; i < 3; ++i) {
    session.reset();
    const auto start = Clock::now();
    session = std::make_unique<app::Session>(Project::Open(file), [&waiter] { waiter.Wake(); });
    waiter.Until(*session, [&] {
      return session->project_view() && session->frame_view() && session->picture().frame == 0;
    });
    opening.push_back(MsSince(start));
  }
  Report("open: lists, labels and picture of the first frame", opening);
  std::vector<double> lanes;
  std::shared_ptr<const app::TimelineContent> timeline;
  {
    const auto project = Project::Open(file, Project::Access::kReadOnly);
    for (int i = 0; i < 3; ++i) {
      const auto start = Clock::now();
      timeline = app::LoadTimeline(*project, session->video_id(), 1);
      lanes.push_back(MsSince(start));
    }
  }
  Report("the whole timeline (its own thread, the window goes on)", lanes);
  std::printf(
      "  %d frames, %zu rows, %d predictions: 200 in each of the first %d frames, then one in "
      "about every %d frames\n",
      timeline->frame_count, timeline->lanes.size(), kPredictions, kFullFrames,
      (kTimelineFrames - kFullFrames + kSpread / 2) / kSpread);

  const auto go = [&](int frame) {
    const auto start = Clock::now();
    session->GoToFrame(frame);
    waiter.Until(*session, [&] {
      const auto view = session->frame_view();
      return session->picture().frame == frame && view && view->frame == frame;
    });
    return MsSince(start);
  };
  std::vector<double> steps;
  for (int frame = 101; frame < 130; ++frame) go(frame);
  for (int round = 0; round < 3; ++round) {
    for (int frame = 128; frame > 105; --frame) steps.push_back(go(frame));
    for (int frame = 107; frame < 129; ++frame) steps.push_back(go(frame));
  }
  Report("step to a cached frame, picture and its 200 outlines", steps);
  std::vector<double> seeks;
  std::mt19937 random(2);
  for (int i = 0; i < 40; ++i) seeks.push_back(go(static_cast<int>(random() % (kFullFrames - 10))));
  Report("cold seek, picture and its 200 outlines", seeks);
  seeks.clear();
  for (int i = 0; i < 40; ++i) seeks.push_back(go(static_cast<int>(random() % kTimelineFrames)));
  Report("cold seek anywhere in the million frames", seeks);

  const auto edited = [&](const std::function<void()>& request) {
    const int64_t revision = session->project_view()->revision;
    const auto start = Clock::now();
    request();
    waiter.Until(*session, [&] {
      const auto view = session->frame_view();
      return session->project_view()->revision > revision && view->revision > revision;
    });
    return MsSince(start);
  };
  // A person looks before deciding: by then the frames ahead have been decoded.
  const auto look_at = [&](int frame) {
    go(frame);
    std::this_thread::sleep_for(std::chrono::milliseconds(800));
  };
  Edits one, all, undo;
  for (int i = 0; i < 21; ++i) {
    look_at(300 + i);
    const Id animal = session->project_view()->categories.front().id;
    one.Add([&] { return edited([&] { app::RequestAcceptPredictions(*session, animal); }); });
    undo.Add([&] { return edited([&] { session->Undo(); }); });
  }
  Report("accept one animal (25 outlines), until the window has it", one.ms, one.CpuEach());
  Report("undo that", undo.ms, undo.CpuEach());
  for (int i = 0; i < 21; ++i) {
    look_at(330 + i);
    all.Add([&] { return edited([&] { app::RequestAcceptPredictions(*session, 0); }); });
    edited([&] { session->Undo(); });
  }
  Report("accept a frame of 200 animals, until the window has it", all.ms, all.CpuEach());
}

void Seek(const std::string& file) {
  Job job;
  const VideoIndex index = IndexVideo(file, job);
  std::mt19937 random(3);
  std::vector<double> ms;
  FrameCache cache(file, index, size_t{64} << 20);
  const double cpu = CpuMs();
  for (int i = 0; i < 100; ++i) {
    const int frame = static_cast<int>(random() % static_cast<unsigned>(index.frame_count()));
    if (cache.GetIfCached(frame)) continue;
    const auto start = Clock::now();
    cache.Get(frame);
    ms.push_back(MsSince(start));
  }
  char text[96];
  snprintf(text, sizeof text, "cold seek, %d x %d, a key frame every %d frames", index.width,
           index.height, index.frame_count() / std::max<int>(1, index.key_frames.size()));
  Report(text, ms, (CpuMs() - cpu) / static_cast<double>(ms.size()));
}

// A hand that clicks along an edge and moves between the clicks, as the canvas passes it on.
void Scissors(const std::string& file) {
  Job job;
  const VideoIndex index = IndexVideo(file, job);
  const cv::Mat frame = VideoReader(file, index).Read(index.frame_count() / 2);
  Waiter waiter;
  app::ToolWorker worker([&waiter] { waiter.Wake(); }, [](const std::string&) {});
  const std::function<void(std::function<void()>)> aside = [&](std::function<void()> work) {
    worker.Run(std::move(work));
  };
  const auto tool = annotate::MakeTool("scissors");
  annotate::ToolContext context;
  context.width = frame.cols;
  context.height = frame.rows;
  context.frame = &frame;
  context.run_aside = &aside;
  std::vector<double> moves, clicks;
  const auto send = [&](annotate::ToolInput::Type type, cv::Point2d at, std::vector<double>& ms) {
    annotate::ToolInput input;
    input.type = type;
    input.position = at;
    const auto start = Clock::now();
    tool->Poll(context);
    tool->OnInput(input, context);
    tool->Draw(context);
    ms.push_back(MsSince(start));
  };
  const cv::Point2d middle(frame.cols / 2.0, frame.rows / 2.0);
  for (int click = 0; click < 24; ++click) {
    const auto place = [&](double turn) {
      return middle + 300 * cv::Point2d(std::cos(turn * 0.25), std::sin(turn * 0.25));
    };
    send(annotate::ToolInput::Type::kPress, place(click), clicks);
    for (int i = 0; i < 100; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      send(annotate::ToolInput::Type::kMove, place(click + i / 100.0), moves);
    }
  }
  Report("scissors: a move of the mouse, with taking the paths that were found", moves);
  Report("scissors: a click", clicks);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string verb = argc > 1 ? argv[1] : "";
  try {
    if (verb == "make" && argc == 5) {
      Make(argv[2], argv[3], argv[4]);
    } else if (verb == "measure" && argc == 3) {
      Measure(argv[2]);
    } else if (verb == "seek" && argc == 3) {
      Seek(argv[2]);
    } else if (verb == "scissors" && argc == 3) {
      Scissors(argv[2]);
    } else {
      std::fputs(
          "usage: bench_workbench make P.vole LONG CLIP | measure P.vole | seek VIDEO | scissors "
          "VIDEO\n",
          stderr);
      return 2;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_workbench: %s\n", error.what());
    return 1;
  }
  return 0;
}
