#include <doctest/doctest.h>

#include <algorithm>
#include <map>

#include "tests/infer/names/decision_scene.h"

namespace meeting_decisions_test {

namespace {

using datasets::Id;
using infer::MeetingList;
using infer::MeetingVerdict;
using infer::ReviewedMeeting;
using tests::DiscWorld;
using Scene = tests::DecisionScene;

// Two animals come together twice, turn around each other and part. Nobody can tell them apart by
// looks, but for the first stretch.
DiscWorld TwoContacts(bool crossing) {
  DiscWorld world;
  world.frames = 200;
  world.size = {160, 80};
  world.axes = {9, 6};
  world.accuracy = 1;
  world.says = 0.5;  // no opinion
  world.path = [crossing](int animal, int frame) {
    const int within = frame % 100;
    // Apart, together at 40 to 60, apart again.
    const double apart = std::clamp(std::abs(within - 50) - 8.0, 0.0, 30.0);
    const int met = frame / 100 + (within >= 50);
    const bool turned = crossing && met % 2 == 1;
    const double side = (animal == 0) != turned ? -1 : 1;
    return cv::Point3d(80 + side * (4 + 1.4 * apart), 40, 0);
  };
  return world;
}

}  // namespace

TEST_CASE("a prediction lists its meetings, with who enters and leaves and how likely") {
  Scene scene(TwoContacts(false));
  const MeetingList list = scene.List();
  CHECK(list.known);
  REQUIRE(list.meetings.size() == 2);
  CHECK(scene.result.meetings == 2);
  CHECK(scene.result.open_meetings == list.Open());
  for (const ReviewedMeeting& meeting : list.meetings) {
    CHECK(meeting.row.kind == "contact");
    REQUIRE(meeting.row.animals.size() == 2);
    REQUIRE(meeting.row.ways.size() == 4);
    CHECK(meeting.row.ways[0].probability + meeting.row.ways[1].probability ==
          doctest::Approx(1).epsilon(0.01));
    CHECK(meeting.frames > 50);
  }
  CHECK(list.meetings[0].row.start_frame < 50);
  CHECK(list.meetings[0].row.end_frame > 50);
  CHECK(scene.IsSound());
}

TEST_CASE("a decision changes names from its meeting on, and can be taken back") {
  Scene scene(TwoContacts(false));
  const MeetingList list = scene.List();
  REQUIRE(list.meetings.size() == 2);
  const auto names_at = [&](int frame) {
    std::vector<Id> names;
    for (const auto& row :
         scene.project->PredictionsAt(scene.result.job_id, scene.video.id, frame)) {
      names.push_back(row.category_id);
    }
    return names;
  };
  const auto before = names_at(10), between = names_at(90), after = names_at(190);
  const auto change =
      scene.Decide(list.meetings[1].row.id, MeetingVerdict::kExchange, {{0, 1}, {1, 0}});
  REQUIRE(change.swaps.size() == 1);
  CHECK(names_at(10) == before);
  CHECK(names_at(90) == between);
  CHECK(names_at(190) == std::vector<Id>{after[1], after[0]});
  const MeetingList decided = scene.List();
  REQUIRE(decided.meetings[1].decision);
  CHECK(decided.meetings[1].decision->verdict == "exchange");
  CHECK(decided.meetings[1].decision->author == "person");
  CHECK(decided.meetings[1].row.exchange < 0.001);  // of the names as they are now
  CHECK(scene.IsSound());

  scene.Decide(list.meetings[1].row.id, MeetingVerdict::kKeep);  // of what is shown now
  CHECK(names_at(190) == std::vector<Id>{after[1], after[0]});
  annotate::History history(*scene.project);
  CHECK(history.UndoLabel() == "Decide meeting");
  history.Undo();
  history.Undo();
  CHECK(names_at(190) == after);
  CHECK_FALSE(scene.List().meetings[1].decision);
  history.Redo();
  CHECK(names_at(190) == std::vector<Id>{after[1], after[0]});
  CHECK(scene.List().meetings[1].decision);
}

TEST_CASE("who is exchanged with an animal without a name has none, and no guess for one") {
  Scene scene(TwoContacts(false));
  scene.LeaveUnknown(1);
  const auto before = scene.NamesAt(90), after = scene.NamesAt(190);
  const bool first_is_named = after[0] == "animal_1";
  REQUIRE(after[first_is_named ? 1 : 0] == "unknown");
  const Id meeting = scene.List().meetings.at(1).row.id;
  const auto change = scene.Decide(meeting, MeetingVerdict::kExchange, {{0, 1}, {1, 0}});
  CHECK(scene.NamesAt(90) == before);
  CHECK(scene.NamesAt(190) == std::vector<std::string>{after[1], after[0]});
  CHECK(scene.List().meetings.at(1).row.exchange < 0.001);
  CHECK(scene.IsSound());
  // It can be decided otherwise.
  scene.Decide(meeting, MeetingVerdict::kExchange, {{0, 1}, {1, 0}});
  CHECK(scene.NamesAt(190) == after);
  scene.Decide(meeting, MeetingVerdict::kExchange, {{0, 1}, {1, 0}});
  annotate::History history(*scene.project);
  history.Undo();
  history.Undo();
  history.Undo();
  CHECK(scene.NamesAt(190) == after);
}

TEST_CASE("a meeting calls who has no name by a guess, and says that it is one") {
  Scene scene(TwoContacts(false));
  CHECK(scene.List().meetings.at(0).guessed.empty());
  scene.LeaveUnknown(1);
  const ReviewedMeeting meeting = scene.List().meetings.at(0);
  CHECK(meeting.guessed.size() == 1);
  int guesses = 0;
  for (const auto& animal : meeting.row.animals) {
    CHECK(meeting.Called(animal, "ann") == "ann");
    guesses += meeting.Shown(animal, "ann") == "ann?";
  }
  CHECK(guesses == 1);
  // Whoever is named before and after it is no guess any more.
  for (const int frame : {10, 90}) {
    const auto rows = scene.project->PredictionsAt(scene.result.job_id, scene.video.id, frame);
    for (const auto& row : rows) {
      if (scene.name_of[row.category_id] != "unknown") continue;
      annotate::History(*scene.project)
          .Apply(annotate::NameUnknown(scene.result.job_id, scene.video.id, frame, row.tracklet,
                                       scene.id_of.at("animal_2")));
    }
  }
  CHECK(scene.List().meetings.at(0).guessed.empty());
}

TEST_CASE("two swaps by hand that begin in one frame are two decisions") {
  DiscWorld world;
  world.frames = 120;
  world.animals = 4;
  world.lanes = 44;
  world.size = {240, 190};
  world.accuracy = world.says = 0.97;
  Scene scene(world);
  const auto before = scene.NamesAt(60);
  scene.SwapByHand(50, -1, "animal_1", "animal_2");
  scene.SwapByHand(50, -1, "animal_3", "animal_4");
  const auto decisions = [&] {
    std::vector<datasets::MeetingDecisionRow> list;
    scene.project->Read([&](datasets::Connection& connection) {
      list = datasets::ReadMeetingDecisions(connection, scene.video.id);
    });
    return list.size();
  };
  CHECK(decisions() == 2);
  CHECK(scene.NamesAt(60) == std::vector<std::string>{before[1], before[0], before[3], before[2]});
  scene.SwapByHand(50, -1, "animal_3", "animal_4");  // this one is taken back
  CHECK(decisions() == 2);
  CHECK(scene.NamesAt(60) == std::vector<std::string>{before[1], before[0], before[2], before[3]});
}

TEST_CASE("the next prediction obeys what a person decided on the last one") {
  Scene scene(TwoContacts(false));
  const MeetingList list = scene.List();
  REQUIRE(list.meetings.size() == 2);
  const auto truths = [&] {
    std::vector<std::pair<int, Id>> all;
    for (const int frame : {10, 90, 190}) {
      for (const auto& row :
           scene.project->PredictionsAt(scene.result.job_id, scene.video.id, frame)) {
        all.emplace_back(scene.TrueAnimal(frame, row.tracklet), row.category_id);
      }
    }
    std::sort(all.begin(), all.end());
    return all;
  };
  scene.Decide(list.meetings[1].row.id, MeetingVerdict::kExchange, {{0, 1}, {1, 0}});
  scene.Decide(list.meetings[0].row.id, MeetingVerdict::kKeep);
  const auto decided = truths();
  scene.Predict();
  CHECK(truths() == decided);
  const MeetingList again = scene.List();
  REQUIRE(again.meetings.size() == 2);
  CHECK(again.meetings[0].decision);
  REQUIRE(again.meetings[1].decision);
  CHECK(again.meetings[1].decision->job_id != scene.result.job_id);
  CHECK(again.Open() == 0);
  CHECK(again.elsewhere.empty());
  CHECK(scene.project->Corrections(scene.result.job_id, scene.video.id).empty());
  CHECK(scene.IsSound());
}

TEST_CASE("a decision on a meeting that a new prediction does not have is kept, and said") {
  Scene scene(TwoContacts(false));
  const MeetingList list = scene.List();
  scene.Decide(list.meetings[0].row.id, MeetingVerdict::kKeep);
  scene.world.path = [](int animal, int) { return cv::Point3d(40 + 80 * animal, 40, 0); };
  scene.Predict();
  const MeetingList now = scene.List();
  CHECK(now.known);
  CHECK(now.meetings.empty());
  REQUIRE(now.elsewhere.size() == 1);
  CHECK(now.elsewhere[0].verdict == "keep");
}

TEST_CASE("an exchange is obeyed even where the next prediction follows straight through") {
  DiscWorld world = TwoContacts(false);
  world.path = [](int animal, int) { return cv::Point3d(40 + 80 * animal, 40, 0); };
  Scene scene(world);
  REQUIRE(scene.List().meetings.empty());
  const auto at = [&](int frame, int animal) {
    for (const auto& row :
         scene.project->PredictionsAt(scene.result.job_id, scene.video.id, frame)) {
      if (scene.TrueAnimal(frame, row.tracklet) == animal) return row;
    }
    return datasets::PredictionRow();
  };
  scene.project->Write([&](datasets::Writer& writer) {
    datasets::MeetingDecisionRow decision;
    decision.video_id = scene.video.id;
    decision.start_frame = 80;
    decision.end_frame = 121;
    decision.verdict = "exchange";
    const Id id = datasets::InsertMeetingDecision(writer.connection(), decision);
    for (const int animal : {0, 1}) {
      datasets::KnownPairRow pair;
      pair.decision_id = id;
      pair.before_frame = 80;
      pair.after_frame = 120;
      pair.before_outline = at(80, animal).polygons;
      pair.after_outline = at(120, 1 - animal).polygons;
      datasets::InsertKnownPair(writer.connection(), pair);
    }
  });
  scene.Predict();
  CHECK(scene.result.remarks.empty());
  CHECK(at(10, 0).category_id == at(99, 0).category_id);
  CHECK(at(10, 0).category_id == at(190, 1).category_id);
  CHECK(at(10, 1).category_id == at(100, 0).category_id);
  CHECK(at(10, 1).category_id == at(190, 0).category_id);
  const MeetingList list = scene.List();  // where the names change now
  REQUIRE(list.meetings.size() == 1);
  CHECK(list.meetings[0].row.start_frame == 99);
  CHECK(list.meetings[0].decision);
  CHECK(scene.IsSound());
}

TEST_CASE("a swap by hand at a meeting is a decision, which the next prediction obeys") {
  Scene scene(TwoContacts(false));
  const auto before = scene.NamesAt(90), after = scene.NamesAt(190);
  const std::vector<std::string> swapped = {after[1], after[0]};
  scene.SwapByHand(150);
  CHECK(scene.NamesAt(90) == before);
  CHECK(scene.NamesAt(190) == swapped);
  const MeetingList list = scene.List();
  REQUIRE(list.meetings.size() == 2);
  CHECK_FALSE(list.meetings[0].decision);
  CHECK_FALSE(list.meetings[0].by_hand);
  REQUIRE(list.meetings[1].decision);
  CHECK(list.meetings[1].decision->verdict == "exchange");
  CHECK(scene.IsSound());
  const bool was_kept = before == swapped;  // then this was an exchange
  scene.Predict();
  CHECK((scene.NamesAt(90) == scene.NamesAt(190)) == was_kept);

  annotate::History history(*scene.project);
  CHECK(history.UndoLabel() == "Swap animals");
  history.Undo();
  CHECK(scene.List().elsewhere.empty());
  CHECK_FALSE(scene.List().meetings[1].decision);
}

TEST_CASE("a swap by hand outside of all meetings, or of a span, is obeyed as well") {
  for (const bool has_end : {false, true}) {
    CAPTURE(has_end);
    Scene scene(TwoContacts(false));
    const std::vector<std::string> at90 = scene.NamesAt(90), at94 = scene.NamesAt(94);
    REQUIRE(at90 == at94);  // between the contacts
    const std::vector<std::string> swapped = {at94[1], at94[0]};
    scene.SwapByHand(93, has_end ? 96 : -1);
    CHECK(scene.NamesAt(94) == swapped);
    CHECK(scene.List().elsewhere.empty());
    CHECK(scene.IsSound());
    scene.Predict();
    const std::vector<std::string> before = scene.NamesAt(91), now = scene.NamesAt(94),
                                   after = scene.NamesAt(98);
    CHECK(now == std::vector<std::string>{before[1], before[0]});
    CHECK((after == before) == has_end);
    CHECK(scene.List().elsewhere.empty());
    CHECK(scene.IsSound());
    annotate::History history(*scene.project);
    history.Undo();
    scene.Predict();
    CHECK(scene.NamesAt(94) == scene.NamesAt(91));
  }
}

TEST_CASE("keep and exchange mean the names that are shown, after a swap by hand too") {
  for (const bool exchange : {false, true}) {
    CAPTURE(exchange);
    Scene scene(TwoContacts(false));
    const auto before = scene.NamesAt(10), between = scene.NamesAt(90), after = scene.NamesAt(190);
    const auto swapped = [](const std::vector<std::string>& names) {
      return std::vector<std::string>{names[1], names[0]};
    };
    const bool went_on = before == between;
    scene.SwapByHand(95);  // no meeting is there: a person's word alone
    CHECK(scene.List().elsewhere.empty());
    CHECK(scene.NamesAt(90) == between);
    CHECK(scene.NamesAt(96) == swapped(between));
    REQUIRE(scene.List().meetings.size() == 2);
    const Id first = scene.List().meetings[0].row.id;
    const auto change = exchange ? scene.Decide(first, MeetingVerdict::kExchange, {{0, 1}, {1, 0}})
                                 : scene.Decide(first, MeetingVerdict::kKeep);
    CHECK(change.swaps.size() == (exchange ? 1 : 0));
    CHECK(scene.NamesAt(10) == before);
    CHECK(scene.NamesAt(90) == (exchange ? swapped(between) : between));
    CHECK(scene.NamesAt(96) == (exchange ? between : swapped(between)));
    CHECK(scene.NamesAt(190) == (exchange ? after : swapped(after)));
    CHECK(scene.IsSound());
    scene.Predict();  // which knows of the decision, and not of the word
    CHECK((scene.NamesAt(10) == scene.NamesAt(90)) == (went_on != exchange));
  }
}

TEST_CASE("a meeting in which a person has swapped names lists them as they are shown, decided") {
  Scene scene(TwoContacts(false));
  const auto list = scene.List();
  REQUIRE(list.meetings.size() == 2);
  const auto& sides = list.meetings[1].row.animals;
  // Without the decision that the window makes of it.
  annotate::History(*scene.project)
      .Apply(annotate::SwapAnimals(scene.video.id, scene.result.job_id, 150, 200,
                                   scene.id_of["animal_1"], scene.id_of["animal_2"]));
  const auto now = scene.List();
  CHECK_FALSE(now.meetings[0].by_hand);
  CHECK(now.meetings[1].by_hand);
  CHECK(now.meetings[1].DecidedBy() == "person");
  CHECK_FALSE(now.meetings[1].IsOpen());
  const auto& shown = now.meetings[1].row.animals;
  REQUIRE(shown.size() == 2);
  CHECK(shown[0].before_tracklet == sides[0].before_tracklet);
  CHECK(shown[0].after_tracklet == sides[1].after_tracklet);
  CHECK(shown[1].after_tracklet == sides[0].after_tracklet);
  CHECK(now.meetings[1].row.exchange ==
        doctest::Approx(1 - list.meetings[1].row.exchange).epsilon(0.02));
  const auto kept = scene.Decide(now.meetings[1].row.id, MeetingVerdict::kKeep);
  CHECK(kept.swaps.empty());
  REQUIRE(kept.decision.pairs.size() == 2);
  for (const auto& pair : kept.decision.pairs) {
    const auto& enters = sides[0].before_tracklet == pair.before_tracklet ? sides[0] : sides[1];
    CHECK(pair.after_tracklet != *enters.after_tracklet);
  }
}

TEST_CASE("animals that share a name exchange their numbers, from the meeting on") {
  DiscWorld world = TwoContacts(false);
  world.class_of = {0, 0};
  Scene scene(world);
  const MeetingList list = scene.List();
  CHECK(list.numbered);
  REQUIRE(list.meetings.size() == 2);
  const auto& animals = list.meetings[0].row.animals;
  REQUIRE(animals.size() == 2);
  CHECK(list.meetings[0].Called(animals[1], "vole") == "vole#2");
  const auto before = scene.NamesAt(10), after = scene.NamesAt(190);
  CHECK(before[0] != before[1]);
  const std::vector<std::string> swapped = {after[1], after[0]};
  scene.Decide(list.meetings[0].row.id, MeetingVerdict::kExchange,
               {{animals[0].number, animals[1].number}, {animals[1].number, animals[0].number}});
  CHECK(scene.NamesAt(10) == before);
  CHECK(scene.NamesAt(190) == swapped);
  REQUIRE(scene.List().meetings.size() == 2);
  REQUIRE(scene.List().meetings[0].decision);
  CHECK(scene.List().meetings[0].row.exchange < 0.001);
  scene.Decide(list.meetings[0].row.id, MeetingVerdict::kKeep);  // of what is shown now
  CHECK(scene.NamesAt(190) == swapped);
  CHECK(scene.IsSound());
  annotate::History history(*scene.project);
  history.Undo();
  history.Undo();
  CHECK(scene.NamesAt(190) == after);
}

TEST_CASE("what contradicts labels, another decision or the picture is refused with both places") {
  DiscWorld world = TwoContacts(false);
  Scene scene(world);
  scene.Label(10);
  scene.Label(90);
  scene.Predict();
  const MeetingList list = scene.List();
  REQUIRE(list.meetings.size() == 2);
  CHECK(list.meetings[0].row.exchange < 0.001);  // labels on both sides
  CHECK_THROWS_WITH_AS(
      scene.Decide(list.meetings[0].row.id, MeetingVerdict::kExchange, {{0, 1}, {1, 0}}),
      doctest::Contains("contradicts the labels of frames 10 and 90"), datasets::Error);
  CHECK_THROWS_WITH_AS(scene.Decide(list.meetings[1].row.id, MeetingVerdict::kExchange, {{0, 1}}),
                       doctest::Contains("cannot leave as two"), datasets::Error);
  CHECK_THROWS_WITH_AS(scene.Decide(999, MeetingVerdict::kKeep),
                       doctest::Contains("no such meeting"), datasets::Error);
  CHECK(scene.List().Open() == list.Open());  // nothing was stored
  // A decision that later labels contradict is left out of the next prediction, and said.
  scene.Decide(list.meetings[1].row.id, MeetingVerdict::kExchange, {{0, 1}, {1, 0}});
  scene.Label(190);
  scene.Predict();
  REQUIRE(scene.result.remarks.size() == 1);
  CHECK(scene.result.remarks[0].find("contradicts the labels of frames") != std::string::npos);
  CHECK(scene.result.remarks[0].find('\n') == std::string::npos);
}

TEST_CASE("a decision of a prediction that is not the newest is refused") {
  Scene scene(TwoContacts(false));
  const Id old = scene.List().meetings[0].row.id;
  scene.Predict();
  CHECK_THROWS_WITH_AS(scene.Decide(old, MeetingVerdict::kKeep),
                       doctest::Contains("an older prediction"), datasets::Error);
}

TEST_CASE("that nobody can tell holds for a meeting of the same animals, and for no other") {
  Scene scene(TwoContacts(false));
  const Id old_job = scene.result.job_id;
  scene.Decide(scene.List().meetings.at(0).row.id, MeetingVerdict::kUnsure);
  scene.Predict();
  const auto run = [&](const std::string& sql) {
    scene.project->Write([&](datasets::Writer& writer) { writer.connection().Script(sql); });
  };
  REQUIRE(scene.List().meetings.size() == 2);
  REQUIRE(scene.List().meetings[0].decision);
  CHECK(scene.List().meetings[0].decision->verdict == "unsure");
  // Another animal was elsewhere then.
  run("UPDATE meeting_animals SET away = 1 WHERE number = 1 AND meeting_id IN (SELECT id FROM"
      " meetings WHERE job_id = " +
      std::to_string(old_job) + ")");
  CHECK_FALSE(scene.List().meetings[0].decision);
  CHECK(scene.List().elsewhere.size() == 1);
  // Who took part is not known any more: the very same span.
  run("DELETE FROM meetings WHERE job_id = " + std::to_string(old_job));
  CHECK(scene.List().meetings[0].decision);
  run("UPDATE meeting_decisions SET end_frame = end_frame + 1");
  CHECK_FALSE(scene.List().meetings[0].decision);
  CHECK(scene.List().elsewhere.size() == 1);
}

TEST_CASE("a meeting that names what its prediction lacks is said, by verification too") {
  Scene scene(TwoContacts(false));
  const auto damage = [&](const std::string& column, int value) {
    scene.project->Write([&](datasets::Writer& writer) {
      writer.connection().Script("UPDATE meeting_animals SET " + column + " = " +
                                 std::to_string(value) + " WHERE number = 1");
    });
    CHECK_THROWS_WITH_AS(scene.List(), doctest::Contains(("its prediction has no track")),
                         datasets::Error);
    CHECK_FALSE(scene.IsSound());
  };
  damage("before_tracklet", 99);
  damage("before_tracklet", -5);
  damage("number", 7);
}

TEST_CASE("one animal only has no meetings") {
  DiscWorld world;
  world.frames = 60;
  world.animals = 1;
  world.dropout = 0.2;
  Scene scene(world);
  CHECK(scene.List().known);
  CHECK(scene.List().meetings.empty());
}

}  // namespace meeting_decisions_test
