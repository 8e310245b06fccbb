// Who lives in a group, in what coats, and what their arena holds.
#include <algorithm>
#include <cmath>

#include "datasets/base/error.h"
#include "datasets/base/random.h"
#include "datasets/synthetic/world.h"

namespace datasets::synthetic {
namespace {

constexpr int kOwnWalkers = 8, kOwnSwimmers = 12;

CoatSpec OneCoat(uint64_t seed) {
  CoatSpec coat;
  coat.dark = {22, 34, 48};
  coat.light = {92, 128, 162};
  coat.stripe = 0.55f;
  coat.clumps = 1;
  coat.seed = seed;
  return coat;
}

CoatSpec OtherCoat(uint64_t seed) {
  CoatSpec coat;
  coat.dark = {20, 20, 22};
  coat.light = {84, 84, 88};
  coat.stripe = 0.2f;
  coat.clumps = 0.8f;
  coat.seed = seed;
  return coat;
}

void AddPatch(CoatSpec& coat, size_t number, Random& random) {
  coat.patch = true;
  coat.patch_at = {static_cast<float>(random.Uniform(0.35, 0.85)),
                   static_cast<float>(random.Uniform(-0.5, 0.5))};
  coat.patch_radius = static_cast<float>(random.Uniform(0.07, 0.13));
  coat.patch_color = number % 2 ? cv::Vec3f(178, 192, 205) : cv::Vec3f(60, 66, 72);
}

// Fur of another color for each: around the circle of warm and cold browns, dark and pale.
CoatSpec OwnCoat(size_t number, uint64_t seed, Random& random) {
  CoatSpec coat = OneCoat(seed);
  const double tone = random.Uniform(0.5, 1.5), warm = random.Uniform(0.05, 0.4);
  for (int c = 0; c < 3; ++c) {
    const double tint = 1 + warm * (c - 1);
    coat.dark[c] = static_cast<float>(std::min(120.0, 34 * tone * tint));
    coat.light[c] = static_cast<float>(std::min(225.0, 128 * tone * tint));
  }
  coat.stripe = static_cast<float>(random.Uniform(0.1, 0.8));
  if (number % 2) AddPatch(coat, number / 2, random);
  return coat;
}

void Dress(const SceneOptions& options, World& world) {
  Random random(static_cast<uint64_t>(options.seed) * 131 + 7);
  const size_t count = world.animals.size();
  for (size_t i = 0; i < count; ++i) {
    AnimalSpec& animal = world.animals[i];
    const uint64_t one = 41000 + static_cast<uint64_t>(options.seed), own = one + 1000 * (i + 1);
    // From small to large where nothing else tells them apart, else about the same.
    const double place = count > 1 ? static_cast<double>(i) / static_cast<double>(count - 1) : 0.5;
    const double spread =
        options.alike == "size" ? 0.3 * (place - 0.5) : random.Uniform(-0.04, 0.04);
    animal.length *= 1 + spread;
    if (options.alike == "coats") {
      animal.coat = OwnCoat(i, own, random);
    } else if (options.alike == "two-coats") {
      animal.coat = i % 2 ? OtherCoat(own) : OneCoat(own);
    } else {
      animal.coat = OneCoat(options.alike == "size" ? one : own);
      if (options.alike == "marks") AddPatch(animal.coat, i, random);
    }
    if (!animal.larva) continue;
    // Skin instead of fur: dark, with pigment that differs where coats do.
    const float tone = options.alike == "size" ? 1 : animal.coat.light[1] / 128;
    animal.coat.dark = cv::Vec3f(28, 30, 32) * tone;
    animal.coat.light = cv::Vec3f(66, 68, 70) * tone;
    animal.coat.stripe = 0;
  }
}

void LightOfDay(const SceneOptions& options, World& world) {
  world.motion_seed = static_cast<uint64_t>(options.seed);
  if (options.day == 1) return;
  world.motion_seed += static_cast<uint64_t>(options.day) * 104729;
  Random random(world.motion_seed * 61 + 11);
  const double bright = random.Uniform(0.62, 0.85), warm = random.Uniform(0.05, 0.14);
  world.light = {static_cast<float>(bright * (1 - warm)), static_cast<float>(bright),
                 static_cast<float>(bright * (1 + warm))};
  world.lamp = {random.Uniform(0.55, 0.8), random.Uniform(0.5, 0.8)};
}

void AddShelters(int count, double unit, World& world) {
  const cv::Rect box = world.regions[0].box;
  const cv::Point2d corners[] = {{1, 0}, {0, 1}, {1, 1}, {0, 0}};
  for (int k = 0; k < count; ++k) {
    SceneObject roof;
    roof.name = "shelter_" + std::to_string(k + 1);
    roof.region = world.regions[0].name;
    roof.covers = true;
    roof.half_size = {72 * unit, 58 * unit};
    roof.center = {
        box.x + roof.half_size.width + corners[k].x * (box.width - 2 * roof.half_size.width),
        box.y + roof.half_size.height + corners[k].y * (box.height - 2 * roof.half_size.height)};
    world.objects.push_back(roof);
  }
}

[[noreturn]] void Refuse(const std::string& what, const std::string& cause,
                         const std::string& remedy) {
  throw Error("option '" + what + "'", cause, remedy);
}

}  // namespace

bool IsGroup(const std::string& scene) { return scene == "group" || scene == "larvae"; }

void FillGroup(const SceneOptions& options, double scale, World& world) {
  const bool swim = options.scene == "larvae";
  if (options.alike != "coats" && options.alike != "two-coats" && options.alike != "marks" &&
      options.alike != "size") {
    Refuse("alike", "'" + options.alike + "' is no way to be alike",
           "choose coats, two-coats, marks or size");
  }
  if (swim && options.shelters > 0) {
    Refuse("shelters", "swimmers have no shelters", "leave it out, or take --scene group");
  }
  if (swim && options.huddles) {
    Refuse("huddles", "swimmers do not huddle", "leave it out, or take --scene group");
  }
  world.group = true;
  world.huddles = options.huddles;
  world.leaving = options.leaving;
  const int count = options.animals > 0 ? options.animals : swim ? kOwnSwimmers : kOwnWalkers;
  if (options.huddles && count < 3) {
    Refuse("huddles", "three animals or more lie together, and there are " + std::to_string(count),
           "give --animals 3 or more");
  }
  world.animals.resize(static_cast<size_t>(count));
  for (AnimalSpec& animal : world.animals) {
    animal.larva = swim;
    animal.length = (swim ? 58 : 66) * scale;
    if (swim) animal.tail = animal.ear = 0;
  }
  Dress(options, world);
  LightOfDay(options, world);
  const double unit = scale * 66 / 90;
  const int wall = static_cast<int>(std::lround((swim ? 12 : 30) * scale));
  world.regions.push_back(
      {"arena", {wall, wall, world.size.width - 2 * wall, world.size.height - 2 * wall}});
  if (swim) {
    // Dark sides, and water up to the upper and lower border of the picture.
    const int side = static_cast<int>(std::lround(36 * scale));
    world.regions[0].box = {side, 3, world.size.width - 2 * side, world.size.height - 6};
    world.mm_per_pixel = 0.08 / scale;
    return;
  }
  AddShelters(options.shelters, unit, world);
  if (options.leaving) {
    const int high = static_cast<int>(std::lround(60 * unit));
    world.door = {0, (world.size.height - high) / 2, wall, high};
  }
  world.mm_per_pixel = 1.5 / scale;
}

}  // namespace datasets::synthetic
