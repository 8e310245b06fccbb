#include "app/model/sample_project.h"

#include "datasets/formats/formats.h"
#include "datasets/synthetic/scene.h"

namespace app {

void FillSampleProject(datasets::Project& project, const std::filesystem::path& folder,
                       datasets::Job& job) {
  std::filesystem::create_directories(folder);
  datasets::SceneOptions scene;
  scene.frames = 600;
  scene.labels = 40;
  job.Advance(0, 0, "rendering two voles");
  datasets::WriteScene(scene, folder, job);
  job.Advance(0, 0, "reading the video");
  project.AddVideo(folder / "video.mp4", job);
  job.Advance(0, 0, "taking the labels in");
  datasets::Import(project, "coco", folder / "labels.json", {}, job);
  datasets::Import(project, "behaviors", folder / "behaviors.csv", {}, job);
}

}  // namespace app
