#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/behavior/drawing.h"
#include "datasets/behavior/pictures.h"
#include "tests/support/temp_dir.h"

namespace behavior_pictures_test {

using namespace datasets;

namespace {

int64_t CountColor(const cv::Mat& picture, uint32_t color) {
  cv::Mat same;
  const cv::Scalar bgr(color & 255, color >> 8 & 255, color >> 16 & 255);
  cv::inRange(picture, bgr, bgr, same);
  return cv::countNonZero(same);
}

BehaviorScores Scores() {
  BehaviorScores scores;
  scores.behaviors = {{"rear", false, "", 0xFF0000}, {"groom", false, "", 0x0000FF}};
  BoutSeries series;
  series.video = "a < b & \"c\"";
  series.subject = "m";
  series.fps = 25;
  series.end_frame = 1000;
  series.bouts = {{0, 0, 250}, {1, 500, 510}};
  scores.series = {series};
  return scores;
}

VideoMotion Setup() {
  VideoMotion motion;
  motion.video.name = "clip";
  motion.video.width = 200;
  motion.video.height = 100;
  motion.video.fps = 10;
  motion.animals = {"a", "b"};
  motion.colors = {0xFF0000, 0x0000FF};
  return motion;
}

AnimalMotion At(int frame, double x, double y) {
  AnimalMotion motion;
  motion.frame = frame;
  motion.moments.x = x;
  motion.moments.y = y;
  motion.moments.area = 1;
  if (frame > 0) motion.step_px = 1;
  return motion;
}

}  // namespace

TEST_CASE("The bars of an ethogram are as long as the bouts") {
  const cv::Mat picture = EthogramPicture(Scores()).Render();
  const int64_t rear = CountColor(picture, 0xFF0000), groom = CountColor(picture, 0x0000FF);
  CHECK(rear > 0);
  CHECK(groom > 0);
  CHECK(static_cast<double>(rear) / static_cast<double>(groom) ==
        doctest::Approx(25).epsilon(0.05));
}

TEST_CASE("An author has rows for what was looked for, and every behavior a color of its own") {
  BehaviorScores scores = Scores();
  scores.behaviors.pop_back();
  scores.series[0].bouts.pop_back();
  BehaviorScores machine = Scores();
  machine.behaviors = {{"freezing", false, "", 0xFF0000}};  // the color of rear
  machine.series[0].author = "automatic";
  machine.series[0].bouts = {{0, 100, 200}};
  machine.series[0].looked_for = {0};
  AddScores(scores, machine, "masks");
  REQUIRE(scores.behaviors.size() == 2);
  CHECK(scores.behaviors[0].color == 0xFF0000);
  CHECK(scores.behaviors[1].color != 0xFF0000);
  const std::string svg = EthogramPicture(scores).Svg();
  for (const std::string name : {">rear<", ">freezing<"}) {
    CAPTURE(name);
    CHECK(svg.find(name) != std::string::npos);
    CHECK(svg.find(name) == svg.rfind(name));
  }
}

TEST_CASE("Names are escaped in SVG, and PNG and SVG are whole files") {
  const tests::TempDir folder;
  const Drawing drawing = EthogramPicture(Scores());
  CHECK(drawing.Svg().find("a &lt; b &amp; &quot;c&quot;") != std::string::npos);
  drawing.Save(folder / "e.svg");
  drawing.Save(folder / "e.png");
  const cv::Mat read = cv::imread((folder / "e.png").string());
  CHECK(read.cols == static_cast<int>(std::ceil(drawing.width())));
  CHECK_THROWS_AS(drawing.Save(folder / "e.bmp"), Error);
  CHECK_THROWS_AS(drawing.Save(folder.path() / "missing" / "e.png"), Error);
  CHECK_FALSE(std::filesystem::exists(folder / "e.bmp"));
}

TEST_CASE("Nothing to draw, and more rows than a picture holds, are one clear line") {
  CHECK_THROWS_AS(EthogramPicture({}), Error);
  BehaviorScores many = Scores();
  for (int i = 0; i < 2000; ++i) {
    many.series.push_back(many.series[0]);
    many.series.back().subject = std::to_string(i);
  }
  CHECK_THROWS_WITH_AS(EthogramPicture(many), doctest::Contains("choose fewer videos"), Error);
  CHECK_THROWS_AS(PlaceCollector().Trajectory({}), Error);
}

TEST_CASE("Occupancy holds each frame once, in the square where the animal was") {
  PlaceCollector places(20);  // squares of 10 pixels
  const VideoMotion setup = Setup();
  for (int frame = 0; frame < 50; ++frame) places.Add(setup, {At(frame, 15, 25)});
  for (int frame = 50; frame < 80; ++frame) places.Add(setup, {At(frame, 199.9, 99.9)});
  const cv::Mat_<double>& seconds = places.SecondsOf(0);
  CHECK(seconds.rows == 10);
  CHECK(seconds.cols == 20);
  CHECK(seconds(2, 1) == doctest::Approx(5));
  CHECK(seconds(9, 19) == doctest::Approx(3));
  CHECK(cv::sum(seconds)[0] == doctest::Approx(8));
  CHECK(places.SecondsOf(1).empty());
  CHECK(places.Occupancy({}).Render().cols > 200);
}

TEST_CASE("A trajectory lies where the animal went, over the scene") {
  PlaceCollector places;
  const VideoMotion setup = Setup();
  for (int frame = 0; frame < 180; ++frame) places.Add(setup, {At(frame, 10 + frame, 50)});
  const cv::Mat background(100, 200, CV_8UC3, cv::Scalar(0, 0, 0));
  const cv::Mat picture = places.Trajectory(background).Render();
  CHECK(CountColor(picture, 0xFF0000) > 300);     // 180 video pixels are 468 on the picture
  CHECK(CountColor(picture, 0x0000FF) == 0);      // b was never there
  CHECK(CountColor(picture, 0xA6A6A6) > 100000);  // the scene, pale
}

TEST_CASE("A path of a million steps stays small enough to draw") {
  PlaceCollector places;
  const VideoMotion setup = Setup();
  for (int frame = 0; frame < 1'000'000; ++frame) {
    places.Add(setup, {At(frame, 10 + frame % 180, 10 + frame / 180 % 80)});
  }
  CHECK(places.Trajectory({}).Svg().size() < 2'000'000);
}

}  // namespace behavior_pictures_test
