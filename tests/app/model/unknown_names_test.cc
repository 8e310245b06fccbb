// Animals without a name in the window: each is one by itself, and what a person calls it holds.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>

#include "annotate/history.h"
#include "app/model/requests/label_requests.h"
#include "app/model/requests/new_names.h"
#include "app/model/requests/pending_shapes.h"
#include "app/model/requests/point_requests.h"
#include "app/model/requests/unknown_requests.h"
#include "app/model/session/shown_unknown.h"
#include "app/model/timeline/timeline_lanes.h"
#include "tests/support/unknown_scene.h"

namespace unknown_names_test {

namespace {

using datasets::Id;
using tests::UnknownScene;

annotate::ShapeChange Moved(const annotate::Shape& shape, Id id, double by) {
  annotate::ShapeChange change;
  change.kind = annotate::ShapeChange::Kind::kReplace;
  change.annotation_id = id;
  change.polygons = shape.polygons;
  for (datasets::Ring& ring : change.polygons) {
    for (cv::Point2d& point : ring) point.x += by;
  }
  change.label = "Move";
  return change;
}

}  // namespace

TEST_CASE("the animals without a name are listed, and the digits stand for those that have one") {
  UnknownScene scene;
  const auto project = scene.session->project_view();
  const auto named = app::NamedAnimals(*project);
  REQUIRE(named.size() == 2);
  CHECK(named[0]->name == "ann");
  CHECK(named[1]->name == "bob");
  CHECK(project->unknown_id == scene.unknown);
  REQUIRE(project->unknown_animals.size() == 2);
  CHECK(app::UnknownAnimalsText(*project) == "2 animals without a name");
  const app::ShownUnknown* first = app::FindUnknown(*project, scene.video, 8, 0);
  REQUIRE(first);
  CHECK(app::GuessText(*project, *first) == "perhaps ann 62 %");
  CHECK_FALSE(app::FindUnknown(*project, scene.video, UnknownScene::kFrames, 0));
  const app::ShownUnknown* next = app::NextUnknown(*project, first);
  REQUIRE(next);
  CHECK(next->animal.tracklet == 1);
  CHECK(app::NextUnknown(*project, next) == first);
}

TEST_CASE("a digit names an animal wherever it is followed; pressed twice it does that once") {
  UnknownScene scene;
  const Id first = scene.EditIdOf(0);
  app::RequestAssign(*scene.session, first, scene.ann);
  app::RequestAssign(*scene.session, first, scene.ann);  // before the window has seen it
  scene.Shows([](const app::FrameView& view) { return view.labels.size() == 1; });
  scene.session->Post("wait", [](datasets::Project&) {});
  REQUIRE(tests::Eventually([&] {
    scene.session->Poll();
    return scene.session->project_view()->unknown_animals.size() == 1;
  }));
  CHECK_FALSE(scene.AnyError());
  for (const int frame : {0, 8, 29}) {
    CHECK(scene.NameOf(frame, 0) == scene.ann);
    CHECK(scene.NameOf(frame, 1) == scene.unknown);
  }
  // Pressed again on the label, which is selected then.
  app::RequestAssign(*scene.session, scene.session->frame_view()->labels[0].annotation_id,
                     scene.ann);
  scene.session->Undo();  // one step back and all is as it was
  scene.Shows([](const app::FrameView& view) { return view.labels.empty(); });
  CHECK(scene.NameOf(29, 0) == scene.unknown);
  CHECK_FALSE(scene.AnyError());
}

TEST_CASE("an animal that was named wrongly is renamed wherever it is followed") {
  UnknownScene scene;
  app::RequestAssign(*scene.session, scene.EditIdOf(0), scene.ann);
  SUBCASE("at once, before the window has seen it") {
    app::RequestAssign(*scene.session, scene.EditIdOf(0), scene.bob);
  }
  SUBCASE("by its label") {
    scene.Shows([](const app::FrameView& view) { return view.labels.size() == 1; });
    app::RequestAssign(*scene.session, scene.session->frame_view()->labels[0].annotation_id,
                       scene.bob);
  }
  SUBCASE("in another frame") {
    scene.GoTo(20);
    scene.Shows([&](const app::FrameView& view) {
      return std::any_of(view.predictions.begin(), view.predictions.end(),
                         [&](const auto& shape) { return shape.category_id == scene.ann; });
    });
    app::RequestAssign(*scene.session, scene.EditIdOf(0), scene.bob);
  }
  REQUIRE(scene.Comes([&](const app::FrameView&) { return scene.NameOf(29, 0) == scene.bob; }));
  CHECK(scene.NameOf(0, 0) == scene.bob);
  const auto labels = scene.project->AnnotationsAt(scene.video, 8);
  REQUIRE(labels.size() == 1);
  CHECK(labels[0].category_id == scene.bob);
  CHECK_FALSE(scene.AnyError());
  scene.session->Undo();
  CHECK(scene.Comes([&](const app::FrameView&) { return scene.NameOf(29, 0) == scene.ann; }));
}

TEST_CASE("of two animals without a name the one that is corrected is a label, the other stays") {
  UnknownScene scene;
  const auto view = scene.session->frame_view();
  const Id first = scene.EditIdOf(0), second = scene.EditIdOf(1);
  const auto* seen = app::FindPrediction(view.get(), first);
  const auto* other = app::FindPrediction(view.get(), second);
  REQUIRE(seen);
  REQUIRE(other);
  app::RequestShapeChange(*scene.session, Moved(*seen, first, 1));
  app::RequestShapeChange(*scene.session, Moved(*other, second, 1));  // before a redraw
  scene.Shows([](const app::FrameView& now) { return now.labels.size() == 2; });
  scene.session->Undo();
  scene.Shows([](const app::FrameView& now) { return now.labels.size() == 1; });
  const auto now = scene.session->frame_view();
  const auto shared = app::SharedNamesIn(*scene.session->project_view(), scene.video);
  const auto shapes = app::EditableShapes(now->labels, now->predictions, shared);
  REQUIRE(shapes.size() == 2);
  CHECK(shapes[0].annotation_id == now->labels[0].annotation_id);
  CHECK(shapes[1].annotation_id == second);
  const app::LabeledBy labeled(now->labels, shared);
  CHECK(labeled.LabelOf(*app::FindPrediction(now.get(), first)) == &now->labels[0]);
  CHECK_FALSE(labeled(*app::FindPrediction(now.get(), second)));
}

TEST_CASE("whoever is labeled over an animal without a name has taken its place") {
  UnknownScene scene;
  const auto view = scene.session->frame_view();
  annotate::Shape label = *app::FindPrediction(view.get(), scene.EditIdOf(0));
  label.annotation_id = 7;
  label.category_id = scene.ann;
  const auto shared = app::SharedNamesIn(*scene.session->project_view(), scene.video);
  const std::vector<annotate::Shape> labels = {label};
  const auto shapes = app::EditableShapes(labels, view->predictions, shared);
  REQUIRE(shapes.size() == 2);
  CHECK(shapes[1].annotation_id == scene.EditIdOf(1));
}

TEST_CASE("a digit on the label of an animal without a name names the animal, too") {
  UnknownScene scene;
  const auto view = scene.session->frame_view();
  const Id first = scene.EditIdOf(0);
  app::RequestShapeChange(*scene.session, Moved(*app::FindPrediction(view.get(), first), first, 1));
  scene.Shows([](const app::FrameView& now) { return now.labels.size() == 1; });
  const annotate::Shape label = scene.session->frame_view()->labels[0];
  CHECK(label.category_id == scene.unknown);
  app::RequestAssign(*scene.session, label.annotation_id, scene.bob);
  REQUIRE(scene.Comes([&](const app::FrameView&) { return scene.NameOf(29, 0) == scene.bob; }));
  const auto labels = scene.project->AnnotationsAt(scene.video, 8);
  REQUIRE(labels.size() == 1);
  CHECK(labels[0].category_id == scene.bob);
  CHECK(labels[0].id == label.annotation_id);
}

TEST_CASE("a name that another animal of the frame has is refused, and it is said whose it is") {
  UnknownScene scene;
  app::RequestAssign(*scene.session, scene.EditIdOf(0), scene.ann);
  scene.Shows([](const app::FrameView& view) { return view.labels.size() == 1; });
  app::RequestAssign(*scene.session, scene.EditIdOf(1), scene.ann);
  REQUIRE(scene.Comes([&](const app::FrameView&) { return scene.AnyError(); }));
  CHECK(scene.Said("a label of frame 8 says that ann is elsewhere"));
  CHECK(scene.NameOf(8, 1) == scene.unknown);
  scene.GoTo(20);
  app::RequestAssign(*scene.session, scene.EditIdOf(1), scene.ann);
  CHECK(scene.Comes([&](const app::FrameView&) {
    return scene.Said("ann is another animal of frame 20, which a person named so");
  }));
}

TEST_CASE("from the list an animal is named in a frame where nobody else has the name") {
  // In the middle there is a bob already.
  UnknownScene scene([](UnknownScene& own, datasets::Writer& writer) {
    for (int frame = 13; frame < 18; ++frame) {
      datasets::PredictionRow row = own.At(frame, 5, own.bob);
      writer.InsertPrediction(row);
    }
  });
  const auto project = scene.session->project_view();
  const app::ShownUnknown* animal = app::FindUnknown(*project, scene.video, 8, 0);
  REQUIRE(animal);
  app::RequestNameUnknown(*scene.session, *animal, scene.bob);
  REQUIRE(scene.Comes([&](const app::FrameView&) { return scene.NameOf(2, 0) == scene.bob; }));
  CHECK(scene.NameOf(29, 0) == scene.bob);
  CHECK(scene.NameOf(15, 0) == scene.unknown);
  CHECK_FALSE(scene.AnyError());
}

TEST_CASE("from the list the rest of an animal is named, not what has a name between its parts") {
  const auto is_other = [](int frame) {
    return (frame > 4 && frame < 8) || (frame > 20 && frame < 24);
  };
  UnknownScene scene([&](UnknownScene& own, datasets::Writer& writer) {
    for (int frame = 0; frame < UnknownScene::kFrames; ++frame) {
      if (is_other(frame)) writer.InsertPrediction(own.At(frame, 5, own.bob));
    }
  });
  const auto rest = [&] {
    return app::FindUnknown(*scene.session->project_view(), scene.video, 6, 0);
  };
  const auto ask = [&](Id name, const std::function<void()>& refused) {
    app::RequestNameUnknown(*scene.session, *rest(), name, refused);
  };
  std::atomic<bool> refused{false};
  ask(scene.bob, [&] { refused = true; });
  REQUIRE(scene.Comes([&](const app::FrameView&) {
    return scene.NameOf(14, 0) == scene.bob && rest() && rest()->animal.spans.size() == 2;
  }));
  CHECK(scene.NameOf(6, 0) == scene.unknown);
  CHECK_FALSE(refused);
  // The other one is there still.
  std::atomic<bool> said{false};
  ask(scene.bob, [&] { said = true; });
  REQUIRE(scene.Comes([&](const app::FrameView&) { return said && scene.AnyError(); }));
  CHECK(scene.NameOf(14, 0) == scene.bob);
  // Whoever says that the rest is somebody else does not rename what has its name.
  ask(scene.ann, [] {});
  REQUIRE(scene.Comes([&](const app::FrameView&) { return scene.NameOf(6, 0) == scene.ann; }));
  CHECK(scene.NameOf(22, 0) == scene.ann);
  CHECK(scene.NameOf(14, 0) == scene.bob);
}

TEST_CASE("whoever asks for two names at once names the animal once") {
  UnknownScene scene;
  const app::ShownUnknown animal =
      *app::FindUnknown(*scene.session->project_view(), scene.video, 8, 0);
  std::atomic<bool> first{false}, second{false};
  app::RequestNameUnknown(*scene.session, animal, scene.bob, [&] { first = true; });
  app::RequestNameUnknown(*scene.session, animal, scene.ann, [&] { second = true; });
  REQUIRE(scene.Comes([&](const app::FrameView&) { return second && scene.AnyError(); }));
  CHECK_FALSE(first);
  CHECK(scene.Said("it has a name now"));
  for (const int frame : {2, 8, 20}) CHECK(scene.NameOf(frame, 0) == scene.bob);
}

TEST_CASE("nothing new is called unknown") {
  UnknownScene scene;
  const auto view = scene.session->frame_view();
  const auto project = scene.session->project_view();
  const auto named = [&](int tracklet, const std::vector<annotate::Shape>& labels) {
    const auto* under = app::FindPrediction(view.get(), scene.EditIdOf(tracklet));
    return app::NameForNewOutline({under->polygons, {}}, *project, *view, labels, nullptr);
  };
  CHECK(named(0, {}) == scene.ann);  // the guess
  CHECK(named(1, {}) == scene.bob);
  annotate::Shape bob;
  bob.category_id = scene.bob;
  CHECK(named(1, {bob}) == scene.ann);
  annotate::Shape ann;
  ann.category_id = scene.ann;
  CHECK(named(1, {ann, bob}) == 0);  // a new animal
  CHECK_FALSE(app::AnimalForPoints(*scene.session, {ann, bob}));
  CHECK(app::AnimalForPoints(*scene.session, {ann}) == scene.bob);
  scene.session->next_animal = scene.unknown;
  CHECK(app::AnimalForPoints(*scene.session, {ann}) == scene.bob);
}

TEST_CASE("the timeline has a row of animals without a name, and no curve of them") {
  UnknownScene scene;
  const auto content = app::LoadTimeline(*scene.project, scene.video, 1);
  std::vector<app::TimelineSpan> spans;
  for (const app::TimelineLane& lane : content->lanes) {
    CHECK(lane.kind != app::TimelineLane::Kind::kConfidence);
    if (lane.kind == app::TimelineLane::Kind::kUnknown) spans = lane.spans;
  }
  REQUIRE(spans.size() == 2);
  CHECK(spans[0].id == 1);
  CHECK(spans[1].id == 2);
  CHECK(spans[1].end_frame == UnknownScene::kFrames);
}

TEST_CASE("of two outlines of one name that wait to be stored, one does not stand for the other") {
  const auto square = [](double x) {
    return datasets::Polygons{{{x, 0}, {x + 5, 0}, {x + 5, 5}, {x, 5}}};
  };
  app::FrameView before;
  before.video_id = 1;
  before.frame = 7;
  before.revision = 1;
  app::PendingShapes pending;
  for (const double x : {0.0, 40.0}) {
    annotate::ShapeChange change;
    change.kind = annotate::ShapeChange::Kind::kAdd;
    change.polygons = square(x);
    pending.Add(change, 50, before, 0, true);
  }
  app::FrameView after = before;
  after.revision = 2;
  annotate::Shape stored;
  stored.annotation_id = 1;
  stored.category_id = 50;
  stored.polygons = square(0.25);  // as the store has rounded it
  after.labels = {stored};
  CHECK(pending.LabelsOf(after, 0.1).size() == 2);
  CHECK(pending.TakeAdded() == 1);
}

}  // namespace unknown_names_test
