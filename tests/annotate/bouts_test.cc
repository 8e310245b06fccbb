#include <doctest/doctest.h>

#include "annotate/edits.h"
#include "annotate/history.h"
#include "datasets/store/review/review_reasons.h"
#include "datasets/store/score_series.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace bouts_test {

namespace {

using annotate::History;
using annotate::Verdict;
using datasets::BehaviorIntervalRow;
using datasets::Id;
using datasets::Project;
using datasets::Writer;

// Behaviors walk and rear exclude each other; one bout [20, 40) of walk by vole_1 is predicted.
struct Scene {
  tests::TempDir folder;
  std::unique_ptr<Project> project = Project::Create(folder / "a.vole");
  Id video = 0, job = 0, walk = 0, rear = 0;
  History history{*project, "me"};
  datasets::BehaviorPredictionRow bout;

  explicit Scene(const datasets::ReviewReason& reason = datasets::kDoubtfulBehavior) {
    project->Write([&](Writer& writer) {
      video = tests::InsertVideo(writer, "one", 100);
      job = writer.InsertJob(tests::PredictJob());
      datasets::BehaviorRow behavior;
      behavior.exclusion_group = "posture";
      behavior.name = "walk";
      walk = writer.FindOrInsertBehavior(behavior);
      behavior.name = "rear";
      rear = writer.FindOrInsertBehavior(behavior);
      bout.job_id = job;
      bout.video_id = video;
      bout.subject = "vole_1";
      bout.behavior_id = walk;
      bout.start_frame = 20;
      bout.end_frame = 40;
      bout.score = bout.confidence = 0.6;
      bout.id = writer.InsertBehaviorPrediction(bout);
      datasets::ReviewItemRow item = annotate::EpisodeOf(bout);
      item.reason_code = reason.code;
      writer.InsertReviewItem(item);
      item.subject = "vole_2";  // the same span of another animal
      writer.InsertReviewItem(item);
    });
  }
  datasets::ReviewItemRow Item(const std::string& subject = "vole_1") const {
    for (const auto& item : project->ReviewItems(job)) {
      if (item.subject == subject) return item;
    }
    return {};
  }
  // "walk [20,40)" and "not walk [20,40)", in order of the frames.
  std::vector<std::string> Labels() const {
    std::vector<std::string> texts;
    for (const BehaviorIntervalRow& row : project->BehaviorIntervals(video)) {
      texts.push_back((row.present ? "" : "not ") +
                      std::string(row.behavior_id == walk ? "walk" : "rear") + " [" +
                      std::to_string(row.start_frame) + "," + std::to_string(row.end_frame) + ")");
    }
    return texts;
  }
  bool PredictionIsUntouched() const {
    const auto rows = project->BehaviorPredictions(job, video);
    return rows.size() == 1 && rows[0].start_frame == 20 && rows[0].end_frame == 40 &&
           rows[0].behavior_id == walk && rows[0].confidence == 0.6;
  }
};

using Texts = std::vector<std::string>;

TEST_CASE("an accepted bout becomes a label that says where it came from, and undo takes it back") {
  Scene scene;
  scene.history.Apply(annotate::DecideEpisode(scene.Item(), Verdict::kAccepted, 2));
  CHECK(scene.Labels() == Texts{"walk [20,40)"});
  const auto label = scene.project->BehaviorIntervals(scene.video)[0];
  CHECK(label.source == datasets::LabelSource::kAccepted);
  CHECK(label.subject == "vole_1");
  CHECK(label.author == "me");
  CHECK(scene.Item().verdict == "accepted");
  CHECK(scene.Item("vole_2").verdict == "");
  CHECK(scene.PredictionIsUntouched());
  REQUIRE(scene.history.Undo());
  CHECK(scene.Labels().empty());
  CHECK(scene.Item().verdict == "");
  REQUIRE(scene.history.Redo());
  CHECK(scene.Labels() == Texts{"walk [20,40)"});
}

TEST_CASE("a rejected bout leaves the label that it did not happen; the prediction stays") {
  Scene scene;
  scene.history.Apply(annotate::DecideEpisode(scene.Item(), Verdict::kRejected, 2));
  CHECK(scene.Labels() == Texts{"not walk [20,40)"});
  CHECK(scene.Item().verdict == "rejected");
  CHECK(scene.PredictionIsUntouched());
  const auto decision = scene.project->ReviewDecisions(scene.job);
  REQUIRE(decision.size() == 1);
  CHECK(decision[0].subject == "vole_1");
  CHECK(decision[0].behavior_id == scene.walk);
}

TEST_CASE("of a bout that nearly was, accepting says that nothing happened") {
  Scene scene(datasets::kMissedBehavior);
  scene.history.Apply(annotate::DecideEpisode(scene.Item(), Verdict::kAccepted, 1));
  CHECK(scene.Labels() == Texts{"not walk [20,40)"});
  REQUIRE(scene.history.Undo());
  scene.history.Apply(annotate::DecideEpisode(scene.Item(), Verdict::kRejected, 1));
  CHECK(scene.Labels() == Texts{"walk [20,40)"});
}

TEST_CASE("a corrected bout labels what happened, and what did not in the rest") {
  Scene scene;
  scene.history.Apply(annotate::CorrectBout(scene.Item(), scene.walk, 25, 50, 3));
  CHECK(scene.Labels() == Texts{"not walk [20,25)", "walk [25,50)"});
  CHECK(scene.Item().verdict == "corrected");
  CHECK(scene.PredictionIsUntouched());
  REQUIRE(scene.history.Undo());
  scene.history.Apply(annotate::CorrectBout(scene.Item(), scene.walk, 25, 35, 3));
  CHECK(scene.Labels() == Texts{"not walk [20,25)", "walk [25,35)", "not walk [35,40)"});
  REQUIRE(scene.history.Undo());
  scene.history.Apply(annotate::CorrectBout(scene.Item(), scene.rear, 20, 40, 3));
  CHECK(scene.Labels() == Texts{"not walk [20,40)", "rear [20,40)"});
  REQUIRE(scene.history.Undo());
  scene.history.Apply(annotate::CorrectBout(scene.Item(), scene.walk, 60, 70, 3));
  CHECK(scene.Labels() == Texts{"not walk [20,40)", "walk [60,70)"});
}

TEST_CASE("a correction outside of the video changes nothing at all") {
  Scene scene;
  const std::string message = tests::MessageOf(
      [&] { scene.history.Apply(annotate::CorrectBout(scene.Item(), scene.walk, 90, 101, 3)); });
  CHECK(message.find("outside of the video") != std::string::npos);
  CHECK(scene.Labels().empty());
  CHECK(scene.Item().verdict == "");
}

TEST_CASE("skipping a bout only notes that it was looked at") {
  Scene scene;
  scene.history.Apply(annotate::DecideEpisode(scene.Item(), Verdict::kSkipped, 1));
  CHECK(scene.Labels().empty());
  CHECK(scene.Item().verdict == "skipped");
}

// Two who score the same animal; "anna walk [10,30)", in order of the frames.
struct Raters : Scene {
  History anna{*project, "anna"}, bob{*project, "bob"};

  BehaviorIntervalRow Span(Id behavior, int start, int end) const {
    BehaviorIntervalRow row;
    row.video_id = video;
    row.subject = "vole_1";
    row.behavior_id = behavior;
    row.start_frame = start;
    row.end_frame = end;
    return row;
  }
  static void Mark(History& history, const BehaviorIntervalRow& row) {
    history.Apply(annotate::AddBehaviorInterval(row));
  }
  BehaviorIntervalRow Of(const std::string& author) const {
    for (const BehaviorIntervalRow& row : project->BehaviorIntervals(video)) {
      if (row.author == author) return row;
    }
    return {};
  }
  std::vector<std::string> Signed() const {
    std::vector<std::string> texts = Labels();
    const auto rows = project->BehaviorIntervals(video);
    for (size_t i = 0; i < texts.size(); ++i) texts[i] = rows[i].author + " " + texts[i];
    return texts;
  }
};

TEST_CASE("what one person scored stays theirs, whatever another one scores over it") {
  Raters raters;
  Raters::Mark(raters.anna, raters.Span(raters.walk, 10, 30));
  Raters::Mark(raters.anna, raters.Span(raters.rear, 40, 60));
  Raters::Mark(raters.bob, raters.Span(raters.walk, 20, 50));
  const Texts all = {"anna walk [10,30)", "bob walk [20,50)", "anna rear [40,60)"};
  CHECK(raters.Signed() == all);
  BehaviorIntervalRow own = raters.Of("bob");
  own.end_frame = 55;
  raters.bob.Apply(annotate::ChangeBehaviorInterval(own));
  CHECK(raters.Signed() == Texts{"anna walk [10,30)", "bob walk [20,55)", "anna rear [40,60)"});
  REQUIRE(raters.bob.Undo());
  // Who moves a bound of another's bout has not scored it, and joins nothing of their own to it.
  BehaviorIntervalRow hers = raters.Of("anna");
  hers.end_frame = 35;
  raters.bob.Apply(annotate::ChangeBehaviorInterval(hers));
  CHECK(raters.Signed() == Texts{"anna walk [10,35)", "bob walk [20,50)", "anna rear [40,60)"});
  hers.end_frame = 45;
  raters.bob.Apply(annotate::ChangeBehaviorInterval(hers));
  CHECK(raters.Signed() == Texts{"anna walk [10,45)", "bob walk [20,50)", "anna rear [45,60)"});
  REQUIRE(raters.bob.Undo());
  REQUIRE(raters.bob.Undo());
  CHECK(raters.Signed() == all);
}

TEST_CASE("bouts that nobody signed give way to whoever scores over them") {
  Raters raters;
  raters.project->Write([&](Writer& writer) {
    BehaviorIntervalRow row = raters.Span(raters.walk, 10, 30);
    row.source = datasets::LabelSource::kImported;
    writer.InsertBehaviorInterval(row);
    row.start_frame = 60;
    row.end_frame = 90;
    writer.InsertBehaviorInterval(row);
  });
  Raters::Mark(raters.bob, raters.Span(raters.walk, 20, 40));
  Raters::Mark(raters.bob, raters.Span(raters.rear, 80, 95));
  CHECK(raters.Signed() == Texts{"bob walk [10,40)", " walk [60,80)", "bob rear [80,95)"});
}

TEST_CASE("a predicted bout that is accepted becomes part of what was scored by hand") {
  Raters raters;
  for (const auto& [start, end] : {std::pair(30, 50), {10, 80}}) {
    Raters::Mark(raters.history, raters.Span(raters.walk, start, end));
    raters.history.Apply(annotate::DecideEpisode(raters.Item(), Verdict::kAccepted, 2));
    const BehaviorIntervalRow joined = raters.Of("me");
    CHECK(raters.Labels().size() == 1);
    CHECK(joined.start_frame == std::min(start, 20));
    CHECK(joined.end_frame == end);
    CHECK(joined.source == datasets::LabelSource::kDrawn);
  }
  // Another person's hand-scored bout stays beside what the reviewer has accepted.
  Raters other;
  Raters::Mark(other.anna, other.Span(other.walk, 30, 50));
  other.bob.Apply(annotate::DecideEpisode(other.Item(), Verdict::kAccepted, 2));
  CHECK(other.Signed() == Texts{"bob walk [20,40)", "anna walk [30,50)"});
  CHECK(other.Of("anna").source == datasets::LabelSource::kDrawn);
}

TEST_CASE("of two decisions about one bout the newer stands, whoever took it") {
  Raters raters;
  raters.anna.Apply(annotate::DecideEpisode(raters.Item(), Verdict::kAccepted, 2));
  raters.bob.Apply(annotate::DecideEpisode(raters.Item(), Verdict::kRejected, 2));
  CHECK(raters.Signed() == Texts{"bob not walk [20,40)"});
}

TEST_CASE("a bout that another reviewer accepted and that only reaches into the new one stays") {
  Raters raters;
  raters.project->Write([&](Writer& writer) {
    BehaviorIntervalRow row = raters.Span(raters.walk, 0, 30);
    row.source = datasets::LabelSource::kAccepted;
    row.author = "anna";
    writer.InsertBehaviorInterval(row);
  });
  raters.bob.Apply(annotate::DecideEpisode(raters.Item(), Verdict::kAccepted, 2));
  CHECK(raters.Signed() == Texts{"anna walk [0,20)", "bob walk [20,40)"});
}

TEST_CASE("an episode that is decided so already is not decided a second time") {
  Scene scene;
  const datasets::ReviewItemRow seen = scene.Item();
  scene.history.Apply(annotate::DecideEpisode(seen, Verdict::kAccepted, 2));
  CHECK(scene.history.Apply(annotate::DecideEpisode(seen, Verdict::kAccepted, 0)).id == 0);
  CHECK(scene.project->ReviewDecisions(scene.job).size() == 1);
  scene.history.Undo();
  CHECK(scene.project->ReviewDecisions(scene.job).empty());
  CHECK(scene.project->BehaviorIntervals(scene.video).empty());
}

TEST_CASE("whoever has not seen what was decided meanwhile does not decide it otherwise") {
  Raters raters;
  const datasets::ReviewItemRow seen = raters.Item();
  raters.anna.Apply(annotate::DecideEpisode(seen, Verdict::kAccepted, 2));
  const auto refused = [&](const annotate::Edit& edit) {
    const std::string why = tests::MessageOf([&] { raters.bob.Apply(edit); });
    CHECK(why.find("meanwhile, by 'anna': accepted") != std::string::npos);
  };
  refused(annotate::DecideEpisode(seen, Verdict::kRejected, 2));
  refused(annotate::DecideEpisode(seen, Verdict::kSkipped, 2));
  refused(annotate::CorrectBout(seen, raters.rear, 20, 30, 2));
  CHECK(raters.Signed() == Texts{"anna walk [20,40)"});
  CHECK(raters.project->ReviewDecisions(raters.job).size() == 1);
  raters.bob.Apply(annotate::CorrectBout(raters.Item(), raters.walk, 20, 30, 2));
  CHECK(raters.project->ReviewDecisions(raters.job).size() == 2);
}

TEST_CASE("two ends of a bout that are drawn one after the other both stay, seen anew or not") {
  Raters raters;
  Raters::Mark(raters.anna, raters.Span(raters.walk, 10, 30));
  const BehaviorIntervalRow seen = raters.Of("anna");
  BehaviorIntervalRow left = seen, right = seen, never = seen;
  left.start_frame = 5;
  right.end_frame = 40;
  never.present = false;
  raters.anna.Apply(annotate::ChangeBehaviorInterval(seen, left));
  raters.anna.Apply(annotate::ChangeBehaviorInterval(seen, right));
  CHECK(raters.Signed() == Texts{"anna walk [5,40)"});
  raters.anna.Apply(annotate::ChangeBehaviorInterval(seen, never));
  CHECK(raters.Signed() == Texts{"anna not walk [5,40)"});
}

}  // namespace

}  // namespace bouts_test
