// Rendered videos of furred animals whose masks, names, key points, depth and behaviors are known
// exactly. The same options give the same pictures and truth, frame by frame, in any order.
#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "datasets/base/job.h"
#include "datasets/synthetic/scene_options.h"

namespace datasets {

// A solid thing on the floor. Distances are to its outline in the picture.
struct SceneObject {
  std::string name;         // object_left, object_right, hut, bottle, shelter_1, ...
  std::string region;       // the arena it stands in
  cv::Point2d center;       // world pixels
  bool round = false;       // a disc of radius half_size.width, else a rotated rectangle
  cv::Size2d half_size;     // pixels
  double angle = 0;         // radians, rectangle only
  bool explorable = false;  // exploring it is a behavior
  bool covers = false;      // a roof: animals walk in under it and are hidden
  double Distance(const cv::Point2d& point) const;  // < 0 inside
};

struct SceneKeyPoint {
  cv::Point2d position;  // continuous pixels of this frame
  int visibility = 0;    // COCO: 2 seen, 1 hidden by another animal or a roof, 0 outside
};
// Order of AnimalTruth::key_points.
const std::vector<std::string>& KeyPointNames();

// Where an animal is that may not be seen: under open sky, in a shelter, outside of the picture.
enum class Whereabouts { kOpen, kSheltered, kOutside };

struct AnimalTruth {
  std::string name;
  cv::Mat visible;  // CV_8U [height, width], 255 where this animal is what the camera sees
  cv::Mat amodal;   // CV_8U [height, width], 255 where it would be seen alone and without roofs
  std::vector<SceneKeyPoint> key_points;
  Whereabouts where = Whereabouts::kOpen;  // of its center
  int z_order = 0;                         // 0 lies lowest; a higher one covers a lower one
  double elevation_mm = 0;                 // of its belly above the floor
  double distance_mm = 0;                  // from the camera to its back
  std::vector<std::string> behaviors;      // those of Scene::behaviors() that hold, in that order
};

struct FrameTruth {
  int frame_index = 0;
  cv::Point2d camera_offset;  // world pixel that is the picture's upper left corner
  std::vector<AnimalTruth> animals;
};

struct SceneBehavior {
  std::string name;
  std::string group;  // at most one behavior of a group holds for an animal at a time; "": alone
};

// const members may be called from several threads.
class Scene {
 public:
  // Throws Error for an unknown scene (with the names), an odd or too small size.
  explicit Scene(SceneOptions options);
  ~Scene();
  Scene(Scene&&) noexcept;

  const SceneOptions& options() const;  // with the scene's own size and frame count filled in
  int frame_count() const;
  double fps() const;
  double mm_per_pixel() const;
  double contact_mm() const;  // bodies nearer than this are in contact
  std::vector<std::string> AnimalNames() const;
  const std::vector<SceneBehavior>& behaviors() const;
  const std::vector<SceneObject>& objects() const;
  struct Region {
    std::string name;
    cv::Rect box;  // world pixels, inside the walls
  };
  const std::vector<Region>& regions() const;

  FrameTruth Truth(int frame) const;
  // The same without masks (empty) and with visibility 2 throughout: cheap.
  FrameTruth TruthWithoutMasks(int frame) const;
  cv::Mat Render(int frame) const;                     // BGR, CV_8UC3 [height, width]
  cv::Mat Render(int frame, FrameTruth* truth) const;  // both at the price of one
  cv::Mat BackgroundPicture() const;   // the world without animals, shadows and noise
  nlohmann::json Description() const;  // what scene.json holds

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Exploration strictly taken: nose outside the object and within 10 mm of it, head (neck to nose)
// pointing at the object's center within 45 degrees, body center not on the object.
bool ExploresObject(const SceneObject& object, const cv::Point2d& nose, const cv::Point2d& neck,
                    const cv::Point2d& body_center, double mm_per_pixel);

// Writes into `dir` (made when missing): video.mp4, instances.json (COCO, every frame),
// labels.json (COCO, the frames a person would label), behaviors.csv (both ends inclusive),
// positions.csv (every animal on every frame, hidden ones too), depth.csv, background.png and
// scene.json; of the scene "room" what room.h says. Memory is bounded whatever the length of a
// group. Throws Error when a file cannot be written; a cancelled or failed run leaves no
// instances.json.
void WriteScene(const SceneOptions& options, const std::filesystem::path& dir, Job& job);

}  // namespace datasets
