// Reading a project that another program is writing, or was stopped while it wrote.
#include <doctest/doctest.h>
#include <unistd.h>

#include <functional>

#include "datasets/base/error.h"
#include "datasets/project.h"
#include "datasets/store/connection.h"
#include "datasets/store/file/open.h"
#include "datasets/store/writer.h"
#include "tests/support/other_process.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace open_reading_test {

namespace {

using datasets::Connection;
using datasets::Project;
using datasets::Writer;
using tests::InChild;
using tests::MessageOf;
namespace fs = std::filesystem;

// As on file systems without shared memory: a rollback journal instead of the log.
void MakeWithJournal(const fs::path& file) {
  auto project = Project::Create(file);
  project->Write([](Writer& writer) {
    for (int i = 0; i < 300; ++i) writer.FindOrInsertCategory("animal " + std::to_string(i));
  });
  project.reset();
  Connection(file, Connection::Mode::kReadWrite, 0).Script("PRAGMA journal_mode = DELETE");
}

// Killed with half of its change in the file already.
void KillWhileWriting(const fs::path& file) {
  REQUIRE(InChild([&] {
            Connection connection(file, Connection::Mode::kReadWrite, 0);
            connection.Script(
                "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN IMMEDIATE;"
                "UPDATE categories SET name = 'half ' || id || hex(zeroblob(2000));");
            _exit(0);
            return 0;
          }) == 0);
  REQUIRE(datasets::HasBeside(file, "-journal"));
}

TEST_CASE("what a killed program had half written is undone before it is read") {
  tests::TempDir folder;
  MakeWithJournal(folder / "a.vole");
  KillWhileWriting(folder / "a.vole");
  auto project = Project::Open(folder / "a.vole", Project::Access::kReadOnly);
  REQUIRE(project->Categories().size() == 300);
  CHECK(project->Categories()[7].name == "animal 7");
  CHECK_FALSE(datasets::HasBeside(folder / "a.vole", "-journal"));
}

TEST_CASE("where it cannot be undone nothing is read, and the message says what to do") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  MakeWithJournal(file);
  KillWhileWriting(file);
  fs::permissions(file, static_cast<fs::perms>(0444));
  fs::permissions(folder / "a.vole-journal", static_cast<fs::perms>(0444));
  fs::permissions(folder.path(), static_cast<fs::perms>(0555));
  CHECK(InChild([&] {
          if (geteuid() == 0 && setuid(65534) != 0) return 1;
          const std::string message =
              MessageOf([&] { Project::Open(file, Project::Access::kReadOnly); });
          return message.find("open it once where you may write") != std::string::npos ? 0 : 2;
        }) == 0);
  fs::permissions(folder.path(), fs::perms::owner_all);
}

TEST_CASE("a file that somebody is writing is waited for, never read without its lock") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  MakeWithJournal(file);
  Connection writing(file, Connection::Mode::kReadWrite, 0);
  writing.Script("BEGIN EXCLUSIVE; UPDATE categories SET name = 'uncommitted ' || id;");
  auto mode = Connection::Mode::kReadOnly;
  const std::string message = MessageOf([&] { datasets::OpenUnchecked(file, &mode, 20); });
  CHECK(message.find("another program") != std::string::npos);
  CHECK(mode == Connection::Mode::kReadOnly);
}

TEST_CASE("a log beside a file in a folder that cannot be written is not left out of the reading") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  Project::Create(file);
  REQUIRE(InChild([&] {
            auto project = Project::Open(file);
            project->Write([](Writer& writer) { writer.FindOrInsertCategory("in the log"); });
            _exit(0);
            return 0;
          }) == 0);
  REQUIRE(datasets::HasBeside(file, "-wal"));
  fs::remove(folder / "a.vole-shm");
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    fs::permissions(entry.path(), static_cast<fs::perms>(0444));
  }
  fs::permissions(folder.path(), static_cast<fs::perms>(0555));
  CHECK(InChild([&] {
          if (geteuid() == 0 && setuid(65534) != 0) return 1;
          size_t categories = 0;
          const std::string message = MessageOf([&] {
            categories = Project::Open(file, Project::Access::kReadOnly)->Categories().size();
          });
          return categories == 1 || !message.empty() ? 0 : 2;
        }) == 0);
  fs::permissions(folder.path(), fs::perms::owner_all);
}

TEST_CASE("what is read in one snapshot is of one moment, whatever is written meanwhile") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  const auto add = [&](const char* name) {
    project->Write([&](Writer& writer) { writer.FindOrInsertCategory(name); });
  };
  add("a");
  project->InOneSnapshot([&] {
    CHECK(project->Categories().size() == 1);
    add("b");
    CHECK(project->Categories().size() == 1);
    project->InOneSnapshot([&] { CHECK(project->Categories().size() == 1); });
    project->Read([&](Connection&) { CHECK(project->Categories().size() == 1); });
  });
  CHECK(project->Categories().size() == 2);
  CHECK_THROWS_AS(project->InOneSnapshot([] { throw datasets::Error("a", "b"); }), datasets::Error);
  add("c");
  CHECK(project->Categories().size() == 3);
}

}  // namespace

}  // namespace open_reading_test
