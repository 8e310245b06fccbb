#include "app/model/results/results_feed.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "datasets/base/error.h"
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
  feed.Want(scene.clip, 2);
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

namespace {

using Clock = app::ResultsFeed::Clock;
constexpr auto kStep = std::chrono::milliseconds(5);

// A measurement of so many steps that counts what becomes of it.
struct Slow {
  std::atomic<int> begun{0}, ended{0}, cancelled{0};
  app::ResultsFeed::Pace Pace(int steps, Clock::duration cancelled_within) {
    app::ResultsFeed::Pace pace;
    pace.cancelled_within = cancelled_within;
    pace.measure = [=](const datasets::Project&, const datasets::VideoRow& video,
                       datasets::Job& job) {
      ++begun;
      try {
        for (int i = 0; i < steps; ++i) {
          job.Advance(i, steps, "measuring");
          std::this_thread::sleep_for(kStep);
        }
      } catch (const datasets::Cancelled&) {
        ++cancelled;
        throw;
      }
      ++ended;
      auto results = std::make_shared<datasets::VideoResults>();
      results->video = video;
      return std::shared_ptr<const datasets::VideoResults>(results);
    };
    return pace;
  }
};

}  // namespace

TEST_CASE(
    "what is being measured of another video, or of an older revision at first, is cancelled") {
  Scene scene;
  Slow slow;
  app::ResultsFeed feed(
      scene.project->file(), [] {}, [](const std::string&) {},
      slow.Pace(20, std::chrono::hours(1)));
  feed.Want(scene.other, 1);
  REQUIRE(tests::Eventually([&] { return slow.begun == 1; }));
  feed.Want(scene.clip, 1);
  REQUIRE(tests::Eventually([&] { return slow.cancelled == 1 && slow.begun == 2; }));
  feed.Want(scene.clip, 2);
  REQUIRE(tests::Eventually([&] { return slow.cancelled == 2; }));
  REQUIRE(tests::Eventually([&] { return feed.content() != nullptr; }));
  CHECK(feed.content()->revision == 2);
  CHECK(slow.ended == 1);
}

TEST_CASE("results come while a job goes on writing, and not without a pause between them") {
  Scene scene;
  Slow slow;
  constexpr int kSteps = 30;  // longer than the time from one revision to the next
  app::ResultsFeed feed(
      scene.project->file(), [] {}, [](const std::string&) {}, slow.Pace(kSteps, 8 * kStep));
  int64_t revision = 0;
  const auto started = Clock::now();
  REQUIRE(tests::Eventually([&] {
    feed.Want(scene.clip, ++revision);
    return slow.ended == 3;
  }));
  CHECK(feed.content());
  CHECK(feed.content()->video_id == scene.clip);
  // Each is followed by a pause as long as itself.
  CHECK(Clock::now() - started >= 5 * kSteps * kStep);
  CHECK(slow.begun < revision);
}

TEST_CASE("what could not be measured once, and then was, has not failed; nor what was busy") {
  Scene scene;
  std::atomic<int> turn{0};
  app::ResultsFeed::Pace pace;
  pace.measure = [&](const datasets::Project&, const datasets::VideoRow& video,
                     datasets::Job&) -> std::shared_ptr<const datasets::VideoResults> {
    if (turn++ == 0) throw datasets::Error("video", "it cannot be read", "wait");
    auto results = std::make_shared<datasets::VideoResults>();
    results->video = video;
    return results;
  };
  SUBCASE("failed") {
    app::ResultsFeed feed(
        scene.project->file(), [] {}, [](const std::string&) {}, pace);
    feed.Want(scene.clip, 1);
    REQUIRE(tests::Eventually([&] { return feed.content() != nullptr; }));
    CHECK_FALSE(feed.TakeFailed());
  }
  SUBCASE("failed, and another is asked for") {
    std::atomic<bool> said{false};
    app::ResultsFeed feed(
        scene.project->file(), [] {}, [&](const std::string&) { said = true; }, pace);
    feed.Want(scene.clip, 1);
    REQUIRE(tests::Eventually([&] { return said.load(); }));
    feed.Want(scene.other, 1);
    CHECK_FALSE(feed.TakeFailed());
  }
}

TEST_CASE("animals without a name are counted, and said to be in no figure") {
  Scene scene;
  scene.project->Write([&](datasets::Writer& writer) {
    const datasets::Id job = *scene.project->LatestPredictJob(scene.clip);
    const datasets::Id unknown = datasets::FindOrInsertUnknown(writer);
    for (int frame = 0; frame < 50; ++frame) {
      writer.InsertPrediction(tests::Prediction(job, scene.clip, frame, unknown));
    }
  });
  app::ResultsFeed feed(
      scene.project->file(), [] {}, [](const std::string&) {});
  feed.Want(scene.clip, 1);
  REQUIRE(tests::Eventually([&] { return feed.content() != nullptr; }));
  CHECK(app::UnknownNote(feed.content()->results->unknown) ==
        "The name is unknown on 50 of 150 animal-frames: those animals are in no figure. Review, "
        "Unknown (F4) gives them names.");
  CHECK(app::UnknownNote({100, 0}) == "");
}

}  // namespace results_feed_test
