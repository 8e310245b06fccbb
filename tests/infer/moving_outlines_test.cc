#include "infer/learning/moving_outlines.h"

#include <doctest/doctest.h>

#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"

namespace moving_outlines_test {

using infer::ClearFrames;
using infer::SceneToSearch;

namespace {

const cv::Size kSize(160, 120);

// A ground with a texture of its own; dark or bright animals of half axes 12 x 8 on it.
struct World {
  int frames = 60;
  bool bright = false;
  bool even = false;  // a ground of one color
  std::function<std::vector<cv::Point>(int frame)> places;

  cv::Mat Ground() const {
    cv::Mat ground(kSize, CV_8UC3, cv::Scalar::all(bright ? 25 : 180));
    if (even) return ground;
    for (int y = 0; y < kSize.height; ++y) {
      for (int x = 0; x < kSize.width; ++x) {
        ground.at<cv::Vec3b>(y, x) += cv::Vec3b::all(static_cast<uchar>((x * 7 + y * 13) % 20));
      }
    }
    return ground;
  }
  cv::Mat Shape(cv::Point at) const {
    cv::Mat mask = cv::Mat::zeros(kSize, CV_8UC1);
    cv::ellipse(mask, at, {12, 8}, 20, 0, 360, 255, -1);
    return mask;
  }
  cv::Mat Picture(int frame) const {
    cv::Mat picture = Ground();
    for (const cv::Point at : places(frame)) {
      picture.setTo(cv::Scalar::all(bright ? 210 : 30), Shape(at));
    }
    return picture;
  }
  SceneToSearch Scene(int animals, bool still = true) const {
    SceneToSearch scene;
    scene.picture = [this](int frame) { return Picture(frame); };
    if (still) scene.background = Ground();
    scene.frame_count = frames;
    scene.animals = animals;
    return scene;
  }
};

// Two that walk on lanes of their own, and meet in the middle of the video for ten frames.
std::vector<cv::Point> TwoThatMeet(int frame) {
  const int x = 20 + 2 * frame;
  const int y = std::abs(frame - 30) <= 5 ? 45 : 90;
  return {{x, 35}, {x, y}};
}

ClearFrames Find(const SceneToSearch& scene) {
  datasets::Job job;
  return FindClearFrames(scene, job);
}

}  // namespace

TEST_CASE("Frames on which the animals are apart are outlined, those on which they touch are not") {
  World world;
  world.places = TwoThatMeet;
  for (const bool bright : {false, true}) {
    CAPTURE(bright);
    world.bright = bright;
    const ClearFrames found = Find(world.Scene(0));
    CHECK(found.why_not.empty());
    CHECK(found.animals == 2);
    CHECK_FALSE(found.changing);
    CHECK(found.looked == 60);
    CHECK(found.clear == 49);
    CHECK(found.frames.size() == 40);
    CHECK(found.frames.front().frame < 5);
    CHECK(found.frames.back().frame > 54);
    for (const infer::ClearFrame& clear : found.frames) {
      CHECK(std::abs(clear.frame - 30) > 5);
      REQUIRE(clear.outlines.size() == 2);
      const auto places = TwoThatMeet(clear.frame);
      double best = 0;
      for (const cv::Point at : places) {
        best = std::max(best,
                        datasets::RleIou(clear.outlines[0], datasets::EncodeMask(world.Shape(at))));
      }
      CHECK(best > 0.8);  // a pixel of blur around 24 x 16
    }
  }
}

TEST_CASE("Where the camera moves, an even ground still tells the animals") {
  World world;
  world.even = true;
  world.places = TwoThatMeet;
  const ClearFrames found = Find(world.Scene(2, false));
  CHECK(found.why_not.empty());
  CHECK(found.clear == 49);
}

TEST_CASE("What differs at one place throughout is no animal") {
  World world;
  world.places = [](int frame) {
    return std::vector<cv::Point>{{30 + 2 * frame / 3, 35 + frame}, {130, 30}};
  };
  const ClearFrames found = Find(world.Scene(0));
  CHECK(found.why_not.empty());
  CHECK(found.animals == 1);
  for (const infer::ClearFrame& clear : found.frames) REQUIRE(clear.outlines.size() == 1);
}

TEST_CASE("Frames that a person labeled are never proposed") {
  World world;
  world.places = TwoThatMeet;
  SceneToSearch scene = world.Scene(2);
  for (int frame = 0; frame < 20; ++frame) scene.known_frames.insert(frame);
  const ClearFrames found = Find(scene);
  CHECK(found.looked == 40);
  for (const infer::ClearFrame& clear : found.frames) CHECK(clear.frame >= 20);
}

TEST_CASE("A group whose number changes teaches on every frame on which all are apart") {
  World world;
  world.places = [](int frame) {
    std::vector<cv::Point> places;
    for (int k = 0; k < 1 + frame / 20; ++k) places.push_back({20 + frame * 2, 20 + 35 * k});
    return places;
  };
  const ClearFrames found = Find(world.Scene(0));
  CHECK(found.changing);
  CHECK(found.animals == 3);
  CHECK(found.clear == 60);
}

TEST_CASE("What cannot be found is said with the frame where one outline helps most") {
  World world;
  SUBCASE("nothing moves") {
    world.places = [](int) { return std::vector<cv::Point>{}; };
    const ClearFrames found = Find(world.Scene(2));
    CHECK(found.why_not.find("nothing in it moves") != std::string::npos);
    CHECK(found.frames.empty());
  }
  SUBCASE("they touch throughout, but for two frames") {
    world.places = [](int frame) {
      const int x = 30 + frame, y = 40 + frame % 7;
      const bool apart = frame == 21 || frame == 41;
      return std::vector<cv::Point>{{x, y}, {x, apart ? y + 40 : y + 9}};
    };
    const ClearFrames found = Find(world.Scene(2));
    CHECK(found.why_not.find("2 animals apart are seen on 2 of 60") != std::string::npos);
    CHECK((found.ask_frame == 21 || found.ask_frame == 41));
  }
  SUBCASE("fewer than were said") {
    world.places = TwoThatMeet;
    const ClearFrames found = Find(world.Scene(5));
    CHECK(found.why_not.find("5 animals") != std::string::npos);
  }
  SUBCASE("an empty video") {
    world.frames = 0;
    CHECK_FALSE(Find(world.Scene(2)).why_not.empty());
  }
}

TEST_CASE("The search can be cancelled") {
  World world;
  world.places = TwoThatMeet;
  datasets::Job job;
  job.Cancel();
  CHECK_THROWS_AS(FindClearFrames(world.Scene(2), job), datasets::Cancelled);
}

}  // namespace moving_outlines_test
