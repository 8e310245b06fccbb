#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>

#include "annotate/history.h"
#include "app/model/requests/label_requests.h"
#include "datasets/store/points.h"
#include "datasets/store/writer.h"
#include "tests/support/eventually.h"
#include "tests/support/label_project.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace prediction_edits_test {

namespace {

using datasets::Id;
using datasets::Writer;

// Two animals, predicted on frame 8; nothing is labeled.
struct Scene {
  tests::TempDir folder;
  std::unique_ptr<app::Session> session;
  datasets::Project* project = nullptr;
  Id video = 0, job = 0, big = 0, small = 0;

  Scene() {
    auto opened = tests::LabelProject(folder.path());
    project = opened.get();
    video = project->Videos()[0].id;
    project->Write([&](Writer& writer) {
      job = writer.InsertJob(tests::PredictJob());
      big = writer.FindOrInsertCategory("big");
      small = writer.FindOrInsertCategory("small");
      for (const Id animal : {big, small}) {
        writer.InsertPrediction(tests::Prediction(job, video, 8, animal));
      }
      writer.FinishJob(job, "done");
    });
    session = std::make_unique<app::Session>(std::move(opened), [] {});
    Shows([](const app::FrameView&) { return true; });
    session->GoTo(video, 8);
    Shows([](const app::FrameView& view) { return view.predictions.size() == 2; });
  }
  template <class Condition>
  void Shows(Condition condition) {
    REQUIRE(tests::Eventually([&] {
      session->Poll();
      const auto view = session->frame_view();
      return view && view->frame == session->frame() && condition(*view);
    }));
  }
  // The id under which tools know the prediction of an animal.
  Id EditIdOf(Id animal) const {
    for (const annotate::Shape& shape : Editable()) {
      if (shape.category_id == animal) return shape.annotation_id;
    }
    return 0;
  }
  std::vector<annotate::Shape> Editable() const {
    const auto view = session->frame_view();
    return app::EditableShapes(view->labels, view->predictions);
  }
};

annotate::ShapeChange Replace(Id id) {
  annotate::ShapeChange change;
  change.kind = annotate::ShapeChange::Kind::kReplace;
  change.annotation_id = id;
  change.polygons = {{{2, 2}, {20, 2}, {20, 20}, {2, 20}}};
  change.label = "Move point";
  return change;
}

}  // namespace

TEST_CASE(
    "nudging an outline takes its key points along, in one step, no further than the border") {
  Scene scene;
  Id label = 0;
  scene.project->Write([&](Writer& writer) {
    datasets::InsertSkeleton(writer.connection(), datasets::MakeSkeleton("m", {"nose"}, {}, {}));
    datasets::AnnotationRow row =
        tests::Square(writer.FindOrInsertImage(scene.video, 9, 64, 48), scene.big, 10, 10, 8);
    row.key_points = {{"nose", 3, 14, 2, 0}};
    label = writer.InsertAnnotation(row);
  });
  scene.session->GoTo(scene.video, 9);
  scene.Shows([](const app::FrameView& view) { return view.labels.size() == 1; });
  app::RequestNudge(*scene.session, label, -10, 2);
  scene.Shows([](const app::FrameView& view) { return view.labels[0].polygons[0][0].x == 7; });
  const auto now = [&] { return scene.project->AnnotationsAt(scene.video, 9).at(0); };
  CHECK(now().key_points.at(0).x == 0);
  CHECK(now().key_points.at(0).y == 16);
  CHECK(now().box.y == 12);
  annotate::History(*scene.project, "").Undo();
  CHECK(now().key_points.at(0).x == 3);
  CHECK(now().box.x == 10);
}

TEST_CASE("the first change of a prediction's outline makes it a label, in one step") {
  Scene scene;
  const Id id = scene.EditIdOf(scene.big);
  REQUIRE(id < 0);
  app::RequestShapeChange(*scene.session, Replace(id));
  scene.Shows([](const app::FrameView& view) { return view.labels.size() == 1; });
  const auto labels = scene.project->AnnotationsAt(scene.video, 8);
  REQUIRE(labels.size() == 1);
  CHECK(labels[0].category_id == scene.big);
  CHECK(labels[0].source == datasets::LabelSource::kDrawn);
  CHECK(labels[0].job_id == scene.job);
  CHECK(labels[0].box.width == 18);
  // The label hides the prediction of its animal; the other's may be edited still.
  CHECK(scene.EditIdOf(scene.big) == labels[0].id);
  CHECK(scene.EditIdOf(scene.small) < 0);
  scene.session->Undo();
  scene.Shows([](const app::FrameView& view) { return view.labels.empty(); });
  CHECK(scene.EditIdOf(scene.big) == id);
}

TEST_CASE("a prediction moves with the arrow keys like a label") {
  Scene scene;
  const auto view = scene.session->frame_view();
  const annotate::Shape* before = app::FindPrediction(view.get(), scene.EditIdOf(scene.small));
  REQUIRE(before);
  const datasets::Box box = datasets::BoxOf(before->polygons);
  app::RequestNudge(*scene.session, scene.EditIdOf(scene.small), 3, 0);
  scene.Shows([](const app::FrameView& now) { return now.labels.size() == 1; });
  const auto labels = scene.project->AnnotationsAt(scene.video, 8);
  CHECK(labels[0].category_id == scene.small);
  CHECK(labels[0].box.x == doctest::Approx(box.x + 3));
}

TEST_CASE("a prediction that is deleted is rejected, one that is named swaps with the other") {
  Scene scene;
  app::RequestDelete(*scene.session, scene.EditIdOf(scene.big));
  scene.Shows([](const app::FrameView& view) { return view.predictions.size() == 1; });
  CHECK(scene.EditIdOf(scene.big) == 0);
  scene.session->Undo();
  scene.Shows([](const app::FrameView& view) { return view.predictions.size() == 2; });
  const Id was_big = scene.EditIdOf(scene.big);
  app::RequestAssign(*scene.session, was_big, scene.small);
  REQUIRE(tests::Eventually([&] {
    scene.session->Poll();
    return scene.EditIdOf(scene.small) == was_big;
  }));
  CHECK(scene.project->AnnotationsAt(scene.video, 8).empty());
}

TEST_CASE("the id of a prediction that is not on this frame changes nothing") {
  Scene scene;
  app::RequestShapeChange(*scene.session, Replace(-987654));
  app::RequestDelete(*scene.session, -987654);
  app::RequestAssign(*scene.session, -987654, scene.big);
  app::RequestNudge(*scene.session, -987654, 1, 1);
  app::RequestNewAnimal(*scene.session, "third");  // carried out after all of the above
  REQUIRE(tests::Eventually([&] {
    scene.session->Poll();
    return scene.session->project_view()->categories.size() == 3;
  }));
  CHECK(scene.session->frame_view()->labels.empty());
  CHECK(scene.Editable().size() == 2);
}

TEST_CASE("a key that is pressed twice before the window shows the first goes on from there") {
  Scene scene;
  const auto labels = [&] { return scene.project->AnnotationsAt(scene.video, 8); };
  const auto all_done = [&] {
    std::atomic<bool> done = false;
    scene.session->Post("wait", [&](datasets::Project&) { done = true; });
    REQUIRE(tests::Eventually([&] { return done.load(); }));
  };
  const auto all_shown = [&] {
    all_done();
    scene.Shows([&](const app::FrameView& view) { return view.labels.size() == labels().size(); });
  };
  const Id big = scene.EditIdOf(scene.big);
  const datasets::Box box =
      datasets::BoxOf(app::FindPrediction(scene.session->frame_view().get(), big)->polygons);
  app::RequestNudge(*scene.session, big, 1, 0);  // makes it a label
  app::RequestNudge(*scene.session, big, 1, 0);
  app::RequestNudge(*scene.session, big, 0, 1);
  all_shown();
  REQUIRE(labels().size() == 1);
  CHECK(labels()[0].box.x == doctest::Approx(box.x + 2));
  CHECK(labels()[0].box.y == doctest::Approx(box.y + 1));
  for (int i = 0; i < 3; ++i) app::RequestNudge(*scene.session, labels()[0].id, 1, 0);
  all_shown();
  CHECK(labels()[0].box.x == doctest::Approx(box.x + 5));

  // The same change of a prediction twice makes one label.
  const Id small = scene.EditIdOf(scene.small);
  app::RequestShapeChange(*scene.session, Replace(small));
  app::RequestShapeChange(*scene.session, Replace(small));
  all_shown();
  CHECK(labels().size() == 2);

  scene.session->GoTo(scene.video, 9);
  scene.Shows([](const app::FrameView& view) { return view.neighbor_labels.size() == 2; });
  app::RequestCopyFromNeighbor(*scene.session);
  app::RequestCopyFromNeighbor(*scene.session);
  all_done();
  CHECK(scene.project->AnnotationsAt(scene.video, 9).size() == 2);
}

TEST_CASE("a prediction is given one name by a key, however often it is pressed") {
  Scene scene;
  const Id big = scene.EditIdOf(scene.big);
  app::RequestAssign(*scene.session, big, scene.small);
  app::RequestAssign(*scene.session, big, scene.small);
  app::RequestNewAnimal(*scene.session, "third");
  REQUIRE(tests::Eventually([&] { return scene.project->Categories().size() == 3; }));
  scene.Shows([&](const app::FrameView&) { return scene.EditIdOf(scene.small) == big; });
  CHECK(scene.EditIdOf(scene.small) == big);
}

TEST_CASE("labels are copied into a frame whose labels have not been read yet") {
  Scene scene;
  app::RequestNudge(*scene.session, scene.EditIdOf(scene.big), 1, 0);
  for (const int frame : {9, 10}) {
    scene.session->GoTo(scene.video, frame);
    app::RequestCopyFromNeighbor(*scene.session);
  }
  REQUIRE(
      tests::Eventually([&] { return scene.project->AnnotationsAt(scene.video, 10).size() == 1; }));
  CHECK(scene.project->AnnotationsAt(scene.video, 9).size() == 1);
  scene.session->GoTo(scene.video, 2);
  app::RequestCopyFromNeighbor(*scene.session);
  CHECK(tests::Eventually([&] {
    scene.session->Poll();
    for (const app::Message& message : scene.session->messages()) {
      if (message.text.find("no labeled frame before this one") != std::string::npos) return true;
    }
    return false;
  }));
}

}  // namespace prediction_edits_test
