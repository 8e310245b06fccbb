// Tables of tracks and of behaviors that programs other than ours write.
#include <doctest/doctest.h>

#include "datasets/behavior/scores.h"
#include "datasets/evaluate/evaluation_files.h"
#include "tests/support/coco_sample.h"

namespace evaluation_tables_test {

using namespace tests;  // the vocabulary of these tests
using datasets::EvaluationOptions;
using datasets::Job;

namespace {

json Mot(const TempDir& folder, const std::string& truth, const std::string& predictions,
         double min_score = 0) {
  EvaluationOptions options;
  options.metrics = "mot";
  options.min_score = min_score;
  Job job;
  return EvaluateFiles(WriteText(folder, truth, "gt.txt"), WriteText(folder, predictions, "p.txt"),
                       options, job);
}

}  // namespace

TEST_CASE("a confidence of -1 says that none is given, and the object counts") {
  TempDir folder;
  const std::string given = "1,1,4,5,10,12,1,-1,-1,-1\n2,1,5,5,10,12,0.9,-1,-1,-1\n";
  const std::string none = "1,1,4,5,10,12,-1,-1,-1,-1\n2,1,5,5,10,12,-1,-1,-1,-1\n";
  for (const std::string& truth : {given, none}) {
    for (const std::string& predictions : {given, none}) {
      const json figures = Mot(folder, truth, predictions);
      CHECK(figures["mota"] == doctest::Approx(1));
      CHECK(figures["idf1"] == doctest::Approx(1));
      CHECK(figures["fn"] == 0);
      CHECK(!figures.contains("warnings"));
    }
  }
  CHECK(Mot(folder, none, none, 0.5)["mota"] == doctest::Approx(1));
}

TEST_CASE("an evaluation of tracks says which lines it left out and why") {
  TempDir folder;
  const json figures = Mot(folder, "1,1,4,5,10,12,1\n1,2,30,5,10,12,0\n",
                           "1,1,4,5,10,12,0.9\n1,3,30,30,9,9,0.2\n1,-1,40,30,9,9,0.8\n", 0.5);
  CHECK(figures["mota"] == doctest::Approx(1));
  const std::string warnings = figures["warnings"].dump();
  CHECK(Says(warnings, {"1 lines of the truth have confidence 0"}));
  CHECK(Says(warnings, {"1 lines of the predictions lie below --min-score"}));
  CHECK(Says(warnings, {"1 lines have no track"}));
  // Scores below 0 are scores too where no threshold was asked for.
  CHECK(Mot(folder, "1,1,4,5,10,12,1\n", "1,1,4,5,10,12,-0.3\n")["mota"] == doctest::Approx(1));
}

TEST_CASE("behaviors that last for years are compared without a value for each frame") {
  TempDir folder;
  EvaluationOptions options;
  options.metrics = "behaviors";
  Job job;
  const std::string header = "video,subject,behavior,start_frame,stop_frame\n";
  const auto truth = WriteText(folder, header + "v,a,walk,0,999999999\n", "t.csv");
  const auto other =
      WriteText(folder, header + "v,a,walk,0,499999999\nv,a,rest,500000000,1999999999\n", "p.csv");
  const json figures = EvaluateFiles(truth, other, options, job);
  CHECK(figures["frames"] == 2'000'000'000);
  CHECK(figures["accuracy"] == doctest::Approx(0.25));
  CHECK(figures["per_class"]["walk"]["recall"] == doctest::Approx(0.5));
  datasets::TableScoreOptions table;
  table.fps = 25;
  const auto scores = datasets::ScoresFromTable(other, table);
  CHECK(Says(ErrorOf([&] { BehaviorsByFrame(scores.series.at(0), scores.behaviors.size()); }),
             {"'v'", "frame 1999999999", "correct its last bout"}));
}

TEST_CASE("a table of a row a frame is compared with a table of bouts") {
  TempDir folder;
  EvaluationOptions options;
  options.metrics = "behaviors";
  Job job;
  const auto frames =
      WriteText(folder, "frame,background,dig\n0,1,0\n1,0,1\n2,0,1\n3,1,0\n", "f.csv");
  const auto bouts = WriteText(folder, "behavior,start_frame,stop_frame\ndig,1,2\n", "b.csv");
  CHECK(EvaluateFiles(frames, bouts, options, job)["accuracy"] == doctest::Approx(1));
}

TEST_CASE("numbers of tracks are no names: who is called right is not said") {
  TempDir folder;
  const std::string truth = "1,1,4,5,10,12,1\n1,2,30,5,10,12,1\n2,1,4,5,10,12,1\n";
  const std::string other = "1,2,4,5,10,12,1\n1,1,30,5,10,12,1\n2,2,4,5,10,12,1\n";
  const json figures = Mot(folder, truth, other);
  CHECK(figures["idf1"] == doctest::Approx(1));
  CHECK_FALSE(figures.contains("identity_accuracy"));
  CHECK_FALSE(figures.contains("identity_accuracy_balanced"));
}

TEST_CASE("behaviors that begin together are ranked alike in both tables, and it is said") {
  TempDir folder;
  EvaluationOptions options;
  options.metrics = "behaviors";
  Job job;
  const std::string header = "video,subject,behavior,start_frame,stop_frame\n";
  const auto one = WriteText(folder, header + "v,a,walk,0,9\nv,a,dig,0,9\nv,a,rest,0,3\n", "t.csv");
  const auto other =
      WriteText(folder, header + "v,a,rest,0,3\nv,a,dig,0,9\nv,a,walk,0,9\n", "p.csv");
  const json figures = EvaluateFiles(one, other, options, job);
  CHECK(figures["accuracy"] == doctest::Approx(1));
  CHECK(figures["per_class"]["rest"]["frames"] == 4);  // the shorter one is not hidden
  REQUIRE(figures["warnings"].size() == 2);
  CHECK(Says(figures["warnings"][0], {"t.csv", "overlap", "'v'", "began last"}));
  CHECK(Says(figures["warnings"][1], {"p.csv"}));
  const auto apart = WriteText(folder, header + "v,a,walk,0,3\nv,a,dig,4,9\n", "a.csv");
  CHECK_FALSE(EvaluateFiles(apart, apart, options, job).contains("warnings"));
}

TEST_CASE("videos that are named by their day are not taken for one video of that month") {
  TempDir folder;
  EvaluationOptions options;
  options.metrics = "behaviors";
  Job job;
  const std::string header = "video,subject,behavior,start_frame,stop_frame\n";
  const auto plain =
      WriteText(folder, header + "2024.05.01,a,walk,0,9\n2024.05.02,a,rest,0,9\n", "t.csv");
  const auto files = WriteText(
      folder, header + "2024.05.01.mp4,a,walk,0,9\nday/2024.05.02.avi,a,rest,0,9\n", "p.csv");
  const json figures = EvaluateFiles(plain, files, options, job);
  CHECK(figures["frames"] == 20);
  CHECK(figures["accuracy"] == doctest::Approx(1));
}

namespace {

// A row a frame, numbered from `first` on; "dig" happens in the rows from 10 to 19.
std::string Numbered(int first, int rows) {
  std::string text = "frame,dig\n";
  for (int i = 0; i < rows; ++i) {
    text += std::to_string(first + i) + (i >= 10 && i < 20 ? ",1\n" : ",0\n");
  }
  return text;
}

const char kFive[] =
    "time,dig\n0,0\n0.2,0\n0.4,1\n0.6,1\n0.8,0\n1,0\n";  // frames 10 to 19 at 25 a second

}  // namespace

TEST_CASE("tables are compared on the frames that an import of them would have") {
  TempDir folder;
  EvaluationOptions options;
  options.metrics = "behaviors";
  Job job;
  const auto one = WriteText(folder, Numbered(1, 100), "one.csv");
  const auto zero = WriteText(folder, Numbered(0, 100), "zero.csv");
  const auto moments = WriteText(folder, kFive, "moments.csv");
  const auto bouts = WriteText(folder, "behavior,start_frame,stop_frame\ndig,10,19\n", "b.csv");
  for (const auto& [truth, other] : {std::pair(one, zero), std::pair(zero, one)}) {
    const json figures = EvaluateFiles(truth, other, options, job);
    CHECK(figures["accuracy"] == doctest::Approx(1));
    CHECK(Says(figures["warnings"].dump(), {"one.csv", "1 was taken for the first"}));
  }
  // Beside bouts nothing says where a table counts from.
  CHECK(Says(EvaluateFiles(one, bouts, options, job)["warnings"].dump(), {"--first-frame 1"}));
  options.first_frame = 1;
  CHECK(EvaluateFiles(one, bouts, options, job)["accuracy"] == doctest::Approx(1));
  options.first_frame = -1;
  CHECK(Says(ErrorOf([&] { EvaluateFiles(bouts, moments, options, job); }),
             {"moments.csv", "frame rate", "--fps"}));
  options.fps = 25;
  CHECK(EvaluateFiles(bouts, moments, options, job)["accuracy"] == doctest::Approx(1));
}

TEST_CASE("a report reads moments and numbers from 1 as an import does, and says so") {
  TempDir folder;
  std::vector<std::string> notes;
  datasets::TableScoreOptions table;
  table.fps = 25;
  table.notes = &notes;
  const auto bout = [&](const std::string& text) {
    const auto scores = datasets::ScoresFromTable(WriteText(folder, text, "clip.csv"), table);
    return std::pair(scores.series.at(0).bouts.at(0).start_frame,
                     scores.series.at(0).bouts.at(0).end_frame);
  };
  CHECK(bout(kFive) == std::pair(10, 20));
  CHECK(Says(notes.at(0), {"0.2 s apart"}));
  table.video_frames = 100;
  CHECK(bout(Numbered(1, 100)) == std::pair(10, 20));
  CHECK(bout(Numbered(0, 100)) == std::pair(10, 20));
  table.video_frames = 20;
  CHECK(Says(ErrorOf([&] { bout(kFive); }), {"1 s", "ends at 0.8 s"}));
  table.fps = table.video_frames = 0;
  table.video_of = [](const std::string& name) {
    datasets::TableVideo video;
    video.no_times = "the project has no video '" + name + "'";
    return video;
  };
  CHECK(Says(ErrorOf([&] { bout(kFive); }), {"the project has no video", "--fps"}));
}

}  // namespace evaluation_tables_test
