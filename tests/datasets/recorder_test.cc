// Videos that are written while they happen.
#include "datasets/video/recorder.h"

#include <doctest/doctest.h>

#include <fstream>
#include <functional>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/video/fingerprint.h"
#include "tests/support/other_process.h"
#include "tests/support/temp_dir.h"
#include "tests/support/video_checks.h"

namespace recorder_test {

namespace {

cv::Mat Picture(int frame) {
  cv::Mat picture(96, 128, CV_8UC3, cv::Scalar(120, 150, 140));
  cv::circle(picture, {10 + frame, 48}, 9, cv::Scalar::all(40), -1);
  return picture;
}

std::string ErrorOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const datasets::Error& error) {
    return error.what();
  }
  return "";
}

int64_t Time(int frame) { return 5000 + frame * 100 / 3; }

void CheckSame(const datasets::VideoIndex& told, const datasets::VideoIndex& found) {
  CHECK(told.width == found.width);
  CHECK(told.height == found.height);
  CHECK(told.time_base_num == found.time_base_num);
  CHECK(told.time_base_den == found.time_base_den);
  CHECK(told.pts == found.pts);
  CHECK(told.key_frames == found.key_frames);
  CHECK(told.fps == doctest::Approx(found.fps));
}

}  // namespace

TEST_CASE("A closed recording is what its index says, and every frame is reached on every path") {
  tests::TempDir folder;
  const auto file = folder.path() / "live.mkv";
  datasets::Recorder recorder(file, 128, 96, 30);
  for (int frame = 0; frame < 150; ++frame) {
    recorder.Write(Picture(frame), Time(frame));
    if (frame % 30 == 29) recorder.Flush();
  }
  recorder.Close();
  datasets::Job job;
  const datasets::VideoIndex found = datasets::IndexVideo(file, job);
  CheckSame(recorder.index(), found);
  CHECK(recorder.index().fingerprint == found.fingerprint);
  CHECK(found.key_frames.size() == 3);
  tests::CheckEveryPath(file, recorder.index());
  const std::string said = ErrorOf([&] { datasets::Recorder(file, 128, 96, 30); });
  CHECK(said.find("there already") != std::string::npos);
  CHECK(said.find("another name") != std::string::npos);
}

TEST_CASE("A recording whose program is killed holds everything up to the last flush") {
  tests::TempDir folder;
  const auto file = folder.path() / "live.mkv";
  const std::string told = (folder.path() / "told").string();
  const int status = tests::InChild([&] {
    datasets::Recorder recorder(file, 128, 96, 30);
    for (int frame = 0; frame < 100; ++frame) {
      recorder.Write(Picture(frame), Time(frame));
      if (frame == 89) {
        recorder.Flush();
        std::ofstream(told) << recorder.index().fingerprint;
      }
    }
    kill(getpid(), SIGKILL);
    return 0;
  });
  CHECK(status == 1000 + SIGKILL);
  std::string fingerprint;
  std::ifstream(told) >> fingerprint;
  CHECK(datasets::HasFingerprint(file, fingerprint));
  datasets::Job job;
  datasets::VideoIndex found = datasets::IndexVideo(file, job);
  CHECK(found.frame_count() >= 90);
  found.fingerprint = fingerprint;
  CHECK(tests::Same(datasets::VideoReader(file, found).Read(89),
                    datasets::VideoReader(file, datasets::IndexVideo(file, job)).Read(89)));
  std::filesystem::resize_file(file, datasets::GrowingBytes(fingerprint));
  CHECK(datasets::FingerprintFile(file) == datasets::EndedFingerprint(fingerprint));
  CHECK(datasets::IndexVideo(file, job).frame_count() == 90);
  tests::CheckEveryPath(file, datasets::IndexVideo(file, job));
  std::filesystem::resize_file(file, 1000);
  CHECK_FALSE(datasets::HasFingerprint(file, fingerprint));
}

TEST_CASE("Times that stand still or go back are moved on, and one frame is a video") {
  tests::TempDir folder;
  const auto file = folder.path() / "live.mkv", one = folder.path() / "one.mkv";
  datasets::Recorder recorder(file, 128, 96, 25);
  for (const int time : {700, 740, 740, 700, 800}) recorder.Write(Picture(time / 20), time);
  recorder.Close();
  CHECK(recorder.index().pts == std::vector<int64_t>{0, 40, 41, 42, 100});
  datasets::Job job;
  CheckSame(recorder.index(), datasets::IndexVideo(file, job));
  datasets::Recorder single(one, 128, 96, 25);
  single.Write(Picture(0), 3);
  single.Close();
  CheckSame(single.index(), datasets::IndexVideo(one, job));
}

}  // namespace recorder_test
