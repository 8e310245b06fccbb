#include <doctest/doctest.h>

#include "annotate/edits.h"
#include "annotate/edits_points.h"
#include "annotate/history.h"
#include "app/model/requests/carry_requests.h"
#include "tests/support/eventually.h"
#include "tests/support/label_project.h"
#include "tests/support/temp_dir.h"

namespace interpolate_request_test {

namespace {

using datasets::Id;
using datasets::Project;
using tests::Eventually;

struct Scene {
  tests::TempDir folder;
  Id video = 0, animal = 0;
  std::unique_ptr<Project> other;  // what another program sees

  Scene() {
    auto project = tests::LabelProject(folder.path());
    video = project->Videos().front().id;
    project->Write(
        [&](datasets::Writer& writer) { animal = writer.FindOrInsertCategory("vole_1"); });
    annotate::History history(*project);
    for (const int frame : {10, 20}) {
      datasets::AnnotationRow row;
      row.category_id = animal;
      const double x = frame;
      row.polygons = {{{x, 5}, {x + 10, 5}, {x + 10, 15}, {x, 15}}};
      history.Apply(annotate::AddAnnotation(video, frame, row));
    }
    other = Project::Open(folder / "test.vole");
  }
  size_t LabelsAt(int frame) const { return other->AnnotationsAt(video, frame).size(); }
};

TEST_CASE("interpolation fills the frames between two labels, in one step, marked as no key") {
  Scene scene;
  app::Session session(Project::Open(scene.folder / "test.vole"), [] {});
  REQUIRE(Eventually([&] { return session.Poll(), session.video() != nullptr; }));
  session.GoToFrame(15);
  app::RequestInterpolate(session, 0);
  REQUIRE(Eventually([&] { return scene.LabelsAt(19) == 1; }));
  for (int frame = 11; frame < 20; ++frame) CHECK(scene.LabelsAt(frame) == 1);
  CHECK(scene.LabelsAt(9) == 0);
  CHECK(scene.LabelsAt(21) == 0);
  const auto middle = scene.other->AnnotationsAt(scene.video, 15).at(0);
  CHECK(middle.box.x == doctest::Approx(15).epsilon(0.05));
  CHECK_FALSE(middle.keyframe);
  CHECK(middle.source == datasets::LabelSource::kInterpolated);
  session.Undo();
  CHECK(Eventually([&] { return scene.LabelsAt(15) == 0; }));
  CHECK(scene.LabelsAt(10) == 1);
}

TEST_CASE("a gap of more than a second is not filled, and the message says how long it is") {
  Scene scene;
  annotate::History history(*scene.other);
  datasets::AnnotationRow row;
  row.category_id = scene.animal;
  row.polygons = {{{40, 5}, {50, 5}, {50, 15}, {40, 15}}};
  history.Apply(annotate::AddAnnotation(scene.video, 90, row));
  app::Session session(Project::Open(scene.folder / "test.vole"), [] {});
  REQUIRE(Eventually([&] { return session.Poll(), session.video() != nullptr; }));
  session.GoToFrame(50);
  app::RequestInterpolate(session, 0);
  CHECK(Eventually([&] {
    session.Poll();
    for (const app::Message& message : session.messages()) {
      if (message.text.find("69 frames, and at most a second") != std::string::npos) return true;
    }
    return false;
  }));
  CHECK(scene.LabelsAt(50) == 0);
}

TEST_CASE("interpolation outside of labeled frames changes nothing and says what is missing") {
  Scene scene;
  app::Session session(Project::Open(scene.folder / "test.vole"), [] {});
  REQUIRE(Eventually([&] { return session.Poll(), session.video() != nullptr; }));
  session.GoToFrame(40);
  app::RequestInterpolate(session, scene.animal);
  CHECK(Eventually([&] {
    session.Poll();
    for (const app::Message& message : session.messages()) {
      if (message.text.find("interpolation") != std::string::npos) return true;
    }
    return false;
  }));
  CHECK(scene.LabelsAt(30) == 0);
}

}  // namespace

TEST_CASE("key points go on straight lines between their own labels, outlines between theirs") {
  Scene scene;
  annotate::History history(*scene.other);
  history.Apply(annotate::AddSkeleton(datasets::MakeSkeleton("m", {"nose", "tail"}, {}, {})));
  const datasets::Skeleton skeleton = scene.other->Skeletons().at(0);
  const auto point = [&](int place, double x, int visibility) {
    const auto& of = skeleton.points[static_cast<size_t>(place)];
    return datasets::KeyPoint{of.name, x, 8, visibility, of.id};
  };
  const Id first = scene.other->AnnotationsAt(scene.video, 10).at(0).id;
  history.Apply(annotate::SetPoints(first, {point(0, 10, 2), point(1, 12, 2)}));
  datasets::AnnotationRow row;  // points alone, between the outlines
  row.category_id = scene.animal;
  row.key_points = {point(0, 14, 1)};
  history.Apply(annotate::AddAnnotation(scene.video, 14, row));
  app::Session session(Project::Open(scene.folder / "test.vole"), [] {});
  REQUIRE(Eventually([&] { return session.Poll(), session.video() != nullptr; }));
  session.GoToFrame(12);
  app::RequestInterpolate(session, 0);
  REQUIRE(Eventually([&] { return scene.LabelsAt(19) == 1; }));
  const auto near = scene.other->AnnotationsAt(scene.video, 13).at(0);
  CHECK(near.HasShape());
  REQUIRE(near.key_points.size() == 1);  // the other has no end
  CHECK(near.key_points[0].x == doctest::Approx(13));
  CHECK(near.key_points[0].visibility == 1);
  const auto far = scene.other->AnnotationsAt(scene.video, 16).at(0);
  CHECK(far.HasShape());
  CHECK(far.key_points.empty());
  // What was interpolated and is then set by a person is a person's.
  auto points = near.key_points;
  points[0].x += 1;
  history.Apply(annotate::SetPoints(near.id, points));
  CHECK(scene.other->AnnotationsAt(scene.video, 13).at(0).keyframe);
}

}  // namespace interpolate_request_test
