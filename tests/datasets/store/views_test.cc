#include <doctest/doctest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "datasets/store/transaction.h"
#include "tests/support/label_project.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace views_test {

using namespace datasets;
namespace fs = std::filesystem;

namespace {

// What another program gets: a connection that is not Vole's.
class Stranger {
 public:
  explicit Stranger(const fs::path& file) {
    REQUIRE(sqlite3_open_v2(file.c_str(), &handle_, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  }
  ~Stranger() { sqlite3_close(handle_); }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

  // Rows as "a|b|c", NULL as "-".
  std::vector<std::string> Rows(const std::string& sql) const {
    std::vector<std::string> rows;
    sqlite3_stmt* statement = nullptr;
    REQUIRE_MESSAGE(sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK,
                    sqlite3_errmsg(handle_));
    while (sqlite3_step(statement) == SQLITE_ROW) {
      std::string row;
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
        row += (i ? "|" : "") + std::string(text ? text : "-");
      }
      rows.push_back(row);
    }
    sqlite3_finalize(statement);
    return rows;
  }
  // The steps of the query as SQLite plans them.
  std::string Plan(const std::string& sql) const {
    std::string plan;
    for (const std::string& row : Rows("EXPLAIN QUERY PLAN " + sql)) plan += row + "\n";
    return plan;
  }

 private:
  sqlite3* handle_ = nullptr;
};

// Two animals of one clip: a finished frame, one with a label, predictions of two jobs of which the
// newer counts, names exchanged and one animal rejected, bouts of a person and of a machine.
struct Stage {
  tests::TempDir folder;
  std::unique_ptr<Project> project = tests::LabelProject(folder.path());
  Id ann = 0, bob = 0;

  Stage() {
    const Id video = project->VideoByName("clip").id;
    project->Write([&](Writer& writer) {
      ann = writer.FindOrInsertCategory("ann", "mouse");
      bob = writer.FindOrInsertCategory("bob", "mouse");
      const Id done = writer.FindOrInsertImage(video, 1, 64, 48);
      const Id started = writer.FindOrInsertImage(video, 2, 64, 48);
      writer.SetImageState(done, ImageState::kDone);
      const Id track = writer.FindOrInsertTrack(video, ann, 7);
      AnnotationRow label = tests::Square(done, ann, 4, 5, 10);
      label.track_id = track;
      label.author = "eva";
      writer.InsertAnnotation(label);
      writer.InsertAnnotation(tests::Square(started, ann, 6, 7, 10));
      AnnotationRow crowd = tests::Square(started, bob, 1, 1, 5);
      crowd.iscrowd = true;
      writer.InsertAnnotation(crowd);
      writer.InsertAnnotation(
          tests::Square(writer.FindOrInsertPicture("a.png", 64, 48), bob, 2, 2, 4));
      const Id older = writer.InsertJob(tests::PredictJob());
      writer.InsertPrediction(tests::Prediction(older, video, 9, ann));
      const Id job = writer.InsertJob(tests::PredictJob());
      for (int frame = 1; frame < 6; ++frame) {
        for (const Id animal : {ann, bob}) {
          PredictionRow row = tests::Prediction(job, video, frame, animal);
          row.box = {animal == ann ? 1.0 : 30.0, 2, 3, 4};
          writer.InsertPrediction(row);
        }
      }
      PredictionCorrectionRow swap;
      swap.job_id = job;
      swap.video_id = video;
      swap.start_frame = 4;
      swap.end_frame = 6;
      swap.category_id = ann;
      swap.other_category_id = bob;
      writer.InsertPredictionCorrection(swap);
      swap.kind = PredictionCorrectionRow::Kind::kReject;  // of whom the exchange made ann
      swap.start_frame = 5;
      swap.other_category_id.reset();
      writer.InsertPredictionCorrection(swap);
      BehaviorRow rear;
      rear.name = "rear";
      rear.exclusion_group = "posture";
      BehaviorIntervalRow bout;
      bout.video_id = video;
      bout.subject = "ann";
      bout.behavior_id = writer.FindOrInsertBehavior(rear);
      bout.start_frame = 10;
      bout.end_frame = 20;
      bout.author = "eva";
      writer.InsertBehaviorInterval(bout);
      bout.present = false;
      bout.start_frame = 30;
      bout.end_frame = 31;
      writer.InsertBehaviorInterval(bout);
      BehaviorPredictionRow found;
      found.job_id = job;
      found.video_id = video;
      found.subject = "bob";
      found.behavior_id = bout.behavior_id;
      found.start_frame = 50;
      found.end_frame = 60;
      found.score = 0.75;
      found.confidence = 0.5;
      writer.InsertBehaviorPrediction(found);
    });
  }
};

}  // namespace

TEST_CASE("v_tracks holds labels and the newest prediction, as people have corrected it") {
  const Stage stage;
  const Stranger other(stage.project->file());
  CHECK(other.Rows("SELECT frame, animal, left_px, origin, is_final FROM v_tracks"
                   " WHERE video = 'clip' ORDER BY frame, origin, left_px") ==
        std::vector<std::string>{
            "1|ann|4.0|label|1", "1|ann|1.0|prediction|0", "1|bob|30.0|prediction|0",
            "2|ann|6.0|label|1", "2|ann|1.0|prediction|0", "2|bob|30.0|prediction|0",
            "3|ann|1.0|prediction|1", "3|bob|30.0|prediction|1", "4|bob|1.0|prediction|1",
            "4|ann|30.0|prediction|1", "5|bob|1.0|prediction|1"});
}

TEST_CASE("v_tracks says of predictions what the project itself says") {
  const Stage stage;
  const Stranger other(stage.project->file());
  const VideoRow video = stage.project->VideoByName("clip");
  std::vector<std::string> expected;
  stage.project->ForEachPrediction(
      *stage.project->LatestPredictJob(video.id), video.id, 0, 100,
      [&](int frame, const std::vector<PredictionRow>& rows) {
        for (const PredictionRow& row : rows) {
          expected.push_back(std::to_string(frame) + "|" + std::to_string(row.id) + "|" +
                             (row.category_id == stage.ann ? "ann" : "bob"));
        }
      });
  CHECK(other.Rows("SELECT frame, row_id, animal FROM v_tracks WHERE origin = 'prediction'"
                   " ORDER BY frame, row_id") == expected);
}

TEST_CASE("a newer prediction that found no animal leaves none of an older one") {
  const Stage stage;
  const VideoRow video = stage.project->VideoByName("clip");
  Id newest = 0;
  stage.project->Write([&](Writer& writer) {
    JobRow empty = tests::PredictJob();
    empty.state = "done";
    ReviewItemRow item;
    item.job_id = writer.InsertJob(empty);
    item.video_id = video.id;
    item.end_frame = 10;
    item.reason_code = "missing_animal";
    item.animals_json = "[]";
    writer.InsertReviewItem(item);
    newest = item.job_id;
  });
  CHECK(stage.project->LatestPredictJob(video.id) == newest);
  const Stranger other(stage.project->file());
  CHECK(other.Rows("SELECT count(*) FROM v_tracks WHERE origin = 'prediction'") ==
        std::vector<std::string>{"0"});
}

TEST_CASE("v_bouts and v_labels hold what people and machines said") {
  const Stage stage;
  const Stranger other(stage.project->file());
  CHECK(other.Rows("SELECT origin, video, subject, behavior, start_frame, end_frame,"
                   " duration_frames, is_present, author, confidence, exclusion_group FROM v_bouts"
                   " ORDER BY start_frame") ==
        std::vector<std::string>{"label|clip|ann|rear|10|20|10|1|eva|-|posture",
                                 "label|clip|ann|rear|30|31|1|0|eva|-|posture",
                                 "prediction|clip|bob|rear|50|60|10|1||0.5|posture"});
  CHECK(other.Rows("SELECT video, frame, picture, frame_state, animal, kind, track_number,"
                   " width_px, area_px2, is_crowd, author FROM v_labels ORDER BY label_id") ==
        std::vector<std::string>{"clip|1|-|done|ann|mouse|7|10.0|100.0|0|eva",
                                 "clip|2|-|started|ann|mouse|-|10.0|100.0|0|",
                                 "clip|2|-|started|bob|mouse|-|5.0|25.0|1|",
                                 "-|-|a.png|started|bob|mouse|-|4.0|16.0|0|"});
}

TEST_CASE("the views find the rows of a video and its frames by index") {
  const Stage stage;
  const Stranger other(stage.project->file());
  const auto check = [&](const std::string& sql, std::initializer_list<const char*> steps) {
    const std::string plan = other.Plan(sql);
    CAPTURE(plan);
    for (const char* step : steps) CHECK(plan.find(step) != std::string::npos);
    // Of tables only the few jobs, and what has been found, are gone through.
    for (size_t at = plan.find("SCAN "); at != std::string::npos; at = plan.find("SCAN ", at + 1)) {
      const std::string table = plan.substr(at + 5, plan.find_first_of(" \n", at + 5) - at - 5);
      CHECK((table == "j" || table == "said" || table == "CONSTANT" || table == "v_tracks" ||
             table == "v_bouts"));
    }
  };
  check("SELECT * FROM v_tracks WHERE video = 'clip' AND frame BETWEEN 3 AND 5",
        {"(name=?)", "predictions_by_frame (job_id=? AND video_id=? AND frame_index>?",
         "annotations_by_image", "prediction_corrections_by_job"});
  check("SELECT * FROM v_bouts WHERE video = 'clip' AND start_frame < 100",
        {"(name=?)", "behavior_intervals_by_video (video_id=? AND start_frame<?)",
         "behavior_predictions_by_video (job_id=? AND video_id=? AND start_frame<?)"});
  check("SELECT * FROM v_labels WHERE video = 'clip' AND frame = 3",
        {"(name=?)", "(video_id=? AND frame_index=?)", "annotations_by_image"});
}

TEST_CASE("views that Vole has not made, or not so, are refused; its own connections run none") {
  const auto refusal = [](const char* sql) {
    const Stage stage;
    const fs::path file = stage.folder / "b.vole";
    fs::copy_file(stage.project->file(), file);
    {
      sqlite3* handle = nullptr;
      REQUIRE(sqlite3_open(file.c_str(), &handle) == SQLITE_OK);
      REQUIRE(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
      sqlite3_close(handle);
    }
    return tests::MessageOf([&] { Project::Open(file); });
  };
  CHECK(refusal("CREATE VIEW v_more AS SELECT 1").find("view 'v_more', which Vole has not made") !=
        std::string::npos);
  CHECK(refusal("DROP VIEW v_bouts").find("the view 'v_bouts' is missing") != std::string::npos);
  CHECK(refusal("DROP VIEW v_bouts; CREATE VIEW v_bouts AS SELECT * FROM settings")
            .find("'v_bouts' is not as Vole makes it") != std::string::npos);
  CHECK(refusal("DROP VIEW v_bouts; CREATE TABLE v_bouts (a)").find("not as Vole makes it") !=
        std::string::npos);
  const Stage stage;
  stage.project->Read([](Connection& connection) {
    CHECK(tests::MessageOf([&] { connection.Query("SELECT count(*) FROM v_tracks"); }) != "");
  });
}

TEST_CASE("the lines of Python that people are given read a project") {
  if (std::system("/usr/bin/python3 -c 'import sqlite3' >/dev/null 2>&1") != 0) {
    std::cout << "[skipped] needs python3\n";
    return;
  }
  std::ifstream page(fs::path(VOLE_SOURCE_DIR) / ".github" / "READING.md");
  REQUIRE(page);
  const std::string text{std::istreambuf_iterator<char>(page), {}};
  const std::string mark = "```python\n";
  const size_t begin = text.find(mark) + mark.size();
  REQUIRE(begin > mark.size());
  std::string lines = text.substr(begin, text.find("```", begin) - begin);
  for (size_t at = lines.find("cage4"); at != std::string::npos; at = lines.find("cage4")) {
    lines.replace(at, 5, "clip");
  }
  const Stage stage;
  lines.replace(lines.find("mice.vole"), 9, stage.project->file().filename().string());
  std::ofstream(stage.folder / "read.py") << lines;
  const std::string command =
      "cd '" + stage.folder.path().string() + "' && /usr/bin/python3 read.py > out.txt";
  REQUIRE(std::system(command.c_str()) == 0);
  std::ifstream out(stage.folder / "out.txt");
  const std::string said{std::istreambuf_iterator<char>(out), {}};
  CHECK(said ==
        "1 ann 9.0 10.0\n2 ann 11.0 12.0\n3 ann 2.5 4.0\n3 bob 31.5 4.0\n"
        "4 ann 31.5 4.0\n4 bob 2.5 4.0\n5 bob 2.5 4.0\nrear 10 10 frames\n");
}

}  // namespace views_test
