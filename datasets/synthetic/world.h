// What a scene is made of, in world pixels; private to synthetic/.
#pragma once

#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "datasets/synthetic/scene.h"

namespace datasets::synthetic {

struct CoatSpec {
  cv::Vec3f dark, light;  // BGR of hair base and hair tip
  float stripe = 0;       // darkening along the spine, 0..1
  float clumps = 0.5f;    // contrast of the tufts
  bool patch = false;
  cv::Point2f patch_at;    // (t along the body 0 nose .. 1 tail base, v across -1 .. 1)
  float patch_radius = 0;  // in body lengths
  cv::Vec3f patch_color;
  int ear_mark = 0;   // 1 left, 2 right ear bears a pale mark
  uint64_t seed = 0;  // animals with the same seed wear the same hairs
};

struct AnimalSpec {
  std::string name;
  int region = 0;
  double length = 90;  // nose to tail base, pixels
  double girth = 1;    // 1: a vole
  double tail = 0.3;   // tail length in body lengths
  double ear = 0.055;  // ear radius in body lengths
  bool larva = false;  // a swimmer: a head and a thin body that beats, no fur
  CoatSpec coat;
};

struct World {
  SceneInfo info;
  cv::Size view;  // the picture
  cv::Size size;  // the world; larger than the view when the camera moves
  double mm_per_pixel = 1.1;
  bool camera_follows = false;
  bool objects_to_explore = false;
  double right_probability = 0.5;  // of a visit to the right object
  std::vector<Scene::Region> regions;
  std::vector<SceneObject> objects;
  std::vector<AnimalSpec> animals;
  std::vector<SceneBehavior> behaviors;
  bool group = false;  // many animals, simulated piece by piece: see course.h
  bool huddles = false, leaving = false;
  cv::Rect door;                   // in the arena's left wall, where animals leave; or empty
  cv::Vec3f light = {1, 1, 1};     // BGR gains
  cv::Point2d lamp = {0.4, 0.38};  // in shares of the picture
  uint64_t motion_seed = 0;        // of paths and bedding; another one every day
};

// Throws Error for an unknown scene or an impossible size; `options` gets its defaults filled in.
World MakeWorld(SceneOptions& options);

// How one animal holds itself in one frame.
struct Pose {
  cv::Point2d center;   // of the trunk
  double heading = 0;   // radians, x right, y down
  double bend = 0;      // of the trunk, radians over its length
  double head_yaw = 0;  // of the head against the trunk
  double gait = 0;      // phase of the steps, radians
  double stride = 0;    // 0 standing .. 1 full steps
  double breath = 0;    // phase
  double tail_swing = 0;
  double groom = 0;      // 0..1 how far in the crouch of grooming
  double rear = 0;       // 0..1 how far upright
  double elevation = 0;  // pixels
  int z_order = 0;
  unsigned behaviors = 0;  // bit i: World::behaviors[i] holds
};

// World of the scenes `group` and `larvae`; `options` has its defaults filled in.
void FillGroup(const SceneOptions& options, double scale, World& world);
bool IsGroup(const std::string& scene);

struct Motion {
  std::vector<std::vector<Pose>> poses;    // [frame][animal]
  std::vector<cv::Point2d> camera_offset;  // [frame]
};
Motion Simulate(const World& world, int frames, uint64_t seed);

// The camera follows the middle of the animals, smoothed both ways in time so that it does not lag,
// and never loses an animal. All zero where the camera stands still.
std::vector<cv::Point2d> FollowWithCamera(const World& world,
                                          const std::vector<std::vector<Pose>>& poses);

cv::Mat PaintWorld(const World& world, uint64_t seed);  // CV_8UC3 [size]

}  // namespace datasets::synthetic
