// What a prediction is made from, as the name that says whether it would say the same again.
#include "infer/run/up_to_date.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/support/pose_project.h"
#include "train/behavior/description.h"
#include "train/weights/safetensors.h"

namespace up_to_date_test {

namespace {

using datasets::Id;

// A model file of behavior that takes these points, without weights.
std::string ModelWith(const tests::TempDir& folder, const std::vector<std::string>& points) {
  train::BehaviorDescription description;
  description.architecture = "behavior-seq";
  description.frame_network = "small";
  description.heads = {{"", {"rearing"}}};
  description.input.mean.assign(static_cast<size_t>(description.input.channels()), 0);
  description.input.deviation.assign(static_cast<size_t>(description.input.channels()), 1);
  description.motion_mean.assign(train::kMotionFeatures, 0);
  description.motion_deviation.assign(train::kMotionFeatures, 1);
  description.window = 3;
  description.shift = {0, 0};
  train::PointLayout& layout = description.points;
  layout.names = points;
  layout.pose.assign(points.size(), {0, 0});
  layout.rigidity.assign(points.size(), 1);
  layout.mean.assign(static_cast<size_t>(layout.count()), 0);
  layout.deviation.assign(static_cast<size_t>(layout.count()), 1);
  const std::string file = folder / (points.empty() ? "without.safetensors" : "with.safetensors");
  train::WriteSafetensors(file, {{}, train::ToMetadata(description)});
  return file;
}

TEST_CASE("A prediction of behavior from key points is asked for again once the points change") {
  tests::PoseProject scene;
  const auto video = scene.project->Videos()[0];
  const std::string file = ModelWith(scene.folder, {"nose", "tail"});
  const std::string without = ModelWith(scene.folder, {});
  const auto inputs = [&](const std::string& model) {
    return infer::InputsOf(*scene.project, video, model, {}, infer::Purpose::kBehavior);
  };
  const std::string outlines_alone = inputs(without);
  std::set<std::string> names = {inputs(file)};
  CHECK(names.count(inputs(file)) == 1);
  const auto skeleton = scene.project->Skeletons()[0];

  SUBCASE("by a point of another name") {
    scene.project->Write([&](datasets::Writer& writer) {
      auto point = datasets::ReadSkeletonPoints(writer.connection(), skeleton.id)[3];
      point.name = "tail base";
      datasets::UpdateSkeletonPoint(writer.connection(), point);
    });
  }
  SUBCASE("by a point that a person moved") {
    scene.project->Write([&](datasets::Writer& writer) {
      const Id row = datasets::LabelPointsOf(writer.connection(), skeleton.points[0].id)[0];
      datasets::UpdateLabelPoint(writer.connection(), row,
                                 {"nose", 1, 2, 2, skeleton.points[0].id});
    });
  }
  SUBCASE("by points of whole pictures, or poses that were brought in") {
    scene.project->Write([&](datasets::Writer& writer) {
      datasets::JobRow job;
      job.kind = "predict";
      datasets::PredictionRow row;
      row.job_id = writer.InsertJob(job);
      row.video_id = video.id;
      row.frame_index = 4;
      row.category_id = scene.project->Categories()[0].id;
      row.key_points = {{"nose", 30, 20, 0.9, skeleton.points[0].id}};
      writer.InsertPrediction(row);
      writer.FinishJob(row.job_id, "done");
    });
  }
  CHECK(names.insert(inputs(file)).second);
  CHECK(inputs(without) == outlines_alone);
}

}  // namespace

}  // namespace up_to_date_test
