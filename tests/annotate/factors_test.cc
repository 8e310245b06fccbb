#include <doctest/doctest.h>

#include <fstream>

#include "annotate/edits_factors.h"
#include "annotate/history.h"
#include "datasets/groups/factor_table.h"
#include "datasets/store/connection.h"
#include "datasets/store/factors/factor_store.h"
#include "datasets/store/file/restore.h"
#include "datasets/store/removal/removal.h"
#include "datasets/verify.h"
#include "tests/support/label_project.h"
#include "tests/support/says.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace factors_test {

namespace {

using annotate::History;
using datasets::Id;
using tests::MessageOf;
using tests::Says;

struct Lab {
  Lab() : project(tests::LabelProject(folder.path())), history(*project) {
    first = project->Videos().front().id;
    second = tests::AddVideoRow(*project, "two", 50, 64, 48, 25, "films/day2.mp4");
  }
  std::string Csv() const { return datasets::FactorsCsv(datasets::FactorsOf(*project)); }
  tests::TempDir folder;
  std::unique_ptr<datasets::Project> project;
  History history;
  Id first = 0, second = 0;
};

}  // namespace

TEST_CASE("factors of videos are set, changed, taken away, and undo goes back through all of it") {
  Lab lab;
  CHECK(lab.Csv() == "video\nclip\ntwo\n");
  lab.history.Apply(annotate::SetFactors({{lab.first, "treatment", "saline"},
                                          {lab.second, "treatment", "drug"},
                                          {lab.first, "day", "3"}}));
  const std::string set = "video,treatment,day\nclip,saline,3\ntwo,drug,\n";
  CHECK(lab.Csv() == set);
  CHECK(lab.history.Apply(annotate::SetFactors({{lab.first, "day", "3"}})).id == 0);
  CHECK(lab.history.Apply(annotate::SetFactors({{lab.first, "cage", ""}})).id == 0);
  lab.history.Apply(annotate::SetFactors({{lab.first, "day", "4"}}));
  // The last value takes the factor with it.
  lab.history.Apply(annotate::SetFactors({{lab.first, "day", ""}}));
  CHECK(lab.Csv() == "video,treatment\nclip,saline\ntwo,drug\n");
  lab.history.Undo();
  lab.history.Undo();
  CHECK(lab.Csv() == set);
  lab.history.Undo();
  CHECK(lab.Csv() == "video\nclip\ntwo\n");
  lab.history.Redo();
  CHECK(lab.Csv() == set);
  datasets::Job quiet;
  for (const auto& finding : datasets::Verify(*lab.project, quiet)) {
    CHECK(finding.code == "video_missing");
  }
  CHECK(MessageOf([&] {
          lab.history.Apply(annotate::SetFactors({{lab.first, "", "3"}}));
        }).find("no name") != std::string::npos);
  CHECK(MessageOf([&] {
          lab.history.Apply(annotate::SetFactors({{lab.first, "x", "1"}, {999, "x", "1"}}));
        }) != "");
  CHECK(lab.Csv() == set);  // nothing half done
}

TEST_CASE("a table of factors comes in whole or not at all") {
  Lab lab;
  const std::string file = lab.folder / "f.csv";
  const auto read = [&](const std::string& text) {
    std::ofstream(file) << text;
    return datasets::ReadFactorsCsv(file, *lab.project);
  };
  const auto values = read("Video;Dose mg;cage\nclip;1.5;A\nday2.mp4;;B\n");
  REQUIRE(values.size() == 4);
  CHECK(values[0].factor == "Dose mg");
  CHECK(values[0].value == "1.5");
  CHECK(values[2].video_id == lab.second);
  CHECK(values[2].value == "");
  const auto refused = [&](const std::string& text, const std::string& why) {
    CHECK(Says(MessageOf([&] { read(text); }), why));
  };
  refused("video,day\nclip,1\nnobody,2\n", "line 3");
  refused("video,day\nclip,1\nclip,2\n", "is there twice");
  lab.project->Write(
      [&](datasets::Writer& writer) { writer.SetVideoPath(lab.first, "other/day2.mp4"); });
  refused("video,day\nday2.mp4,1\n", "'clip' and 'two' are both called 'day2.mp4'");
  refused("video\nclip\n", "no column beside 'video'");
  refused("video,Day,day\nclip,1,2\n", "column 'day' is there twice");
  refused("video,Video,day\nclip,two,2\n", "column 'Video' is there twice");
  refused("name,day\nclip,1\n", "video");
  refused("", "f.csv");
  CHECK(Says(MessageOf([&] { datasets::FactorsOf(*lab.project).Column("day"); }),
             "no video of the project has a factor"));
  lab.history.Apply(annotate::SetFactors({{lab.first, "treatment", "a"}}));
  CHECK(Says(MessageOf([&] { datasets::FactorsOf(*lab.project).Column("treatmnt"); }),
             "did you mean 'treatment'?"));
}

TEST_CASE("names of factors that differ only in case are one, and none is called video") {
  Lab lab;
  lab.history.Apply(annotate::SetFactors({{lab.first, "Day", "1"}, {lab.second, "day", "2"}}));
  CHECK(lab.Csv() == "video,Day\nclip,1\ntwo,2\n");
  CHECK(datasets::FactorsOf(*lab.project).Column("DAY") == 0);
  CHECK(Says(MessageOf([&] {
               lab.history.Apply(annotate::SetFactors({{lab.first, "Video", "3"}}));
             }),
             "give it another name"));
  lab.history.Apply(annotate::SetFactors({{lab.first, "dAY", ""}, {lab.second, "DAY", ""}}));
  CHECK(lab.Csv() == "video\nclip\ntwo\n");
}

TEST_CASE("after a video was removed, what changed several videos is undone in the others") {
  Lab lab;
  lab.history.Apply(annotate::SetFactors({{lab.first, "day", "1"}, {lab.second, "day", "2"}}));
  lab.history.Apply(annotate::SetFactors({{lab.first, "day", "3"}, {lab.second, "day", "4"}}));
  lab.history.Apply(annotate::SetFactors({{lab.first, "day", ""}, {lab.second, "day", "5"}}));
  lab.history.Apply(annotate::SetFactors({{lab.first, "cage", "A"}}));
  lab.project->Write([&](datasets::Writer& writer) { datasets::DeleteVideo(writer, lab.first); });
  CHECK(lab.Csv() == "video,day,cage\ntwo,5,\n");
  for (const char* value : {"4", "2"}) {
    REQUIRE(lab.history.Undo());
    CHECK(lab.Csv() == "video,day,cage\ntwo," + std::string(value) + ",\n");
  }
  REQUIRE(lab.history.Undo());
  CHECK(lab.Csv() == "video,cage\ntwo,\n");
  CHECK_FALSE(lab.history.Undo());
  for (int i = 0; i < 3; ++i) CHECK(lab.history.Redo());
  CHECK(lab.Csv() == "video,day,cage\ntwo,5,\n");
}

TEST_CASE("factors are saved from a damaged project, and go with their video") {
  Lab lab;
  lab.history.Apply(annotate::SetFactors({{lab.first, "day", "3"}, {lab.second, "day", "4"}}));
  datasets::Job quiet;
  const auto saved =
      datasets::RecoverProject(lab.project->file(), lab.folder / "saved.vole", quiet);
  CHECK(saved.at("factors").saved == 1);
  CHECK(saved.at("factor_values").saved == 2);
  lab.project->Write([&](datasets::Writer& writer) { datasets::DeleteVideo(writer, lab.first); });
  CHECK(lab.Csv() == "video,day\ntwo,4\n");
  // The database itself refuses what no program may write.
  lab.project->Write([&](datasets::Writer& writer) {
    datasets::Connection& connection = writer.connection();
    CHECK_THROWS_AS(datasets::InsertFactor(connection, "day"), datasets::Error);
    CHECK_THROWS_AS(datasets::InsertFactor(connection, ""), datasets::Error);
    const Id day = datasets::FactorByName(connection, "day")->id;
    CHECK_THROWS_AS(datasets::InsertFactorValue(connection, day, lab.second, "5"), datasets::Error);
  });
}

}  // namespace factors_test
