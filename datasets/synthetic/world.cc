#include "datasets/synthetic/world.h"

#include <algorithm>
#include <cmath>

#include "datasets/base/random.h"

namespace datasets {

const std::vector<SceneInfo>& Scenes() {
  static const std::vector<SceneInfo> scenes = {
      {"two-voles", "two voles of different coats that meet, cross, chase and rest in bedding", 640,
       480, 1500},
      {"three-voles", "three voles of different coats in one arena", 640, 480, 1500},
      {"look-alikes", "two voles in the same coat; one is larger and has a pale ear", 640, 480,
       1500},
      {"one-mouse", "one dark mouse alone in a bright open field", 480, 480, 1000},
      {"objects", "one vole explores two objects; --preference says which it likes", 480, 480,
       1500},
      {"two-arenas", "two arenas in one picture, each with a vole and two objects", 768, 400, 1500},
      {"moving-camera", "two voles followed by the camera: there is no fixed background", 400, 400,
       1000},
      {"tiny", "two voles in a small, fast picture", 160, 120, 200},
      {"group", "many voles: --animals, --alike, --shelters, --huddles, --leaving, --day", 960, 720,
       1500},
      {"larvae", "many small swimmers in bright water: --animals, --alike, --leaving, --day", 960,
       640, 1500, 50},
  };
  return scenes;
}

namespace synthetic {
namespace {

CoatSpec Agouti() {
  CoatSpec coat;
  coat.dark = {22, 34, 48};
  coat.light = {92, 128, 162};
  coat.stripe = 0.55f;
  coat.clumps = 1;
  coat.seed = 11;
  return coat;
}

CoatSpec DarkWithPatch() {
  CoatSpec coat;
  coat.dark = {20, 20, 22};
  coat.light = {84, 84, 88};
  coat.stripe = 0.2f;
  coat.clumps = 0.8f;
  coat.patch = true;
  coat.patch_at = {0.78f, 0.25f};
  coat.patch_radius = 0.115f;
  coat.patch_color = {178, 192, 205};
  coat.seed = 23;
  return coat;
}

CoatSpec Fawn() {
  CoatSpec coat;
  coat.dark = {62, 88, 120};
  coat.light = {140, 172, 205};
  coat.stripe = 0.75f;
  coat.clumps = 0.7f;
  coat.seed = 37;
  return coat;
}

void AddRegion(World& world, const std::string& name, cv::Rect box) {
  world.regions.push_back({name, box});
}

void AddFurniture(World& world, double scale) {
  const Scene::Region& region = world.regions[0];
  const cv::Rect box = region.box;
  SceneObject hut;
  hut.name = "hut";
  hut.region = region.name;
  hut.half_size = {50 * scale, 36 * scale};
  hut.center = {box.x + box.width - hut.half_size.width + 6 * scale,
                box.y + hut.half_size.height - 6 * scale};
  world.objects.push_back(hut);
  SceneObject bottle;
  bottle.name = "bottle";
  bottle.region = region.name;
  bottle.half_size = {19 * scale, 30 * scale};
  bottle.center = {box.x + 0.3 * box.width, box.y - 14 * scale};
  world.objects.push_back(bottle);
}

void AddExplorables(World& world, int region_index, double scale, Random& random) {
  const Scene::Region& region = world.regions[region_index];
  const cv::Rect box = region.box;
  for (int k = 0; k < 2; ++k) {
    SceneObject object;
    object.name = k == 0 ? "object_left" : "object_right";
    object.region = region.name;
    object.explorable = true;
    object.round = k == 0;
    object.half_size =
        k == 0 ? cv::Size2d(25 * scale, 25 * scale) : cv::Size2d(26 * scale, 21 * scale);
    object.angle = k == 0 ? 0 : random.Uniform(-0.6, 0.6);
    object.center = {box.x + box.width * (k == 0 ? 0.28 : 0.72) + random.Uniform(-6, 6) * scale,
                     box.y + box.height * 0.5 + random.Uniform(-8, 8) * scale};
    world.objects.push_back(object);
  }
}

cv::Rect Inside(cv::Size size, double margin) {
  const int m = static_cast<int>(std::lround(margin));
  return {m, m, size.width - 2 * m, size.height - 2 * m};
}

void NameAnimals(World& world) {
  const std::string kind = world.info.name == "one-mouse" ? "mouse_"
                           : world.info.name == "larvae"  ? "larva_"
                                                          : "vole_";
  for (size_t i = 0; i < world.animals.size(); ++i)
    world.animals[i].name = kind + std::to_string(i + 1);
}

}  // namespace

World MakeWorld(SceneOptions& options) {
  CheckOptions(options, "scene");
  World world;
  std::string names;
  for (const SceneInfo& info : Scenes()) {
    names += (names.empty() ? "" : ", ") + info.name;
    if (info.name == options.scene) world.info = info;
  }
  if (world.info.name.empty()) {
    throw Error("scene '" + options.scene + "'", "there is no such scene",
                "choose one of " + names);
  }
  SceneInfo& info = world.info;
  const SceneOptions plain;
  if (!IsGroup(info.name) && (options.animals != plain.animals || options.alike != plain.alike ||
                              options.shelters != plain.shelters || options.huddles ||
                              options.leaving || options.day != plain.day)) {
    throw Error("scene '" + info.name + "'",
                "--animals, --alike, --shelters, --huddles, --leaving and --day are for groups",
                "leave them out, or take --scene group or larvae");
  }
  const cv::Size own(info.width, info.height);
  if (options.width == 0) options.width = info.width;
  if (options.height == 0) options.height = info.height;
  if (options.frames == 0) options.frames = info.frames;
  const double scale = std::min(options.width / static_cast<double>(own.width),
                                options.height / static_cast<double>(own.height));
  if (options.width % 2 || options.height % 2 || scale * own.height < 96) {
    throw Error("scene '" + info.name + "'",
                "a picture of " + std::to_string(options.width) + " x " +
                    std::to_string(options.height) + " pixels cannot be rendered",
                "give an even width and height, the smaller at least 96");
  }
  info.width = options.width;
  info.height = options.height;
  info.frames = options.frames;
  world.view = world.size = {info.width, info.height};
  Random random(static_cast<uint64_t>(options.seed) * 31 + 3);

  const auto animal = [&](CoatSpec coat, double length) {
    AnimalSpec spec;
    coat.seed = coat.seed * 1000 + static_cast<uint64_t>(options.seed);
    spec.coat = coat;
    spec.length = length * scale;
    return spec;
  };
  world.mm_per_pixel = 1.1 / scale;
  const std::string& name = info.name;
  world.motion_seed = static_cast<uint64_t>(options.seed);
  if (IsGroup(name)) {
    FillGroup(options, scale, world);
  } else if (name == "two-voles" || name == "three-voles" || name == "look-alikes") {
    AddRegion(world, "arena", Inside(world.size, 34 * scale));
    AddFurniture(world, scale);
    world.animals = {animal(Agouti(), 92), animal(DarkWithPatch(), 86)};
    if (name == "three-voles") world.animals.push_back(animal(Fawn(), 82));
    if (name == "look-alikes") {
      world.animals = {animal(Agouti(), 96), animal(Agouti(), 84)};
      world.animals[0].coat.ear_mark = 1;
    }
  } else if (name == "tiny") {
    world.mm_per_pixel = 3.2 / scale;
    AddRegion(world, "arena", Inside(world.size, 12 * scale));
    world.animals = {animal(Agouti(), 32), animal(DarkWithPatch(), 30)};
    world.animals[1].coat.light = {60, 60, 64};
    world.animals[1].coat.patch_radius = 0.15f;
  } else if (name == "moving-camera") {
    world.camera_follows = true;
    world.size = {static_cast<int>(world.view.width * 2.1),
                  static_cast<int>(world.view.height * 1.8)};
    AddRegion(world, "arena", Inside(world.size, 40 * scale));
    world.animals = {animal(Agouti(), 92), animal(DarkWithPatch(), 86)};
  } else if (name == "one-mouse") {
    AddRegion(world, "field", Inside(world.size, 40 * scale));
    CoatSpec coat = DarkWithPatch();
    coat.patch = false;
    coat.light = {62, 64, 68};
    world.animals = {animal(coat, 66)};
    world.animals[0].girth = 0.86;
    world.animals[0].tail = 0.75;
    world.animals[0].ear = 0.085;
    world.mm_per_pixel = 1.25 / scale;
  } else {  // objects, two-arenas
    world.objects_to_explore = true;
    world.right_probability =
        std::min(0.95, std::max(0.05, options.preference + 0.16 * random.Normal()));
    if (name == "objects") {
      AddRegion(world, "arena", Inside(world.size, 30 * scale));
      AddExplorables(world, 0, scale, random);
      world.animals = {animal(Agouti(), 82)};
      world.mm_per_pixel = 1.0 / scale;
    } else {
      const int half = world.size.width / 2;
      cv::Rect left = Inside({half, world.size.height}, 26 * scale), right = left;
      right.x += half;
      AddRegion(world, "left", left);
      AddRegion(world, "right", right);
      AddExplorables(world, 0, scale * 0.8, random);
      AddExplorables(world, 1, scale * 0.8, random);
      world.animals = {animal(Agouti(), 66), animal(DarkWithPatch(), 66)};
      world.animals[1].region = 1;
      world.mm_per_pixel = 1.25 / scale;
    }
  }
  NameAnimals(world);
  world.behaviors = {{"rest", "state"}, {"walk", "state"}, {"groom", "state"}};
  if (name == "larvae") world.behaviors = {{"rest", "state"}, {"swim", "state"}};
  if (world.objects_to_explore) {
    world.behaviors.push_back({"rear", "state"});
    world.behaviors.push_back({"explore_left", "state"});
    world.behaviors.push_back({"explore_right", "state"});
  } else if (world.animals.size() > 1) {
    world.behaviors.push_back({"contact", ""});
    world.behaviors.push_back({"chase", ""});
  }
  return world;
}

}  // namespace synthetic
}  // namespace datasets
