#include "app/model/session/name_counter.h"

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <thread>

#include "annotate/history.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace name_counter_test {

using annotate::NameChange;
using datasets::Id;

TEST_CASE("What a change of names reaches is the same from the timeline as from the project") {
  tests::TempDir folder;
  const auto project = datasets::Project::Create(folder / "a.vole");
  Id video = 0, job = 0, a = 0, b = 0;
  project->Write([&](datasets::Writer& writer) {
    video = tests::InsertVideo(writer, "one", 100);
    a = writer.FindOrInsertCategory("a");
    b = writer.FindOrInsertCategory("b");
    job = writer.InsertJob(tests::PredictJob());
    for (int frame = 0; frame < 60; ++frame) {
      if (frame % 3 != 0) writer.InsertPrediction(tests::Prediction(job, video, frame, a));
      if (frame % 4 != 0) writer.InsertPrediction(tests::Prediction(job, video, frame, b));
    }
  });
  app::NameQuestion question;
  question.category = a;
  question.other_category = b;
  question.timeline = app::LoadTimeline(*project, video, 1);
  for (const NameChange change : {NameChange::kSwap, NameChange::kReassign}) {
    for (const auto& span : {std::pair(0, 100), std::pair(7, 8), std::pair(13, 41)}) {
      const int start = span.first, end = span.second;
      CAPTURE(start);
      question.change = change;
      question.start_frame = start;
      question.end_frame = end;
      const auto seen = app::CountPredicted(question);
      const auto stored = annotate::CountNames(*project, change, video, job, start, end, a, b);
      CHECK(seen.predicted == stored.predicted);
      CHECK(seen.predicted_with_both == stored.predicted_with_both);
    }
  }
  question.start_frame = 0;
  question.end_frame = 12;
  CHECK(app::CountPredicted(question).predicted == 8);
  CHECK(app::CountPredicted(question).predicted_with_both == 6);
}

TEST_CASE("A name counter answers the newest question, aside, and again after a change") {
  tests::TempDir folder;
  const auto project = datasets::Project::Create(folder / "a.vole");
  annotate::History history(*project, "me");
  Id video = 0, a = 0, b = 0;
  project->Write([&](datasets::Writer& writer) {
    video = tests::InsertVideo(writer, "one", 100);
    a = writer.FindOrInsertCategory("a");
    b = writer.FindOrInsertCategory("b");
  });
  std::mutex mutex;
  std::condition_variable woken;
  int wakes = 0;
  app::NameCounter counter(
      project->file(),
      [&] {
        std::scoped_lock lock(mutex);
        ++wakes;
        woken.notify_all();
      },
      [](const std::string&) {});
  app::NameQuestion question;
  question.category = a;
  question.other_category = b;
  question.end_frame = 100;
  CHECK_FALSE(counter.Ask(question));  // no timeline yet: nothing is asked
  question.timeline = app::LoadTimeline(*project, video, 1);
  const auto answer = [&]() -> annotate::NameCounts {
    auto counts = counter.Ask(question);
    for (int seen = 0; !counts; counts = counter.Ask(question)) {
      std::unique_lock lock(mutex);
      woken.wait(lock, [&] { return wakes > seen; });
      seen = wakes;
    }
    return *counts;
  };
  CHECK(answer().labeled == 0);
  for (const int frame : {5, 50}) {
    history.Apply(annotate::AddAnnotation(video, frame, tests::Square(0, a, 5, 5, 8)));
  }
  ++question.revision;
  CHECK(answer().labeled == 2);
  question.start_frame = 10;
  CHECK(answer().labeled == 1);
}

TEST_CASE("A name counter that cannot read the project for a moment asks again") {
  tests::TempDir folder;
  const auto file = folder / "a.vole";
  app::NameQuestion question;
  {
    const auto project = datasets::Project::Create(file);
    annotate::History history(*project, "me");
    Id video = 0;
    project->Write([&](datasets::Writer& writer) {
      video = tests::InsertVideo(writer, "one", 100);
      question.category = writer.FindOrInsertCategory("a");
    });
    history.Apply(annotate::AddAnnotation(video, 5, tests::Square(0, question.category, 5, 5, 8)));
    question.timeline = app::LoadTimeline(*project, video, 1);
  }
  question.change = NameChange::kReassign;
  question.end_frame = 100;
  std::filesystem::rename(file, folder / "away.vole");
  std::atomic<int> wakes{0};
  std::atomic<int> said{0};
  app::NameCounter counter(
      file, [&] { ++wakes; }, [&](const std::string&) { ++said; });
  CHECK_FALSE(counter.Ask(question));
  while (wakes < 1) std::this_thread::yield();
  std::filesystem::rename(folder / "away.vole", file);
  auto counts = counter.Ask(question);
  for (int seen = 1; !counts; counts = counter.Ask(question)) {
    while (wakes == seen) std::this_thread::yield();
    seen = wakes;
  }
  CHECK(counts->labeled == 1);
  CHECK(said == 1);
}

}  // namespace name_counter_test
