// Carried outlines as labels of a project: what they give way to, and what counts as a person's.
#include "annotate/carry_labels.h"

#include <doctest/doctest.h>

#include "annotate/edits.h"
#include "annotate/edits_points.h"
#include "annotate/history.h"
#include "datasets/base/error.h"
#include "datasets/store/writer.h"
#include "datasets/video/recorder.h"
#include "tests/annotate/carry_stage.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace carry_labels_test {

using annotate::CarryRequest;
using datasets::AnnotationRow;
using datasets::Id;
using datasets::ImageState;
using datasets::LabelSource;
using datasets::Project;
using tests::MessageOf;

namespace {

constexpr int kFrames = 30;

// One animal on 30 frames of a real file, outlined on frame 5.
struct Stage {
  tests::TempDir folder;
  std::unique_ptr<Project> project = Project::Create(folder / "p.vole");
  annotate::History history{*project, "me"};
  datasets::Job job;
  Id video = 0, animal = 0;

  Stage() {
    const auto file = folder / "one.mkv";
    datasets::Recorder recorder(file, 320, 240, 25);
    for (int frame = 0; frame < kFrames; ++frame) recorder.Write(tests::Alone(frame), frame * 40);
    recorder.Close();
    video = project->AddVideo(file, job).id;
    project->Write([&](datasets::Writer& writer) { animal = writer.FindOrInsertCategory("Ada"); });
    Label(5);
  }
  Id Label(int frame, const datasets::Polygons& outline = {}) {
    AnnotationRow row;
    row.category_id = animal;
    row.polygons = outline.empty() ? tests::Ellipse(tests::Way(frame), 4.0 * frame) : outline;
    return history.Apply(annotate::AddAnnotation(video, frame, row)).InsertedId("annotations");
  }
  annotate::CarriedLabels Carry(int most = 12) {
    CarryRequest request;
    request.video_id = video;
    request.frame = 5;
    request.options.most_frames = most;
    return annotate::CarryLabels(*project, request, job);
  }
  AnnotationRow At(int frame) const {
    const auto rows = project->AnnotationsAt(video, frame);
    REQUIRE(rows.size() == 1);
    return rows[0];
  }
  bool Has(int frame) const { return !project->AnnotationsAt(video, frame).empty(); }
  void Keep(int frame, const std::string& split) {
    project->Write([&](datasets::Writer& writer) {
      writer.SetImageSplit(writer.FindOrInsertImage(video, frame, 320, 240), split);
    });
  }
  void Set(int frame, ImageState state) {
    history.Apply(annotate::SetImageState(video, frame, state));
  }
};

}  // namespace

TEST_CASE("Labels that a person makes while outlines are carried stay, and end the way") {
  Stage stage;
  const auto carried = stage.Carry();
  CHECK(carried.labels == 12);
  const datasets::Polygons own = tests::Ellipse({100, 100}, 20);
  const Id mine = stage.Label(10, own);
  stage.history.Apply(carried.edit);
  CHECK(carried.outcome->labels == 4);  // frames 6 to 9
  CHECK(stage.At(10).id == mine);
  CHECK_FALSE(stage.Has(11));
}

TEST_CASE("Outlines that were moved or deleted while they were carried are not carried") {
  Stage stage;
  const auto carried = stage.Carry();
  const Id seed = stage.At(5).id;
  stage.history.Apply(annotate::ReplaceShape(seed, tests::Ellipse({100, 100}, 20)));
  CHECK(MessageOf([&] { stage.history.Apply(carried.edit); }).find("changed meanwhile") !=
        std::string::npos);
  CHECK_FALSE(stage.Has(6));
}

TEST_CASE("Frames that are done, empty or kept for testing are left alone") {
  for (const int way : {0, 1, 2}) {
    CAPTURE(way);
    Stage stage;
    const auto before = stage.Carry();  // made before the frame was closed, applied after it
    if (way == 0) stage.Set(9, ImageState::kEmpty);
    if (way == 1) stage.Set(9, ImageState::kDone);
    if (way == 2) {
      stage.Set(9, ImageState::kStarted);
      stage.project->Write([&](datasets::Writer& writer) {
        for (const auto& image : stage.project->ImagesOfVideo(stage.video)) {
          if (image.frame_index == 9) writer.SetImageSplit(image.id, "test");
        }
      });
    }
    const auto carried = stage.Carry();
    CHECK(carried.ends[0].frame == 9);
    CHECK_FALSE(carried.ends[0].doubt);
    CHECK(carried.ends[0].reason == (way == 0   ? "is marked as empty"
                                     : way == 1 ? "is marked as done"
                                                : "is kept for testing"));
    stage.history.Apply(before.edit);
    CHECK(before.outcome->labels == 3);
    CHECK(stage.Has(8));
    CHECK_FALSE(stage.Has(9));
    CHECK_FALSE(stage.Has(10));
  }
}

TEST_CASE("A frame that is kept for testing is not carried into what is learned from") {
  Stage stage;
  stage.project->Write(
      [&](datasets::Writer& writer) { writer.SetImageSplit(stage.At(5).image_id, "test"); });
  CHECK(MessageOf([&] { stage.Carry(); }).find("kept for testing") != std::string::npos);
}

TEST_CASE("Carried labels are the program's until somebody changes, accepts or finishes them") {
  Stage stage;
  stage.history.Apply(stage.Carry().edit);
  CHECK(stage.At(7).IsFilledIn());
  CHECK(stage.At(7).GivesWay());
  stage.project->Write([&](datasets::Writer& writer) { writer.FindOrInsertCategory("Bea"); });
  // A name is a person's word, the outline is not yet.
  stage.history.Apply(annotate::SetOccluded(stage.At(8).id, true));
  CHECK_FALSE(stage.At(8).GivesWay());
  CHECK(stage.At(8).IsFilledIn());
  stage.Set(7, ImageState::kDone);
  CHECK(stage.At(7).source == LabelSource::kAccepted);
  stage.history.Apply(annotate::AcceptFilledIn(stage.video, 8, 12));
  for (int frame = 8; frame < 12; ++frame) CHECK_FALSE(stage.At(frame).IsFilledIn());
  CHECK(stage.At(12).IsFilledIn());
  stage.history.Undo();
  CHECK(stage.At(9).GivesWay());
  CHECK(MessageOf([&] {
          stage.history.Apply(annotate::AcceptFilledIn(stage.video, 20, 22));
        }).find("nothing there was carried") != std::string::npos);
}

TEST_CASE("A corrected frame is kept when outlines are carried again, the others give way") {
  Stage stage;
  stage.history.Apply(stage.Carry().edit);
  stage.history.Apply(annotate::SetOccluded(stage.At(9).id, true));
  const Id named = stage.At(9).id, later = stage.At(10).id;
  const auto again = stage.Carry();
  stage.history.Apply(again.edit);
  CHECK(again.outcome->labels == 3);
  CHECK(again.outcome->replaced == 3);
  CHECK(stage.At(9).id == named);
  CHECK(stage.At(10).id == later);
}

TEST_CASE("A carried outline that is a model's names its job, and teaches nothing until accepted") {
  Stage stage;
  Id job = 0;
  stage.project->Write([&](datasets::Writer& writer) {
    job = writer.InsertJob(tests::PredictJob());
    for (int frame = 6; frame < 12; ++frame) {
      datasets::PredictionRow row = tests::Prediction(job, stage.video, frame, stage.animal);
      row.polygons = tests::Ellipse(tests::Way(frame), 4.0 * frame, 0.98);
      row.rle.reset();
      row.box = datasets::BoxOf(row.polygons);
      writer.InsertPrediction(row);
    }
  });
  stage.history.Apply(stage.Carry().edit);
  CHECK(stage.At(8).job_id == job);
  CHECK_FALSE(stage.At(8).MayTeach());
  CHECK_FALSE(stage.At(15).job_id);
  CHECK(stage.At(15).MayTeach());
  stage.history.Apply(annotate::AcceptFilledIn(stage.video, 6, 18));
  CHECK(stage.At(8).MayTeach());
  CHECK(stage.At(8).job_id == job);
}

TEST_CASE("An outline that cannot be carried is refused with its reason") {
  const auto refusal = [](const datasets::Polygons& outline) {
    Stage stage;
    stage.history.Apply(annotate::DeleteAnnotation(stage.At(5).id));
    stage.Label(5, outline);
    return MessageOf([&] { stage.Carry(); });
  };
  CHECK(refusal({{{10, 10}, {13, 10}, {13, 13}, {10, 13}}}).find("only 9 pixels") !=
        std::string::npos);
  CHECK(refusal({{{900, 10}, {950, 10}, {950, 90}}}).find("only 0 pixels") != std::string::npos);
  Stage stage;
  stage.history.Apply(annotate::DeleteAnnotation(stage.At(5).id));
  cv::Mat ring(240, 320, CV_8UC1, cv::Scalar(0));
  cv::circle(ring, {100, 100}, 20, 255, 8);
  AnnotationRow row;
  row.category_id = stage.animal;
  row.rle = datasets::EncodeMask(ring);
  stage.history.Apply(annotate::AddAnnotation(stage.video, 5, row));
  CHECK(MessageOf([&] { stage.Carry(); }).find("holes") != std::string::npos);
}

TEST_CASE("At the end of the video carrying says that it ended there") {
  Stage stage;
  const auto carried = stage.Carry(100);
  CHECK(carried.ends[0].frame == kFrames);
  CHECK(carried.ends[0].reason == "the video ends there");
}

TEST_CASE("Key points that were set while outlines are carried are not left behind") {
  Stage stage;
  stage.history.Apply(annotate::AddSkeleton(datasets::MakeSkeleton("m", {"nose"}, {}, {})));
  const Id nose = stage.project->Skeletons().at(0).points.at(0).id;
  const auto carried = stage.Carry();
  stage.history.Apply(annotate::SetPoint(stage.At(5).id, nose, 90, 100));
  CHECK(MessageOf([&] { stage.history.Apply(carried.edit); }).find("changed meanwhile") !=
        std::string::npos);
  CHECK_FALSE(stage.Has(6));
}

TEST_CASE("A frame that came to be kept for testing meanwhile is not carried on") {
  Stage stage;
  const auto carried = stage.Carry();
  stage.Keep(5, "val");
  CHECK(MessageOf([&] { stage.history.Apply(carried.edit); }).find("kept for testing (val)") !=
        std::string::npos);
  CHECK_FALSE(stage.Has(6));
}

TEST_CASE("Who is left behind is said, unless it is labeled wherever the others are carried") {
  Stage stage;
  Id bea = 0;
  stage.project->Write([&](datasets::Writer& writer) { bea = writer.FindOrInsertCategory("Bea"); });
  AnnotationRow row;
  row.category_id = bea;
  row.polygons = {{{250, 180}, {280, 180}, {280, 200}, {250, 200}}};
  stage.history.Apply(annotate::AddAnnotation(stage.video, 5, row));
  CarryRequest request;
  request.video_id = stage.video;
  request.frame = 5;
  request.animals = {stage.animal};
  request.options.most_frames = 2;
  const auto said = [&] {
    return annotate::Describe(*stage.project, request,
                              annotate::CarryLabels(*stage.project, request, stage.job));
  };
  CHECK(said().find("not carried: Bea") != std::string::npos);
  stage.history.Apply(annotate::AddAnnotation(stage.video, 6, row));
  CHECK(said().find("not carried: Bea") != std::string::npos);
  stage.history.Apply(annotate::AddAnnotation(stage.video, 7, row));
  CHECK(said().find("not carried") == std::string::npos);
}

namespace {

annotate::Edit ToNext(const Stage& stage) {
  auto next = annotate::CarryToNext(*stage.project, stage.video, 5);
  CHECK(next.lost.empty());
  return annotate::AddFilledIn(stage.video, 6, std::move(next.labels), "Carry outlines on");
}

}  // namespace

TEST_CASE("An outline that is carried to the next frame alone is the program's, too") {
  Stage stage;
  const annotate::Edit edit = ToNext(stage);
  stage.history.Apply(edit);
  CHECK(stage.At(6).GivesWay());
  stage.history.Undo();
  const Id mine = stage.Label(6);  // meanwhile
  CHECK(MessageOf([&] { stage.history.Apply(edit); }).find("labeled meanwhile") !=
        std::string::npos);
  CHECK(stage.At(6).id == mine);
}

TEST_CASE("Nothing is filled in where a person has decided, nor into or out of a test") {
  for (const int way : {0, 1, 2}) {
    CAPTURE(way);
    Stage stage;
    stage.Label(11);
    const annotate::Edit next = ToNext(stage);
    const annotate::Edit between = annotate::AddFilledIn(
        stage.video, 5, annotate::InterpolateAround(*stage.project, stage.video, 8, 0), "Fill");
    if (way == 0) stage.Set(6, ImageState::kEmpty);
    if (way == 1) stage.Set(6, ImageState::kDone);
    if (way == 2) stage.Keep(6, "test");
    const std::string why = way == 0   ? "it is marked as empty"
                            : way == 1 ? "it is marked as done"
                                       : "it is kept for testing";
    CHECK(MessageOf([&] { stage.history.Apply(next); }).find(why) != std::string::npos);
    CHECK(MessageOf([&] { ToNext(stage); }).find(why) != std::string::npos);
    stage.history.Apply(between);
    CHECK_FALSE(stage.Has(6));
    for (int frame = 7; frame < 11; ++frame) CHECK(stage.At(frame).GivesWay());
    stage.history.Undo();
    const auto again = annotate::InterpolateAround(*stage.project, stage.video, 8, 0);
    CHECK(again.size() == 4);
  }
  Stage stage;
  stage.Label(11);
  stage.Keep(5, "test");
  CHECK(MessageOf([&] { ToNext(stage); }).find("kept for testing (test)") != std::string::npos);
  CHECK(MessageOf([&] {
          annotate::InterpolateAround(*stage.project, stage.video, 8, 0);
        }).find("no animal has labels both before and after") != std::string::npos);
}

}  // namespace carry_labels_test
