// No sequence of events, however odd, crashes a tool or lets a broken outline out.
#include <doctest/doctest.h>

#include <limits>

#include "datasets/base/error.h"
#include "tests/annotate/tools_stage.h"

namespace tools_fuzz_test {

using namespace tests;

namespace {

constexpr int kEvents = 20000;

// What a project holds after the change, or the sentence that says what is wrong with it.
std::string WhatIsWrong(const ShapeChange& change, const Stage& stage) {
  if (change.kind == ShapeChange::Kind::kDelete || change.kind == ShapeChange::Kind::kSelect) {
    return "";
  }
  if (change.kind == ShapeChange::Kind::kPoints) {
    if (change.label.empty()) return "no label for the undo list";
    for (const datasets::KeyPoint& point : change.key_points) {
      if (point.point_id == 0 || point.name.empty()) return "a point of no skeleton";
      if (point.x < 0 || point.y < 0 || point.x > stage.frame.cols || point.y > stage.frame.rows) {
        return "a point outside the image";
      }
    }
    return "";
  }
  if (change.polygons.empty()) return "no outline";
  if (change.label.empty()) return "no label for the undo list";
  try {
    for (const auto& ring : change.polygons) datasets::CheckRing(ring, "the outline");
    if (change.rle) datasets::CheckedRle(change.rle->counts, stage.frame.rows, stage.frame.cols);
  } catch (const datasets::Error& error) {
    return error.what();
  }
  for (const auto& ring : change.polygons) {
    for (const cv::Point2d& point : ring) {
      if (point.x < -1e-9 || point.y < -1e-9 || point.x > stage.frame.cols + 1e-9 ||
          point.y > stage.frame.rows + 1e-9) {
        return "a point outside the image";
      }
    }
  }
  return "";
}

void Apply(const ShapeChange& change, Stage& stage, datasets::Id& next_id) {
  switch (change.kind) {
    case ShapeChange::Kind::kSelect:
      stage.context.selected_annotation = change.annotation_id;
      return;
    case ShapeChange::Kind::kAdd: {
      Shape shape;
      shape.annotation_id = next_id++;
      shape.category_id = shape.annotation_id;
      shape.polygons = change.polygons;
      shape.rle = change.rle;
      stage.shapes.push_back(shape);
      stage.context.selected_annotation = shape.annotation_id;
      if (stage.shapes.size() > 5) stage.shapes.erase(stage.shapes.begin());
      return;
    }
    case ShapeChange::Kind::kPoints: {
      stage.context.selected_annotation = change.annotation_id;
      for (Shape& shape : stage.shapes) {
        if (shape.annotation_id == change.annotation_id) shape.key_points = change.key_points;
      }
      if (change.annotation_id) return;
      Shape shape;  // that has no id for a moment, or for ever
      shape.annotation_id = next_id % 3 ? next_id : 0;
      shape.category_id = next_id++;
      shape.key_points = change.key_points;
      stage.shapes.push_back(shape);
      if (stage.shapes.size() > 5) stage.shapes.erase(stage.shapes.begin());
      return;
    }
    default:
      for (size_t i = 0; i < stage.shapes.size(); ++i) {
        if (stage.shapes[i].annotation_id != change.annotation_id) continue;
        if (change.kind == ShapeChange::Kind::kDelete) {
          stage.shapes.erase(stage.shapes.begin() + static_cast<long>(i));
        } else {
          stage.shapes[i].polygons = change.polygons;
          stage.shapes[i].rle = change.rle;
        }
        return;
      }
  }
}

// Random hands: presses without releases, keys in the middle, wild coordinates, shapes that vanish.
void Fuzz(const std::string& id, cv::Size size) {
  Stage stage(id);
  cv::RNG random(static_cast<uint64_t>(id.size() * 1000 + static_cast<size_t>(size.width)));
  if (size.area() == 1) stage.shapes.clear();
  stage.frame = cv::Mat(size, CV_8UC3, cv::Scalar(20, 20, 20));
  stage.background = stage.frame.clone();
  cv::circle(stage.frame, {size.width / 3, size.height / 2}, size.height / 5, {170, 180, 190},
             cv::FILLED);
  stage.context.width = size.width;
  stage.context.height = size.height;
  datasets::Id next_id = 100;
  cv::Point2d cursor;
  const double infinity = std::numeric_limits<double>::infinity();
  for (int event = 0; event < kEvents; ++event) {
    if (random.uniform(0, 20) == 0) {
      cursor = {random.uniform(-20.0, size.width + 20.0),
                random.uniform(-20.0, size.height + 20.0)};
    } else {
      cursor += cv::Point2d(random.gaussian(3), random.gaussian(3));
    }
    if (random.uniform(0, 10) == 0 && !stage.shapes.empty() &&
        !stage.shapes.front().polygons.empty()) {
      const auto& polygons = stage.shapes.front().polygons;
      cursor =
          polygons[0][static_cast<size_t>(random.uniform(0, static_cast<int>(polygons[0].size())))];
    }
    ToolInput input;
    input.position = cursor;
    const int odd = random.uniform(0, 400);
    if (odd == 0) input.position.x = infinity;
    if (odd == 1) input.position.y = std::nan("");
    if (odd == 2) input.position = {1e300, -1e300};
    const int kind = random.uniform(0, 10);
    input.type = kind < 2   ? ToolInput::Type::kPress
                 : kind < 6 ? ToolInput::Type::kMove
                 : kind < 8 ? ToolInput::Type::kRelease
                            : static_cast<ToolInput::Type>(random.uniform(0, 6));
    input.key = static_cast<ToolKey>(random.uniform(0, 11));
    input.button = random.uniform(0, 12) == 0 ? random.uniform(0, 4) : 0;
    input.button_down = random.uniform(0, 3) > 0;
    input.ctrl = random.uniform(0, 6) == 0;
    input.shift = random.uniform(0, 6) == 0;
    input.alt = random.uniform(0, 6) == 0;
    input.wheel = random.uniform(-3.0, 3.0);
    input.image_pixels_per_screen_pixel = odd == 3 ? 0 : std::exp(random.uniform(-3.0, 2.0));
    stage.context.frame = random.uniform(0, 50) == 0 ? nullptr : &stage.frame;
    stage.context.background = random.uniform(0, 3) == 0 ? nullptr : &stage.background;
    stage.context.typical_area = random.uniform(0, 3) * 40;
    if (random.uniform(0, 500) == 0) stage.shapes.clear();
    if (random.uniform(0, 300) == 0) stage.context.selected_annotation = random.uniform(0, 105);
    if (random.uniform(0, 200) == 0) stage.tool->Cancel();
    if (random.uniform(0, 100) == 0) {  // skeletons come and go, animals too
      stage.context.skeletons = random.uniform(0, 4) ? &stage.skeletons : nullptr;
      stage.context.skeleton_id = random.uniform(0, 4);
      stage.context.animal_without_label.reset();
      if (random.uniform(0, 2)) stage.context.animal_without_label = random.uniform(0, 3);
    }
    if (random.uniform(0, 100) == 0) stage.tool->SetParameter(random.uniform(-10.0, 30.0));
    stage.neighbors = stage.predictions = stage.shapes;
    const auto result = stage.tool->OnInput(input, stage.context);
    stage.tool->Draw(stage.context);
    if (!result.change) continue;
    const std::string wrong = WhatIsWrong(*result.change, stage);
    CHECK_MESSAGE(wrong.empty(), id << ", event " << event << ": " << wrong);
    if (!wrong.empty()) return;
    Apply(*result.change, stage, next_id);
  }
}

}  // namespace

TEST_CASE("20,000 random events leave every tool alive and every outline whole") {
  for (const std::string& id : annotate::ToolIds()) {
    CAPTURE(id);
    Fuzz(id, {64, 48});
  }
}

TEST_CASE("a picture of a single pixel is survived as well") {
  for (const std::string& id : annotate::ToolIds()) {
    CAPTURE(id);
    Fuzz(id, {1, 1});
  }
}

TEST_CASE("no picture and no lists at all are survived") {
  for (const std::string& id : annotate::ToolIds()) {
    CAPTURE(id);
    auto tool = annotate::MakeTool(id);
    annotate::ToolContext nothing;
    for (const auto type :
         {ToolInput::Type::kPress, ToolInput::Type::kMove, ToolInput::Type::kRelease,
          ToolInput::Type::kDoubleClick, ToolInput::Type::kWheel, ToolInput::Type::kKey}) {
      for (int repeat = 0; repeat < 4; ++repeat) {
        ToolInput input;
        input.type = type;
        input.position = cv::Point2d(repeat * 3, repeat);
        input.key = ToolKey::kEnter;
        CHECK_FALSE(tool->OnInput(input, nothing).change);
        tool->Draw(nothing);
      }
    }
  }
}

}  // namespace tools_fuzz_test
