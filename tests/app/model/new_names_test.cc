#include "app/model/requests/new_names.h"

#include <doctest/doctest.h>

#include "annotate/edits.h"
#include "annotate/history.h"
#include "tests/support/eventually.h"
#include "tests/support/label_project.h"
#include "tests/support/temp_dir.h"

namespace new_names_test {

namespace {

using datasets::Id;

datasets::Polygons Box(double x, double y) {
  return {{{x, y}, {x + 20, y}, {x + 20, y + 20}, {x, y + 20}}};
}

annotate::Shape ShapeOf(Id animal, double x, double y) {
  annotate::Shape shape;
  shape.category_id = animal;
  shape.polygons = Box(x, y);
  return shape;
}

// Three animals; two of them were seen on the frame before.
struct Stage {
  app::ProjectView project;
  app::FrameView view;
  std::vector<annotate::Shape> labels;

  Stage() {
    for (const Id id : {11, 12, 13}) {
      datasets::CategoryRow row;
      row.id = id;
      row.name = "animal_" + std::to_string(id);
      project.categories.push_back(row);
    }
    view.frame = 5;
    view.sightings[11] = {annotate::SightingOf(Box(10, 10), 4)};
    view.sightings[12] = {annotate::SightingOf(Box(100, 10), 4)};
  }
  Id NameAt(double x, double y) const {
    return app::NameForNewOutline({Box(x, y), {}}, project, view, labels, nullptr);
  }
};

}  // namespace

TEST_CASE("A prediction under a new outline names it; else where the animals were") {
  Stage stage;
  CHECK(stage.NameAt(12, 12) == 11);
  CHECK(stage.NameAt(98, 12) == 12);
  stage.view.predictions = {ShapeOf(12, 10, 12), ShapeOf(13, 60, 60)};
  CHECK(stage.NameAt(12, 12) == 12);
  CHECK(stage.NameAt(61, 62) == 13);
  CHECK(stage.NameAt(25, 12) == 11);  // hardly touches the prediction
}

TEST_CASE("No two outlines of a frame get one name, and the last one is a new animal") {
  Stage stage;
  for (const Id expected : {11, 12, 13, 0}) {
    CAPTURE(expected);
    CHECK(stage.NameAt(12, 12) == expected);
    stage.labels.push_back(ShapeOf(expected, 10, 10));
  }
  stage.labels = {ShapeOf(12, 100, 10)};
  stage.view.predictions = {ShapeOf(12, 12, 12)};
  CHECK(stage.NameAt(12, 12) == 11);
}

TEST_CASE("Where nothing was seen yet the first animal of the list comes first") {
  Stage stage;
  stage.view.sightings.clear();
  CHECK(stage.NameAt(50, 50) == 11);
  stage.project.categories.clear();
  CHECK(stage.NameAt(50, 50) == 0);
}

TEST_CASE("A frame knows where the animals were on the labeled frames around it, nearest first") {
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  const Id video = project->Videos().front().id;
  annotate::History history(*project);
  history.Apply(annotate::AddCategory("a"));
  const Id animal = project->Categories().front().id;
  for (const int frame : {2, 8, 20}) {
    datasets::AnnotationRow row;
    row.category_id = animal;
    row.polygons = Box(frame, 4);
    history.Apply(annotate::AddAnnotation(video, frame, row));
  }
  app::Session session(datasets::Project::Open(folder / "test.vole"), [] {});
  REQUIRE(tests::Eventually([&] { return session.Poll(), session.video() != nullptr; }));
  const auto frames_near = [&](int frame) {
    session.GoToFrame(frame);
    REQUIRE(tests::Eventually([&] {
      session.Poll();
      return session.frame_view() && session.frame_view()->frame == frame;
    }));
    std::vector<int> frames;
    for (const auto& seen : session.frame_view()->sightings.at(animal))
      frames.push_back(seen.frame);
    return frames;
  };
  CHECK(frames_near(10) == std::vector<int>{8, 2, 20});
  CHECK(frames_near(8) == std::vector<int>{2, 20});
  CHECK(frames_near(0) == std::vector<int>{2, 8, 20});
}

}  // namespace new_names_test
