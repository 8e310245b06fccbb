#include <doctest/doctest.h>

#include "datasets/evaluate/evaluation_files.h"
#include "datasets/store/points.h"
#include "tests/support/coco_sample.h"

namespace evaluation_points_test {

using namespace tests;  // the vocabulary of these tests
using namespace datasets;

namespace {

EvaluationOptions Points() {
  EvaluationOptions options;
  options.metrics = "points";
  return options;
}

// Two animals of three points on two frames of `clip`; ann lies at x, bob at x + 30.
json Pointed(double shift = 0) {
  const json points = {"nose", "earL", "earR"};
  json dataset = {{"videos", {{{"id", 1}, {"file_name", "clip.mp4"}}}},
                  {"categories",
                   {{{"id", 10}, {"name", "ann"}, {"keypoints", points}},
                    {{"id", 20}, {"name", "bob"}, {"keypoints", points}}}},
                  {"images", json::array()},
                  {"annotations", json::array()}};
  int id = 0;
  for (const int frame : {3, 7}) {
    dataset["images"].push_back(
        {{"id", frame}, {"video_id", 1}, {"frame_index", frame}, {"width", 64}, {"height", 48}});
    for (const int animal : {0, 1}) {
      const double x = 5 + 30 * animal + shift, y = 10;
      dataset["annotations"].push_back({{"id", ++id},
                                        {"image_id", frame},
                                        {"category_id", animal == 0 ? 10 : 20},
                                        {"bbox", {x, y, 10, 20}},
                                        {"area", 200},
                                        {"keypoints", {x, y, 2, x, y + 20, 2, x + 10, y + 20, 2}}});
    }
  }
  return dataset;
}

struct Files {
  TempDir folder;
  json Figures(const json& truth, const json& predicted,
               const EvaluationOptions& options = Points()) {
    Job job;
    return EvaluateFiles(WriteText(folder, truth.dump(), "truth.json"),
                         WriteText(folder, predicted.dump(), "predicted.json"), options, job);
  }
};

// A project whose labels are Pointed() and whose predictions lie 3 pixels to the right.
struct Predicted {
  TempDir folder;
  std::unique_ptr<Project> project = LabelProject(folder.path());
  Id video = 0, job_id = 0;
  explicit Predicted(const std::vector<std::string>& names = {"ann", "bob"}) {
    ImportText(*project, folder, Pointed().dump());
    video = project->Videos()[0].id;
    const Skeleton skeleton = project->Skeletons().at(0);
    project->Write([&](Writer& writer) {
      JobRow job;
      job.kind = "predict";
      job.state = "done";
      job_id = writer.InsertJob(job);
      for (const int frame : {3, 7}) {
        for (int animal = 0; animal < 2; ++animal) {
          PredictionRow row;
          row.job_id = job_id;
          row.video_id = video;
          row.frame_index = frame;
          row.category_id = writer.FindOrInsertCategory(names[animal]);
          row.tracklet = animal;
          row.score = 0.9;
          const double x = 8 + 30 * animal, y = 10;
          row.box = {x, y, 10, 20};
          row.key_points = {{"nose", x, y, 0.9, skeleton.points[0].id},
                            {"earL", x, y + 20, 0.8, skeleton.points[1].id},
                            {"earR", x + 10, y + 20, 0.2, skeleton.points[2].id}};
          writer.InsertPrediction(row);
        }
      }
    });
  }
};

}  // namespace

TEST_CASE("key points of two files are compared animal by animal") {
  Files files;
  const json figures = files.Figures(Pointed(), Pointed(3));
  CHECK(figures["points"] == 12);
  CHECK(figures["animals"] == 4);
  CHECK(figures["match"] == "names");
  CHECK(figures["rmse_px"].get<double>() == doctest::Approx(3));
  CHECK(figures["pck5"] == 1.0);
  CHECK(figures["body_length_px"].get<double>() == doctest::Approx(std::hypot(10, 20)));
  CHECK(figures["pck_body"] == 0.0);  // 3 pixels are more than a tenth of 22.4
  CHECK(figures["error_body"].get<double>() == doctest::Approx(3 / std::hypot(10, 20)));
  CHECK(figures["oks"].get<double>() == doctest::Approx(std::exp(-9 / (2 * 200 * 0.04))));
  CHECK(figures["exchanged"] == 0);
  CHECK(figures["exchange_pairs"] == 4);
  REQUIRE(figures["per_point"].size() == 3);
  CHECK(figures["per_point"][1]["name"] == "earL");
  REQUIRE(figures["warnings"].size() == 1);
  CHECK(Says(figures["warnings"][0], {"earL and earR"}));
  EvaluationOptions wide = Points();
  wide.body_share = 0.2;
  wide.sigma = 0.05;
  const json other = files.Figures(Pointed(), Pointed(3), wide);
  CHECK(other["pck_body"] == 1.0);
  CHECK(other["oks"].get<double>() == doctest::Approx(std::exp(-9 / (2 * 200 * 0.01))));
}

TEST_CASE("predictions of a file below the least score are left out") {
  json predicted = Pointed(3);
  for (json& label : predicted["annotations"]) {
    label["score"] = label["category_id"] == 10 ? 0.9 : 0.3;
  }
  EvaluationOptions sure = Points();
  sure.min_score = 0.5;
  Files files;
  CHECK(files.Figures(Pointed(), predicted)["compared"] == 12);
  const json figures = files.Figures(Pointed(), predicted, sure);
  CHECK(figures["match"] == "names");
  CHECK(figures["compared"] == 6);
  CHECK(figures["missed"] == 6);
  CHECK(figures["missed_animals"] == 2);
  CHECK(figures["extra_animals"] == 0);
}

TEST_CASE("two animals of one name are two animals, also where names are asked to decide") {
  json truth = Pointed();
  for (json& label : truth["annotations"]) label["category_id"] = 10;
  EvaluationOptions by_name = Points();
  by_name.match = "names";
  Files files;
  const json figures = files.Figures(truth, truth, by_name);
  CHECK(figures["rmse_px"].get<double>() == doctest::Approx(0));
  CHECK(figures["extra_animals"] == 0);
}

TEST_CASE("animals of one point have no body length, and no error as a share of it") {
  json truth = Pointed();
  for (json& category : truth["categories"]) category["keypoints"] = {"nose"};
  json predicted = truth;
  for (json* file : {&truth, &predicted}) {
    for (json& label : (*file)["annotations"]) {
      const double x = label["bbox"][0];
      label["keypoints"] = {x + (file == &predicted ? 4 : 0), 10, 2};
    }
  }
  Files files;
  const json figures = files.Figures(truth, predicted);
  CHECK(figures["compared"] == 4);
  CHECK(figures["rmse_px"].get<double>() == doctest::Approx(4));
  for (const char* key : {"error_body", "pck_body", "body_length_px"}) {
    CAPTURE(key);
    CHECK(figures[key].is_null());
  }
  CHECK(figures["per_point"][0]["error_body"].is_null());
}

TEST_CASE("names that differ leave it to the points who is who") {
  json predicted = Pointed(1);
  predicted["categories"][0]["name"] = "one";
  predicted["categories"][1]["name"] = "two";
  Files files;
  json figures = files.Figures(Pointed(), predicted);
  CHECK(figures["match"] == "frames");
  CHECK(figures["rmse_px"].get<double>() == doctest::Approx(1));
  EvaluationOptions once = Points();
  once.match = "once";
  figures = files.Figures(Pointed(), predicted, once);
  CHECK(figures["match"] == "once");
  CHECK(figures["missed_animals"] == 0);
  once.match = "names";
  figures = files.Figures(Pointed(), predicted, once);
  CHECK(figures["missed_animals"] == 4);
  CHECK(figures["extra_animals"] == 4);
  CHECK(figures["rmse_px"].is_null());
  once.match = "twice";
  CHECK(Says(ErrorOf([&] { files.Figures(Pointed(), predicted, once); }), {"twice"}));
}

TEST_CASE("missed, spurious and hidden points are told apart") {
  json truth = Pointed(), predicted = Pointed();
  truth["annotations"][0]["keypoints"] = {5, 10, 2, 0, 0, 0, 15, 30, 1};
  predicted["annotations"][0]["keypoints"] = {0, 0, 0, 5, 30, 2, 15, 30, 1};
  Files files;
  json figures = files.Figures(truth, predicted);
  CHECK(figures["points"] == 11);
  CHECK(figures["missed"] == 1);
  CHECK(figures["spurious"] == 1);
  CHECK(figures["hidden"] == 1);
  CHECK(figures["hidden_precision"] == 1.0);
  CHECK(figures["hidden_recall"] == 1.0);
  CHECK(figures["hidden_f1"] == 1.0);
  predicted["annotations"][0]["keypoints"] = {5, 10, 2, 0, 0, 0, 15, 30, 2};
  figures = files.Figures(truth, predicted);
  CHECK_FALSE(figures.contains("hidden_f1"));
  CHECK(figures["warnings"].dump().find("no hidden_f1") != std::string::npos);
}

TEST_CASE("a list of results needs neither boxes nor names of points") {
  json results = json::array();
  const json dataset = Pointed(2);
  for (json label : dataset["annotations"]) {
    label.erase("id");
    label.erase("bbox");
    label["score"] = 0.7;
    for (size_t i = 2; i < label["keypoints"].size(); i += 3) label["keypoints"][i] = 0.6;
    results.push_back(label);
  }
  Files files;
  const json figures = files.Figures(Pointed(), results);
  CHECK(figures["compared"] == 12);
  CHECK(figures["rmse_px"].get<double>() == doctest::Approx(2));
  // A third number of 1 is a score like any other, not one that says hidden.
  json truth = Pointed();
  truth["annotations"][0]["keypoints"][2] = 1;
  for (json& label : results) {
    for (size_t i = 2; i < label["keypoints"].size(); i += 3) label["keypoints"][i] = 1;
  }
  CHECK_FALSE(files.Figures(truth, results).contains("hidden_f1"));
  results[0]["keypoints"] = {1, 2, 1};
  CHECK(Says(ErrorOf([&] { files.Figures(Pointed(), results); }), {"result 1", "1 key points"}));
}

TEST_CASE("predictions of a project are compared with a file, or with the project's own labels") {
  Predicted predicted;
  Job job;
  const auto truth = WriteText(predicted.folder, Pointed().dump(), "truth.json");
  const json against_file = EvaluateProject(*predicted.project, truth, Points(), job);
  const json against_labels =
      EvaluateComparison(CompareLabels(*predicted.project, Points(), job), Points(), job);
  for (const json& figures : {against_file, against_labels}) {
    CHECK(figures["frames"] == 2);
    CHECK(figures["points"] == 12);
    CHECK(figures["rmse_px"].get<double>() == doctest::Approx(3));
    CHECK(figures["match"] == "names");
  }
  EvaluationOptions sure = Points();
  sure.min_score = 0.5;
  const json confident = EvaluateProject(*predicted.project, truth, sure, job);
  CHECK(confident["missed"] == 4);
  EvaluationOptions held = Points();
  held.only_unlabeled = true;
  CHECK(Says(ErrorOf([&] { CompareLabels(*predicted.project, held, job); }), {"key points"}));
}

TEST_CASE("the mirror image that the project knows goes before names") {
  Predicted predicted;
  Skeleton skeleton = predicted.project->Skeletons().at(0);
  predicted.project->Write([&](Writer& writer) {
    auto rows = ReadSkeletonPoints(writer.connection(), skeleton.id);
    for (SkeletonPointRow& row : rows) row.partner_id.reset();
    rows[0].partner_id = rows[1].id;
    rows[1].partner_id = rows[0].id;
    for (const SkeletonPointRow& row : rows) UpdateSkeletonPoint(writer.connection(), row);
  });
  Job job;
  const json figures =
      EvaluateComparison(CompareLabels(*predicted.project, Points(), job), Points(), job);
  CHECK(figures["exchange_pairs"] == 4);
  CHECK_FALSE(figures.contains("warnings"));
  CHECK(figures["per_point"][2]["exchange_pairs"] == 0);
}

TEST_CASE("predicted animals that no name tells apart are matched by where their points are") {
  Predicted predicted({"animal", "animal"});
  Job job;
  const json figures =
      EvaluateComparison(CompareLabels(*predicted.project, Points(), job), Points(), job);
  CHECK(figures["match"] == "frames");
  CHECK(figures["compared"] == 12);
}

TEST_CASE("animals whose truth has no points say nothing of the points found on them") {
  Predicted predicted;
  json truth = Pointed();
  truth["annotations"][0].erase("keypoints");
  truth["annotations"][0]["segmentation"] = Square(5, 10, 20);
  Job job;
  const json figures = EvaluateProject(
      *predicted.project, WriteText(predicted.folder, truth.dump(), "truth.json"), Points(), job);
  CHECK(figures["points"] == 9);
  CHECK(figures["spurious"] == 0);
  CHECK(figures["warnings"].dump().find("1 animals of the truth have no key points") !=
        std::string::npos);
}

TEST_CASE("truth without any key point is refused") {
  Predicted predicted;
  Job job;
  const auto truth = WriteText(predicted.folder, Dataset().dump(), "truth.json");
  CHECK(Says(ErrorOf([&] { EvaluateProject(*predicted.project, truth, Points(), job); }),
             {"no animal of it has key points"}));
}

}  // namespace evaluation_points_test
