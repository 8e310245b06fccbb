#include <doctest/doctest.h>

#include "annotate/assist/pixel_region.h"
#include "datasets/base/error.h"
#include "tests/annotate/tools_stage.h"

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
