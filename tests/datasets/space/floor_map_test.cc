// Where on the floor a pixel is: rulers, corners under perspective and distortion, cameras.
#include "datasets/space/floor_map.h"

#include <doctest/doctest.h>

#include <cmath>

#include "datasets/base/error.h"
#include "datasets/base/random.h"
#include "datasets/space/lens_fit.h"
#include "tests/support/says.h"
#include "tests/support/space_camera.h"
#include "tests/support/store_data.h"

namespace floor_map_test {

namespace {

using datasets::Calibration;
using datasets::FloorMap;
using tests::MessageOf;
using tests::Says;
using Corners = std::array<cv::Point2d, 4>;

constexpr int kWidth = 640, kHeight = 480;

Calibration Floor(const Corners& corners, double width_cm = 60, double depth_cm = 40) {
  Calibration calibration;
  calibration.kind = Calibration::Kind::kFloor;
  calibration.corners = corners;
  calibration.width_cm = width_cm;
  calibration.depth_cm = depth_cm;
  return calibration;
}

std::string Refused(const Calibration& calibration) {
  return MessageOf([&] { datasets::CheckCalibration(calibration, kWidth, kHeight); });
}

// What a person clicks: to half a pixel.
cv::Point2d Clicked(const cv::Point2d& pixel) {
  return {std::round(2 * pixel.x) / 2, std::round(2 * pixel.y) / 2};
}

std::vector<cv::Point2d> Edge(const datasets::SpaceCamera& camera, const cv::Point2d& from,
                              const cv::Point2d& to, int points) {
  std::vector<cv::Point2d> pixels;
  for (int i = 0; i < points; ++i) {
    const cv::Point2d at = from + (to - from) * (i / (points - 1.0));
    pixels.push_back(Clicked(camera.Pixel({at.x, at.y, 0}).value()));
  }
  return pixels;
}

// The worst error of distances between places of the floor, as a share of the true distance.
double WorstShare(const FloorMap& floor, const datasets::SpaceCamera& camera) {
  double worst = 0;
  datasets::Random random(3);
  for (int i = 0; i < 200; ++i) {
    const cv::Point2d a(random.Uniform(2, 58), random.Uniform(2, 38));
    const cv::Point2d b(random.Uniform(2, 58), random.Uniform(2, 38));
    const double truth = cv::norm(a - b);
    if (truth < 10) continue;
    const auto found =
        floor.Distance(camera.Pixel({a.x, a.y, 0}).value(), camera.Pixel({b.x, b.y, 0}).value());
    REQUIRE(found);
    worst = std::max(worst, std::abs(*found - truth) / truth);
  }
  return worst;
}

}  // namespace

TEST_CASE("a ruler gives one scale everywhere, both ways") {
  Calibration calibration;
  calibration.ruler = {cv::Point2d(100, 80), cv::Point2d(400, 480)};
  calibration.length_cm = 25;
  CHECK(Refused(calibration) == "");
  const FloorMap floor(calibration);
  CHECK(floor.FloorOf({40, 60})->x == doctest::Approx(2));
  CHECK(floor.FloorOf({40, 60})->y == doctest::Approx(3));
  CHECK(floor.PixelOf({2, 3})->y == doctest::Approx(60));
  CHECK(*floor.Distance({0, 0}, {300, 400}) == doctest::Approx(25));
}

TEST_CASE("four corners give places on the floor under perspective, and none above the horizon") {
  const auto camera = tests::SlantedCamera(kWidth, kHeight, 0, 0);
  const FloorMap floor(Floor(tests::FloorCornersOf(camera)));
  for (const cv::Point2d& at : {cv::Point2d(0, 0), cv::Point2d(60, 40), cv::Point2d(13, 31)}) {
    const auto found = floor.FloorOf(camera.Pixel({at.x, at.y, 0}).value());
    REQUIRE(found);
    CHECK(found->x == doctest::Approx(at.x).epsilon(1e-6));
    CHECK(found->y == doctest::Approx(at.y).epsilon(1e-6));
    CHECK(cv::norm(*floor.PixelOf(at) - *camera.Pixel({at.x, at.y, 0})) < 1e-6);
  }
  // The other way around, and from another corner on, it is the same floor.
  const Corners corners = tests::FloorCornersOf(camera);
  const FloorMap turned(Floor({corners[3], corners[2], corners[1], corners[0]}));
  CHECK(*turned.Distance(corners[0], corners[2]) == doctest::Approx(std::hypot(60, 40)));
  CHECK_FALSE(floor.FloorOf({320, -4000}));
  CHECK_FALSE(floor.Distance({320, 240}, {320, -4000}));
}

TEST_CASE("with barrel distortion, corners and clicks along edges are right to 1 %") {
  const auto camera = tests::SlantedCamera(kWidth, kHeight, -0.28, 0.07);
  Corners corners = tests::FloorCornersOf(camera);
  for (cv::Point2d& corner : corners) corner = Clicked(corner);
  Calibration calibration = Floor(corners);
  CHECK(WorstShare(FloorMap(calibration), camera) > 0.02);  // the corners alone are not enough
  const auto fitted = datasets::FitLensToLines(
      {Edge(camera, {0, 0}, {60, 0}, 7), Edge(camera, {60, 0}, {60, 40}, 6),
       Edge(camera, {60, 40}, {0, 40}, 7), Edge(camera, {0, 40}, {0, 0}, 6)},
      kWidth, kHeight);
  CHECK(fitted.error_px < 0.5);
  calibration.lens = fitted.lens;
  CHECK(Refused(calibration) == "");
  const double worst = WorstShare(FloorMap(calibration), camera);
  MESSAGE("worst distance on the floor: " << 100 * worst << " %");
  CHECK(worst < 0.01);
  CHECK_FALSE(datasets::CameraOf(calibration));  // edges do not tell the focal length
}

TEST_CASE(
    "a camera that is known says where the floor is, and corners with its lens say its pose") {
  const auto camera = tests::SlantedCamera(kWidth, kHeight, -0.28, 0.07);
  Calibration calibration;
  calibration.kind = Calibration::Kind::kCamera;
  calibration.lens = camera.lens;
  calibration.pose = camera.pose;
  CHECK(Refused(calibration) == "");
  CHECK(WorstShare(FloorMap(calibration), camera) < 1e-6);
  for (const bool other_way : {false, true}) {
    CAPTURE(other_way);
    Corners corners = tests::FloorCornersOf(camera);
    if (other_way) std::swap(corners[1], corners[3]);
    Calibration floor = Floor(corners, other_way ? 40 : 60, other_way ? 60 : 40);
    floor.lens = camera.lens;
    floor.lens_in_pixels = true;
    const auto found = datasets::CameraOf(floor);
    REQUIRE(found);
    const cv::Vec3d center = camera.Center(), own = found->Center();
    CHECK(own[2] == doctest::Approx(center[2]).epsilon(1e-3));  // above the floor, either way
    CHECK(own[other_way ? 1 : 0] == doctest::Approx(center[0]).epsilon(1e-3));
    const cv::Vec3d place = other_way ? cv::Vec3d(25, 30, 12) : cv::Vec3d(30, 25, 12);
    CHECK(cv::norm(*found->Pixel(place) - *camera.Pixel({30, 25, 12})) < 0.05);
    const auto ray = found->Ray(*found->Pixel(place));
    CHECK(cv::norm(ray->cross(cv::normalize(place - own))) < 1e-6);
  }
}

TEST_CASE("clicks that are wrong are said") {
  const Corners good = {cv::Point2d(80, 60), cv::Point2d(560, 66), cv::Point2d(600, 420),
                        cv::Point2d(40, 410)};
  CHECK(Refused(Floor(good)) == "");
  CHECK(Says(Refused(Floor({good[0], good[2], good[1], good[3]})), "cross"));
  CHECK(Says(Refused(Floor({good[0], {300, 62}, good[1], good[2]})), "lie in a line"));
  CHECK(Says(Refused(Floor({good[0], good[1], good[2], {400, 200}})), "inside of the other three"));
  CHECK(Says(Refused(Floor({good[0], good[1], good[2], {-3, 410}})), "outside of the picture"));
  CHECK(Says(Refused(Floor({good[0], good[0], good[0], good[0]})), "one point"));
  CHECK(Says(Refused(Floor(good, 0)), "measures nothing"));
  CHECK(Says(Refused(Floor(good, 60, -4)), "measures nothing"));
  Calibration ruler;
  ruler.ruler = {cv::Point2d(10, 10), cv::Point2d(10, 10.5)};
  ruler.length_cm = 3;
  CHECK(Says(Refused(ruler), "two points are one"));
  Calibration camera;
  camera.kind = Calibration::Kind::kCamera;
  CHECK(Says(Refused(camera), "lacks K, R or t"));
  const auto known = tests::SlantedCamera(kWidth, kHeight, 0, 0);
  camera.lens = known.lens;
  camera.pose = known.pose;
  camera.pose->rotation(0, 0) = 3;
  CHECK(Says(Refused(camera), "rotation"));
  camera.pose = known.pose;
  camera.lens->matrix(0, 2) = 2000;
  CHECK(Says(Refused(camera), "another size"));
  camera.lens = known.lens;
  camera.lens->distortion[0] = -9;
  CHECK(Says(Refused(camera), "folds"));
}

TEST_CASE("edges that say nothing about the lens are refused") {
  const auto refused = [](const std::vector<std::vector<cv::Point2d>>& lines) {
    return MessageOf([&] { datasets::FitLensToLines(lines, kWidth, kHeight); });
  };
  CHECK(Says(refused({}), "there is none"));
  CHECK(Says(refused({{{10, 10}, {200, 12}}}), "2 points"));
  CHECK(Says(refused({{{10, 10}, {200, 12}, {900, 12}}}), "outside of the picture"));
  CHECK(Says(refused({{{0, 240}, {100, 240}, {320, 240}, {640, 240}}}), "too little"));
  CHECK(Says(refused({{{10, 10}, {11, 10}, {12, 10}}}), "too little"));
}

TEST_CASE("lengths have a unit, and calibrations are read back as they were written") {
  CHECK(datasets::ParseLength("30cm", "length") == 30);
  CHECK(datasets::ParseLength("0.3 m", "length") == doctest::Approx(30));
  CHECK(datasets::ParseLength("300 mm", "length") == doctest::Approx(30));
  CHECK(datasets::ParseLength("12in", "length") == doctest::Approx(30.48));
  CHECK(datasets::ParseSize("60x40cm", "size")[1] == 40);
  for (const char* wrong : {"30", "cm", "30 ells", "", "3x4"}) {
    CHECK(MessageOf([&] { datasets::ParseLength(wrong, "length"); }) != "");
  }
  for (const char* wrong : {"60cm", "60x40", "x40cm", "60xcm"}) {
    CHECK(MessageOf([&] { datasets::ParseSize(wrong, "size"); }) != "");
  }
  const auto known = tests::SlantedCamera(kWidth, kHeight, -0.28, 0.07);
  Calibration camera;
  camera.kind = Calibration::Kind::kCamera;
  camera.lens = known.lens;
  camera.pose = known.pose;
  camera.lens_in_pixels = true;
  camera.note = "a file";
  Calibration ruler;
  ruler.ruler = {cv::Point2d(1.25, 2), cv::Point2d(30, 2)};
  ruler.length_cm = 0.1;
  for (const Calibration& one : {camera, ruler, Floor(tests::FloorCornersOf(known))}) {
    const nlohmann::json json = datasets::CalibrationToJson(one);
    CHECK(datasets::CalibrationToJson(datasets::CalibrationFromJson(json)) == json);
  }
  for (const char* wrong : {"[]", "{}", R"({"kind": "sextant"})", R"({"kind": "ruler"})",
                            R"({"kind": "floor", "corners": [1, 2, 3], "size_cm": [1, 2]})",
                            R"({"kind": "camera", "matrix": [1]})"}) {
    CHECK(MessageOf([&] { datasets::CalibrationFromJson(nlohmann::json::parse(wrong)); }) != "");
  }
}

}  // namespace floor_map_test
