// Animals that get another name: what people, models and queues said of them goes on meaning them.
#include <doctest/doctest.h>

#include "annotate/edits.h"
#include "annotate/edits_removal.h"
#include "annotate/history.h"
#include "datasets/model_files.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace renaming_test {

namespace {

using datasets::Id;
using datasets::Project;
using datasets::Writer;
using tests::MessageOf;

// Two animals on ten predicted frames, an episode about the first, a bout of hers, a model of both.
struct Scene {
  tests::TempDir folder;
  std::unique_ptr<Project> project = Project::Create(folder / "a.vole");
  Id video = 0, job = 0, ada = 0, bo = 0, model = 0;
  annotate::History history{*project, "me"};

  Scene() {
    project->Write([&](Writer& writer) {
      video = tests::InsertVideo(writer, "one", 100);
      ada = writer.FindOrInsertCategory("ada");
      bo = writer.FindOrInsertCategory("bo");
      job = writer.InsertJob(tests::PredictJob());
      for (int frame = 0; frame < 10; ++frame) {
        writer.InsertPrediction(tests::Prediction(job, video, frame, ada));
        writer.InsertPrediction(tests::Prediction(job, video, frame, bo));
      }
      writer.InsertReviewItem(
          {0, job, video, 2, 5, "jump", "it jumps", 0.5, R"(["ada","stranger"])", "", {}, ""});
      writer.InsertReviewItem(
          {0, job, video, 6, 8, "jump", "it jumps", 0.4, R"(["ada"])", "", {}, ""});
      datasets::BehaviorIntervalRow bout;
      bout.video_id = video;
      bout.subject = "ada";
      bout.behavior_id = writer.FindOrInsertBehavior({0, "rest", false, "", 1, ""});
      bout.start_frame = 3;
      bout.end_frame = 9;
      writer.InsertBehaviorInterval(bout);
      datasets::ModelRow row;
      row.name = "m";
      row.architecture = "idseg";
      row.weights_path = "m.safetensors";
      row.config_json = R"({"classes":["ada","bo"],"categories":[)" + std::to_string(ada) + "," +
                        std::to_string(bo) + "]}";
      model = writer.InsertModel(row);
    });
  }

  void Rename(Id animal, const std::string& name) {
    for (datasets::CategoryRow row : project->Categories()) {
      if (row.id != animal) continue;
      row.name = name;
      history.Apply(annotate::ChangeCategory(row));
      return;
    }
  }
  datasets::ReviewItemRow Episode(int start_frame) {
    for (const auto& item : project->ReviewItems(job)) {
      if (item.start_frame == start_frame) return item;
    }
    return {};
  }
  int Rejected() {
    int rejected = 0;
    for (int frame = 0; frame < 10; ++frame) {
      rejected += 2 - static_cast<int>(project->PredictionsAt(job, video, frame).size());
    }
    return rejected;
  }
};

}  // namespace

TEST_CASE("An episode means its animal under any name, and rejecting it leaves the others") {
  Scene scene;
  CHECK(scene.Episode(2).animals_json == R"(["ada","stranger"])");
  scene.Rename(scene.ada, "Queen");
  scene.Rename(scene.bo, "ada");  // whom a look by name would take now
  CHECK(scene.Episode(6).animals_json == R"(["Queen"])");
  scene.history.Apply(annotate::DecideEpisode(scene.Episode(6), annotate::Verdict::kRejected, 1));
  CHECK(scene.Rejected() == 2);  // of frames 6 and 7
  for (const auto& row : scene.project->PredictionsAt(scene.job, scene.video, 6)) {
    CHECK(row.category_id == scene.bo);
  }
}

TEST_CASE("Rejecting an episode about an animal that the project lacks is refused, not widened") {
  Scene scene;
  const std::string why = MessageOf([&] {
    scene.history.Apply(annotate::DecideEpisode(scene.Episode(2), annotate::Verdict::kRejected, 1));
  });
  CHECK(why.find("stranger") != std::string::npos);
  CHECK(why.find("--rebuild") != std::string::npos);
  CHECK(scene.Rejected() == 0);
}

TEST_CASE("An animal's bouts get its new name, and undo gives the old one back") {
  Scene scene;
  scene.Rename(scene.ada, "Queen");
  CHECK(scene.project->BehaviorIntervals(scene.video).at(0).subject == "Queen");
  scene.history.Undo();
  CHECK(scene.project->BehaviorIntervals(scene.video).at(0).subject == "ada");
  CHECK(scene.project->Categories().at(0).name == "ada");
}

namespace {

// What machines said of ada's rest, and a decision about it.
void PredictRest(Scene& scene) {
  scene.project->Write([&](Writer& writer) {
    datasets::BehaviorPredictionRow bout;
    bout.job_id = scene.job;
    bout.video_id = scene.video;
    bout.subject = "ada";
    bout.behavior_id = scene.project->Behaviors().at(0).id;
    bout.start_frame = 20;
    bout.end_frame = 30;
    writer.InsertBehaviorPrediction(bout);
    writer.InsertReviewItem(annotate::EpisodeOf(bout));
    writer.FindOrInsertBehaviorSeries({0, scene.job, scene.video, "ada", bout.behavior_id});
    datasets::ModelRow model;
    model.name = "rests";
    model.architecture = "behavior-frame";
    model.weights_path = "rests.safetensors";
    model.config_json =
        R"({"held_out":[{"video":"one","subject":"ada","start_frame":0,"end_frame":9},)"
        R"({"video":"one","subject":"bo","start_frame":0,"end_frame":9}]})";
    writer.InsertModel(model);
  });
  scene.history.Apply(annotate::DecideEpisode(scene.Episode(20), annotate::Verdict::kAccepted, 1));
}

// Whose the scores, the bout, its episode, its decision and the first held-out span are.
std::vector<std::string> WhoRests(Scene& scene) {
  std::vector<std::string> subjects = {
      scene.project->BehaviorSeries(scene.job, scene.video).at(0).subject,
      scene.project->BehaviorPredictions(scene.job, scene.video).at(0).subject,
      scene.Episode(20).subject, scene.project->ReviewDecisions(scene.job).at(0).subject};
  for (const datasets::ModelRow& model : scene.project->Models()) {
    const auto config = nlohmann::json::parse(model.config_json);
    if (model.name != "rests") continue;
    subjects.push_back(config["held_out"][0]["subject"]);
    CHECK(config["held_out"][1]["subject"] == "bo");
  }
  return subjects;
}

}  // namespace

TEST_CASE(
    "What was predicted of an animal's behavior, decided and held back goes by its new name") {
  Scene scene;
  PredictRest(scene);
  CHECK(WhoRests(scene) == std::vector<std::string>(5, "ada"));
  scene.Rename(scene.ada, "Queen");
  CHECK(WhoRests(scene) == std::vector<std::string>(5, "Queen"));
  CHECK(scene.Episode(20).verdict == "accepted");
  scene.Rename(scene.bo, "ada");  // takes nothing of hers
  CHECK(scene.project->BehaviorSeries(scene.job, scene.video).at(0).subject == "Queen");
  scene.history.Undo();
  scene.history.Undo();
  CHECK(WhoRests(scene) == std::vector<std::string>(5, "ada"));
  scene.history.Redo();
  CHECK(WhoRests(scene) == std::vector<std::string>(5, "Queen"));
}

TEST_CASE("Bouts that a region of the same name may own stay with it") {
  Scene scene;
  scene.project->Write([&](Writer& writer) {
    datasets::RegionRow region;
    region.video_id = scene.video;
    region.name = "ada";
    region.polygons = {{{1, 1}, {9, 1}, {9, 9}}};
    writer.InsertRegion(region);
  });
  scene.Rename(scene.ada, "Queen");
  CHECK(scene.project->BehaviorIntervals(scene.video).at(0).subject == "ada");
}

TEST_CASE("What was predicted for a region of the animal's name stays with it") {
  Scene scene;
  PredictRest(scene);
  scene.project->Write([&](Writer& writer) {
    datasets::RegionRow region;
    region.video_id = scene.video;
    region.name = "ada";
    region.polygons = {{{1, 1}, {9, 1}, {9, 9}}};
    writer.InsertRegion(region);
  });
  scene.Rename(scene.ada, "Queen");
  CHECK(WhoRests(scene) == std::vector<std::string>(5, "ada"));
}

TEST_CASE(
    "A model goes on knowing its animals when they are renamed, even when names change hands") {
  Scene scene;
  scene.Rename(scene.ada, "x");
  scene.Rename(scene.bo, "ada");
  scene.Rename(scene.ada, "bo");
  const std::vector<Id> animals =
      datasets::AnimalsOfModel(*scene.project, scene.model, {"ada", "bo"});
  CHECK(animals == std::vector<Id>{scene.ada, scene.bo});
  CHECK(scene.project->Categories().size() == 2);
  // A model from elsewhere knows names alone; one of other classes is not what was stored.
  CHECK(datasets::AnimalsOfModel(*scene.project, {}, {"ada", "bo"}) ==
        std::vector<Id>{scene.bo, scene.ada});
  CHECK(datasets::AnimalsOfModel(*scene.project, scene.model, {"cy"}).size() == 1);
  CHECK(scene.project->Categories().size() == 3);
}

}  // namespace renaming_test
