// A statement for a paper on the command line.
#include <doctest/doctest.h>

#include <fstream>

#include "datasets/store/writer.h"
#include "infer/review/review_data.h"
#include "tests/support/label_project.h"
#include "tests/support/program.h"
#include "tests/support/temp_dir.h"

namespace certify_cli_test {

namespace {

using tests::Vole;

// Two voles on every frame of a video of 200, predicted.
std::string PredictedProject(const std::filesystem::path& folder) {
  const auto project = tests::LabelProject(folder, 200);
  infer::ReviewData data;
  data.video_id = 1;
  data.end_frame = 200;
  data.fps = 25;
  data.classes = {"ada", "bea"};
  data.max_instances = {1, 1};
  data.tracklets = {{0, 200, 1, 0.99f}, {0, 200, 0, 0.99f}};
  datasets::Id job_id = 0, predictions = 0;
  project->Write([&](datasets::Writer& writer) {
    data.categories = {writer.FindOrInsertCategory("ada"), writer.FindOrInsertCategory("bea")};
    datasets::JobRow job;
    job.kind = "predict";
    job.state = "done";
    job_id = writer.InsertJob(job);
    for (int frame = 0; frame < 200; ++frame) {
      for (int k = 0; k < 2; ++k) {
        datasets::PredictionRow row;
        row.job_id = job_id;
        row.video_id = 1;
        row.frame_index = frame;
        row.category_id = data.categories[static_cast<size_t>(k)];
        const double x = 5 + 30 * k;
        row.polygons = {{{x, 5}, {x + 10, 5}, {x + 10, 15}, {x, 15}}};
        writer.InsertPrediction(row);
        infer::ReviewAnimal animal;
        animal.prediction = ++predictions;
        animal.frame = frame;
        animal.class_index = animal.tracklet = k;
        data.animals.push_back(animal);
      }
    }
  });
  infer::SaveReviewData(*project, job_id, data);
  return project->file().string();
}

}  // namespace

TEST_CASE("without a prediction certify says so in one line and writes nothing") {
  tests::TempDir folder;
  const std::string file = tests::LabelProject(folder.path())->file().string();
  const std::string out = folder / "statement";
  const auto outcome = Vole({"certify", file, "--out", out});
  CHECK(outcome.code == 1);
  CHECK(outcome.ErrLines() == 1);
  CHECK_FALSE(std::filesystem::exists(out));
}

TEST_CASE("random frames that a person accepts turn a statement of nothing into a bound") {
  tests::TempDir folder;
  const std::string file = PredictedProject(folder.path());
  const std::string out = folder / "statement";
  const auto before = Vole({"certify", file, "--out", out, "--json"}).Json();
  REQUIRE(before.size() == 1);
  CHECK(before[0]["frames"]["drawn_at_random"] == 0);
  CHECK(before[0]["frames"]["most_share_wrong"] == 1.0);
  CHECK(before[0]["exchanges"]["known"] == false);

  const auto drawn = Vole({"review", file, "--audit", "60", "--reason", "audit", "--json"}).Json();
  REQUIRE(drawn.size() == 60);
  std::vector<std::string> accept = {"review", file, "accept"};
  for (const auto& item : drawn) accept.push_back(std::to_string(item["episode"].get<int>()));
  CHECK(Vole(accept).code == 0);
  const auto after = Vole({"certify", file, "--out", out, "--json"}).Json();
  CHECK(after[0]["frames"]["drawn_at_random"] == 60);
  CHECK(after[0]["frames"]["wrong_among_drawn"] == 0);
  CHECK(after[0]["frames"]["most_share_wrong"].get<double>() < 0.05);
  for (const char* ending : {".html", ".json", ".txt"}) {
    CHECK(std::filesystem::file_size(out + "/clip" + ending) > 100);
  }
  // A folder that cannot be made is said.
  std::ofstream(folder / "taken") << "x";
  const auto refused = Vole({"certify", file, "--out", folder / "taken"});
  CHECK(refused.code == 1);
  CHECK(refused.ErrLines() == 1);
}

}  // namespace certify_cli_test
