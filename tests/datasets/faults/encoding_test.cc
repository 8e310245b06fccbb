// Text from outside: encodings, names that are not UTF-8, files named in other encodings.
#include "datasets/base/encoding.h"

#include <doctest/doctest.h>

#include <fstream>

#include "datasets/base/error.h"
#include "datasets/formats/formats.h"
#include "datasets/project.h"
#include "datasets/store/connection.h"
#include "datasets/store/writer.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace encoding_test {

namespace {

using datasets::DecodeText;
using datasets::IsUtf8;
using datasets::Project;
using datasets::Writer;
using tests::MessageOf;

TEST_CASE("UTF-8 is told from what only looks like it") {
  for (const char* good : {"", "vole", "M\xC3\xBCller", "\xE2\x82\xAC", "\xF0\x9F\x90\xAD"}) {
    CHECK(IsUtf8(good));
    CHECK(datasets::ShownText(good) == good);
  }
  for (const char* bad : {"M\xFCller", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80",
                          "\xF4\x90\x80\x80", "\x80", "\xF8\x88\x80\x80\x80", "\xE2\x82"}) {
    CAPTURE(bad);
    CHECK_FALSE(IsUtf8(bad));
    CHECK(IsUtf8(datasets::ShownText(bad)));
    CHECK(IsUtf8(datasets::TextOrWindows1252(bad)));
  }
  CHECK(datasets::ShownText("a\xFF z") == "a\xEF\xBF\xBD z");
}

TEST_CASE("a byte order mark decides; without one it is UTF-8, or Windows-1252 and said") {
  bool guessed = false;
  CHECK(DecodeText("\xEF\xBB\xBFM\xC3\xBC", "t", &guessed) == "M\xC3\xBC");
  CHECK(DecodeText(std::string("\xFF\xFEM\0\xFC\0\x3D\xD8\x2D\xDC", 10), "t", &guessed) ==
        "M\xC3\xBC\xF0\x9F\x90\xAD");
  CHECK(DecodeText(std::string("\xFE\xFF\0M\0\xFC", 6), "t", &guessed) == "M\xC3\xBC");
  CHECK_FALSE(guessed);
  CHECK(DecodeText("M\xFC \x80\x93", "t", &guessed) == "M\xC3\xBC \xE2\x82\xAC\xE2\x80\x9C");
  CHECK(guessed);
  CHECK(MessageOf([] { DecodeText("\xFF\xFEM", "the table"); }).find("UTF-16") !=
        std::string::npos);
}

datasets::ImportReport ImportTable(Project& project, const std::filesystem::path& file,
                                   const std::string& bytes) {
  std::ofstream(file, std::ios::binary) << bytes;
  datasets::Job job;
  return datasets::Import(project, "behaviors", file, {}, job);
}

TEST_CASE("a table of behaviors is read in the encodings that Excel writes") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  project->Write([](Writer& writer) { tests::InsertVideo(writer, "v", 50); });
  const std::string latin =
      "video,subject,behavior,start_frame,stop_frame\nv,M\xFCller,gr\xFC\xDF"
      "en,3,9\n";
  std::string wide = "\xFF\xFE";
  for (const char c : latin) wide += {c, '\0'};
  const auto report = ImportTable(*project, folder / "latin.csv", latin);
  REQUIRE(report.warnings.size() == 1);
  CHECK(report.warnings[0].find("Windows-1252") != std::string::npos);
  CHECK(report.warnings[0].find("latin.csv") != std::string::npos);
  CHECK(ImportTable(*project, folder / "wide.csv", wide).warnings.empty());
  REQUIRE(project->Behaviors().size() == 1);
  CHECK(project->Behaviors()[0].name ==
        "gr\xC3\xBC\xC3\x9F"
        "en");
  CHECK(project->BehaviorIntervals(1)[0].subject == "M\xC3\xBCller");
  datasets::Job job;
  datasets::Export(*project, "boris", folder / "out.boris", {}, job);
}

TEST_CASE("what is not UTF-8 is refused at the door of the store; a path is kept in its bytes") {
  tests::TempDir folder;
  auto project = Project::Create(folder / "a.vole");
  const auto refused = [&](const std::string& name) {
    const std::string message = MessageOf(
        [&] { project->Write([&](Writer& writer) { writer.FindOrInsertCategory(name); }); });
    CHECK(message.find("UTF-8") != std::string::npos);
    CHECK(IsUtf8(message));
  };
  refused("M\xFCller");
  refused(std::string("a\0b", 3));
  CHECK(project->Categories().empty());
  project->Write([](Writer& writer) {
    auto video = tests::Video("v", tests::Index(10));
    video.path = "M\xFCller.mp4";
    writer.InsertVideo(video, tests::Index(10), {});
    writer.FindOrInsertCategory(std::string(10000, 'x'));
  });
  CHECK(project->Videos()[0].path == "M\xFCller.mp4");
  CHECK(project->Categories()[0].name.size() == 10000);
}

}  // namespace

}  // namespace encoding_test
