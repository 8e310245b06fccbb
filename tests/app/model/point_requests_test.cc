// What a person asks for on key points: one edit each, also on animals that have no label yet.
#include "app/model/requests/point_requests.h"

#include <doctest/doctest.h>

#include "annotate/edits_points.h"
#include "app/model/drawing/point_places.h"
#include "app/model/requests/label_requests.h"
#include "datasets/store/points.h"
#include "datasets/store/writer.h"
#include "tests/support/eventually.h"
#include "tests/support/label_project.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace point_requests_test {

namespace {

using annotate::ShapeChange;
using datasets::Id;
using datasets::KeyPoint;
using datasets::Writer;

// Two animals; on frame 8 both are predicted, Ada with nose and left ear.
struct Scene {
  tests::TempDir folder;
  std::unique_ptr<app::Session> session;
  datasets::Project* project = nullptr;
  datasets::Skeleton mouse;
  Id video = 0, ada = 0, bea = 0;

  Scene() {
    auto opened = tests::LabelProject(folder.path());
    project = opened.get();
    video = project->Videos()[0].id;
    project->Write([&](Writer& writer) {
      datasets::InsertSkeleton(writer.connection(),
                               datasets::MakeSkeleton("mouse", {"nose", "left", "right"},
                                                      {{"nose", "left"}}, {{"left", "right"}}));
    });
    mouse = project->Skeletons().at(0);
    project->Write([&](Writer& writer) {
      const Id job = writer.InsertJob(tests::PredictJob());
      ada = writer.FindOrInsertCategory("Ada");
      bea = writer.FindOrInsertCategory("Bea");
      for (const Id animal : {ada, bea}) {
        auto row = tests::Prediction(job, video, 8, animal);
        if (animal == ada) {
          row.key_points = {{"nose", 5, 6, 0.9, mouse.points[0].id},
                            {"left", 7, 8, 0.6, mouse.points[1].id}};
        }
        writer.InsertPrediction(row);
      }
      writer.FinishJob(job, "done");
    });
    session = std::make_unique<app::Session>(std::move(opened), [] {});
    Shows([](const app::FrameView&) { return true; });
    Go(8);
  }
  template <class Condition>
  void Shows(Condition condition) {
    REQUIRE(tests::Eventually([&] {
      session->Poll();
      const auto view = session->frame_view();
      return view && view->frame == session->frame() && condition(*view);
    }));
  }
  void Go(int frame) {
    session->GoTo(video, frame);
    Shows([](const app::FrameView&) { return true; });
  }
  KeyPoint Point(int place, double x, double y = 10) const {
    const auto& point = mouse.points[static_cast<size_t>(place)];
    return {point.name, x, y, 2, point.id};
  }
  void Set(Id id, std::vector<KeyPoint> points, Id animal = 0) {
    ShapeChange change;
    change.kind = ShapeChange::Kind::kPoints;
    change.annotation_id = id;
    change.key_points = std::move(points);
    change.label = "Set points";
    app::RequestPoints(*session, change, animal);
  }
  std::string Text(int frame) const {
    std::string text;
    for (const auto& label : project->AnnotationsAt(video, frame)) {
      text += (label.category_id == ada   ? "Ada"
               : label.category_id == bea ? "Bea"
                                          : "other") +
              std::string(label.HasShape() ? "[]" : "");
      for (const KeyPoint& point : label.key_points) {
        text += " " + point.name + std::to_string(static_cast<int>(point.x)) +
                (point.visibility == 1 ? "h" : "");
      }
      text += "; ";
    }
    return text;
  }
  void Becomes(int frame, const std::string& text) {
    const bool did = tests::Eventually([&] {
      session->Poll();
      return Text(frame) == text;
    });
    CHECK_MESSAGE(did, "frame " << frame << " has: " << Text(frame));
    Shows([&](const app::FrameView& view) { return view.revision == project->Revision(); });
  }
  Id EditIdOf(Id animal) const {
    const auto view = session->frame_view();
    for (const auto& shape : app::EditableShapes(view->labels, view->predictions)) {
      if (shape.category_id == animal) return shape.annotation_id;
    }
    return 0;
  }
};

}  // namespace

TEST_CASE("points of an animal without a label make one, however fast they come") {
  Scene scene;
  scene.Go(3);
  scene.Set(0, {scene.Point(0, 5)}, scene.bea);  // no id yet: nobody waits for it
  scene.Set(0, {scene.Point(0, 5), scene.Point(1, 9)}, scene.bea);
  scene.Becomes(3, "Bea nose5 left9; ");
  scene.session->Undo();
  scene.Becomes(3, "Bea nose5; ");
  scene.session->Undo();
  scene.Becomes(3, "");
}

TEST_CASE("the first change of a prediction's points makes it a label, in one step") {
  Scene scene;
  const Id id = scene.EditIdOf(scene.ada);
  REQUIRE(id < 0);
  scene.Set(id, {scene.Point(0, 6), scene.Point(1, 7)});
  scene.Becomes(8, "Ada[] nose6 left7; ");
  CHECK(scene.project->AnnotationsAt(scene.video, 8)[0].job_id.has_value());
  scene.session->Undo();
  scene.Becomes(8, "");
  CHECK(scene.EditIdOf(scene.ada) == id);
  app::RequestSwapLeftRight(*scene.session, id);
  scene.Becomes(8, "Ada[] nose5 right7; ");
  app::RequestSwapLeftRight(*scene.session, scene.EditIdOf(scene.ada));
  scene.Becomes(8, "Ada[] nose5 left7; ");
}

TEST_CASE("an outline that is corrected keeps the points that were predicted with it") {
  Scene scene;
  ShapeChange change;
  change.kind = ShapeChange::Kind::kReplace;
  change.annotation_id = scene.EditIdOf(scene.ada);
  change.polygons = {{{2, 2}, {20, 2}, {20, 20}}};
  app::RequestShapeChange(*scene.session, change);
  scene.Becomes(8, "Ada[] nose5 left7; ");
}

TEST_CASE("points go from the labeled frame before to animals that have none") {
  Scene scene;
  scene.Go(3);
  scene.Set(0, {scene.Point(0, 5), scene.Point(2, 9)}, scene.ada);
  scene.Set(0, {scene.Point(0, 30)}, scene.bea);
  scene.Becomes(3, "Ada nose5 right9; Bea nose30; ");
  scene.Go(4);
  ShapeChange outline;
  outline.polygons = {{{2, 2}, {20, 2}, {20, 20}}};
  outline.label = "Draw polygon";
  app::RequestShapeChange(*scene.session, outline, scene.bea);
  scene.Becomes(4, "Bea[]; ");
  app::RequestCopyPoints(*scene.session);
  scene.Becomes(4, "Bea[] nose30; Ada nose5 right9; ");
  scene.session->Undo();
  scene.Becomes(4, "Bea[]; ");
  app::RequestCopyFromNeighbor(*scene.session);  // labels, with their points
  scene.Becomes(4, "Bea[]; Ada nose5 right9; ");
  app::RequestNudge(*scene.session, scene.EditIdOf(scene.ada), -10, 0);  // as far as there is room
  scene.Becomes(4, "Bea[]; Ada nose0 right4; ");
}

TEST_CASE(
    "new points are of the animal that was chosen, else of the first without label or prediction") {
  Scene scene;
  annotate::Shape label;
  label.category_id = scene.ada;
  const auto animal = [&](const std::vector<annotate::Shape>& labels) {
    return app::AnimalForPoints(*scene.session, labels);
  };
  CHECK_FALSE(animal({}));  // both are predicted
  scene.session->selected_category = scene.bea;
  CHECK_FALSE(animal({}));
  scene.session->next_animal = scene.bea;
  CHECK(animal({}) == scene.bea);
  scene.session->selected_category = scene.session->next_animal = 0;
  scene.Go(3);
  CHECK(animal({}) == scene.ada);
  CHECK(animal({label}) == scene.bea);
  scene.session->selected_category = scene.bea;
  CHECK(animal({}) == scene.bea);
  scene.session->next_animal = scene.ada;
  CHECK(animal({}) == scene.ada);
  annotate::Shape other = label;
  other.category_id = scene.bea;
  CHECK_FALSE(animal({label, other}));
}

TEST_CASE("a skeleton is read from lines, and drawn where both ends of a line are set") {
  const datasets::Skeleton read = app::SkeletonFromText(
      " mouse ", "nose\nleft ear\n\nright ear, tail\n", "nose-left ear\nnose-tail", "");
  CHECK(read.name == "mouse");
  CHECK(datasets::PointNames(read) ==
        std::vector<std::string>{"nose", "left ear", "right ear", "tail"});
  CHECK(read.edges == std::vector<std::pair<int, int>>{{0, 1}, {0, 3}});
  CHECK(app::PairsByName("nose\nleft ear\nright ear") == "left ear-right ear");
  CHECK_THROWS_AS(app::SkeletonFromText("a", "", "", ""), datasets::Error);
  CHECK_THROWS_AS(app::SkeletonFromText("", "nose", "", ""), datasets::Error);

  datasets::Skeleton stored = read;
  for (size_t i = 0; i < 4; ++i) {
    stored.points[i].id = static_cast<Id>(i + 1);
    stored.points[i].color = 0x100000 + static_cast<uint32_t>(i);
  }
  const app::PointPlaces places({stored});
  const std::vector<KeyPoint> points = {
      {"tail", 0, 0, 2, 4}, {"nose", 0, 0, 2, 1}, {"x", 0, 0, 2, 9}};
  CHECK(places.EdgesBetween(points) == std::vector<std::pair<size_t, size_t>>{{1, 0}});
  CHECK(places.ColorOf(points[0]) == 0x100003);
  CHECK(places.ColorOf(points[2]) == 0xFFFFFF);
}

}  // namespace point_requests_test
