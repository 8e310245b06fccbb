// A project that was replaced, restored or damaged.
#include "datasets/store/file/restore.h"

#include <doctest/doctest.h>

#include <fstream>

#include "datasets/base/error.h"
#include "datasets/project.h"
#include "datasets/store/connection.h"
#include "datasets/store/copy.h"
#include "datasets/store/writer.h"
#include "datasets/verify.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace restore_test {

namespace {

using datasets::Connection;
using datasets::Id;
using datasets::Project;
using datasets::Writer;
using tests::MessageOf;
namespace fs = std::filesystem;

void AddAnimals(Project& project, int from, int to) {
  project.Write([&](Writer& writer) {
    for (int i = from; i < to; ++i) writer.FindOrInsertCategory("animal " + std::to_string(i));
  });
}

size_t AnimalsOf(const fs::path& file) {
  return Project::Open(file, Project::Access::kReadOnly)->Categories().size();
}

TEST_CASE("a project whose file was replaced or removed while open writes nothing more") {
  for (const std::string how : {"renamed over", "copied over", "removed"}) {
    CAPTURE(how);
    tests::TempDir folder;
    const fs::path file = folder / "a.vole", copy = folder / "copy.vole";
    Project::Create(copy);
    auto project = Project::Create(file);
    AddAnimals(*project, 0, 2000);
    project.reset();
    project = Project::Open(file);
    const auto bytes = fs::file_size(copy);
    if (how == "renamed over") fs::rename(copy, file);
    if (how == "copied over") fs::copy_file(copy, file, fs::copy_options::overwrite_existing);
    if (how == "removed") fs::remove(file);
    const std::string message = MessageOf([&] { AddAnimals(*project, 0, 1); });
    CAPTURE(message);
    CHECK(message.find("while it was open") != std::string::npos);
    CHECK(message.find("vole restore") != std::string::npos);
    if (how != "removed") CHECK(fs::file_size(file) == bytes);
  }
}

TEST_CASE("a restored copy is the copy alone; what was there is kept whole") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole", copy = folder / "a.vole.bak";
  auto project = Project::Create(file);
  AddAnimals(*project, 0, 3);
  project->Read([&](Connection& connection) { datasets::CopyTo(connection, copy); });
  AddAnimals(*project, 3, 5);
  CHECK(MessageOf([&] { datasets::RestoreProject(file, copy); }).find("open in another program") !=
        std::string::npos);
  CHECK(AnimalsOf(file) == 5);
  project.reset();
  std::ofstream(folder / "a.vole-wal") << "a log that belongs to another state";
  std::ofstream(folder / "a.vole-journal") << "";
  const fs::path kept = datasets::RestoreProject(file, copy);
  CHECK(kept == folder / "a.replaced.vole");
  CHECK(AnimalsOf(file) == 3);
  CHECK(AnimalsOf(kept) == 5);
  CHECK(AnimalsOf(copy) == 3);
  CHECK_FALSE(fs::exists(folder / "a.vole.restored"));
  fs::remove(file);
  CHECK(datasets::RestoreProject(file, copy).empty());
  CHECK(AnimalsOf(file) == 3);
}

TEST_CASE("what is no sound copy of a project is not restored, and the project stays") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  AddAnimals(*Project::Create(file), 0, 3);
  std::ofstream(folder / "text") << "Dear diary";
  for (const fs::path& copy : {folder / "text", folder / "none", file, folder.path()}) {
    CAPTURE(copy);
    CHECK(MessageOf([&] { datasets::RestoreProject(file, copy); }) != "");
    CHECK(AnimalsOf(file) == 3);
  }
}

// Pages of the file in the middle of it are overwritten.
void Scribble(const fs::path& file, double from, double to) {
  const auto pages = static_cast<double>(fs::file_size(file) / 4096);
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  for (auto page = static_cast<int64_t>(from * pages); page < static_cast<int64_t>(to * pages);
       ++page) {
    stream.seekp(page * 4096);
    stream << std::string(4096, 'x');
  }
}

TEST_CASE("rows on both sides of the damage are recovered, counted, and the result is sound") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole", out = folder / "other" / "b.vole";
  fs::create_directories(folder / "other");
  constexpr int kLabels = 4000;
  {
    auto project = Project::Create(file);
    project->Write([](Writer& writer) {
      const Id video = tests::InsertVideo(writer, "v", 10);
      const Id category = writer.FindOrInsertCategory("a");
      const Id image = writer.FindOrInsertImage(video, 3, 64, 48);
      for (int i = 0; i < kLabels; ++i) {
        writer.InsertAnnotation(tests::Square(image, category, i % 50, 1, 5));
      }
      writer.FindOrInsertCategory("last");
    });
  }
  Scribble(file, 0.6, 0.65);  // behind the schema, in the labels
  CHECK(MessageOf([&] {
          Project::Open(file, Project::Access::kReadOnly)
              ->ForEachAnnotation(1, [](const auto&, const auto&) {});
        }) != "");
  datasets::Job job;
  const auto result = datasets::RecoverProject(file, out, job);
  const auto& labels = result.at("annotations");
  CHECK(labels.saved > kLabels * 0.8);
  CHECK(labels.saved < kLabels);
  CHECK(labels.damage != "");
  CHECK(result.at("videos").saved == 1);
  CHECK(result.at("categories").saved == 2);
  auto project = Project::Open(out);
  CHECK(project->AnnotationsAt(1, 3).size() == static_cast<size_t>(labels.saved));
  CHECK(project->Videos()[0].path == "../v.mp4");
  for (const auto& finding : datasets::Verify(*project, job)) {
    CHECK(finding.code == "video_missing");
  }
  CHECK(MessageOf([&] { datasets::RecoverProject(file, out, job); }).find("exists already") !=
        std::string::npos);
}

TEST_CASE("recovering leaves out what refers to lost rows, and what a stranger has added") {
  tests::TempDir folder;
  const fs::path file = folder / "a.vole";
  {
    auto project = Project::Create(file);
    project->Write([](Writer& writer) {
      const Id video = tests::InsertVideo(writer, "v", 10);
      const Id a = writer.FindOrInsertCategory("a"), b = writer.FindOrInsertCategory("b");
      const Id image = writer.FindOrInsertImage(video, 3, 64, 48);
      const Id track = writer.FindOrInsertTrack(video, a, 1);
      auto label = tests::Square(image, a, 1, 1, 5);
      label.track_id = track;
      writer.InsertAnnotation(label);
      writer.InsertAnnotation(tests::Square(image, b, 9, 9, 5));
    });
    Connection careless(file, Connection::Mode::kReadWrite, 0);
    careless.Script(
        "PRAGMA foreign_keys = OFF; DELETE FROM categories WHERE name = 'b'; DELETE FROM tracks;"
        "CREATE TRIGGER t AFTER INSERT ON categories BEGIN DELETE FROM videos; END;"
        "INSERT INTO identities (name, color) VALUES (CAST(x'4dfc' AS TEXT), 1);");
  }
  datasets::Job job;
  const auto result = datasets::RecoverProject(file, folder / "b.vole", job);
  CHECK(result.at("annotations").saved == 1);
  CHECK(result.at("annotations").left_out == 1);
  auto project = Project::Open(folder / "b.vole");
  REQUIRE(project->AnnotationsAt(1, 3).size() == 1);
  CHECK_FALSE(project->AnnotationsAt(1, 3)[0].track_id);
  project->Read([](datasets::Connection& connection) {
    auto rows = connection.Query("SELECT name FROM identities");
    REQUIRE(rows.Step());
    CHECK(rows.Text(0) == "M\xC3\xBC");
  });
}

}  // namespace

}  // namespace restore_test
