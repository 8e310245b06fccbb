#include <doctest/doctest.h>

#include "datasets/shape/mask.h"
#include "tests/annotate/tools_stage.h"

namespace transform_tool_test {

using namespace tests;
using Kind = ShapeChange::Kind;

namespace {

// The first square is at (50, 40) to (80, 70) and selected; a key point lies in its upper left
// quarter.
struct Turned : Stage {
  Turned() : Stage("transform") {
    shapes[0].key_points.push_back({"nose", 55, 50, 2});
    shapes[0].polygons = {{{50, 40}, {80, 40}, {80, 70}, {50, 70}}};
    context.selected_annotation = 1;
  }
};

void CheckRing(const datasets::Ring& ring, const datasets::Ring& expected) {
  REQUIRE(ring.size() == expected.size());
  for (size_t i = 0; i < ring.size(); ++i) CHECK(cv::norm(ring[i] - expected[i]) < 1e-6);
}

}  // namespace

TEST_CASE("transform: a corner scales about the opposite one, with its key points, in one change") {
  Turned stage;
  const auto change = stage.Drag({80, 70}, {95, 85});
  REQUIRE(change);
  CHECK(change->kind == Kind::kReplace);
  CHECK(change->annotation_id == 1);
  CHECK(change->label == "Scale outline");
  CheckRing(change->polygons[0], {{50, 40}, {95, 40}, {95, 85}, {50, 85}});
  REQUIRE(change->key_points.size() == 1);
  CHECK(change->key_points[0].x == doctest::Approx(57.5));
  CHECK(change->key_points[0].y == doctest::Approx(55));
  CHECK_FALSE(stage.tool->busy());
}

TEST_CASE(
    "transform: with Shift a corner goes as it likes, with Alt about the middle, a side alone") {
  Turned stage;
  stage.shift = true;
  CheckRing(stage.Drag({80, 70}, {110, 55})->polygons[0],
            {{50, 40}, {110, 40}, {110, 55}, {50, 55}});
  stage.shift = false;
  stage.alt = true;
  CheckRing(stage.Drag({80, 70}, {95, 85})->polygons[0], {{35, 25}, {95, 25}, {95, 85}, {35, 85}});
  stage.alt = false;
  CheckRing(stage.Drag({80, 55}, {110, 20})->polygons[0],
            {{50, 40}, {110, 40}, {110, 70}, {50, 70}});
}

TEST_CASE("transform: the knob turns about the middle, with Shift in steps of 15 degrees") {
  Turned stage;
  const auto change = stage.Drag({65, 14}, {106, 55});  // from above to the right: a quarter
  REQUIRE(change);
  CHECK(change->label == "Turn outline");
  CheckRing(change->polygons[0], {{80, 40}, {80, 70}, {50, 70}, {50, 40}});
  CHECK(change->key_points[0].x == doctest::Approx(70));
  CHECK(change->key_points[0].y == doctest::Approx(45));
  stage.shift = true;
  const auto snapped = stage.Drag({65, 14}, {104, 58});
  CheckRing(snapped->polygons[0], {{80, 40}, {80, 70}, {50, 70}, {50, 40}});
}

TEST_CASE(
    "transform: a drag inside moves, a click elsewhere selects, and nothing leaves the picture") {
  Turned stage;
  const auto moved = stage.Drag({60, 60}, {500, 62});
  REQUIRE(moved);
  CHECK(moved->label == "Move outline");
  CheckRing(moved->polygons[0], {{130, 42}, {160, 42}, {160, 72}, {130, 72}});
  CHECK_FALSE(stage.Click({60, 60}));  // no movement, no change
  const auto selected = stage.Click({22, 75});
  REQUIRE(selected);
  CHECK(selected->kind == Kind::kSelect);
  CHECK(selected->annotation_id == 2);
  // Beyond the border: as large as it was last inside.
  stage.Move({80, 70});
  stage.Press({80, 70});
  stage.Move({125, 115});
  stage.Move({300, 300});
  CHECK(stage.Hint().find("within the picture") != std::string::npos);
  CheckRing(stage.Release({300, 300})->polygons[0], {{50, 40}, {125, 40}, {125, 115}, {50, 115}});
}

TEST_CASE("transform: Escape leaves all as it was, and without a selection it asks for one") {
  Turned stage;
  stage.Move({80, 70});
  stage.Press({80, 70});
  stage.Move({95, 85});
  CHECK(stage.Draw().cursor_text == "150 %");
  CHECK(stage.tool->busy());
  CHECK_FALSE(stage.Key(ToolKey::kEscape));
  CHECK_FALSE(stage.tool->busy());
  CHECK_FALSE(stage.Release({95, 85}));
  Turned before_any_input;  // where the knob is depends on the zoom, which is not known yet
  CHECK(before_any_input.Draw().handles.size() == 8);
  CHECK(stage.Draw().handles.size() == 9);
  stage.context.selected_annotation = 0;
  CHECK(stage.Hint().find("Click the animal") != std::string::npos);
  CHECK(stage.Draw().handles.empty());
}

TEST_CASE("transform: holes turn with their outline") {
  Turned stage;
  cv::Mat mask(120, 160, CV_8UC1, cv::Scalar(0));
  mask(cv::Rect(50, 40, 30, 30)).setTo(255);
  mask(cv::Rect(52, 42, 6, 10)).setTo(0);  // upper left
  stage.shapes[0].rle = datasets::EncodeMask(mask);
  const auto change = stage.Drag({65, 14}, {106, 55});
  REQUIRE(change);
  REQUIRE(change->rle);
  cv::Mat expected(120, 160, CV_8UC1, cv::Scalar(0));
  expected(cv::Rect(50, 40, 30, 30)).setTo(255);
  expected(cv::Rect(68, 42, 10, 6)).setTo(0);  // upper right
  const cv::Mat turned = datasets::DecodeMask(*change->rle);
  CHECK(cv::countNonZero(turned != expected) <= 16);  // at most an edge of the hole
}

TEST_CASE("transform: an outline does not vanish, nor turn inside out") {
  Turned stage;
  const auto change = stage.Drag({80, 70}, {20, 10});
  REQUIRE(change);
  const auto& ring = change->polygons[0];
  CHECK(ring[2].x > ring[0].x);
  CHECK(ring[2].y > ring[0].y);
}

}  // namespace transform_tool_test
