// What is seen at once: the ground, what stands out from it, and who is who.
#include "infer/live/live_eye.h"

#include <doctest/doctest.h>

#include "infer/live/ground.h"
#include "infer/live/live_tracker.h"
#include "tests/infer/live/live_stage.h"

namespace live_eye_test {

using infer::Blob;
using infer::Ground;

namespace {

train::FrameDetections Found(const cv::Mat& mask) {
  cv::Mat labels, stats, centers;
  const int count = cv::connectedComponentsWithStats(mask, labels, stats, centers);
  train::FrameDetections found;
  for (int k = 1; k < count; ++k) {
    train::Detection thing;
    thing.region = {stats.at<int>(k, cv::CC_STAT_LEFT), stats.at<int>(k, cv::CC_STAT_TOP),
                    stats.at<int>(k, cv::CC_STAT_WIDTH), stats.at<int>(k, cv::CC_STAT_HEIGHT)};
    thing.mask = labels(thing.region) == k;
    thing.score = 1;
    found.detections.push_back(thing);
  }
  return found;
}

cv::Mat Discs(const std::vector<cv::Point>& places) {
  cv::Mat mask(200, 300, CV_8UC1, cv::Scalar(0));
  for (const cv::Point& place : places) cv::circle(mask, place, 12, cv::Scalar(255), -1);
  return mask;
}

const Blob* Number(const std::vector<Blob>& blobs, int number) {
  for (const Blob& blob : blobs) {
    if (blob.tracklet == number) return &blob;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("The ground is the scene without the animals that walk through it") {
  infer::GroundSamples samples;
  for (int frame = 0; frame < 55; ++frame) {
    samples.Add({frame, 40 * frame, tests::StagePicture(frame)});
  }
  CHECK(samples.all().front().frame == 0);
  const cv::Mat median = infer::MedianOf(samples.all());
  CHECK(cv::norm(median, tests::StagePicture(0, 0), cv::NORM_INF) == 0);
  Ground ground;
  ground.Set(median);
  const auto found = ground.FindMoving(tests::StagePicture(20), 90, 400);
  REQUIRE(found.detections.size() == 2);
  CHECK(cv::countNonZero(found.detections[0].mask) == doctest::Approx(3.14 * 14 * 9).epsilon(0.15));
}

TEST_CASE("An animal that leaves the place where the ground was learned becomes ground there") {
  Ground ground;
  ground.Set(tests::StagePicture(0));  // both rest
  const auto found = ground.FindMoving(tests::StagePicture(12), 90, 400);
  REQUIRE(found.detections.size() == 2);  // where they are, not where they were
  for (const auto& thing : found.detections) {
    const cv::Point center = (thing.region.tl() + thing.region.br()) / 2;
    const double off = std::min(cv::norm(center - tests::StagePlace(0, 12)),
                                cv::norm(center - tests::StagePlace(1, 12)));
    CHECK(off < 3);
  }
  CHECK(ground.FindMoving(tests::StagePicture(0, 0), 90, 400).detections.empty());
}

TEST_CASE("Light that changes slowly becomes ground, an animal that rests does not") {
  Ground ground;
  ground.Set(tests::StagePicture(0, 0));
  cv::Mat picture = tests::StagePicture(5, 1);
  const auto animal =
      infer::BlobOf(ground.FindMoving(picture, 90, 400).detections.at(0), 0, picture.size());
  picture += cv::Scalar::all(20);
  for (int frame = 0; frame < 600; ++frame) ground.Follow(picture, {animal});
  CHECK(ground.picture().at<cv::Vec3b>(100, 140)[0] == 190);
  CHECK(ground.picture().at<cv::Vec3b>(animal.region.y + 5, animal.region.x + 8)[0] == 170);
}

TEST_CASE(
    "Two animals keep their numbers through a contact, and who was away comes back as itself") {
  infer::LiveTracker tracker(2, 450, {300, 200}, 25);
  const auto at = [&](int frame) {
    // They walk toward each other, touch from frame 30 to 45, and part as they came.
    const int gap = frame < 40 ? 100 - 2 * frame : 20 + 2 * (frame - 40);
    return std::vector<cv::Point>{{150 - std::max(20, gap) / 2, 90},
                                  {150 + std::max(20, gap) / 2, 104}};
  };
  int frame = 0;
  for (; frame < 80; ++frame) {
    const auto blobs = tracker.Add(frame, Found(Discs(at(frame))));
    REQUIRE(blobs.size() == 2);
    INFO("frame " << frame);
    for (const int number : {0, 1}) {
      REQUIRE(Number(blobs, number));
      CHECK(cv::norm(Number(blobs, number)->centroid -
                     cv::Point2d(at(frame)[static_cast<size_t>(number)])) < 6);
    }
  }
  for (; frame < 110; ++frame) {  // the right one is hidden
    const auto blobs = tracker.Add(frame, Found(Discs({at(79)[0]})));
    REQUIRE(blobs.size() == 1);
    CHECK(blobs[0].tracklet == 0);
  }
  const auto back = tracker.Add(frame, Found(Discs({at(79)[0], {260, 30}, {20, 20}})));
  REQUIRE(back.size() == 2);  // a third one is nobody
  CHECK(Number(back, 0)->centroid.x < 150);
  CHECK(Number(back, 1) != nullptr);
}

TEST_CASE("What is too small or too large for an animal gets no number") {
  infer::LiveTracker tracker(3, 450, {300, 200}, 25);
  cv::Mat mask = Discs({{40, 40}});
  cv::circle(mask, {100, 100}, 5, cv::Scalar(255), -1);
  cv::circle(mask, {220, 120}, 30, cv::Scalar(255), -1);
  CHECK(tracker.Add(0, Found(mask)).size() == 1);
  CHECK(tracker.known() == 1);
}

}  // namespace live_eye_test
