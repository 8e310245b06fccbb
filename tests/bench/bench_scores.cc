// Figures of probabilities of behavior over a million frames: kept, read, made into bouts.
// usage: bench_scores PROJECT.vole     (made anew)
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "app/model/timeline/timeline_lanes.h"
#include "datasets/base/error.h"
#include "datasets/score_writer.h"
#include "datasets/store/score_series.h"
#include "datasets/store/writer.h"
#include "infer/behavior/predicted_bouts.h"

namespace {

using namespace datasets;
using Clock = std::chrono::steady_clock;

constexpr int kFrames = 1000000, kBehaviors = 6, kRepeats = 5;

double MsSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

template <class Work>
void Measure(const char* what, Work work) {
  std::vector<double> ms;
  for (int i = 0; i < kRepeats; ++i) {
    const auto start = Clock::now();
    work();
    ms.push_back(MsSince(start));
  }
  std::sort(ms.begin(), ms.end());
  std::printf("%-66s median %8.1f ms, worst %8.1f ms\n", what, ms[kRepeats / 2], ms.back());
  std::fflush(stdout);
}

// Slow waves of different length a behavior, so that there are bouts and doubts.
float ScoreAt(int behavior, int frame) {
  return static_cast<float>(0.5 + 0.5 * std::sin(frame / (40.0 + 7 * behavior) + behavior));
}

void Run(const std::string& file) {
  std::filesystem::remove(file);
  auto project = Project::Create(file);
  Id video = 0, job = 0;
  std::vector<Id> behaviors;
  project->Write([&](Writer& writer) {
    VideoIndex index;
    index.width = 640;
    index.height = 480;
    index.fps = 25;
    index.time_base_den = 25;
    for (int frame = 0; frame < kFrames; ++frame) index.pts.push_back(frame);
    index.key_frames = {0};
    VideoRow row;
    row.name = "long";
    row.path = "long.mp4";
    row.fingerprint = "none";
    row.width = index.width;
    row.height = index.height;
    row.fps = index.fps;
    row.frame_count = kFrames;
    video = writer.InsertVideo(row, index, {});
    for (int b = 0; b < kBehaviors; ++b) {
      BehaviorRow behavior;
      behavior.name = "behavior_" + std::to_string(b + 1);
      behaviors.push_back(writer.FindOrInsertBehavior(behavior));
    }
    JobRow job_row;
    job_row.kind = "behavior";
    job_row.state = "done";
    job = writer.InsertJob(job_row);
  });
  const auto start = Clock::now();
  BehaviorScoreWriter scores(*project, job, video, "animal", behaviors);
  std::vector<float> values(kBehaviors);
  for (int frame = 0; frame < kFrames; ++frame) {
    for (int b = 0; b < kBehaviors; ++b) values[static_cast<size_t>(b)] = ScoreAt(b, frame);
    scores.Add(values);
  }
  scores.Finish();
  std::printf("%d frames, %d behaviors: written in %.1f s, a transaction every %d frames\n",
              kFrames, kBehaviors, MsSince(start) / 1000, kScoreChunkFrames);
  const auto finish = Clock::now();
  Job quiet;
  const auto found = infer::FinishBehaviors(*project, job, {}, quiet);
  std::printf("smoothed, cut into %d bouts, %d episodes: %.1f s\n", found.bouts, found.episodes,
              MsSince(finish) / 1000);
  std::printf("size of the project: %.1f MB\n",
              static_cast<double>(std::filesystem::file_size(file)) / 1e6);
  const auto reading = Project::Open(file, Project::Access::kReadOnly);
  const auto series = reading->BehaviorSeries(job, video);
  Measure("one behavior's probabilities, all frames, as curve of the timeline",
          [&] { app::ScoreCurve(reading->BehaviorScorePeaks(series[0].id, kFrames, 1), 1); });
  std::shared_ptr<const app::TimelineContent> content;
  Measure("the whole timeline with all curves and bouts, first time",
          [&] { content = app::LoadTimeline(*reading, video, 1); });
  Measure("the whole timeline, curves taken over",
          [&] { app::LoadTimeline(*reading, video, 2, nullptr, content.get()); });
  Measure("a span of 3000 frames of one behavior",
          [&] { reading->BehaviorScores(series[0].id, 500000, 503000); });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: bench_scores PROJECT.vole\n", stderr);
    return 2;
  }
  try {
    Run(argv[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_scores: %s\n", error.what());
    return 1;
  }
  return 0;
}
