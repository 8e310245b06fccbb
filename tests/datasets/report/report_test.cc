#include "datasets/report/report.h"

#include <doctest/doctest.h>

#include <fstream>
#include <opencv2/imgcodecs.hpp>
#include <set>

#include "datasets/base/error.h"
#include "datasets/report/results.h"
#include "datasets/store/connection.h"
#include "datasets/unknown_name.h"
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
  void Score(const std::string& video, const std::string& behavior, int start, int end) {
    const Id id = project->VideoByName(video).id;
    project->Write([&](Writer& writer) {
      BehaviorRow row;
      row.name = behavior;
      BehaviorIntervalRow bout;
      bout.video_id = id;
      bout.subject = "ann";
      bout.behavior_id = writer.FindOrInsertBehavior(row);
      bout.author = "eva";
      bout.start_frame = start;
      bout.end_frame = end;
      writer.InsertBehaviorInterval(bout);
    });
  }
  void Predict(const std::string& video, int start, int end) {
    const Id id = project->VideoByName(video).id;
    project->Write([&](Writer& writer) {
      const Id predicted = writer.InsertJob(tests::PredictJob());
      for (int frame = start; frame < end; ++frame) {
        writer.InsertPrediction(tests::Prediction(predicted, id, frame, ann));
      }
      writer.FinishJob(predicted, "done");
    });
  }
};

std::string Lines(const std::vector<std::string>& texts) {
  std::string lines;
  for (const std::string& text : texts) lines += text + "\n";
  return lines;
}

// What was said before is said again; that an animal was not seen all the time is known only then.
bool Before(const std::string& planned, const std::vector<std::string>& said) {
  const std::string lines = Lines(said);
  return lines.rfind(planned, 0) == 0 &&
         Says(lines.substr(planned.size()), "not seen all the time");
}

std::string RowsOf(const std::vector<BudgetRow>& budget) {
  std::string text;
  for (const BudgetRow& row : budget) {
    text +=
        row.video + " " + row.subject + " " + row.behavior + " " + std::to_string(row.bouts) + "; ";
  }
  return text;
}

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

TEST_CASE("shortest bouts and gaps hold for what masks say, and what was not seen is said") {
  Stage stage;
  stage.Predict("clip", 10, 30);
  ReportRequest request;
  request.video = "clip";
  request.motion_files.zones = stage.In("zones.json");
  std::ofstream(request.motion_files.zones)
      << R"({"zones": [{"name": "all", "rectangle": [0, 0, 64, 48]}]})";
  const auto zone_rows = [&] {
    int bouts = 0;
    const Report report = MakeReport(stage.project.get(), request, stage.job);
    for (const BudgetRow& row : report.budget) {
      if (row.author == kAutomaticAuthor) bouts += row.bouts;
    }
    CHECK(Says(Lines(report.warnings), "clip / ann by 'automatic' in 20 %"));
    return bouts;
  };
  CHECK(zone_rows() > 0);
  request.options.min_bout = 60;
  CHECK(zone_rows() == 0);
}

TEST_CASE("a table that does not say how long its videos are is said to end too early") {
  tests::TempDir folder;
  const std::string file = (folder / "raters.csv").string();
  std::ofstream(file) << "video,subject,behavior,start_frame,stop_frame,rater\n"
                         "clip,ann,groom,10,19,eva\n";
  ReportRequest request;
  request.behaviors = file;
  request.options.fps = 10;
  Job job;
  CHECK(Says(Lines(MakeReport(nullptr, request, job).warnings), "give --video-frames"));
  request.options.video_frames = 100;
  const Report report = MakeReport(nullptr, request, job);
  CHECK(report.warnings.empty());
  CHECK(report.budget.at(0).proportion == doctest::Approx(0.1));
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
      const std::string text = TextOf(file);
      if (file.extension() == ".csv") {
        CHECK(Says(text, "ann"));
        CHECK(std::count(text.begin(), text.end(), '\n') > 1);
      } else if (file.extension() == ".svg") {
        CHECK(text.rfind("</svg>") != std::string::npos);
        CHECK(Says(text, part == ResultPart::kBudget ? "2 bouts" : "ann"));
      } else {
        const cv::Mat picture = cv::imread(file.string());
        CHECK(picture.cols > 60);
        double low = 0, high = 0;
        cv::minMaxLoc(picture.reshape(1), &low, &high);
        CHECK(high - low > 100);  // something is drawn on it
      }
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

TEST_CASE("measuring results can be cancelled in the midst of it") {
  Stage stage;
  Job* running = nullptr;
  std::string last;
  Job job([&](const Job::Progress& now) {
    last = now.text;
    if (now.done >= 16 && now.text != "reading bouts") running->Cancel();
  });
  running = &job;
  CHECK_THROWS_AS(MeasureResults(*stage.project, stage.project->VideoByName("clip"), job),
                  Cancelled);
  CHECK(last == "measuring motion in clip");
}

TEST_CASE("what happens in other videos only is a zero, however the video was chosen") {
  Stage stage;
  stage.Score("other", "rear", 0, 10);
  const std::string rows = "clip ann groom 2; clip ann rear 0; ";
  CHECK(RowsOf(stage.Results("clip")->budget) == rows);
  ReportRequest one, several;
  one.video = "clip";
  several.videos = {"clip"};
  CHECK(RowsOf(PlanReport(*stage.project, one).budget) == rows);
  CHECK(RowsOf(PlanReport(*stage.project, several).budget) == rows);
  CHECK(RowsOf(MakeReport(stage.project.get(), one, stage.job).budget) == rows);
  several.videos = {"clop"};
  CHECK(Says(MessageOf([&] { PlanReport(*stage.project, several); }), "clip"));
}

TEST_CASE("chosen videos that are not in a part of the report are named before and after") {
  Stage stage;
  tests::AddVideoRow(*stage.project, "third", 100, 64, 48);
  stage.Score("third", "groom", 0, 10);
  ReportRequest request;
  request.videos = {"clip", "other", "third"};
  request.options.csv = stage.In("budget.csv");
  request.motion_files.motion_summary = stage.In("motion.csv");
  const std::string planned = Lines(PlanReport(*stage.project, request).warnings);
  CHECK(Says(planned, "not in the time budget: 'other'"));
  CHECK(Says(planned, "not predicted, so not in places, ways and contacts: 'other', 'third'"));
  CHECK(Before(planned, MakeReport(stage.project.get(), request, stage.job).warnings));
  request.videos = {"clip"};
  CHECK(Lines(PlanReport(*stage.project, request).warnings) == "");
}

TEST_CASE("a video that ends before the chosen span is left out and named, not a row of zeros") {
  Stage stage;
  tests::AddVideoRow(*stage.project, "short", 20, 64, 48);
  stage.Score("short", "groom", 0, 10);
  stage.Predict("short", 0, 20);
  ReportRequest request;
  request.start_frame = 30;
  request.motion_files.motion_summary = stage.In("motion.csv");
  const Report report = MakeReport(stage.project.get(), request, stage.job);
  CHECK(Says(RowsOf(report.budget), "clip ann groom 2; "));
  CHECK(RowsOf(report.budget).find("short") == std::string::npos);
  REQUIRE(report.motion.size() == 1);
  CHECK(report.motion[0].video == "clip");
  CHECK(Says(Lines(report.warnings), "end before frame 30, so they are left out: 'short'"));
  CHECK(Says(Lines(report.warnings), "no frame of the chosen span is predicted in them"));
  CHECK(Before(Lines(PlanReport(*stage.project, request).warnings), report.warnings));
  request.motion_files = {};
  request.video = "short";
  CHECK(Says(MessageOf([&] { PlanReport(*stage.project, request); }), "end before it"));
}

TEST_CASE("an ethogram that cannot be drawn does not take the other files of a report with it") {
  Stage stage;
  stage.project->Write([&](Writer& writer) {
    BehaviorIntervalRow bout = stage.project->BehaviorIntervals(stage.clip)[0];
    bout.id = 0;
    for (int i = 0; i < 1300; ++i) {
      bout.subject = "mouse " + std::to_string(i);
      writer.InsertBehaviorInterval(bout);
    }
  });
  ReportRequest request;
  request.options.csv = stage.In("budget.csv");
  request.options.ethogram = stage.In("ethogram.svg");
  const ReportPlan plan = PlanReport(*stage.project, request);
  CHECK(plan.files.size() == 1);
  CHECK(Says(Lines(plan.warnings), "no ethogram: "));
  const Report report = MakeReport(stage.project.get(), request, stage.job);
  CHECK(report.written == std::vector<fs::path>{stage.In("budget.csv")});
  CHECK(Lines(report.warnings) == Lines(plan.warnings));
  request.options.csv = "";
  CHECK(Says(MessageOf([&] { MakeReport(stage.project.get(), request, stage.job); }),
             "no ethogram: "));
}

TEST_CASE("a report that breaks off names the files that it had written") {
  Stage stage;
  ReportRequest request;
  request.options.csv = stage.In("budget.csv");
  request.options.ethogram = (stage.folder / "nowhere" / "ethogram.svg").string();
  const std::string said = MessageOf([&] { MakeReport(stage.project.get(), request, stage.job); });
  CHECK(Says(said, "written before that: budget.csv"));
  CHECK(fs::exists(request.options.csv));
}

TEST_CASE("results and reports tell one moment of the project, whatever is written meanwhile") {
  Stage stage;
  const VideoRow clip = stage.project->VideoByName("clip");
  bool written = false;
  Job job([&](const Job::Progress& now) {
    if (written || now.text.find("motion") == std::string::npos) return;
    written = true;
    stage.project->Write([&](Writer& writer) {
      writer.connection().Run("UPDATE categories SET sort_order = -id");  // bob is before ann now
    });
    stage.Score("clip", "rear", 80, 90);
  });
  const auto results = MeasureResults(*stage.project, clip, job);
  REQUIRE(written);
  REQUIRE(results->curves.size() == 1);
  CHECK(results->curves[0].animal == "ann");
  CHECK(results->curves[0].confidence[11] == doctest::Approx(0.75));
  stage.Predict("other", 0, 50);
  written = false;
  Job renaming([&](const Job::Progress& now) {
    if (written || now.text.find("motion") == std::string::npos) return;
    written = true;
    stage.project->Write([&](Writer& writer) {
      writer.connection().Run("UPDATE categories SET name = 'eve' WHERE name = 'ann'");
    });
  });
  ReportRequest request;
  request.motion_files.motion_summary = stage.In("motion.csv");
  const Report report = MakeReport(stage.project.get(), request, renaming);
  REQUIRE(written);
  REQUIRE(report.motion.size() == 2);
  CHECK(report.motion[0].animal == "ann");
  CHECK(report.motion[1].animal == "ann");
}

TEST_CASE("what keeps motion from being measured is said as it is, without advice that is wrong") {
  Stage stage;
  CHECK(Says(stage.Results("other")->no_motion, "Predict it"));
  stage.project->Write([&](Writer& writer) {
    writer.connection().Run("UPDATE predictions SET outline = x'01'");  // damaged
  });
  const std::string said = stage.Results("clip")->no_motion;
  CHECK(said != "");
  CHECK(said.find("Predict it") == std::string::npos);
}

TEST_CASE("a table in seconds beside a project is read with the rate of each of its videos") {
  Stage stage;
  stage.project->Write([](Writer& writer) {
    writer.connection().Script("UPDATE videos SET fps = 50 WHERE name = 'other'");
  });
  stage.Score("other", "groom", 50, 75);
  const std::string table = stage.In("ben.csv");
  std::ofstream(table) << "video,subject,behavior,start_s,stop_s\n"
                          "clip,ann,groom,0.4,1.4\nother.mp4,ann,groom,1,1.5\n";
  ReportRequest request;
  request.options.against = table;
  const Report report = MakeReport(stage.project.get(), request, stage.job);
  std::map<std::string, Bout> found;
  for (const BoutSeries& one : report.scores.series) {
    if (one.author == "ben") found[one.video] = one.bouts.at(0);
  }
  CHECK(found.at("clip").start_frame == 10);
  CHECK(found.at("clip").end_frame == 35);
  CHECK(found.at("other").start_frame == 50);
  CHECK(found.at("other").end_frame == 75);
  std::ofstream(table) << "video,subject,behavior,start_s,stop_s\nnowhere,ann,groom,0.4,1.4\n";
  const std::string refused =
      MessageOf([&] { MakeReport(stage.project.get(), request, stage.job); });
  CHECK(Says(refused, "nowhere"));
  CHECK(Says(refused, "--fps"));
}

TEST_CASE("animals without a name are in no figure and lend their confidence to nobody") {
  Stage stage;
  stage.project->Write([&](Writer& writer) {
    const Id unknown = FindOrInsertUnknown(writer);
    const Id cleo = writer.FindOrInsertCategory("cleo");  // after all the others
    const Id again = writer.InsertJob(tests::PredictJob());
    for (int frame = 0; frame < 20; ++frame) {
      for (const auto& [animal, confidence] : {std::pair{unknown, 0.1}, {cleo, 0.9}}) {
        PredictionRow row = tests::Prediction(again, stage.clip, frame, animal);
        row.confidence = confidence;
        writer.InsertPrediction(row);
      }
    }
    writer.FinishJob(again, "done");
  });
  const auto results = stage.Results("clip");
  REQUIRE(results->curves.size() == 1);
  CHECK(results->curves[0].animal == "cleo");
  CHECK(results->curves[0].confidence[3] == doctest::Approx(0.9));
  CHECK(results->unknown.unknown == 20);
  CHECK(results->unknown.all == 40);
  CHECK(std::count(results->not_scored.begin(), results->not_scored.end(), "unknown") == 0);
  // Only the chosen span counts.
  ReportRequest request;
  request.video = "clip";
  request.motion_files.motion_summary = stage.In("summary.csv");
  request.start_frame = 15;
  request.end_frame = 20;
  const Report report = MakeReport(stage.project.get(), request, stage.job);
  std::string said;
  for (const std::string& warning : report.warnings) said += warning + "\n";
  CHECK(Says(said, "5 of 10 animal-frames"));
}

TEST_CASE("a video of only nameless animals says so") {
  Stage stage;
  stage.project->Write([&](Writer& writer) {
    const Id again = writer.InsertJob(tests::PredictJob());
    writer.InsertPrediction(tests::Prediction(again, stage.clip, 3, FindOrInsertUnknown(writer)));
    writer.FinishJob(again, "done");
  });
  CHECK(Says(stage.Results("clip")->no_motion, "has a name"));
}

TEST_CASE("a table names videos as the project does, also where two files are called alike") {
  Stage stage;
  stage.project->Write([](Writer& writer) {
    writer.connection().Script(
        "UPDATE videos SET path = 'a/cage4.mp4', name = 'cage4' WHERE name = 'clip';"
        "UPDATE videos SET path = 'b/cage4.mp4', name = 'cage4_2' WHERE name = 'other'");
  });
  const std::string table = stage.In("ben.csv");
  std::ofstream(table) << "video,subject,behavior,start_s,stop_s\ncage4,ann,groom,0.4,1.4\n"
                          "cage4_2,ann,groom,1,1.5\n";
  ReportRequest request;
  request.options.against = table;
  CHECK(MessageOf([&] { MakeReport(stage.project.get(), request, stage.job); }).empty());
}

TEST_CASE("a span in which everything was rejected is left out, not the end of the report") {
  Stage stage;
  stage.project->Write([&](Writer& writer) {
    PredictionCorrectionRow correction;
    correction.job_id = *stage.project->LatestPredictJob(stage.clip);
    correction.video_id = stage.clip;
    correction.start_frame = 10;
    correction.end_frame = 30;
    correction.kind = PredictionCorrectionRow::Kind::kReject;
    writer.InsertPredictionCorrection(correction);
    const Id other = stage.project->VideoByName("other").id;
    const Id again = writer.InsertJob(tests::PredictJob());
    for (int frame = 0; frame < 40; ++frame) {
      writer.InsertPrediction(tests::Prediction(again, other, frame, stage.ann));
    }
    writer.FinishJob(again, "done");
  });
  ReportRequest request;
  request.motion_files.motion_summary = stage.In("summary.csv");
  request.start_frame = 10;
  request.end_frame = 30;
  const Report report = MakeReport(stage.project.get(), request, stage.job);
  REQUIRE(report.motion.size() == 1);
  CHECK(report.motion[0].video == "other");
}

}  // namespace report_test
