// What a recording shows in the window while it runs.
#include "app/model/live/live_watch.h"

#include <doctest/doctest.h>

namespace live_watch_test {

using app::LiveWatch;

namespace {

infer::Blob Disc() {
  infer::Blob blob;
  infer::SetMask(blob, cv::Mat(20, 20, CV_8UC1, cv::Scalar(255)), {30, 40, 20, 20});
  blob.tracklet = 1;
  return blob;
}

infer::LiveFrame Frame(int number) {
  infer::LiveFrame frame;
  frame.number = number;
  frame.bgr = cv::Mat(120, 160, CV_8UC3, cv::Scalar::all(9));
  return frame;
}

}  // namespace

TEST_CASE("The newest picture comes once, with outlines and names, and only to who looks") {
  int woken = 0;
  LiveWatch watch([&] { ++woken; });
  REQUIRE(watch.Begin("camera 0"));
  CHECK_FALSE(watch.Begin("camera 1"));
  const infer::Blob blob = Disc();
  const std::vector<infer::SeenAnimal> seen = {{1, "animal_2", &blob, infer::Movement::kStill}};
  watch.Show(Frame(0), seen);
  CHECK(watch.TakePicture() == nullptr);  // nobody looks
  CHECK(woken == 0);
  watch.SetWatched(true);
  watch.Show(Frame(1), seen);
  CHECK(woken == 1);
  const auto picture = watch.TakePicture();
  REQUIRE(picture);
  CHECK(picture->frame == 1);
  REQUIRE(picture->animals.size() == 1);
  CHECK(picture->animals[0].name == "animal_2");
  CHECK(picture->animals[0].movement == "still");
  REQUIRE(picture->animals[0].outline.size() == 1);
  const datasets::Box box = datasets::BoxOf(picture->animals[0].outline);
  CHECK(box.x == doctest::Approx(30));
  CHECK(box.y == doctest::Approx(40));
  CHECK(box.width == doctest::Approx(20));
  CHECK(watch.TakePicture() == nullptr);
  // A window that is slow gets the newest, not all.
  watch.Show(Frame(5), seen);
  watch.Show(Frame(9), seen);
  CHECK(watch.TakePicture()->frame == 9);
}

TEST_CASE("What was said stays short, and how it ended stays until the next one begins") {
  LiveWatch watch([] {});
  int64_t version = 0;
  CHECK(watch.Look(version)->outcome.empty());
  CHECK(watch.Look(version) == nullptr);
  REQUIRE(watch.Begin("camera 0"));
  for (int i = 0; i < 100; ++i) watch.Say(std::to_string(i));
  CHECK(watch.Look(version)->lines.size() == LiveWatch::kLinesKept);
  watch.End("the disk is full", true, 7);
  CHECK_FALSE(watch.running());
  const auto ended = watch.Look(version);
  CHECK(ended->failed);
  CHECK(ended->video_id == 7);
  CHECK(ended->lines.back() == "99");
  REQUIRE(watch.Begin("camera 0"));
  CHECK(watch.Look(version)->outcome.empty());
}

TEST_CASE("How long the disk lasts is told from the recording so far") {
  LiveWatch::View view;
  view.figures.seconds = 5;
  view.recorded_bytes = 1000000;
  view.free_bytes = 60000000;
  CHECK_FALSE(app::DiskLasts(view));  // too early to say
  view.figures.seconds = 20;
  CHECK(*app::DiskLasts(view) == doctest::Approx(1200));
  view.free_bytes = 0;  // not known
  CHECK_FALSE(app::DiskLasts(view));
  CHECK(app::BytesInWords(12345678901) == "12.3 GB");
  CHECK(app::BytesInWords(2500000) == "2.5 MB");
  CHECK(app::BytesInWords(29000) == "29 kB");
}

}  // namespace live_watch_test
