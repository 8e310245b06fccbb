#include "datasets/store/removal/removal.h"

#include <doctest/doctest.h>

#include "annotate/edits.h"
#include "annotate/edits_removal.h"
#include "annotate/history.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace removal_test {

namespace {

using annotate::History;
using datasets::Id;
using datasets::ImageState;
using datasets::Project;
using datasets::Writer;

struct Scene {
  tests::TempDir folder;
  std::unique_ptr<Project> project = Project::Create(folder / "a.vole");
  Id video = 0, job = 0, big = 0, small = 0, walk = 0, rear = 0;
  History history{*project, "me"};

  Scene() {
    project->Write([&](Writer& writer) {
      video = tests::InsertVideo(writer, "one", 100);
      job = writer.InsertJob(tests::PredictJob());
      big = writer.FindOrInsertCategory("big");
      small = writer.FindOrInsertCategory("small");
      const Id track = writer.FindOrInsertTrack(video, big, 7);
      const Id both = writer.FindOrInsertImage(video, 3, 64, 48);
      const Id alone = writer.FindOrInsertImage(video, 5, 64, 48);
      for (const Id image : {both, alone}) writer.SetImageState(image, ImageState::kDone);
      datasets::AnnotationRow label = tests::Square(both, big, 1, 1, 10);
      label.track_id = track;
      writer.InsertAnnotation(label);
      writer.InsertAnnotation(tests::Square(both, small, 30, 1, 10));
      writer.InsertAnnotation(tests::Square(alone, big, 1, 1, 10));
      writer.InsertPrediction(tests::Prediction(job, video, 8, big));
      writer.InsertPrediction(tests::Prediction(job, video, 8, small));
      datasets::BehaviorRow behavior;
      behavior.name = "walk";
      walk = writer.FindOrInsertBehavior(behavior);
      behavior.name = "rear";
      rear = writer.FindOrInsertBehavior(behavior);
      for (const Id done : {walk, rear}) {
        datasets::BehaviorIntervalRow bout;
        bout.video_id = video;
        bout.subject = "big";
        bout.track_id = track;
        bout.behavior_id = done;
        bout.start_frame = 10;
        bout.end_frame = 20;
        writer.InsertBehaviorInterval(bout);
        datasets::BehaviorPredictionRow predicted;
        predicted.job_id = job;
        predicted.video_id = video;
        predicted.behavior_id = done;
        predicted.start_frame = 30;
        predicted.end_frame = 40;
        const Id id = writer.InsertBehaviorPrediction(predicted);
        predicted.id = id;
        datasets::ReviewItemRow item = annotate::EpisodeOf(predicted);
        item.reason_code = "doubtful";
        item.id = writer.InsertReviewItem(item);
        writer.InsertReviewDecision(item, "skipped", "me", 1);
      }
    });
  }
  size_t Labels(int frame) const { return project->AnnotationsAt(video, frame).size(); }
  ImageState State(int frame) const { return project->ImageAt(video, frame)->state; }
};

}  // namespace

TEST_CASE("deleting a behavior takes its bouts along, and one undo brings them back") {
  Scene scene;
  scene.history.Apply(annotate::DeleteBehavior(scene.walk));
  REQUIRE(scene.project->Behaviors().size() == 1);
  CHECK(scene.project->Behaviors()[0].name == "rear");
  CHECK(scene.project->BehaviorIntervals(scene.video).size() == 1);
  CHECK(scene.project->BehaviorPredictions(scene.job, scene.video).size() == 1);
  CHECK(scene.project->ReviewDecisions(0).size() == 1);
  scene.history.Undo();
  CHECK(scene.project->Behaviors().size() == 2);
  CHECK(scene.project->BehaviorIntervals(scene.video).size() == 2);
  CHECK(scene.project->ReviewDecisions(0).size() == 2);
  scene.history.Redo();
  CHECK(scene.project->BehaviorIntervals(scene.video).size() == 1);
}

TEST_CASE("deleting an animal takes its labels along, and one undo brings them back") {
  Scene scene;
  scene.history.Apply(annotate::DeleteAnimal(scene.big));
  REQUIRE(scene.project->Categories().size() == 1);
  CHECK(scene.Labels(3) == 1);
  CHECK(scene.Labels(5) == 0);
  CHECK(scene.State(3) == ImageState::kDone);
  CHECK(scene.State(5) == ImageState::kNew);  // nobody said that it is empty
  CHECK(scene.project->PredictionsAt(scene.job, scene.video, 8).size() == 1);
  CHECK(scene.project->Tracks(scene.video).empty());
  CHECK(scene.project->BehaviorIntervals(scene.video).size() == 2);  // what it did, by its name
  scene.history.Undo();
  CHECK(scene.project->Categories().size() == 2);
  CHECK(scene.Labels(3) == 2);
  CHECK(scene.Labels(5) == 1);
  CHECK(scene.State(5) == ImageState::kDone);
  CHECK(scene.project->Tracks(scene.video).size() == 1);
}

TEST_CASE("nobody is asked about an animal that was deleted") {
  Scene scene;
  datasets::BehaviorPredictionRow bout;
  scene.project->Write([&](Writer& writer) {
    bout.job_id = scene.job;
    bout.video_id = scene.video;
    bout.behavior_id = scene.walk;
    bout.start_frame = 50;
    bout.end_frame = 60;
    for (const char* subject : {"big", "small"}) {
      bout.subject = subject;
      writer.InsertBehaviorPrediction(bout);
      writer.InsertReviewItem(annotate::EpisodeOf(bout));
      writer.FindOrInsertBehaviorSeries({0, scene.job, scene.video, subject, scene.walk});
    }
    for (const char* animals : {R"(["big"])", R"(["small"])", R"(["big","small"])"}) {
      writer.InsertReviewItem(
          {0, scene.job, scene.video, 2, 5, "jump", "it jumps", 0.5, animals, "", {}, ""});
    }
  });
  scene.history.Apply(annotate::DeleteAnimal(scene.big));
  int of_walk = 0, jumps = 0;
  for (const auto& item : scene.project->ReviewItems(scene.job)) {
    CHECK(item.subject != "big");
    of_walk += item.start_frame == 50;
    jumps += item.reason_code == "jump";
  }
  CHECK(of_walk == 1);
  CHECK(jumps == 2);  // one is about the other animal, too
  for (const auto& row : scene.project->BehaviorPredictions(scene.job, scene.video)) {
    CHECK(row.subject != "big");
  }
  CHECK(scene.project->BehaviorSeries(scene.job, scene.video).size() == 1);
}

TEST_CASE("what was deleted in several videos comes back in those that are still there") {
  Scene scene;
  Id other = 0;
  scene.project->Write([&](Writer& writer) {
    other = tests::InsertVideo(writer, "two", 100);
    writer.FindOrInsertTrack(other, scene.big, 9);
    const Id image = writer.FindOrInsertImage(other, 4, 64, 48);
    writer.InsertAnnotation(tests::Square(image, scene.big, 1, 1, 10));
  });
  scene.history.Apply(annotate::DeleteAnimal(scene.big));
  scene.project->Write([&](Writer& writer) { datasets::DeleteVideo(writer, other); });
  CHECK(scene.project->Categories().size() == 1);
  REQUIRE(scene.history.Undo());
  CHECK(scene.project->Categories().size() == 2);
  CHECK(scene.Labels(3) == 2);
  CHECK(scene.Labels(5) == 1);
  CHECK(scene.project->Tracks(scene.video).size() == 1);
  REQUIRE(scene.history.Redo());
  CHECK(scene.Labels(3) == 1);
}

TEST_CASE("an animal that people's corrections name is not deleted") {
  Scene scene;
  scene.history.Apply(
      annotate::AssignPredictionName(scene.job, scene.video, 8, 9, scene.big, scene.small));
  const std::string said =
      tests::MessageOf([&] { scene.history.Apply(annotate::DeleteAnimal(scene.big)); });
  CHECK(said.find("'big'") != std::string::npos);
  CHECK(said.find("rename it") != std::string::npos);
  CHECK(scene.project->Categories().size() == 2);
}

TEST_CASE("two behaviors never have one key") {
  Scene scene;
  datasets::BehaviorRow row = scene.project->Behaviors()[0];
  row.shortcut = "w";
  row.color = 0x123456;
  row.exclusion_group = "gait";
  row.name = "walking";
  scene.history.Apply(annotate::ChangeBehavior(row));
  CHECK(scene.project->Behaviors()[0].name == "walking");
  row = scene.project->Behaviors()[1];
  row.shortcut = "w";
  CHECK(tests::MessageOf([&] {
          scene.history.Apply(annotate::ChangeBehavior(row));
        }).find("'walking'") != std::string::npos);
  datasets::BehaviorRow fresh;
  fresh.name = "turn";
  fresh.shortcut = "w";
  CHECK(tests::MessageOf([&] { scene.history.Apply(annotate::AddBehavior(fresh)); }) != "");
}

TEST_CASE("behaviors have the order that people gave them") {
  Scene scene;
  scene.project->Write([&](Writer& writer) {
    datasets::SetBehaviorOrder(writer, {scene.rear, scene.walk});
  });
  CHECK(scene.project->Behaviors()[0].name == "rear");
  datasets::BehaviorRow fresh;
  fresh.name = "later";
  scene.history.Apply(annotate::AddBehavior(fresh));
  CHECK(scene.project->Behaviors()[2].name == "later");
}

TEST_CASE("a video that is removed leaves nothing of its own and everything of the others") {
  Scene scene;
  Id other = 0;
  scene.project->Write([&](Writer& writer) {
    other = tests::InsertVideo(writer, "two", 50);
    const Id image = writer.FindOrInsertImage(other, 1, 64, 48);
    writer.InsertAnnotation(tests::Square(image, scene.big, 1, 1, 10));
  });
  scene.history.Apply(
      annotate::DeleteAnnotation(scene.project->AnnotationsAt(scene.video, 3)[0].id));
  scene.project->Write([&](Writer& writer) { datasets::DeleteVideo(writer, scene.video); });
  REQUIRE(scene.project->Videos().size() == 1);
  CHECK(scene.project->Images().size() == 1);
  CHECK(scene.project->AnnotationsAt(other, 1).size() == 1);
  CHECK(scene.project->ReviewDecisions(0).empty());
  CHECK(scene.history.UndoLabel() == "");  // what can't be undone any more is no promise
}

TEST_CASE("proposed frames are rows of the project, per video, until they are labeled") {
  Scene scene;
  scene.history.Apply(annotate::ProposeFrames(scene.video, {40, 3, 20}));
  CHECK(scene.project->ImagesOfVideo(scene.video).size() == 4);
  CHECK(scene.State(20) == ImageState::kNew);
  CHECK(scene.State(3) == ImageState::kDone);  // known already
  CHECK(scene.project->CountLabeledFrames(scene.video) == 2);
  datasets::AnnotationRow label = tests::Square(0, scene.big, 1, 1, 10);
  scene.history.Apply(annotate::AddAnnotation(scene.video, 20, label));
  CHECK(scene.State(20) == ImageState::kStarted);
  scene.history.Apply(annotate::ProposeFrames(scene.video, {60}));
  scene.history.Apply(annotate::DropProposals(scene.video, {3, 20, 40, 60, 70}));
  CHECK_FALSE(scene.project->ImageAt(scene.video, 40));
  CHECK_FALSE(scene.project->ImageAt(scene.video, 60));
  CHECK(scene.Labels(20) == 1);
  CHECK(scene.Labels(3) == 2);
  scene.history.Undo();
  CHECK(scene.State(40) == ImageState::kNew);
  scene.history.Undo();
  CHECK_FALSE(scene.project->ImageAt(scene.video, 60));
  CHECK(tests::MessageOf([&] {
          scene.history.Apply(annotate::ProposeFrames(scene.video, {5000}));
        }).find("frames 0 to 99") != std::string::npos);
}

}  // namespace removal_test
