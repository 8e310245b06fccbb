#include "datasets/sample/sample.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <opencv2/imgproc.hpp>
#include <set>

#include "datasets/base/error.h"
#include "tests/support/temp_dir.h"

namespace sample_test {

namespace {

using datasets::Job;
using datasets::SampleFrames;
using datasets::SampleOptions;
using datasets::VideoReader;

constexpr int kFrames = 120;

// Four scenes of unequal length: 0..59, 60..99, 100..114, 115..119; the disc moves in the third.
int SceneOf(int frame) { return frame < 60 ? 0 : frame < 100 ? 1 : frame < 115 ? 2 : 3; }

VideoReader Film(const std::filesystem::path& path) {
  datasets::VideoWriter writer(path, 96, 64, 25, 15);
  for (int i = 0; i < kFrames; ++i) {
    cv::Mat frame(64, 96, CV_8UC3, cv::Scalar::all(50));
    const int scene = SceneOf(i);
    cv::rectangle(frame, cv::Rect(scene * 24, 0, 24, 64), cv::Scalar::all(220), cv::FILLED);
    const int x = scene == 2 ? 10 + 17 * (i % 5) : 40;
    cv::circle(frame, {x, 32}, 8, cv::Scalar::all(120), cv::FILLED);
    writer.Write(frame);
  }
  writer.Close();
  Job job;
  return VideoReader(path, datasets::IndexVideo(path, job));
}

SampleOptions Options(const std::string& method, int count, int64_t seed = 1) {
  SampleOptions options;
  options.method = method;
  options.count = count;
  options.seed = seed;
  return options;
}

std::vector<double> Scores() {
  std::vector<double> scores(kFrames);
  for (int i = 0; i < kFrames; ++i) scores[i] = std::sin(i * 12.9898) * 100;
  scores[17] = std::numeric_limits<double>::quiet_NaN();
  return scores;
}

}  // namespace

TEST_CASE("every method proposes as many frames as asked, none labeled, none twice, in order") {
  tests::TempDir folder;
  VideoReader reader = Film(folder / "a.mp4");
  const std::vector<int> labeled{0, 5, 5, 60, 61, 119, 4000, -3};
  for (const char* method : {"stride", "random", "kmeans", "motion", "uncertainty"}) {
    for (const int count : {1, 7, 40, 115, 116, 500}) {
      CAPTURE(std::string(method));
      CAPTURE(count);
      Job job;
      const auto frames = SampleFrames(reader, Options(method, count), labeled, job, Scores());
      CHECK(static_cast<int>(frames.size()) == std::min(count, kFrames - 5));
      CHECK(std::is_sorted(frames.begin(), frames.end(), std::less_equal<>()));
      for (const int frame : frames) {
        CHECK(frame >= 0);
        CHECK(frame < kFrames);
        CHECK(std::count(labeled.begin(), labeled.end(), frame) == 0);
      }
      CHECK(SampleFrames(reader, Options(method, count), labeled, job, Scores()) == frames);
    }
  }
}

TEST_CASE("stride is even, and random follows its seed") {
  tests::TempDir folder;
  VideoReader reader = Film(folder / "a.mp4");
  Job job;
  CHECK(SampleFrames(reader, Options("stride", 4), {}, job) == std::vector<int>{15, 45, 75, 105});
  CHECK(SampleFrames(reader, Options("random", 10, 1), {}, job) !=
        SampleFrames(reader, Options("random", 10, 2), {}, job));
}

TEST_CASE("kmeans shows every scene however short, and passes over scenes that are labeled") {
  tests::TempDir folder;
  VideoReader reader = Film(folder / "a.mp4");
  for (const int seed : {1, 2, 3}) {
    Job job;
    SampleOptions options = Options("kmeans", 8, seed);
    options.min_gap = 1;
    std::set<int> scenes;
    for (const int frame : SampleFrames(reader, options, {}, job)) scenes.insert(SceneOf(frame));
    CHECK(scenes.size() == 4);
    options.count = 2;
    for (const int frame : SampleFrames(reader, options, {10, 80}, job)) {
      CHECK(SceneOf(frame) >= 2);
    }
  }
}

TEST_CASE("motion finds the stretch where something moves") {
  tests::TempDir folder;
  VideoReader reader = Film(folder / "a.mp4");
  Job job;
  SampleOptions options = Options("motion", 5);
  options.min_gap = 2;
  const auto frames = SampleFrames(reader, options, {}, job);
  for (const int frame : frames) {
    CHECK((frame == 59 || frame == 60 || (frame >= 99 && frame <= 115)));
  }
}

TEST_CASE(
    "uncertainty takes doubtful frames, apart in time, unlike in looks, and no unknown ones") {
  tests::TempDir folder;
  VideoReader reader = Film(folder / "a.mp4");
  std::vector<double> scores(kFrames, 0.1);
  for (int i = 20; i < 50; ++i) scores[i] = 0.9;  // thirty frames of one look,
  scores[105] = 0.8;                              // one of another
  scores[80] = std::numeric_limits<double>::quiet_NaN();
  Job job;
  SampleOptions options = Options("uncertainty", 3);
  options.min_gap = 10;
  const auto frames = SampleFrames(reader, options, {}, job, scores);
  REQUIRE(frames.size() == 3);
  CHECK(frames[0] >= 20);
  CHECK(frames[1] < 50);
  CHECK(frames[1] - frames[0] >= 10);
  CHECK(frames[2] == 105);
}

TEST_CASE("a gap is kept from labeled frames too, and given up only where there is no room") {
  tests::TempDir folder;
  VideoReader reader = Film(folder / "a.mp4");
  Job job;
  SampleOptions options = Options("random", 8);
  options.min_gap = 6;
  const std::vector<int> labeled{30, 90};
  std::vector<int> all = SampleFrames(reader, options, labeled, job);
  all.insert(all.end(), labeled.begin(), labeled.end());
  std::sort(all.begin(), all.end());
  for (size_t i = 1; i < all.size(); ++i) CHECK(all[i] - all[i - 1] >= 6);
  options.count = 100;
  CHECK(SampleFrames(reader, options, labeled, job).size() == 100);
}

TEST_CASE("wrong options are told, and a cancel stops the looking") {
  tests::TempDir folder;
  VideoReader reader = Film(folder / "a.mp4");
  Job job;
  CHECK_THROWS_WITH_AS(SampleFrames(reader, Options("best", 3), {}, job),
                       doctest::Contains("choose stride"), datasets::Error);
  CHECK_THROWS_AS(SampleFrames(reader, Options("stride", 0), {}, job), datasets::Error);
  CHECK_THROWS_WITH_AS(SampleFrames(reader, Options("uncertainty", 3), {}, job, {1, 2}),
                       doctest::Contains("120 frames"), datasets::Error);
  Job* running = nullptr;
  Job stopped([&](const Job::Progress& progress) {
    if (progress.done >= 10) running->Cancel();
  });
  running = &stopped;
  CHECK_THROWS_AS(SampleFrames(reader, Options("kmeans", 3), {}, stopped), datasets::Cancelled);
}

}  // namespace sample_test
