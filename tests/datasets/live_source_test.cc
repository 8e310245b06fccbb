// Pictures as they come.
#include "datasets/video/live_source.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <opencv2/imgproc.hpp>
#include <thread>

#include "datasets/base/error.h"
#include "datasets/video/video.h"
#include "tests/support/temp_dir.h"

namespace live_source_test {

using datasets::LiveNews;
using datasets::LivePicture;

namespace {

std::string Video(const std::filesystem::path& file, int frames) {
  datasets::VideoWriter writer(file, 64, 48, 25);
  for (int frame = 0; frame < frames; ++frame) {
    writer.Write(cv::Mat(48, 64, CV_8UC3, cv::Scalar::all(10 * frame)));
  }
  writer.Close();
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void Feed(const std::filesystem::path& pipe, const std::string& bytes) {
  const int out = open(pipe.c_str(), O_WRONLY);
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t now = write(out, bytes.data() + done, bytes.size() - done);
    if (now <= 0) break;
    done += static_cast<size_t>(now);
  }
  close(out);
}

}  // namespace

TEST_CASE("A file gives all its pictures with their times, at its rate or at once") {
  tests::TempDir folder;
  Video(folder / "clip.mp4", 10);
  const std::atomic<bool> stop{false};
  for (const bool as_fast : {true, false}) {
    const auto source = datasets::PlayFile(folder / "clip.mp4", as_fast, stop);
    LivePicture picture;
    std::vector<int64_t> times;
    const auto start = std::chrono::steady_clock::now();
    while (source->Next(&picture) == LiveNews::kPicture) {
      CHECK(std::abs(cv::mean(picture.bgr)[0] - 10.0 * static_cast<double>(times.size())) < 3);
      times.push_back(picture.milliseconds);
    }
    const auto took = std::chrono::steady_clock::now() - start;
    CHECK(times == std::vector<int64_t>{0, 40, 80, 120, 160, 200, 240, 280, 320, 360});
    if (!as_fast) CHECK(took >= std::chrono::milliseconds(355));
    CHECK(source->fps() == doctest::Approx(25));
  }
}

TEST_CASE("A named pipe whose writer goes is broken, and goes on with the next one") {
  tests::TempDir folder;
  const std::string bytes = Video(folder / "clip.mkv", 8);
  const auto pipe = folder / "camera";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  std::atomic<bool> stop{false};
  const auto source = datasets::PlayFile(pipe, false, stop);
  LivePicture picture;
  int64_t last = -1;
  for (int turn = 0; turn < 2; ++turn) {
    std::thread writer([&] { Feed(pipe, bytes); });
    for (int frame = 0; frame < 8; ++frame) {
      REQUIRE(source->Next(&picture) == LiveNews::kPicture);
      CHECK(std::abs(cv::mean(picture.bgr)[0] - 10.0 * frame) < 3);
      CHECK(picture.milliseconds >= last);
      last = picture.milliseconds;
    }
    CHECK(source->Next(&picture) == LiveNews::kBroken);
    CHECK(source->problem() == "nobody writes to it any more");
    writer.join();
  }
  std::thread other([&] { Feed(pipe, "this is no video " + std::string(5000, 'x')); });
  CHECK(source->Next(&picture) == LiveNews::kBroken);
  CHECK(source->problem() == "this is not a video that can be read");
  other.join();
  std::thread stopper([&] { stop = true; });  // while it waits for a writer
  CHECK(source->Next(&picture) == LiveNews::kEnd);
  stopper.join();
}

TEST_CASE("What can give no pictures is said in one line") {
  tests::TempDir folder;
  const std::atomic<bool> stop{false};
  CHECK_THROWS_WITH_AS(datasets::PlayFile(folder / "none.mp4", true, stop),
                       doctest::Contains("no such file"), datasets::Error);
  CHECK_THROWS_WITH_AS(datasets::PlayFile(folder.path(), true, stop), doctest::Contains("folder"),
                       datasets::Error);
  std::ofstream(folder / "text.mp4") << "hello";
  LivePicture picture;
  const auto source = datasets::PlayFile(folder / "text.mp4", true, stop);
  CHECK_THROWS_WITH_AS(source->Next(&picture), doctest::Contains("not a video"), datasets::Error);
  const auto stream = datasets::ReadStream("tcp://127.0.0.1:9", stop);
  CHECK(stream->Next(&picture) == LiveNews::kBroken);
  CHECK_FALSE(stream->problem().empty());
}

}  // namespace live_source_test
