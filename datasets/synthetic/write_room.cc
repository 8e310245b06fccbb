// The room as files.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include "datasets/files/atomic_file.h"
#include "datasets/files/csv.h"
#include "datasets/shape/mask.h"
#include "datasets/space/camera_file.h"
#include "datasets/synthetic/room.h"
#include "datasets/video/video.h"

namespace datasets {
namespace {

namespace fs = std::filesystem;

nlohmann::json RoomAnnotation(const cv::Mat& visible, int64_t id, int frame, size_t animal) {
  const cv::Rect box = cv::boundingRect(visible);
  const Rle rle = EncodeMask(visible);
  return {{"id", id},
          {"image_id", frame + 1},
          {"category_id", animal + 1},
          {"track_id", animal + 1},
          {"segmentation", {{"size", {rle.height, rle.width}}, {"counts", CompressRle(rle)}}},
          {"bbox", {box.x, box.y, box.width, box.height}},
          {"area", cv::countNonZero(visible)},
          {"iscrowd", 0}};
}

nlohmann::json RoomImage(const RoomScene& scene, int frame) {
  char name[40];
  std::snprintf(name, sizeof name, "video.mp4#%06d", frame);
  return {{"id", frame + 1},
          {"video_id", 1},
          {"file_name", name},
          {"frame_index", frame},
          {"width", scene.options().width},
          {"height", scene.options().height}};
}

nlohmann::json EmptyCoco(const RoomScene& scene) {
  nlohmann::json coco = {{"info", {{"description", "Rendered scene room"}, {"version", "1"}}},
                         {"images", nlohmann::json::array()},
                         {"annotations", nlohmann::json::array()},
                         {"categories", nlohmann::json::array()}};
  coco["videos"] = {{{"id", 1},
                     {"file_name", "video.mp4"},
                     {"fps", scene.fps()},
                     {"n_frames", scene.options().frames},
                     {"width", scene.options().width},
                     {"height", scene.options().height}}};
  for (const std::string& name : scene.AnimalNames()) {
    coco["categories"].push_back(
        {{"id", coco["categories"].size() + 1}, {"name", name}, {"supercategory", "animal"}});
  }
  return coco;
}

nlohmann::json RoomDescription(const RoomScene& scene) {
  const cv::Size2d size = scene.floor_cm();
  nlohmann::json corners = nlohmann::json::array();
  for (const cv::Point2d& at :
       {cv::Point2d(0, 0), cv::Point2d(size.width, 0), cv::Point2d(size.width, size.height),
        cv::Point2d(0, size.height)}) {
    const auto pixel = scene.camera().Pixel({at.x, at.y, 0}).value();
    corners.push_back(pixel.x);
    corners.push_back(pixel.y);
  }
  return {{"scene", kRoomScene},
          {"seed", scene.options().seed},
          {"floor_corners_px", corners},
          {"floor_size_cm", {size.width, size.height}},
          {"animals", scene.AnimalNames()}};
}

}  // namespace

void WriteRoom(const SceneOptions& options, const fs::path& dir, Job& job) {
  const RoomScene scene(options);
  std::error_code failed;
  fs::create_directories(dir, failed);
  if (failed) {
    throw Error(dir.string(), "the folder cannot be made (" + failed.message() + ")",
                "choose a folder that you may write to");
  }
  for (const char* name : {"instances.json", "labels.json", "places.csv", "camera.json"}) {
    fs::remove(dir / name, failed);
  }
  const int frames = scene.options().frames;
  const int wanted = options.labels > 0 ? options.labels
                     : frames >= 600    ? 100
                                        : std::max(1, frames / 6);
  nlohmann::json all = EmptyCoco(scene), labels = EmptyCoco(scene);
  AtomicFile places(dir / "places.csv");
  places.Write("frame,animal,x_cm,y_cm,z_cm\n");
  {
    VideoWriter video(dir / "video.mp4", scene.options().width, scene.options().height,
                      scene.fps());
    int64_t id = 1;
    int labeled = 0;
    for (int frame = 0; frame < frames; ++frame) {
      job.Advance(frame, frames, "rendering room");
      RoomTruth truth;
      video.Write(scene.Render(frame, &truth));
      const bool is_label = labeled < wanted && static_cast<int64_t>(frame) * wanted >=
                                                    static_cast<int64_t>(labeled) * frames;
      labeled += is_label ? 1 : 0;
      all["images"].push_back(RoomImage(scene, frame));
      if (is_label) labels["images"].push_back(RoomImage(scene, frame));
      for (size_t animal = 0; animal < truth.places.size(); ++animal) {
        const cv::Vec3d& at = truth.places[animal];
        places.Write(std::to_string(frame) + "," + scene.AnimalNames()[animal] + "," +
                     CsvNumber(at[0]) + "," + CsvNumber(at[1]) + "," + CsvNumber(at[2]) + "\n");
        if (cv::countNonZero(truth.visible[animal]) == 0) continue;
        const auto annotation = RoomAnnotation(truth.visible[animal], id++, frame, animal);
        all["annotations"].push_back(annotation);
        if (is_label) labels["annotations"].push_back(annotation);
      }
    }
    video.Close();
  }
  const SpaceCamera& camera = scene.camera();
  WriteFileAtomically(dir / "camera.json",
                      CameraFileText(kRoomScene, camera.lens, camera.pose, scene.options().width,
                                     scene.options().height));
  WriteFileAtomically(dir / "scene.json", RoomDescription(scene).dump(2) + "\n");
  places.Commit();
  WriteFileAtomically(dir / "labels.json", labels.dump() + "\n");
  WriteFileAtomically(dir / "instances.json", all.dump() + "\n");
  job.Advance(frames, frames, "rendered room");
}

}  // namespace datasets
