#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>
#include <set>
#include <sstream>

#include "datasets/synthetic/scene.h"
#include "tests/support/temp_dir.h"

namespace synthetic_group_test {

using datasets::AnimalTruth;
using datasets::FrameTruth;
using datasets::Scene;
using datasets::SceneOptions;
using datasets::Whereabouts;
using nlohmann::json;

namespace {

SceneOptions Group(int frames, int animals, const std::string& scene = "group") {
  SceneOptions options;
  options.scene = scene;
  options.frames = frames;
  options.animals = animals;
  options.width = 480;
  options.height = 360;
  return options;
}

bool Same(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && cv::norm(a, b, cv::NORM_INF) == 0;
}

cv::Point2d CenterOf(const AnimalTruth& animal) { return animal.key_points[4].position; }

// Mean BGR of what is seen of an animal over some frames on which it lies open.
cv::Scalar ColorOf(const Scene& scene, size_t animal) {
  cv::Scalar sum;
  int count = 0;
  for (int f = 0; f < scene.frame_count(); f += 40) {
    FrameTruth truth;
    const cv::Mat picture = scene.Render(f, &truth);
    const cv::Mat& seen = truth.animals[animal].visible;
    if (cv::countNonZero(seen) < 100) continue;
    sum += cv::mean(picture, seen);
    ++count;
  }
  REQUIRE(count > 0);
  return sum * (1.0 / count);
}

std::string WhatIsRefused(const SceneOptions& options) {
  try {
    Scene scene(options);
  } catch (const datasets::Error& error) {
    return error.what();
  }
  return "";
}

std::vector<std::vector<std::string>> Table(const std::filesystem::path& path) {
  std::ifstream in(path);
  REQUIRE(in.good());
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(in, line);) {
    auto& row = rows.emplace_back();
    std::stringstream cells(line);
    for (std::string cell; std::getline(cells, cell, ',');) row.push_back(cell);
  }
  return rows;
}

}  // namespace

TEST_CASE("a group is the same for a seed, whatever the order in which its frames are asked for") {
  for (const char* name : {"group", "larvae"}) {
    CAPTURE(std::string(name));
    SceneOptions options = Group(1600, 5, name);
    options.leaving = true;
    const Scene forwards(options), anyhow(options);
    std::vector<FrameTruth> truths;
    for (int f = 0; f < 1600; ++f) truths.push_back(forwards.TruthWithoutMasks(f));
    for (const int f : {1599, 0, 255, 256, 700, 699, 12, 1023}) {
      const FrameTruth truth = anyhow.TruthWithoutMasks(f);
      for (size_t i = 0; i < 5; ++i) {
        CHECK(CenterOf(truth.animals[i]) == CenterOf(truths[static_cast<size_t>(f)].animals[i]));
        CHECK(truth.animals[i].behaviors == truths[static_cast<size_t>(f)].animals[i].behaviors);
      }
    }
    CHECK(Same(forwards.Render(300), anyhow.Render(300)));
    options.seed = 2;
    CHECK_FALSE(Same(Scene(options).Render(300), anyhow.Render(300)));
  }
}

TEST_CASE("nobody jumps, and every number of animals is there") {
  for (const char* name : {"group", "larvae"}) {
    CAPTURE(std::string(name));
    SceneOptions options = Group(1000, 9, name);
    options.leaving = true;
    options.huddles = options.scene == "group";
    const Scene scene(options);
    CHECK(scene.AnimalNames().size() == 9);
    FrameTruth before = scene.TruthWithoutMasks(0);
    for (int f = 1; f < 1000; ++f) {
      const FrameTruth now = scene.TruthWithoutMasks(f);
      REQUIRE(now.animals.size() == 9);
      std::set<int> layers;
      for (size_t i = 0; i < 9; ++i) {
        const cv::Point2d step = CenterOf(now.animals[i]) - CenterOf(before.animals[i]);
        CHECK(std::hypot(step.x, step.y) < 12);
        layers.insert(now.animals[i].z_order);
      }
      CHECK(layers.size() == 9);
      before = now;
    }
  }
}

TEST_CASE("a later day shows the same animals on other paths in other light") {
  SceneOptions options = Group(400, 2);
  options.alike = "two-coats";
  const Scene first(options);
  options.day = 2;
  const Scene second(options);
  CHECK_FALSE(CenterOf(first.TruthWithoutMasks(0).animals[0]) ==
              CenterOf(second.TruthWithoutMasks(0).animals[0]));
  const double floor =
      cv::mean(second.BackgroundPicture())[1] / cv::mean(first.BackgroundPicture())[1];
  CHECK(floor > 0.8);  // what the lamp does; its strength shows in the pictures
  const double dimmer = cv::mean(second.Render(0))[1] / cv::mean(first.Render(0))[1];
  CHECK(dimmer < 0.92);
  // Who was darker than the other still is, by about as much.
  const double one = ColorOf(first, 0)[2] / ColorOf(first, 1)[2];
  const double two = ColorOf(second, 0)[2] / ColorOf(second, 1)[2];
  CHECK(one > 1.15);
  CHECK(two / one == doctest::Approx(1).epsilon(0.15));
  CHECK(first.TruthWithoutMasks(0).animals[1].name == second.TruthWithoutMasks(0).animals[1].name);
}

TEST_CASE("animals can be alike but for their size, or wear coats of their own") {
  SceneOptions options = Group(200, 4);
  options.alike = "size";
  const Scene sizes(options);
  double smallest = 1e9;
  for (size_t i = 0; i < 4; ++i) {
    double area = 0;
    for (int f = 0; f < 200; f += 20) area += cv::countNonZero(sizes.Truth(f).animals[i].amodal);
    if (i > 0) CHECK(area > 1.05 * smallest);  // from small to large
    smallest = area;
  }
  const double reddest = ColorOf(sizes, 3)[2], other = ColorOf(sizes, 0)[2];
  CHECK(reddest == doctest::Approx(other).epsilon(0.12));
  options.alike = "coats";
  const Scene coats(options);
  double low = 1e9, high = 0;
  for (size_t i = 0; i < 4; ++i) {
    low = std::min(low, ColorOf(coats, i)[1]);
    high = std::max(high, ColorOf(coats, i)[1]);
  }
  CHECK(high > 1.3 * low);
}

TEST_CASE("who is in a shelter is hidden in the picture and known in the truth") {
  SceneOptions options = Group(1500, 6);
  options.shelters = 2;
  const Scene scene(options);
  std::vector<datasets::SceneObject> roofs;
  for (const auto& object : scene.objects()) {
    if (object.covers) roofs.push_back(object);
  }
  REQUIRE(roofs.size() == 2);
  int hidden = 0, came_out = 0;
  std::vector<bool> was_hidden(6, false);
  for (int f = 0; f < 1500; f += 5) {
    const FrameTruth truth = scene.Truth(f);
    for (size_t i = 0; i < 6; ++i) {
      const AnimalTruth& animal = truth.animals[i];
      const bool gone = cv::countNonZero(animal.visible) == 0;
      if (gone) {
        CHECK(animal.where == Whereabouts::kSheltered);
        CHECK(cv::countNonZero(animal.amodal) > 100);
        for (const auto& point : animal.key_points) CHECK(point.visibility == 1);
        ++hidden;
      }
      came_out += was_hidden[i] && !gone && animal.where == Whereabouts::kOpen;
      if (gone || animal.where == Whereabouts::kOpen) was_hidden[i] = gone;
      for (const auto& roof : roofs) {
        const cv::Point at(roof.center);
        CHECK(animal.visible.at<uchar>(at) == 0);
      }
    }
  }
  CHECK(hidden > 20);
  CHECK(came_out > 0);
}

TEST_CASE("three and four animals lie on each other for half a minute and climb over each other") {
  SceneOptions options = Group(2600, 6);
  options.huddles = true;
  const Scene scene(options);
  std::vector<int> together(5, 0), longest(5, 0);  // of so many animals, in tens of frames
  int climbed = 0;
  std::vector<int> below;  // who lay below whom, last
  for (int f = 0; f < 2600; f += 10) {
    const FrameTruth truth = scene.TruthWithoutMasks(f);
    size_t largest = 0;
    for (const AnimalTruth& animal : truth.animals) {
      size_t near = 0;
      for (const AnimalTruth& other : truth.animals) {
        const cv::Point2d off = CenterOf(other) - CenterOf(animal);
        near += std::hypot(off.x, off.y) < 40;
      }
      largest = std::max(largest, near);
    }
    std::vector<int> order;
    for (const AnimalTruth& animal : truth.animals) order.push_back(animal.z_order);
    for (const size_t wanted : {size_t{3}, size_t{4}}) {
      together[wanted] = largest >= wanted ? together[wanted] + 1 : 0;
      longest[wanted] = std::max(longest[wanted], together[wanted]);
    }
    climbed += largest >= 3 && !below.empty() && order != below;
    below = order;
  }
  CHECK(longest[3] >= 50);  // 20 seconds without a break; climbers step back for a moment
  CHECK(longest[4] >= 8);
  CHECK(climbed > 3);
}

TEST_CASE("animals leave the picture and come back") {
  for (const char* name : {"group", "larvae"}) {
    CAPTURE(std::string(name));
    SceneOptions options = Group(3000, 8, name);
    options.leaving = true;
    const Scene scene(options);
    int outside = 0, returned = 0;
    std::vector<bool> away(8, false);
    for (int f = 0; f < 3000; f += 2) {
      const FrameTruth truth = scene.TruthWithoutMasks(f);
      for (size_t i = 0; i < 8; ++i) {
        const bool out = truth.animals[i].where == Whereabouts::kOutside;
        outside += out;
        returned += away[i] && !out;
        away[i] = out;
      }
    }
    CHECK(outside > 50);
    CHECK(returned > 1);
  }
}

TEST_CASE("swimmers are darker than the water around them, where the truth says that they are") {
  const Scene scene(Group(200, 8, "larvae"));
  for (int f = 0; f < 200; f += 33) {
    FrameTruth truth;
    const cv::Mat picture = scene.Render(f, &truth);
    for (const AnimalTruth& animal : truth.animals) {
      cv::Mat around;
      cv::dilate(animal.amodal, around, cv::Mat(), {-1, -1}, 4);
      for (const AnimalTruth& other : truth.animals) around &= ~other.amodal;
      CHECK(cv::countNonZero(animal.amodal) > 40);
      CHECK(cv::mean(picture, animal.visible)[1] < 0.7 * cv::mean(picture, around)[1]);
    }
  }
}

TEST_CASE(
    "files of a group hold every animal on every frame, and names only where people give them") {
  tests::TempDir dir;
  datasets::Job job;
  SceneOptions options = Group(120, 3);
  options.shelters = 1;
  options.unnamed = true;
  datasets::WriteScene(options, dir.path(), job);
  const Scene scene(options);
  const auto rows = Table(dir / "positions.csv");
  REQUIRE(rows.size() == 1 + 120 * 3);
  CHECK(rows[0].size() == 11);
  for (size_t r = 1; r < rows.size(); r += 31) {
    const FrameTruth truth = scene.Truth(std::stoi(rows[r][0]));
    const AnimalTruth& animal = truth.animals[static_cast<size_t>(std::stoi(rows[r][1]) - 1)];
    CHECK(std::stod(rows[r][2]) == doctest::Approx(CenterOf(animal).x - 0.5).epsilon(0.001));
    CHECK(std::stoi(rows[r][9]) == cv::countNonZero(animal.visible));
  }
  std::ifstream truth_file(dir / "instances.json"), label_file(dir / "labels.json");
  const json truth = json::parse(truth_file), labels = json::parse(label_file);
  REQUIRE(truth["categories"].size() == 1);
  CHECK(truth["categories"][0]["name"] == "vole");
  std::set<int> tracks;
  for (const json& annotation : truth["annotations"]) {
    CHECK(annotation["category_id"] == 1);
    tracks.insert(annotation["track_id"].get<int>());
  }
  CHECK(tracks == std::set<int>{1, 2, 3});
  REQUIRE(labels["annotations"].size() > 20);
  for (const json& annotation : labels["annotations"]) CHECK(annotation.count("track_id") == 0);
}

TEST_CASE("what a scene cannot show is refused with the way out") {
  SceneOptions options = Group(10, 2);
  options.huddles = true;
  CHECK(WhatIsRefused(options).find("--animals 3") != std::string::npos);
  options = Group(10, 4, "larvae");
  options.shelters = 1;
  CHECK(WhatIsRefused(options).find("--scene group") != std::string::npos);
  options = Group(10, 4);
  options.alike = "twins";
  CHECK(WhatIsRefused(options).find("two-coats") != std::string::npos);
  options = Group(10, 61);
  CHECK(WhatIsRefused(options).find("animals") != std::string::npos);
  options = Group(10, 5);
  options.scene = "two-voles";
  CHECK(WhatIsRefused(options).find("--scene group") != std::string::npos);
}

}  // namespace synthetic_group_test
