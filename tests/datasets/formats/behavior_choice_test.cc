#include "datasets/exchange/behavior_choice.h"

#include <doctest/doctest.h>

#include <cmath>
#include <fstream>

#include "datasets/behavior/scores.h"
#include "datasets/formats/behaviors/behaviors.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace behavior_choice_test {

namespace {

using datasets::BehaviorIntervalRow;
using datasets::Id;
using datasets::LabelSource;
using datasets::Project;
using datasets::Writer;

// walk and rear exclude each other, groom stands alone.
struct Scene {
  tests::TempDir folder;
  std::unique_ptr<Project> project = Project::Create(folder / "a.vole");
  Id walk = 0, rear = 0, groom = 0, job = 0;
  datasets::VideoRow video;

  Scene() {
    project->Write([&](Writer& writer) {
      tests::InsertVideo(writer, "one", 1000);
      datasets::BehaviorRow behavior;
      behavior.exclusion_group = "posture";
      behavior.name = "walk";
      walk = writer.FindOrInsertBehavior(behavior);
      behavior.name = "rear";
      rear = writer.FindOrInsertBehavior(behavior);
      behavior = {};
      behavior.name = "groom";
      groom = writer.FindOrInsertBehavior(behavior);
      job = writer.InsertJob(tests::PredictJob());
    });
    video = project->VideoByName("one");
  }
  void Predict(Id behavior, int start, int end, const std::string& subject = "a") {
    datasets::BehaviorPredictionRow bout;
    bout.job_id = job;
    bout.video_id = video.id;
    bout.subject = subject;
    bout.behavior_id = behavior;
    bout.start_frame = start;
    bout.end_frame = end;
    project->Write([&](Writer& writer) { writer.InsertBehaviorPrediction(bout); });
  }
  void Label(Id behavior, int start, int end, bool present, LabelSource source) {
    BehaviorIntervalRow label;
    label.video_id = video.id;
    label.subject = "a";
    label.behavior_id = behavior;
    label.start_frame = start;
    label.end_frame = end;
    label.present = present;
    label.source = source;
    label.author = "anna";
    project->Write([&](Writer& writer) { writer.InsertBehaviorInterval(label); });
  }
  std::vector<std::string> Chosen(const std::string& what) const {
    std::vector<std::string> texts;
    for (const auto& row : datasets::ChosenIntervals(*project, video, what)) {
      const char* name = row.behavior_id == walk   ? "walk"
                         : row.behavior_id == rear ? "rear"
                                                   : "groom";
      texts.push_back(row.subject + " " + (row.present ? "" : "not ") + name + " " +
                      std::to_string(row.start_frame) + ":" + std::to_string(row.end_frame) + " " +
                      row.author);
    }
    return texts;
  }
};

using Texts = std::vector<std::string>;

TEST_CASE("decisions about bouts change only the frames that they are about") {
  Scene scene;
  scene.Predict(scene.walk, 100, 200);
  scene.Predict(scene.rear, 300, 400);
  scene.Predict(scene.groom, 500, 600);
  scene.Label(scene.walk, 150, 160, false, LabelSource::kAccepted);
  scene.Label(scene.walk, 380, 420, true, LabelSource::kAccepted);
  scene.Label(scene.walk, 550, 560, true, LabelSource::kAccepted);
  CHECK(scene.Chosen("labels").size() == 3);
  CHECK(scene.Chosen("predictions") == Texts{"a walk 100:200 prediction",
                                             "a rear 300:400 prediction",
                                             "a groom 500:600 prediction"});
  CHECK(scene.Chosen("final") == Texts{"a walk 100:150 prediction", "a walk 160:200 prediction",
                                       "a rear 300:380 prediction", "a walk 380:420 anna",
                                       "a groom 500:600 prediction", "a walk 550:560 anna"});
}

TEST_CASE(
    "where a person has scored an animal, that is all; other animals keep the machine's word") {
  Scene scene;
  scene.Predict(scene.walk, 100, 200, "a");
  scene.Predict(scene.walk, 100, 200, "b");
  scene.Label(scene.groom, 700, 710, true, LabelSource::kDrawn);
  CHECK(scene.Chosen("final") == Texts{"b walk 100:200 prediction", "a groom 700:710 anna"});
  const auto scores = datasets::ScoresFromProject(*scene.project, datasets::ScoreSource::kFinal);
  REQUIRE(scores.series.size() == 2);
  CHECK(scores.series[0].author == "final");
  CHECK(scores.Authors() == Texts{"final"});
}

TEST_CASE("who scored what is final is said, and one of several can be chosen") {
  Scene scene;
  scene.Label(scene.walk, 100, 200, true, LabelSource::kDrawn);
  const auto final = [&](const std::string& author = "") {
    return datasets::ScoresFromProject(*scene.project, datasets::ScoreSource::kFinal, {}, 0,
                                       author);
  };
  CHECK(final().united.empty());
  scene.project->Write([&](datasets::Writer& writer) {
    datasets::BehaviorIntervalRow bout = scene.project->BehaviorIntervals(scene.video.id).at(0);
    bout.author = "bob";
    bout.start_frame = 300;
    bout.end_frame = 350;
    writer.InsertBehaviorInterval(bout);
  });
  REQUIRE(final().united.size() == 1);
  CHECK(final().united[0].find("/ a (anna, bob)") != std::string::npos);
  REQUIRE(final().series.size() == 1);
  CHECK(final().series[0].bouts.size() == 2);
  const auto of_bob = final("bob");
  CHECK(of_bob.united.empty());
  REQUIRE(of_bob.series.size() == 1);
  REQUIRE(of_bob.series[0].bouts.size() == 1);
  CHECK(of_bob.series[0].bouts[0].start_frame == 300);
  CHECK(tests::MessageOf([&] { final("carl"); }).find("there are: anna, bob") != std::string::npos);
}

TEST_CASE("of a video that was scored in part, the rest is not known") {
  Scene scene;
  scene.Predict(scene.walk, 100, 200);
  scene.project->Write([&](datasets::Writer& writer) {
    const Id series =
        writer.FindOrInsertBehaviorSeries({0, scene.job, scene.video.id, "a", scene.walk});
    writer.WriteBehaviorScores(series, 0, std::vector<float>(400, 0.5f));
  });
  const auto scores =
      datasets::ScoresFromProject(*scene.project, datasets::ScoreSource::kPredictions);
  REQUIRE(scores.series.size() == 1);
  REQUIRE(scores.series[0].unseen.size() == 1);
  const auto& unseen = scores.series[0].unseen.begin()->second;
  REQUIRE(unseen.size() == 1);
  CHECK(unseen[0].start_frame == 400);
  CHECK(unseen[0].end_frame == scene.video.frame_count);
}

TEST_CASE("an animal that was never seen where the job looked has not left everything undone") {
  Scene scene;
  scene.Predict(scene.walk, 100, 200);
  scene.project->Write([&](datasets::Writer& writer) {
    const auto series = [&](const std::string& animal) {
      return writer.FindOrInsertBehaviorSeries({0, scene.job, scene.video.id, animal, scene.walk});
    };
    writer.WriteBehaviorScores(series("a"), 0, std::vector<float>(400, 0.5f));
    writer.WriteBehaviorScores(series("b"), 0, std::vector<float>(400, std::nanf("")));
    series("c");  // of whom no scores were kept: that says nothing
  });
  const auto scores =
      datasets::ScoresFromProject(*scene.project, datasets::ScoreSource::kPredictions);
  REQUIRE(scores.series.size() == 3);
  CHECK(scores.series[0].unseen.begin()->second.at(0).start_frame == 400);
  REQUIRE(scores.series[1].unseen.size() == 1);
  CHECK(scores.series[1].unseen.begin()->second.at(0).start_frame == 0);
  CHECK(scores.series[1].unseen.begin()->second.at(0).end_frame == scene.video.frame_count);
  CHECK(scores.series[2].unseen.empty());
}

TEST_CASE("a table of predicted or final behavior can be written, and reads back the same") {
  Scene scene;
  scene.Predict(scene.walk, 100, 200);
  scene.Label(scene.rear, 150, 170, true, LabelSource::kAccepted);
  datasets::ExportOptions options;
  datasets::Job quiet;
  for (const auto& [what, lines] :
       {std::pair<std::string, size_t>{"predictions", 1}, {"final", 3}}) {
    options.what = what;
    const auto path = scene.folder / (what + ".csv");
    CHECK(datasets::ExportBehaviors(*scene.project, path, options, quiet).intervals ==
          static_cast<int>(lines));
    const auto rows = datasets::ReadBehaviorTable(path);
    REQUIRE(rows.size() == lines);
    CHECK(rows[0].start_frame == 100);
    CHECK(rows[0].end_frame == (what == "final" ? 150 : 200));
    CHECK(rows[0].rater == "prediction");
  }
  CHECK(tests::MessageOf([&] {
          datasets::ChosenIntervals(*scene.project, scene.video, "all");
        }).find("labels, predictions or final") != std::string::npos);
}

}  // namespace

}  // namespace behavior_choice_test
