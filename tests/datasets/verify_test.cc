#include "datasets/verify.h"

#include <doctest/doctest.h>

#include <fstream>
#include <map>

#include "datasets/store/connection.h"
#include "datasets/store/writer.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace verify_test {

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
  CHECK(findings.size() == 50);
  const auto shortened = datasets::Shortened(findings);
  REQUIRE(shortened.size() == 21);
  CHECK(shortened.back().text == "and 30 more");
}

TEST_CASE("all damage is listed, each with its table and row, and nothing ends the list early") {
  Scene scene;
  scene.project->Write([&](Writer& writer) {
    const Id video = tests::InsertVideo(writer, "v", 10);
    const Id job = writer.InsertJob(tests::PredictJob());
    writer.InsertPrediction(tests::Prediction(job, video, 3, scene.category));
    writer.InsertAnnotation(tests::Square(scene.image, scene.category, 1, 1, 5));
    for (const char* name : {"first", "second"}) {
      datasets::ModelRow model;
      model.name = model.weights_path = name;
      writer.InsertModel(model);
    }
    writer.FindOrInsertImage(video, 3, 64, 48);
    datasets::Connection& rows = writer.connection();
    rows.Run("UPDATE annotations SET rle = 'zz', rle_height = -1, rle_width = 99999 WHERE id = 1");
    rows.Run("UPDATE annotations SET polygons = '[[1,1,\"x\"]]' WHERE id = 2");
    rows.Run("INSERT INTO skeletons (name) VALUES ('animal')");
    rows.Run(
        "INSERT INTO skeleton_points (skeleton_id, name, sort_order, color)"
        " VALUES (1, 'nose', 0, 0)");
    rows.Run(
        "INSERT INTO annotation_points (annotation_id, point_id, x, y, visible)"
        " VALUES (2, 1, -3, 1, 1)");
    rows.Run("UPDATE predictions SET outline = x'ffff', confidence = 7");
    rows.Run("UPDATE video_data SET frame_hashes = '{\"no number\": 3}', pts = x'ff'");
    rows.Run("UPDATE images SET width = -4 WHERE video_id IS NOT NULL");
    rows.Run("UPDATE identities SET name = name");
    rows.Run("UPDATE models SET weights_path = '/' WHERE id = 1");
    rows.Run("INSERT INTO identities (name, color) VALUES (CAST(x'4dfc' AS TEXT), 1)");
    rows.Run(
        "INSERT INTO edits (label, changes, state, author, created_at)"
        " VALUES ('e', '[{\"table\": 3}]', 'done', '', 0)");
  });
  datasets::Job job;
  std::map<std::string, std::map<std::string, int>> found;
  for (const auto& finding : datasets::Verify(*scene.project, job)) {
    CAPTURE(finding.text);
    CHECK(finding.id);
    ++found[finding.table][finding.code];
  }
  CHECK(found["annotations"]["mask"] == 1);
  CHECK(found["annotations"].size() == 2);  // and the outline
  CHECK(found["annotation_points"] == Codes{{"point", 1}});
  CHECK(found["predictions"] == Codes{{"polygon", 1}, {"prediction", 1}});
  CHECK(found["video_data"] == Codes{{"video", 1}});
  CHECK(found["images"]["image"] >= 1);
  CHECK(found["models"] == Codes{{"model_changed", 1}, {"model_missing", 1}});
  CHECK(found["identities"] == Codes{{"text", 1}});
  CHECK(found["edits"] == Codes{{"edit", 1}});
}

TEST_CASE("a file with broken pages is looked through to its end") {
  Scene scene;
  scene.project->Write([&](Writer& writer) {
    for (int i = 0; i < 3000; ++i) {
      writer.InsertAnnotation(tests::Square(scene.image, scene.category, i % 40, 1, 5));
    }
    tests::InsertVideo(writer, "gone", 10);
  });
  scene.project.reset();
  {
    const auto pages = std::filesystem::file_size(scene.folder / "a.vole") / 4096;
    std::fstream file(scene.folder / "a.vole", std::ios::in | std::ios::out | std::ios::binary);
    for (auto page = pages * 2 / 3; page < pages * 2 / 3 + 3; ++page) {  // behind the schema
      file.seekp(static_cast<std::streamoff>(page * 4096));
      file << std::string(4096, 'x');
    }
  }
  scene.project = Project::Open(scene.folder / "a.vole", Project::Access::kReadOnly);
  const auto codes = CodesOf(*scene.project);
  CHECK(codes.at("database") >= 1);
  CHECK(codes.at("video_missing") == 1);
}

TEST_CASE("looking through a project can be cancelled") {
  Scene scene;
  datasets::Job job;
  job.Cancel();
  CHECK_THROWS_AS(datasets::Verify(*scene.project, job), datasets::Cancelled);
}

}  // namespace

}  // namespace verify_test
