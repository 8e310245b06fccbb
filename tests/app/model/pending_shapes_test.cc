#include "app/model/requests/pending_shapes.h"

#include <doctest/doctest.h>

namespace pending_shapes_test {

using annotate::ShapeChange;
using app::FrameView;
using app::PendingShapes;

namespace {

datasets::Polygons Square(double x) { return {{{x, 0}, {x + 5, 0}, {x + 5, 5}, {x, 5}}}; }

annotate::Shape Label(datasets::Id id, double x) {
  annotate::Shape shape;
  shape.annotation_id = id;
  shape.category_id = id * 10;
  shape.polygons = Square(x);
  return shape;
}

FrameView View(int64_t revision, std::vector<annotate::Shape> labels) {
  FrameView view;
  view.video_id = 1;
  view.frame = 7;
  view.revision = revision;
  view.labels = std::move(labels);
  return view;
}

ShapeChange Change(ShapeChange::Kind kind, datasets::Id id, double x) {
  ShapeChange change;
  change.kind = kind;
  change.annotation_id = id;
  change.polygons = Square(x);
  return change;
}

}  // namespace

TEST_CASE("with nothing pending the view's own labels are shown") {
  PendingShapes pending;
  const FrameView view = View(1, {Label(1, 0)});
  CHECK(&pending.LabelsOf(view, 0) == &view.labels);
}

TEST_CASE("a moved outline stays where it was put until the view shows it there") {
  PendingShapes pending;
  const FrameView before = View(1, {Label(1, 0)});
  pending.Add(Change(ShapeChange::Kind::kReplace, 1, 20), 0, before, 0);
  CHECK(pending.LabelsOf(before, 0.1)[0].polygons == Square(20));
  const FrameView other_change = View(2, {Label(1, 0)});  // of another process, say
  CHECK(pending.LabelsOf(other_change, 0.1)[0].polygons == Square(20));
  const FrameView after = View(3, {Label(1, 20)});
  CHECK(&pending.LabelsOf(after, 0.2) == &after.labels);
  CHECK(pending.empty());
}

TEST_CASE("points that were moved with an outline are shown where it is") {
  PendingShapes pending;
  annotate::Shape label = Label(1, 0);
  label.key_points = {{"nose", 2, 2, 2, 5}};
  const FrameView before = View(1, {label});
  ShapeChange change = Change(ShapeChange::Kind::kReplace, 1, 20);
  change.key_points = {{"nose", 22, 2, 2, 5}};
  pending.Add(change, 0, before, 0);
  CHECK(pending.LabelsOf(before, 0.1)[0].key_points[0].x == 22);
  label.polygons = Square(20);
  const FrameView halfway = View(2, {label});
  CHECK(pending.LabelsOf(halfway, 0.1)[0].key_points[0].x == 22);
  label.key_points[0].x = 22;
  const FrameView after = View(3, {label});
  CHECK(&pending.LabelsOf(after, 0.2) == &after.labels);
  pending.Add(Change(ShapeChange::Kind::kReplace, 1, 30), 0, after, 0.3);  // of the outline alone
  CHECK(pending.LabelsOf(after, 0.3)[0].key_points[0].x == 22);
}

TEST_CASE("of two quick edits of one outline the second is shown, whichever the view has") {
  PendingShapes pending;
  const FrameView before = View(1, {Label(1, 0)});
  pending.Add(Change(ShapeChange::Kind::kReplace, 1, 20), 0, before, 0);
  pending.Add(Change(ShapeChange::Kind::kReplace, 1, 40), 0, before, 0.01);
  const FrameView first = View(2, {Label(1, 20)});
  CHECK(pending.LabelsOf(first, 0.02)[0].polygons == Square(40));
  CHECK_FALSE(pending.empty());
  const FrameView second = View(3, {Label(1, 40)});
  CHECK(&pending.LabelsOf(second, 0.03) == &second.labels);
  CHECK(pending.empty());
}

TEST_CASE("a view that skipped the first of two edits ends both") {
  PendingShapes pending;
  const FrameView before = View(1, {Label(1, 0), Label(2, 100)});
  pending.Add(Change(ShapeChange::Kind::kReplace, 1, 20), 0, before, 0);
  pending.Add(Change(ShapeChange::Kind::kReplace, 2, 60), 0, before, 0);
  pending.Add(Change(ShapeChange::Kind::kReplace, 1, 40), 0, before, 0.01);
  const FrameView both = View(3, {Label(1, 40), Label(2, 100)});
  const auto& labels = pending.LabelsOf(both, 0.03);
  CHECK(labels[0].polygons == Square(40));
  CHECK(labels[1].polygons == Square(60));
}

TEST_CASE("a new outline is shown at once, and its label is told once") {
  PendingShapes pending;
  const FrameView before = View(1, {Label(1, 0)});
  pending.Add(Change(ShapeChange::Kind::kAdd, 0, 30), 50, before, 0);
  const auto& labels = pending.LabelsOf(before, 0.1);
  REQUIRE(labels.size() == 2);
  CHECK(labels[1].category_id == 50);
  CHECK(labels[1].annotation_id == 0);
  CHECK_FALSE(pending.TakeAdded());
  const FrameView after = View(2, {Label(1, 0), Label(9, 30)});
  CHECK(pending.LabelsOf(after, 0.2).size() == 2);
  CHECK(pending.TakeAdded() == 9);
  CHECK_FALSE(pending.TakeAdded());
}

TEST_CASE("a deleted outline is gone at once") {
  PendingShapes pending;
  const FrameView before = View(1, {Label(1, 0), Label(2, 50)});
  pending.Add(Change(ShapeChange::Kind::kDelete, 1, 0), 0, before, 0);
  const auto& labels = pending.LabelsOf(before, 0.1);
  REQUIRE(labels.size() == 1);
  CHECK(labels[0].annotation_id == 2);
  pending.LabelsOf(View(2, {Label(2, 50)}), 0.2);
  CHECK(pending.empty());
}

TEST_CASE("a change that was refused is forgotten after a while, and on another frame at once") {
  PendingShapes pending;
  FrameView view = View(1, {Label(1, 0)});
  pending.Add(Change(ShapeChange::Kind::kReplace, 1, 20), 0, view, 0);
  CHECK(pending.LabelsOf(view, PendingShapes::kPatienceSeconds + 0.1)[0].polygons == Square(0));
  pending.Add(Change(ShapeChange::Kind::kReplace, 1, 20), 0, view, 5);
  view.frame = 8;
  CHECK(pending.LabelsOf(view, 5)[0].polygons == Square(0));
  CHECK(pending.empty());
}

namespace {

ShapeChange Points(datasets::Id id, int count) {
  ShapeChange change;
  change.kind = ShapeChange::Kind::kPoints;
  change.annotation_id = id;
  for (int i = 1; i <= count; ++i) change.key_points.push_back({"p", 1.0 * i, 2, 2, i});
  return change;
}

annotate::Shape PointsLabel(datasets::Id id, datasets::Id category, int count) {
  annotate::Shape shape;
  shape.annotation_id = id;
  shape.category_id = category;
  shape.key_points = Points(id, count).key_points;
  return shape;
}

}  // namespace

TEST_CASE("quick points of a new animal are of one label, before and after it is stored") {
  PendingShapes pending;
  const FrameView before = View(1, {Label(1, 0)});
  for (int count = 1; count <= 3; ++count) pending.Add(Points(0, count), 50, before, 0);
  REQUIRE(pending.LabelsOf(before, 0.1).size() == 2);
  CHECK(pending.LabelsOf(before, 0.1)[1].key_points.size() == 3);
  CHECK(pending.LabelsOf(before, 0.1)[1].category_id == 50);
  CHECK_FALSE(pending.TakeAdded());
  const FrameView first = View(2, {Label(1, 0), PointsLabel(9, 50, 1)});
  REQUIRE(pending.LabelsOf(first, 0.2).size() == 2);
  CHECK(pending.LabelsOf(first, 0.2)[1].key_points.size() == 3);
  CHECK(pending.TakeAdded() == 9);
  pending.Add(Points(9, 4), 50, first, 0.2);  // it has its id now
  const FrameView second = View(3, {Label(1, 0), PointsLabel(9, 50, 3)});
  REQUIRE(pending.LabelsOf(second, 0.3).size() == 2);
  CHECK(pending.LabelsOf(second, 0.3)[1].key_points.size() == 4);
  const FrameView all = View(4, {Label(1, 0), PointsLabel(9, 50, 4)});
  CHECK(&pending.LabelsOf(all, 0.4) == &all.labels);
  CHECK(pending.empty());
}

TEST_CASE(
    "points change an outline's label in place, and the last one takes a label without outline") {
  PendingShapes pending;
  const FrameView view = View(1, {Label(1, 0), PointsLabel(2, 20, 1)});
  pending.Add(Points(1, 2), 0, view, 0);
  pending.Add(Points(2, 0), 0, view, 0);
  REQUIRE(pending.LabelsOf(view, 0.1).size() == 1);
  CHECK(pending.LabelsOf(view, 0.1)[0].polygons == Square(0));
  CHECK(pending.LabelsOf(view, 0.1)[0].key_points.size() == 2);
  FrameView after = View(2, {Label(1, 0)});
  after.labels[0].key_points = Points(1, 2).key_points;
  CHECK(&pending.LabelsOf(after, 0.2) == &after.labels);
}

}  // namespace pending_shapes_test
