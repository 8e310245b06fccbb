// Writes predictions into a project as a model would that knows the truth, except that the first
// two animals are taken for each other from one frame on; two episodes to review; and, where the
// project has a behavior, one predicted bout of the first, frames 20 to 29. With `unknown`, it
// knows where everybody is and nobody's name. usage: seed_predictions PROJECT.vole TRUTH.json
// SWAPPED_FROM [unknown]
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>

#include "datasets/formats/coco/coco.h"
#include "datasets/project.h"
#include "datasets/store/writer.h"
#include "datasets/unknown_name.h"
#include "infer/meetings/meeting_review.h"
#include "infer/names/name_evidence.h"

namespace {

using namespace datasets;

// At that frame everybody may have become anybody.
void SeedMeeting(Project& project, Id job, const VideoRow& video, const std::vector<Id>& categories,
                 int frame, bool unknown) {
  infer::NameEvidence evidence;
  evidence.categories = categories;
  evidence.max_instances.assign(categories.size(), 1);
  evidence.end_frame = video.frame_count;
  std::vector<infer::NamedTracklet> names;
  for (const bool after : {false, true}) {
    for (size_t k = 0; k < categories.size(); ++k) {
      infer::NamedRun run;
      run.number = run.class_index = static_cast<int>(k);
      run.start_frame = after ? frame : 0;
      run.end_frame = after ? video.frame_count : frame;
      run.body = 50;
      run.unknown = unknown;
      if (unknown) run.chance = after ? 0.62 : 0.81;
      evidence.runs.push_back(run);
      infer::TrackletEvidence own{run.start_frame, run.end_frame, {}, 50};
      own.class_log_odds.assign(categories.size(), 0);
      own.class_log_odds[k] = after ? 0.3 : 5;
      evidence.evidence.push_back(own);
      infer::NamedTracklet name;
      name.number = name.class_index = run.number;
      name.probability = after ? 0.6 : 0.99;
      names.push_back(name);
    }
  }
  infer::SaveMeetings(project, job, video.id, evidence, infer::MeetingsOf(evidence, names));
}

void Seed(const std::string& file, const std::string& truth, int swapped_from, bool unknown) {
  auto project = Project::Open(file);
  const VideoRow video = project->VideoByName("");
  Job job;
  const CocoDocument document = ReadCocoDataset(truth, job);
  std::map<int64_t, int> frame_of;
  for (const CocoImage& image : document.images) frame_of[image.id] = image.frame_index.value_or(0);
  const std::vector<BehaviorRow> behaviors = project->Behaviors();
  Id predicted = 0;
  std::vector<Id> categories;
  project->Write([&](Writer& writer) {
    std::map<int64_t, Id> category_of;
    for (const CocoCategory& category : document.categories) {
      category_of[category.id] = writer.FindOrInsertCategory(category.name);
    }
    // One tracklet a name before the exchange, and one after it.
    const auto tracklet_of = [&](int64_t name, int frame) {
      int tracklet = frame < swapped_from ? 0 : static_cast<int>(document.categories.size());
      for (const CocoCategory& category : document.categories) {
        if (category.id == name) break;
        ++tracklet;
      }
      return tracklet;
    };
    const int64_t first = document.categories.at(0).id, second = document.categories.at(1).id;
    JobRow row;
    row.kind = "predict";
    row.state = "running";
    row.options_json = "{}";
    const Id job_id = predicted = writer.InsertJob(row);
    for (const auto& [id, category] : category_of) categories.push_back(category);
    for (const CocoObject& object : document.objects) {
      PredictionRow prediction;
      prediction.job_id = job_id;
      prediction.video_id = video.id;
      prediction.frame_index = frame_of.at(object.image_id);
      int64_t name = object.category_id;
      if (prediction.frame_index >= swapped_from) name = name == first ? second : first;
      prediction.category_id = unknown ? FindOrInsertUnknown(writer) : category_of.at(name);
      prediction.tracklet = tracklet_of(name, prediction.frame_index);
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
  SeedMeeting(*project, predicted, video, categories, swapped_from, unknown);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4 && argc != 5) {
    std::fputs("usage: seed_predictions PROJECT.vole TRUTH.json SWAPPED_FROM [unknown]\n", stderr);
    return 2;
  }
  try {
    Seed(argv[1], argv[2], std::atoi(argv[3]), argc == 5);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "seed_predictions: %s\n", error.what());
    return 1;
  }
  return 0;
}
