#include "annotate/assist/assist.h"

#include <doctest/doctest.h>

#include <cmath>
#include <iostream>
#include <opencv2/imgproc.hpp>

#include "annotate/assist/assist_benchmark.h"
#include "annotate/assist/interpolate.h"
#include "annotate/assist/pixel_region.h"
#include "datasets/base/error.h"
#include "datasets/shape/mask.h"
#include "datasets/synthetic/scene.h"
#include "tests/support/shared_data.h"

namespace assist_test {

namespace {

struct Scene {
  cv::Mat background, frame, truth;
};

// A textured animal with legs (which are not part of it) on a ground with grain.
Scene Animal(cv::Point center, int ground, int fur, double angle = 20) {
  Scene scene;
  cv::RNG random(3);
  scene.background = cv::Mat(240, 320, CV_8UC3);
  for (int y = 0; y < 240; ++y) {
    for (int x = 0; x < 320; ++x) {
      const int grain = random.uniform(-4, 5);
      scene.background.at<cv::Vec3b>(y, x) =
          cv::Vec3b::all(cv::saturate_cast<uchar>(ground + grain));
    }
  }
  scene.frame = scene.background.clone();
  scene.truth = cv::Mat(240, 320, CV_8UC1, cv::Scalar(0));
  for (const int leg : {-18, 0, 18}) {
    cv::line(scene.frame, center + cv::Point(leg, -30), center + cv::Point(leg, 30),
             cv::Scalar::all(fur), 2);
  }
  cv::ellipse(scene.truth, center, {34, 17}, angle, 0, 360, 255, cv::FILLED);
  for (int y = 0; y < 240; ++y) {
    for (int x = 0; x < 320; ++x) {
      if (!scene.truth.at<uchar>(y, x)) continue;
      scene.frame.at<cv::Vec3b>(y, x) =
          cv::Vec3b::all(cv::saturate_cast<uchar>(fur + (x * 7 + y * 3) % 16 - 8));
    }
  }
  return scene;
}

double IouWith(const datasets::Polygons& polygons, const cv::Mat& truth) {
  if (polygons.empty()) return 0;
  return datasets::RleIou(datasets::RlePolygons(polygons, truth.rows, truth.cols),
                          datasets::EncodeMask(truth));
}

datasets::Polygons Outline(const cv::Mat& mask) { return datasets::TraceMask(mask); }

}  // namespace

TEST_CASE(
    "blob: a bright animal on a dark ground and a dark one on a bright ground, legs left out") {
  for (const auto& colors : {std::pair(15, 150), {190, 40}, {120, 35}}) {
    const int ground = colors.first, fur = colors.second;
    CAPTURE(ground);
    const Scene scene = Animal({150, 120}, ground, fur);
    for (const double area : {0.0, 1800.0}) {
      const auto with = annotate::BlobAt(scene.frame, scene.background, {150.5, 120.5}, area);
      CHECK(IouWith(with.polygons, scene.truth) > 0.9);
      CHECK(with.quality > 0.8);
      const auto without = annotate::BlobAt(scene.frame, cv::Mat(), {150.5, 120.5}, area);
      CHECK(IouWith(without.polygons, scene.truth) > 0.9);
    }
  }
}

TEST_CASE("blob: a shadow beside a dark animal is not taken for the animal") {
  Scene scene = Animal({150, 120}, 190, 35);
  cv::Mat shadow(240, 320, CV_8UC1, cv::Scalar(0));
  cv::ellipse(shadow, {165, 140}, {36, 18}, 20, 0, 360, 255, cv::FILLED);
  shadow.setTo(0, scene.truth);
  cv::Mat darker = scene.frame * 0.75;
  darker.copyTo(scene.frame, shadow);
  const auto blob = annotate::BlobAt(scene.frame, scene.background, {150.5, 120.5}, 1800);
  CHECK(IouWith(blob.polygons, scene.truth) > 0.88);
}

TEST_CASE(
    "blob: of two touching animals it takes the one that was clicked, once their size is known") {
  Scene left = Animal({110, 120}, 15, 150, 0), right = Animal({175, 120}, 15, 150, 0);
  cv::Mat both = cv::max(left.frame, right.frame);
  const auto blob = annotate::BlobAt(both, left.background, {105.5, 120.5}, 1800);
  CHECK(IouWith(blob.polygons, left.truth) > 0.8);
  CHECK(IouWith(blob.polygons, right.truth) < 0.1);
}

TEST_CASE(
    "blob: an animal that sat still and got into the background image is found all the same") {
  const Scene here = Animal({150, 120}, 15, 150);
  const auto blob = annotate::BlobAt(here.frame, here.frame, {150.5, 120.5}, 1800);
  CHECK(IouWith(blob.polygons, here.truth) > 0.9);
}

TEST_CASE("blob: nothing is proposed on plain ground, outside, or on a picture of another kind") {
  const Scene scene = Animal({150, 120}, 15, 150);
  CHECK(annotate::BlobAt(scene.frame, scene.background, {20, 20}, 1800).polygons.empty());
  CHECK(annotate::BlobAt(scene.frame, scene.background, {-5, 20}, 1800).polygons.empty());
  CHECK(annotate::BlobAt(scene.frame, scene.background, {std::nan(""), 2}, 0).polygons.empty());
  CHECK(annotate::BlobAt(cv::Mat(), cv::Mat(), {1, 1}, 0).polygons.empty());
  CHECK(annotate::BlobAt(scene.truth, cv::Mat(), {150, 120}, 0).polygons.empty());
}

TEST_CASE("blob: a background of another size is not used") {
  const Scene scene = Animal({150, 120}, 15, 150);
  const cv::Mat small(10, 10, CV_8UC3, cv::Scalar::all(0));
  CHECK(IouWith(annotate::BlobAt(scene.frame, small, {150.5, 120.5}, 0).polygons, scene.truth) >
        0.9);
}

TEST_CASE("wand: takes the connected pixels of like color, more with more tolerance") {
  cv::Mat picture(100, 100, CV_8UC3, cv::Scalar(30, 30, 30));
  cv::rectangle(picture, {20, 20, 30, 30}, {80, 80, 80}, cv::FILLED);
  cv::rectangle(picture, {50, 20, 30, 30}, {110, 110, 110}, cv::FILLED);
  cv::rectangle(picture, {20, 80, 30, 10}, {80, 80, 80}, cv::FILLED);  // like, but apart
  CHECK(annotate::AreaOf(annotate::WandAt(picture, {30, 30}, 10).polygons) ==
        doctest::Approx(900).epsilon(0.05));
  CHECK(annotate::AreaOf(annotate::WandAt(picture, {30, 30}, 25).polygons) ==
        doctest::Approx(1800).epsilon(0.05));
  CHECK(annotate::WandAt(picture, {300, 30}, 25).polygons.empty());
  CHECK(annotate::WandAt(picture, {30, 30}, std::nan("")).polygons.empty());
}

TEST_CASE("GrabCut: an outline that is off by some pixels snaps to the animal") {
  const Scene scene = Animal({150, 120}, 60, 150);
  const auto outline = Outline(scene.truth);
  for (const auto& background : {scene.background, cv::Mat()}) {
    const auto fitted = annotate::GrabCutFrom(scene.frame, background, outline, {4, -3});
    CHECK(IouWith(fitted.polygons, scene.truth) > 0.9);
    CHECK(fitted.quality > 0.8);
  }
}

TEST_CASE("GrabCut: gives the same outline each time, and nothing for what can't be cut") {
  const Scene scene = Animal({150, 120}, 60, 150);
  const auto outline = Outline(scene.truth);
  const auto once = annotate::GrabCutFrom(scene.frame, scene.background, outline, {2, 2});
  const auto again = annotate::GrabCutFrom(scene.frame, scene.background, outline, {2, 2});
  CHECK(once.polygons == again.polygons);
  CHECK(annotate::GrabCutFrom(scene.frame, {}, {}, {}).polygons.empty());
  CHECK(annotate::GrabCutFrom(scene.frame, {}, outline, {1000, 0}).polygons.empty());
  CHECK(annotate::GrabCutFrom(scene.frame, {}, outline, {std::nan(""), 0}).polygons.empty());
  CHECK(annotate::GrabCutFrom(cv::Mat(), {}, outline, {}).polygons.empty());
}

TEST_CASE("carrying on: an animal that moved and turned is followed, one that vanished is not") {
  const Scene before = Animal({150, 120}, 60, 150, 20), after = Animal({157, 116}, 60, 150, 26);
  const auto carried =
      annotate::CarryForward(before.frame, Outline(before.truth), after.frame, before.background);
  CHECK(IouWith(carried.polygons, after.truth) > 0.88);
  CHECK(carried.quality >= 0.8);
  const auto lost = annotate::CarryForward(before.frame, Outline(before.truth), before.background,
                                           before.background);
  CHECK(lost.polygons.empty());
  CHECK(annotate::CarryForward(before.frame, {}, after.frame, {}).polygons.empty());
  CHECK(
      annotate::CarryForward(before.frame, Outline(before.truth), cv::Mat(), {}).polygons.empty());
}

TEST_CASE("carrying on: small animals that walk on bedding are followed from frame to frame") {
  datasets::SceneOptions options;
  options.scene = "tiny";
  const datasets::Scene scene(options);
  const cv::Mat background = scene.BackgroundPicture();
  int tried = 0, carried = 0, poor = 0;
  datasets::FrameTruth here, there;
  cv::Mat before = scene.Render(38, &here);
  for (int frame = 39; frame <= 58; ++frame) {
    const cv::Mat after = scene.Render(frame, &there);
    for (size_t i = 0; i < here.animals.size(); ++i) {
      const cv::Mat &old_mask = here.animals[i].visible, &mask = there.animals[i].visible;
      if (cv::countNonZero(old_mask) < 100 || cv::countNonZero(mask) < 100) continue;
      const auto found = annotate::CarryForward(before, Outline(old_mask), after, background);
      ++tried;
      carried += !found.polygons.empty();
      poor += !found.polygons.empty() && IouWith(found.polygons, mask) < 0.7;
    }
    before = after;
    std::swap(here, there);
  }
  CHECK(tried >= 30);
  CHECK(carried >= 0.97 * tried);
  CHECK(poor == 0);
}

TEST_CASE("interpolation fills the frames between two keys, whatever their order and winding") {
  annotate::KeyOutline from{10, {{{0, 0}, {10, 0}, {10, 10}, {0, 10}}}};
  annotate::KeyOutline to{20, {{{20, 10}, {20, 0}, {30, 0}, {30, 10}}}};  // other start and winding
  const auto between = annotate::Interpolate(from, to);
  REQUIRE(between.size() == 9);
  CHECK(between.front().frame == 11);
  CHECK(between.back().frame == 19);
  const auto box = datasets::BoxOf(between[4].polygons);
  CHECK(box.x == doctest::Approx(10).epsilon(0.05));
  CHECK(datasets::RingArea(between[4].polygons[0]) == doctest::Approx(100).epsilon(0.05));
  const auto back = annotate::Interpolate(to, from);
  CHECK(back.size() == 9);
  CHECK(back.front().frame == 11);
  CHECK(annotate::Interpolate(from, to, 4).size() == 2);
  to.polygons.clear();
  CHECK_THROWS_AS(annotate::Interpolate(from, to), datasets::Error);
}

TEST_CASE("interpolation pairs the parts of an animal that belong together") {
  annotate::KeyOutline from{0,
                            {{{0, 0}, {20, 0}, {20, 20}, {0, 20}},
                             {{0, 40}, {5, 40}, {5, 45}, {0, 45}},
                             {{40, 0}, {45, 0}, {45, 5}, {40, 5}}}};
  annotate::KeyOutline to = from;
  to.frame = 2;
  for (auto& ring : to.polygons) {
    for (auto& point : ring) point += cv::Point2d(100, 0);
  }
  std::swap(to.polygons[1], to.polygons[2]);
  const auto between = annotate::Interpolate(from, to);
  REQUIRE(between.size() == 1);
  REQUIRE(between[0].polygons.size() == 3);
  CHECK(datasets::BoxOf({between[0].polygons[1]}).x == doctest::Approx(50));
  CHECK(datasets::BoxOf({between[0].polygons[1]}).y == doctest::Approx(40));
}

TEST_CASE("one click outlines the animals of real videos") {
  for (const auto& [name, floor] :
       {std::pair<std::string, double>("flies_pair", 0.85), {"mouse_openfield", 0.85}}) {
    const auto data = tests::SharedData(name);
    if (!data) continue;
    datasets::Job job;
    const auto figures = annotate::MeasureAssist(
        annotate::ReadLabeledVideo(*data / "instances.json", *data / "video.mp4", 20, job), {},
        job);
    std::cout << annotate::Describe(figures) << "\n";
    CHECK(figures.frames == 20);
    CHECK(figures.blob_iou > floor);
    CHECK(figures.blob_first_iou > 0.75);
    CHECK(figures.grabcut_iou > 0.7);
    CHECK(figures.clicks_per_animal < 6);
  }
}

}  // namespace assist_test
