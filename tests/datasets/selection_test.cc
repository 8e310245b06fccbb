#include "datasets/exchange/selection.h"

#include <doctest/doctest.h>

#include "datasets/store/writer.h"
#include "datasets/unknown_name.h"
#include "tests/support/label_project.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace selection_test {

using datasets::Id;
using datasets::Writer;

namespace {

// Per frame: labels, predictions.
std::vector<std::pair<int, int>> Final(const datasets::Project& project) {
  datasets::ExportOptions options;
  options.what = "final";
  datasets::Job job;
  std::vector<std::pair<int, int>> counts;
  datasets::ForEachSelectedFrame(project, options, job, [&](const datasets::SelectedFrame& frame) {
    counts.emplace_back(0, 0);
    for (const auto& instance : frame.instances) {
      ++(instance.predicted ? counts.back().second : counts.back().first);
    }
  });
  return counts;
}

// `names` of the two animals that are predicted in one frame; the first is labeled there.
std::vector<std::pair<int, int>> FinalOf(const std::vector<std::string>& names) {
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  project->Write([&](Writer& writer) {
    const Id video = project->Videos().at(0).id;
    const Id job = writer.InsertJob(tests::PredictJob());
    Id first = 0;
    for (size_t n = 0; n < names.size(); ++n) {
      auto row = tests::Prediction(job, video, 5, 1);
      row.category_id = writer.FindOrInsertCategory(names[n]);
      row.tracklet = static_cast<int>(n);
      const double x = 5 + 30 * static_cast<double>(n);
      row.rle.reset();
      row.polygons = {{{x, 5}, {x + 10, 5}, {x + 10, 15}, {x, 15}}};
      row.box = {x, 5, 10, 10};
      writer.InsertPrediction(row);
      if (n == 0) first = row.category_id;
    }
    writer.FinishJob(job, "done");
    const Id image = writer.FindOrInsertImage(video, 5, 64, 48);
    writer.InsertAnnotation(tests::Square(image, first, 6, 5, 10));
  });
  return Final(*project);
}

}  // namespace

TEST_CASE("a label stands for the prediction of its animal, and leaves the others there") {
  CHECK(FinalOf({"ann", "bob"}) == std::vector<std::pair<int, int>>{{1, 1}});
}

TEST_CASE("of animals that share a name, a label stands for the one that it lies on") {
  CHECK(FinalOf({"larva", "larva"}) == std::vector<std::pair<int, int>>{{1, 1}});
}

TEST_CASE("a label of an animal without a name is as nameless as its prediction was") {
  tests::TempDir folder;
  auto project = tests::LabelProject(folder.path());
  project->Write([&](Writer& writer) {
    const Id video = project->Videos().at(0).id;
    const Id image = writer.FindOrInsertImage(video, 5, 64, 48);
    writer.InsertAnnotation(tests::Square(image, datasets::FindOrInsertUnknown(writer), 6, 5, 10));
    writer.InsertAnnotation(tests::Square(image, writer.FindOrInsertCategory("ann"), 30, 5, 10));
  });
  datasets::Job job;
  std::vector<bool> unknown;
  datasets::ForEachSelectedFrame(*project, {}, job, [&](const datasets::SelectedFrame& frame) {
    for (const auto& instance : frame.instances) unknown.push_back(instance.unknown);
  });
  CHECK(unknown == std::vector<bool>{true, false});
}

}  // namespace selection_test
