// The command line from `new` to `export`, as a person would type it, on a rendered scene.
#include "tests/support/journey.h"

#include <doctest/doctest.h>

#include <set>

namespace journey_test {

using nlohmann::json;
using tests::Journey;
using tests::Vole;
using tests::VoleJson;

namespace {

// One trained and predicted project for all cases of this file.
struct Walked : Journey {
  json train, predict;
  Walked() : Journey(60) {
    train = VoleJson({"train", project, "--steps", "60", "--seed", "3"});
    predict = VoleJson({"predict", project});
  }
};

Walked& Project() {
  static Walked walked;
  return walked;
}

std::set<std::string> Keys(const json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.insert(key);
  return keys;
}

bool HasKeys(const json& object, const std::set<std::string>& wanted) {
  const std::set<std::string> keys = Keys(object);
  return std::includes(keys.begin(), keys.end(), wanted.begin(), wanted.end());
}

std::string FileText(const std::string& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("vole info says what the project holds") {
  const json info = VoleJson({"info", Project().project});
  CHECK(HasKeys(info, {"videos", "categories", "models"}));
  REQUIRE(info["videos"].size() == 1);
  const json& video = info["videos"][0];
  CHECK(
      HasKeys(video, {"name", "path", "frames", "width", "height", "fps", "labeled", "predicted"}));
  CHECK(video["name"] == "video");
  CHECK(video["path"] == "scene/video.mp4");
  CHECK(video["frames"] == 60);
  CHECK(video["width"] == 160);
  CHECK(video["height"] == 120);
  CHECK(video["labeled"] == Project().train["labels"]);
  CHECK(video["predicted"].get<int>() > 50);
  CHECK(info["models"].size() == 1);
  std::set<std::string> names;
  for (const json& category : info["categories"]) names.insert(category["name"]);
  CHECK(names == std::set<std::string>{"vole_1", "vole_2"});
}

TEST_CASE("vole train says what it made, and the model stands beside the project") {
  const json& train = Project().train;
  CHECK(HasKeys(train, {"model", "steps", "seconds", "best_step", "validation"}));
  CHECK(train["steps"].get<int>() > 0);
  CHECK(train["seconds"].get<double>() > 0);
  CHECK(std::filesystem::exists(train["model"].get<std::string>()));
  CHECK(std::filesystem::path(train["model"].get<std::string>()).parent_path() ==
        Project().folder.path());
  const json models = VoleJson({"models", Project().project})["models"];
  CHECK(models[0]["classes"] == json({"vole_1", "vole_2"}));
  CHECK(models[0]["sha256"].get<std::string>().size() == 64);
  const json jobs = VoleJson({"jobs", Project().project})["jobs"];
  REQUIRE(jobs.size() == 2);
  CHECK(jobs[0]["kind"] == "train");
  CHECK(jobs[0]["state"] == "done");
  CHECK(jobs[0]["options"]["seed"] == 3);
  CHECK(jobs[1]["kind"] == "predict");
}

TEST_CASE("vole predict says how fast it was and how much memory it took") {
  const json& predict = Project().predict;
  CHECK(HasKeys(predict, {"frames", "seconds", "fps", "peak_rss_mb"}));
  CHECK(predict["frames"] == 60);
  CHECK(predict["fps"].get<double>() > 0);
  CHECK(predict["peak_rss_mb"].get<double>() > 10);
}

TEST_CASE("vole evaluate measures on the frames that were not learned from") {
  const json figures =
      VoleJson({"evaluate", Project().project, "--truth", Project().truth, "--only-unlabeled"});
  CHECK(HasKeys(figures,
                {"frames", "ap", "ap50", "ap75", "ar1", "ar10", "ar100", "mota", "motp", "idf1",
                 "hota", "deta", "assa", "idsw", "mt", "ml", "fp", "fn", "identity_accuracy"}));
  CHECK(figures["frames"].get<int>() == 60 - Project().train["labels"].get<int>());
  // Trained for seconds: far from good, but it must have found the animals.
  CHECK(figures["ap50"].get<double>() > 0.5);
  const json part =
      VoleJson({"evaluate", Project().project, "--truth", Project().truth, "--frames", "10:20"});
  CHECK(part["frames"] == 10);
}

TEST_CASE("vole review lists episodes, and a decision about one is kept") {
  const std::string project = Project().project;
  const json queue = VoleJson({"review", project});
  REQUIRE(queue.is_array());
  REQUIRE(!queue.empty());
  for (const json& episode : queue) {
    CHECK(HasKeys(episode,
                  {"episode", "video", "start_frame", "end_frame", "score", "reason", "animals"}));
    CHECK(episode["start_frame"] < episode["end_frame"]);
    CHECK(episode["reason"].get<std::string>().size() > 5);
  }
  for (size_t i = 1; i < queue.size(); ++i) CHECK(queue[i - 1]["score"] >= queue[i]["score"]);
  CHECK(VoleJson({"review", project, "--top", "1"}).size() == 1);

  const int labels = VoleJson({"info", project})["labels"];
  const std::string first = queue[0]["episode"].dump(), last = queue.back()["episode"].dump();
  const json accepted = VoleJson({"review", project, "accept", first})["decided"];
  const int added = accepted[0]["labels_added"];
  CHECK(VoleJson({"info", project})["labels"] == labels + added);
  VoleJson({"review", project, "reject", last});
  const json left = VoleJson({"review", project});
  CHECK(left.size() == queue.size() - (first == last ? 1 : 2));
  const json all = VoleJson({"review", project, "--all"});
  CHECK(all.size() == queue.size());
  CHECK(HasKeys(VoleJson({"review", project, "--calibration"}), {"calibration"}));
}

TEST_CASE("What is exported in COCO comes back into a new project whole") {
  const std::string file = Project().Path("out.json"), copy = Project().Path("copy.vole");
  const json exported = VoleJson({"export", Project().project, "--format", "coco", "--out", file});
  VoleJson({"new", copy});
  VoleJson({"add-video", copy, Project().video});
  const json imported = VoleJson({"import", copy, "--format", "coco", file});
  CHECK(imported["annotations"] == exported["annotations"]);
  const json again = VoleJson({"import", copy, "--format", "coco", file});
  CHECK(again["annotations"] == 0);
  CHECK(again["already_present"] == exported["annotations"]);
  CHECK(VoleJson({"verify", copy})["ok"] == true);
}

TEST_CASE("Predictions go out as one row for each frame and animal") {
  const std::string file = Project().Path("tracks.csv");
  VoleJson(
      {"export", Project().project, "--format", "tracks", "--what", "predictions", "--out", file});
  const std::string text = FileText(file);
  const auto rows = std::count(text.begin(), text.end(), '\n');
  CHECK(rows > 60);
  CHECK(text.find("vole_1") != std::string::npos);
}

TEST_CASE("Proposed frames are new ones, and the same seed proposes the same") {
  const std::vector<std::string> command = {"sample",   Project().project, "--count", "7",
                                            "--method", "kmeans",          "--seed",  "5"};
  const json sample = VoleJson(command);
  REQUIRE(sample["frames"].size() == 7);
  CHECK(sample == VoleJson(command));
  const json pictures = VoleJson({"sample", Project().project, "--count", "2", "--method",
                                  "uncertainty", "--out", Project().Path("frames")});
  for (const json& file : pictures["files"]) CHECK(std::filesystem::exists(file));
}

TEST_CASE("Drawn pictures show the predictions") {
  const json drawn =
      VoleJson({"draw", Project().project, "--out", Project().Path("pictures"), "--count", "3"});
  REQUIRE(drawn["files"].size() == 3);
  for (const json& file : drawn["files"]) CHECK(std::filesystem::file_size(file) > 1000);
}

TEST_CASE("Labels marked val never train") {
  const std::string project = Project().Path("split.vole"), labels = Project().Path("split.json");
  json document = json::parse(FileText(Project().labels));
  size_t held_out = 0;
  for (json& image : document["images"]) {
    if (held_out < 4) {
      image["split"] = "val";
      ++held_out;
    }
  }
  std::ofstream(labels) << document;
  VoleJson({"new", project});
  VoleJson({"add-video", project, Project().video});
  VoleJson({"import", project, "--format", "coco", labels});
  const json train = VoleJson({"train", project, "--steps", "40", "--out", Project().Path("m")});
  CHECK(train["labels"].get<size_t>() == document["images"].size() - held_out);
  const json few = VoleJson(
      {"train", project, "--steps", "2", "--max-labels", "3", "--out", Project().Path("few")});
  CHECK(few["labels"] == 3);
  VoleJson({"predict", project, "--model", "m", "--frames", "0:5"});
  const json figures = VoleJson({"evaluate", project, "--truth", labels, "--split", "val"});
  CHECK(figures["frames"] == held_out);
}

TEST_CASE("A project can be named without its extension, and results on the screen are words") {
  std::string name = Project().project;
  name.resize(name.size() - 5);
  const tests::Outcome info = Vole({"info", name});
  CHECK(info.code == 0);
  CHECK(info.out.find("vole_1") != std::string::npos);
  CHECK(info.err.empty());
}

}  // namespace journey_test
