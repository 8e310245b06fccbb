#include <doctest/doctest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "datasets/score_writer.h"
#include "datasets/store/connection.h"
#include "datasets/store/score_series.h"
#include "datasets/verify.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace behavior_scores_test {

namespace {

using datasets::BehaviorScoreWriter;
using datasets::Id;
using datasets::Project;
using datasets::Writer;
using tests::MessageOf;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// A video of 2500 frames (two and a half chunks), two behaviors, a job, one label of a person.
struct Scene {
  tests::TempDir folder;
  std::unique_ptr<Project> project = Project::Create(folder / "a.vole");
  Id video = 0, job = 0, walk = 0, rear = 0;

  Scene() {
    project->Write([&](Writer& writer) {
      video = tests::InsertVideo(writer, "one", 2500);
      job = writer.InsertJob(tests::PredictJob());
      datasets::BehaviorRow behavior;
      behavior.name = "walk";
      walk = writer.FindOrInsertBehavior(behavior);
      behavior.name = "rear";
      rear = writer.FindOrInsertBehavior(behavior);
      datasets::BehaviorIntervalRow label;
      label.video_id = video;
      label.behavior_id = walk;
      label.end_frame = 10;
      writer.InsertBehaviorInterval(label);
    });
  }
  static float Walk(int frame) { return static_cast<float>(frame % 101) / 100; }
  void Fill(int end_frame) {
    BehaviorScoreWriter scores(*project, job, video, "vole_1", {walk, rear});
    for (int frame = 0; frame < end_frame; ++frame) scores.Add({Walk(frame), 1 - Walk(frame)});
    scores.Finish();
  }
  Id Series(Id behavior) const {
    for (const auto& series : project->BehaviorSeries(job, video)) {
      if (series.behavior_id == behavior) return series.id;
    }
    return 0;
  }
};

TEST_CASE("scores read back to 1/65534 over any span, and nothing is where nothing was written") {
  Scene scene;
  scene.Fill(2300);
  const auto all = scene.project->BehaviorSeries(scene.job, scene.video);
  REQUIRE(all.size() == 2);
  CHECK(all[0].subject == "vole_1");
  CHECK(scene.project->LatestBehaviorJob(scene.video) == scene.job);
  const int spans[][2] = {{0, 2500}, {990, 1010}, {2250, 2400}, {1999, 2000}, {2400, 2450}};
  for (const auto& span : spans) {
    const auto walk = scene.project->BehaviorScores(scene.Series(scene.walk), span[0], span[1]);
    const auto rear = scene.project->BehaviorScores(scene.Series(scene.rear), span[0], span[1]);
    REQUIRE(walk.size() == static_cast<size_t>(span[1] - span[0]));
    double worst = 0;
    for (int frame = span[0]; frame < span[1]; ++frame) {
      const auto at = static_cast<size_t>(frame - span[0]);
      REQUIRE(std::isnan(walk[at]) == (frame >= 2300));
      if (frame >= 2300) continue;
      worst = std::max<double>(worst, std::abs(walk[at] - Scene::Walk(frame)));
      worst = std::max<double>(worst, std::abs(rear[at] - (1 - Scene::Walk(frame))));
    }
    CHECK(worst <= 0.5 / 65534 + 1e-7);
  }
  CHECK(scene.project->BehaviorScores(scene.Series(scene.walk), 5, 5).empty());
  datasets::Job quiet;
  for (const auto& finding : datasets::Verify(*scene.project, quiet)) {
    CHECK(finding.code == "video_missing");
  }
}

TEST_CASE("0, 1 and 'no score' are exact, two bytes a frame") {
  const std::vector<float> scores = {0, 1, kNaN, 0.5f};
  const std::string bytes = datasets::PackScores(scores);
  CHECK(bytes.size() == 8);
  const auto again = datasets::UnpackScores(bytes);
  CHECK(again[0] == 0);
  CHECK(again[1] == 1);
  CHECK(std::isnan(again[2]));
  CHECK(again[3] == 0.5f);
  CHECK(Has(MessageOf([] { datasets::UnpackScores("abc"); }), "damaged"));
  CHECK(Has(MessageOf([] { datasets::UnpackScores(std::string(4000, 'a')); }), "damaged"));
  for (const float wrong : {-0.01f, 1.01f, std::numeric_limits<float>::infinity()}) {
    CHECK(Has(MessageOf([&] { datasets::PackScores({wrong}); }), "not a probability"));
  }
}

TEST_CASE("a later run over a part replaces only that part") {
  Scene scene;
  scene.Fill(2500);
  BehaviorScoreWriter part(*scene.project, scene.job, scene.video, "vole_1", {scene.walk}, 995);
  for (int frame = 995; frame < 1003; ++frame) part.Add({0.25f});
  part.AddNone(2);
  part.Finish();
  const auto scores = scene.project->BehaviorScores(scene.Series(scene.walk), 0, 2500);
  CHECK(scores[994] == doctest::Approx(Scene::Walk(994)).epsilon(1e-4));
  CHECK(scores[995] == doctest::Approx(0.25).epsilon(1e-4));
  CHECK(scores[1002] == doctest::Approx(0.25).epsilon(1e-4));
  CHECK(std::isnan(scores[1003]));
  CHECK(scores[1005] == doctest::Approx(Scene::Walk(1005)).epsilon(1e-4));
  CHECK(scene.project->BehaviorSeries(scene.job, scene.video).size() == 2);
}

TEST_CASE("the peaks of a whole video are the highest scores of each bin") {
  Scene scene;
  BehaviorScoreWriter writer(*scene.project, scene.job, scene.video, "", {scene.rear});
  for (int frame = 0; frame < 1400; ++frame) writer.Add({frame == 777 ? 1.0f : 0.5f});
  writer.AddNone(800);
  for (int frame = 2200; frame < 2500; ++frame) writer.Add({0});
  writer.Finish();
  const Id series = scene.Series(scene.rear);
  const auto peaks = scene.project->BehaviorScorePeaks(series, 2500, 300);  // bins cross chunks
  const std::vector<uint8_t> expected = {127, 127, 254, 127, 127, 255, 255, 0, 0};
  CHECK(peaks == expected);
  const auto each = scene.project->BehaviorScorePeaks(series, 2500, 1);
  REQUIRE(each.size() == 2500);
  CHECK(each[776] == 127);
  CHECK(each[777] == 254);
  CHECK(each[1400] == 255);
  CHECK(scene.project->BehaviorScorePeaks(series, 2500, 5000) == std::vector<uint8_t>{254});
}

TEST_CASE("what cannot be scores of this project is refused and leaves nothing") {
  Scene scene;
  const auto make = [&](Id job, Id video, std::vector<Id> behaviors, int start) {
    return MessageOf(
        [&] { BehaviorScoreWriter(*scene.project, job, video, "", behaviors, start); });
  };
  CHECK(Has(make(scene.job, scene.video, {scene.walk, 99}, 0), "behavior 99"));
  CHECK(Has(make(99, scene.video, {scene.walk}, 0), "job 99"));
  CHECK(Has(make(scene.job, 99, {scene.walk}, 0), "video 99"));
  CHECK(Has(make(scene.job, scene.video, {}, 0), "no behavior"));
  CHECK(Has(make(scene.job, scene.video, {scene.walk, scene.walk}, 0), "twice"));
  CHECK(Has(make(scene.job, scene.video, {scene.walk}, 2501), "outside of the video"));
  CHECK(scene.project->BehaviorSeries(scene.job, scene.video).empty());

  BehaviorScoreWriter scores(*scene.project, scene.job, scene.video, "", {scene.walk}, 2499);
  CHECK(Has(MessageOf([&] { scores.Add({1.5f}); }), "not a probability"));
  CHECK(Has(MessageOf([&] { scores.Add({0.5f, 0.5f}); }), "2 scores for 1 behaviors"));
  scores.Add({0.5f});
  CHECK(Has(MessageOf([&] { scores.Add({0.5f}); }), "frame 2500 is outside"));
  scores.Finish();
  CHECK(scene.project->BehaviorScores(scene.Series(scene.walk), 2499, 2500)[0] ==
        doctest::Approx(0.5).epsilon(1e-4));
}

TEST_CASE("a job killed while it writes leaves whole chunks, and every label as it was") {
  Scene scene;
  int pipe_ends[2];
  REQUIRE(pipe(pipe_ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto project = Project::Open(scene.project->file());
    BehaviorScoreWriter scores(*project, scene.job, scene.video, "vole_1",
                               {scene.walk, scene.rear});
    for (int frame = 0; frame < 1700; ++frame) scores.Add({0.5f, 0.25f});
    project->Write([&](Writer& writer) {  // dies between the two halves of a chunk
      writer.WriteBehaviorScores(1, 1000, std::vector<float>(700, 0.5f));
      if (write(pipe_ends[1], "x", 1) != 1) _exit(3);
      for (;;) pause();
    });
    _exit(0);
  }
  char byte = 0;
  REQUIRE(read(pipe_ends[0], &byte, 1) == 1);
  kill(child, SIGKILL);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  auto project = Project::Open(scene.project->file());
  for (const Id behavior : {scene.walk, scene.rear}) {
    const auto scores = project->BehaviorScores(scene.Series(behavior), 0, 2500);
    const auto known =
        std::count_if(scores.begin(), scores.end(), [](float score) { return !std::isnan(score); });
    CHECK(known == 1000);
    CHECK_FALSE(std::isnan(scores[999]));
  }
  CHECK(project->BehaviorIntervals(scene.video).size() == 1);
  BehaviorScoreWriter again(*project, scene.job, scene.video, "vole_1", {scene.walk}, 1000);
  again.Add({1});
  again.Finish();
  CHECK(project->BehaviorScores(scene.Series(scene.walk), 1000, 1001)[0] == 1);
}

TEST_CASE("verify finds damaged scores and bouts outside of the video") {
  Scene scene;
  scene.Fill(1500);
  scene.project->Write([&](Writer& writer) {
    writer.connection().Run("UPDATE behavior_scores SET scores = x'010203' WHERE id = 1");
    writer.connection().Run("UPDATE behavior_scores SET chunk = 9 WHERE id = 2");
    datasets::BehaviorPredictionRow bout;
    bout.job_id = scene.job;
    bout.video_id = scene.video;
    bout.behavior_id = scene.walk;
    bout.start_frame = 2400;
    bout.end_frame = 2600;
    writer.InsertBehaviorPrediction(bout);
  });
  datasets::Job quiet;
  int scores = 0, intervals = 0;
  for (const auto& finding : datasets::Verify(*scene.project, quiet)) {
    scores += finding.code == "scores";
    intervals += finding.code == "interval";
  }
  CHECK(scores == 2);
  CHECK(intervals == 1);
}

}  // namespace

}  // namespace behavior_scores_test
