#include "datasets/formats/via/via.h"

#include <doctest/doctest.h>

#include <set>
#include <tuple>

#include "tests/support/coco_sample.h"

namespace via_test {

using namespace tests;  // the vocabulary of these tests
using namespace datasets;

namespace {

std::string Joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += text + "\n";
  return all;
}

json Region(const json& shape, const json& attributes = json::object()) {
  return {{"shape_attributes", shape}, {"region_attributes", attributes}};
}

json Via2() {
  const json regions = {
      Region({{"name", "rect"}, {"x", 4}, {"y", 5}, {"width", 10}, {"height", 8}},
             {{"name", "ann"}, {"track_id", "12"}, {"mood", "calm"}}),
      Region({{"name", "polygon"}, {"all_points_x", {1, 5, 5}}, {"all_points_y", {1, 1, 4}}},
             {{"name", {{"bob", true}}}}),
      Region({{"name", "ellipse"},
              {"cx", 30},
              {"cy", 20},
              {"rx", 10},
              {"ry", 5},
              {"theta", 1.5707963267948966}}),
      Region({{"name", "point"}, {"cx", 3}, {"cy", 2}})};
  return {{"_via_settings", {{"core", {{"default_filepath", "pictures/"}}}}},
          {"_via_img_metadata",
           {{"clip_000004.png-1",
             {{"filename", "clip_000004.png"}, {"size", -1}, {"regions", regions}}},
            {"clip_000005.png-1",
             {{"filename", "clip_000005.png"}, {"size", -1}, {"regions", json::array()}}}}},
          {"_via_attributes", json::object()}};
}

// One video with three segments and two regions.
json Via3() {
  const json metadata = {
      {"1_a",
       {{"vid", "1"}, {"flg", 0}, {"z", {0.4, 1.2}}, {"xy", json::array()}, {"av", {{"1", "0"}}}}},
      {"1_b",
       {{"vid", "1"}, {"flg", 0}, {"z", {2, 4.02}}, {"xy", json::array()}, {"av", {{"1", "1"}}}}},
      {"1_c",
       {{"vid", "1"}, {"flg", 0}, {"z", {2, 3}}, {"xy", json::array()}, {"av", json::object()}}},
      {"1_d",
       {{"vid", "1"}, {"flg", 0}, {"z", {1.0}}, {"xy", {2, 4, 5, 10, 8}}, {"av", {{"2", "ann"}}}}},
      {"1_e", {{"vid", "1"}, {"flg", 0}, {"z", {1.0}}, {"xy", {1, 4, 5}}, {"av", json::object()}}}};
  return {{"project", {{"pid", "__VIA_PROJECT_ID__"}, {"vid_list", {"1"}}}},
          {"config", json::object()},
          {"attribute",
           {{"1",
             {{"aname", "TEMPORAL-SEGMENTS"},
              {"type", 4},
              {"options", {{"0", "rear"}, {"1", "groom"}}}}},
            {"2", {{"aname", "name"}, {"type", 1}, {"options", json::object()}}}}},
          {"file",
           {{"1", {{"fid", "1"}, {"fname", "clip.mp4"}, {"type", 4}, {"loc", 1}, {"src", ""}}}}},
          {"metadata", metadata},
          {"view", {{"1", {{"fid_list", {"1"}}}}}}};
}

struct Stage {
  TempDir folder;
  std::unique_ptr<Project> project = LabelProject(folder.path());
  ImportOptions options;
  ImportReport Import(const json& tree) {
    Job job;
    return datasets::Import(*project, "via", WriteText(folder, tree.dump(), "via.json"), options,
                            job);
  }
  std::string Refusal(const json& tree) {
    const std::string said = ErrorOf([&] { Import(tree); });
    CHECK(said.find('\n') == std::string::npos);
    CHECK(project->Images().empty());
    CHECK(project->Behaviors().empty());
    return said;
  }
};

}  // namespace

TEST_CASE("regions of VIA 2 come in under their attribute, with tracks") {
  Stage stage;
  CHECK(RecognizeFormat(WriteText(stage.folder, Via2().dump(), "a.json")) == "via");
  const ImportReport report = stage.Import(Via2());
  CHECK(report.annotations == 3);
  CHECK(report.images == 2);
  CHECK(Says(Joined(report.warnings), {"1 points were left out", "1 regions have no attribute"}));
  const Id video = stage.project->Videos()[0].id;
  const auto labels = stage.project->AnnotationsAt(video, 4);
  REQUIRE(labels.size() == 3);
  CHECK(labels[0].box.width == 10);
  CHECK(labels[0].area == 80);
  CHECK(stage.project->Tracks(video).at(0).external_id == 12);
  CHECK(labels[1].area == 6);
  CHECK(labels[2].box.height == doctest::Approx(20));  // turned upright
  CHECK(labels[2].box.width == doctest::Approx(10));
  std::set<std::string> names;
  for (const auto& category : stage.project->Categories()) names.insert(category.name);
  CHECK(names == std::set<std::string>{"ann", "animal", "bob"});
  CHECK(stage.Import(Via2()).already_present == 3);
  // The annotations alone, exported as JSON.
  CHECK(stage.Import(Via2()["_via_img_metadata"]).already_present == 3);
}

TEST_CASE("temporal segments of VIA 3 become behaviors, and its regions labels") {
  Stage stage;
  CHECK(RecognizeFormat(WriteText(stage.folder, Via3().dump(), "a.json")) == "via");
  const ImportReport report = stage.Import(Via3());
  CHECK(report.annotations == 1);
  CHECK(report.intervals == 2);
  CHECK(report.behaviors == 2);
  CHECK(Says(Joined(report.warnings), {"1 points were left out", "1 temporal segments without"}));
  const Id video = stage.project->Videos()[0].id;
  const auto bouts = stage.project->BehaviorIntervals(video);
  REQUIRE(bouts.size() == 2);
  CHECK(bouts[0].start_frame == 10);  // 25 frames a second
  CHECK(bouts[0].end_frame == 30);
  CHECK(bouts[1].end_frame == 100);  // a moment after the last frame
  const auto labels = stage.project->AnnotationsAt(video, 25);
  REQUIRE(labels.size() == 1);
  CHECK(labels[0].area == 80);
  CHECK(stage.Import(Via3()).already_present == 3);
}

TEST_CASE("a faulty project of VIA is one clear line, and neither labels nor behaviors come in") {
  Stage stage;
  const auto with = [](const char* key, const char* member, const json& to) {
    json tree = Via3();
    tree["metadata"][key][member] = to;
    return tree;
  };
  CHECK(Says(stage.Refusal(with("1_a", "z", {1.2, 0.4})), {"1_a", "backwards"}));
  CHECK(Says(stage.Refusal(with("1_a", "z", {-1, 0.4})), {"negative"}));
  CHECK(Says(stage.Refusal(with("1_a", "z", {1, 400})), {"not all inside"}));
  CHECK(Says(stage.Refusal(with("1_a", "z", {"x", 400})), {"no number"}));
  CHECK(Says(stage.Refusal(with("1_a", "vid", "9")), {"no file"}));
  CHECK(Says(stage.Refusal(with("1_d", "xy", {2, 4, 5})), {"too few"}));
  CHECK(Says(stage.Refusal(with("1_d", "xy", {7, 4, 5, 6})), {"x without y"}));
  CHECK(Says(stage.Refusal(with("1_d", "z", {1000})), {"frame 25000"}));
  json lost = Via3();
  lost["file"]["1"]["fname"] = "lost.mp4";
  CHECK(Says(stage.Refusal(lost), {"lost.mp4"}));
  CHECK(Says(stage.Refusal({{"a", 1}}), {"_via_img_metadata"}));
  json odd = Via2();
  odd["_via_img_metadata"]["clip_000004.png-1"]["regions"][1]["shape_attributes"]["all_points_x"] =
      {1};
  CHECK(Says(stage.Refusal(odd), {"region 2", "one length"}));
  odd = Via2();
  odd["_via_img_metadata"]["clip_000004.png-1"]["filename"] = "clip_000400.png";
  CHECK(Says(stage.Refusal(odd), {"frame 400"}));
}

TEST_CASE("segments and regions of other videos of VIA 3 do not land on --video") {
  json both = Via3();  // and another video with the same
  both["file"]["2"] = {{"fid", "2"}, {"fname", "other.mp4"}, {"type", 4}, {"loc", 1}, {"src", ""}};
  both["view"]["2"] = {{"fid_list", {"2"}}};
  for (const char* key : {"1_a", "1_d"}) {
    both["metadata"][std::string("of other ") + key] = both["metadata"][key];
    both["metadata"][std::string("of other ") + key]["vid"] = "2";
  }
  for (const bool known : {true, false}) {
    CAPTURE(known);
    Stage stage;
    if (known) AddVideoRow(*stage.project, "other", 100, 64, 48);
    stage.options.video = "clip";
    const ImportReport report = stage.Import(both);
    CHECK(report.intervals == 2);
    CHECK(report.annotations == 1);
    CHECK(Says(Joined(report.warnings), {"2 segments and regions of 'other.mp4'", "--video"}));
  }
  Stage none;
  AddVideoRow(*none.project, "third", 100, 64, 48);
  none.options.video = "third";
  CHECK(Says(none.Refusal(both), {"'third'", "--video", "each video by themselves"}));
  json renamed = Via3();
  renamed["file"]["1"]["fname"] = "before it was renamed.mp4";
  CHECK(none.Import(renamed).intervals == 2);
}

}  // namespace via_test
