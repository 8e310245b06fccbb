// A project that a stranger has sent: nothing that came with it may run, hang or write elsewhere.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <random>
#include <set>

#include "datasets/base/error.h"
#include "datasets/files/file_hash.h"
#include "datasets/files/file_names.h"
#include "datasets/formats/formats.h"
#include "datasets/project.h"
#include "datasets/store/connection.h"
#include "datasets/store/writer.h"
#include "datasets/verify.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace stranger_test {

namespace {

using datasets::Connection;
using datasets::FileNameFor;
using datasets::Project;
using datasets::Writer;
using tests::MessageOf;
namespace fs = std::filesystem;

// As another program could: Vole's own connections make neither triggers nor views run.
void Change(const fs::path& file, const char* sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
  char* message = nullptr;
  sqlite3_exec(database, sql, nullptr, nullptr, &message);
  CAPTURE(message);
  CHECK(message == nullptr);
  sqlite3_free(message);
  sqlite3_close(database);
}

TEST_CASE("tables that are not as Vole makes them are refused by name") {
  const auto refused = [](const char* sql, const std::string& part) {
    tests::TempDir folder;
    Project::Create(folder / "a.vole");
    Change(folder / "a.vole", sql);
    for (const auto access : {Project::Access::kReadWrite, Project::Access::kReadOnly}) {
      const std::string message = MessageOf([&] { Project::Open(folder / "a.vole", access); });
      CAPTURE(message);
      CHECK(message.find(part) != std::string::npos);
      CHECK(message.find("vole recover") != std::string::npos);
    }
  };
  refused("CREATE TRIGGER t AFTER INSERT ON jobs BEGIN DELETE FROM behavior_intervals; END",
          "trigger 't'");
  refused("CREATE VIEW endless AS SELECT 1", "view 'endless'");
  refused(
      "DROP TABLE regions; CREATE VIEW regions AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL"
      " SELECT x + 1 FROM n) SELECT x AS id, 1 AS video_id, 'r' AS name, '[]' AS polygons FROM n",
      "view 'regions'");
  refused("CREATE TABLE extra (x)", "table 'extra'");
  refused("CREATE INDEX more ON jobs (hex(kind))", "index 'more'");
  refused("ALTER TABLE jobs ADD COLUMN more TEXT GENERATED ALWAYS AS (hex(kind))", "table 'jobs'");
  refused("DROP INDEX tracks_by_video", "'tracks_by_video' is missing");
  refused("DROP TABLE edits", "'edits' is missing");
}

TEST_CASE("a connection runs no trigger and no view, and believes no cell") {
  tests::TempDir folder;
  Project::Create(folder / "a.vole")->Write([](Writer& writer) {
    writer.FindOrInsertCategory("kept");
  });
  Change(folder / "a.vole",
         "CREATE TRIGGER t AFTER INSERT ON categories BEGIN DELETE FROM categories; END;"
         "CREATE VIEW v AS SELECT 1");
  Connection connection(folder / "a.vole", Connection::Mode::kReadWrite, 0);
  Writer(connection).FindOrInsertCategory("another");
  auto count = connection.Query("SELECT count(*) FROM categories");
  REQUIRE(count.Step());
  CHECK(count.Int(0) == 2);
  CHECK(MessageOf([&] { connection.Run("SELECT * FROM v"); }) != "");
  auto row = connection.Query("PRAGMA cell_size_check");
  REQUIRE(row.Step());
  CHECK(row.Int(0) == 1);
}

TEST_CASE("a pipe or a device is no video and no weights") {
  tests::TempDir folder;
  REQUIRE(mkfifo((folder / "v.mp4").c_str(), 0600) == 0);
  auto project = Project::Create(folder / "a.vole");
  project->Write([](Writer& writer) {
    tests::InsertVideo(writer, "v", 10);
    datasets::ModelRow model;
    model.name = "m";
    model.weights_path = "/dev/zero";
    writer.InsertModel(model);
  });
  datasets::Job job;
  CHECK(MessageOf([&] { project->AddVideo(folder / "v.mp4", job); }).find("regular file") !=
        std::string::npos);
  CHECK(MessageOf([&] { project->OpenVideo(project->Videos()[0]); }).find("regular file") !=
        std::string::npos);
  CHECK(MessageOf([&] { datasets::IndexVideo(folder / "v.mp4", job); }).find("regular file") !=
        std::string::npos);
  std::set<std::string> codes;
  for (const auto& finding : datasets::Verify(*project, job)) codes.insert(finding.code);
  CHECK(codes == std::set<std::string>{"model_changed", "video_changed"});
}

TEST_CASE("any name becomes a file beneath the folder, and two names two files") {
  CHECK(FileNameFor("vole_1 (left) \xC3\xBC") == "vole_1 (left) \xC3\xBC");
  CHECK(FileNameFor("100%") == "100%");
  CHECK(FileNameFor("../../x") == "%2E.%2F..%2Fx");
  const std::vector<std::string> pieces = {"/",    "..", ".",        "%",  "2F",
                                           "%2F",  "a",  "\\",       "\n", std::string(1, '\0'),
                                           "\xFF", "~",  "\xC3\xBC", " ",  std::string(300, 'x')};
  std::mt19937 random(1);
  std::set<std::string> names = {"", "%", "%25", ".", "..", "%2E"};
  for (int i = 0; i < 20000; ++i) {
    std::string name;
    for (size_t count = random() % 6; count > 0; --count) name += pieces[random() % pieces.size()];
    names.insert(name);
  }
  std::set<std::string> files;
  const fs::path folder = "/out/folder";
  for (const std::string& name : names) {
    const std::string file = FileNameFor(name);
    CHECK(!file.empty());
    CHECK(file.size() < 196);
    CHECK((folder / (file + "_000001.png")).lexically_normal().parent_path() == folder);
    files.insert(file);
  }
  CHECK(files.size() == names.size());
}

TEST_CASE("no export writes outside of the folder that was asked for") {
  tests::TempDir folder;
  const fs::path out = folder / "in" / "out";
  fs::create_directories(out);
  auto project = Project::Create(folder / "a.vole");
  const std::string absolute = (folder / "escaped").string();
  project->Write([&](Writer& writer) {
    for (const std::string& name : {std::string("../../x"), absolute}) {
      const auto video = tests::InsertVideo(writer, name, 10);
      writer.InsertAnnotation(tests::Square(writer.FindOrInsertImage(video, 3, 64, 48),
                                            writer.FindOrInsertCategory("a"), 1, 1, 9));
    }
  });
  datasets::Job job;
  for (const char* format : {"labelme", "yolo"}) {
    datasets::Export(*project, format, out / format, {}, job);
    size_t labels = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
      const std::string path = entry.path().string();
      const bool label = path.find("_000003.") != std::string::npos;
      CHECK((!label || path.find((out).string()) == 0));
      labels += label && path.find((out / format).string()) == 0;
    }
    CHECK(labels == 2);
  }
}

}  // namespace

}  // namespace stranger_test
