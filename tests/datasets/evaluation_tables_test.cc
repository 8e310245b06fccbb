// Tables of tracks and of behaviors that programs other than ours write.
#include <doctest/doctest.h>

#include "datasets/evaluate/evaluation_files.h"
#include "tests/support/coco_sample.h"

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
