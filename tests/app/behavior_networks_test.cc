// Behavior from pixels on the command line: train, score, compare, and what goes wrong.
#include <doctest/doctest.h>

#include "datasets/project.h"
#include "datasets/store/connection.h"
#include "datasets/store/reader.h"
#include "datasets/store/writer.h"
#include "tests/support/journey.h"

namespace behavior_networks_test {

using nlohmann::json;
using tests::CheckFails;
using tests::Journey;
using tests::Outcome;
using tests::Show;
using tests::Vole;
using tests::VoleJson;

namespace {

// A rendered video with outlines of every frame, on which two voles rest and walk.
struct Scored : Journey {
  Scored() : Journey(80) {
    VoleJson({"import", project, "--format", "coco", truth});
    std::string table = "video,subject,behavior,start_frame,stop_frame\n";
    for (int start = 0; start < 80; start += 20) {
      const std::string first = std::to_string(start) + "," + std::to_string(start + 9) + "\n";
      const std::string second =
          std::to_string(start + 10) + "," + std::to_string(start + 17) + "\n";
      table += "video,vole_1,still," + first + "video,vole_1,moving," + second;
      table += "video,vole_2,moving," + first + "video,vole_2,still," + second;
    }
    Import(project, table);
  }
  json Import(const std::string& into, const std::string& table) const {
    return VoleJson({"import", into, "--format", "behaviors", Write("t.csv", table)});
  }
  std::string Write(const std::string& name, const std::string& text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
    return Path(name);
  }
  std::vector<std::string> Train(std::vector<std::string> more) const {
    std::vector<std::string> all = {"train",   project,  "--model",        "behavior-frame",
                                    "--steps", "3",      "--picture-side", "32",
                                    "--out",   Path("m")};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  int Count(const std::string& what) const {
    const auto opened = datasets::Project::Open(project);
    const auto video = opened->Videos().front();
    return what == "intervals" ? static_cast<int>(opened->BehaviorIntervals(video.id).size())
                               : static_cast<int>(opened->Models().size());
  }
};

int LinesOf(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  int count = 0;
  while (std::getline(in, line)) ++count;
  return count;
}

const Scored& Scene() {
  static const Scored scene;
  return scene;
}

}  // namespace

TEST_CASE("Networks for behavior train on the project's intervals and score every frame") {
  const json trained = VoleJson(Scene().Train({"--exclusive"}));
  CHECK(trained["labels"] == 160);
  CHECK(trained["steps"] == 3);
  const json models = VoleJson({"models", Scene().project})["models"];
  REQUIRE(models.size() == 1);
  CHECK(models[0]["architecture"] == "behavior-frame");
  CHECK(models[0]["classes"] == json({"still", "moving"}));
  const json held = VoleJson({"models", Scene().Path("m.safetensors")})["record"]["held_out"];
  REQUIRE_FALSE(held.empty());  // blocks of time, for both animals
  CHECK(held[0]["video"] == "video");
  CHECK(held[0]["end_frame"].get<int>() > held[0]["start_frame"].get<int>());

  const json scored = VoleJson({"predict", Scene().project, "--model", "m"});
  CHECK(scored["pictures"] == 160);
  CHECK(scored["videos"][0]["subjects"] == json({"vole_1", "vole_2"}));
  const auto project = datasets::Project::Open(Scene().project);
  const auto video = project->Videos().front();
  project->Read([&](datasets::Connection& connection) {
    const datasets::Reader reader(connection);
    const auto series =
        reader.BehaviorSeries(scored["videos"][0]["job"].get<datasets::Id>(), video.id);
    CHECK(series.size() == 4);  // two animals, two behaviors
    for (const auto& one : series) {
      const auto values = reader.BehaviorScores(one.id, 0, 80);
      REQUIRE(values.size() == 80);
      for (const float p : values) CHECK((p >= 0 && p <= 1));
    }
  });
  CHECK(VoleJson({"models", Scene().Path("m.safetensors")})["view"] == "animal");
}

TEST_CASE("A second training reads the prepared pictures of the first, within the bound given") {
  VoleJson(Scene().Train({}));
  const auto Files = [&] {
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(Scene().project + ".cache")) {
      files += entry.path().extension() == ".pictures";
    }
    return files;
  };
  const int before = Files();
  CHECK(before >= 1);
  VoleJson(Scene().Train({"--seed", "2"}));
  CHECK(Files() == before);
  CheckFails({"train", Scene().project, "--model", "behavior-frame", "--cache-mb", "16",
              "--picture-side", "640"},
             1, {"prepared pictures", "--cache-mb"});
}

TEST_CASE("Rows of an ablation compare networks with simple rules on frames never learned from") {
  const json found = VoleJson({"ablate", Scene().project, "--exclusive", "--folds", "2", "--steps",
                               "3", "--picture-side", "32", "--window", "2", "--block", "1"});
  std::vector<std::string> names;
  for (const json& row : found["rows"]) {
    names.push_back(row["name"].get<std::string>());
    CHECK(row["frames"] == 160);
    CHECK(row["accuracy"].get<double>() >= 0);
    CHECK(row["macro_f1_interval"][0].get<double>() <= row["macro_f1"].get<double>() + 1e-9);
    CHECK(row["macro_f1_interval"][1].get<double>() >= row["macro_f1"].get<double>() - 1e-9);
  }
  CHECK(names == std::vector<std::string>{"majority", "distance threshold", "speed threshold",
                                          "behavior-frame", "behavior-frame, smoothed",
                                          "behavior-seq without points",
                                          "behavior-seq without points, smoothed", "behavior-seq",
                                          "behavior-seq, smoothed"});
  const json curve = VoleJson({"ablate", Scene().project, "--networks", "behavior-frame",
                               "--exclusive", "--test-frames", "60:80", "--labels", "40,0",
                               "--steps", "2", "--picture-side", "32", "--window", "2"});
  CHECK(curve["rows"].size() >= 5);
  CHECK(curve["rows"].back()["labels"].get<int>() <= 2 * 60);
}

TEST_CASE("A sequence network takes key points where animals have them, and then asks for them") {
  const Scored scene;
  const std::vector<std::string> train = {
      "train",          scene.project, "--model",        "behavior-seq",
      "--steps",        "3",           "--picture-side", "32",
      "--window",       "2",           "--exclusive",    "--out",
      scene.Path("seq")};
  VoleJson(train);
  CHECK(VoleJson({"predict", scene.project, "--model", "seq"})["pictures"] == 160);

  // The same animals, outlined only.
  std::ifstream text(scene.truth);
  json outlines = json::parse(text);
  for (json& category : outlines["categories"]) category.erase("keypoints");
  for (json& label : outlines["annotations"]) label.erase("keypoints");
  const std::string other = scene.Path("other.vole");
  VoleJson({"new", other});
  VoleJson({"add-video", other, scene.video});
  VoleJson({"import", other, "--format", "coco", scene.Write("outlines.json", outlines.dump())});
  VoleJson({"import", other, "--format", "behaviors", scene.Path("t.csv")});
  const std::string model = scene.Path("seq.safetensors");
  CheckFails({"predict", other, "--model", model}, 1,
             {"key points", "nose", "vole predict", "--points"});
  std::vector<std::string> without = train;
  without[1] = other;
  without.back() = scene.Path("plain");
  VoleJson(without);
  CHECK(VoleJson({"predict", other, "--model", scene.Path("plain.safetensors")})["pictures"] ==
        160);
}

TEST_CASE("One training learns outlines and key points where it is asked to") {
  const Scored scene;
  const json trained = VoleJson({"train", scene.project, "--key-points", "--steps", "3", "--out",
                                 scene.Path("both"), "--curve", scene.Path("loss.csv")});
  // A file each: the steps of both start at 1.
  CHECK(LinesOf(scene.Path("loss.csv")) == 1 + trained["steps"].get<int>());
  CHECK(LinesOf(scene.Path("loss-points.csv")) == 1 + 3);
  CHECK(trained["model"] == scene.Path("both.safetensors"));
  CHECK(trained["points"]["steps"] == 3);
  CHECK(trained["points"]["model"] == scene.Path("both-points.safetensors"));
  CHECK(scene.Count("models") == 2);
  CHECK(VoleJson({"predict", scene.project, "--model", "both"})["failed"].empty());
  CHECK(VoleJson({"models", scene.Path("both-points.safetensors")})["architecture"] == "points");
  CheckFails({"train", scene.project, "--key-points", "--model", "behavior-seq"}, 2,
             {"--key-points", "outlines nothing"});
  CheckFails({"train", scene.project, "--key-points", "--resume"}, 2, {"--key-points", "--resume"});
}

TEST_CASE("What cannot be learned is one clear line, and nothing is lost") {
  const Scored& scene = Scene();
  const int intervals = scene.Count("intervals"), models = scene.Count("models");
  CheckFails(scene.Train({"--behaviors", "stil"}), 1, {"'stil'", "still, moving"});
  CheckFails(scene.Train({"--behaviors", "still", "--frames", "18:20", "--video", "video"}), 1,
             {"behavior 'still'", "no frame to learn from shows it"});
  CheckFails(scene.Train({"--author", "zoe"}), 1, {"'zoe'", "import"});
  CheckFails(scene.Train({"--view", "region"}), 1, {"region 'vole_1'", "--zones"});
  CheckFails(scene.Train({"--view", "sideways"}), 1, {"view 'sideways'"});
  CheckFails(scene.Train({"--flips", "horizontal:still=left"}), 1, {"'left'"});
  CheckFails({"ablate", scene.project, "--leave-one-video-out"}, 1, {"one video only", "--folds"});
  CheckFails({"ablate", scene.project}, 2, {"--test-video"});
  CheckFails({"ablate", scene.project, "--test-frames", "0:80"}, 1, {"nothing is left to learn"});

  // Import: outside of the video, and two behaviors of one group at once.
  CheckFails({"import", scene.project, "--format", "behaviors",
              scene.Write("bad.csv",
                          "video,subject,behavior,start_frame,stop_frame\n"
                          "video,vole_1,still,70,80\n")},
             1, {"line 2", "80"});
  CHECK(scene.Count("intervals") == intervals);
  CHECK(scene.Count("models") == models);
}

TEST_CASE("Exclusive intervals that overlap, two scorers, and an unknown behavior are named") {
  const Scored scene;
  VoleJson(scene.Train({"--exclusive"}));
  scene.Import(scene.project,
               "video,subject,behavior,start_frame,stop_frame\n"
               "video,vole_1,digging,5,12\n");
  CheckFails(scene.Train({"--exclusive"}), 1, {"both hold on frame", "exclude each other"});
  const Outcome scored = Vole({"predict", scene.project, "--model", "m"});
  INFO(Show(scored));
  CHECK(scored.code == 0);
  CHECK(scored.err.find("does not know the behavior 'digging'") != std::string::npos);
  scene.Import(scene.project,
               "video,subject,behavior,start_frame,stop_frame,rater\n"
               "video,vole_1,still,0,9,ben\n");
  CheckFails(scene.Train({}), 1, {"'ben', 'import'", "--author"});
  VoleJson(scene.Train({"--author", "import"}));
}

TEST_CASE("A cancelled scoring leaves whole chunks and a job that says so") {
  const Scored scene;
  VoleJson(scene.Train({"--view", "frame"}));
  CHECK(VoleJson({"models", scene.Path("m.safetensors")})["view"] == "frame");
  VoleJson({"predict", scene.project, "--model", "m", "--frames", "10:20"});
  const json jobs = VoleJson({"jobs", scene.project});
  CHECK(jobs.dump().find("\"behavior\"") != std::string::npos);
  CheckFails({"predict", scene.project, "--model", scene.scene + "/video.mp4"}, 1, {"video.mp4"});
}

TEST_CASE("Regions drawn in the workbench are what networks see, each a row of its own") {
  const Scored scene;
  CheckFails(scene.Train({"--view", "region"}), 1, {"region 'vole_1'", "--zones"});
  {
    datasets::Connection connection(scene.project, datasets::Connection::Mode::kReadWrite, 1000);
    for (const std::string name : {"vole_1", "vole_2"}) {
      const double x = name == "vole_1" ? 0 : 40;
      datasets::Writer(connection)
          .InsertRegion({0, 1, name, {{{x, 0}, {x + 40, 0}, {x + 40, 60}, {x, 60}}}});
    }
  }
  VoleJson(scene.Train({"--view", "region"}));
  const json scored = VoleJson({"predict", scene.project, "--behavior"});
  CHECK(scored["videos"][0]["subjects"] == json({"vole_1", "vole_2"}));
  CHECK(scored["pictures"] == 160);
}

TEST_CASE(
    "Without a name, predict takes a model that outlines, unless behavior is asked, and says why") {
  const Scored scene;
  const auto Says = [](const Outcome& outcome, const std::string& words) {
    INFO(Show(outcome) << "looking for: " << words);
    CHECK(outcome.code == 0);
    CHECK(outcome.err.find(words) != std::string::npos);
  };
  CheckFails({"predict", scene.project, "--behavior"}, 1, {"no model yet", "vole train"});
  VoleJson(scene.Train({"--exclusive"}));
  Says(Vole({"predict", scene.project}),
       "model: m (behavior-frame), which knows behavior: the only one");
  VoleJson({"train", scene.project, "--steps", "2", "--out", scene.Path("outlines")});
  VoleJson({"train", scene.project, "--model", "behavior-frame", "--steps", "3", "--picture-side",
            "32", "--exclusive", "--out", scene.Path("m2")});
  const Outcome outlined = Vole({"predict", scene.project, "--json"});
  Says(outlined, "model: outlines (idseg), which outlines animals: the only one");
  Says(outlined, "; --behavior scores behavior with m");
  CHECK(outlined.Json()["frames"] == 80);
  const Outcome scored = Vole({"predict", scene.project, "--behavior", "--json"});
  Says(scored, " (behavior-frame), which knows behavior: the ");
  CHECK(scored.Json()["pictures"] == 160);
  CHECK(Vole({"predict", scene.project, "--model", "outlines"}).err.find("which outlines") ==
        std::string::npos);
  CheckFails({"predict", scene.project, "--behavior", "--model", "outlines"}, 1,
             {"'outlines'", "knows no behavior"});
}

TEST_CASE("A model that learned from an earlier Vole's measures of motion is not misread") {
  const Scored scene;
  VoleJson({"train", scene.project, "--model", "behavior-seq", "--steps", "4", "--picture-side",
            "32", "--window", "2", "--exclusive", "--out", scene.Path("seq")});
  const std::string file = scene.Path("seq.safetensors");
  CHECK(VoleJson({"predict", scene.project, "--model", "seq"})["pictures"] == 160);
  std::ifstream in(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  const std::string now = "\\\"version\\\":2";  // within text within JSON
  const size_t at = bytes.find(now);
  REQUIRE(at != std::string::npos);
  bytes[at + now.size() - 1] = '1';
  std::ofstream(file, std::ios::binary) << bytes;
  CheckFails({"predict", scene.project, "--model", "seq"}, 1, {"earlier Vole", "train it again"});
}

TEST_CASE("Where only bouts were reviewed, nothing is learned about the rest of the video") {
  const Scored scene;
  const auto Decide = [&](const std::string& subject, const std::string& behavior, int start,
                          int end, bool present) {
    const auto project = datasets::Project::Open(scene.project);
    datasets::BehaviorIntervalRow row;
    row.video_id = project->Videos().front().id;
    row.subject = subject;
    for (const auto& one : project->Behaviors()) {
      if (one.name == behavior) row.behavior_id = one.id;
    }
    row.start_frame = start;
    row.end_frame = end;
    row.present = present;
    row.source = datasets::LabelSource::kAccepted;
    row.author = "reviewer";
    project->Write([&](datasets::Writer& writer) { writer.InsertBehaviorInterval(row); });
  };
  // A bout that was said to be wrong: its frames are not "moving", and that is all.
  Decide("vole_3", "moving", 0, 7, false);
  CHECK(VoleJson(scene.Train({"--view", "frame"}))["labels"] == 160 + 7);
  CHECK(VoleJson(scene.Train({"--view", "frame", "--exclusive"}))["labels"] == 160);
  // What happened there says it, whoever scored the others.
  Decide("vole_3", "still", 2, 12, true);
  CHECK(VoleJson(scene.Train({"--view", "frame", "--exclusive"}))["labels"] == 160 + 10);
  // A decision stands above the table that said otherwise; the table's rest stays.
  Decide("vole_1", "moving", 0, 5, true);
  CHECK(VoleJson(scene.Train({"--exclusive"}))["labels"] == 160 + 10);
}

TEST_CASE("A comparison of networks that fails or is cancelled leaves no models behind") {
  const auto leftovers = [] {
    int count = 0;
    const std::string cache = Scene().project + ".cache";
    if (!std::filesystem::exists(cache)) return count;
    for (const auto& entry : std::filesystem::directory_iterator(cache)) {
      count += entry.path().filename().string().rfind("ablate-", 0) == 0;
    }
    return count;
  };
  tests::Program program({VOLE_BINARY, "ablate", Scene().project, "--folds", "2", "--steps",
                          "100000", "--picture-side", "32", "--exclusive"});
  REQUIRE(program.WaitUntil([&] { return leftovers() > 0; }));
  program.Signal(SIGINT);
  CHECK(program.Wait().code == 130);
  CHECK(leftovers() == 0);
}

}  // namespace behavior_networks_test
