#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <fstream>

#include "datasets/base/error.h"
#include "datasets/calibrated.h"
#include "datasets/project.h"
#include "datasets/store/connection.h"
#include "datasets/store/factors/factor_store.h"
#include "datasets/store/file/restore.h"
#include "datasets/store/meetings/meeting_store.h"
#include "datasets/store/notes/note_store.h"
#include "datasets/store/schema/schema.h"
#include "datasets/store/writer.h"
#include "datasets/verify.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace migration_test {

namespace {

using datasets::Connection;
using datasets::Migrations;
using datasets::Project;
using tests::MessageOf;
namespace fs = std::filesystem;

const Migrations& Steps() {
  static const Migrations steps = {
      "CREATE TABLE animals (name TEXT NOT NULL) STRICT;",
      "ALTER TABLE animals ADD COLUMN age INTEGER NOT NULL DEFAULT 7;",
      "CREATE TABLE owners (name TEXT) STRICT; INSERT INTO owners SELECT name FROM animals;"};
  return steps;
}

Migrations FirstSteps(size_t count) { return {Steps().begin(), Steps().begin() + count}; }

int64_t Number(Connection& connection, const char* sql) {
  auto row = connection.Query(sql);
  REQUIRE(row.Step());
  return row.Int(0);
}

TEST_CASE("an older file is brought up step by step, after a copy of it was left") {
  tests::TempDir folder;
  Connection connection(folder / "a.vole", Connection::Mode::kCreate, 0);
  datasets::Migrate(connection, FirstSteps(1));
  CHECK_FALSE(fs::exists(folder / "a.vole.v0.bak"));  // an empty file needs no copy
  connection.Run("INSERT INTO animals (name) VALUES ('Ada')");
  datasets::Migrate(connection, Steps());
  CHECK(datasets::SchemaVersion(connection) == 3);
  CHECK(Number(connection, "SELECT age FROM animals WHERE name = 'Ada'") == 7);
  CHECK(Number(connection, "SELECT count(*) FROM owners") == 1);
  Connection copy(folder / "a.vole.v1.bak", Connection::Mode::kReadOnly, 0);
  CHECK(datasets::SchemaVersion(copy) == 1);
  CHECK(Number(copy, "SELECT count(*) FROM animals") == 1);
  CHECK(Number(copy, "SELECT count(*) FROM pragma_table_info('animals')") == 1);
  datasets::Migrate(connection, Steps());  // nothing left to do
  CHECK(Number(connection, "SELECT count(*) FROM owners") == 1);
}

TEST_CASE("a step that fails leaves the version before it, whole") {
  tests::TempDir folder;
  Connection connection(folder / "a.vole", Connection::Mode::kCreate, 0);
  datasets::Migrate(connection, FirstSteps(1));
  connection.Run("INSERT INTO animals (name) VALUES ('Ada')");
  Migrations steps = FirstSteps(2);
  steps.push_back("CREATE TABLE owners (name TEXT) STRICT; INSERT INTO nowhere VALUES (1);");
  CHECK_THROWS_AS(datasets::Migrate(connection, steps), datasets::Error);
  CHECK(datasets::SchemaVersion(connection) == 2);
  CHECK_FALSE(connection.InTransaction());
  CHECK(Number(connection, "SELECT count(*) FROM sqlite_schema WHERE name = 'owners'") == 0);
  CHECK(Number(connection, "SELECT age FROM animals") == 7);
  datasets::Migrate(connection, Steps());  // the next program gets it right
  CHECK(Number(connection, "SELECT count(*) FROM owners") == 1);
}

TEST_CASE("a file of a newer Vole is refused with one clear sentence and not touched") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  Project::Create(file);
  const int newer = static_cast<int>(datasets::ProjectMigrations().size()) + 1;
  {
    Connection connection(file, Connection::Mode::kReadWrite, 0);
    connection.Script("PRAGMA user_version = " + std::to_string(newer));
  }
  for (const auto access : {Project::Access::kReadWrite, Project::Access::kReadOnly}) {
    const std::string message = MessageOf([&] { Project::Open(file, access); });
    CHECK(message.find("newer Vole (file version " + std::to_string(newer)) != std::string::npos);
    CHECK(message.find("install a newer Vole") != std::string::npos);
  }
  Connection connection(file, Connection::Mode::kReadOnly, 0);
  CHECK(datasets::SchemaVersion(connection) == newer);
  CHECK_FALSE(fs::exists(folder / ("a.vole.v" + std::to_string(newer) + ".bak")));
}

// tests/data/project_v<N>.sql: a filled project as version N wrote it, one for each version.
void MakeProjectOfVersion(int version, const fs::path& file) {
  std::ifstream text(fs::path(VOLE_SOURCE_DIR) / "tests" / "data" /
                     ("project_v" + std::to_string(version) + ".sql"));
  REQUIRE(text);
  const std::string script{std::istreambuf_iterator<char>(text), {}};
  Connection(file, Connection::Mode::kCreate, 0).Script(script);
}

void CheckIsWhole(const Project& project) {
  datasets::Job quiet;
  for (const auto& finding : datasets::Verify(project, quiet)) {
    CHECK((finding.code == "video_missing" || finding.code == "model_missing"));
  }
}

TEST_CASE("every version before today's has a filled project among the tests") {
  for (size_t version = 1; version < datasets::ProjectMigrations().size(); ++version) {
    tests::TempDir folder;
    MakeProjectOfVersion(static_cast<int>(version), folder / "a.vole");
    CHECK(Project::Open(folder / "a.vole")->Videos().size() == 1);
    CHECK(fs::exists(folder / ("a.vole.v" + std::to_string(version) + ".bak")));
  }
}

TEST_CASE("a filled project of version 1 opens today with everything in it") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  MakeProjectOfVersion(1, file);
  auto project = Project::Open(file);
  const auto video = project->VideoByName("one");
  CHECK(project->IndexOf(video).frame_count() == 100);
  CHECK(project->BackgroundOf(video).bgr.size() == cv::Size(64, 48));
  REQUIRE(project->Categories().size() == 2);
  CHECK(project->Categories()[1].name == "vole_2");
  CHECK(project->Tracks(video.id).size() == 1);
  CHECK(project->CountLabeledFrames(video.id) == 4);
  const auto labels = project->AnnotationsAt(video.id, 4);
  REQUIRE(labels.size() == 2);
  CHECK(labels[0].polygons[0][0] == cv::Point2d(5.25, 5));
  CHECK(labels[0].key_points[0].name == "nose");
  REQUIRE(labels[1].rle);
  CHECK(labels[1].source == datasets::LabelSource::kAccepted);
  const auto job = project->LatestPredictJob(video.id);
  REQUIRE(job);
  CHECK(project->CountPredictedFrames(*job, video.id) == 10);
  CHECK(project->PredictionsAt(*job, video.id, 8).size() == 1);  // one of two is rejected
  CHECK(project->ReviewItems(*job)[0].verdict == "accepted");
  CHECK(project->BehaviorIntervals(video.id).size() == 3);
  CHECK_FALSE(project->ReviewItems(*job)[0].behavior_id);
  const auto bouts = project->BehaviorPredictions(*job, video.id);
  REQUIRE(bouts.size() == 1);
  CHECK(bouts[0].confidence == bouts[0].score);  // version 1 knew only the score
  CHECK(project->LatestBehaviorJob(video.id) == job);
  CHECK(project->BehaviorSeries(*job, video.id).empty());
  CHECK(fs::exists(folder / "a.vole.v1.bak"));
  CHECK(project->Models().size() == 1);
  CHECK(project->Setting("theme") == "dark");
  CheckIsWhole(*project);
}

TEST_CASE("a filled project of version 2 keeps its scored behavior and what was said about it") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  MakeProjectOfVersion(2, file);
  auto project = Project::Open(file);
  CHECK(fs::exists(folder / "a.vole.v2.bak"));
  const auto video = project->VideoByName("one");
  const auto job = project->LatestBehaviorJob(video.id);
  REQUIRE(job == 4);
  const auto series = project->BehaviorSeries(*job, video.id);
  REQUIRE(series.size() == 2);
  CHECK(series[0].subject == "vole_1");
  const auto scores = project->BehaviorScores(series[0].id, 0, 100);
  REQUIRE(scores.size() == 100);
  CHECK(std::isnan(scores[4]));
  CHECK(scores[5] == 0.F);
  CHECK(scores[10] == doctest::Approx(0.25).epsilon(1e-4));
  CHECK(scores[39] == 1.F);
  CHECK(std::isnan(scores[50]));
  const auto bouts = project->BehaviorPredictions(*job, video.id);
  REQUIRE(bouts.size() == 1);
  CHECK(bouts[0].score == 0.875);
  CHECK(bouts[0].confidence == 0.75);
  const auto items = project->ReviewItems(*job);
  REQUIRE(items.size() == 1);
  CHECK(items[0].subject == "vole_1");
  CHECK(items[0].behavior_id == 1);
  CHECK(items[0].verdict == "rejected");
  CHECK(project->BehaviorIntervals(video.id).size() == 4);
  CHECK(project->Models().size() == 2);
  CHECK(project->LatestPredictJob(video.id) == 2);  // outlines, not behavior
  project->Write([](datasets::Writer& writer) { writer.FindOrInsertCategory("new"); });
  CheckIsWhole(*project);
}

TEST_CASE("a filled project of version 3 keeps its regions, and its predictions have no meetings") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  MakeProjectOfVersion(3, file);
  auto project = Project::Open(file);
  const auto video = project->VideoByName("one");
  REQUIRE(project->Regions(video.id).size() == 1);
  CHECK(project->Regions(video.id)[0].name == "nest");
  const auto job = project->LatestPredictJob(video.id);
  REQUIRE(job);
  CHECK(project->CountPredictedFrames(*job, video.id) == 10);
  project->Read([&](Connection& connection) {
    CHECK(datasets::ReadMeetings(connection, *job, video.id).empty());
    CHECK_FALSE(datasets::ReadNameEvidence(connection, *job, video.id));
  });
  CheckIsWhole(*project);
}

TEST_CASE("a filled project of version 4 keeps its key points, now with skeletons") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  MakeProjectOfVersion(4, file);
  auto project = Project::Open(file);
  const auto skeletons = project->Skeletons();
  REQUIRE(skeletons.size() == 2);  // one a list of names
  CHECK(skeletons[0].name == "animal");
  CHECK(datasets::PointNames(skeletons[0]) == std::vector<std::string>{"nose"});
  CHECK(skeletons[1].name == "animal_2");
  CHECK(datasets::PointNames(skeletons[1]) ==
        std::vector<std::string>{"nose", "left ear", "right ear"});
  const auto video = project->VideoByName("one");
  const auto labels = project->AnnotationsAt(video.id, 4);
  REQUIRE(labels.size() == 2);
  CHECK(labels[0].key_points[0].x == 6);
  REQUIRE(labels[1].key_points.size() == 2);  // the third was not labeled
  CHECK(labels[1].key_points[0].y == 30.25);
  CHECK(labels[1].key_points[1].name == "left ear");
  CHECK(labels[1].key_points[1].visibility == 1);
  CHECK(project->AnnotationsAt(video.id, 6)[1].key_points.size() == 3);
  project->Read([&](Connection& connection) {
    CHECK(
        datasets::ReadMeetings(connection, *project->LatestPredictJob(video.id), video.id).size() ==
        1);
  });
  CheckIsWhole(*project);
}

TEST_CASE("of an older project that is damaged all is saved that bringing it up to date keeps") {
  tests::TempDir folder;
  for (const int version : {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}) {
    CAPTURE(version);
    const fs::path file = folder / ("v" + std::to_string(version) + ".vole");
    const fs::path out = folder / ("saved" + std::to_string(version) + ".vole");
    MakeProjectOfVersion(version, file);
    const auto before = std::distance(fs::directory_iterator(folder.path()), {});
    datasets::Job job;
    const auto saved = datasets::RecoverProject(file, out, job);
    CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == before + 1);
    for (const auto& [table, rows] : saved) {
      CAPTURE(table);
      CHECK(rows.damage == "");
      CHECK(rows.left_out == 0);
    }
    const auto project = Project::Open(out), sound = Project::Open(file);
    project->Read([&](Connection& recovered) {
      sound->Read([&](Connection& migrated) {
        for (const auto& [table, rows] : saved) {
          CAPTURE(table);
          const std::string count = "SELECT count(*) FROM " + table;
          CHECK(rows.saved == Number(recovered, count.c_str()));
          CHECK(rows.saved == Number(migrated, count.c_str()));
        }
      });
    });
    CHECK(project->Skeletons().size() == sound->Skeletons().size());
    const auto video = project->VideoByName("one");
    const auto labels = project->AnnotationsAt(video.id, 4),
               same = sound->AnnotationsAt(video.id, 4);
    REQUIRE(labels.size() == same.size());
    for (size_t i = 0; i < labels.size(); ++i) {
      CHECK(labels[i].key_points.size() == same[i].key_points.size());
    }
    CheckIsWhole(*project);
  }
}

TEST_CASE("predicted points of version 5 are taken to be seen") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  MakeProjectOfVersion(5, file);
  auto project = Project::Open(file);
  const auto video = project->VideoByName("one");
  const auto found = project->PredictionsAt(*project->LatestPredictJob(video.id), video.id, 0);
  REQUIRE(!found.empty());
  REQUIRE(found[0].key_points.size() == 1);
  CHECK(found[0].key_points[0].x == 9.5);
  CHECK(found[0].key_points[0].visible);
  CHECK(project->AnnotationsAt(video.id, 4)[1].key_points[1].visibility == 1);
  CheckIsWhole(*project);
}

TEST_CASE("a filled project of version 6 keeps its hidden points, gets views, and no calibration") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  MakeProjectOfVersion(6, file);
  auto project = Project::Open(file);
  const auto video = project->VideoByName("one");
  const auto found = project->PredictionsAt(*project->LatestPredictJob(video.id), video.id, 0);
  REQUIRE(!found.empty());
  REQUIRE(found[0].key_points.size() == 1);
  CHECK_FALSE(found[0].key_points[0].visible);
  CHECK_FALSE(datasets::CalibrationOf(*project, video));
  project->Read([&](Connection& connection) {
    CHECK(Number(connection,
                 "SELECT count(*) FROM sqlite_schema WHERE type = 'view' AND name IN"
                 " ('v_labels', 'v_tracks', 'v_bouts')") == 3);
  });
  CheckIsWhole(*project);
}

TEST_CASE("a filled project of version 9 keeps its bouts, of which nothing is noted yet") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  MakeProjectOfVersion(9, file);
  auto project = Project::Open(file);
  const auto video = project->VideoByName("one");
  const auto bouts = project->BehaviorIntervals(video.id);
  REQUIRE(!bouts.empty());
  for (const auto& bout : bouts) {
    CHECK(bout.note == "");
    CHECK_FALSE(bout.flagged);
  }
  project->Read([&](Connection& connection) { CHECK(datasets::ReadNotes(connection).empty()); });
  CheckIsWhole(*project);
}

TEST_CASE("a filled project of version 10 keeps its notes, and its videos can have factors") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  MakeProjectOfVersion(10, file);
  auto project = Project::Open(file);
  const auto video = project->VideoByName("one");
  project->Read([&](Connection& connection) {
    const auto notes = datasets::ReadNotes(connection);
    REQUIRE(notes.size() == 1);
    CHECK(notes[0].note == "door opened");
  });
  REQUIRE(datasets::CalibrationOf(*project, video));
  CHECK(datasets::CalibrationOf(*project, video)->length_cm == 10);
  project->Write([&](datasets::Writer& writer) {
    CHECK(datasets::ReadFactors(writer.connection()).empty());
    const auto factor = datasets::InsertFactor(writer.connection(), "day");
    datasets::InsertFactorValue(writer.connection(), factor, video.id, "3");
  });
  CheckIsWhole(*project);
}

TEST_CASE("a filled project of version 11 keeps its factors, and each of its videos is one file") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  MakeProjectOfVersion(11, file);
  auto project = Project::Open(file);
  const auto video = project->VideoByName("one");
  CHECK(video.parts.empty());
  CHECK(project->IndexOf(video).parts.empty());
  CHECK(project->IndexOf(video).frame_count() == 100);
  project->Read([&](Connection& connection) {
    CHECK(Number(connection, "SELECT count(*) FROM video_parts") == 0);
    CHECK(datasets::ReadFactors(connection).size() == 1);
  });
  CheckIsWhole(*project);
}

TEST_CASE("opening an older file for reading only brings it up to date, and keeps it as it was") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  MakeProjectOfVersion(1, file);
  {
    const auto project = Project::Open(file, Project::Access::kReadOnly);
    CHECK(project->Categories().size() == 2);
    CHECK(MessageOf([&] { project->Write([](datasets::Writer&) {}); }).find("reading only") !=
          std::string::npos);
  }
  Connection now(file, Connection::Mode::kReadOnly, 0);
  CHECK(datasets::SchemaVersion(now) == static_cast<int>(datasets::ProjectMigrations().size()));
  Connection copy(folder / "a.vole.v1.bak", Connection::Mode::kReadOnly, 0);
  CHECK(datasets::SchemaVersion(copy) == 1);
}

TEST_CASE("an older file where nothing can be written is refused with the command that copies it") {
  tests::TempDir folder;
  const fs::path file = folder / "it's.vole";
  MakeProjectOfVersion(2, file);
  fs::permissions(file, static_cast<fs::perms>(0444));
  fs::permissions(folder.path(), static_cast<fs::perms>(0555));
  const pid_t child = fork();
  if (child == 0) {
    if (geteuid() == 0 && setuid(65534) != 0) _exit(1);  // root may write anywhere
    const std::string message = MessageOf([&] { Project::Open(file, Project::Access::kReadOnly); });
    const bool clear =
        message.find("older Vole (file version 2)") != std::string::npos &&
        message.find("it'\\''s.vole' . && vole info 'it'\\''s.vole'") != std::string::npos &&
        message.find('\n') == std::string::npos;
    _exit(clear ? 0 : 2);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(status == 0);
  fs::permissions(folder.path(), fs::perms::owner_all);
  CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 1);  // nothing left behind
}

}  // namespace

}  // namespace migration_test
