#include "datasets/store/points.h"

#include <doctest/doctest.h>

#include "datasets/base/error.h"
#include "datasets/project.h"
#include "datasets/store/file/restore.h"
#include "datasets/store/reader.h"
#include "datasets/store/removal/removal.h"
#include "datasets/store/writer.h"
#include "datasets/verify.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace points_test {

namespace {

using datasets::Connection;
using datasets::Id;
using datasets::KeyPoint;
using datasets::Project;
using datasets::Skeleton;
using datasets::Writer;
using tests::MessageOf;

Skeleton Mouse() {
  return datasets::MakeSkeleton("mouse", {"nose", "left ear", "right ear", "tail"},
                                {{"nose", "left ear"}, {"nose", "right ear"}},
                                {{"left ear", "right ear"}});
}

struct Scene {
  tests::TempDir folder;
  std::unique_ptr<Project> project = Project::Create(folder / "a.vole");
  Id video = 0, animal = 0, image = 0;

  Scene() {
    project->Write([&](Writer& writer) {
      video = tests::InsertVideo(writer, "one", 100);
      animal = writer.FindOrInsertCategory("Ada");
      image = writer.FindOrInsertImage(video, 3, 64, 48);
    });
  }
  Id Label(const std::vector<KeyPoint>& points, bool outline = false) {
    Id id = 0;
    project->Write([&](Writer& writer) {
      datasets::AnnotationRow row = tests::Square(image, animal, 4, 4, 10);
      if (!outline) row.polygons.clear();
      row.key_points = points;
      id = writer.InsertAnnotation(row);
    });
    return id;
  }
  void Run(const char* sql) {
    project->Write([&](Writer& writer) { writer.connection().Run(sql); });
  }
  int64_t Count(const char* table) const {
    int64_t count = 0;
    project->Read([&](Connection& connection) {
      auto row = connection.Query((std::string("SELECT count(*) FROM ") + table).c_str());
      row.Step();
      count = row.Int(0);
    });
    return count;
  }
};

TEST_CASE("a skeleton keeps its points in order, with partners, edges and colors") {
  Scene scene;
  scene.project->Write(
      [](Writer& writer) { datasets::InsertSkeleton(writer.connection(), Mouse()); });
  const auto skeletons = scene.project->Skeletons();
  REQUIRE(skeletons.size() == 1);
  CHECK(datasets::PointNames(skeletons[0]) ==
        std::vector<std::string>{"nose", "left ear", "right ear", "tail"});
  CHECK(datasets::MirrorOrder(skeletons[0]) == std::vector<int>{0, 2, 1, 3});
  CHECK(skeletons[0].edges == std::vector<std::pair<int, int>>{{0, 1}, {0, 2}});
  CHECK(skeletons[0].points[0].color != skeletons[0].points[1].color);
  scene.project->Write([](Writer& writer) {
    Skeleton other = Mouse();
    datasets::InsertSkeleton(writer.connection(), other);
  });
  CHECK(scene.project->Skeletons()[1].name == "mouse_2");
}

TEST_CASE("a skeleton that makes no sense is refused with the point's name") {
  CHECK(MessageOf([] {
          datasets::MakeSkeleton("m", {"nose", "nose"}, {}, {});
        }) == "skeleton 'm': two points are called 'nose'; rename one of them");
  CHECK(MessageOf([] {
          datasets::MakeSkeleton("m", {"nose"}, {{"nose", "nsoe"}}, {});
        }) == "edge to 'nsoe': the skeleton 'm' has no such point; did you mean 'nose'?");
  CHECK(MessageOf([] {
          datasets::MakeSkeleton("m", {"a", "b", "c"}, {}, {{"a", "b"}, {"b", "c"}});
        }).find("stands in two pairs") != std::string::npos);
  CHECK_THROWS_AS(datasets::MakeSkeleton("m", {}, {}, {}), datasets::Error);
  CHECK_THROWS_AS(datasets::MakeSkeleton("m", {"a"}, {{"a", "a"}}, {}), datasets::Error);
  CHECK_THROWS_AS(datasets::MakeSkeleton("m", {"a", "b"}, {{"a", "b"}, {"b", "a"}}, {}),
                  datasets::Error);
}

TEST_CASE("taking a point out or moving it keeps edges and partners with their points") {
  const Skeleton without = datasets::WithoutPoint(Mouse(), 1);
  CHECK(datasets::PointNames(without) == std::vector<std::string>{"nose", "right ear", "tail"});
  CHECK(without.edges == std::vector<std::pair<int, int>>{{0, 1}});
  CHECK(without.points[1].partner == -1);
  const Skeleton turned = datasets::Reordered(Mouse(), {3, 2, 1, 0});
  CHECK(turned.points[0].name == "tail");
  CHECK(turned.edges == std::vector<std::pair<int, int>>{{3, 2}, {3, 1}});
  CHECK(turned.points[1].partner == 2);
  CHECK_THROWS_AS(datasets::Reordered(Mouse(), {0, 0, 1, 2}), datasets::Error);
}

TEST_CASE("points of labels come back as they were set; those that nobody set have no row") {
  Scene scene;
  scene.project->Write(
      [](Writer& writer) { datasets::InsertSkeleton(writer.connection(), Mouse()); });
  scene.Label({{"tail", 30.25, 40.5, 1}, {"left ear", 0, 0, 0}, {"nose", 5.125, 6, 2}});
  CHECK(scene.project->Skeletons().size() == 1);  // found by the points' names
  CHECK(scene.Count("annotation_points") == 2);
  const auto labels = scene.project->AnnotationsAt(scene.video, 3);
  REQUIRE(labels.size() == 1);
  CHECK_FALSE(labels[0].HasShape());
  REQUIRE(labels[0].key_points.size() == 2);
  CHECK(labels[0].key_points[0].name == "nose");  // in the skeleton's order
  CHECK(labels[0].key_points[0].x == 5.125);
  CHECK(labels[0].key_points[0].visibility == 2);
  CHECK(labels[0].key_points[1].visibility == 1);
  scene.project->ForEachAnnotation(
      scene.video, [](const auto&, const auto& rows) { CHECK(rows[0].key_points.size() == 2); });
}

TEST_CASE("labels of another kind of animal make a skeleton of their own, more points none") {
  Scene scene;
  scene.Label({{"nose", 1, 1, 2}, {"tail", 2, 2, 2}});
  scene.Label({{"tail", 3, 3, 2}});
  scene.Label({{"wing", 4, 4, 2}, {"tail", 5, 5, 2}});
  REQUIRE(scene.project->Skeletons().size() == 2);
  CHECK(scene.project->Skeletons()[1].name == "animal_2");
}

TEST_CASE("points go with their label, their video and their prediction") {
  Scene scene;
  const Id label = scene.Label({{"nose", 1, 1, 2}});
  scene.Label({{"nose", 2, 2, 2}}, true);
  Id job = 0;
  scene.project->Write([&](Writer& writer) {
    job = writer.InsertJob(tests::PredictJob());
    datasets::PredictionRow row = tests::Prediction(job, scene.video, 5, scene.animal);
    const Id nose = datasets::ReadSkeletons(writer.connection())[0].points[0].id;
    row.key_points = {{"nose", 7.5, 8.25, 0.75, nose, false}};
    writer.InsertPrediction(row);
    row.frame_index = 6;
    row.key_points[0].visible = true;
    writer.InsertPrediction(row);
  });
  const auto predicted = scene.project->PredictionsAt(job, scene.video, 5);
  REQUIRE(predicted.size() == 1);
  REQUIRE(predicted[0].key_points.size() == 1);
  CHECK(predicted[0].key_points[0].name == "nose");
  CHECK(predicted[0].key_points[0].y == 8.25);
  CHECK(predicted[0].key_points[0].confidence == 0.75);
  CHECK_FALSE(predicted[0].key_points[0].visible);
  CHECK(scene.project->PredictionsAt(job, scene.video, 6)[0].key_points[0].visible);

  scene.project->Write([&](Writer& writer) {
    writer.DeleteAnnotation(label);
    writer.DeletePredictions(job, scene.video, 6, 7);
  });
  CHECK(scene.Count("annotation_points") == 1);
  CHECK(scene.Count("prediction_points") == 1);
  scene.project->Write([&](Writer& writer) { datasets::DeleteVideo(writer, scene.video); });
  CHECK(scene.Count("annotation_points") == 0);
  CHECK(scene.Count("prediction_points") == 0);
  CHECK(scene.project->Skeletons().size() == 1);
}

TEST_CASE("damage of points and skeletons is found, row by row") {
  Scene scene;
  scene.project->Write(
      [](Writer& writer) { datasets::InsertSkeleton(writer.connection(), Mouse()); });
  scene.Label({{"nose", 1, 1, 2}, {"tail", 9, 9, 2}});
  scene.Label({{"wing", 1, 1, 2}});
  scene.Run("UPDATE annotation_points SET x = 64.5 WHERE id = 1");
  scene.Run("UPDATE annotation_points SET annotation_id = 2 WHERE id = 2");
  scene.Run("UPDATE skeleton_points SET name = 'nose' WHERE name = 'tail'");
  scene.Run("UPDATE skeleton_points SET partner_id = NULL WHERE name = 'left ear'");
  scene.Run("INSERT INTO skeleton_edges (from_point_id, to_point_id) VALUES (1, 5)");
  scene.Run("INSERT INTO skeletons (name) VALUES ('of nothing')");
  datasets::Job job;
  std::string all;
  for (const auto& finding : datasets::Verify(*scene.project, job)) {
    if (finding.code == "point" || finding.code == "skeleton") all += finding.text + "\n";
  }
  CHECK(all ==
        "row 4 of skeleton_points: 2 points of the skeleton 'mouse' are called 'nose'\n"
        "row 3 of skeleton_points: 'right ear' has the partner 'left ear', which is not its "
        "partner in turn\n"
        "row 3 of skeleton_edges: it joins points of two skeletons\n"
        "row 3 of skeletons: the skeleton 'of nothing' has no points\n"
        "row 1 of annotation_points: 'nose' at 64.5, 1 is outside of its picture of 64 x 48\n"
        "row 2 of annotations: its points are of 2 skeletons\n");
}

TEST_CASE("a point of no skeleton is a finding, and recovering leaves it out") {
  Scene scene;
  scene.Label({{"nose", 1, 1, 2}, {"tail", 9, 9, 2}}, true);
  scene.project.reset();
  {
    sqlite3* raw = nullptr;
    REQUIRE(sqlite3_open((scene.folder / "a.vole").c_str(), &raw) == SQLITE_OK);
    REQUIRE(sqlite3_exec(raw,
                         "PRAGMA foreign_keys = OFF; DELETE FROM skeleton_points WHERE id = 2;",
                         nullptr, nullptr, nullptr) == SQLITE_OK);
    sqlite3_close(raw);
  }
  scene.project = Project::Open(scene.folder / "a.vole");
  datasets::Job job;
  bool found = false;
  for (const auto& finding : datasets::Verify(*scene.project, job)) {
    found |= finding.code == "reference" && finding.table == "annotation_points";
  }
  CHECK(found);
  scene.project.reset();
  const auto saved =
      datasets::RecoverProject(scene.folder / "a.vole", scene.folder / "b.vole", job);
  CHECK(saved.at("annotation_points").saved == 1);
  CHECK(saved.at("annotation_points").left_out == 1);
  const auto recovered = Project::Open(scene.folder / "b.vole");
  CHECK(recovered->AnnotationsAt(scene.video, 3)[0].key_points.size() == 1);
}

}  // namespace

}  // namespace points_test
