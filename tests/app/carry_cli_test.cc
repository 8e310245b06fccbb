// Outlines carried through a video from the command line.
#include <set>

#include "tests/support/journey.h"

namespace carry_cli_test {

using nlohmann::json;
using tests::CheckFails;
using tests::Journey;
using tests::VoleJson;

namespace {

json Exported(const Journey& journey, const std::string& name) {
  VoleJson({"export", journey.project, "--format", "coco", "--out", journey.Path(name)});
  std::ifstream in(journey.Path(name));
  return json::parse(in);
}

std::map<int, int> LabelsByFrame(const json& coco) {
  std::map<int, int> frames, labels;
  for (const json& image : coco["images"]) frames[image["id"]] = image["frame_index"];
  for (const json& label : coco["annotations"]) ++labels[frames.at(label["image_id"])];
  return labels;
}

}  // namespace

TEST_CASE(
    "vole carry fills the frames around a label, and carrying again replaces only what it made") {
  const Journey journey(30);
  const json before = Exported(journey, "before.json");
  const std::map<int, int> drawn = LabelsByFrame(before);
  REQUIRE(drawn.size() > 2);
  const int frame = std::next(drawn.begin())->first;  // with frames on both sides
  REQUIRE(frame > 2);
  const std::vector<std::string> carry = {
      "carry",       journey.project, "--frame",  std::to_string(frame),
      "--direction", "both",          "--frames", "8"};
  const json carried = VoleJson(carry);
  CHECK(carried["replaced"] == 0);
  CHECK(carried["ends"].size() == 2 * static_cast<size_t>(drawn.at(frame)));
  const json after = Exported(journey, "after.json");
  const std::map<int, int> filled = LabelsByFrame(after);
  CHECK(filled.count(frame - 1) == 1);
  CHECK(filled.count(frame + 1) == 1);
  CHECK(after["annotations"].size() ==
        before["annotations"].size() + carried["labels"].get<size_t>());
  for (const json& label : before["annotations"]) {  // a person's labels are as they were
    bool same = false;
    for (const json& now : after["annotations"]) {
      same = same || (now["segmentation"] == label["segmentation"] &&
                      now["category_id"] == label["category_id"]);
    }
    CHECK(same);
  }
  std::set<std::pair<int, int>> animals;  // one label an animal and frame
  for (const json& label : after["annotations"]) {
    CHECK(animals.emplace(label["image_id"], label["category_id"]).second);
  }
  const json again = VoleJson(carry);
  CHECK(again["labels"] == carried["labels"]);
  CHECK(again["replaced"] == carried["labels"]);
  CHECK(Exported(journey, "again.json")["annotations"].size() == after["annotations"].size());
  // What was looked through stays.
  std::vector<std::string> accept = carry;
  accept.push_back("--accept");
  VoleJson(accept);
  const json kept = VoleJson(carry);
  CHECK(kept["labels"] == 0);
  CHECK(kept["ends"][0]["reason"] == "has a label there");
  CHECK(VoleJson({"verify", journey.project})["ok"] == true);
}

TEST_CASE("What cannot be carried is refused in one line") {
  const Journey journey(30);
  const std::map<int, int> drawn = LabelsByFrame(Exported(journey, "labels.json"));
  int empty = 0;
  while (drawn.count(empty)) ++empty;
  const std::string& project = journey.project;
  const std::string labeled = std::to_string(drawn.begin()->first);
  CheckFails({"carry", project, "--frame", std::to_string(empty)}, 1, {"no outline to carry"});
  CheckFails({"carry", project, "--frame", "30"}, 2, {"frames 0 to 29"});
  CheckFails({"carry", project, "--frame", labeled, "--animal", "Nobody"}, 1, {"Nobody"});
  CheckFails({"carry", project, "--frame", labeled, "--direction", "up"}, 2, {"--direction", "up"});
  CheckFails({"carry", project, "--frame", labeled, "--frames", "0"}, 2, {"--frames"});
  CHECK(LabelsByFrame(Exported(journey, "same.json")) == drawn);
}

}  // namespace carry_cli_test
