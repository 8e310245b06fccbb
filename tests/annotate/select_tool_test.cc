#include <doctest/doctest.h>

#include "annotate/assist/pixel_region.h"
#include "datasets/base/error.h"
#include "tests/annotate/tools_stage.h"

namespace select_tool_test {

using namespace tests;
using Kind = ShapeChange::Kind;

TEST_CASE("select: hovering shows the handles, and the hot one is the one near the cursor") {
  Stage stage("select");
  stage.Move({15, 25});
  CHECK(stage.Draw().handles.size() == 4);
  stage.Move({11, 11});
  int hot = 0;
  for (const auto& handle : stage.Draw().handles) hot += handle.hot;
  CHECK(hot == 1);
  stage.Move({150, 110});
  CHECK(stage.Draw().handles.empty());
}

TEST_CASE("select: a click selects the smallest shape, the next click the one below, a miss none") {
  Stage stage("select");
  auto change = stage.Click({30, 30});
  REQUIRE(change);
  CHECK(change->kind == Kind::kSelect);
  CHECK(change->annotation_id == 1);
  stage.context.selected_annotation = 1;
  change = stage.Click({30, 30});
  REQUIRE(change);
  CHECK(change->annotation_id == 2);
  stage.context.selected_annotation = 2;
  CHECK(stage.Click({30, 30})->annotation_id == 1);
  CHECK(stage.Click({150, 110})->annotation_id == 0);
  stage.context.selected_annotation = 0;
  CHECK_FALSE(stage.Click({150, 110}));
}

TEST_CASE("select: dragging a vertex moves it in one change") {
  Stage stage("select");
  const auto change = stage.Drag({10, 10}, {3, 5});
  REQUIRE(change);
  CHECK(change->kind == Kind::kReplace);
  CHECK(change->annotation_id == 1);
  CHECK(change->polygons[0][0] == cv::Point2d(3, 5));
  CHECK(change->polygons[0].size() == 4);
  CHECK_FALSE(stage.tool->busy());
}

TEST_CASE("select: a vertex dragged out of the image stays on its border") {
  Stage stage("select");
  const auto change = stage.Drag({10, 10}, {-50, -20});
  REQUIRE(change);
  CHECK(change->polygons[0][0] == cv::Point2d(0, 0));
}

TEST_CASE("select: a drag on an edge puts a new vertex there at once") {
  Stage stage("select");
  const auto change = stage.Drag({25, 10}, {25, 4});
  REQUIRE(change);
  REQUIRE(change->polygons[0].size() == 5);
  CHECK(change->polygons[0][1] == cv::Point2d(25, 4));
}

TEST_CASE("select: a click on an edge inserts only where the animal is selected already") {
  Stage stage("select");
  CHECK(stage.Click({25, 10})->kind == Kind::kSelect);
  stage.context.selected_annotation = 1;
  const auto change = stage.Click({25, 10});
  REQUIRE(change);
  CHECK(change->polygons[0].size() == 5);
}

TEST_CASE("select: Alt+click and Backspace remove a vertex, but three points always stay") {
  Stage stage("select");
  stage.alt = true;
  auto change = stage.Click({10, 10});
  REQUIRE(change);
  CHECK(change->polygons[0].size() == 3);
  stage.alt = false;
  stage.Move({10, 10});
  change = stage.Key(ToolKey::kBackspace);
  REQUIRE(change);
  CHECK(change->polygons[0].size() == 3);
  stage.shapes[0].polygons = change->polygons;
  stage.alt = true;
  CHECK_FALSE(stage.Click(change->polygons[0][0]));
  CHECK(stage.Hint().find("three") != std::string::npos);
}

TEST_CASE("select: only a selected animal can be dragged, after a dead zone, and stays inside") {
  Stage stage("select");
  stage.zoom = 4;
  CHECK_FALSE(stage.Drag({25, 15}, {45, 25}));  // not selected: the canvas pans instead
  stage.context.selected_annotation = 1;
  CHECK_FALSE(stage.Drag({25, 15}, {25.5, 15.5}));  // within the dead zone it is a click
  auto change = stage.Drag({25, 19}, {35, 39});
  REQUIRE(change);
  CHECK(change->polygons[0][0] == cv::Point2d(20, 30));
  change = stage.Drag({25, 19}, {-90, -90});
  REQUIRE(change);
  CHECK(change->polygons[0][0] == cv::Point2d(0, 0));
  CHECK(change->polygons[0][2] == cv::Point2d(30, 30));
}

TEST_CASE("select: key points go along with a dragged outline, and keep all of it inside") {
  Stage stage("select");
  stage.context.selected_annotation = 1;
  stage.shapes[0].key_points = {{"nose", 15, 12, 2, 1}, {"tail", 8, 15, 1, 4}};
  const auto change = stage.Drag({25, 19}, {35, 39});
  REQUIRE(change);
  CHECK(change->kind == Kind::kReplace);
  REQUIRE(change->key_points.size() == 2);
  CHECK(change->key_points[0].x == 25);
  CHECK(change->key_points[0].y == 32);
  CHECK(change->key_points[1].x == 18);
  CHECK(change->key_points[1].visibility == 1);
  const auto far = stage.Drag({25, 19}, {-90, 19});  // the tail reaches out by two pixels
  REQUIRE(far);
  CHECK(far->polygons[0][0].x == 2);
  CHECK(far->key_points[1].x == 0);

  stage.Move({25, 19});
  stage.Press({25, 19});
  stage.Move({30, 19});
  const auto overlay = stage.Draw();
  REQUIRE(overlay.points);
  CHECK(overlay.points->annotation_id == 1);
  CHECK(overlay.points->points[0].x == 20);
  stage.Key(ToolKey::kEscape);
  CHECK_FALSE(stage.Draw().points);
  CHECK(stage.Drag({10, 10}, {3, 5})->key_points.empty());  // one corner: the animal stays
}

TEST_CASE("select: Escape in the middle of a drag leaves everything as it was") {
  Stage stage("select");
  stage.Move({10, 10});
  stage.Press({10, 10});
  stage.Move({3, 3});
  CHECK(stage.tool->busy());
  stage.Key(ToolKey::kEscape);
  CHECK_FALSE(stage.tool->busy());
  CHECK_FALSE(stage.Release({3, 3}));
}

TEST_CASE("select: an animal that is deleted in the middle of a drag ends the drag") {
  Stage stage("select");
  stage.Move({10, 10});
  stage.Press({10, 10});
  stage.shapes.clear();
  stage.Move({3, 3});
  CHECK_FALSE(stage.tool->busy());
  CHECK_FALSE(stage.Release({3, 3}));
}

TEST_CASE("select: Delete deletes the selected animal, and nothing without a selection") {
  Stage stage("select");
  CHECK_FALSE(stage.Key(ToolKey::kDelete));
  stage.context.selected_annotation = 2;
  stage.Move({150, 110});
  const auto change = stage.Key(ToolKey::kDelete);
  REQUIRE(change);
  CHECK(change->kind == Kind::kDelete);
  CHECK(change->annotation_id == 2);
}

TEST_CASE("select: Shift+click from one vertex to another redraws the stretch between them") {
  Stage stage("select");
  stage.shift = true;
  CHECK_FALSE(stage.Click({10, 10}));
  stage.shift = false;
  CHECK(stage.tool->busy());
  CHECK_FALSE(stage.Click({25, 2}));  // a bump above the upper side
  const auto change = stage.Click({40, 10});
  REQUIRE(change);
  CHECK_FALSE(stage.tool->busy());
  CHECK(change->polygons[0].size() == 5);
  CHECK(datasets::RingArea(change->polygons[0]) == doctest::Approx(30 * 30 + 30 * 8 / 2.0));
}

TEST_CASE("select: a redraw that cuts off a corner keeps the larger side") {
  Stage stage("select");
  stage.shapes[0].polygons = {{{10, 10}, {40, 10}, {60, 12}, {40, 14}, {40, 40}, {10, 40}}};
  stage.shapes.resize(1);
  stage.shift = true;
  stage.Click({40, 10});
  stage.shift = false;
  const auto change = stage.Click({40, 14});
  REQUIRE(change);
  CHECK(datasets::RingArea(change->polygons[0]) == doctest::Approx(900));
}

TEST_CASE("select: a hole stays where it is when a vertex moves, and goes along with the shape") {
  Stage stage("select");
  cv::Mat mask(120, 160, CV_8UC1, cv::Scalar(0));
  mask(cv::Rect(10, 10, 30, 30)) = 255;
  mask(cv::Rect(20, 20, 8, 8)) = 0;
  stage.shapes.resize(1);
  stage.shapes[0].rle = datasets::EncodeMask(mask);
  auto change = stage.Drag({10, 10}, {6, 6});
  REQUIRE(change);
  REQUIRE(change->rle);
  cv::Mat after = datasets::DecodeMask(*change->rle);
  CHECK(after.at<uchar>(22, 22) == 0);
  CHECK(after.at<uchar>(9, 9) == 255);
  stage.context.selected_annotation = 1;
  stage.zoom = 4;
  change = stage.Drag({15, 35}, {25, 35});
  REQUIRE(change);
  REQUIRE(change->rle);
  after = datasets::DecodeMask(*change->rle);
  CHECK(after.at<uchar>(22, 32) == 0);
  CHECK(after.at<uchar>(22, 28) == 255);
}

TEST_CASE("select: an animal of key points alone is chosen at one of its points, and not moved") {
  Stage stage("select");
  Shape shape;
  shape.annotation_id = 7;
  shape.key_points = {{"nose", 120, 100, 2, 1}, {"tail", 150, 100, 2, 4}};
  stage.shapes.push_back(shape);
  CHECK_FALSE(stage.Click({135, 100}));  // between them there is nothing to click
  const auto change = stage.Click({148, 102});
  REQUIRE(change);
  CHECK(change->kind == Kind::kSelect);
  CHECK(change->annotation_id == 7);
  stage.context.selected_annotation = 7;
  CHECK_FALSE(stage.Drag({120, 100}, {90, 90}));
  CHECK(stage.Key(ToolKey::kDelete)->kind == Kind::kDelete);
}

}  // namespace select_tool_test
