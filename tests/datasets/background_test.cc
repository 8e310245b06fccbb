#include <doctest/doctest.h>

#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/video/video.h"
#include "tests/support/shared_data.h"
#include "tests/support/temp_dir.h"

namespace background_test {

namespace {

using datasets::Background;
using datasets::EstimateBackground;
using datasets::Job;
using datasets::VideoReader;

constexpr int kFrames = 60;
const cv::Size kSize(160, 120);

// A ground with blocks of different grey, larger than the picture so that a camera can move on it.
cv::Mat Ground() {
  cv::Mat ground(320, 480, CV_8UC3, cv::Scalar::all(120));
  for (int y = 0; y < 320; y += 20) {
    for (int x = 0; x < 480; x += 20) {
      const int level = 60 + (x * 31 + y * 17 + x * y) % 101;
      cv::rectangle(ground, cv::Rect(x + 3, y + 3, 14, 14), cv::Scalar::all(level), cv::FILLED);
    }
  }
  return ground;
}

// The picture of each frame: where the camera looks, and where the animal is.
template <class Camera, class Animal>
VideoReader Film(const std::filesystem::path& path, const cv::Mat& ground, Camera camera,
                 Animal animal) {
  datasets::VideoWriter writer(path, kSize.width, kSize.height, 25, 12);
  for (int i = 0; i < kFrames; ++i) {
    cv::Mat frame = ground(cv::Rect(camera(i), kSize)).clone();
    cv::circle(frame, animal(i), 9, {20, 20, 30}, cv::FILLED);
    writer.Write(frame);
  }
  writer.Close();
  Job job;
  return VideoReader(path, datasets::IndexVideo(path, job));
}

cv::Point Still(int) { return {40, 40}; }
cv::Point Roaming(int i) { return {15 + (i * 37) % 130, 15 + (i * 53) % 90}; }
cv::Point Resting(int i) { return {70 + (i % 20 == 7 ? 4 : 0), 60}; }

double WorstGap(const cv::Mat& a, const cv::Mat& b) { return cv::norm(a, b, cv::NORM_INF); }

}  // namespace

TEST_CASE("a roaming animal leaves no trace in the background of a standing camera") {
  tests::TempDir folder;
  VideoReader reader = Film(folder / "a.mp4", Ground(), Still, Roaming);
  Job job;
  const Background background = EstimateBackground(reader, 40, job);
  CHECK(background.static_camera);
  CHECK(background.reliable);
  CHECK(background.moved_share > 0.2);
  CHECK(WorstGap(background.bgr, Ground()(cv::Rect({40, 40}, kSize))) <= 12);
  VideoReader again = Film(folder / "b.mp4", Ground(), Still, Roaming);
  CHECK(WorstGap(EstimateBackground(again, 40, job).bgr, background.bgr) == 0);
}

TEST_CASE("a camera that moves has no background") {
  tests::TempDir folder;
  const auto pan = [](int i) { return cv::Point(3 * i, 2 * i); };
  const auto middle = [](int) { return cv::Point(80, 60); };
  VideoReader reader = Film(folder / "a.mp4", Ground(), pan, middle);
  Job job;
  const Background background = EstimateBackground(reader, 40, job);
  CHECK_FALSE(background.static_camera);
  CHECK_FALSE(background.reliable);
  CHECK(background.bgr.empty());
}

TEST_CASE("a ground without any structure counts as seen by a standing camera") {
  tests::TempDir folder;
  const cv::Mat plain(320, 480, CV_8UC3, cv::Scalar::all(180));
  VideoReader reader = Film(folder / "a.mp4", plain, Still, Roaming);
  Job job;
  const Background background = EstimateBackground(reader, 40, job);
  CHECK(background.static_camera);
  CHECK(background.reliable);
  CHECK(WorstGap(background.bgr, plain(cv::Rect({0, 0}, kSize))) <= 6);
}

TEST_CASE("the noise of a camera that stands is not taken for a camera that moves") {
  tests::TempDir folder;
  datasets::VideoWriter writer(folder / "a.mp4", kSize.width, kSize.height, 25, 2);
  cv::RNG random(5);
  for (int i = 0; i < kFrames; ++i) {
    cv::Mat frame(kSize, CV_8UC3, cv::Scalar::all(170)), noise(kSize, CV_16SC1);
    cv::circle(frame, Roaming(i), 9, {20, 20, 30}, cv::FILLED);
    random.fill(noise, cv::RNG::NORMAL, 0, 4);  // the same in all channels, as a grey camera's
    cv::merge(std::vector<cv::Mat>(3, noise), noise);
    cv::add(frame, noise, frame, cv::noArray(), CV_8U);
    writer.Write(frame);
  }
  writer.Close();
  Job job;
  VideoReader reader(folder / "a.mp4", datasets::IndexVideo(folder / "a.mp4", job));
  const Background background = EstimateBackground(reader, 40, job);
  CHECK(background.static_camera);
  CHECK(background.reliable);
}

TEST_CASE("many animals all over the picture of a standing camera are no movement of the camera") {
  tests::TempDir folder;
  datasets::VideoWriter writer(folder / "a.mp4", kSize.width, kSize.height, 25, 8);
  for (int i = 0; i < kFrames; ++i) {
    cv::Mat frame(kSize, CV_8UC3, cv::Scalar::all(170));
    cv::rectangle(frame, {0, 0, 5, kSize.height}, cv::Scalar::all(20), cv::FILLED);
    cv::rectangle(frame, {kSize.width - 5, 0, 5, kSize.height}, cv::Scalar::all(20), cv::FILLED);
    for (int k = 0; k < 14; ++k) cv::circle(frame, Roaming(i * 5 + 11 * k), 3, {20, 20, 30}, -1);
    writer.Write(frame);
  }
  writer.Close();
  Job job;
  VideoReader reader(folder / "a.mp4", datasets::IndexVideo(folder / "a.mp4", job));
  const Background background = EstimateBackground(reader, 40, job);
  CHECK(background.static_camera);
  CHECK(background.reliable);
}

TEST_CASE("an animal that hardly moves makes the background unreliable until its masks are known") {
  tests::TempDir folder;
  const cv::Mat plain(320, 480, CV_8UC3, cv::Scalar::all(180));
  VideoReader reader = Film(folder / "a.mp4", plain, Still, Resting);
  Job job;
  const Background guessed = EstimateBackground(reader, 40, job);
  CHECK(guessed.static_camera);
  CHECK_FALSE(guessed.reliable);
  std::vector<std::pair<int, cv::Mat>> known;
  for (int i = 0; i < kFrames; i += 4) {
    cv::Mat mask = cv::Mat::zeros(kSize, CV_8U);
    cv::circle(mask, Resting(i), 9, 255, cv::FILLED);
    known.emplace_back(i, mask);
  }
  const Background told = EstimateBackground(reader, 40, job, known);
  CHECK(told.static_camera);
  CHECK(told.reliable);
  CHECK(WorstGap(told.bgr, plain(cv::Rect({0, 0}, kSize))) <= 8);
}

TEST_CASE("nothing that moves at all is not believed either") {
  tests::TempDir folder;
  VideoReader reader =
      Film(folder / "a.mp4", Ground(), Still, [](int) { return cv::Point(80, 60); });
  Job job;
  const Background background = EstimateBackground(reader, 40, job);
  CHECK(background.static_camera);
  CHECK_FALSE(background.reliable);
}

TEST_CASE("any number of samples works, and a cancel stops the work") {
  tests::TempDir folder;
  VideoReader reader = Film(folder / "a.mp4", Ground(), Still, Roaming);
  Job job;
  CHECK(EstimateBackground(reader, 1, job).bgr.size() == kSize);
  CHECK(EstimateBackground(reader, 1000, job).reliable);
  Job* running = nullptr;
  Job stopped([&](const Job::Progress& progress) {
    if (progress.done >= 5) running->Cancel();
  });
  running = &stopped;
  CHECK_THROWS_AS(EstimateBackground(reader, 40, stopped), datasets::Cancelled);
}

TEST_CASE("the real recordings are told apart: standing, moving, and animals that hardly move") {
  struct Fact {
    const char* folder;
    bool static_camera, reliable;
  };
  for (const Fact& fact : {Fact{"flies_pair", false, false},
                           {"flies_pair2", true, false},
                           {"fish_group", true, true},
                           {"mouse_openfield", true, true}}) {
    const auto data = tests::SharedData(fact.folder);
    if (!data) return;
    CAPTURE(std::string(fact.folder));
    Job job;
    VideoReader reader(*data / "video.mp4", datasets::IndexVideo(*data / "video.mp4", job));
    const Background background = EstimateBackground(reader, 50, job);
    CHECK(background.static_camera == fact.static_camera);
    CHECK(background.reliable == fact.reliable);
    CHECK(background.bgr.empty() != fact.static_camera);
  }
}

}  // namespace background_test
