#include "datasets/report/report.h"

#include <doctest/doctest.h>

#include <fstream>
#include <set>

#include "datasets/base/error.h"
#include "datasets/report/results.h"
#include "tests/support/label_project.h"
#include "tests/support/says.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace report_test {

namespace {

using namespace datasets;
using tests::MessageOf;
using tests::Says;
namespace fs = std::filesystem;

// Two videos of 100 frames; in "clip" ann grooms twice and is predicted on frames 10 to 49, bob is
// never seen; "other" has nothing.
struct Stage {
  tests::TempDir folder;
  std::unique_ptr<Project> project = tests::LabelProject(folder.path());
  Id clip = project->Videos()[0].id, ann = 0, bob = 0;
  Job job;

  Stage() {
    tests::AddVideoRow(*project, "other", 100, 64, 48);
    project->Write([&](Writer& writer) {
      ann = writer.FindOrInsertCategory("ann");
      bob = writer.FindOrInsertCategory("bob");
      BehaviorRow groom;
      groom.name = "groom";
      BehaviorIntervalRow bout;
      bout.video_id = clip;
      bout.subject = "ann";
      bout.behavior_id = writer.FindOrInsertBehavior(groom);
      bout.author = "eva";
      for (const int start : {10, 50}) {
        bout.start_frame = start;
        bout.end_frame = start + 25;
        writer.InsertBehaviorInterval(bout);
      }
      const Id predicted = writer.InsertJob(tests::PredictJob());
      for (int frame = 10; frame < 50; ++frame) {
        writer.InsertPrediction(tests::Prediction(predicted, clip, frame, ann));
      }
      writer.FinishJob(predicted, "done");
    });
  }
  std::string In(const std::string& name) const { return (folder / name).string(); }
  std::shared_ptr<const VideoResults> Results(const std::string& video) {
    return MeasureResults(*project, project->VideoByName(video), job);
  }
};

std::string TextOf(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE(
    "a report writes exactly the files that its plan lists, and says when they are replaced") {
  Stage stage;
  ReportRequest request;
  request.options.csv = stage.In("budget.csv");
  request.options.ethogram = stage.In("ethogram.svg");
  request.motion_files.motion = stage.In("motion.csv");
  request.motion_files.motion_summary = stage.In("summary.csv");
  request.motion_files.contacts = stage.In("contacts.csv");
  request.motion_files.trajectory = stage.In("ways.png");
  request.motion_files.occupancy = stage.In("heat.svg");
  std::set<fs::path> planned, written;
  for (const PlannedFile& file : PlanReport(*stage.project, request).files) {
    planned.insert(file.path);
    CHECK_FALSE(file.exists);
    CHECK(file.content != "");
  }
  const Report report = MakeReport(stage.project.get(), request, stage.job);
  written.insert(report.written.begin(), report.written.end());
  CHECK(planned.size() == 7);
  CHECK(planned == written);
  for (const fs::path& path : written) CHECK(fs::file_size(path) > 0);
  for (const PlannedFile& file : PlanReport(*stage.project, request).files) CHECK(file.exists);
  CHECK(TextOf(stage.folder / "budget.csv") == BudgetCsv(report.budget));
}

TEST_CASE("a report of chosen videos leaves the others out") {
  Stage stage;
  ReportRequest request;
  request.videos = {"other"};
  request.options.csv = stage.In("budget.csv");
  CHECK(Says(MessageOf([&] { MakeReport(stage.project.get(), request, stage.job); }),
             "nobody scored a behavior"));
  CHECK_FALSE(fs::exists(request.options.csv));
  request.videos = {"other", "clip"};
  CHECK(MakeReport(stage.project.get(), request, stage.job).budget.size() == 1);
  CHECK(PlanReport(*stage.project, request).budget.size() == 1);
}

TEST_CASE("what a report cannot do is said before anything is written") {
  Stage stage;
  ReportRequest request;
  request.options.ethogram = stage.In("ethogram.doc");
  request.options.csv = stage.In("budget.csv");
  CHECK(MessageOf([&] { MakeReport(stage.project.get(), request, stage.job); }) != "");
  CHECK(MessageOf([&] { PlanReport(*stage.project, request); }) != "");
  request.options.ethogram = "";
  request.options.what = "everything";
  CHECK(Says(MessageOf([&] { MakeReport(stage.project.get(), request, stage.job); }),
             "none of labels, predictions"));
  CHECK_FALSE(fs::exists(request.options.csv));
}

TEST_CASE("results know what was measured, and of nothing else") {
  Stage stage;
  const auto results = stage.Results("clip");
  CHECK(results->unit == "px");
  CHECK_FALSE(results->from_labels);
  REQUIRE(results->curves.size() == 1);
  const AnimalCurves& ann = results->curves[0];
  CHECK(ann.animal == "ann");
  CHECK(ann.x.size() == 100);
  CHECK(std::isnan(ann.x[9]));
  CHECK(ann.x[10] == doctest::Approx(22.5).epsilon(0.01));
  CHECK(std::isnan(ann.speed[10]));  // nothing before it to measure a step from
  CHECK(ann.speed[11] == doctest::Approx(25).epsilon(0.01));  // a pixel a frame
  CHECK(std::isnan(ann.nearest[11]));                         // alone
  CHECK(ann.confidence[11] == doctest::Approx(0.75));
  CHECK(std::isnan(ann.confidence[50]));
  CHECK(results->not_seen == std::vector<std::string>{"bob"});
  CHECK(results->not_scored == std::vector<std::string>{"bob"});
  REQUIRE(results->budget.size() == 1);
  CHECK(results->budget[0].seconds == doctest::Approx(2));
  CHECK(HighValue(results->curves, &AnimalCurves::speed) == doctest::Approx(25).epsilon(0.01));
  CHECK(HighValue(results->curves, &AnimalCurves::nearest) == 0);
}

TEST_CASE("a video without labels and predictions has results that say so") {
  Stage stage;
  const auto results = stage.Results("other");
  CHECK(results->curves.empty());
  CHECK(results->budget.empty());
  CHECK(results->no_motion != "");
  CHECK(results->no_scores != "");
  for (const ResultPart part : kResultParts) {
    const fs::path file = stage.folder / "nothing.csv";
    CHECK(MessageOf([&] { SaveResult(*results, part, file); }) != "");
    CHECK_FALSE(fs::exists(file));
  }
}

TEST_CASE("each part of the results becomes a table, an SVG and a PNG") {
  Stage stage;
  const auto results = stage.Results("clip");
  for (const ResultPart part : kResultParts) {
    for (const char* ending : {".csv", ".svg", ".png"}) {
      const fs::path file = stage.folder / (std::string(NameOf(part)) + ending);
      CAPTURE(file.string());
      SaveResult(*results, part, file);
      CHECK(fs::file_size(file) > 60);
    }
    CHECK(Says(MessageOf([&] { SaveResult(*results, part, stage.folder / "a.txt"); }), ".csv"));
  }
  CHECK(TextOf(stage.folder / "ethogram.csv") ==
        "video,subject,behavior,start_frame,stop_frame,start_s,stop_s\n"
        "clip,ann,groom,10,34,0.4,1.4\nclip,ann,groom,50,74,2,3\n");
  const std::string curves = TextOf(stage.folder / "curves.csv");
  CHECK(Says(curves, "speed_px_s"));
  CHECK(std::count(curves.begin(), curves.end(), '\n') == 41);
}

TEST_CASE("measuring results can be cancelled") {
  Stage stage;
  stage.job.Cancel();
  CHECK_THROWS_AS(stage.Results("clip"), Cancelled);
}

}  // namespace report_test
