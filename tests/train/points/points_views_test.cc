// Where the points network looks, and what it is told of points.
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "tests/support/torch_doctest.h"
#include "train/points/task.h"

namespace points_views_test {

namespace {

using namespace train;
using State = LabeledPoint::State;

cv::Mat Bar(double angle_degrees) {
  cv::Mat mask(120, 160, CV_8UC1, cv::Scalar(0));
  cv::ellipse(mask, {80, 60}, {40, 10}, angle_degrees, 0, 360, 255, cv::FILLED);
  return mask;
}

TEST_CASE("an outline's extent is its middle, its long axis and its length") {
  const Extent extent = ExtentOf({100, 50, 160, 120}, Bar(30));
  CHECK(extent.center.x == doctest::Approx(180.5).epsilon(0.005));
  CHECK(extent.center.y == doctest::Approx(110.5).epsilon(0.005));
  CHECK(extent.axis_radians == doctest::Approx(30 * CV_PI / 180).epsilon(0.02));
  CHECK(extent.length == doctest::Approx(80).epsilon(0.03));  // an ellipse: four deviations
  CHECK(ExtentOf({0, 0, 4, 4}, cv::Mat::zeros(4, 4, CV_8UC1)).length == 0);
  CHECK(ExtentOf(std::vector<cv::Point2d>{}).length == 0);
  const Extent line = ExtentOf({{0, 0}, {0, 10}});
  CHECK(line.length == doctest::Approx(20));
  CHECK(std::abs(line.axis_radians) == doctest::Approx(CV_PI / 2));
}

TEST_CASE("a point goes into a view and back") {
  PointView view;
  view.center = {50, 40};
  view.side = 80;
  view.turn_radians = 0.7;
  for (const bool flip : {false, true}) {
    view.flip = flip;
    const cv::Mat matrix = ViewMatrix(view, 128);
    CHECK(cv::norm(Through(matrix, {50, 40}) - cv::Point2d(64, 64)) < 1e-9);
    const cv::Point2d ahead(50 + 20 * std::cos(0.7), 40 + 20 * std::sin(0.7));
    CHECK(cv::norm(Through(matrix, ahead) - cv::Point2d(flip ? 32 : 96, 64)) < 1e-9);
    cv::Mat back;
    cv::invertAffineTransform(matrix, back);
    CHECK(cv::norm(Through(back, Through(matrix, {13, 77})) - cv::Point2d(13, 77)) < 1e-9);
  }
}

TEST_CASE("a bright spot is seen where its point says, at every scale") {
  for (const double side : {60.0, 128.0, 700.0}) {
    CAPTURE(side);
    cv::Mat picture(800, 900, CV_8UC3, cv::Scalar::all(0));
    const cv::Point2d spot(430.5, 380.5);
    const int radius = std::max(1, static_cast<int>(side / 60));
    cv::circle(picture, {430, 380}, radius, cv::Scalar::all(255), cv::FILLED);
    PointsDescription d;
    d.input.mean_bgr = {};
    d.input.deviation = 255;
    PointView view;
    view.center = {430 - side / 10, 380 + side / 12};
    view.side = side;
    view.turn_radians = 0.4;
    std::vector<float> values(128 * 128 * 4);
    FillPointsInput(picture, {}, {}, view, 128, d.input, 1, 0, values.data());
    cv::Point2d middle;
    double sum = 0;
    for (int y = 0; y < 128; ++y) {
      for (int x = 0; x < 128; ++x) {
        const double value = values[static_cast<size_t>(y * 128 + x) * 4];
        middle += value * cv::Point2d(x + 0.5, y + 0.5);
        sum += value;
      }
    }
    REQUIRE(sum > 0);
    middle /= sum;
    CHECK(cv::norm(middle - Through(ViewMatrix(view, 128), spot)) < 0.2);  // of its own pixels
  }
}

PointData OneAnimal(const cv::Mat& picture, const cv::Mat& mask) {
  PointData data;
  data.names = {"nose", "left_ear", "right_ear"};
  data.mirror = {0, 2, 1};
  data.frames = {{0, 0}};
  PointedAnimal animal;
  if (!mask.empty()) animal.mask = datasets::EncodeMask(mask);
  animal.points = {
      {{120, 60}, State::kVisible}, {{110, 50}, State::kHidden}, {{}, State::kMissing}};
  data.animals = {animal};
  data.picture = [picture](int) { return picture; };
  return data;
}

TEST_CASE("a sample keeps its points through every view; a mirror image exchanges partners") {
  const PointData data = OneAnimal(cv::Mat(120, 160, CV_8UC3, cv::Scalar::all(90)), Bar(0));
  datasets::Job job;
  PointData both = data;
  both.animals[0].points[2] = {{110, 70}, State::kVisible};
  const PointsDescription d = DescribePoints(both, kPoints, job);
  const auto samples = LoadPointsSamples(both, d, false, job);
  REQUIRE(samples.size() == 1);
  std::vector<float> values(static_cast<size_t>(d.input.pixels) * d.input.pixels * 4);
  PointView view = samples[0].view;
  const auto targets = FillSample(samples[0], view, d.input.pixels, true, d, 1, 0, values.data());
  view.flip = true;
  const auto mirrored = FillSample(samples[0], view, d.input.pixels, true, d, 1, 0, values.data());
  const double cells = d.input.pixels / 2.0;
  CHECK(targets[1].state == State::kHidden);
  CHECK(mirrored[2].state == State::kHidden);  // the left ear is a right one in the mirror
  CHECK(mirrored[2].at.x == doctest::Approx(cells - targets[1].at.x));
  CHECK(mirrored[2].at.y == doctest::Approx(targets[1].at.y));
  CHECK(mirrored[0].at.x == doctest::Approx(cells - targets[0].at.x));
  cv::Mat back;
  cv::invertAffineTransform(ViewMatrix(samples[0].view, d.input.pixels), back);
  const cv::Point2d in_piece = Through(back, targets[0].at * 2);
  CHECK(cv::norm(in_piece - samples[0].points[0].at) < 1e-6);
}

// Maps that say exactly this.
torch::Tensor MapsOf(const std::vector<PointTarget>& targets, int side) {
  const auto points = static_cast<int64_t>(targets.size());
  torch::Tensor maps = torch::full({1, 4 * points, side, side}, -12.f);
  for (int64_t k = 0; k < points; ++k) {
    const PointTarget& target = targets[static_cast<size_t>(k)];
    for (int y = 0; y < side; ++y) {
      for (int x = 0; x < side; ++x) {
        const double dx = target.at.x - x - 0.5, dy = target.at.y - y - 0.5;
        const double heat = std::exp(-(dx * dx + dy * dy) / 4.5);
        if (target.state != State::kMissing) {
          maps[0][k][y][x] = std::clamp(std::log(heat / (1 - heat + 1e-9)), -12.0, 12.0);
        }
        maps[0][points + 2 * k][y][x] = dx;
        maps[0][points + 2 * k + 1][y][x] = dy;
        maps[0][3 * points + k][y][x] = target.state == State::kVisible ? 9 : -9;
      }
    }
  }
  return maps;
}

TEST_CASE("maps are read below their grid, and the loss wants just these maps") {
  const std::vector<PointTarget> targets = {{{10.3, 20.8}, State::kVisible},
                                            {{31.9, 3.2}, State::kHidden}};
  const torch::Tensor maps = MapsOf(targets, 40);
  const auto found = ReadMaps(maps.contiguous().data_ptr<float>(), 2, 40, 2, true);
  for (size_t k = 0; k < 2; ++k) {
    CHECK(found[k].at.x == doctest::Approx(targets[k].at.x * 2).epsilon(1e-4));
    CHECK(found[k].at.y == doctest::Approx(targets[k].at.y * 2).epsilon(1e-4));
  }
  CHECK(found[0].visible > 0);
  CHECK(found[1].visible < 0);
  const double right = PointsLoss(maps, {targets}).item<double>();
  std::vector<PointTarget> moved = targets;
  moved[0].at.x += 4;
  CHECK(PointsLoss(MapsOf(moved, 40), {targets}).item<double>() > right + 1);
}

TEST_CASE("maps of heat alone are read below their grid, too, and their loss wants just these") {
  const std::vector<PointTarget> targets = {{{10.3, 20.8}, State::kVisible},
                                            {{31.9, 3.2}, State::kMissing}};
  const auto heat = [](const cv::Point2d& at) {
    torch::Tensor map = torch::zeros({1, 2, 40, 40});
    for (int y = 0; y < 40; ++y) {
      for (int x = 0; x < 40; ++x) {
        const double dx = at.x - x - 0.5, dy = at.y - y - 0.5;
        const double value = std::exp(-(dx * dx + dy * dy) / 2);
        map[0][0][y][x] = std::clamp(std::log(value / (1 - value + 1e-9)), -12.0, 12.0);
      }
    }
    return map;
  };
  const torch::Tensor maps = heat(targets[0].at);
  const auto found = ReadMaps(maps.contiguous().data_ptr<float>(), 2, 40, 1, false);
  CHECK(cv::norm(found[0].at - targets[0].at) < 0.01);
  CHECK(found[0].visible > 9);
  const double right = HeatLoss(maps, {targets}, 1).item<double>();
  CHECK(HeatLoss(heat({14.3, 20.8}), {targets}, 1).item<double>() > right + 1);
  torch::Tensor other = maps.clone();
  other[0][1].fill_(9);  // nobody labeled that point
  CHECK(HeatLoss(other, {targets}, 1).item<double>() == doctest::Approx(right));
}

TEST_CASE("a point that nobody labeled teaches nothing") {
  std::vector<PointTarget> targets = {{{10, 20}, State::kVisible}, {{30, 3}, State::kMissing}};
  const torch::Tensor maps = MapsOf(targets, 40).requires_grad_();
  PointsLoss(maps, {targets}).backward();
  CHECK(maps.grad().slice(1, 1, 2).abs().sum().item<double>() == 0);
  CHECK(maps.grad().slice(1, 4, 6).abs().sum().item<double>() == 0);
  CHECK(maps.grad().slice(1, 7, 8).abs().sum().item<double>() == 0);
  CHECK(maps.grad().slice(1, 0, 1).abs().sum().item<double>() > 0);
}

TEST_CASE("two views that agree are averaged; one that points elsewhere speaks against it") {
  PointView view;
  view.center = {64, 64};
  view.side = 128;
  const auto views = AnsweringViews(view);
  REQUIRE(views.size() == 2);
  CHECK(views[1].flip);
  const std::vector<int> mirror = {0};
  // Turned by half and mirrored: upside down.
  const MapPoint here{{40, 30}, 2, 1}, same{{42, 98}, 2, 1}, elsewhere{{100, 10}, 1, 1};
  const auto agreed = Together(views, 128, {{here}, {same}}, mirror);
  CHECK(agreed[0].at.x == doctest::Approx(41));
  CHECK(agreed[0].at.y == doctest::Approx(30));
  CHECK(agreed[0].peak == doctest::Approx(2));
  const auto apart = Together(views, 128, {{here}, {elsewhere}}, mirror);
  CHECK(apart[0].at.x == doctest::Approx(40));
  CHECK(apart[0].peak < 0);
}

TEST_CASE("labels that cannot be learned from are refused in one line") {
  datasets::Job job;
  const cv::Mat picture(120, 160, CV_8UC3, cv::Scalar::all(90));
  const auto why = [&](const PointData& data) -> std::string {
    try {
      DescribePoints(data, kPoints, job);
    } catch (const datasets::Error& error) {
      return error.what();
    }
    return "";
  };
  PointData data = OneAnimal(picture, Bar(0));
  CHECK(why(data).find("right_ear") != std::string::npos);  // set on no animal
  data.names.clear();
  data.mirror.clear();
  CHECK(why(data).find("no skeleton") != std::string::npos);
  data = OneAnimal(picture, {});
  data.animals[0].points[2] = data.animals[0].points[0];
  CHECK(why(data) == "");
  data.animals.push_back(data.animals[0]);
  CHECK(why(data).find("several animals and none is outlined") != std::string::npos);
  for (auto& animal : data.animals) {
    for (auto& point : animal.points) point.state = State::kMissing;
  }
  CHECK(why(data).find("no animal has a labeled point") != std::string::npos);
}

}  // namespace

}  // namespace points_views_test
