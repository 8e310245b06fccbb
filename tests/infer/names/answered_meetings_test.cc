#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "tests/infer/names/decision_scene.h"

namespace answered_meetings_test {

namespace {

using infer::MeetingList;
using tests::DiscWorld;
using Scene = tests::DecisionScene;

// Look-alikes that come together every 100 frames, turn around each other by any angle, and part.
DiscWorld Dancers(unsigned seed) {
  DiscWorld world;
  world.seed = seed;
  world.frames = 600;
  world.size = {120, 120};
  world.axes = {9, 6};
  world.accuracy = 0.55;
  world.says = 0.6;
  world.held_frames = 12;
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> turn(-1.2, 1.2), near(4, 9);
  std::vector<double> angle = {0}, distance;
  for (int meeting = 0; meeting < 6; ++meeting) {
    angle.push_back(angle.back() + CV_PI * turn(random));
    distance.push_back(near(random));
  }
  world.path = [angle, distance](int animal, int frame) {
    const size_t meeting = static_cast<size_t>(frame / 100);
    const int within = frame % 100;
    const double apart = std::clamp(std::abs(within - 50) - 10.0, 0.0, 20.0);
    const double done = std::clamp((within - 40) / 20.0, 0.0, 1.0);
    const double at = angle[meeting] + done * (angle[meeting + 1] - angle[meeting]);
    const double radius = distance[meeting] / 2 + 1.5 * apart;
    const double side = animal == 0 ? -1 : 1;
    return cv::Point3d(60 + side * radius * std::cos(at), 60 + side * radius * std::sin(at), at);
  };
  return world;
}

}  // namespace

TEST_CASE("a person who answers what is asked leaves no wrong name") {
  int wrong_before = 0, wrong_after = 0, asked = 0, unsure = 0, meetings = 0;
  for (unsigned seed = 1; seed <= 6; ++seed) {
    Scene scene(Dancers(seed));
    scene.Label(10);
    scene.Predict();
    wrong_before += scene.WrongNames();
    for (int answers = 0; answers < 60; ++answers) {
      MeetingList list = scene.List();
      infer::SortByWorth(list.meetings);
      const auto open = std::find_if(list.meetings.begin(), list.meetings.end(),
                                     [](const auto& meeting) { return meeting.IsOpen(); });
      if (open == list.meetings.end()) break;
      ++asked;
      unsure += !scene.DecideByTruth(*open);
    }
    CHECK(scene.List().Open() == 0);
    CHECK(scene.IsSound());
    wrong_after += scene.WrongNames();
    CHECK(scene.WrongNames(scene.List().meetings) == 0);
    meetings += static_cast<int>(scene.List().meetings.size());
  }
  MESSAGE(meetings << " meetings, " << wrong_before << " wrong names before, " << wrong_after
                   << " after " << asked << " answers, " << unsure << " of them unsure");
  CHECK(wrong_before > 100);
  CHECK(wrong_after < wrong_before / 15);  // within meetings, where both are one blob
  CHECK(2 * (asked - unsure) < meetings);
}

}  // namespace answered_meetings_test
