// The points network learns from drawn animals, and finds points on pictures that it never saw.
#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/base/random.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torch_doctest.h"
#include "train/architectures.h"
#include "train/train_job.h"

namespace points_learning_test {

namespace {

using namespace train;
using State = LabeledPoint::State;

struct Drawn {
  cv::Mat picture, mask;
  std::vector<LabeledPoint> points;
};

// A gray body with a bright nose, a red and a blue ear, and a dark tail.
Drawn Draw(uint64_t seed) {
  datasets::Random random({77, seed});
  Drawn drawn;
  drawn.picture = cv::Mat(160, 200, CV_8UC3, cv::Scalar::all(60));
  drawn.mask = cv::Mat::zeros(160, 200, CV_8UC1);
  const cv::Point2d center(random.Uniform(60, 140), random.Uniform(60, 100));
  const double angle = random.Uniform(0, 2 * CV_PI);
  const auto at = [&](double along, double across) {
    return center + cv::Point2d(along * std::cos(angle) - across * std::sin(angle),
                                along * std::sin(angle) + across * std::cos(angle));
  };
  const auto dot = [&](const cv::Point2d& place, int radius, const cv::Scalar& color) {
    cv::circle(drawn.picture, cv::Point(static_cast<int>(place.x), static_cast<int>(place.y)),
               radius, color, cv::FILLED);
    drawn.points.push_back(
        {{std::floor(place.x) + 0.5, std::floor(place.y) + 0.5}, State::kVisible});
  };
  for (cv::Mat* image : {&drawn.picture, &drawn.mask}) {
    cv::ellipse(
        *image,
        cv::RotatedRect(cv::Point2f(center), {70, 30}, static_cast<float>(angle * 180 / CV_PI)),
        image == &drawn.mask ? cv::Scalar(255) : cv::Scalar::all(150), cv::FILLED);
  }
  dot(at(30, 0), 3, cv::Scalar::all(255));
  dot(at(18, -9), 3, {40, 40, 230});
  dot(at(18, 9), 3, {230, 40, 40});
  dot(at(-28, 0), 3, cv::Scalar::all(10));
  return drawn;
}

PointData DrawnData(std::vector<Drawn>& pictures, bool outlined) {
  PointData data;
  data.names = {"nose", "left_ear", "right_ear", "tail"};
  data.mirror = {0, 1, 2, 3};  // the ears differ in color: a mirror image tells them apart
  for (size_t i = 0; i < pictures.size(); ++i) {
    data.frames.push_back({0, static_cast<int>(i) * 50});
    PointedAnimal animal;
    animal.frame = static_cast<int>(i);
    animal.points = pictures[i].points;
    if (outlined) animal.mask = datasets::EncodeMask(pictures[i].mask);
    data.animals.push_back(animal);
  }
  data.picture = [&pictures](int frame) { return pictures[static_cast<size_t>(frame)].picture; };
  return data;
}

std::vector<Drawn> DrawMany(uint64_t first, int count) {
  std::vector<Drawn> pictures;
  for (int i = 0; i < count; ++i) pictures.push_back(Draw(first + static_cast<uint64_t>(i)));
  return pictures;
}

TrainOptions Short() {
  TrainOptions options;
  options.model = kPoints;
  options.steps = 110;
  options.batch = 8;
  return options;
}

double Rmse(const std::vector<FoundPoint>& found, const Drawn& drawn) {
  double squares = 0;
  for (size_t k = 0; k < found.size(); ++k) {
    const cv::Point2d away = found[k].at - drawn.points[k].at;
    squares += away.dot(away);
  }
  return std::sqrt(squares / static_cast<double>(found.size()));
}

TEST_CASE("points are learned on outlined animals and found on others, with a confidence each") {
  tests::TempDir folder;
  auto pictures = DrawMany(0, 24);
  const PointData data = DrawnData(pictures, true);
  datasets::Job job;
  const std::string model = (folder / "points.safetensors").string();
  const TrainResult result = TrainPoints(data, Short(), model, job);
  CHECK(result.steps == 110);
  CHECK(result.validation.at("points").get<int>() >= 8);
  CHECK(ReadModelInfo(model).architecture == kPoints);
  CHECK(ReadModelInfo(model).classes == data.names);
  PointFinder finder(model);
  CHECK_FALSE(finder.FindsWithoutOutline());
  CHECK_THROWS_AS(finder.FindOne(pictures[0].picture), datasets::Error);
  double sum = 0, sure = 0;
  for (uint64_t i = 0; i < 8; ++i) {
    const Drawn other = Draw(1000 + i);
    Detection outline;
    outline.region = cv::boundingRect(other.mask);
    outline.mask = other.mask(outline.region).clone();
    const auto found = finder.Find(other.picture, {outline, outline});
    REQUIRE(found.size() == 2);
    REQUIRE(found[0].size() == 4);
    sum += Rmse(found[0], other) / 8;
    for (const FoundPoint& point : found[0]) sure += point.confidence / 32;
  }
  CHECK(sum < 3);
  CHECK(sure > 0.3);
  CHECK(finder.Find(pictures[0].picture, {}).empty());
  CHECK_THROWS_AS(LoadPredictor(model), datasets::Error);
}

TEST_CASE("the file of SIPEC's PoseNet is opened like the other's, and points near the animal") {
  tests::TempDir folder;
  auto pictures = DrawMany(0, 24);
  const PointData data = DrawnData(pictures, true);
  datasets::Job job;
  TrainOptions options = Short();
  options.model = kPosenetSmall;
  options.steps = 12;
  options.batch = 4;
  const std::string model = (folder / "posenet.safetensors").string();
  const TrainResult result = TrainPoints(data, options, model, job);
  CHECK(result.steps == 12);
  CHECK(ReadModelInfo(model).architecture == kPosenetSmall);
  PointFinder finder(model);
  Detection outline;
  outline.region = cv::boundingRect(pictures[0].mask);
  outline.mask = pictures[0].mask(outline.region).clone();
  const auto found = finder.Find(pictures[0].picture, {outline});
  REQUIRE(found.size() == 1);
  REQUIRE(found[0].size() == 4);
  const cv::Rect2d around(outline.region.x - 40, outline.region.y - 40, outline.region.width + 80,
                          outline.region.height + 80);
  for (const FoundPoint& point : found[0]) {
    CHECK(point.visible > 0.99);  // it cannot tell
    CHECK(around.contains(point.at));
  }
}

TEST_CASE("one animal a picture needs no outline") {
  tests::TempDir folder;
  auto pictures = DrawMany(100, 24);
  const PointData data = DrawnData(pictures, false);
  datasets::Job job;
  const std::string model = (folder / "points.safetensors").string();
  TrainPoints(data, Short(), model, job);
  PointFinder finder(model);
  REQUIRE(finder.FindsWithoutOutline());
  std::vector<double> errors;
  for (uint64_t i = 0; i < 8; ++i) {
    const Drawn other = Draw(2000 + i);
    errors.push_back(Rmse(finder.FindOne(other.picture), other));
  }
  std::sort(errors.begin(), errors.end());
  CHECK(errors[4] < 5);
}

TEST_CASE("a training of points that is cancelled keeps its best, and goes on from there") {
  tests::TempDir folder;
  auto pictures = DrawMany(0, 14);
  const PointData data = DrawnData(pictures, true);
  const std::string model = (folder / "points.safetensors").string();
  TrainOptions options = Short();
  options.steps = 30;
  datasets::Job job;
  CHECK_THROWS_AS(TrainPoints(data, options, model, job,
                              [&](const TrainProgress& progress) {
                                if (progress.step >= 12) job.Cancel();
                              }),
                  datasets::Cancelled);
  CHECK_NOTHROW(PointFinder{model});
  options.resume = true;
  datasets::Job again;
  CHECK(TrainPoints(data, options, model, again).steps == 30);
  // On other points it is another training.
  PointData moved = data;
  moved.animals[0].points[0].at.x += 3;
  datasets::Job third;
  CHECK_THROWS_AS(TrainPoints(moved, options, model, third), datasets::Error);
}

}  // namespace

}  // namespace points_learning_test
