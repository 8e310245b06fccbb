#include <doctest/doctest.h>

#include "datasets/store/points.h"
#include "tests/support/coco_sample.h"
#include "tests/support/shared_data.h"

namespace points_import_test {

using namespace tests;  // the vocabulary of these tests
using namespace datasets;

namespace {

// The animals of Dataset() as key points alone.
json OfPoints() {
  json dataset = Dataset();
  for (json& category : dataset["categories"]) category["keypoints"] = {"nose", "tail"};
  for (json& label : dataset["annotations"]) {
    const json ring = label["segmentation"][0];
    const double x = ring[0], y = ring[1];
    label.erase("segmentation");
    label["bbox"] = {x + 1, y + 1, 5, 5};
    label["keypoints"] = {x + 1, y + 1, 2, x + 6, y + 6, 1};
  }
  return dataset;
}

std::vector<AnnotationRow> Labels(const Project& project) {
  std::vector<AnnotationRow> labels;
  project.ForEachAnnotation(project.Videos().at(0).id,
                            [&](const ImageRow&, const std::vector<AnnotationRow>& rows) {
                              labels.insert(labels.end(), rows.begin(), rows.end());
                            });
  return labels;
}

struct Case {
  TempDir folder;
  std::unique_ptr<Project> project = LabelProject(folder.path());
  ImportReport Import(const json& dataset) { return ImportText(*project, folder, dataset.dump()); }
};

}  // namespace

TEST_CASE("key points come to the outlines of the same animals, with tracks and without") {
  Case one;
  CHECK(one.Import(Dataset()).annotations == 3);
  const ImportReport report = one.Import(OfPoints());
  CHECK(report.annotations == 0);
  CHECK(report.completed == 3);
  CHECK(report.already_present == 0);
  const auto labels = Labels(*one.project);
  REQUIRE(labels.size() == 3);
  for (const AnnotationRow& label : labels) {
    CHECK(label.HasShape());
    REQUIRE(label.key_points.size() == 2);
    CHECK(label.key_points[0].x == label.polygons[0][0].x + 1);
    CHECK(label.key_points[1].visibility == 1);
  }
  const ImportReport again = one.Import(OfPoints());
  CHECK(again.annotations + again.completed == 0);
  CHECK(again.already_present == 3);
  CHECK(one.Import(Dataset()).already_present == 3);
}

TEST_CASE("outlines come to the key points of the same animals") {
  Case one;
  CHECK(one.Import(OfPoints()).annotations == 3);
  CHECK(one.Import(Dataset()).completed == 3);
  const auto labels = Labels(*one.project);
  REQUIRE(labels.size() == 3);
  for (const AnnotationRow& label : labels) {
    CHECK(label.HasShape());
    CHECK(label.area > 0);
    CHECK(label.key_points.size() == 2);
  }
  CHECK(one.Import(OfPoints()).already_present == 3);
}

TEST_CASE("the same file with key points, the second time, brings only those") {
  Case one;
  json both = Dataset();
  const json points = OfPoints();
  both["categories"] = points["categories"];
  for (size_t i = 0; i < both["annotations"].size(); ++i) {
    both["annotations"][i]["keypoints"] = points["annotations"][i]["keypoints"];
  }
  one.Import(Dataset());
  CHECK(one.Import(both).completed == 3);
  CHECK(one.Import(both).already_present == 3);
  Case other;  // points first: the outlines come to them
  other.Import(OfPoints());
  CHECK(other.Import(both).completed == 3);
  CHECK(Labels(*other.project).size() == 3);
  CHECK(other.Import(both).already_present == 3);
}

TEST_CASE("of two animals of one kind each gets the points that lie on it") {
  Case one;
  json outlines = Dataset(), points = OfPoints();
  for (json* dataset : {&outlines, &points}) {
    for (json& label : (*dataset)["annotations"]) {
      label["category_id"] = 10;
      label.erase("track_id");
    }
  }
  std::swap(points["annotations"][0], points["annotations"][1]);
  one.Import(outlines);
  CHECK(one.Import(points).completed == 3);
  for (const AnnotationRow& label : Labels(*one.project)) {
    REQUIRE(label.key_points.size() == 2);
    CHECK(label.key_points[0].x == label.polygons[0][0].x + 1);
  }
}

TEST_CASE("points elsewhere, of another track, or beside other points make no one else's label") {
  Case one;
  json points = OfPoints();
  points["annotations"] = {points["annotations"][1]};
  points["annotations"][0]["keypoints"] = {1, 40, 2, 5, 44, 2};  // bob, far from bob's outline
  points["annotations"][0]["bbox"] = {1, 40, 4, 4};
  one.Import(Dataset());
  CHECK(one.Import(points).annotations == 1);

  Case other;
  other.Import(Dataset());
  points = OfPoints();
  points["annotations"][0]["track_id"] = 6;
  const ImportReport report = other.Import(points);
  CHECK(report.annotations == 1);
  CHECK(report.completed == 2);

  Case third;
  third.Import(Dataset());
  third.Import(OfPoints());
  points = OfPoints();
  points["annotations"][0]["keypoints"][0] = 7;
  const ImportReport changed = third.Import(points);
  CHECK(changed.completed == 0);
  CHECK(changed.already_present == 3);
  CHECK(changed.warnings.back().find("other key points") != std::string::npos);
}

TEST_CASE("a skeleton's lines and sides come with its points, and go out again") {
  json dataset = OfPoints();
  for (json& category : dataset["categories"]) {
    category["keypoints"] = {"earL", "earR"};
    category["skeleton"] = {{1, 2}, {2, 1}};
  }
  Case one;
  const ImportReport report = one.Import(dataset);
  const Skeleton skeleton = one.project->Skeletons().at(0);
  CHECK(skeleton.edges == std::vector<std::pair<int, int>>{{0, 1}});
  CHECK(MirrorOrder(skeleton) == std::vector<int>{1, 0});
  CHECK(report.warnings.back().find("earL and earR") != std::string::npos);
  Job job;
  Export(*one.project, "coco", one.folder / "out.json", {}, job);
  const json out = json::parse(std::ifstream(one.folder / "out.json"));
  CHECK(out["categories"][0]["skeleton"] == json{{1, 2}});

  dataset["categories"][0]["skeleton"] = {{1, 7}};
  dataset["categories"][1]["skeleton"] = {{0, 1}};
  Case other;
  const auto warnings = other.Import(dataset).warnings;
  CHECK(Says(warnings.at(0), {"'ann'", "not there"}));
  CHECK(Says(warnings.at(1), {"'bob'", "from 0"}));
}

TEST_CASE("points go out in the order of their skeleton, whichever a first label lacks") {
  json dataset = OfPoints();
  for (json& category : dataset["categories"]) category["keypoints"] = {"nose", "ear", "tail"};
  for (json& label : dataset["annotations"]) {
    const json points = label["keypoints"];
    label["keypoints"] = {points[0], points[1], 2, 0, 0, 0, points[3], points[4], 2};
  }
  dataset["annotations"][2]["keypoints"] = {8, 8, 2, 9, 9, 2, 10, 10, 2};
  Case one;
  one.Import(dataset);
  Job job;
  Export(*one.project, "coco", one.folder / "out.json", {}, job);
  const json out = json::parse(std::ifstream(one.folder / "out.json"));
  CHECK(out["categories"][0]["keypoints"] == json{"nose", "ear", "tail"});
}

TEST_CASE("key points of real flies come to their outlines") {
  for (const std::string name : {"flies_courtship", "flies_pair2"}) {
    const auto data = SharedData(name);
    if (!data) return;
    TempDir folder;
    const auto project = Project::Create(folder / "p.vole");
    AddVideoRow(*project, "video", 100000, 1024, 1024, 25, (*data / "video.mp4").string());
    Job job;
    const ImportReport outlines = Import(*project, "coco", *data / "instances.json", {}, job);
    const ImportReport points = Import(*project, "coco", *data / "keypoints.json", {}, job);
    CHECK(points.annotations == 0);
    CHECK(points.completed == outlines.annotations);
    int64_t stored = 0;
    for (const AnnotationRow& label : Labels(*project)) {
      stored += static_cast<int64_t>(label.key_points.size());
    }
    int64_t labeled = 0;
    const json file = json::parse(std::ifstream(*data / "keypoints.json"));
    for (const json& label : file["annotations"]) labeled += label["num_keypoints"].get<int>();
    CHECK(stored == labeled);
  }
}

}  // namespace points_import_test
