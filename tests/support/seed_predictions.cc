// Writes predictions into a project as a model would that knows the truth, except that the first
// two animals are taken for each other from one frame on; two episodes to review; and, where the
// project has a behavior, one predicted bout of the first, frames 20 to 29. usage:
// seed_predictions PROJECT.vole TRUTH.json SWAPPED_FROM
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>

#include "datasets/formats/coco/coco.h"
#include "datasets/project.h"
#include "datasets/store/writer.h"

namespace {

using namespace datasets;

void Seed(const std::string& file, const std::string& truth, int swapped_from) {
  auto project = Project::Open(file);
  const VideoRow video = project->VideoByName("");
  Job job;
  const CocoDocument document = ReadCocoDataset(truth, job);
  std::map<int64_t, int> frame_of;
  for (const CocoImage& image : document.images) frame_of[image.id] = image.frame_index.value_or(0);
  const std::vector<BehaviorRow> behaviors = project->Behaviors();
  project->Write([&](Writer& writer) {
    std::map<int64_t, Id> category_of;
    for (const CocoCategory& category : document.categories) {
      category_of[category.id] = writer.FindOrInsertCategory(category.name);
    }
    const int64_t first = document.categories.at(0).id, second = document.categories.at(1).id;
    JobRow row;
    row.kind = "predict";
    row.state = "running";
    row.options_json = "{}";
    const Id job_id = writer.InsertJob(row);
    for (const CocoObject& object : document.objects) {
      PredictionRow prediction;
      prediction.job_id = job_id;
      prediction.video_id = video.id;
      prediction.frame_index = frame_of.at(object.image_id);
      int64_t name = object.category_id;
      if (prediction.frame_index >= swapped_from) name = name == first ? second : first;
      prediction.category_id = category_of.at(name);
      prediction.tracklet = static_cast<int>(name);
      prediction.score = 0.9;
      prediction.confidence = prediction.frame_index < swapped_from ? 0.97 : 0.6;
      prediction.polygons = object.polygons;
      prediction.box = BoxOf(object.polygons);
      prediction.rle = RlePolygons(object.polygons, video.height, video.width);
      writer.InsertPrediction(prediction);
    }
    ReviewItemRow item;
    item.job_id = job_id;
    item.video_id = video.id;
    item.start_frame = swapped_from;
    item.end_frame = swapped_from + 10;
    item.reason_code = "low_identity_margin";
    item.reason = "The names of the two animals may be swapped here";
    item.score = 0.8;
    item.animals_json = "[]";
    writer.InsertReviewItem(item);
    item.start_frame = 4;
    item.end_frame = 8;
    item.reason_code = "audit";
    item.reason = "Drawn at random, to check that the confidences can be trusted";
    item.score = 0.1;
    writer.InsertReviewItem(item);
    writer.FinishJob(job_id, "done");
    if (behaviors.empty()) return;
    row.kind = "behavior";
    BehaviorPredictionRow bout;
    bout.job_id = writer.InsertJob(row);
    bout.video_id = video.id;
    bout.behavior_id = behaviors.front().id;
    bout.start_frame = 20;
    bout.end_frame = 30;
    bout.score = bout.confidence = 0.8;
    writer.InsertBehaviorPrediction(bout);
    writer.FinishJob(bout.job_id, "done");
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: seed_predictions PROJECT.vole TRUTH.json SWAPPED_FROM\n", stderr);
    return 2;
  }
  try {
    Seed(argv[1], argv[2], std::atoi(argv[3]));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "seed_predictions: %s\n", error.what());
    return 1;
  }
  return 0;
}
