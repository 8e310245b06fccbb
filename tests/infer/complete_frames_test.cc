// Labels of a project as a training takes them: what nobody has labeled yet is not ground.
#include <doctest/doctest.h>

#include <algorithm>

#include "infer/learning/project_labels.h"
#include "tests/support/label_project.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace complete_frames_test {

namespace {

using datasets::Id;
using datasets::ImageState;
using datasets::LabelSource;
using datasets::Writer;

// Ada lies on the left, Bea on the right.
struct Scene {
  tests::TempDir folder;
  std::unique_ptr<datasets::Project> project = tests::LabelProject(folder.path());
  Id video = project->VideoByName("clip").id, ada = 0, bea = 0, job = 0;

  Scene() {
    project->Write([&](Writer& writer) {
      ada = writer.FindOrInsertCategory("Ada");
      bea = writer.FindOrInsertCategory("Bea");
      job = writer.InsertJob(tests::PredictJob());
    });
  }
  void Label(int frame, const std::vector<Id>& animals, ImageState state = ImageState::kStarted,
             LabelSource source = LabelSource::kDrawn) {
    project->Write([&](Writer& writer) {
      const Id image = writer.FindOrInsertImage(video, frame, 64, 48);
      writer.SetImageState(image, state);
      for (const Id animal : animals) {
        auto row = tests::Square(image, animal, animal == ada ? 5 : 40, 5, 10);
        row.source = source;
        row.keyframe = source != LabelSource::kInterpolated;
        writer.InsertAnnotation(row);
      }
    });
  }
  void FillIn(int start, int end, const std::vector<Id>& animals) {
    for (int frame = start; frame < end; ++frame) {
      Label(frame, animals, ImageState::kStarted, LabelSource::kInterpolated);
    }
  }
  void Predict(int frame, Id animal, double x) {
    project->Write([&](Writer& writer) {
      auto row = tests::Prediction(job, video, frame, animal);
      row.rle.reset();
      row.polygons = {{{x, 5}, {x + 10, 5}, {x + 10, 15}, {x, 15}}};
      row.box = {x, 5, 10, 10};
      writer.InsertPrediction(row);
    });
  }
  void Decide(int start, int end, const std::string& code, std::optional<Id> behavior = {}) {
    datasets::ReviewItemRow item;
    item.job_id = job;
    item.video_id = video;
    item.start_frame = start;
    item.end_frame = end;
    item.reason_code = code;
    item.behavior_id = behavior;
    project->Write(
        [&](Writer& writer) { writer.InsertReviewDecision(item, "corrected", "me", 1); });
  }
  infer::GatheredLabels Gather() const {
    datasets::Job job_of_test;
    return infer::GatherLabels(*project, {}, job_of_test);
  }
  std::vector<int> Frames() const {
    std::vector<int> frames;
    for (const auto& frame : Gather().data.frames) frames.push_back(frame.frame_index);
    return frames;
  }
};

using Frames = std::vector<int>;

int Ignored(const train::LabeledFrame& frame) {
  return static_cast<int>(std::count_if(frame.objects.begin(), frame.objects.end(),
                                        [](const auto& object) { return object.ignore; }));
}

}  // namespace

TEST_CASE("Corrected bouts and key points do not make outlines weigh more") {
  Scene scene;
  scene.Label(5, {scene.ada, scene.bea});
  Id walk = 0;
  scene.project->Write([&](Writer& writer) {
    datasets::BehaviorRow behavior;
    behavior.name = "walk";
    walk = writer.FindOrInsertBehavior(behavior);
  });
  scene.Decide(0, 10, "doubtful_behavior", walk);
  scene.Decide(0, 10, "point_jump");
  CHECK(scene.Gather().corrected == 0);
  CHECK(scene.Gather().data.frames[0].weight == 1);
  scene.Decide(0, 10, "odd_area");
  CHECK(scene.Gather().corrected == 1);
  CHECK(scene.Gather().data.frames[0].weight == infer::kCorrectionWeight);
}

TEST_CASE("What was filled in is no correction") {
  Scene scene;
  scene.Label(5, {scene.ada});
  scene.FillIn(6, 8, {scene.ada});
  scene.Decide(0, 10, "odd_area");
  CHECK(scene.Gather().corrected == 1);
}

}  // namespace complete_frames_test
