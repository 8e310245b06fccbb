#include <doctest/doctest.h>

#include "annotate/assist/pixel_region.h"
#include "datasets/base/error.h"
#include "tests/annotate/tools_stage.h"

namespace tools_test {

using namespace tests;
using Kind = ShapeChange::Kind;

TEST_CASE("every tool of the list can be made and says what to do; an unknown one is refused") {
  for (const std::string& id : annotate::ToolIds()) {
    Stage stage(id);
    CHECK(stage.tool->id() == id);
    CHECK_FALSE(stage.tool->busy());
    CHECK(stage.Hint().size() > 10);
  }
  CHECK_THROWS_AS(annotate::MakeTool("chainsaw"), datasets::Error);
}

TEST_CASE("polygon: three clicks and Enter draw an outline; two are refused with a reason") {
  Stage stage("polygon");
  stage.Click({100, 20});
  stage.Click({140, 20});
  CHECK_FALSE(stage.Key(ToolKey::kEnter));
  CHECK(stage.Hint().find("three") != std::string::npos);
  stage.Click({120, 50});
  const auto change = stage.Key(ToolKey::kEnter);
  REQUIRE(change);
  CHECK(change->kind == Kind::kAdd);
  CHECK(change->polygons == datasets::Polygons{{{100, 20}, {140, 20}, {120, 50}}});
  CHECK_FALSE(stage.tool->busy());
}

TEST_CASE("polygon: points on one line are refused, and one more point saves them") {
  Stage stage("polygon");
  for (const double x : {10.0, 50.0, 90.0}) stage.Click({x, 30});
  CHECK_FALSE(stage.Key(ToolKey::kSpace));
  CHECK(stage.tool->busy());
  stage.Click({50, 60});
  CHECK(stage.Key(ToolKey::kSpace));
}

TEST_CASE("polygon: a click within 10 screen pixels of the first point closes at every zoom") {
  for (const double zoom : {0.5, 1.0, 4.0}) {
    Stage stage("polygon");
    stage.zoom = zoom;
    stage.Click({60, 20});
    stage.Click({140, 20});
    stage.Click({100, 90});
    CHECK_FALSE(stage.Click(cv::Point2d(60 - 11 / zoom, 20)));  // outside of the reach
    const auto change = stage.Click(cv::Point2d(60 + 9 / zoom, 20));
    REQUIRE(change);
    CHECK(change->polygons[0].size() == 4);
  }
}

TEST_CASE("polygon: a double-click closes without doubling its point") {
  Stage stage("polygon");
  stage.Click({60, 20});
  stage.Click({140, 20});
  stage.Click({100, 90});
  const auto change = stage.Send(ToolInput::Type::kDoubleClick, {100, 90}).change;
  REQUIRE(change);
  CHECK(change->polygons[0].size() == 3);
}

TEST_CASE("polygon: Backspace drops the last point, Escape all of them") {
  Stage stage("polygon");
  for (const cv::Point2d& at : {cv::Point2d(10, 10), {90, 10}, {90, 90}, {10, 90}}) stage.Click(at);
  stage.Key(ToolKey::kBackspace);
  const auto change = stage.Key(ToolKey::kEnter);
  REQUIRE(change);
  CHECK(change->polygons[0].size() == 3);
  stage.Click({10, 10});
  stage.Key(ToolKey::kEscape);
  CHECK_FALSE(stage.tool->busy());
  stage.Click({10, 10});
  stage.Key(ToolKey::kBackspace);
  CHECK_FALSE(stage.tool->busy());
}

TEST_CASE("polygon: a freehand loop closes where it began, with few points") {
  Stage stage("polygon");
  const auto on_circle = [](int i) {
    return cv::Point2d(80 + 40 * std::cos(i * CV_PI / 90), 60 + 40 * std::sin(i * CV_PI / 90));
  };
  stage.Press(on_circle(0));
  for (int i = 1; i < 180; ++i) stage.Move(on_circle(i));
  const auto change = stage.Release(on_circle(180));
  REQUIRE(change);
  CHECK(datasets::RingArea(change->polygons[0]) == doctest::Approx(CV_PI * 1600).epsilon(0.05));
  CHECK(change->polygons[0].size() < 40);
}

TEST_CASE(
    "polygon: Shift adds a part to the selected animal, Ctrl cuts a hole that the RLE keeps") {
  Stage stage("polygon");
  stage.context.selected_annotation = 1;
  stage.shift = true;
  stage.Click({100, 90});
  stage.shift = false;
  stage.Click({120, 90});
  stage.Click({110, 110});
  auto change = stage.Key(ToolKey::kEnter);
  REQUIRE(change);
  CHECK(change->kind == Kind::kReplace);
  CHECK(change->annotation_id == 1);
  CHECK(change->polygons.size() == 2);
  stage.ctrl = true;
  stage.Click({16, 16});
  stage.ctrl = false;
  stage.Click({32, 16});
  stage.Click({32, 32});
  stage.Click({16, 32});
  change = stage.Key(ToolKey::kEnter);
  REQUIRE(change);
  REQUIRE(change->rle);
  CHECK(datasets::RleArea(*change->rle) == doctest::Approx(900 - 256));
  CHECK(change->polygons.size() == 1);
}

TEST_CASE("polygon: a hole that would swallow the animal is refused") {
  Stage stage("polygon");
  stage.context.selected_annotation = 1;
  stage.ctrl = true;
  stage.Click({1, 1});
  stage.ctrl = false;
  stage.Click({70, 1});
  stage.Click({70, 70});
  stage.Click({1, 70});
  CHECK_FALSE(stage.Key(ToolKey::kEnter));
  CHECK(stage.Hint().find("nothing") != std::string::npos);
}

TEST_CASE("box: a drag in any direction makes four corners, a click makes none") {
  Stage stage("box");
  auto change = stage.Drag({50, 60}, {20, 10});
  REQUIRE(change);
  CHECK(datasets::RingArea(change->polygons[0]) == doctest::Approx(30 * 50));
  CHECK_FALSE(stage.Click({50, 60}));
  change = stage.Drag({150, 110}, {500, 400});
  REQUIRE(change);
  CHECK(datasets::BoxOf(change->polygons).width == doctest::Approx(10));
}

TEST_CASE("brush: a stroke paints a new animal as wide as the tip") {
  Stage stage("brush");
  stage.tool->SetParameter(5);
  const auto change = stage.Drag({90, 100}, {130, 100});
  REQUIRE(change);
  CHECK(change->kind == Kind::kAdd);
  CHECK(annotate::AreaOf(change->polygons) == doctest::Approx(40 * 10 + CV_PI * 25).epsilon(0.1));
}

TEST_CASE("brush: what is painted apart from the selected animal is a new one, with Shift a part") {
  Stage stage("brush");
  stage.tool->SetParameter(4);
  stage.context.selected_annotation = 1;
  auto change = stage.Drag({100, 100}, {130, 100});
  REQUIRE(change);
  CHECK(change->kind == Kind::kAdd);
  CHECK(change->polygons.size() == 1);
  CHECK(datasets::BoxOf(change->polygons).x > 90);
  stage.shift = true;
  change = stage.Drag({100, 100}, {130, 100});
  REQUIRE(change);
  CHECK(change->kind == Kind::kReplace);
  CHECK(change->polygons.size() == 2);
}

TEST_CASE("brush: paints onto the selected animal, and with Alt a new one") {
  Stage stage("brush");
  stage.context.selected_annotation = 1;
  auto change = stage.Drag({38, 25}, {50, 25});
  REQUIRE(change);
  CHECK(change->kind == Kind::kReplace);
  CHECK(change->polygons.size() == 1);
  CHECK(annotate::AreaOf(change->polygons) > 1000);
  stage.alt = true;
  change = stage.Drag({38, 25}, {50, 25});
  REQUIRE(change);
  CHECK(change->kind == Kind::kAdd);
}

TEST_CASE("brush: a painted ring keeps its hole") {
  Stage stage("brush");
  stage.tool->SetParameter(4);
  stage.Press({100, 60});
  for (int i = 1; i <= 60; ++i) {
    stage.Move({80 + 20 * std::cos(i * CV_PI / 30), 60 + 20 * std::sin(i * CV_PI / 30)});
  }
  const auto change = stage.Release({100, 60});
  REQUIRE(change);
  REQUIRE(change->rle);
  CHECK(datasets::DecodeMask(*change->rle).at<uchar>(60, 80) == 0);
}

TEST_CASE("eraser: rubs out, splits, and refuses to leave nothing") {
  Stage stage("eraser");
  stage.tool->SetParameter(3);
  stage.context.selected_annotation = 1;
  auto change = stage.Drag({25, 0}, {25, 60});
  REQUIRE(change);
  CHECK(change->polygons.size() == 2);
  stage.tool->SetParameter(60);
  CHECK_FALSE(stage.Click({25, 25}));
  CHECK(stage.Hint().find("Delete") != std::string::npos);
  stage.context.selected_annotation = 0;
  stage.tool->SetParameter(3);
  CHECK_FALSE(stage.Click({150, 110}));
  change = stage.Drag({78, 78}, {90, 90});  // not selected, but pressed on
  REQUIRE(change);
  CHECK(change->annotation_id == 2);
}

TEST_CASE("brush: Ctrl and the wheel size the tip, the wheel alone is left to the zoom") {
  Stage stage("brush");
  ToolInput wheel;
  wheel.type = ToolInput::Type::kWheel;
  wheel.wheel = 2;
  const double before = stage.tool->parameter().value;
  CHECK_FALSE(stage.tool->OnInput(wheel, stage.context).consumed);
  wheel.ctrl = true;
  CHECK(stage.tool->OnInput(wheel, stage.context).consumed);
  CHECK(stage.tool->parameter().value > before);
}

}  // namespace tools_test
