#include "app/model/results/results_feed.h"

#include <doctest/doctest.h>

#include "tests/support/eventually.h"
#include "tests/support/label_project.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace results_feed_test {

namespace {

struct Scene {
  tests::TempDir folder;
  std::unique_ptr<datasets::Project> project = tests::LabelProject(folder.path());
  datasets::Id clip = project->Videos()[0].id, other = 0;

  Scene() {
    other = tests::AddVideoRow(*project, "other", 50, 64, 48);
    project->Write([&](datasets::Writer& writer) {
      const datasets::Id ann = writer.FindOrInsertCategory("ann");
      const datasets::Id job = writer.InsertJob(tests::PredictJob());
      for (int frame = 0; frame < 100; ++frame) {
        writer.InsertPrediction(tests::Prediction(job, clip, frame, ann));
      }
      writer.FinishJob(job, "done");
    });
  }
};

}  // namespace

TEST_CASE("results are measured aside, for the newest video and revision that is asked for") {
  Scene scene;
  std::string said;
  app::ResultsFeed feed(
      scene.project->file(), [] {}, [&](const std::string& text) { said = text; });
  CHECK(feed.content() == nullptr);
  feed.Want(scene.other, 1);
  feed.Want(scene.clip, 1);
  feed.Want(scene.clip, 2);  // what was being measured is cancelled
  REQUIRE(tests::Eventually([&] {
    const auto content = feed.content();
    return content && content->video_id == scene.clip && content->revision == 2;
  }));
  const auto shown = feed.content();
  REQUIRE(shown->animals.size() == 1);
  CHECK_FALSE(shown->animals[0].ways.empty());
  CHECK(shown->animals[0].ways.size() == shown->animals[0].times.size());
  CHECK(shown->animals[0].speed.At(5).most == doctest::Approx(25).epsilon(0.05));
  REQUIRE(shown->animals[0].motion);
  CHECK(shown->animals[0].motion->frames_seen == 100);
  CHECK(feed.progress().text == "");
  feed.Want(scene.other, 2);
  REQUIRE(tests::Eventually([&] { return feed.content()->video_id == scene.other; }));
  CHECK(feed.content()->animals.empty());
  CHECK(feed.content()->results->no_motion != "");
  CHECK(said == "");
}

TEST_CASE("a feed of results ends while it measures") {
  Scene scene;
  for (int i = 0; i < 5; ++i) {
    app::ResultsFeed feed(
        scene.project->file(), [] {}, [](const std::string&) {});
    feed.Want(scene.clip, i);
  }
}

}  // namespace results_feed_test
