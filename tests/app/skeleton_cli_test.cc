// Skeletons on the command line: made, listed, changed, and never at the cost of labels unasked.
#include <doctest/doctest.h>

#include <fstream>

#include "annotate/edits.h"
#include "annotate/edits_points.h"
#include "annotate/history.h"
#include "datasets/project.h"
#include "tests/support/journey.h"
#include "tests/support/store_data.h"

namespace skeleton_cli_test {

namespace {

using nlohmann::json;
using tests::CheckFails;
using tests::VoleJson;

struct Scene {
  tests::TempDir folder;
  std::string project = (folder / "p.vole").string();
  Scene() { datasets::Project::Create(project); }

  json Add(std::vector<std::string> more) const {
    more.insert(more.begin(), {"skeleton", project, "add"});
    return VoleJson(more);
  }
  json Mouse() const {
    return Add({"mouse", "--points", "nose, left_ear, right_ear,tail-tip", "--edges",
                "nose-left_ear,nose-tail-tip", "--symmetric", "left_ear-right_ear"});
  }
  json List() const { return VoleJson({"skeleton", project})["skeletons"]; }
  void Fails(std::vector<std::string> more, int code, const std::vector<std::string>& words) const {
    more.insert(more.begin(), {"skeleton", project});
    CheckFails(more, code, words);
  }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name) << text;
    return (folder / name).string();
  }
  // Frames 0 to `count` - 1 have a label with nose and left ear.
  void LabelFrames(int count) const {
    const auto file = datasets::Project::Open(project);
    datasets::Id video = 0, animal = 0;
    file->Write([&](datasets::Writer& writer) {
      video = tests::InsertVideo(writer, "one", 100);
      animal = writer.FindOrInsertCategory("Ada");
    });
    const datasets::Skeleton mouse = file->Skeletons().at(0);
    annotate::History history(*file, "me");
    for (int frame = 0; frame < count; ++frame) {
      datasets::AnnotationRow row;
      row.category_id = animal;
      row.key_points = {{"nose", 5, 6, 2, mouse.points[0].id},
                        {"left_ear", 7, 8, 2, mouse.points[1].id}};
      history.Apply(annotate::AddAnnotation(video, frame, row));
    }
  }
  std::string PointsOfFrame(int frame) const {
    const auto file = datasets::Project::Open(project);
    std::string text;
    for (const auto& label : file->AnnotationsAt(file->Videos().at(0).id, frame)) {
      for (const auto& point : label.key_points) {
        text += point.name + std::to_string(static_cast<int>(point.x)) + " ";
      }
    }
    return text;
  }
};

std::string Names(const json& skeleton) {
  std::string text;
  for (const json& point : skeleton["points"]) text += point["name"].get<std::string>() + " ";
  return text;
}

}  // namespace

TEST_CASE("a skeleton is made from names and listed with partners and edges") {
  const Scene scene;
  CHECK(scene.List().empty());
  scene.Mouse();
  const json mouse = scene.List().at(0);
  CHECK(mouse["name"] == "mouse");
  CHECK(Names(mouse) == "nose left_ear right_ear tail-tip ");
  CHECK(mouse["points"][1]["symmetric"] == "right_ear");
  CHECK(mouse["points"][0]["symmetric"].is_null());
  CHECK(mouse["edges"].dump() == R"([["nose","left_ear"],["nose","tail-tip"]])");
  CHECK(mouse["labels"] == 0);
  const auto file = datasets::Project::Open(scene.project);
  annotate::History history(*file, "me");
  CHECK(history.UndoLabel() == "Add skeleton");
  history.Undo();
  CHECK(file->Skeletons().empty());
}

TEST_CASE("a skeleton that cannot be is refused in one line, and nothing is stored") {
  const Scene scene;
  const std::vector<std::string> add = {"add", "m", "--points"};
  const auto fails = [&](std::vector<std::string> more, int code,
                         const std::vector<std::string>& words) {
    more.insert(more.begin(), add.begin(), add.end());
    scene.Fails(more, code, words);
  };
  fails({"nose,tail,nose"}, 1, {"two points are called 'nose'"});
  fails({"nose,,tail"}, 1, {"a point has no name"});
  fails({""}, 2, {"--points names none"});
  fails({"nose,tail", "--edges", "nose-nose"}, 1, {"an edge joins a point to itself"});
  fails({"nose,tail", "--edges", "nose-tail,tail-nose"}, 1, {"stands twice"});
  fails({"nose,tail", "--edges", "nose-tial"}, 1, {"'tial'", "did you mean 'tail'?"});
  fails({"nose,tail", "--edges", "nosetail"}, 1, {"'nosetail'", "write it as nose-neck"});
  fails({"a,b,a-b,b-a", "--edges", "a-b-a"}, 1, {"more than one pair"});
  fails({"l,r,x", "--symmetric", "l-r,r-x"}, 1, {"'r'", "two pairs"});
  fails({"l,r", "--symmetric", "l-l"}, 1, {"partner of 'l'"});
  scene.Fails({"add", "m"}, 2, {"which points?"});
  scene.Fails({"add", "--points", "a,b"}, 2, {"name is missing"});
  scene.Fails({"ad", "m"}, 2, {"add, change"});
  scene.Fails({"--points", "a,b"}, 2, {"of which skeleton?"});
  scene.Fails({"change", "m", "--points", "a"}, 1, {"no such skeleton (it has: none)"});
  CHECK(scene.List().empty());
  scene.Mouse();
  scene.Fails({"add", "mouse", "--points", "nose"}, 1, {"the name is taken"});
  scene.Fails({"remove", "mose"}, 1, {"did you mean 'mouse'?"});
}

TEST_CASE("skeletons come from DeepLabCut's config.yaml and from categories of COCO") {
  const Scene scene;
  const std::string config = scene.Write("config.yaml",
                                         "Task: open field\n"
                                         "bodyparts:\n- snout\n- leftear\n- rightear\n"
                                         "skeleton:\n- - snout\n  - leftear\n"
                                         "- - objectA\n  - bodypart3\n");
  scene.Add({"rat", "--file", config});
  const std::string several = scene.Write("multi.yaml",
                                          "multianimalproject: true\nbodyparts: MULTI!\n"
                                          "multianimalbodyparts: [head, tail]\n");
  VoleJson({"skeleton", scene.project, "--file", several});
  const std::string coco = scene.Write("coco.json",
                                       R"({"images": [], "annotations": [], "categories": [
          {"id": 1, "name": "box"},
          {"id": 2, "name": "fly", "keypoints": ["head", "left_wing", "right_wing"],
           "skeleton": [[1, 2], [1, 3]]},
          {"id": 3, "name": "ant", "keypoints": ["head"]}]})");
  scene.Add({"ant", "--file", coco});
  scene.Fails({"add", "bee", "--file", coco}, 1, {"the file has 'fly', 'ant', not that one"});
  scene.Fails({"add", "--file", coco}, 1, {"'ant'", "the name is taken"});
  const json list = scene.List();
  REQUIRE(list.size() == 3);  // the refused file has left nothing behind
  CHECK(list[0]["name"] == "rat");
  CHECK(list[0]["edges"].dump() == R"([["snout","leftear"]])");
  CHECK(list[0]["points"][1]["symmetric"] == "rightear");
  CHECK(list[1]["name"] == "animal");
  CHECK(Names(list[1]) == "head tail ");
  CHECK(list[2]["name"] == "ant");
  const auto fails = [&](const std::string& text, const std::vector<std::string>& words) {
    scene.Fails({"add", "x", "--file", scene.Write("bad", text)}, 1, words);
  };
  fails("{\"categories\": [", {"no whole JSON"});
  fails("{\"categories\": []}", {"none of its categories has key points"});
  fails("Task: a\n", {"lists no body parts"});
  fails("a: [", {"cannot be read"});
  fails(R"({"categories": [{"name": "a", "keypoints": ["x", "y"], "skeleton": [[0, 1]]}]})",
        {"joins [0,1]", "points 1 to 2"});
  fails(R"({"categories": [{"name": "a", "keypoints": ["x", "x"]}]})", {"two points", "'x'"});
  scene.Fails({"add", "x", "--file", scene.folder / "none"}, 1, {"none"});
}

TEST_CASE("what changes on labels is asked for first, with their number; labels follow") {
  const Scene scene;
  scene.Mouse();
  scene.LabelFrames(3);
  scene.Fails({"change", "mouse", "--points", "nose,right_ear,tail-tip"}, 1,
              {"remove 'left_ear' on 3 labels", "--yes"});
  scene.Fails({"change", "mouse", "--rename", "nose=snout"}, 1,
              {"rename 'nose' to 'snout' on 3 labels", "--yes"});
  scene.Fails({"remove", "mouse"}, 1, {"from 3 labels", "--yes"});
  scene.Fails({"change", "mouse", "--rename", "nsoe=snout"}, 1, {"did you mean 'nose'?"});
  scene.Fails({"change", "mouse"}, 2, {"what changes?"});
  CHECK(scene.PointsOfFrame(2) == "nose5 left_ear7 ");
  // A new order, a new point, and a point that no label has gone: nobody loses anything.
  VoleJson({"skeleton", scene.project, "change", "mouse", "--points",
            "left_ear,nose,right_ear,tail_base"});
  CHECK(Names(scene.List()[0]) == "left_ear nose right_ear tail_base ");
  CHECK(scene.List()[0]["edges"].dump() == R"([["nose","left_ear"]])");
  CHECK(scene.List()[0]["points"][0]["symmetric"] == "right_ear");
  CHECK(scene.PointsOfFrame(2) == "left_ear7 nose5 ");
  VoleJson({"skeleton", scene.project, "change", "mouse", "--rename",
            "left_ear=right_ear,right_ear=left_ear", "--to", "rodent", "--yes"});
  CHECK(scene.PointsOfFrame(0) == "right_ear7 nose5 ");
  VoleJson({"skeleton", scene.project, "change", "rodent", "--points", "nose", "--yes"});
  CHECK(scene.PointsOfFrame(1) == "nose5 ");
  CHECK(scene.List()[0]["labels"] == 3);
  VoleJson({"skeleton", scene.project, "remove", "rodent", "--yes"});
  CHECK(scene.PointsOfFrame(1).empty());
  CHECK(scene.List().empty());
  const auto file = datasets::Project::Open(scene.project);
  annotate::History history(*file, "me");
  for (int i = 0; i < 3; ++i) history.Undo();
  CHECK(scene.PointsOfFrame(1) == "left_ear7 nose5 ");
}

}  // namespace skeleton_cli_test
