// The tool for key points: what clicks and keys make of animals, with and without outlines.
#include <doctest/doctest.h>

#include "tests/annotate/tools_stage.h"

namespace points_tool_test {

using namespace tests;

namespace {

using Kind = ShapeChange::Kind;

// Carries changes out as the canvas and the store do.
struct Scene : Stage {
  datasets::Id next_id = 10;
  bool stores = true;  // else new labels wait for their id

  Scene() : Stage("points") { context.animal_without_label = 70; }

  void Take(const std::optional<ShapeChange>& change) {
    if (!change) return;
    last = change->label;
    context.selected_annotation = change->annotation_id;
    if (change->kind != Kind::kPoints) return;
    ++edits;
    for (Shape& shape : shapes) {
      if (shape.annotation_id != change->annotation_id) continue;
      shape.key_points = change->key_points;
      if (shape.annotation_id < 0) {  // it is a label now
        shape.annotation_id = context.selected_annotation = next_id++;
      }
      return;
    }
    Shape shape;
    shape.category_id = context.animal_without_label.value_or(0);
    shape.key_points = change->key_points;
    shapes.push_back(shape);
    if (stores) Store();
  }
  void Store() {  // the label without an id gets one, and is selected as the canvas does it
    for (Shape& shape : shapes) {
      if (shape.annotation_id == 0) shape.annotation_id = context.selected_annotation = next_id++;
    }
  }
  void Set(cv::Point2d at) { Take(Click(at)); }
  void RightClick(cv::Point2d at) {
    Move(at);
    const auto pressed = Send(ToolInput::Type::kPress, at, 1).change;
    const auto released = Send(ToolInput::Type::kRelease, at, 1).change;
    Take(pressed ? pressed : released);
  }
  void Press1(ToolKey key) { Take(Key(key)); }
  std::string Points(size_t shape) const {
    std::string text;
    for (const datasets::KeyPoint& point : shapes.at(shape).key_points) {
      text += point.name + " " + std::to_string(static_cast<int>(point.x)) + "," +
              std::to_string(static_cast<int>(point.y)) + (point.visibility == 1 ? "h " : " ");
    }
    return text;
  }
  std::string Next() const { return Draw().cursor_text; }
  int edits = 0;
  std::string last;
};

}  // namespace

TEST_CASE("clicks set the points of the animal under them in their order, each one change") {
  Scene scene;
  scene.Move({15, 15});
  CHECK(scene.Next() == "nose");
  scene.Set({15, 15});  // within outline 1
  CHECK(scene.context.selected_annotation == 1);
  CHECK(scene.last == "Set nose");
  scene.Set({80, 90});  // outside of it: the animal is chosen
  scene.RightClick({30, 20});
  CHECK(scene.Points(0) == "nose 15,15 left 80,90 right 30,20h ");
  CHECK(scene.Next() == "tail");
  CHECK(scene.Hint().find("(4 of 4)") != std::string::npos);
  scene.Set({35, 35});
  CHECK(scene.edits == 4);
  CHECK(scene.Hint().find("All its points are set") != std::string::npos);
  scene.Set({70, 70});  // within outline 2: its turn
  CHECK(scene.context.selected_annotation == 2);
  CHECK(scene.Points(1) == "nose 70,70 ");
}

TEST_CASE("an animal may have points alone, and is followed before it is stored") {
  Scene scene;
  scene.stores = false;
  scene.Set({130, 100});
  scene.Set({140, 100});
  REQUIRE(scene.shapes.size() == 3);
  CHECK(scene.Points(2) == "nose 130,100 left 140,100 ");
  scene.Store();
  scene.Set({145, 110});
  CHECK(scene.shapes.size() == 3);
  CHECK(scene.Next() == "tail");
  scene.Press1(ToolKey::kEnter);  // the tail stays absent
  CHECK(scene.context.selected_annotation == 0);
  CHECK(scene.Next() == "nose");
  // Stored while the mouse holds the next point.
  scene.Press({100, 110});
  scene.Take(scene.Release({100, 110}));
  scene.Press({120, 110});
  scene.Store();
  scene.Take(scene.Release({120, 112}));
  REQUIRE(scene.shapes.size() == 4);
  CHECK(scene.Points(3) == "nose 100,110 left 120,112 ");
  // Nobody is left.
  scene.context.animal_without_label.reset();
  scene.Press1(ToolKey::kEnter);
  scene.Set({150, 5});
  CHECK(scene.shapes.size() == 4);
  CHECK(scene.Hint().find("Nobody is left here") != std::string::npos);
}

TEST_CASE("points are dragged, hidden, nudged and made absent; Escape leaves them as they were") {
  Scene scene;
  for (const cv::Point2d at : {cv::Point2d(15, 15), {25, 15}, {35, 15}}) scene.Set(at);
  scene.Take(scene.Drag({25, 15}, {25, 30}));
  CHECK(scene.last == "Move left");
  CHECK(scene.Points(0) == "nose 15,15 left 25,30 right 35,15 ");
  scene.RightClick({25, 30});
  CHECK(scene.last == "Hide left");
  CHECK(scene.Points(0) == "nose 15,15 left 25,30h right 35,15 ");
  scene.RightClick({25, 30});
  CHECK(scene.Points(0) == "nose 15,15 left 25,30 right 35,15 ");
  scene.Move({15, 15});
  scene.Press({15, 15});
  scene.Move({40, 40});
  scene.Press1(ToolKey::kEscape);
  CHECK_FALSE(scene.tool->busy());
  CHECK_FALSE(scene.Release({40, 40}));
  CHECK(scene.Points(0) == "nose 15,15 left 25,30 right 35,15 ");
  // Alt+arrows: of the point under the mouse.
  scene.Move({35, 15});
  ToolInput nudge;
  nudge.type = ToolInput::Type::kKey;
  nudge.key = ToolKey::kRight;
  nudge.position = {35, 15};
  CHECK_FALSE(scene.tool->OnInput(nudge, scene.context).consumed);  // an arrow alone is not for it
  nudge.alt = nudge.shift = true;
  scene.Take(scene.tool->OnInput(nudge, scene.context).change);
  CHECK(scene.Points(0) == "nose 15,15 left 25,30 right 45,15 ");
  CHECK(scene.Next() == "tail");
  scene.Move({15, 15});
  scene.Press1(ToolKey::kDelete);
  CHECK(scene.last == "Remove nose");
  CHECK(scene.Points(0) == "left 25,30 right 45,15 ");
  scene.Move({100, 100});
  CHECK(scene.Next() == "tail");   // an absent one is not asked for again
  scene.Press1(ToolKey::kDelete);  // nor is this, which was not there
  CHECK(scene.Points(0) == "left 25,30 right 45,15 ");
  CHECK(scene.Next() == "nose");
  CHECK(scene.Draw().sets_of == 0);  // of the next animal
}

TEST_CASE("Tab chooses the point that the next click sets, also one that is set already") {
  Scene scene;
  scene.Set({15, 15});
  scene.Move({100, 5});
  scene.Press1(ToolKey::kTab);  // past the left one
  CHECK(scene.Next() == "right");
  scene.Set({30, 15});
  CHECK(scene.Next() == "tail");  // goes on from there
  scene.Set({45, 15});
  CHECK(scene.Next() == "left");  // and round
  ToolInput back;
  back.type = ToolInput::Type::kKey;
  back.key = ToolKey::kTab;
  back.shift = true;
  back.position = {100, 5};
  scene.tool->OnInput(back, scene.context);
  CHECK(scene.Next() == "nose");
  scene.Set({15, 40});
  CHECK(scene.last == "Move nose");
  CHECK(scene.Points(0) == "nose 15,40 right 30,15 tail 45,15 ");
  // A click on a point chooses it for keys alone.
  scene.Set({45, 15});
  scene.Move({100, 5});
  CHECK(scene.Next() == "left");
  CHECK(scene.Draw().points->current == 4);
  // What is taken back is asked for again.
  scene.Set({30, 60});
  scene.shapes[0].key_points.erase(scene.shapes[0].key_points.begin() + 1);
  scene.Move({100, 5});
  CHECK(scene.Next() == "left");
}

TEST_CASE("the first change of a prediction's points is of all of them") {
  Scene scene;
  scene.shapes[0].annotation_id = -5;
  scene.shapes[0].key_points = {{"nose", 15, 15, 2, 1}, {"tail", 35, 35, 2, 4}};
  const auto change = scene.Drag({15, 15}, {20, 20});
  REQUIRE(change);
  CHECK(change->kind == Kind::kPoints);
  CHECK(change->annotation_id == -5);
  CHECK(change->key_points.size() == 2);
  scene.Take(change);
  CHECK(scene.Next() == "left");
}

TEST_CASE("an animal's own skeleton goes before the chosen one; without any it is said") {
  Scene scene;
  scene.context.skeleton_id = 2;
  scene.Set({15, 15});
  CHECK(scene.Points(0) == "head 15,15 ");
  scene.shapes[1].key_points = {{"tail", 60, 60, 2, 4}};
  scene.context.selected_annotation = 2;
  scene.Set({70, 70});
  CHECK(scene.Points(1) == "nose 70,70 tail 60,60 ");
  scene.context.skeletons = nullptr;
  CHECK(scene.Hint().find("no skeleton yet") != std::string::npos);
  CHECK_FALSE(scene.Click({20, 20}));
}

}  // namespace points_tool_test
