#include <doctest/doctest.h>

#include "annotate/assist/pixel_region.h"
#include "datasets/base/error.h"
#include "tests/annotate/tools_stage.h"

namespace proposal_tools_test {

using namespace tests;
using Kind = ShapeChange::Kind;

TEST_CASE("blob: one click proposes the animal, a second or Enter takes it, Escape drops it") {
  Stage stage("blob");
  CHECK_FALSE(stage.Click({120, 60}));
  REQUIRE(stage.tool->has_proposal());
  REQUIRE(stage.Draw().lines.size() == 1);
  CHECK(stage.Draw().lines[0].proposal);
  const auto change = stage.Click({120, 60});
  REQUIRE(change);
  CHECK(change->kind == Kind::kAdd);
  CHECK(annotate::AreaOf(change->polygons) == doctest::Approx(33 * 21 * CV_PI / 4).epsilon(0.2));
  CHECK_FALSE(stage.tool->has_proposal());
  stage.Click({120, 60});
  CHECK(stage.Key(ToolKey::kEnter));
  stage.Click({120, 60});
  CHECK_FALSE(stage.Key(ToolKey::kEscape));
  CHECK_FALSE(stage.tool->has_proposal());
}

TEST_CASE("blob: on an empty place it proposes nothing and says what to try") {
  Stage stage("blob");
  CHECK_FALSE(stage.Click({100, 110}));
  CHECK_FALSE(stage.tool->has_proposal());
  CHECK(stage.Hint().find("try") != std::string::npos);
}

namespace {

// The share of two outlines' union that both hold.
double Alike(const datasets::Polygons& a, const datasets::Polygons& b) {
  return annotate::IouOf(a, b, {160, 120});
}

datasets::Polygons Ellipse(cv::Point center, cv::Size axes) {
  std::vector<cv::Point> points;
  cv::ellipse2Poly(center, axes, 0, 0, 360, 4, points);
  datasets::Ring ring;
  for (const cv::Point& point : points) ring.emplace_back(point.x + 0.5, point.y + 0.5);
  return {ring};
}

}  // namespace

TEST_CASE("blob: Shift+click inside the proposal leaves out the animal that touches") {
  Stage stage("blob");
  stage.shapes.clear();
  cv::ellipse(stage.frame, {88, 60}, {18, 10}, 0, 0, 360, {180, 190, 200}, cv::FILLED);
  stage.Click({120, 60});
  REQUIRE(stage.tool->has_proposal());
  Stage alone("blob");
  alone.shapes.clear();
  alone.Click({120, 60});
  const datasets::Polygons first = alone.tool->proposed().outline;
  const datasets::Polygons before = stage.tool->proposed().outline;
  REQUIRE(Alike(before, first) < 0.6);  // both animals in one outline
  stage.shift = true;
  CHECK_FALSE(stage.Click({84, 60}));
  REQUIRE(stage.tool->has_proposal());
  CHECK(Alike(stage.tool->proposed().outline, first) > 0.9);
  REQUIRE(stage.Draw().corrections.size() == 1);
  CHECK_FALSE(stage.Draw().corrections[0].belongs);
  stage.Key(ToolKey::kBackspace);  // takes the correction back, not the proposal
  CHECK(stage.Draw().corrections.empty());
  CHECK(stage.tool->proposed().outline == before);
  stage.Key(ToolKey::kBackspace);
  CHECK_FALSE(stage.tool->has_proposal());
}

TEST_CASE("blob: Shift+click leaves out a shadow along its edge") {
  Stage stage("blob");
  stage.shapes.clear();
  stage.context.background = nullptr;
  stage.frame.setTo(cv::Scalar(210, 210, 210));
  cv::ellipse(stage.frame, {134, 66}, {18, 9}, 0, 0, 360, {110, 110, 110}, cv::FILLED);
  cv::ellipse(stage.frame, {120, 60}, {16, 10}, 0, 0, 360, {30, 30, 30}, cv::FILLED);
  const datasets::Polygons animal = Ellipse({120, 60}, {16, 10});
  datasets::Polygons both = {{{100, 48}, {156, 48}, {156, 78}, {100, 78}}};
  const auto corrected = annotate::Corrected(stage.frame, {}, both, {120, 60},
                                             {{{148, 70}, false}, {{102, 50}, false}}, 0, {});
  CHECK(Alike(corrected, animal) > 0.8);
}

TEST_CASE("blob: Shift+click outside the proposal adds the part behind a bar, but no other label") {
  Stage stage("blob");
  stage.shapes = {Stage::Square(7, 10, 60, 45, 30)};
  cv::rectangle(stage.frame, {116, 40, 6, 40}, {20, 22, 24}, cv::FILLED);
  stage.Click({128, 60});
  REQUIRE(stage.tool->has_proposal());
  const double half = annotate::AreaOf(stage.tool->proposed().outline);
  stage.shift = true;
  stage.Click({111, 60});
  CHECK(annotate::AreaOf(stage.tool->proposed().outline) > 1.5 * half);
  CHECK(stage.tool->proposed().outline.size() == 2);
  stage.Click({75, 60});  // on the labeled neighbor
  CHECK(datasets::BoxOf(stage.tool->proposed().outline).x >= 89);
  const auto change = stage.Key(ToolKey::kEnter);
  REQUIRE(change);
  CHECK(change->kind == Kind::kAdd);
}

TEST_CASE("blob: a correction that would leave nothing is said and undone") {
  Stage stage("blob");
  stage.shapes.clear();
  stage.Click({120, 60});
  const datasets::Polygons before = stage.tool->proposed().outline;
  stage.shift = true;
  stage.Click({120, 60});
  CHECK(stage.tool->proposed().outline == before);
  CHECK(stage.Hint().find("Nothing would be left") != std::string::npos);
  CHECK(stage.Draw().corrections.empty());
}

TEST_CASE("blob: works without a background, and waits while the picture is being read") {
  Stage stage("blob");
  stage.context.background = nullptr;
  stage.Click({120, 60});
  CHECK(stage.tool->has_proposal());
  stage.Key(ToolKey::kEscape);
  stage.context.frame = nullptr;
  stage.Click({120, 60});
  CHECK_FALSE(stage.tool->has_proposal());
}

TEST_CASE("blob: a click on a labeled animal replaces its outline and leaves the neighbor's") {
  Stage stage("blob");
  stage.shapes = {Stage::Square(7, 10, 112, 52, 16), Stage::Square(8, 20, 128, 40, 30)};
  stage.Click({120, 60});
  REQUIRE(stage.tool->has_proposal());
  const auto change = stage.Key(ToolKey::kEnter);
  REQUIRE(change);
  CHECK(change->kind == Kind::kReplace);
  CHECK(change->annotation_id == 7);
  CHECK(datasets::BoxOf(change->polygons).x + datasets::BoxOf(change->polygons).width < 129.5);
}

TEST_CASE("blob: a search aside leaves the tool free, and Enter before its answer takes it") {
  Stage stage("blob");
  std::function<void()> search;
  const std::function<void(std::function<void()>)> aside = [&](std::function<void()> work) {
    search = std::move(work);
  };
  stage.context.run_aside = &aside;
  CHECK_FALSE(stage.Click({120, 60}));
  CHECK(stage.tool->busy());
  CHECK_FALSE(stage.tool->has_proposal());
  CHECK_FALSE(stage.tool->Draw(stage.context).hint.empty());
  CHECK_FALSE(stage.tool->Poll(stage.context).change);
  CHECK_FALSE(stage.Key(ToolKey::kEnter));
  search();
  const auto taken = stage.tool->Poll(stage.context).change;
  REQUIRE(taken);
  CHECK(annotate::AreaOf(taken->polygons) == doctest::Approx(CV_PI * 16 * 10).epsilon(0.3));
  CHECK_FALSE(stage.tool->busy());
}

TEST_CASE("blob: Escape makes a search void, and of two clicks the second counts") {
  Stage stage("blob");
  std::vector<std::function<void()>> searches;
  const std::function<void(std::function<void()>)> aside = [&](std::function<void()> work) {
    searches.push_back(std::move(work));
  };
  stage.context.run_aside = &aside;
  stage.Click({120, 60});
  stage.Key(ToolKey::kEscape);
  searches.at(0)();
  stage.tool->Poll(stage.context);
  CHECK_FALSE(stage.tool->busy());
  stage.Click({120, 60});
  stage.Click({5, 110});
  searches.at(1)();
  stage.tool->Poll(stage.context);
  CHECK_FALSE(stage.tool->has_proposal());
  searches.at(2)();
  stage.tool->Poll(stage.context);
  CHECK_FALSE(stage.tool->has_proposal());
  CHECK_FALSE(stage.tool->busy());
}

TEST_CASE("a proposal is simplified live: fewer points at a higher tolerance, and back") {
  Stage stage("blob");
  stage.Click({120, 60});
  stage.tool->SetParameter(0);
  const size_t fine = stage.Draw().lines[0].points.size();
  stage.tool->SetParameter(4);
  const size_t coarse = stage.Draw().lines[0].points.size();
  CHECK(coarse < fine);
  CHECK(stage.Hint().find(std::to_string(coarse) + " points") != std::string::npos);
  stage.tool->SetParameter(0);
  CHECK(stage.Draw().lines[0].points.size() == fine);
}

TEST_CASE("wand: press takes the color, dragging right takes more, left less") {
  Stage stage("wand");
  cv::rectangle(stage.frame, {90, 10, 20, 20}, {60, 60, 60}, cv::FILLED);
  cv::rectangle(stage.frame, {110, 10, 20, 20}, {90, 90, 90}, cv::FILLED);
  stage.shapes.clear();
  const auto area = [&] {
    const auto overlay = stage.Draw();
    datasets::Polygons lines;
    for (const auto& line : overlay.lines) lines.push_back(line.points);
    return annotate::AreaOf(lines);
  };
  stage.Press({100, 20});
  CHECK(area() == doctest::Approx(400).epsilon(0.1));
  stage.Move({130, 20});
  CHECK(area() == doctest::Approx(800).epsilon(0.1));
  stage.Move({70, 20});
  CHECK(area() == doctest::Approx(400).epsilon(0.1));
  CHECK_FALSE(stage.Release({70, 20}));
  REQUIRE(stage.Key(ToolKey::kEnter));
}

TEST_CASE("grabcut: last frame's outline is fitted to the animal and brings its name along") {
  Stage stage("grabcut");
  stage.shapes.clear();
  Shape last = Stage::Square(3, 30, 70, 40, 26);
  stage.neighbors = {last, Stage::Square(4, 40, 0, 90, 26)};
  stage.Click({118, 58});
  REQUIRE(stage.tool->has_proposal());
  const auto change = stage.Key(ToolKey::kEnter);
  REQUIRE(change);
  CHECK(change->category_id == 30);
  CHECK(change->kind == Kind::kAdd);
  cv::Mat truth(120, 160, CV_8UC1, cv::Scalar(0));
  cv::ellipse(truth, {120, 60}, {16, 10}, 0, 0, 360, 255, cv::FILLED);
  CHECK(datasets::RleIou(datasets::RlePolygons(change->polygons, 120, 160),
                         datasets::EncodeMask(truth)) > 0.85);
}

TEST_CASE("model: a click takes the prediction under it, with its animal; elsewhere it says so") {
  Stage stage("model");
  CHECK_FALSE(stage.Click({120, 60}));
  CHECK(stage.Hint().find("train") != std::string::npos);
  Shape prediction = Stage::Square(0, 50, 104, 50, 30);
  prediction.prediction_id = 9;
  stage.predictions = {prediction};
  stage.Move({120, 60});
  CHECK(stage.Draw().lines.size() == 1);
  stage.Click({120, 60});
  REQUIRE(stage.tool->has_proposal());
  const auto change = stage.Click({120, 60});
  REQUIRE(change);
  CHECK(change->category_id == 50);
  CHECK(change->polygons[0].size() == 4);
}

}  // namespace proposal_tools_test
