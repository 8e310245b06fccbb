#include "infer/points/point_track.h"

#include <doctest/doctest.h>

#include <cmath>
#include <random>

namespace point_track_test {

using infer::PointFault;
using infer::PointFaultKind;
using infer::PointTrack;

namespace {

enum Place { kNose, kLeft, kRight, kTail };

datasets::Skeleton Mouse() {
  return datasets::MakeSkeleton("mouse", {"nose", "left_ear", "right_ear", "tail"},
                                {{"nose", "tail"}}, {{"left_ear", "right_ear"}});
}

// An animal of 60 pixels that walks curves and turns, its points found to a pixel or so.
PointTrack Walk(int frames, uint32_t seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(0, 0.8);
  PointTrack track;
  double x = 100, y = 100, way = 0.3;
  for (int frame = 0; frame < frames; ++frame) {
    way += 0.12 * std::sin(frame * 0.05) + 0.05 * noise(random);
    const double speed = 3 + 2 * std::sin(frame * 0.11);
    x += speed * std::cos(way);
    y += speed * std::sin(way);
    const cv::Point2d ahead(std::cos(way), std::sin(way)), left(ahead.y, -ahead.x);
    const double stretch = 1 + 0.1 * std::sin(frame * 0.2);
    std::vector<infer::TrackedPoint> points(4);
    const cv::Point2d at(x, y);
    points[kNose].at = at + ahead * (30 * stretch);
    points[kLeft].at = at + ahead * 18 + left * 9;
    points[kRight].at = at + ahead * 18 - left * 9;
    points[kTail].at = at - ahead * (30 * stretch);
    for (infer::TrackedPoint& point : points) {
      point.at += cv::Point2d(noise(random), noise(random));
      point.confidence = 0.9;
      point.found = true;
    }
    track.frames.push_back(frame);
    track.points.push_back(points);
  }
  return track;
}

}  // namespace

TEST_CASE("Points of an animal that walks, turns and stretches have no faults") {
  int faults = 0;
  for (uint32_t seed = 0; seed < 20; ++seed) {
    faults += static_cast<int>(infer::FindPointFaults(Walk(500, seed), Mouse(), 25).size());
  }
  CHECK(faults <= 2);  // of 40,000 points
}

TEST_CASE("A point that jumps for some frames is named with them, and loses confidence") {
  PointTrack track = Walk(300, 1);
  for (int t = 120; t < 122; ++t) track.points[t][kTail].at += cv::Point2d(25, -10);
  auto faults = infer::FindPointFaults(track, Mouse(), 25);
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].kind == PointFaultKind::kJump);
  CHECK(faults[0].place == kTail);
  CHECK(faults[0].begin == 120);
  CHECK(faults[0].end == 122);
  const auto found = track.points[120][kTail].at;
  infer::MendPoints(Mouse(), 25, track, faults);
  CHECK(track.points[120][kTail].confidence < 0.5);
  CHECK(track.points[120][kTail].at == found);  // what the network said stays
  CHECK(track.points[119][kTail].confidence == doctest::Approx(0.9));
}

TEST_CASE("A bone that is far too long for long is named, once") {
  PointTrack track = Walk(400, 2);
  for (int t = 200; t < 260; ++t) {
    track.points[t][kTail].at += 1.2 * (track.points[t][kTail].at - track.points[t][kNose].at);
  }
  const auto faults = infer::FindPointFaults(track, Mouse(), 25);
  REQUIRE(faults.size() >= 1);
  int bones = 0;
  for (const PointFault& fault : faults) bones += fault.kind == PointFaultKind::kBone;
  CHECK(bones == 1);
}

TEST_CASE("Ears that changed places for a moment are put back, and it is said") {
  const PointTrack right = Walk(300, 3);
  PointTrack track = right;
  for (int t = 140; t < 150; ++t) std::swap(track.points[t][kLeft], track.points[t][kRight]);
  auto faults = infer::FindPointFaults(track, Mouse(), 25);
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].kind == PointFaultKind::kSides);
  CHECK(faults[0].begin == 140);
  CHECK(faults[0].end == 150);
  infer::MendPoints(Mouse(), 25, track, faults);
  CHECK(faults[0].mended);
  for (int t = 140; t < 150; ++t) CHECK(track.points[t][kLeft].at == right.points[t][kLeft].at);
  CHECK(infer::Describe(faults[0], Mouse()).find("left_ear and right_ear") == 0);
}

TEST_CASE("Ears that change places and do not come back soon are left as found, for a person") {
  const PointTrack right = Walk(300, 4);
  PointTrack track = right;
  for (int t = 200; t < 300; ++t) std::swap(track.points[t][kLeft], track.points[t][kRight]);
  const PointTrack before = track;
  auto faults = infer::FindPointFaults(track, Mouse(), 25);
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].begin == 200);
  infer::MendPoints(Mouse(), 25, track, faults);
  CHECK_FALSE(faults[0].mended);
  CHECK(track.points[250][kLeft].at == before.points[250][kLeft].at);
  CHECK(track.points[250][kLeft].confidence < 0.5);
}

TEST_CASE("Points that were not found, gaps, one point, or no frames are no faults") {
  PointTrack track = Walk(200, 5);
  for (int t = 50; t < 80; ++t) track.points[t][kLeft].found = false;
  for (size_t t = 100; t < 200; ++t) track.frames[t] += 500;
  CHECK(infer::FindPointFaults(track, Mouse(), 25).empty());
  CHECK(infer::FindPointFaults({}, Mouse(), 25).empty());
  for (auto& points : track.points) {
    for (int place : {kLeft, kRight, kTail}) points[place].found = false;
  }
  CHECK(infer::FindPointFaults(track, Mouse(), 25).empty());
}

}  // namespace point_track_test
