// A frame with a bright animal on a dark ground and two labels, and a hand that uses a tool on it.
#pragma once

#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "annotate/tools/tool.h"

namespace tests {

using annotate::Shape;
using annotate::ShapeChange;
using annotate::ToolInput;
using annotate::ToolKey;

struct Stage {
  cv::Mat frame{cv::Size(160, 120), CV_8UC3, cv::Scalar(20, 22, 24)};
  cv::Mat background{cv::Size(160, 120), CV_8UC3, cv::Scalar(20, 22, 24)};
  std::vector<Shape> shapes, predictions, neighbors;
  std::vector<datasets::Skeleton> skeletons;  // of ids 1 and 2
  annotate::ToolContext context;
  std::unique_ptr<annotate::Tool> tool;
  double seconds = 0;
  double zoom = 1;  // screen pixels an image pixel
  bool ctrl = false, shift = false, alt = false, down = false;

  explicit Stage(const std::string& id) : tool(annotate::MakeTool(id)) {
    cv::ellipse(frame, {120, 60}, {16, 10}, 0, 0, 360, {180, 190, 200}, cv::FILLED);
    shapes = {Square(1, 10, 10, 10, 30), Square(2, 20, 20, 20, 60)};  // 1 lies inside 2 in part
    context.width = frame.cols;
    context.height = frame.rows;
    context.frame = &frame;
    context.background = &background;
    context.shapes = &shapes;
    context.predictions = &predictions;
    context.neighbor_shapes = &neighbors;
    skeletons = {
        datasets::MakeSkeleton("mouse", {"nose", "left", "right", "tail"}, {}, {{"left", "right"}}),
        datasets::MakeSkeleton("fly", {"head", "wing"}, {}, {})};
    datasets::Id point_id = 0;
    for (datasets::Skeleton& skeleton : skeletons) {
      skeleton.id = &skeleton - skeletons.data() + 1;
      for (datasets::SkeletonPoint& point : skeleton.points) point.id = ++point_id;
    }
    context.skeletons = &skeletons;
  }

  static Shape Square(datasets::Id id, datasets::Id category, double x, double y, double side) {
    Shape shape;
    shape.annotation_id = id;
    shape.category_id = category;
    shape.polygons = {{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}}};
    return shape;
  }

  annotate::ToolResult Send(ToolInput::Type type, cv::Point2d at, int button = 0) {
    ToolInput input;
    input.type = type;
    input.position = at;
    input.button = button;
    input.button_down = down;
    input.ctrl = ctrl, input.shift = shift, input.alt = alt;
    input.image_pixels_per_screen_pixel = 1 / zoom;
    input.seconds = seconds += 0.02;
    return tool->OnInput(input, context);
  }
  void Move(cv::Point2d at) { CHECK_FALSE(Send(ToolInput::Type::kMove, at).change); }
  std::optional<ShapeChange> Press(cv::Point2d at) {
    down = true;
    return Send(ToolInput::Type::kPress, at).change;
  }
  std::optional<ShapeChange> Release(cv::Point2d at) {
    down = false;
    return Send(ToolInput::Type::kRelease, at).change;
  }
  // The change of a whole click, from wherever in it the tool gave it.
  std::optional<ShapeChange> Click(cv::Point2d at) {
    Move(at);
    const auto pressed = Press(at), released = Release(at);
    CHECK_FALSE((pressed && released));
    return pressed ? pressed : released;
  }
  std::optional<ShapeChange> Drag(cv::Point2d from, cv::Point2d to, int steps = 10) {
    Move(from);
    CHECK_FALSE(Press(from));
    for (int i = 1; i <= steps; ++i) Move(from + (to - from) * (i / static_cast<double>(steps)));
    return Release(to);
  }
  std::optional<ShapeChange> Key(ToolKey key) {
    ToolInput input;
    input.type = ToolInput::Type::kKey;
    input.key = key;
    input.image_pixels_per_screen_pixel = 1 / zoom;
    return tool->OnInput(input, context).change;
  }
  annotate::Overlay Draw() const { return tool->Draw(context); }
  std::string Hint() const { return Draw().hint; }
};

}  // namespace tests
