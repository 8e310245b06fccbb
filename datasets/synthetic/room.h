// A room of several metres seen from a corner under its ceiling by a lens with barrel distortion:
// animals walk on its floor, climb onto boxes and rear. Their places in space are known exactly.
#pragma once

#include <filesystem>
#include <memory>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/space/floor_map.h"
#include "datasets/synthetic/scene_options.h"

namespace datasets {

struct RoomTruth {
  std::vector<cv::Mat> visible;   // of each animal: CV_8U [height, width], 255 where it is seen
  std::vector<cv::Vec3d> places;  // of each animal's middle: cm, z up from the floor
};

// The same options give the same pictures and truth, frame by frame, in any order. const members
// may be called from several threads.
class RoomScene {
 public:
  // `animals`: 1 to 4, default 2; other options of groups do not apply. Throws Error for an odd or
  // too small size and for options that do not apply.
  explicit RoomScene(SceneOptions options);
  ~RoomScene();

  const SceneOptions& options() const;  // with the scene's own size and frame count filled in
  double fps() const;
  std::vector<std::string> AnimalNames() const;
  const SpaceCamera& camera() const;  // of the room's space
  cv::Size2d floor_cm() const;        // of a rectangle on the floor, seen whole; from (0, 0) on
  cv::Mat Render(int frame, RoomTruth* truth) const;  // BGR, CV_8UC3

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

constexpr char kRoomScene[] = "room";
SceneInfo RoomSceneInfo();
// Those of Scenes() and the room.
std::vector<SceneInfo> RenderedScenes();

// Writes video.mp4, instances.json and labels.json as WriteScene does, places.csv (frame, animal,
// x_cm, y_cm, z_cm: every animal on every frame), camera.json (vole calibrate --camera) and
// scene.json (the pixels of the floor's corners, its size).
void WriteRoom(const SceneOptions& options, const std::filesystem::path& dir, Job& job);

}  // namespace datasets
