#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <functional>

#include "datasets/base/error.h"
#include "datasets/behavior/budget.h"
#include "datasets/behavior/scores.h"
#include "datasets/exchange/behavior_choice.h"
#include "datasets/exchange/behavior_job.h"
#include "datasets/files/csv.h"
#include "datasets/formats/behaviors/behaviors.h"
#include "datasets/store/writer.h"
#include "tests/support/label_project.h"
#include "tests/support/shared_data.h"
#include "tests/support/temp_dir.h"

namespace behavior_budget_test {

using namespace datasets;

namespace {

// One subject, 10 frames a second, behaviors "rear" (0) and "groom" (1).
BehaviorScores Scores(std::vector<Bout> bouts, int frames = 100) {
  BehaviorScores scores;
  scores.behaviors = {{"rear"}, {"groom"}};
  BoutSeries series;
  series.video = "clip";
  series.subject = "mouse";
  series.author = "anna";
  series.fps = 10;
  series.end_frame = frames;
  series.bouts = std::move(bouts);
  scores.series.push_back(series);
  TidyScores(scores);
  return scores;
}

const BudgetRow& Row(const std::vector<BudgetRow>& rows, const std::string& behavior, int bin = 0) {
  for (const BudgetRow& row : rows) {
    if (row.behavior == behavior && row.bin == bin) return row;
  }
  FAIL("no such row");
  return rows.front();
}

std::filesystem::path Table(const tests::TempDir& folder, const std::string& text) {
  const auto path = folder.path() / "table.csv";
  std::ofstream(path) << text;
  return path;
}

std::string MessageOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("A time budget equals the one worked by hand") {
  // rear: 2 s, 4 s and 0.5 s; mean 2.1667, deviations -.1667, 1.8333, -1.6667 -> sd 1.7559
  const auto rows = TimeBudget(Scores({{0, 15, 35}, {0, 50, 90}, {0, 95, 100}, {1, 0, 10}}));
  REQUIRE(rows.size() == 2);
  const BudgetRow& rear = Row(rows, "rear");
  CHECK(rear.bouts == 3);
  CHECK(rear.frames == 65);
  CHECK(rear.seconds == doctest::Approx(6.5));
  CHECK(*rear.mean_s == doctest::Approx(6.5 / 3));
  CHECK(*rear.sd_s == doctest::Approx(1.755942));
  CHECK(*rear.latency_frames == 15);
  CHECK(*rear.latency_s == doctest::Approx(1.5));
  CHECK(rear.proportion == doctest::Approx(0.65));
  const BudgetRow& groom = Row(rows, "groom");
  CHECK(*groom.latency_frames == 0);
  CHECK_FALSE(groom.sd_s.has_value());
}

TEST_CASE("A bout across the border of a bin counts in both, and starts in one") {
  const auto rows = TimeBudget(Scores({{0, 20, 60}}), {2.5, 0});  // bins of 25 frames
  CHECK(Row(rows, "rear", 0).bouts == 1);
  CHECK(Row(rows, "rear", 0).frames == 5);
  CHECK(*Row(rows, "rear", 0).latency_frames == 20);
  CHECK(Row(rows, "rear", 1).bouts == 1);
  CHECK(Row(rows, "rear", 1).started == 0);
  CHECK(Row(rows, "rear", 1).frames == 25);
  CHECK(*Row(rows, "rear", 1).latency_frames == 0);
  CHECK(Row(rows, "rear", 2).frames == 10);
  CHECK(Row(rows, "rear", 3).bouts == 0);
  CHECK_FALSE(Row(rows, "rear", 3).latency_s.has_value());
  int64_t frames = 0;
  int started = 0;
  for (int bin = 0; bin < 4; ++bin) {
    frames += Row(rows, "rear", bin).frames;
    started += Row(rows, "rear", bin).started;
  }
  CHECK(frames == 40);
  CHECK(started == 1);
}

TEST_CASE("The last bin ends where the video does, in seconds as in frames") {
  const auto rows = TimeBudget(Scores({{0, 80, 100}}), {0, 30});
  CHECK(Row(rows, "rear", 3).start_frame == 90);
  CHECK(Row(rows, "rear", 3).end_frame == 100);
  CHECK(Row(rows, "rear", 3).proportion == doctest::Approx(1));
  CHECK_THROWS_AS(TimeBudget(Scores({}), {0.01, 0}), Error);
}

TEST_CASE("A video in which nothing happens, and one without frames, have zeros and no latency") {
  for (const int frames : {100, 0}) {
    const auto rows = TimeBudget(Scores({}, frames));
    REQUIRE(rows.size() == 2);
    CHECK(rows[0].bouts == 0);
    CHECK(rows[0].proportion == 0);
    CHECK_FALSE(rows[0].latency_s.has_value());
    CHECK_FALSE(rows[0].mean_s.has_value());
    CHECK(BudgetCsv(rows).find("nan") == std::string::npos);
  }
}

TEST_CASE("A percentage of the time is of the time, also where the rate of a video varies") {
  BehaviorScores scores = Scores({{0, 0, 30}}, 60);
  VideoIndex phone;  // 30 frames in 3 s, then 30 in 1 s
  phone.time_base_den = 300;
  for (int i = 0; i < 60; ++i) phone.pts.push_back(i < 30 ? 30 * i : 900 + 10 * (i - 30));
  phone.fps = 15;
  scores.series[0].times = FrameTimes(phone);
  REQUIRE_FALSE(scores.series[0].times->even());
  const auto rows = TimeBudget(scores);
  CHECK(Row(rows, "rear").seconds == doctest::Approx(3));
  CHECK(Row(rows, "rear").proportion == doctest::Approx(0.75));
}

TEST_CASE("What was not seen is neither done nor left undone: percentages are of the rest") {
  BehaviorScores scores = Scores({{0, 10, 20}}, 100);
  scores.series[0].unseen[0] = {{20, 60}, {80, 90}};
  const auto rows = TimeBudget(scores);
  CHECK(Row(rows, "rear").unseen_s == doctest::Approx(5));
  CHECK(Row(rows, "rear").proportion == doctest::Approx(0.2));
  CHECK(Row(rows, "groom").unseen_s == 0);
  CHECK(BudgetCsv(rows).find("percent,unseen_s\n") != std::string::npos);
  BudgetOptions bins;
  bins.bin_s = 2;
  std::vector<int> of_rear;
  for (const BudgetRow& row : TimeBudget(scores, bins)) {
    if (row.behavior == "rear") of_rear.push_back(row.bin);
  }
  CHECK(of_rear == std::vector<int>{0, 3, 4});  // nothing is known of [20, 60)
}

TEST_CASE("Bouts that go on while nothing is seen are parts of the time that was seen") {
  BehaviorScores scores = Scores({{0, 0, 50}, {1, 50, 100}});
  for (const int behavior : {0, 1}) scores.series[0].unseen[behavior] = {{20, 30}, {70, 80}};
  const auto rows = TimeBudget(scores);
  CHECK(Row(rows, "rear").proportion == doctest::Approx(0.5));
  CHECK(Row(rows, "groom").proportion == doctest::Approx(0.5));
  CHECK(Row(rows, "rear").seconds == doctest::Approx(5));
  CHECK(Row(rows, "rear").unseen_s == doctest::Approx(2));
}

TEST_CASE("A point event counts and has a latency but takes no time") {
  BehaviorScores scores = Scores({{0, 30, 31}, {0, 31, 32}});
  scores.behaviors[0].is_point = true;
  const auto rows = TimeBudget(scores, {0, 31});
  CHECK(Row(rows, "rear", 0).bouts == 1);
  CHECK(Row(rows, "rear", 1).bouts == 1);
  CHECK(Row(rows, "rear", 0).seconds == 0);
  CHECK(*Row(rows, "rear", 0).latency_frames == 30);
}

TEST_CASE("Overlapping bouts of one behavior are one; neighbors stay two unless gaps are merged") {
  BehaviorScores scores = Scores({{0, 10, 30}, {0, 20, 40}, {0, 40, 50}, {0, 55, 60}});
  CHECK(Row(TimeBudget(scores), "rear").bouts == 3);
  CHECK(Row(TimeBudget(scores), "rear").frames == 45);
  MergeShortGaps(scores, 0, 0);
  CHECK(Row(TimeBudget(scores), "rear").bouts == 2);
  MergeShortGaps(scores, 0.5, 0);
  CHECK(Row(TimeBudget(scores), "rear").bouts == 1);
  CHECK(Row(TimeBudget(scores), "rear").frames == 50);
  MergeShortGaps(scores, -1, 5.1);
  CHECK(Row(TimeBudget(scores), "rear").bouts == 0);
}

TEST_CASE("A span of frames is a budget of its own") {
  BehaviorScores scores = Scores({{0, 10, 30}});
  ClipScores(scores, 20, 40);
  const auto rows = TimeBudget(scores);
  CHECK(Row(rows, "rear").frames == 10);
  CHECK(Row(rows, "rear").proportion == doctest::Approx(0.5));
  CHECK(*Row(rows, "rear").latency_frames == 0);
}

TEST_CASE("Behaviors that exclude each other and overlap are one line that names both") {
  BehaviorScores scores = Scores({{0, 10, 30}, {1, 29, 40}});
  CHECK_NOTHROW(CheckExclusive(scores));
  const std::string all = MessageOf([&] { CheckExclusive(scores, true); });
  CHECK(all.find("'groom' (frames 29 to 39) overlaps 'rear' (frames 10 to 29)") !=
        std::string::npos);
  CHECK(all.find('\n') == std::string::npos);
  scores.behaviors[0].exclusion_group = scores.behaviors[1].exclusion_group = "posture";
  const std::string group = MessageOf([&] { CheckExclusive(scores); });
  CHECK(group.find("group 'posture'") != std::string::npos);
  CHECK(group.find("scored by 'anna'") != std::string::npos);
}

TEST_CASE("A table names the line of an overlap and of frames outside the video") {
  const tests::TempDir folder;
  const auto path = Table(folder,
                          "video,subject,behavior,start_frame,stop_frame\n"
                          "a.mp4,m,rear,0,9\n"
                          "a.mp4,m,groom,9,12\n");
  const BehaviorScores scores = ScoresFromTable(path, {25, 0, "anna"});
  CHECK(MessageOf([&] { CheckExclusive(scores, true); }).find("line 3") != std::string::npos);
  CHECK(scores.series.at(0).end_frame == 13);
  CHECK(MessageOf([&] {
          ScoresFromTable(path, {25, 12, ""});
        }).find("line 3") != std::string::npos);
  CHECK(MessageOf([&] { ScoresFromTable(path, {}); }).find("--fps") != std::string::npos);
}

TEST_CASE("Two tables of one video join by name, and the same author twice stays apart") {
  const tests::TempDir folder;
  const std::string head = "video,subject,behavior,start_frame,stop_frame\n";
  BehaviorScores one = ScoresFromTable(Table(folder, head + "a.mp4,m,rear,0,9\n"), {25, 0, "anna"});
  const BehaviorScores other =
      ScoresFromTable(Table(folder, head + "a,m,groom,3,19\n"), {25, 0, "anna"});
  AddScores(one, other, "second");
  REQUIRE(one.series.size() == 2);
  CHECK(one.Authors() == std::vector<std::string>{"anna", "anna (second)"});
  CHECK(one.series[0].video == one.series[1].video);
  CHECK(one.series[0].end_frame == 20);
  CHECK(one.behaviors[one.series[1].bouts[0].behavior].name == "groom");
}

TEST_CASE("Labels and predictions of a project are apart by author; an explicit not is left out") {
  const tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  const VideoRow video = project->VideoByName("");
  Id job_id = 0;
  project->Write([&](Writer& writer) {
    BehaviorRow behavior;
    behavior.name = "rear";
    BehaviorIntervalRow interval;
    interval.video_id = video.id;
    interval.subject = "m";
    interval.author = "anna";
    interval.behavior_id = writer.FindOrInsertBehavior(behavior);
    interval.start_frame = 5;
    interval.end_frame = 15;
    writer.InsertBehaviorInterval(interval);
    interval.start_frame = 50;
    interval.end_frame = 60;
    interval.present = false;
    writer.InsertBehaviorInterval(interval);
    JobRow job;
    job.kind = "predict";
    job.state = "done";
    job_id = writer.InsertJob(job);
    BehaviorPredictionRow predicted;
    predicted.job_id = job_id;
    predicted.video_id = video.id;
    predicted.subject = "m";
    predicted.behavior_id = interval.behavior_id;
    predicted.start_frame = 6;
    predicted.end_frame = 17;
    predicted.score = 0.9;
    writer.InsertBehaviorPrediction(predicted);
  });
  const BehaviorScores both = ScoresFromProject(*project, ScoreSource::kBoth);
  CHECK(both.Authors() == std::vector<std::string>{"anna", kMachineAuthor});
  const auto rows = TimeBudget(both);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].frames == 10);
  CHECK(rows[1].frames == 11);
  CHECK(rows[0].end_frame == 100);
  CHECK(ScoresFromProject(*project, ScoreSource::kLabels).series.size() == 1);
  CHECK(ScoresFromProject(*project, ScoreSource::kPredictions, {"clip"}, job_id).series.size() ==
        1);
}

namespace {

// Three videos of 100 frames, "rear" and "groom".
struct Lab {
  tests::TempDir folder;
  std::unique_ptr<Project> project = Project::Create(folder.path() / "lab.vole");
  std::vector<Id> videos;
  Id rear = 0, groom = 0;

  Lab() {
    for (const char* name : {"a", "b", "c"}) {
      videos.push_back(tests::AddVideoRow(*project, name, 100, 64, 48));
    }
    project->Write([&](Writer& writer) {
      BehaviorRow behavior;
      behavior.name = "rear";
      rear = writer.FindOrInsertBehavior(behavior);
      behavior.name = "groom";
      groom = writer.FindOrInsertBehavior(behavior);
    });
  }
  void Score(int video, const std::string& subject, const std::string& author, Id behavior,
             bool present, LabelSource source = LabelSource::kDrawn) {
    BehaviorIntervalRow interval;
    interval.video_id = videos[static_cast<size_t>(video)];
    interval.subject = subject;
    interval.author = author;
    interval.behavior_id = behavior;
    interval.start_frame = 10;
    interval.end_frame = 30;
    interval.present = present;
    interval.source = source;
    project->Write([&](Writer& writer) { writer.InsertBehaviorInterval(interval); });
  }
  Id Job(const char* state) {
    JobRow job;
    job.kind = "behavior";
    job.state = state;
    Id id = 0;
    project->Write([&](Writer& writer) { id = writer.InsertJob(job); });
    return id;
  }
  void Predict(Id job, int video, const std::string& subject, Id behavior, bool found) {
    const Id id = videos[static_cast<size_t>(video)];
    project->Write([&](Writer& writer) {
      writer.FindOrInsertBehaviorSeries({0, job, id, subject, behavior});
      BehaviorPredictionRow bout;
      bout.job_id = job;
      bout.video_id = id;
      bout.subject = subject;
      bout.behavior_id = behavior;
      bout.start_frame = 40;
      bout.end_frame = 90;
      if (found) writer.InsertBehaviorPrediction(bout);
    });
  }
  // "a m anna rear 20": who did what for how many frames, zeros too.
  std::vector<std::string> Budget(ScoreSource source,
                                  const std::vector<std::string>& of_videos = {}) const {
    std::vector<std::string> lines;
    for (const BudgetRow& row : TimeBudget(ScoresFromProject(*project, source, of_videos))) {
      lines.push_back(row.video + " " + row.subject + " " + row.author + " " + row.behavior + " " +
                      std::to_string(row.frames));
    }
    return lines;
  }
};
using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("An animal that was looked for and never did it has zeros; one that nobody scored none") {
  Lab lab;
  lab.Score(0, "m", "anna", lab.rear, true);
  lab.Score(1, "m", "anna", lab.rear, false);  // looked, and it did not
  CHECK(lab.Budget(ScoreSource::kLabels) == Lines{"a m anna rear 20", "b m anna rear 0"});
  CHECK(lab.Budget(ScoreSource::kFinal) == Lines{"a m final rear 20", "b m final rear 0"});
  // Also of one video alone.
  CHECK(lab.Budget(ScoreSource::kBoth, {"b"}) == Lines{"b m anna rear 0"});
  CHECK(lab.Budget(ScoreSource::kBoth, {"c"}).empty());
}

TEST_CASE("Who never looked for a behavior has no zeros of it") {
  Lab lab;
  lab.Score(0, "m", "anna", lab.rear, true);
  lab.Score(1, "m", "anna", lab.groom, false);
  lab.Score(0, "m", "bert", lab.rear, true);
  const Id job = lab.Job("done");
  lab.Predict(job, 0, "m", lab.rear, true);
  CHECK(lab.Budget(ScoreSource::kBoth, {"a"}) == Lines{"a m anna groom 0", "a m anna rear 20",
                                                       "a m bert rear 20",
                                                       "a m prediction rear 50"});
  // A job whose scores were not kept looked for what it found anywhere.
  const Id old = lab.Job("done");
  lab.project->Write([&](Writer& writer) {
    for (const Id video : {lab.videos[0], lab.videos[2]}) {
      BehaviorPredictionRow bout;
      bout.job_id = old;
      bout.video_id = video;
      bout.behavior_id = video == lab.videos[0] ? lab.rear : lab.groom;
      bout.end_frame = 5;
      writer.InsertBehaviorPrediction(bout);
    }
  });
  CHECK(lab.Budget(ScoreSource::kPredictions) ==
        Lines{"a  prediction groom 0", "a  prediction rear 5", "c  prediction groom 5",
              "c  prediction rear 0"});
}

TEST_CASE("The newest job that looked has the word, also where it found nothing") {
  Lab lab;
  const Id first = lab.Job("done");
  lab.Predict(first, 0, "m", lab.rear, true);
  CHECK(lab.Budget(ScoreSource::kPredictions) == Lines{"a m prediction rear 50"});
  const Id second = lab.Job("running");  // has scores, but no bouts yet
  lab.Predict(second, 0, "m", lab.rear, false);
  CHECK(lab.Budget(ScoreSource::kPredictions) == Lines{"a m prediction rear 50"});
  const Id third = lab.Job("done");
  lab.Predict(third, 0, "m", lab.rear, false);
  lab.Predict(third, 0, "n", lab.rear, false);
  CHECK(BehaviorJobOf(*lab.project, lab.project->VideoByName("a")) == third);
  CHECK(lab.Budget(ScoreSource::kPredictions) ==
        Lines{"a m prediction rear 0", "a n prediction rear 0"});
  CHECK(lab.Budget(ScoreSource::kFinal) == Lines{"a m final rear 0", "a n final rear 0"});
  CHECK(ChosenIntervals(*lab.project, lab.project->VideoByName("a"), "predictions").empty());
  // A person's word goes before the machine's.
  lab.Score(0, "m", "anna", lab.groom, true);
  CHECK(lab.Budget(ScoreSource::kFinal) == Lines{"a m final groom 20", "a n final rear 0"});
}

TEST_CASE("Verdicts about single bouts of the machine are no scoring of the animal") {
  Lab lab;
  const Id job = lab.Job("done");
  lab.Predict(job, 0, "m", lab.rear, true);
  lab.Predict(job, 1, "m", lab.rear, true);
  lab.Score(2, "m", "anna", lab.groom, true);
  lab.Score(0, "m", "anna", lab.rear, false, LabelSource::kAccepted);
  lab.Score(1, "m", "anna", lab.rear, true, LabelSource::kAccepted);
  CHECK(lab.Budget(ScoreSource::kLabels) == Lines{"b m anna rear 20", "c m anna groom 20"});
}

TEST_CASE("A table says with a row of \"not\" that somebody looked") {
  const tests::TempDir folder;
  const auto path = Table(folder,
                          "video,subject,rater,behavior,start_frame,stop_frame,present\n"
                          "a,m,anna,rear,0,9,1\n"
                          "b,m,anna,rear,0,19,0\n"
                          "b,m,bert,groom,0,9,1\n");
  const auto rows = TimeBudget(ScoresFromTable(path, {25, 0, ""}));
  REQUIRE(rows.size() == 3);
  CHECK(rows[1].video == "b");
  CHECK(rows[1].author == "anna");
  CHECK(rows[1].behavior == "rear");
  CHECK(rows[1].frames == 0);
  CHECK(rows[1].end_frame == 20);
  CHECK(rows[2].author == "bert");
}

TEST_CASE("A video that ends before the span is not one in which nothing happened") {
  BehaviorScores scores = Scores({{0, 10, 30}});
  scores.series.push_back(scores.series[0]);
  scores.series[1].video = "short";
  scores.series[1].end_frame = 20;
  ClipScores(scores, 20, 40);
  REQUIRE(scores.series.size() == 1);
  CHECK(scores.series[0].video == "clip");
}

TEST_CASE("The budget of the courting flies equals the published table") {
  const auto data = tests::SharedData("flies_courtship");
  if (!data) return;
  const tests::TempDir folder;
  auto project = Project::Create(folder.path() / "flies.vole");
  tests::AddVideoRow(*project, "video", 1500, 1024, 1024, 25, "video.mp4");
  Job job;
  ImportBehaviors(*project, *data / "behaviors.csv", {}, job);
  const auto rows = TimeBudget(ScoresFromProject(*project, ScoreSource::kBoth));
  const CsvTable expected(*data / "time_budget_expected.csv", "expected");
  CHECK(rows.size() == expected.rows());
  for (size_t i = 0; i < expected.rows(); ++i) {
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const BudgetRow& candidate) {
      return candidate.subject == expected.Text(i, "subject") &&
             candidate.behavior == expected.Text(i, "behavior");
    });
    REQUIRE(row != rows.end());
    CHECK(row->bouts == *expected.Whole(i, "bouts"));
    CHECK(row->frames == *expected.Whole(i, "frames"));
    CHECK(row->seconds == doctest::Approx(*expected.Number(i, "seconds")).epsilon(1e-9));
    CHECK(std::abs(100 * row->proportion - *expected.Number(i, "percent_of_video")) < 5.1e-5);
    CHECK(std::abs(*row->mean_s - *expected.Number(i, "mean_bout_s")) < 5.1e-5);
  }
}

}  // namespace behavior_budget_test
