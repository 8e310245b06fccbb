#include "annotate/edits.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "annotate/history.h"
#include "datasets/store/review/review_reasons.h"
#include "datasets/unknown_name.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace edits_test {

namespace {

using annotate::History;
using annotate::Verdict;
using datasets::Id;
using datasets::ImageState;
using datasets::PredictionView;
using datasets::Project;
using datasets::Writer;
using tests::MessageOf;
using tests::Square;

// One video of 100 frames, two animals, a predict job with both of them on frames 0..49.
struct Scene {
  tests::TempDir folder;
  std::unique_ptr<Project> project = Project::Create(folder / "a.vole");
  Id video = 0, job = 0, a = 0, b = 0;
  History history{*project, "me"};

  Scene() {
    project->Write([&](Writer& writer) {
      video = tests::InsertVideo(writer, "one", 100);
      a = writer.FindOrInsertCategory("a");
      b = writer.FindOrInsertCategory("b");
      job = writer.InsertJob(tests::PredictJob());
      for (int frame = 0; frame < 50; ++frame) {
        writer.InsertPrediction(tests::Prediction(job, video, frame, a));
        writer.InsertPrediction(tests::Prediction(job, video, frame, b));
      }
    });
  }
  Id Draw(int frame, Id category, double x) {
    return history.Apply(annotate::AddAnnotation(video, frame, Square(0, category, x, 5, 8)))
        .InsertedId("annotations");
  }
  std::string Refused(const annotate::Edit& edit) {
    return MessageOf([&] { history.Apply(edit); });
  }
  std::vector<Id> LabelNames(int frame) const {
    std::vector<Id> names;
    for (const auto& row : project->AnnotationsAt(video, frame)) names.push_back(row.category_id);
    return names;
  }
  std::vector<Id> PredictedNames(int frame) const {
    std::vector<Id> names;
    for (const auto& row : project->PredictionsAt(job, video, frame)) {
      names.push_back(row.category_id);
    }
    return names;
  }
};

using Names = std::vector<Id>;

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("drawing makes the frame's image, measures the shape and can be undone and redone") {
  Scene scene;
  datasets::AnnotationRow shape;
  shape.category_id = scene.a;
  shape.polygons = {{{1, 1}, {11, 1}, {11, 6}, {1, 6}}};
  const auto edit = scene.history.Apply(annotate::AddAnnotation(scene.video, 7, shape));
  CHECK(scene.history.UndoLabel() == "Draw outline");
  const auto drawn = scene.project->AnnotationsAt(scene.video, 7);
  REQUIRE(drawn.size() == 1);
  CHECK(drawn[0].area == 50);
  CHECK(drawn[0].box.width == 10);
  CHECK(drawn[0].author == "me");
  CHECK(drawn[0].id == edit.InsertedId("annotations"));
  const auto undone = scene.history.Undo();
  REQUIRE(undone);
  REQUIRE(undone->place);
  CHECK(undone->place->video_id == scene.video);
  CHECK(undone->place->frame_index == 7);
  CHECK_FALSE(scene.project->ImageAt(scene.video, 7));
  CHECK(scene.history.UndoLabel() == "");
  CHECK(scene.history.RedoLabel() == "Draw outline");
  CHECK(scene.history.Redo());
  CHECK(scene.project->AnnotationsAt(scene.video, 7)[0].id == drawn[0].id);
  CHECK_FALSE(scene.history.Redo());
}

TEST_CASE("shapes that are none are refused and change nothing") {
  Scene scene;
  datasets::AnnotationRow shape;
  shape.category_id = scene.a;
  CHECK(Has(scene.Refused(annotate::AddAnnotation(scene.video, 1, shape)), "empty"));
  shape.polygons = {{{1, 1}, {2, 2}}};
  CHECK(scene.Refused(annotate::AddAnnotation(scene.video, 1, shape)) != "");
  shape = Square(0, scene.a, 1, 1, 5);
  CHECK(Has(scene.Refused(annotate::AddAnnotation(scene.video, 100, shape)), "frames 0 to 99"));
  CHECK(scene.project->Images().empty());
  CHECK(scene.history.UndoLabel() == "");
}

TEST_CASE("moving vertices replaces the outline, its measures and a mask that no longer fits") {
  Scene scene;
  auto row = Square(0, scene.a, 5, 5, 8);
  cv::Mat mask = cv::Mat::zeros(48, 64, CV_8UC1);
  cv::rectangle(mask, {5, 5, 8, 8}, 255, cv::FILLED);
  row.rle = datasets::EncodeMask(mask);
  const Id id =
      scene.history.Apply(annotate::AddAnnotation(scene.video, 3, row)).InsertedId("annotations");
  const datasets::Polygons moved = {{{5, 5}, {13.5, 5}, {13, 13}, {5, 13}}};
  const auto edit = scene.history.Apply(annotate::ReplaceShape(id, moved, {}, "Move vertex"));
  REQUIRE(edit.place);
  CHECK(edit.place->frame_index == 3);
  auto now = scene.project->AnnotationsAt(scene.video, 3)[0];
  CHECK(now.polygons == moved);
  CHECK_FALSE(now.rle);
  CHECK(now.box.width == 8.5);
  scene.history.Undo();
  now = scene.project->AnnotationsAt(scene.video, 3)[0];
  CHECK(now.polygons == row.polygons);
  CHECK(now.rle);
  CHECK(Has(scene.Refused(annotate::DeleteAnnotation(id + 1)), "deleted meanwhile"));
  scene.history.Apply(annotate::DeleteAnnotation(id));
  CHECK(scene.project->AnnotationsAt(scene.video, 3).empty());
  scene.history.Undo();
  CHECK(scene.project->AnnotationsAt(scene.video, 3)[0].polygons == row.polygons);
}

TEST_CASE("taking a name that is used in the frame swaps, with the tracks") {
  Scene scene;
  Id track_a = 0, track_b = 0;
  scene.project->Write([&](Writer& writer) {
    track_a = writer.FindOrInsertTrack(scene.video, scene.a, 1);
    track_b = writer.FindOrInsertTrack(scene.video, scene.b, 2);
  });
  auto row = Square(0, scene.a, 5, 5, 8);
  row.track_id = track_a;
  const Id first =
      scene.history.Apply(annotate::AddAnnotation(scene.video, 3, row)).InsertedId("annotations");
  scene.history.Apply(annotate::AssignName(first, scene.b));  // free: nothing to swap with
  auto labels = scene.project->AnnotationsAt(scene.video, 3);
  CHECK(labels[0].category_id == scene.b);
  CHECK(labels[0].track_id == track_b);
  row = Square(0, scene.a, 30, 5, 8);
  row.track_id = track_a;
  scene.history.Apply(annotate::AddAnnotation(scene.video, 3, row));
  scene.history.Apply(annotate::AssignName(first, scene.a));
  labels = scene.project->AnnotationsAt(scene.video, 3);
  CHECK(labels[0].category_id == scene.a);
  CHECK(labels[0].track_id == track_a);
  CHECK(labels[1].category_id == scene.b);
  CHECK(labels[1].track_id == track_b);
  CHECK(scene.history.Apply(annotate::AssignName(first, scene.a)).id == 0);  // already so
}

TEST_CASE("swapping from a frame on changes labels and predictions there, and nothing before") {
  Scene scene;
  for (const int frame : {5, 20, 60}) {
    scene.Draw(frame, scene.a, 5);
    scene.Draw(frame, scene.b, 30);
  }
  scene.Draw(70, scene.a, 5);  // alone in its frame
  const auto counts = annotate::CountNames(*scene.project, annotate::NameChange::kSwap, scene.video,
                                           scene.job, 20, 100, scene.a, scene.b);
  CHECK(counts.labeled == 3);
  CHECK(counts.labeled_with_both == 2);
  CHECK(counts.predicted == 30);
  scene.history.Apply(annotate::SwapAnimals(scene.video, scene.job, 20, 100, scene.a, scene.b));
  CHECK(scene.LabelNames(5) == Names{scene.a, scene.b});
  CHECK(scene.LabelNames(20) == Names{scene.b, scene.a});
  CHECK(scene.LabelNames(60) == Names{scene.b, scene.a});
  CHECK(scene.LabelNames(70) == Names{scene.b});
  CHECK(scene.PredictedNames(19) == Names{scene.a, scene.b});
  CHECK(scene.PredictedNames(20) == Names{scene.b, scene.a});
  CHECK(scene.PredictedNames(49) == Names{scene.b, scene.a});
  // A later, shorter swap puts its frames back as they were written.
  scene.history.Apply(annotate::SwapAnimals(scene.video, scene.job, 30, 31, scene.b, scene.a));
  CHECK(scene.PredictedNames(30) == Names{scene.a, scene.b});
  CHECK(scene.PredictedNames(31) == Names{scene.b, scene.a});
  scene.history.Undo();
  scene.history.Undo();
  CHECK(scene.LabelNames(60) == Names{scene.a, scene.b});
  CHECK(scene.PredictedNames(49) == Names{scene.a, scene.b});
  CHECK(scene.project->Corrections(scene.job, scene.video).empty());
}

TEST_CASE("one of several predictions that share a name is rejected and named alone") {
  Scene scene;
  Id job = 0;
  scene.project->Write([&](Writer& writer) {
    job = writer.InsertJob(tests::PredictJob());
    for (const int number : {0, 1, 2}) {
      auto row = tests::Prediction(job, scene.video, 5, scene.a);
      row.tracklet = number;
      writer.InsertPrediction(row);
    }
    writer.FinishJob(job, "done");
  });
  const auto shown = [&] {
    std::vector<std::pair<Id, int>> names;
    for (const auto& row : scene.project->PredictionsAt(job, scene.video, 5)) {
      names.emplace_back(row.category_id, row.tracklet);
    }
    return names;
  };
  using Names = std::vector<std::pair<Id, int>>;
  scene.history.Apply(annotate::RejectPredictions(job, scene.video, 5, 6, scene.a, 1));
  CHECK(shown() == Names{{scene.a, 0}, {scene.a, 2}});
  scene.history.Apply(annotate::AssignPredictionName(job, scene.video, 5, 6, scene.a, scene.b, 2));
  CHECK(shown() == Names{{scene.a, 0}, {scene.b, 2}});
  scene.history.Undo();
  scene.history.Undo();
  CHECK(shown().size() == 3);
}

TEST_CASE("reassigning over a span changes one name, swaps where both are, and leaves the rest") {
  Scene scene;
  Id c = 0;
  scene.project->Write([&](Writer& writer) { c = writer.FindOrInsertCategory("c"); });
  for (const int frame : {5, 20, 25, 60}) scene.Draw(frame, scene.a, 5);
  scene.Draw(20, scene.b, 30);
  scene.Draw(22, scene.b, 30);
  // Two stretches in which only b is predicted.
  scene.history.Apply(
      annotate::RejectPredictions(scene.job, scene.video, 24, 26, std::optional<Id>(scene.a)));
  scene.history.Apply(
      annotate::RejectPredictions(scene.job, scene.video, 30, 31, std::optional<Id>(scene.a)));
  const auto count = [&](Id to) {
    return annotate::CountNames(*scene.project, annotate::NameChange::kReassign, scene.video,
                                scene.job, 20, 40, scene.a, to);
  };
  const auto counts = count(scene.b);
  CHECK(counts.labeled == 2);
  CHECK(counts.labeled_with_both == 1);
  CHECK(counts.predicted == 17);
  CHECK(counts.predicted_with_both == 17);
  CHECK(count(c).predicted == 17);
  CHECK(count(c).predicted_with_both == 0);
  const auto reassign = [&](Id from, Id to) {
    return annotate::ReassignAnimal(scene.video, scene.job, 20, 40, from, to);
  };
  scene.history.Apply(reassign(scene.a, scene.b));
  CHECK(scene.LabelNames(5) == Names{scene.a});
  CHECK(scene.LabelNames(20) == Names{scene.b, scene.a});
  CHECK(scene.LabelNames(22) == Names{scene.b});
  CHECK(scene.LabelNames(25) == Names{scene.b});
  CHECK(scene.LabelNames(60) == Names{scene.a});
  for (int frame = 0; frame < 50; ++frame) {
    CAPTURE(frame);
    const bool alone = frame == 24 || frame == 25 || frame == 30;
    const bool inside = frame >= 20 && frame < 40;
    const Names both = inside ? Names{scene.b, scene.a} : Names{scene.a, scene.b};
    CHECK(scene.PredictedNames(frame) == (alone ? Names{scene.b} : both));
  }
  scene.history.Undo();
  CHECK(scene.PredictedNames(20) == Names{scene.a, scene.b});
  CHECK(scene.project->Corrections(scene.job, scene.video).size() == 2);
  // To a name that nothing has: one correction, whatever gaps there are.
  scene.history.Apply(reassign(scene.a, c));
  CHECK(scene.PredictedNames(20) == Names{c, scene.b});
  CHECK(scene.PredictedNames(24) == Names{scene.b});
  CHECK(scene.PredictedNames(40) == Names{scene.a, scene.b});
  CHECK(scene.LabelNames(20) == Names{c, scene.b});
  CHECK(scene.project->Corrections(scene.job, scene.video).size() == 3);
  CHECK(Has(scene.Refused(reassign(scene.a, scene.b)), "no frame from 20 to 39 has it"));
  CHECK(Has(scene.Refused(reassign(c, c)), "two different animals"));
}

TEST_CASE("naming one predicted animal keeps the names of a frame apart") {
  Scene scene;
  scene.history.Apply(
      annotate::AssignPredictionName(scene.job, scene.video, 4, 5, scene.a, scene.b));
  CHECK(scene.PredictedNames(4) == Names{scene.b, scene.a});
  CHECK(scene.PredictedNames(5) == Names{scene.a, scene.b});
}

TEST_CASE("empty and done are states of their own, and empty frames hold no labels") {
  Scene scene;
  scene.history.Apply(annotate::SetImageState(scene.video, 9, ImageState::kEmpty));
  CHECK(scene.project->ImageAt(scene.video, 9)->state == ImageState::kEmpty);
  CHECK(scene.project->CountLabeledFrames(scene.video) == 1);
  scene.Draw(9, scene.a, 5);
  CHECK(scene.project->ImageAt(scene.video, 9)->state == ImageState::kStarted);
  CHECK(Has(scene.Refused(annotate::SetImageState(scene.video, 9, ImageState::kEmpty)), "1 label"));
  scene.history.Apply(annotate::SetImageState(scene.video, 9, ImageState::kDone));
  CHECK(scene.project->ImageAt(scene.video, 9)->state == ImageState::kDone);
}

TEST_CASE("accepted predictions become labels as corrected; labels that exist win") {
  Scene scene;
  scene.Draw(10, scene.a, 50);
  scene.history.Apply(annotate::SetImageState(scene.video, 11, ImageState::kEmpty));
  scene.history.Apply(annotate::SwapAnimals(scene.video, scene.job, 12, 13, scene.a, scene.b));
  scene.history.Apply(annotate::AcceptPredictions(scene.job, scene.video, 10, 13));
  auto labels = scene.project->AnnotationsAt(scene.video, 10);
  REQUIRE(labels.size() == 2);
  CHECK(labels[0].source == datasets::LabelSource::kDrawn);
  CHECK(labels[1].category_id == scene.b);
  CHECK(labels[1].source == datasets::LabelSource::kAccepted);
  CHECK(labels[1].job_id == scene.job);
  const auto prediction = tests::Prediction(scene.job, scene.video, 10, scene.b);
  REQUIRE(labels[1].rle);
  CHECK(labels[1].rle->counts == prediction.rle->counts);
  CHECK(labels[1].area == datasets::RleArea(*prediction.rle));
  CHECK(scene.project->ImageAt(scene.video, 10)->state == ImageState::kDone);
  CHECK(scene.LabelNames(11).empty());
  CHECK(scene.LabelNames(12) == Names{scene.b, scene.a});
  // Again: nothing to do, no trace.
  CHECK(scene.history.Apply(annotate::AcceptPredictions(scene.job, scene.video, 10, 13)).id == 0);
  scene.history.Undo();
  CHECK(scene.LabelNames(10) == Names{scene.a});
  CHECK_FALSE(scene.project->ImageAt(scene.video, 12));
  // One animal only leaves the frame unfinished.
  scene.history.Apply(annotate::AcceptPredictions(scene.job, scene.video, 20, 21, scene.b));
  CHECK(scene.LabelNames(20) == Names{scene.b});
  CHECK(scene.project->ImageAt(scene.video, 20)->state == ImageState::kStarted);
}

TEST_CASE("rejected predictions are left out of what is final but are still there") {
  Scene scene;
  scene.history.Apply(annotate::RejectPredictions(scene.job, scene.video, 3, 5, scene.a));
  CHECK(scene.PredictedNames(3) == Names{scene.b});
  CHECK(scene.PredictedNames(5) == Names{scene.a, scene.b});
  const auto all = scene.project->PredictionsAt(scene.job, scene.video, 3, PredictionView::kAll);
  REQUIRE(all.size() == 2);
  CHECK(all[0].rejected);
  scene.history.Apply(annotate::AcceptPredictions(scene.job, scene.video, 3, 4));
  CHECK(scene.LabelNames(3) == Names{scene.b});
}

TEST_CASE("a decision on an episode does what it says, and undo opens it again") {
  Scene scene;
  scene.project->Write([&](Writer& writer) {
    for (const int start : {0, 10, 20, 30}) {
      datasets::ReviewItemRow item;
      item.job_id = scene.job;
      item.video_id = scene.video;
      item.start_frame = start;
      item.end_frame = start + 2;
      item.reason_code = "jump";
      item.reason = "it jumps";
      item.score = 0.5 - start / 100.0;
      item.animals_json = start == 10 ? R"(["b"])" : "[]";
      writer.InsertReviewItem(item);
    }
  });
  const auto item = [&](size_t i) { return scene.project->ReviewItems(scene.job)[i]; };
  scene.history.Apply(annotate::DecideEpisode(item(0), Verdict::kAccepted, 1.5));
  CHECK(item(0).verdict == "accepted");
  CHECK(scene.LabelNames(1).size() == 2);
  scene.history.Apply(annotate::DecideEpisode(item(1), Verdict::kRejected, 1));
  CHECK(scene.PredictedNames(11) == Names{scene.a});  // only the named animal
  scene.history.Apply(annotate::DecideEpisode(item(2), Verdict::kRejected, 1));
  CHECK(scene.PredictedNames(20).empty());
  scene.history.Apply(annotate::DecideEpisode(item(3), Verdict::kSkipped, 1));
  CHECK(item(3).verdict == "skipped");
  CHECK(scene.PredictedNames(30).size() == 2);
  for (int i = 0; i < 4; ++i) CHECK(scene.history.Undo());
  for (size_t i = 0; i < 4; ++i) CHECK(item(i).verdict == "");
  CHECK(scene.LabelNames(1).empty());
  CHECK(scene.PredictedNames(20).size() == 2);
}

TEST_CASE("rejecting one of two animals without a name takes that one, whatever it is called now") {
  Scene scene;
  Id unknown = 0;
  scene.project->Write([&](Writer& writer) {
    unknown = datasets::FindOrInsertUnknown(writer);
    writer.connection().Run(
        "UPDATE predictions SET tracklet = CASE WHEN category_id = ? THEN 5 ELSE 7 END", scene.a);
    writer.connection().Run("UPDATE predictions SET category_id = ?", unknown);
    for (const int start : {10, 20}) {
      datasets::ReviewItemRow item;
      item.job_id = scene.job;
      item.video_id = scene.video;
      item.start_frame = start;
      item.end_frame = start + 2;
      item.reason_code = "jump";
      item.reason = "it jumps";
      item.score = 0.5 - start / 100.0;
      item.animals_json = R"(["unknown","unknown animal 7"])";
      writer.InsertReviewItem(item);
    }
  });
  const auto item = [&](size_t i) { return scene.project->ReviewItems(scene.job)[i]; };
  const auto tracklets = [&](int frame) {
    std::vector<int> list;
    for (const auto& row : scene.project->PredictionsAt(scene.job, scene.video, frame)) {
      list.push_back(row.tracklet);
    }
    return list;
  };
  CHECK(item(0).animals_json == R"(["unknown","unknown animal 7"])");
  scene.history.Apply(annotate::DecideEpisode(item(0), Verdict::kRejected, 1));
  CHECK(tracklets(11) == std::vector<int>{5});
  CHECK(tracklets(12) == std::vector<int>{5, 7});
  // The other one is named b: nobody may lose its outline, though that was named.
  scene.history.Apply(annotate::NameUnknown(scene.job, scene.video, 30, 5, scene.b));
  scene.history.Apply(annotate::DecideEpisode(item(1), Verdict::kRejected, 1));
  CHECK(tracklets(21) == std::vector<int>{5});
  // And one that was named is rejected by the name that it has now.
  CHECK(scene.history.Undo());
  CHECK(scene.history.Undo());
  scene.history.Apply(annotate::NameUnknown(scene.job, scene.video, 30, 7, scene.b));
  scene.history.Apply(annotate::DecideEpisode(item(1), Verdict::kRejected, 1));
  CHECK(tracklets(21) == std::vector<int>{5});
}

TEST_CASE("an episode about one of several animals of a name takes the outlines of none of them") {
  Scene scene;
  scene.project->Write([&](Writer& writer) {
    writer.InsertPrediction(tests::Prediction(scene.job, scene.video, 11, scene.a));
    for (const std::string reason : {"jump", "audit"}) {
      datasets::ReviewItemRow item;
      item.job_id = scene.job;
      item.video_id = scene.video;
      item.start_frame = 10;
      item.end_frame = 12;
      item.reason_code = reason;
      item.reason = "it jumps";
      item.score = item.reason_code == "jump" ? 0.9 : 0.1;
      item.animals_json = R"(["a"])";
      writer.InsertReviewItem(item);
    }
  });
  const auto item = [&](size_t i) { return scene.project->ReviewItems(scene.job)[i]; };
  CHECK(Has(scene.Refused(annotate::DecideEpisode(item(0), Verdict::kRejected, 1)),
            "2 animals of frame 11 have one name"));
  CHECK(scene.PredictedNames(10) == Names{scene.a, scene.b});
  CHECK(item(0).verdict == "");
  // A frame that was drawn at random is judged as a whole.
  scene.history.Apply(annotate::DecideEpisode(item(1), Verdict::kRejected, 1));
  CHECK(scene.PredictedNames(11) == Names{scene.b});
}

struct BehaviorScene : Scene {
  Id walk = 0, rest = 0, sniff = 0, click = 0;
  BehaviorScene() {
    project->Write([&](Writer& writer) {
      walk = writer.FindOrInsertBehavior({0, "walk", false, "move", 1, "w"});
      rest = writer.FindOrInsertBehavior({0, "rest", false, "move", 2, "r"});
      sniff = writer.FindOrInsertBehavior({0, "sniff", false, "", 3, "s"});
      click = writer.FindOrInsertBehavior({0, "click", true, "move", 4, "c"});
    });
  }
  annotate::Edit Span(Id behavior, int start, int end, bool present = true,
                      const std::string& subject = "a") const {
    datasets::BehaviorIntervalRow row;
    row.video_id = video;
    row.subject = subject;
    row.behavior_id = behavior;
    row.start_frame = start;
    row.end_frame = end;
    row.present = present;
    return annotate::AddBehaviorInterval(row);
  }
  Id Mark(const annotate::Edit& edit) {
    return history.Apply(edit).InsertedId("behavior_intervals");
  }
  // "walk 0-9, ..." in time order; "!" = explicitly not.
  std::string Row(const std::string& subject = "a") const {
    std::string text;
    for (const auto& row : project->BehaviorIntervals(video)) {
      if (row.subject != subject) continue;
      for (const auto& behavior : project->Behaviors()) {
        if (behavior.id != row.behavior_id) continue;
        text += (text.empty() ? "" : ", ") + std::string(row.present ? "" : "!") + behavior.name;
      }
      text += " " + std::to_string(row.start_frame) + "-" + std::to_string(row.end_frame);
    }
    return text;
  }
};

TEST_CASE("a newer state of the same exclusion group cuts the older one") {
  BehaviorScene scene;
  scene.Mark(scene.Span(scene.walk, 0, 30));
  scene.Mark(scene.Span(scene.sniff, 5, 8));   // another group: both stand
  scene.Mark(scene.Span(scene.rest, 10, 20));  // in the middle: two remains
  CHECK(scene.Row() == "walk 0-10, sniff 5-8, rest 10-20, walk 20-30");
  scene.Mark(scene.Span(scene.walk, 15, 22));  // joins the right-hand remain, cuts rest
  CHECK(scene.Row() == "walk 0-10, sniff 5-8, rest 10-15, walk 15-30");
  scene.Mark(scene.Span(scene.rest, 8, 40));  // covers one whole
  CHECK(scene.Row() == "walk 0-8, sniff 5-8, rest 8-40");
  scene.Mark(scene.Span(scene.click, 3, 9));  // a point is one frame long and excludes nothing
  CHECK(scene.Row() == "walk 0-8, click 3-4, sniff 5-8, rest 8-40");
  scene.Mark(scene.Span(scene.rest, 0, 50, true, "b"));  // another animal's row
  CHECK(scene.Row() == "walk 0-8, click 3-4, sniff 5-8, rest 8-40");
  for (int i = 0; i < 6; ++i) scene.history.Undo();
  CHECK(scene.Row() == "walk 0-30");
}

TEST_CASE("an explicit not takes the place of the same behavior only") {
  BehaviorScene scene;
  scene.Mark(scene.Span(scene.walk, 0, 10));
  scene.Mark(scene.Span(scene.walk, 4, 6, false));
  CHECK(scene.Row() == "walk 0-4, !walk 4-6, walk 6-10");
  scene.Mark(scene.Span(scene.rest, 3, 7, false));
  CHECK(scene.Row() == "walk 0-4, !rest 3-7, !walk 4-6, walk 6-10");
}

TEST_CASE("intervals are dragged, split and deleted, and stay inside of the video") {
  BehaviorScene scene;
  const Id walk = scene.Mark(scene.Span(scene.walk, 0, 30));
  const Id rest = scene.Mark(scene.Span(scene.rest, 30, 40));
  auto row = scene.project->BehaviorIntervals(scene.video)[1];
  row.start_frame = 25;
  scene.history.Apply(annotate::ChangeBehaviorInterval(row));
  CHECK(scene.Row() == "walk 0-25, rest 25-40");
  scene.history.Apply(annotate::SplitBehaviorInterval(walk, 10));
  CHECK(scene.Row() == "walk 0-10, walk 10-25, rest 25-40");
  CHECK(Has(scene.Refused(annotate::SplitBehaviorInterval(walk, 10)), "not inside"));
  row.end_frame = 101;
  CHECK(Has(scene.Refused(annotate::ChangeBehaviorInterval(row)), "100 frames"));
  scene.history.Apply(annotate::DeleteBehaviorInterval(rest));
  CHECK(scene.Row() == "walk 0-10, walk 10-25");
  CHECK(Has(scene.Refused(annotate::ChangeBehaviorInterval(row)), "deleted meanwhile"));
  CHECK(Has(scene.Refused(scene.Span(scene.walk, 90, 101)), "100 frames"));
  CHECK(Has(scene.Refused(scene.Span(scene.walk, 9, 9)), "empty"));
  CHECK(scene.Row() == "walk 0-10, walk 10-25");
}

TEST_CASE("names of animals and behaviors stay unique") {
  BehaviorScene scene;
  CHECK(Has(scene.Refused(annotate::AddCategory("a")), "taken"));
  auto category = scene.project->Categories()[0];
  category.name = "b";
  CHECK(Has(scene.Refused(annotate::ChangeCategory(category)), "taken"));
  category.name = "alpha";
  scene.history.Apply(annotate::ChangeCategory(category));
  CHECK(scene.project->Categories()[0].name == "alpha");
  auto behavior = scene.project->Behaviors()[0];
  behavior.name = "rest";
  CHECK(Has(scene.Refused(annotate::ChangeBehavior(behavior)), "taken"));
}

}  // namespace

namespace {

// Two animals of one name, as larvae are, predicted on frame 7.
struct Larvae : Scene {
  Larvae() {
    project->Write([&](Writer& writer) {
      for (const double x : {5.0, 40.0}) {
        datasets::PredictionRow row;
        row.job_id = job;
        row.video_id = video;
        row.frame_index = kFrame;
        row.category_id = a;
        row.score = 0.9;
        row.box = {x, 5, 8, 8};
        row.polygons = {{{x, 5}, {x + 8, 5}, {x + 8, 13}, {x, 13}}};
        writer.InsertPrediction(row);
      }
    });
  }
  void Label(double x, datasets::LabelSource source) {
    project->Write([&](Writer& writer) {
      datasets::AnnotationRow row =
          Square(writer.FindOrInsertImage(video, kFrame, 64, 48), a, x, 5, 8);
      row.source = source;
      row.keyframe = source != datasets::LabelSource::kInterpolated;
      writer.InsertAnnotation(row);
    });
  }
  void Accept() { history.Apply(annotate::AcceptPredictions(job, video, kFrame, kFrame + 1, {})); }
  std::vector<double> Places() const {
    std::vector<double> places;
    for (const auto& row : project->AnnotationsAt(video, kFrame)) places.push_back(row.box.x);
    std::sort(places.begin(), places.end());
    return places;
  }
  static constexpr int kFrame = 70;
};

}  // namespace

TEST_CASE("predictions of several animals of one name replace the carried outlines of each") {
  Larvae larvae;
  larvae.Label(6, datasets::LabelSource::kInterpolated);
  larvae.Label(41, datasets::LabelSource::kInterpolated);
  larvae.Accept();
  CHECK(larvae.Places() == std::vector<double>{5, 40});
  for (const auto& row : larvae.project->AnnotationsAt(larvae.video, Larvae::kFrame)) {
    CHECK(row.source == datasets::LabelSource::kAccepted);
  }
}

TEST_CASE("of several animals of one name those that nobody has drawn yet are taken") {
  Larvae larvae;
  larvae.Label(42, datasets::LabelSource::kDrawn);
  larvae.Accept();
  CHECK(larvae.Places() == std::vector<double>{5, 42});
  CHECK(larvae.project->ImageAt(larvae.video, Larvae::kFrame)->state == ImageState::kDone);
}

TEST_CASE("accepting a frame accepts what was filled in there, too") {
  Scene scene;
  Id third = 0;
  scene.project->Write([&](Writer& writer) {
    third = writer.FindOrInsertCategory("c");
    datasets::AnnotationRow row =
        Square(writer.FindOrInsertImage(scene.video, 7, 64, 48), third, 50, 20, 8);
    row.source = datasets::LabelSource::kInterpolated;
    row.keyframe = false;
    writer.InsertAnnotation(row);
  });
  const auto filled_in = [&] {
    return datasets::AnyFilledIn(scene.project->AnnotationsAt(scene.video, 7));
  };
  // One animal alone says nothing about the others.
  scene.history.Apply(annotate::AcceptPredictions(scene.job, scene.video, 7, 8, scene.a));
  CHECK(filled_in());
  scene.history.Apply(annotate::AcceptPredictions(scene.job, scene.video, 7, 8, {}));
  CHECK(scene.project->ImageAt(scene.video, 7)->state == ImageState::kDone);
  CHECK(scene.LabelNames(7).size() == 3);
  CHECK_FALSE(filled_in());
  scene.history.Undo();
  CHECK(filled_in());
}

TEST_CASE("a name that several animals share is given without taking it from one of them") {
  Scene scene;
  for (const int frame : {3, 4}) {
    for (const double x : {5.0, 20.0}) scene.Draw(frame, scene.a, x);
  }
  const Id wrong = scene.Draw(3, scene.b, 50);
  scene.history.Apply(annotate::AssignName(wrong, scene.a));
  CHECK(scene.LabelNames(3) == Names{scene.a, scene.a, scene.a});
  // Also where the frame has it once: other frames say that it is shared.
  scene.Draw(5, scene.a, 5);
  const Id second = scene.Draw(5, scene.b, 20);
  scene.history.Apply(annotate::AssignName(second, scene.a));
  CHECK(scene.LabelNames(5) == Names{scene.a, scene.a});
}

TEST_CASE("no animal is called like a region, of whichever video") {
  Scene scene;
  scene.project->Write([&](Writer& writer) {
    datasets::RegionRow region;
    region.video_id = tests::InsertVideo(writer, "two", 10);
    region.polygons = {{{1, 1}, {11, 1}, {11, 6}}};
    for (const char* name : {"nest", "a"}) {  // another program gave it an animal's name
      region.name = name;
      writer.InsertRegion(region);
    }
  });
  CHECK(Has(scene.Refused(annotate::AddCategory("nest")), "taken"));
  auto category = scene.project->Categories()[0];
  REQUIRE(category.name == "a");
  category.color = 0x123456;
  scene.history.Apply(annotate::ChangeCategory(category));  // it keeps the name that it has
  CHECK(scene.project->Categories()[0].color == 0x123456);
  category.name = "nest";
  CHECK(Has(scene.Refused(annotate::ChangeCategory(category)), "taken"));
}

}  // namespace edits_test
