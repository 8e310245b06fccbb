// Places in space from one camera's masks: the parts, and what they are worth on known scenes.
#include <doctest/doctest.h>

#include <cmath>
#include <fstream>

#include "datasets/base/error.h"
#include "datasets/base/random.h"
#include "datasets/behavior/mask_moments.h"
#include "datasets/depth/depth_picture.h"
#include "datasets/depth/depth_run.h"
#include "datasets/depth/isomap.h"
#include "datasets/files/csv.h"
#include "datasets/space/camera_file.h"
#include "datasets/space/lens_fit.h"
#include "datasets/synthetic/room.h"
#include "tests/support/says.h"
#include "tests/support/shared_data.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace depth_test {

namespace {

using datasets::CrossValidate;
using datasets::FoldKind;
using datasets::PlaceMethod;
using datasets::Row;
using datasets::SpaceSample;
using datasets::SpaceView;
using tests::MessageOf;
using tests::Says;

// How well y is a straight line of x: the correlation's absolute value.
double Along(const std::vector<double>& x, const std::vector<double>& y) {
  double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;
  const auto count = static_cast<double>(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    mx += x[i] / count;
    my += y[i] / count;
  }
  for (size_t i = 0; i < x.size(); ++i) {
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
    xy += (x[i] - mx) * (y[i] - my);
  }
  return std::abs(xy) / std::sqrt(xx * yy);
}

struct Roll {  // a sheet, rolled up
  std::vector<Row> rows;
  std::vector<double> along;
};

Roll SwissRoll(int count, uint64_t seed) {
  datasets::Random random(seed);
  Roll roll;
  for (int i = 0; i < count; ++i) {
    const double turn = random.Uniform(1.5, 4.5) * CV_PI, width = random.Uniform(0, 8);
    roll.rows.push_back({turn * std::cos(turn), width, turn * std::sin(turn)});
    // Arc length of the spiral r = t.
    roll.along.push_back((turn * std::sqrt(1 + turn * turn) + std::asinh(turn)) / 2);
  }
  return roll;
}

std::vector<double> FirstOf(const datasets::Isomap& isomap, const std::vector<Row>& rows) {
  std::vector<double> first;
  for (const Row& row : rows) first.push_back(isomap.Of(row)[0]);
  return first;
}

// Masks and places of a room, every `step` frames.
std::vector<SpaceSample> RoomSamples(const datasets::RoomScene& scene, int count, int step) {
  std::vector<SpaceSample> samples;
  for (int i = 0; i < count; ++i) {
    datasets::RoomTruth truth;
    scene.Render(i * step, &truth);
    for (size_t animal = 0; animal < truth.places.size(); ++animal) {
      const auto moments = datasets::MomentsOf(datasets::EncodeMask(truth.visible[animal]));
      if (moments.area < 20) continue;
      SpaceSample sample;
      sample.frame = i * step;
      sample.animal = static_cast<int>(animal);
      sample.shape = {moments.area,   moments.x,     moments.y,
                      moments.length, moments.width, moments.angle_deg * CV_PI / 180};
      sample.position = truth.places[animal];
      samples.push_back(sample);
    }
  }
  return samples;
}

datasets::RoomScene SmallRoom() {
  datasets::SceneOptions options;
  options.scene = "room";
  options.width = 320;
  options.height = 240;
  return datasets::RoomScene(options);
}

}  // namespace

TEST_CASE("Isomap unrolls a roll, places new rows on it, and landmarks do the same") {
  const Roll roll = SwissRoll(700, 1), other = SwissRoll(100, 2);
  datasets::IsomapOptions options;
  options.neighbors = 8;
  const datasets::Isomap full(roll.rows, options);
  CHECK(Along(FirstOf(full, roll.rows), roll.along) > 0.99);
  CHECK(Along(FirstOf(full, other.rows), other.along) > 0.99);
  std::vector<double> straight;
  for (const Row& row : roll.rows) straight.push_back(row[0]);
  CHECK(Along(straight, roll.along) < 0.8);  // which no axis of the space does
  options.most_full = 300;
  options.landmarks = 80;
  const datasets::Isomap sparse(roll.rows, options);
  CHECK(Along(FirstOf(sparse, roll.rows), roll.along) > 0.99);
  CHECK(Along(FirstOf(sparse, other.rows), other.along) > 0.99);
}

TEST_CASE("Isomap joins parts that hang apart, and leaves dimensions that are not there at 0") {
  std::vector<Row> rows;
  for (int i = 0; i < 20; ++i) rows.push_back({i + (i >= 10 ? 100.0 : 0.0), 0.0});
  const datasets::Isomap isomap(rows, {});
  std::vector<double> truth;
  for (const Row& row : rows) truth.push_back(row[0]);
  CHECK(Along(FirstOf(isomap, rows), truth) > 0.999);
  const Row place = isomap.Of(rows[3]);
  REQUIRE(place.size() == 6);
  CHECK(std::abs(place[5]) < 1e-3);
  CHECK(Says(MessageOf([&] { datasets::Isomap({{1.0}, {2.0}}, {}); }), "too few"));
}

TEST_CASE(
    "least squares find a plane exactly, ridge nearly, and columns that say nothing do no harm") {
  datasets::Random random(4);
  std::vector<Row> rows;
  std::vector<cv::Vec3d> targets;
  for (int i = 0; i < 60; ++i) {
    const double a = random.Uniform(), b = 1000 * random.Uniform();
    rows.push_back({a, b, 7});
    targets.emplace_back(3 * a - b / 100 + 1, 2, b);
  }
  const datasets::LinearFit exact(rows, targets, 0), ridge(rows, targets, 1e-4);
  const cv::Vec3d truth(3 * 0.5 - 2 + 1, 2, 200);
  CHECK(cv::norm(exact({0.5, 200, 7}) - truth) < 1e-6);
  CHECK(cv::norm(ridge({0.5, 200, 7}) - truth) < 0.5);
  const datasets::KernelFit kernel(rows, targets);
  CHECK(cv::norm(kernel({0.5, 200, 7}) - truth) < 2);
  CHECK(cv::norm(kernel({0.5, 1e6, 7}) - kernel({0.5, 1e9, 7})) < 1e-9);  // no further than rows
}

TEST_CASE("folds hold out everything once, blocks in a row") {
  for (const FoldKind kind : {FoldKind::kBlocks, FoldKind::kRandom}) {
    const auto folds = datasets::FoldsOf(23, 5, kind, 1);
    std::vector<int> times(23);
    for (const auto& fold : folds) {
      CHECK((fold.size() == 4 || fold.size() == 5));
      for (const size_t i : fold) ++times[i];
      if (kind == FoldKind::kBlocks) CHECK(fold.back() - fold.front() + 1 == fold.size());
    }
    CHECK(times == std::vector<int>(23, 1));
  }
}

TEST_CASE(
    "in a rendered room where animals climb and rear, the known camera beats SIPEC's recipe") {
  const datasets::RoomScene scene = SmallRoom();
  const auto samples = RoomSamples(scene, 90, 16);
  REQUIRE(samples.size() > 150);
  SpaceView view{scene.options().width, scene.options().height, scene.camera()};
  const auto error = [&](const PlaceMethod& method) {
    const auto found = CrossValidate(method, samples, 5, FoldKind::kBlocks, 1);
    MESSAGE(method.name << ": " << found.mean << " cm; x " << found.axis_rms[0] << ", y "
                        << found.axis_rms[1] << ", z " << found.axis_rms[2]);
    return found.mean;
  };
  const double place = error(datasets::PlaceAloneMethod());
  const double sipec = error(datasets::SipecMethod(view));
  const double regression = error(datasets::RegressionMethod(view, false));
  const double geometry = error(datasets::GeometryMethod(view, false));
  CHECK(sipec < place);
  CHECK(regression < sipec);
  CHECK(geometry < 0.75 * sipec);
}

TEST_CASE("distances on the floor of the rendered room are right to 1 % from corners and edges") {
  const datasets::RoomScene scene = SmallRoom();
  const cv::Size2d size = scene.floor_cm();
  const auto pixel = [&](double x, double y) {
    const cv::Point2d at = scene.camera().Pixel({x, y, 0}).value();
    return cv::Point2d(std::round(4 * at.x) / 4, std::round(4 * at.y) / 4);  // a careful click
  };
  datasets::Calibration calibration;
  calibration.kind = datasets::Calibration::Kind::kFloor;
  calibration.corners = {pixel(0, 0), pixel(size.width, 0), pixel(size.width, size.height),
                         pixel(0, size.height)};
  calibration.width_cm = size.width;
  calibration.depth_cm = size.height;
  std::vector<std::vector<cv::Point2d>> edges(4);
  for (int i = 0; i <= 8; ++i) {
    edges[0].push_back(pixel(size.width * i / 8, 0));
    edges[1].push_back(pixel(size.width, size.height * i / 8));
    edges[2].push_back(pixel(size.width * i / 8, size.height));
    edges[3].push_back(pixel(0, size.height * i / 8));
  }
  calibration.lens =
      datasets::FitLensToLines(edges, scene.options().width, scene.options().height).lens;
  datasets::CheckCalibration(calibration, scene.options().width, scene.options().height);
  const datasets::FloorMap floor(calibration);
  datasets::Random random(5);
  double worst = 0;
  for (int i = 0; i < 200; ++i) {
    const cv::Point2d a(random.Uniform(0, size.width), random.Uniform(0, size.height));
    const cv::Point2d b(random.Uniform(0, size.width), random.Uniform(0, size.height));
    if (cv::norm(a - b) < 80) continue;
    const auto found = floor.Distance(scene.camera().Pixel({a.x, a.y, 0}).value(),
                                      scene.camera().Pixel({b.x, b.y, 0}).value());
    REQUIRE(found);
    worst = std::max(worst, std::abs(*found / cv::norm(a - b) - 1));
  }
  MESSAGE("worst distance on the floor: " << 100 * worst << " %");
  CHECK(worst < 0.01);
}

TEST_CASE("on a published mouse, one camera's labels give its place to 13 mm, least squares 18") {
  const auto data = tests::SharedData("mouse3d");
  if (!data) return;
  const datasets::CsvTable table(*data / "mouse1_views.csv", "views");
  std::vector<SpaceSample> samples;
  for (size_t row = 0; row < table.rows(); ++row) {
    if (table.Whole(row, "camera") != 5) continue;
    SpaceSample sample;
    sample.frame = static_cast<int>(*table.Whole(row, "frame"));
    sample.shape.area = *table.Number(row, "hull_area_px2");
    sample.shape.x = *table.Number(row, "u") + 0.5;
    sample.shape.y = *table.Number(row, "v") + 0.5;
    sample.position = {*table.Number(row, "x"), *table.Number(row, "y"), *table.Number(row, "z")};
    samples.push_back(sample);
  }
  REQUIRE(samples.size() == 81);
  const auto file = datasets::ReadCameraFile(*data / "mouse1_cameras.json", "Camera5", "mm");
  datasets::SpaceCamera camera{file.lens, *file.pose};
  camera.pose.translation *= 10;  // millimetres, as the places
  const SpaceView view{1152, 1024, camera};
  const auto error = [&](const PlaceMethod& method) {
    return CrossValidate(method, samples, 5, FoldKind::kRandom, 1).mean;
  };
  const double size = error(datasets::SizeMethod());
  CHECK(size == doctest::Approx(16).epsilon(0.1));
  CHECK(error(datasets::PlaceAloneMethod()) > 20);
  CHECK(error(datasets::GeometryMethod(view, true)) < 13);
  CHECK(error(datasets::RegressionMethod(view, true)) < 13);
}

TEST_CASE("methods are compared, the best is chosen, and too few places are said") {
  const datasets::RoomScene scene = SmallRoom();
  const auto samples = RoomSamples(scene, 20, 40);
  SpaceView view{scene.options().width, scene.options().height, {}};
  datasets::Job job;
  std::vector<std::string> notes;
  const auto choice = datasets::CompareMethods(samples, view, "", 4, 1, job, &notes);
  CHECK(choice.results.size() == 5);  // none that needs the camera
  for (const auto& result : choice.results) {
    CHECK(choice.results[choice.best].Mean() <= result.Mean());
  }
  const auto refused = [&](const std::string& only, int folds, const SpaceView& with,
                           std::vector<SpaceSample> some) {
    return MessageOf([&] { datasets::CompareMethods(some, with, only, folds, 1, job, &notes); });
  };
  CHECK(Says(refused("geometry", 4, view, samples), "needs the camera"));
  CHECK(Says(refused("", 30, view, samples), "60 are needed"));
  CHECK(Says(refused("", 4, view, {samples.begin(), samples.begin() + 19}), "20 are needed"));
  // A camera of another space is left out with a note, not believed.
  SpaceView wrong = view;
  wrong.camera = scene.camera();
  wrong.camera->pose.translation = {0, 0, -5000};
  CHECK(datasets::CompareMethods(samples, wrong, "", 4, 1, job, &notes).results.size() == 5);
  REQUIRE(notes.size() == 2);
  CHECK(Says(notes[0], "geometry is left out"));
  job.Cancel();
  CHECK_THROWS_AS(datasets::CompareMethods(samples, view, "", 4, 1, job, &notes),
                  datasets::Cancelled);
}

TEST_CASE("a table of places is read with its unit, and what is wrong with it is said") {
  tests::TempDir folder;
  const auto file = [&](const std::string& text) {
    std::ofstream(folder / "p.csv") << text;
    return folder / "p.csv";
  };
  const auto read = datasets::ReadPositionLabels(
      file("video,frame,animal,x_mm,y_mm,z_mm\nv,7,Ada,10,20,30\nw,1,Ada,1,1,1\nv,3,Ada,,,\n"
           "v,2,Ada,1,2,3\n"),
      "v", "");
  CHECK(read.unit == "mm");
  CHECK(read.of_other_videos == 1);
  REQUIRE(read.labels.size() == 2);
  CHECK(read.labels[0].frame == 2);
  CHECK(cv::norm(read.labels[1].cm - cv::Vec3d(1, 2, 3)) < 1e-12);
  CHECK(datasets::ReadPositionLabels(file("frame,track,x,y,z\n1,4,1,2,3\n"), "v", "m")
            .labels[0]
            .track == 4);
  const auto refused = [&](const std::string& text, const std::string& unit = "") {
    const auto path = file(text);
    return MessageOf([&] { datasets::ReadPositionLabels(path, "v", unit); });
  };
  CHECK(Says(refused("frame,x,y,z\n1,1,2,3\n"), "say --unit"));
  CHECK(Says(refused("frame,x_mm,y_mm,z_mm\n1,1,2,3\n", "cm"), "leave --unit out"));
  CHECK(Says(refused("frame,x_mm,y_mm,z_mm,x\n1,1,2,3,4\n"), "several units"));
  CHECK(Says(refused("frame,x,y,z\n1,1,2,3\n", "ells"), "not known"));
  CHECK(refused("frame,x_mm,y_mm\n1,1,2\n") != "");
  CHECK(refused("frame,x_mm,y_mm,z_mm\n1,one,2,3\n") != "");
  CHECK(Says(refused("frame,x_mm,y_mm,z_mm\n-1,1,2,3\n"), "line 2"));
  CHECK(Says(refused("frame,x_mm,y_mm,z_mm\n1,1,2,\n"), "missing"));
  CHECK(Says(refused("frame,x_mm,y_mm,z_mm\n1,1,2,3\n1,4,5,6\n"), "second place"));
  CHECK(Says(refused("place\n1\n"), "no column"));
}

TEST_CASE("places belong to the animal, the track, or the only animal of the frame") {
  datasets::VideoMasks masks;
  masks.animals = {"Ada", "Bea"};
  for (const auto& [frame, animal] : {std::pair{1, 0}, {1, 1}, {2, 0}}) {
    datasets::SeenAnimal seen;
    seen.sample.frame = frame;
    seen.sample.animal = animal;
    seen.track = 10 + animal;
    masks.seen.push_back(seen);
  }
  const auto add = [&](datasets::PositionLabel label) {
    datasets::PositionLabels labels;
    label.cm = {1, 2, 3};
    label.line = 5;
    labels.labels = {label};
    return datasets::AddKnownPlaces(labels, &masks).size();
  };
  CHECK(add({1, "Bea", {}}) == 0);
  CHECK(masks.seen[1].known);
  CHECK_FALSE(masks.seen[0].known);
  CHECK(add({1, "", 10}) == 0);
  CHECK(masks.seen[0].known);
  CHECK(add({2, "", {}}) == 0);
  CHECK(add({3, "Ada", {}}) == 1);  // no mask
  CHECK(Says(MessageOf([&] { add({1, "", {}}); }), "2 animals"));
  CHECK(Says(MessageOf([&] { add({1, "Cleo", {}}); }), "no animal 'Cleo'"));
  CHECK(Says(MessageOf([&] { add({1, "", 44}); }), "no track 44"));
}

TEST_CASE("the ways are drawn from above and from the side, in centimetres") {
  datasets::VideoMasks masks;
  masks.video.name = "clip";
  masks.video.fps = 25;
  masks.animals = {"Ada"};
  masks.colors = {0xD55E00};
  std::vector<cv::Vec3d> places;
  for (int i = 0; i < 50; ++i) {
    datasets::SeenAnimal seen;
    seen.sample.frame = i;
    if (i == 9) seen.known = cv::Vec3d(9, 3, 1);
    masks.seen.push_back(seen);
    places.emplace_back(i, i / 3.0, 5 * std::sin(i / 9.0));
  }
  const std::string svg = datasets::SpacePicture(masks, places).Svg();
  for (const char* part : {"from above", "from the side", "(cm)", "Ada", "<circle", "<poly"}) {
    CHECK(Says(svg, part));
  }
}

}  // namespace depth_test
