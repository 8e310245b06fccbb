#include "app/model/session/backup.h"

#include <doctest/doctest.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "datasets/base/error.h"
#include "datasets/store/writer.h"
#include "tests/support/label_project.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace backup_test {

namespace {

namespace fs = std::filesystem;
using datasets::Project;

TEST_CASE("a backup is a whole project, and the one before it is kept") {
  tests::TempDir folder;
  const auto project = tests::LabelProject(folder.path());
  const fs::path copy = app::BackUp(*project);
  project->Write([](datasets::Writer& writer) { writer.FindOrInsertCategory("vole_1"); });
  CHECK(app::BackUp(*project) == copy);
  CHECK(Project::Open(copy, Project::Access::kReadOnly)->Categories().size() == 1);
  fs::path older = project->file();
  older += ".bak2";
  CHECK(Project::Open(older, Project::Access::kReadOnly)->Categories().empty());
}

TEST_CASE("a backup that cannot be written says so and leaves the earlier one") {
  tests::TempDir folder;
  const auto project = tests::LabelProject(folder.path());
  const fs::path copy = app::BackUp(*project);
  fs::path older = project->file();
  older += ".bak2";
  fs::create_directories(older / "in the way");
  const std::string message = tests::MessageOf([&] { app::BackUp(*project); });
  CHECK(message.find("copy") != std::string::npos);
  CHECK(Project::Open(copy, Project::Access::kReadOnly)->Videos().size() == 1);
  for (const auto& entry : fs::directory_iterator(folder.path())) {
    CHECK(entry.path().string().find(".tmp-") == std::string::npos);
  }
}

TEST_CASE("what was not changed is not copied again; what was is") {
  tests::TempDir folder;
  const auto project = tests::LabelProject(folder.path());
  std::atomic<int> failures{0};
  fs::path copy = project->file();
  copy += ".bak";
  const auto wait_for_copy = [&] {
    for (int i = 0; i < 400 && !fs::exists(copy); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(25));
    }
    return fs::exists(copy);
  };
  app::PeriodicBackup backup(*project, std::chrono::milliseconds(30),
                             [&](const std::string&) { ++failures; });
  project->Write([](datasets::Writer& writer) { writer.FindOrInsertCategory("vole_1"); });
  CHECK(wait_for_copy());
  CHECK(failures == 0);
}

}  // namespace

}  // namespace backup_test
