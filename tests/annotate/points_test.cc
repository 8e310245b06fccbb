#include "datasets/store/points.h"

#include <doctest/doctest.h>

#include <fstream>

#include "annotate/edits.h"
#include "annotate/edits_points.h"
#include "annotate/edits_removal.h"
#include "annotate/history.h"
#include "datasets/store/connection.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace points_test {

namespace {

using datasets::Id;
using datasets::Skeleton;
using datasets::Writer;
using tests::MessageOf;

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

struct Scene {
  tests::TempDir folder;
  std::unique_ptr<datasets::Project> project = datasets::Project::Create(folder / "a.vole");
  annotate::History history{*project, "me"};
  Id video = 0, animal = 0;

  Scene() {
    project->Write([&](Writer& writer) {
      video = tests::InsertVideo(writer, "one", 100);
      animal = writer.FindOrInsertCategory("Ada");
    });
    history.Apply(annotate::AddSkeleton(datasets::MakeSkeleton(
        "mouse", {"nose", "left", "right"}, {{"nose", "left"}}, {{"left", "right"}})));
  }
  Skeleton Mouse() const { return project->Skeletons().at(0); }
  Id Point(int place) const { return Mouse().points[static_cast<size_t>(place)].id; }
  Id Outline() {
    return history.Apply(annotate::AddAnnotation(video, 3, tests::Square(0, animal, 5, 5, 8)))
        .InsertedId("annotations");
  }
  // A label of points alone.
  Id Points(std::vector<datasets::KeyPoint> points) {
    datasets::AnnotationRow row;
    row.category_id = animal;
    for (auto& point : points) {
      point.point_id = Point(datasets::PlaceOf(Mouse(), point.name));
    }
    row.key_points = points;
    return history.Apply(annotate::AddAnnotation(video, 3, row, "Set points"))
        .InsertedId("annotations");
  }
  std::string Text() const {  // every point of frame 3
    std::string text;
    for (const auto& label : project->AnnotationsAt(video, 3)) {
      text += label.HasShape() ? "outline" : "points";
      for (const auto& point : label.key_points) {
        text += " " + point.name + std::to_string(static_cast<int>(point.x)) +
                (point.visibility == 1 ? "h" : "");
      }
      text += "; ";
    }
    return text;
  }
};

TEST_CASE("a point is set, moved, hidden and removed, and each step can be undone") {
  Scene scene;
  const Id label = scene.Outline();
  std::vector<std::string> seen = {scene.Text()};
  for (const auto& edit : {annotate::SetPoint(label, scene.Point(0), 6, 7),
                           annotate::SetPoint(label, scene.Point(0), 8, 7),
                           annotate::SetPoint(label, scene.Point(1), 9, 7, false),
                           annotate::SetPointHidden(label, scene.Point(0), true),
                           annotate::RemovePoint(label, scene.Point(0))}) {
    const auto stored = scene.history.Apply(edit);
    REQUIRE(stored.place);
    CHECK(stored.place->frame_index == 3);
    seen.push_back(scene.Text());
  }
  CHECK(seen == std::vector<std::string>{"outline; ", "outline nose6; ", "outline nose8; ",
                                         "outline nose8 left9h; ", "outline nose8h left9h; ",
                                         "outline left9h; "});
  for (size_t i = seen.size() - 1; i-- > 0;) {
    scene.history.Undo();
    CHECK(scene.Text() == seen[i]);
  }
  for (size_t i = 1; i < seen.size(); ++i) scene.history.Redo();
  CHECK(scene.Text() == seen.back());
}

TEST_CASE("a label of points alone has their box, and goes with its last point") {
  Scene scene;
  const Id label = scene.Points({{"nose", 10, 12, 2}, {"left", 20, 15, 2}});
  const auto box = [&] { return scene.project->AnnotationsAt(scene.video, 3).at(0).box; };
  CHECK(box().width == 10);
  scene.history.Apply(annotate::SetPoint(label, scene.Point(2), 30, 40));
  CHECK(box().height == 28);
  scene.history.Apply(annotate::RemovePoint(label, scene.Point(2)));
  scene.history.Apply(annotate::RemovePoint(label, scene.Point(1)));
  CHECK(box().width == 0);
  scene.history.Apply(annotate::RemovePoint(label, scene.Point(0)));
  CHECK(scene.Text().empty());
  scene.history.Undo();
  CHECK(scene.Text() == "points nose10; ");
  for (int i = 0; i < 3; ++i) scene.history.Undo();
  CHECK(box().width == 10);
  scene.history.Apply(annotate::ReplaceShape(label, {{{5, 5}, {30, 5}, {30, 30}}}));
  CHECK(scene.Text() == "outline nose10 left20; ");
}

TEST_CASE("points that go along with an outline are of the same step, and so they come back") {
  Scene scene;
  const Id label = scene.Outline();
  scene.history.Apply(annotate::SetPoint(label, scene.Point(0), 6, 7));
  scene.history.Apply(annotate::SetPoint(label, scene.Point(1), 9, 7, false));
  auto points = scene.project->AnnotationsAt(scene.video, 3).at(0).key_points;
  for (auto& point : points) point.x += 20;
  const datasets::Polygons moved = {{{25, 5}, {33, 5}, {33, 13}, {25, 13}}};
  scene.history.Apply(annotate::ReplaceShape(label, moved, {}, "Move outline", points));
  CHECK(scene.Text() == "outline nose26 left29h; ");
  CHECK(scene.project->AnnotationsAt(scene.video, 3).at(0).polygons == moved);
  CHECK(scene.history.UndoLabel() == "Move outline");
  scene.history.Undo();
  CHECK(scene.Text() == "outline nose6 left9h; ");
  CHECK(scene.project->AnnotationsAt(scene.video, 3).at(0).box.x == 5);
}

TEST_CASE("an interpolated label is a person's once one of its points is changed") {
  Scene scene;
  datasets::AnnotationRow row = tests::Square(0, scene.animal, 5, 5, 8);
  row.keyframe = false;
  row.source = datasets::LabelSource::kInterpolated;
  row.key_points = {{"left", 6, 7, 2, scene.Point(1)}, {"right", 9, 7, 2, scene.Point(2)}};
  const auto label = [&] { return scene.project->AnnotationsAt(scene.video, 3).at(0); };
  const Id id =
      scene.history.Apply(annotate::AddAnnotation(scene.video, 3, row)).InsertedId("annotations");
  CHECK_FALSE(label().keyframe);
  for (const auto& edit :
       {annotate::SetPoint(id, scene.Point(0), 8, 8),
        annotate::SetPointHidden(id, scene.Point(1), true),
        annotate::RemovePoint(id, scene.Point(1)), annotate::SwapLeftRight(id)}) {
    CAPTURE(edit.label);
    scene.history.Apply(edit);
    CHECK(label().keyframe);
    CHECK(label().IsFilledIn());  // its outline, at which nobody has looked
    CHECK(label().author == "me");
    scene.history.Undo();
    CHECK_FALSE(label().keyframe);
    CHECK(label().key_points.size() == 2);
  }
}

TEST_CASE("left and right change places, also where only one of them is set") {
  Scene scene;
  const Id both = scene.Points({{"nose", 1, 1, 2}, {"left", 2, 2, 1}, {"right", 3, 3, 2}});
  scene.history.Apply(annotate::SwapLeftRight(both));
  CHECK(scene.Text() == "points nose1 left3 right2h; ");
  scene.history.Undo();
  CHECK(scene.Text() == "points nose1 left2h right3; ");
  scene.history.Apply(annotate::DeleteAnnotation(both));
  const Id one = scene.Points({{"nose", 1, 1, 2}, {"left", 2, 2, 2}});
  scene.history.Apply(annotate::SwapLeftRight(one));
  CHECK(scene.Text() == "points nose1 right2; ");
  scene.history.Apply(annotate::RemovePoint(one, scene.Point(2)));
  CHECK(Has(MessageOf([&] { scene.history.Apply(annotate::SwapLeftRight(one)); }),
            "no point of this animal has a symmetric partner"));
}

TEST_CASE("points outside of the picture, of another skeleton and of nothing are refused") {
  Scene scene;
  const Id label = scene.Points({{"nose", 10, 12, 2}});
  const auto refused = [&](const annotate::Edit& edit) {
    return MessageOf([&] { scene.history.Apply(edit); });
  };
  CHECK(refused(annotate::SetPoint(label, scene.Point(1), 64.5, 1)) ==
        "point 'left': it lies outside of the picture; set it inside");
  CHECK(Has(refused(annotate::SetPointHidden(label, scene.Point(1), true)), "set it first"));
  CHECK(Has(refused(annotate::SetPoint(label, 99, 1, 1)), "in no skeleton"));
  CHECK(Has(refused(annotate::SetPoint(label + 9, scene.Point(1), 1, 1)), "deleted meanwhile"));
  scene.history.Apply(annotate::AddSkeleton(datasets::MakeSkeleton("fly", {"wing"}, {}, {})));
  const Id wing = scene.project->Skeletons()[1].points[0].id;
  CHECK(Has(refused(annotate::SetPoint(label, wing, 1, 1)), "points of another skeleton"));
  CHECK(Has(refused(annotate::AddSkeleton(datasets::MakeSkeleton("fly", {"a"}, {}, {}))),
            "the name is taken"));
}

TEST_CASE("a skeleton is renamed, reordered and cut; labels follow, and undo brings all back") {
  Scene scene;
  const Id label = scene.Outline();
  for (int i = 0; i < 3; ++i) {
    scene.history.Apply(annotate::SetPoint(label, scene.Point(i), 6 + i, 7));
  }
  const std::string before = scene.Text();
  Skeleton mouse = scene.Mouse();
  std::swap(mouse.points[1].name, mouse.points[2].name);
  mouse.name = "rat";
  scene.history.Apply(annotate::ChangeSkeleton(mouse));
  CHECK(scene.Text() == "outline nose6 right7 left8; ");
  scene.history.Apply(annotate::ChangeSkeleton(datasets::Reordered(scene.Mouse(), {2, 0, 1})));
  CHECK(scene.Text() == "outline left8 nose6 right7; ");
  CHECK(scene.Mouse().edges == std::vector<std::pair<int, int>>{{1, 2}});
  CHECK(scene.Mouse().points[0].partner == 2);
  Skeleton cut = datasets::WithoutPoint(scene.Mouse(), 2);
  cut.points.push_back({0, "tail", -1, 0xFF0000});
  cut.edges = {{1, 2}};
  scene.history.Apply(annotate::ChangeSkeleton(cut));
  CHECK(scene.Text() == "outline left8 nose6; ");
  CHECK(datasets::PointNames(scene.Mouse()) == std::vector<std::string>{"left", "nose", "tail"});
  CHECK(scene.Mouse().points[0].partner == -1);
  CHECK(scene.Mouse().points[2].color == 0xFF0000);
  for (int i = 0; i < 3; ++i) scene.history.Undo();
  CHECK(scene.Text() == before);
  CHECK(scene.Mouse().name == "mouse");
  CHECK(scene.Mouse().edges == std::vector<std::pair<int, int>>{{0, 1}});
  CHECK(scene.Mouse().points[1].partner == 2);
  for (int i = 0; i < 3; ++i) scene.history.Redo();
  CHECK(scene.Text() == "outline left8 nose6; ");
  CHECK(Has(MessageOf([&] { scene.history.Apply(annotate::ChangeSkeleton(mouse)); }),
            "it is not in this skeleton any more"));
}

TEST_CASE("a deleted skeleton takes its points along, a deleted animal its labels' points") {
  Scene scene;
  scene.Points({{"nose", 10, 12, 2}});
  const Id second = scene.Outline();
  scene.history.Apply(annotate::SetPoint(second, scene.Point(0), 6, 7));
  const std::string before = scene.Text();
  CHECK(before == "points nose10; outline nose6; ");
  scene.history.Apply(annotate::DeleteSkeleton(scene.Mouse().id));
  CHECK(scene.project->Skeletons().empty());
  CHECK(scene.Text() == "outline; ");
  scene.history.Undo();
  CHECK(scene.Text() == before);
  scene.history.Apply(annotate::DeleteAnimal(scene.animal));
  CHECK(scene.Text().empty());
  scene.history.Undo();
  CHECK(scene.Text() == before);
}

TEST_CASE(
    "edits of a project of version 4, whose labels had points as text, are undone and redone") {
  tests::TempDir folder;
  std::ifstream text(std::string(VOLE_SOURCE_DIR) + "/tests/data/project_v4.sql");
  datasets::Connection(folder / "a.vole", datasets::Connection::Mode::kCreate, 0)
      .Script({std::istreambuf_iterator<char>(text), {}});
  auto project = datasets::Project::Open(folder / "a.vole");
  annotate::History history(*project);
  int undone = 0;
  while (history.Undo()) ++undone;
  CHECK(undone > 5);
  CHECK(project->AnnotationsAt(1, 4).empty());
  for (int i = 0; i < undone; ++i) CHECK(history.Redo());
  CHECK(project->AnnotationsAt(1, 4).size() == 2);
}

TEST_CASE("an accepted prediction brings its points along, hidden ones as hidden") {
  Scene scene;
  Id job = 0;
  scene.project->Write([&](Writer& writer) {
    job = writer.InsertJob(tests::PredictJob());
    auto row = tests::Prediction(job, scene.video, 3, scene.animal);
    row.key_points = {{"nose", 14, 8, 0.75, scene.Point(0)},
                      {"left", 4, 8, 0.75, scene.Point(1), false}};
    writer.InsertPrediction(row);
  });
  scene.history.Apply(annotate::AcceptPredictions(job, scene.video, 3, 4));
  CHECK(scene.Text() == "outline nose14 left4h; ");
  scene.history.Undo();
  CHECK(scene.Text().empty());
  scene.history.Redo();
  CHECK(scene.Text() == "outline nose14 left4h; ");
}

TEST_CASE("points that are set on a frame stand beside those that another person has set there") {
  Scene scene;
  annotate::History anna(*scene.project, "anna");
  datasets::AnnotationRow hers = tests::Square(0, scene.animal, 5, 5, 8);
  hers.key_points = {{"nose", 6, 7, 2, scene.Point(0)}, {"left", 7, 7, 2, scene.Point(1)}};
  anna.Apply(annotate::AddAnnotation(scene.video, 3, hers));  // while the other is at it
  datasets::AnnotationRow row;
  row.category_id = scene.animal;
  row.key_points = {{"left", 9, 8, 2, scene.Point(1)}, {"right", 8, 9, 2, scene.Point(2)}};
  scene.history.Apply(annotate::AddPoints(scene.video, 3, row, {}));
  CHECK(scene.Text() == "outline nose6 left9 right8; ");
  scene.history.Undo();
  CHECK(scene.Text() == "outline nose6 left7; ");
}

TEST_CASE("points of one gesture are those that it has last, also where one was taken back") {
  Scene scene;
  datasets::AnnotationRow row;
  row.category_id = scene.animal;
  row.key_points = {{"nose", 6, 7, 2, scene.Point(0)}, {"left", 7, 7, 2, scene.Point(1)}};
  scene.history.Apply(annotate::AddPoints(scene.video, 3, row, {}));
  row.key_points.pop_back();
  scene.history.Apply(annotate::AddPoints(scene.video, 3, row, {}));
  CHECK(scene.Text() == "points nose6; ");
}

TEST_CASE("points alone that were interpolated are a person's once one of them is moved") {
  Scene scene;
  datasets::AnnotationRow row;
  row.category_id = scene.animal;
  row.keyframe = false;
  row.source = datasets::LabelSource::kInterpolated;
  row.key_points = {{"nose", 6, 7, 2, scene.Point(0)}};
  const Id id =
      scene.history.Apply(annotate::AddAnnotation(scene.video, 3, row)).InsertedId("annotations");
  scene.history.Apply(annotate::SetPoint(id, scene.Point(0), 8, 8));
  CHECK_FALSE(scene.project->AnnotationsAt(scene.video, 3).at(0).IsFilledIn());
}

}  // namespace

TEST_CASE("points of several animals of one name are copied one by one, each to the nearest") {
  Scene scene;
  scene.project->Write([&](Writer& writer) {
    for (const double x : {5, 25, 45}) {
      auto row =
          tests::Square(writer.FindOrInsertImage(scene.video, 3, 64, 48), scene.animal, x, 5, 8);
      datasets::KeyPoint nose;
      nose.point_id = scene.Point(0);
      nose.name = "nose";
      nose.x = x + 1;
      nose.y = 6;
      nose.visibility = 2;
      row.key_points = {nose};
      writer.InsertAnnotation(row);
    }
    for (const double x : {27, 47}) {
      writer.InsertAnnotation(
          tests::Square(writer.FindOrInsertImage(scene.video, 5, 64, 48), scene.animal, x, 5, 8));
    }
  });
  const auto noses = [&](int frame) {
    std::string text;
    for (const auto& label : scene.project->AnnotationsAt(scene.video, frame)) {
      text +=
          label.HasShape() ? "outline" + std::to_string(static_cast<int>(label.box.x)) : "points";
      for (const auto& point : label.key_points) {
        text += " " + std::to_string(static_cast<int>(point.x));
      }
      text += "; ";
    }
    return text;
  };
  scene.history.Apply(annotate::CopyPointsFromBefore(scene.video, 4, 0));
  CHECK(noses(4) == "points 6; points 26; points 46; ");
  scene.history.Undo();
  CHECK(noses(4).empty());
  scene.history.Apply(annotate::CopyPointsFromBefore(scene.video, 5, 0));
  CHECK(noses(5) == "outline27 26; outline47 46; points 6; ");
  // A frame before without any is said.
  scene.project->Write([&](Writer& writer) {
    writer.InsertAnnotation(
        tests::Square(writer.FindOrInsertImage(scene.video, 8, 64, 48), scene.animal, 5, 5, 8));
  });
  CHECK(Has(
      MessageOf([&] { scene.history.Apply(annotate::CopyPointsFromBefore(scene.video, 9, 0)); }),
      "has no key points to copy"));
}

}  // namespace points_test
