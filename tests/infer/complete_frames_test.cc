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

TEST_CASE(
    "Frames onto which one of two animals was carried do not teach that the other is ground") {
  Scene scene;
  scene.Label(5, {scene.ada, scene.bea});
  scene.FillIn(6, 9, {scene.ada, scene.bea});
  scene.FillIn(9, 12, {scene.ada});
  CHECK(scene.Frames() == Frames{5, 6, 7, 8});
  CHECK(scene.Gather().incomplete == 3);
  // What a person changes on the way is no sign that the frame is complete, unless it is said.
  scene.Label(12, {scene.ada});
  scene.FillIn(13, 16, {scene.ada});
  CHECK(scene.Frames() == Frames{5, 6, 7, 8});
  scene.Label(12, {}, ImageState::kDone);
  CHECK(scene.Frames() == Frames{5, 6, 7, 8, 12, 13, 14, 15});
}

TEST_CASE("Frames that were filled in between two labels have the animals of both") {
  Scene scene;
  scene.Label(20, {scene.ada});
  scene.FillIn(21, 24, {scene.ada});
  CHECK(scene.Frames() == Frames{20, 21, 22, 23});
  scene.Label(24, {scene.ada, scene.bea});
  CHECK(scene.Frames() == Frames{20, 24});
  scene.Label(30, {scene.ada, scene.bea});  // farther on: says nothing about those
  scene.Label(40, {scene.ada}, ImageState::kStarted, LabelSource::kInterpolated);
  CHECK(scene.Frames() == Frames{20, 24, 30, 40});
}

TEST_CASE("Where nothing but such frames is left, the training says what is missing") {
  Scene scene;
  scene.Label(5, {scene.ada, scene.bea});
  scene.project->Write([&](Writer& writer) {
    writer.SetImageSplit(scene.project->ImageAt(scene.video, 5)->id, "test");
  });
  scene.FillIn(6, 9, {scene.ada});
  const std::string message = tests::MessageOf([&] { scene.Gather(); });
  CHECK(message.find("lack an animal") != std::string::npos);
}

TEST_CASE("What is predicted beside a mended outline is neither animal nor ground") {
  Scene scene;
  scene.Label(5, {scene.ada});
  scene.Predict(5, scene.ada, 6);
  scene.Predict(5, scene.bea, 40);
  auto frames = scene.Gather().data.frames;
  REQUIRE(frames.size() == 1);
  REQUIRE(frames[0].objects.size() == 2);
  CHECK(Ignored(frames[0]) == 1);
  CHECK(datasets::RleArea(frames[0].objects[1].mask) == doctest::Approx(100).epsilon(0.3));
  // Rejected, it is ground.
  scene.project->Write([&](Writer& writer) {
    datasets::PredictionCorrectionRow correction;
    correction.job_id = scene.job;
    correction.video_id = scene.video;
    correction.start_frame = 5;
    correction.end_frame = 6;
    correction.kind = datasets::PredictionCorrectionRow::Kind::kReject;
    correction.category_id = scene.bea;
    writer.InsertPredictionCorrection(correction);
  });
  CHECK(Ignored(scene.Gather().data.frames[0]) == 0);
  // So it is where somebody said that the frame is done.
  Scene done;
  done.Label(5, {done.ada}, ImageState::kDone);
  done.Predict(5, done.bea, 40);
  CHECK(Ignored(done.Gather().data.frames[0]) == 0);
}

TEST_CASE("A prediction far from the label of its name is wrong, not another animal") {
  Scene scene;
  scene.Label(5, {scene.ada, scene.bea});
  scene.Predict(5, scene.ada, 22);
  scene.Predict(5, scene.ada, 41);  // Bea, by another name
  CHECK(Ignored(scene.Gather().data.frames[0]) == 0);
  scene.Predict(5, scene.ada, 52);
  CHECK(Ignored(scene.Gather().data.frames[0]) == 1);
}

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
