#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <random>
#include <thread>

#include "datasets/base/error.h"
#include "datasets/video/video.h"
#include "tests/support/coded_video.h"
#include "tests/support/temp_dir.h"
#include "tests/support/video_checks.h"

namespace video_cache_test {

namespace {

using datasets::Error;
using datasets::IndexVideo;
using datasets::Job;
using datasets::VideoIndex;
using datasets::VideoReader;
using tests::CheckCodes;
using tests::CheckEveryPath;
using tests::CoarseGap;
using tests::ReadBytes;
using tests::Same;
using tests::WriteBytes;

}  // namespace

TEST_CASE("what the cache gives is what the reader gives, within its bytes, from many threads") {
  tests::TempDir folder;
  {
    datasets::VideoWriter writer(folder / "a.mp4", 180, 60, 25, 20, 30);
    for (int i = 0; i < 120; ++i) writer.Write(tests::CodedFrame(i));
    writer.Close();
  }
  Job job;
  const VideoIndex index = IndexVideo(folder / "a.mp4", job);
  VideoReader reader(folder / "a.mp4", index);
  std::vector<cv::Mat> truth;
  for (int i = 0; i < 120; ++i) truth.push_back(reader.Read(i));
  const size_t frame_bytes = 180 * 60 * 3;
  for (const size_t room : {size_t{0}, 3 * frame_bytes + 10, 50 * frame_bytes, 500 * frame_bytes}) {
    CAPTURE(room);
    datasets::FrameCache cache(folder / "a.mp4", index, room);
    std::atomic<int> wrong{0};
    std::atomic<bool> over{false};
    std::vector<std::thread> people;
    for (unsigned person = 0; person < 3; ++person) {
      people.emplace_back([&, person] {
        std::mt19937 random(person);
        int frame = 60, step = 1;
        for (int k = 0; k < 150; ++k) {
          if (random() % 20 == 0) frame = static_cast<int>(random() % 120);
          if (random() % 15 == 0) step = -step;
          frame = std::clamp(frame + step, 0, 119);
          cache.Prefetch(frame, step);
          if (const auto quick = cache.GetIfCached(frame)) wrong += !Same(*quick, truth[frame]);
          wrong += !Same(cache.Get(frame), truth[frame]);
          if (cache.used_bytes() > room) over = true;
        }
      });
    }
    for (std::thread& person : people) person.join();
    CHECK(wrong == 0);
    CHECK_FALSE(over);
  }
}

TEST_CASE("stepping back finds the frames before in the cache, and prefetching goes both ways") {
  tests::TempDir folder;
  {
    datasets::VideoWriter writer(folder / "a.mp4", 180, 60, 25, 20, 40);
    for (int i = 0; i < 120; ++i) writer.Write(tests::CodedFrame(i));
    writer.Close();
  }
  Job job;
  const VideoIndex index = IndexVideo(folder / "a.mp4", job);
  datasets::FrameCache cache(folder / "a.mp4", index, size_t{100} * 180 * 60 * 3);
  cache.Get(75);
  cache.Get(74);
  for (int frame = 73; frame >= 59; --frame) CHECK(cache.GetIfCached(frame).has_value());
  for (const std::array<int, 3>& run :
       std::vector<std::array<int, 3>>{{59, -1, 40}, {20, -1, 5}, {80, 1, 110}}) {
    const int from = run[0], step = run[1], far = run[2];
    CAPTURE(step);
    cache.Prefetch(from, step);
    bool arrived = false;
    for (int patience = 0; patience < 20000 && !arrived; ++patience) {
      arrived = cache.GetIfCached(far).has_value();
      if (!arrived) std::this_thread::yield(), usleep(500);
    }
    CHECK(arrived);
  }
}

TEST_CASE("what the writer wrote reads back: sizes, rates, groups, pictures") {
  tests::TempDir folder;
  for (const cv::Size size : {cv::Size(180, 60), cv::Size(181, 61)}) {
    for (const char* name : {"w.mp4", "w.mkv", "w.avi"}) {
      CAPTURE(std::string(name));
      datasets::VideoWriter writer(folder / name, size.width, size.height, 29.97, 12, 15);
      for (int i = 0; i < 50; ++i) writer.Write(tests::CodedFrame(i, size));
      CHECK_FALSE(std::filesystem::exists(folder / name));
      writer.Close();
      CHECK_FALSE(std::filesystem::exists(folder / (std::string(name) + ".part")));
      Job job;
      std::string warning;
      const VideoIndex index = IndexVideo(folder / name, job, &warning);
      CHECK(warning == "");
      CHECK(index.frame_count() == 50);
      CHECK(index.width == size.width);
      CHECK(index.height == size.height);
      CHECK(index.fps == doctest::Approx(29.97).epsilon(0.01));
      CheckCodes(folder / name, index);
      CheckEveryPath(folder / name, index);
      VideoReader reader(folder / name, index);
      CHECK(CoarseGap(reader.Read(20), tests::CodedFrame(20, size)) <= 8);
      std::filesystem::remove(folder / name);
    }
  }
}

TEST_CASE("a video that is not closed leaves nothing, and an old one stays as it was") {
  tests::TempDir folder;
  WriteBytes(folder / "a.mp4", "precious");
  {
    datasets::VideoWriter writer(folder / "a.mp4", 180, 60, 25);
    for (int i = 0; i < 5; ++i) writer.Write(tests::CodedFrame(i));
  }
  CHECK(ReadBytes(folder / "a.mp4") == "precious");
  CHECK_FALSE(std::filesystem::exists(folder / "a.mp4.part"));
  CHECK_THROWS_AS(datasets::VideoWriter(folder / "no/such/a.mp4", 180, 60, 25), Error);
  CHECK_THROWS_AS(datasets::VideoWriter(folder / "b.mp4", 0, 60, 25), Error);
  CHECK_THROWS_AS(datasets::VideoWriter(folder / "b.mp4", 180, 60, 0), Error);
}

TEST_CASE("a full disk is told, and leaves no half video") {
  tests::TempDir folder;
  const pid_t child = fork();
  if (child == 0) {  // a limit of its own, so that the other tests keep theirs
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{20000, 20000};
    setrlimit(RLIMIT_FSIZE, &limit);
    int code = 1;
    try {
      datasets::VideoWriter writer(folder / "a.mp4", 320, 240, 25, 1);
      cv::Mat noise(240, 320, CV_8UC3);
      for (int i = 0; i < 60; ++i) {
        cv::randu(noise, 0, 255);
        writer.Write(noise);
      }
      writer.Close();
    } catch (const Error& error) {
      code = std::string(error.what()).find("make room") != std::string::npos ? 42 : 2;
    }
    _exit(code);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 42);
  CHECK(std::filesystem::is_empty(folder.path()));
}

}  // namespace video_cache_test
