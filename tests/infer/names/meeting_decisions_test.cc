#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>

#include "annotate/edits.h"
#include "annotate/edits_meetings.h"
#include "annotate/history.h"
#include "datasets/store/meetings/meeting_store.h"
#include "datasets/store/writer.h"
#include "datasets/unknown_name.h"
#include "datasets/verify.h"
#include "infer/meetings/meeting_decision.h"
#include "infer/meetings/meeting_review.h"
#include "infer/names/name_evidence.h"
#include "infer/run/predict_with.h"
#include "tests/infer/disc_world.h"
#include "tests/infer/names/disc_seer.h"
#include "tests/support/label_project.h"
#include "tests/support/temp_dir.h"

namespace meeting_decisions_test {

namespace {

using datasets::Id;
using datasets::Project;
using infer::MeetingList;
using infer::MeetingVerdict;
using infer::ReviewedMeeting;
using tests::DiscWorld;

// A predicted video whose truth is known, and a person who decides its meetings.
struct Scene {
  explicit Scene(const DiscWorld& w) : world(w), seer(world) {
    project = Project::Create(folder / "test.vole");
    tests::AddVideoRow(*project, "clip", world.frames, world.size.width, world.size.height,
                       world.fps);
    video = project->VideoByName("clip");
    Predict();
  }

  void Predict() {
    infer::FrameSource source;
    source.picture = [size = world.size](int frame) {
      cv::Mat picture(size, CV_8UC3, cv::Scalar(0));
      *picture.ptr<int>() = frame;
      return picture;
    };
    datasets::Job quiet;
    infer::PredictOptions options;
    options.unknown_below = 0;  // look-alikes whom nobody labeled: who left a meeting is asked here
    result = infer::PredictWith(*project, video, seer, source, options, quiet);
    for (const auto& category : project->Categories()) {
      name_of[category.id] = category.name;
      id_of[category.name] = category.id;
    }
  }

  void Label(int frame) {
    project->Write([&](datasets::Writer& writer) {
      const auto image =
          writer.FindOrInsertImage(video.id, frame, world.size.width, world.size.height);
      for (int animal = 0; animal < world.animals; ++animal) {
        datasets::AnnotationRow row;
        row.image_id = image;
        row.category_id = id_of.at("animal_" + std::to_string(animal + 1));
        row.rle = datasets::EncodeMask(world.Truth(animal, frame));
        row.box = datasets::RleBox(*row.rle);
        row.area = static_cast<double>(datasets::RleArea(*row.rle));
        writer.InsertAnnotation(row);
      }
    });
  }

  MeetingList List() const { return infer::ListMeetings(*project, result.job_id, video.id); }

  datasets::MeetingChange Decide(Id meeting, MeetingVerdict verdict,
                                 const std::vector<std::pair<int, int>>& leaves_as = {}) {
    datasets::MeetingChange change;
    annotate::History(*project, "person")
        .Apply(annotate::DecideMeeting([&](datasets::Connection& connection) {
          return change = infer::PlanDecision(connection, meeting, verdict, leaves_as, 2);
        }));
    return change;
  }

  // The true animal that an outline of a frame shows; -1: not clear.
  int TrueAnimal(int frame, int tracklet) const {
    int found = -1;
    for (const auto& row : project->PredictionsAt(result.job_id, video.id, frame)) {
      if (row.tracklet != tracklet) continue;
      for (int animal = 0; animal < world.animals; ++animal) {
        const auto truth = datasets::EncodeMask(world.Truth(animal, frame));
        if (datasets::RleIou(truth, *row.rle) >= 0.5) found = animal;
      }
    }
    return found;
  }

  // As if too little had spoken for the name of this class.
  void LeaveUnknown(int class_index) {
    project->Write([&](datasets::Writer& writer) {
      const Id unknown = datasets::FindOrInsertUnknown(writer);
      name_of[unknown] = "unknown";
      const auto text = datasets::ReadNameEvidence(writer.connection(), result.job_id, video.id);
      infer::NameEvidence evidence = infer::NameEvidenceFromJson(*text);
      for (size_t t = 0; t < evidence.runs.size(); ++t) {
        if (evidence.runs[t].class_index != class_index) continue;
        evidence.runs[t].unknown = true;
        writer.connection().Run(
            "UPDATE predictions SET category_id = ? WHERE job_id = ? AND tracklet = ?", unknown,
            result.job_id, static_cast<int>(t));
      }
      datasets::WriteNameEvidence(writer.connection(), result.job_id, video.id,
                                  infer::ToJson(evidence));
    });
  }

  // As the window does it: from the frame to the end.
  void SwapByHand(int frame, int end_frame = -1, const std::string& name = "animal_1",
                  const std::string& other_name = "animal_2") {
    const int end = end_frame < 0 ? video.frame_count : end_frame;
    const Id one = id_of.at(name), two = id_of.at(other_name);
    annotate::History(*project, "person")
        .Apply(annotate::WithDecision(
            annotate::SwapAnimals(video.id, result.job_id, frame, end, one, two),
            [&](datasets::Connection& connection) {
              return infer::DecisionOfSwap(connection, result.job_id, video.id, frame, end, one,
                                           two);
            }));
  }

  // The name of each true animal in a frame.
  std::vector<std::string> NamesAt(int frame) const {
    std::vector<std::string> names(static_cast<size_t>(world.animals));
    for (const auto& row : project->PredictionsAt(result.job_id, video.id, frame)) {
      for (int animal = 0; animal < world.animals; ++animal) {
        const auto truth = datasets::EncodeMask(world.Truth(animal, frame));
        if (datasets::RleIou(truth, *row.rle) < 0.6) continue;
        names[static_cast<size_t>(animal)] = name_of.at(row.category_id);
        if (!world.class_of.empty()) {
          names[static_cast<size_t>(animal)] += "#" + std::to_string(row.tracklet);
        }
      }
    }
    return names;
  }

  // As a person who sees both sides decides: true when it could be told.
  bool DecideByTruth(const ReviewedMeeting& meeting) {
    std::vector<std::pair<int, int>> leaves_as;
    std::map<int, int> left;  // true animal -> as whom it leaves
    for (const auto& animal : meeting.row.animals) {
      if (!animal.after_tracklet) continue;
      left[TrueAnimal(*animal.after_frame, *animal.after_tracklet)] = animal.number;
    }
    for (const auto& animal : meeting.row.animals) {
      if (!animal.before_tracklet) continue;
      const int truth = TrueAnimal(*animal.before_frame, *animal.before_tracklet);
      const auto found = left.find(truth);
      if (truth < 0 || found == left.end() || found->second == animal.number) continue;
      leaves_as.emplace_back(animal.number, found->second);
    }
    try {
      Decide(meeting.row.id, leaves_as.empty() ? MeetingVerdict::kKeep : MeetingVerdict::kExchange,
             leaves_as);
      return true;
    } catch (const datasets::Error&) {
      Decide(meeting.row.id, MeetingVerdict::kUnsure);
      return false;
    }
  }

  // Animal-frames with another animal's name; of those outside of `but` alone.
  int WrongNames(const std::vector<ReviewedMeeting>& but = {}) const {
    int wrong = 0;
    project->ForEachPrediction(
        result.job_id, video.id, 0, video.frame_count, [&](int frame, const auto& rows) {
          for (const ReviewedMeeting& meeting : but) {
            if (frame >= meeting.row.start_frame && frame < meeting.row.end_frame) return;
          }
          for (const auto& row : rows) {
            for (int animal = 0; animal < world.animals; ++animal) {
              const auto truth = datasets::EncodeMask(world.Truth(animal, frame));
              if (datasets::RleIou(truth, *row.rle) < 0.6) continue;
              wrong += name_of.at(row.category_id) != "animal_" + std::to_string(animal + 1);
            }
          }
        });
    return wrong;
  }

  bool IsSound() const {
    datasets::Job quiet;
    for (const auto& finding : datasets::Verify(*project, quiet)) {
      if (finding.code != "video_missing") return false;
    }
    return true;
  }

  DiscWorld world;
  tests::DiscSeer seer;
  tests::TempDir folder;
  std::unique_ptr<Project> project;
  datasets::VideoRow video;
  infer::PredictResult result;
  std::map<Id, std::string> name_of;
  std::map<std::string, Id> id_of;
};

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

// Look-alikes that come together every 100 frames, turn around each other by any angle, and part.
DiscWorld Dancers(unsigned seed) {
  DiscWorld world;
  world.seed = seed;
  world.frames = 600;
  world.size = {120, 120};
  world.axes = {9, 6};
  world.accuracy = 0.55;
  world.says = 0.6;
  world.held_frames = 12;
  std::mt19937 random(seed);
  std::uniform_real_distribution<double> turn(-1.2, 1.2), near(4, 9);
  std::vector<double> angle = {0}, distance;
  for (int meeting = 0; meeting < 6; ++meeting) {
    angle.push_back(angle.back() + CV_PI * turn(random));
    distance.push_back(near(random));
  }
  world.path = [angle, distance](int animal, int frame) {
    const size_t meeting = static_cast<size_t>(frame / 100);
    const int within = frame % 100;
    const double apart = std::clamp(std::abs(within - 50) - 10.0, 0.0, 20.0);
    const double done = std::clamp((within - 40) / 20.0, 0.0, 1.0);
    const double at = angle[meeting] + done * (angle[meeting + 1] - angle[meeting]);
    const double radius = distance[meeting] / 2 + 1.5 * apart;
    const double side = animal == 0 ? -1 : 1;
    return cv::Point3d(60 + side * radius * std::cos(at), 60 + side * radius * std::sin(at), at);
  };
  return world;
}

TEST_CASE("a person who answers what is asked leaves no wrong name") {
  int wrong_before = 0, wrong_after = 0, asked = 0, unsure = 0, meetings = 0;
  for (unsigned seed = 1; seed <= 6; ++seed) {
    Scene scene(Dancers(seed));
    scene.Label(10);
    scene.Predict();
    wrong_before += scene.WrongNames();
    for (int answers = 0; answers < 60; ++answers) {
      MeetingList list = scene.List();
      infer::SortByWorth(list.meetings);
      const auto open = std::find_if(list.meetings.begin(), list.meetings.end(),
                                     [](const auto& meeting) { return meeting.IsOpen(); });
      if (open == list.meetings.end()) break;
      ++asked;
      unsure += !scene.DecideByTruth(*open);
    }
    CHECK(scene.List().Open() == 0);
    CHECK(scene.IsSound());
    wrong_after += scene.WrongNames();
    CHECK(scene.WrongNames(scene.List().meetings) == 0);
    meetings += static_cast<int>(scene.List().meetings.size());
  }
  MESSAGE(meetings << " meetings, " << wrong_before << " wrong names before, " << wrong_after
                   << " after " << asked << " answers, " << unsure << " of them unsure");
  CHECK(wrong_before > 100);
  CHECK(wrong_after < wrong_before / 15);  // within meetings, where both are one blob
  CHECK(2 * (asked - unsure) < meetings);
}

}  // namespace meeting_decisions_test
