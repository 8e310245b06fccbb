#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>
#include <set>
#include <thread>

#include "datasets/synthetic/scene.h"

namespace synthetic_test {

using datasets::AnimalTruth;
using datasets::FrameTruth;
using datasets::Scene;
using datasets::SceneOptions;

namespace {

SceneOptions Options(const std::string& scene, int frames, int64_t seed = 1) {
  SceneOptions options;
  options.scene = scene;
  options.frames = frames;
  options.seed = seed;
  return options;
}

bool Holds(const AnimalTruth& animal, const std::string& behavior) {
  return std::count(animal.behaviors.begin(), animal.behaviors.end(), behavior) > 0;
}

bool Same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
}

// The longest run of frames in which `holds` is true.
template <class Predicate>
int LongestRun(int frames, const Predicate& holds) {
  int longest = 0, run = 0;
  for (int f = 0; f < frames; ++f) {
    run = holds(f) ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

}  // namespace

TEST_CASE("every scene renders its size, and shows each animal whole and inside the frame") {
  for (const datasets::SceneInfo& info : datasets::Scenes()) {
    CAPTURE(info.name);
    const Scene scene(Options(info.name, 300));
    const cv::Size size(info.width, info.height);
    for (int f = 0; f < 300; f += 23) {
      FrameTruth truth;
      const cv::Mat picture = scene.Render(f, &truth);
      CHECK(picture.size() == size);
      CHECK(picture.type() == CV_8UC3);
      REQUIRE(truth.animals.size() == scene.AnimalNames().size());
      for (const AnimalTruth& animal : truth.animals) {
        CHECK(cv::countNonZero(animal.amodal) > 220);
        const cv::Rect inner(1, 1, size.width - 2, size.height - 2);
        CHECK(cv::countNonZero(animal.amodal) == cv::countNonZero(animal.amodal(inner)));
      }
    }
  }
}

TEST_CASE("visible masks are disjoint, fill the union of the whole ones, and follow the z order") {
  for (const char* name : {"two-voles", "three-voles"}) {
    const Scene scene(Options(name, 600));
    int hidden_frames = 0;
    for (int f = 0; f < 600; f += 5) {
      CAPTURE(f);
      const FrameTruth truth = scene.Truth(f);
      cv::Mat sum = cv::Mat::zeros(480, 640, CV_8U), all = sum.clone();
      std::set<int> orders;
      for (const AnimalTruth& animal : truth.animals) {
        sum += animal.visible / 255;
        all |= animal.amodal;
        orders.insert(animal.z_order);
        for (const AnimalTruth& other : truth.animals) {
          if (other.z_order <= animal.z_order) continue;
          CHECK(cv::countNonZero(animal.visible & other.amodal) == 0);
        }
        if (animal.z_order == static_cast<int>(truth.animals.size()) - 1) {
          CHECK(Same(animal.visible, animal.amodal));
        }
        hidden_frames += !Same(animal.visible, animal.amodal);
      }
      CHECK(orders.size() == truth.animals.size());
      double most = 0;
      cv::minMaxLoc(sum, nullptr, &most);
      CHECK(most == 1);
      CHECK(Same(sum * 255, all));
    }
    CHECK(hidden_frames > 0);
  }
}

TEST_CASE("the same seed gives the same pictures in any order, another seed gives others") {
  const Scene first(Options("tiny", 60)), second(Options("tiny", 60)),
      other(Options("tiny", 60, 2));
  std::vector<cv::Mat> forward;
  for (int f = 0; f < 60; ++f) forward.push_back(first.Render(f));
  for (int f = 59; f >= 0; f -= 7) {
    FrameTruth truth;
    CHECK(Same(forward[f], second.Render(f, &truth)));
    const FrameTruth again = first.Truth(f);
    for (size_t i = 0; i < again.animals.size(); ++i) {
      CHECK(Same(truth.animals[i].visible, again.animals[i].visible));
      CHECK(Same(truth.animals[i].amodal, again.animals[i].amodal));
    }
    CHECK_FALSE(Same(forward[f], other.Render(f)));
  }
  CHECK_FALSE(Same(forward[10], forward[11]));
}

TEST_CASE("a longer video begins with the frames of the shorter one") {
  const Scene brief(Options("tiny", 30)), longer(Options("tiny", 90));
  for (int f = 0; f < 30; f += 9) CHECK(Same(brief.Render(f), longer.Render(f)));
}

TEST_CASE("one scene may be read from several threads") {
  const Scene scene(Options("tiny", 24));
  std::vector<cv::Mat> alone(24), together(24);
  for (int f = 0; f < 24; ++f) alone[f] = scene.Render(f);
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      for (int f = t; f < 24; f += 3) together[f] = scene.Render(f);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int f = 0; f < 24; ++f) CHECK(Same(alone[f], together[f]));
}

TEST_CASE("two voles meet, cover each other, chase, groom and rest within 600 frames") {
  for (int64_t seed : {1, 2, 3}) {
    CAPTURE(seed);
    const Scene scene(Options("two-voles", 600, seed));
    std::vector<FrameTruth> truths;
    for (int f = 0; f < 600; ++f) truths.push_back(scene.TruthWithoutMasks(f));
    const auto longest = [&](const std::string& behavior) {
      int best = 0;
      for (size_t i = 0; i < 2; ++i) {
        best = std::max(
            best, LongestRun(600, [&](int f) { return Holds(truths[f].animals[i], behavior); }));
      }
      return best;
    };
    CHECK(longest("contact") >= 50);
    CHECK(longest("rest") >= 60);
    CHECK(longest("walk") >= 20);
    CHECK(longest("chase") >= 8);
    int covered = 0, swapped_sides = 0, last_side = 0;
    for (int f = 0; f < 600; f += 3) {
      const FrameTruth truth = scene.Truth(f);
      for (const AnimalTruth& animal : truth.animals) {
        covered += cv::countNonZero(animal.amodal) - cv::countNonZero(animal.visible) > 150;
      }
      const double dx =
          truth.animals[0].key_points[4].position.x - truth.animals[1].key_points[4].position.x;
      const int side = dx > 30 ? 1 : dx < -30 ? -1 : last_side;
      swapped_sides += last_side != 0 && side != last_side;
      last_side = side;
    }
    CHECK(covered >= 5);
    CHECK(swapped_sides >= 1);
  }
}

TEST_CASE("no animal stays hidden and none jumps") {
  const Scene scene(Options("three-voles", 900, 4));
  std::vector<int> hidden(3, 0);
  for (int f = 0; f < 900; f += 2) {
    const FrameTruth truth = scene.Truth(f);
    for (size_t i = 0; i < 3; ++i) {
      const bool gone = cv::countNonZero(truth.animals[i].visible) < 200;
      hidden[i] = gone ? hidden[i] + 2 : 0;
      CHECK(hidden[i] < 50);
      if (f == 0) continue;
      const FrameTruth before = scene.TruthWithoutMasks(f - 1);
      const cv::Point2d step =
          truth.animals[i].key_points[4].position - before.animals[i].key_points[4].position;
      CHECK(std::hypot(step.x, step.y) < 16);
    }
  }
}

TEST_CASE("each animal has exactly one state a frame, and contact is mutual and near") {
  const Scene scene(Options("two-voles", 500, 5));
  std::map<std::string, std::string> groups;
  for (const datasets::SceneBehavior& behavior : scene.behaviors()) {
    groups[behavior.name] = behavior.group;
  }
  int checked_gaps = 0;
  for (int f = 0; f < 500; ++f) {
    CAPTURE(f);
    const FrameTruth truth = scene.TruthWithoutMasks(f);
    for (const AnimalTruth& animal : truth.animals) {
      int states = 0;
      for (const std::string& behavior : animal.behaviors) {
        REQUIRE(groups.count(behavior) == 1);
        states += groups[behavior] == "state";
      }
      CHECK(states == 1);
      if (Holds(animal, "chase")) CHECK(Holds(animal, "walk"));
    }
    const bool contact = Holds(truth.animals[0], "contact");
    CHECK(contact == Holds(truth.animals[1], "contact"));
    if (f % 10) continue;
    // Worked out again from the masks: tails, ears and feet reach farther than the rule's bodies.
    const FrameTruth masks = scene.Truth(f);
    cv::Mat distance;
    cv::distanceTransform(~masks.animals[0].amodal, distance, cv::DIST_L2, cv::DIST_MASK_PRECISE);
    double gap = 0;
    cv::minMaxLoc(distance, &gap, nullptr, nullptr, nullptr, masks.animals[1].amodal);
    if (contact) CHECK(gap * scene.mm_per_pixel() <= scene.contact_mm() + 3);
    if (gap * scene.mm_per_pixel() > scene.contact_mm() + 3) CHECK_FALSE(contact);
    ++checked_gaps;
  }
  CHECK(checked_gaps == 50);
}

TEST_CASE("key points lie on the animal, and are called hidden just where another covers them") {
  const Scene scene(Options("two-voles", 600));
  int hidden = 0;
  for (int f = 0; f < 600; f += 4) {
    const FrameTruth truth = scene.Truth(f);
    for (const AnimalTruth& animal : truth.animals) {
      REQUIRE(animal.key_points.size() == datasets::KeyPointNames().size());
      for (size_t k = 1; k < animal.key_points.size(); ++k) {  // the nose is the very tip
        const datasets::SceneKeyPoint& point = animal.key_points[k];
        const cv::Point at(static_cast<int>(point.position.x), static_cast<int>(point.position.y));
        CHECK(animal.amodal.at<uchar>(at) == 255);
        CHECK((point.visibility == 2) == (animal.visible.at<uchar>(at) == 255));
        hidden += point.visibility == 1;
      }
    }
  }
  CHECK(hidden > 0);
}

TEST_CASE("exploration is the stated rule on nose, neck and center, worked out again") {
  for (const char* name : {"objects", "two-arenas"}) {
    const Scene scene(Options(name, 2400, 3));
    int explored = 0, on_top = 0;
    for (int f = 0; f < 2400; ++f) {
      CAPTURE(f);
      const FrameTruth truth = scene.TruthWithoutMasks(f);
      for (size_t i = 0; i < truth.animals.size(); ++i) {
        const AnimalTruth& animal = truth.animals[i];
        const cv::Point2d nose = animal.key_points[0].position,
                          neck = animal.key_points[3].position;
        const cv::Point2d middle = animal.key_points[4].position;
        std::string expected;
        for (const datasets::SceneObject& object : scene.objects()) {
          if (object.region != scene.regions()[std::min(i, scene.regions().size() - 1)].name)
            continue;
          // The outline as 3000 points; the distance to the nearest one, signed by a winding test.
          std::vector<cv::Point2f> outline;
          const double c = std::cos(object.angle), s = std::sin(object.angle);
          const double w = object.half_size.width, h = object.half_size.height;
          for (int k = 0; k < 3000; ++k) {
            cv::Point2d p;
            if (object.round) {
              p = {w * std::cos(k * CV_PI / 1500), w * std::sin(k * CV_PI / 1500)};
            } else {
              const double u = (k % 750) / 750.0 * 2 - 1;
              const cv::Point2d sides[] = {{u * w, -h}, {w, u * h}, {-u * w, h}, {-w, -u * h}};
              p = sides[k / 750];
            }
            outline.emplace_back(object.center.x + c * p.x - s * p.y,
                                 object.center.y + s * p.x + c * p.y);
          }
          const double gap = -cv::pointPolygonTest(outline, nose, true) * scene.mm_per_pixel();
          const bool climbed = cv::pointPolygonTest(outline, middle, false) > 0;
          const double head = std::atan2(nose.y - neck.y, nose.x - neck.x);
          const double to = std::atan2(object.center.y - nose.y, object.center.x - nose.x);
          const double off = std::abs(std::remainder(head - to, 2 * CV_PI));
          on_top += climbed;
          const bool near_a_limit =
              std::abs(gap) < 0.02 || std::abs(gap - 10) < 0.02 || std::abs(off - CV_PI / 4) < 1e-4;
          if (near_a_limit) expected = "either";
          if (gap > 0 && gap <= 10 && off <= CV_PI / 4 && !climbed && !near_a_limit) {
            expected = object.name == "object_left" ? "explore_left" : "explore_right";
          }
        }
        if (expected == "either") continue;
        for (const char* behavior : {"explore_left", "explore_right"}) {
          CHECK(Holds(animal, behavior) == (expected == behavior));
        }
        explored += !expected.empty();
      }
    }
    CHECK(explored > 100);
    CHECK(on_top > 0);
  }
}

TEST_CASE("the preference moves the discrimination index, and seeds differ") {
  const auto index = [](double preference, int64_t seed) {
    SceneOptions options = Options("objects", 3000, seed);
    options.preference = preference;
    const auto rows = Scene(options).Description()["exploration"];
    CHECK(rows[0]["t1_left_seconds"].get<double>() + rows[0]["t2_right_seconds"].get<double>() > 5);
    return rows[0]["di"].get<double>();
  };
  double low = 0, high = 0;
  std::set<double> seen;
  for (int64_t seed = 1; seed <= 5; ++seed) {
    low += index(0.1, seed) / 5;
    high += index(0.9, seed) / 5;
    seen.insert(index(0.5, seed));
  }
  CHECK(high - low > 0.6);
  CHECK(seen.size() == 5);
}

TEST_CASE("the coat stays with the animal: a patch of fur keeps its color where the body moves") {
  const Scene scene(Options("two-voles", 400));
  // Brightness at the center key point of each animal, over frames where it is seen.
  std::vector<std::vector<double>> levels(2);
  for (int f = 0; f < 400; f += 8) {
    FrameTruth truth;
    const cv::Mat picture = scene.Render(f, &truth);
    for (size_t i = 0; i < 2; ++i) {
      if (truth.animals[i].key_points[4].visibility != 2) continue;
      const cv::Scalar mean = cv::mean(picture, truth.animals[i].visible);
      levels[i].push_back(mean[2] - mean[0]);  // red over blue: brown against grey
    }
  }
  REQUIRE(levels[0].size() > 20);
  REQUIRE(levels[1].size() > 20);
  CHECK(*std::min_element(levels[0].begin(), levels[0].end()) >
        *std::max_element(levels[1].begin(), levels[1].end()));
}

TEST_CASE("the camera of moving-camera moves and keeps both animals in view") {
  const Scene scene(Options("moving-camera", 400));
  double farthest = 0;
  const cv::Point2d start = scene.TruthWithoutMasks(0).camera_offset;
  for (int f = 0; f < 400; ++f) {
    const cv::Point2d moved = scene.TruthWithoutMasks(f).camera_offset - start;
    farthest = std::max(farthest, std::hypot(moved.x, moved.y));
  }
  CHECK(farthest > 40);
}

TEST_CASE("an unknown scene, an odd size and a bad number are refused with the way out") {
  const auto message = [](const SceneOptions& options) {
    try {
      Scene scene(options);
    } catch (const datasets::Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(message(Options("two-moles", 10)).find("two-voles") != std::string::npos);
  SceneOptions options = Options("tiny", 10);
  options.width = 161;
  CHECK(message(options).find("even") != std::string::npos);
  options.width = 16;
  CHECK(message(options).find("at least") != std::string::npos);
  CHECK(message(Options("tiny", -1)).find("frames") != std::string::npos);
  options = Options("objects", 10);
  options.preference = 1.5;
  CHECK(message(options).find("preference") != std::string::npos);
}

TEST_CASE("a larger picture shows the same scene larger") {
  SceneOptions options = Options("tiny", 5);
  options.width = 320;
  options.height = 240;
  const Scene large(options), small(Options("tiny", 5));
  CHECK(large.Render(0).size() == cv::Size(320, 240));
  CHECK(large.mm_per_pixel() == doctest::Approx(small.mm_per_pixel() / 2));
  const double ratio = cv::countNonZero(large.Truth(0).animals[0].amodal) /
                       static_cast<double>(cv::countNonZero(small.Truth(0).animals[0].amodal));
  CHECK(ratio > 3);
  CHECK(ratio < 5);
}

}  // namespace synthetic_test
