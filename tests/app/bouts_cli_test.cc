// Behavior from scores to labels on the command line: bouts, review, report, export.
#include <doctest/doctest.h>

#include "datasets/base/error.h"
#include "datasets/project.h"
#include "datasets/score_writer.h"
#include "datasets/store/score_series.h"
#include "tests/support/journey.h"
#include "tests/support/store_data.h"

namespace bouts_cli_test {

namespace {

using datasets::Id;
using nlohmann::json;
using tests::CheckFails;
using tests::VoleJson;

// One video of 2000 frames; walk (0.9) at 100:200, doubtful (0.6) at 500:560, and rear nearly (0.3)
// at 800:840, all by vole_1.
struct Scene {
  tests::TempDir folder;
  std::string project = (folder / "p.vole").string();

  explicit Scene(bool scored = true) {
    const auto file = datasets::Project::Create(project);
    Id video = 0, job = 0, walk = 0, rear = 0;
    file->Write([&](datasets::Writer& writer) {
      video = tests::InsertVideo(writer, "one", 2000);
      datasets::BehaviorRow behavior;
      behavior.exclusion_group = "posture";
      behavior.name = "walk";
      walk = writer.FindOrInsertBehavior(behavior);
      behavior.name = "rear";
      rear = writer.FindOrInsertBehavior(behavior);
      datasets::JobRow row;
      row.kind = "behavior";
      row.state = "done";
      job = writer.InsertJob(row);
    });
    if (!scored) return;
    datasets::BehaviorScoreWriter writer(*file, job, video, "vole_1", {walk, rear});
    for (int frame = 0; frame < 2000; ++frame) {
      const bool sure = frame >= 100 && frame < 200, doubtful = frame >= 500 && frame < 560;
      const bool nearly = frame >= 800 && frame < 840;
      writer.Add({sure ? 0.9f : doubtful ? 0.6f : 0.0f, nearly ? 0.3f : 0.0f});
    }
    writer.Finish();
  }
  json Bouts(std::vector<std::string> more = {"--sigma-frames", "0"}) const {
    more.insert(more.begin(), {"bouts", project});
    return VoleJson(more);
  }
  // The episode that starts at that frame.
  std::string Episode(int start_frame) const {
    for (const json& row : VoleJson({"review", project, "--all"})) {
      if (row["start_frame"] == start_frame) return std::to_string(row["episode"].get<int>());
    }
    return "none";
  }
  std::string Verdict(int start_frame) const {
    for (const json& row : VoleJson({"review", project, "--all"})) {
      if (row["start_frame"] == start_frame) return row["verdict"];
    }
    return "none";
  }
  std::vector<datasets::BehaviorIntervalRow> Labels() const {
    const auto file = datasets::Project::Open(project);
    return file->BehaviorIntervals(file->VideoByName("").id);
  }
};

TEST_CASE("Bouts come from scores with the options given, and are listed by behavior") {
  const Scene scene;
  const json made = scene.Bouts();
  CHECK(made["jobs"][0]["bouts"] == 2);
  REQUIRE(made["behaviors"].size() == 2);
  for (const json& row : made["behaviors"]) {
    CHECK(row["bouts"] == (row["behavior"] == "walk" ? 2 : 0));
    CHECK(row["frames"] == (row["behavior"] == "walk" ? 160 : 0));
  }
  const json strict = scene.Bouts({"--sigma-frames", "0", "--threshold", "0.7"});
  CHECK(strict["jobs"][0]["bouts"] == 1);
  CHECK(scene.Bouts({"--keep"})["jobs"][0]["bouts"] == 1);
  const std::string table = (scene.folder / "scores.csv").string();
  scene.Bouts({"--keep", "--scores", table});
  std::ifstream in(table);
  std::string line;
  std::getline(in, line);
  CHECK(line == "video,subject,frame,walk,rear");
  std::getline(in, line);
  CHECK(line == "one,vole_1,0,0.00000,0.00000");
}

TEST_CASE("A doubtful bout is accepted, rejected or corrected into labels, and can be told apart") {
  const Scene scene;
  scene.Bouts();
  const json queue = VoleJson({"review", scene.project});
  REQUIRE(queue.size() >= 2);
  // Most doubtful first: the nearly missed one (0.3 wrong) after the doubtful bout (0.4 wrong).
  CHECK(queue[0]["start_frame"] == 500);
  CHECK(queue[0]["behavior"] == "walk");
  CHECK(queue[0]["subject"] == "vole_1");
  CHECK(queue[0]["reason_code"] == "doubtful_behavior");
  CHECK(queue[1]["reason_code"] == "missed_behavior");

  const json corrected = VoleJson({"review", scene.project, "correct", scene.Episode(500),
                                   "--frames", "510:560", "--behavior", "rear"});
  CHECK(corrected["decided"][0]["labels_added"] == 2);
  VoleJson({"review", scene.project, "reject", scene.Episode(800)});
  const auto labels = scene.Labels();
  REQUIRE(labels.size() == 3);
  CHECK(labels[0].start_frame == 500);
  CHECK_FALSE(labels[0].present);
  CHECK(labels[1].start_frame == 510);
  CHECK(labels[1].present);
  CHECK(labels[2].start_frame == 800);  // what was said to be missed did happen
  CHECK(labels[2].present);
  CHECK(scene.Verdict(500) == "corrected");
  CHECK(scene.Verdict(800) == "rejected");
  // The bouts made anew are the machine's, untouched; what was decided stays decided.
  CHECK(scene.Bouts()["jobs"][0]["bouts"] == 2);
  CHECK(scene.Verdict(500) == "corrected");
  CHECK(scene.Labels().size() == 3);
}

TEST_CASE("Report and export take predicted bouts alone, or where nobody has decided") {
  const Scene scene;
  scene.Bouts();
  VoleJson({"review", scene.project, "reject", scene.Episode(500)});
  const auto frames = [&](const std::string& what, const std::string& behavior) {
    int sum = 0;
    const json report = VoleJson({"report", scene.project, "--what", what});
    for (const json& row : report["budget"]) {
      if (row["behavior"] == behavior) sum += row["frames"].get<int>();
    }
    return sum;
  };
  CHECK(frames("predictions", "walk") == 160);
  CHECK(frames("final", "walk") == 100);
  const std::string table = (scene.folder / "final.csv").string();
  VoleJson({"export", scene.project, "--format", "behaviors", "--what", "final", "--out", table});
  std::ifstream in(table);
  std::string head, first, second;
  std::getline(in, head);
  std::getline(in, first);
  CHECK(first.find("vole_1,prediction,walk,100,199") != std::string::npos);
  CHECK_FALSE(std::getline(in, second));
  const tests::Outcome said = tests::Vole({"export", scene.project, "--format", "boris", "--what",
                                           "final", "--out", (scene.folder / "b.csv").string()});
  INFO(tests::Show(said));
  CHECK(said.out.find("b.csv: 1 interval.") != std::string::npos);  // and no "0 outlines"
}

TEST_CASE("Mistakes with bouts are one clear line") {
  const Scene scene;
  scene.Bouts();
  CheckFails({"bouts", scene.project, "--thresholds", "wlak=0.3"}, 1, {"wlak", "did you mean"});
  CheckFails({"bouts", scene.project, "--calibration", "magic"}, 1, {"magic", "isotonic"});
  CheckFails({"bouts", scene.project, "--job", "77"}, 1, {"job 77"});
  CheckFails({"bouts", scene.project, "--min-bout-frames", "0"}, 2, {"--min-bout-frames"});
  const std::string episode = scene.Episode(500);
  CheckFails({"review", scene.project, "correct", episode}, 2, {"--frames"});
  CheckFails({"review", scene.project, "correct", episode, "--behavior", "wlak"}, 1,
             {"wlak", "did you mean 'walk'"});
  CheckFails({"review", scene.project, "correct", episode, "--frames", "1990:2010"}, 1,
             {"outside of the video"});
  CHECK(scene.Labels().empty());
  const Scene bare(false);
  CheckFails({"bouts", bare.project}, 1, {"no behavior has been scored yet", "vole train"});
}

}  // namespace

}  // namespace bouts_cli_test
