#include "infer/review/picture_agreement.h"

#include <doctest/doctest.h>

#include <opencv2/imgproc.hpp>

namespace picture_agreement_test {

namespace {

constexpr int kSide = 200;

train::Detection Ellipse(cv::Point center, cv::Size axes) {
  cv::Mat mask(kSide, kSide, CV_8UC1, cv::Scalar(0));
  cv::ellipse(mask, center, axes, 0, 0, 360, cv::Scalar(255), cv::FILLED);
  train::Detection detection;
  detection.region = cv::boundingRect(mask);
  detection.mask = mask(detection.region).clone();
  return detection;
}

// Dark animals on a bright, noisy ground.
cv::Mat Picture(const std::vector<train::Detection>& animals) {
  cv::Mat picture(kSide, kSide, CV_8UC3, cv::Scalar(170, 180, 190));
  for (const train::Detection& animal : animals) {
    picture(animal.region).setTo(cv::Scalar(60, 50, 40), animal.mask);
  }
  cv::Mat noise(kSide, kSide, CV_8UC3);
  cv::RNG random(7);
  random.fill(noise, cv::RNG::UNIFORM, 0, 30);
  return picture + noise;
}

float Agreement(const cv::Mat& picture, const std::vector<train::Detection>& found,
                const cv::Mat& background = {}) {
  train::FrameDetections frame;
  frame.detections = found;
  infer::JudgeOutlines(picture, background, frame);
  return frame.detections[0].picture_agreement;
}

}  // namespace

TEST_CASE(
    "an outline that follows the animal agrees with the picture, one that does not disagrees") {
  const auto animal = Ellipse({100, 100}, {40, 20});
  const cv::Mat picture = Picture({animal});
  CHECK(Agreement(picture, {animal}) > 0.9f);
  const float shifted = Agreement(picture, {Ellipse({120, 100}, {40, 20})});
  const float large = Agreement(picture, {Ellipse({100, 100}, {60, 34})});
  const float small = Agreement(picture, {Ellipse({100, 100}, {24, 12})});
  CHECK(shifted < 0.75f);
  CHECK(large < 0.6f);
  CHECK(small < 0.6f);
  CHECK(shifted > 0.3f);
}

TEST_CASE("the neighbor's pixels are left out") {
  const auto left = Ellipse({70, 100}, {30, 20}), right = Ellipse({128, 100}, {30, 20});
  const cv::Mat picture = Picture({left, right});
  CHECK(Agreement(picture, {left, right}) > 0.85f);
  CHECK(Agreement(picture, {left}) < 0.7f);  // nobody says whose the other half is
}

TEST_CASE("with a background an animal in the colors of the ground stands out too") {
  const auto animal = Ellipse({100, 100}, {40, 20});
  cv::Mat background = Picture({});
  cv::rectangle(background, {0, 0, kSide, kSide / 2}, cv::Scalar(60, 50, 40), cv::FILLED);
  cv::Mat picture = background.clone();
  // Its upper half is bright before dark, its lower half dark before bright.
  cv::Mat upper = animal.mask.clone(), lower = animal.mask.clone();
  upper.rowRange(upper.rows / 2, upper.rows).setTo(cv::Scalar(0));
  lower.rowRange(0, lower.rows / 2).setTo(cv::Scalar(0));
  picture(animal.region).setTo(cv::Scalar(170, 180, 190), upper);
  picture(animal.region).setTo(cv::Scalar(60, 50, 40), lower);
  CHECK(Agreement(picture, {animal}, background) > 0.85f);
  CHECK(Agreement(picture, {animal}) < 0.7f);
}

TEST_CASE("where there is nothing to compare, nothing is said") {
  const cv::Mat picture = Picture({});
  train::Detection box;
  box.region = {50, 50, 40, 20};
  CHECK(Agreement(picture, {box}) == -1);  // boxes have no outline
  CHECK(Agreement(picture, {Ellipse({100, 100}, {1, 1})}) == -1);
  train::Detection outside = Ellipse({100, 100}, {40, 20});
  outside.region += cv::Point(150, 0);
  CHECK(Agreement(picture, {outside}) == -1);
  CHECK(Agreement(cv::Mat(kSide, kSide, CV_8UC3, cv::Scalar(9, 9, 9)),
                  {Ellipse({100, 100}, {40, 20})}) <= 1);
}

TEST_CASE("pieces of two touching animals are judged each by the pixels nearest to it") {
  const auto left = Ellipse({72, 100}, {30, 20}), right = Ellipse({128, 100}, {30, 20});
  const cv::Mat picture = Picture({left, right});
  train::PictureModel model;  // dark is animal
  const int features = train::SurroundingFeatures(false);
  model.means = cv::Mat(features, 1, CV_32F, cv::Scalar(0));
  model.deviations = cv::Mat(features, 1, CV_32F, cv::Scalar(1));
  model.squares = cv::Mat(features, features, CV_32F, cv::Scalar(0));
  model.slopes = cv::Mat(features, 1, CV_32F, cv::Scalar(0));
  model.slopes.at<float>(0) = -1;
  model.bias = 2;  // at 128 grey levels of blue
  model.overlap = 0.9;
  CHECK(infer::CanJudge(model, false));
  CHECK_FALSE(infer::CanJudge(model, true));
  CHECK_FALSE(infer::CanJudge({}, false));

  train::Detection both;
  both.region = left.region | right.region;
  both.mask = cv::Mat(both.region.size(), CV_8UC1, cv::Scalar(255));
  train::FrameDetections found;
  found.detections = {both};
  const auto evidence = infer::LookForAnimals(picture, {}, model, found);
  REQUIRE(evidence.size() == 1);
  std::vector<infer::Blob> pieces = {infer::BlobOf(left, 0, picture.size()),
                                     infer::BlobOf(right, 0, picture.size())};
  infer::JudgeBlobs(evidence, picture.size(), pieces);
  CHECK(pieces[0].picture_agreement > 0.85f);
  CHECK(pieces[1].picture_agreement > 0.85f);
  // One is drawn too small: that is not held against the other.
  pieces[1] = infer::BlobOf(Ellipse({128, 100}, {18, 12}), 0, picture.size());
  infer::JudgeBlobs(evidence, picture.size(), pieces);
  CHECK(pieces[0].picture_agreement > 0.75f);
  CHECK(pieces[1].picture_agreement < 0.6f);
  infer::JudgeBlobs({}, picture.size(), pieces);
  CHECK(pieces[0].picture_agreement == -1);
}

TEST_CASE("an outline is judged in the view made for it, not in a neighbor's that ends behind it") {
  const auto drawn = Ellipse({100, 100}, {30, 15}), shown = Ellipse({100, 100}, {44, 26});
  std::vector<infer::Blob> blobs = {infer::BlobOf(drawn, 0, {kSide, kSide})};
  cv::Mat animal(kSide, kSide, CV_8UC1, cv::Scalar(0));
  animal(shown.region).setTo(cv::Scalar(255), shown.mask);
  const auto view = [&](const cv::Rect& rect) {
    return infer::PictureEvidence{rect, animal(rect).clone()};
  };
  const infer::PictureEvidence own =
      view(train::ViewAround(blobs[0].region, blobs[0].area, {kSide, kSide}));
  const infer::PictureEvidence neighbor = view(blobs[0].region);
  infer::JudgeBlobs({own}, {kSide, kSide}, blobs);
  const float alone = blobs[0].picture_agreement;
  CHECK(alone < 0.5f);
  infer::JudgeBlobs({neighbor, own}, {kSide, kSide}, blobs);
  CHECK(blobs[0].picture_agreement == alone);
}

}  // namespace picture_agreement_test
