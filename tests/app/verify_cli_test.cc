// Suspicious projects on the command line: verify, info, draw, restore, recover.
#include <doctest/doctest.h>

#include <fstream>

#include "datasets/project.h"
#include "datasets/store/connection.h"
#include "datasets/store/writer.h"
#include "tests/support/label_project.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace verify_cli_test {

namespace {

namespace fs = std::filesystem;
using datasets::Project;
using datasets::Writer;
using tests::Vole;

void Change(const Project& project, const std::string& sql) {
  datasets::Connection(project.file(), datasets::Connection::Mode::kReadWrite, 0).Script(sql);
}

TEST_CASE("verify reports damage of every kind as JSON with table and row, and ends with 1") {
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  const std::string file = project->file().string();
  const auto before = Vole({"verify", file, "--json"}).Json()["problems"];
  REQUIRE(before.size() == 1);
  CHECK(before[0]["code"] == "video_missing");
  Change(*project,
         "UPDATE video_data SET frame_hashes = '{\"x\": 1}', key_frames = x'03020f02';"
         "INSERT INTO identities (name, color) VALUES (CAST(x'4dfc' AS TEXT), 1);");
  const auto outcome = Vole({"verify", file, "--json"});
  CHECK(outcome.code == 1);
  CHECK(outcome.ErrLines() == 1);
  const auto report = outcome.Json();
  CHECK(report["ok"] == false);
  bool index = false, text = false;
  for (const auto& problem : report["problems"]) {
    index = index || (problem["table"] == "video_data" && problem["id"] == 1);
    text = text || (problem["table"] == "identities" && problem["code"] == "text");
  }
  CHECK(index);
  CHECK(text);
  project.reset();
  fs::resize_file(file, fs::file_size(file) / 2 + 100);
  const auto cut = Vole({"verify", file, "--json"});
  CHECK(cut.code == 1);
  CHECK(cut.Json()["problems"][0]["code"] == "database");
}

TEST_CASE("info says when another file has taken a video's place") {
  tests::TempDir folder;
  const auto project = tests::LabelProject(folder.path());
  const std::string file = project->file().string();
  const auto video = project->Videos()[0];
  const fs::path path = project->VideoPath(video);
  std::ofstream(path) << "another file";
  const auto info = Vole({"info", file, "--json"}).Json();
  CHECK(info["videos"][0]["file"] == "replaced");
  CHECK(Vole({"info", file}).out.find("another file is in its place") != std::string::npos);
  fs::remove(path);
  CHECK(Vole({"info", file, "--json"}).Json()["videos"][0]["file"] == "missing");
}

TEST_CASE("a damaged project is restored from a copy, or recovered row by row") {
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  const std::string file = project->file().string(), copy = file + ".copy";
  const size_t videos = project->Videos().size();
  project.reset();
  fs::copy_file(file, copy);
  std::ofstream(file, std::ios::trunc) << "scribbled over";
  CHECK(Vole({"info", file}).code == 1);
  const auto restored = Vole({"restore", file, copy, "--json"});
  CHECK(restored.code == 0);
  CHECK(fs::exists(restored.Json()["replaced"].get<std::string>()));
  CHECK(Vole({"info", file, "--json"}).Json()["videos"].size() == videos);
  const std::string out = (folder / "saved.vole").string();
  const auto recovered = Vole({"recover", file, out, "--json"});
  CHECK(recovered.code == 0);
  CHECK(recovered.Json()["tables"]["videos"]["saved"] == videos);
  CHECK(Vole({"info", out, "--json"}).Json()["videos"].size() == videos);
}

}  // namespace

}  // namespace verify_cli_test
