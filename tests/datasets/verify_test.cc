#include "datasets/store/verify.h"

#include <doctest/doctest.h>

#include <fstream>
#include <map>

#include "datasets/store/connection.h"
#include "datasets/store/writer.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace {

using datasets::Id;
using datasets::Project;
using datasets::Writer;

std::map<std::string, int> CodesOf(const Project& project) {
  datasets::Job job;
  std::map<std::string, int> codes;
  for (const auto& finding : datasets::Verify(project, job)) {
    ++codes[finding.code];
    CHECK(finding.text.find('\n') == std::string::npos);
  }
  return codes;
}

using Codes = std::map<std::string, int>;

struct Scene {
  tests::TempDir folder;
  std::unique_ptr<Project> project = Project::Create(folder / "a.vole");
  Id image = 0, category = 0, label = 0, job = 0;
  Scene() {
    project->Write([&](Writer& writer) {
      image = writer.FindOrInsertPicture("p", 64, 48);
      category = writer.FindOrInsertCategory("a");
      auto row = tests::Square(image, category, 1, 1, 5);
      row.rle = datasets::RlePolygons(row.polygons, 48, 64);
      label = writer.InsertAnnotation(row);
    });
  }
  void Run(const std::string& sql) {
    project->Write([&](Writer& writer) { writer.connection().Script(sql); });
  }
};

TEST_CASE("a sound project has no findings") {
  Scene scene;
  CHECK(CodesOf(*scene.project).empty());
}

TEST_CASE("every kind of damage is found and named") {
  Scene scene;
  scene.Run("UPDATE annotations SET polygons = '[[1,2,3,4]]'");
  CHECK(CodesOf(*scene.project) == Codes{{"polygon", 1}});
  scene.Run("UPDATE annotations SET polygons = '[\"x\"]'");
  CHECK(CodesOf(*scene.project) == Codes{{"polygon", 1}});
  scene.Run("UPDATE annotations SET polygons = NULL, rle_width = 63");
  CHECK(CodesOf(*scene.project) == Codes{{"mask", 1}});
  scene.Run("UPDATE annotations SET rle = 'zzz', rle_width = 64");
  CHECK(CodesOf(*scene.project) == Codes{{"mask", 1}});
  scene.Run("DELETE FROM annotations");
  CHECK(CodesOf(*scene.project).empty());
  scene.project->Write([](Writer& writer) {
    const Id video = tests::InsertVideo(writer, "gone", 10);
    writer.FindOrInsertImage(video, 10, 64, 48);
    const Id job = writer.InsertJob(tests::PredictJob());
    auto prediction = tests::Prediction(job, video, 3, writer.FindOrInsertCategory("a"));
    prediction.frame_index = 12;
    writer.InsertPrediction(prediction);
    datasets::BehaviorIntervalRow interval;
    interval.video_id = video;
    interval.behavior_id = writer.FindOrInsertBehavior({0, "walk", false, "", 1, ""});
    interval.start_frame = 8;
    interval.end_frame = 12;
    writer.InsertBehaviorInterval(interval);
  });
  CHECK(CodesOf(*scene.project) == Codes{{"image", 2}, {"interval", 1}, {"video_missing", 1}});
}

TEST_CASE("a reference to nothing is found") {
  Scene scene;
  scene.project.reset();
  {
    // Another program that does not care.
    datasets::Connection careless(scene.folder / "a.vole", datasets::Connection::Mode::kReadWrite,
                                  0);
    careless.Script("PRAGMA foreign_keys = OFF; UPDATE annotations SET category_id = 77;");
  }
  scene.project = Project::Open(scene.folder / "a.vole");
  CHECK(CodesOf(*scene.project) == Codes{{"reference", 1}});
}

TEST_CASE("a long list of the same finding is cut and counted") {
  Scene scene;
  scene.project->Write([&](Writer& writer) {
    for (int i = 0; i < 50; ++i) {
      auto row = tests::Square(scene.image, scene.category, i, 1, 5);
      row.polygons[0].resize(2);
      writer.InsertAnnotation(row);
    }
  });
  datasets::Job job;
  const auto findings = datasets::Verify(*scene.project, job);
  REQUIRE(findings.size() == 21);
  CHECK(findings.back().text == "and 30 more");
}

TEST_CASE("looking through a project can be cancelled") {
  Scene scene;
  datasets::Job job;
  job.Cancel();
  CHECK_THROWS_AS(datasets::Verify(*scene.project, job), datasets::Cancelled);
}

}  // namespace
