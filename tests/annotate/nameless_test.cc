// What people do with animals whose name is not known: they are several, and stay so.
#include <doctest/doctest.h>

#include "annotate/carry_labels.h"
#include "annotate/edits.h"
#include "annotate/edits_removal.h"
#include "annotate/history.h"
#include "datasets/store/connection.h"
#include "datasets/unknown_name.h"
#include "tests/support/says.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace nameless_test {

namespace {

using datasets::AnnotationRow;
using datasets::Id;
using datasets::Writer;
using tests::MessageOf;
using tests::Says;
using tests::Square;

// A video of 20 frames with ann and bob; in each a job found two animals without a name, at the
// left and at the right.
struct Scene {
  tests::TempDir folder;
  std::unique_ptr<datasets::Project> project = datasets::Project::Create(folder / "a.vole");
  annotate::History history{*project, "me"};
  Id video = 0, job = 0, ann = 0, bob = 0, unknown = 0;

  Scene() {
    project->Write([&](Writer& writer) {
      video = tests::InsertVideo(writer, "one", 20);
      ann = writer.FindOrInsertCategory("ann");
      bob = writer.FindOrInsertCategory("bob");
      unknown = datasets::FindOrInsertUnknown(writer);
      job = writer.InsertJob(tests::PredictJob());
      for (int frame = 0; frame < 20; ++frame) {
        for (const int place : {0, 1}) Predict(writer, frame, unknown, place, place);
      }
    });
  }
  // `place` 0: left, 1: right.
  void Predict(Writer& writer, int frame, Id category, int place, int tracklet) const {
    auto row = tests::Prediction(job, video, frame, 1);
    const double x = 5 + 30 * place;
    row.category_id = category;
    row.tracklet = tracklet;
    row.rle.reset();
    row.polygons = {{{x, 5}, {x + 10, 5}, {x + 10, 15}, {x, 15}}};
    row.box = {x, 5, 10, 10};
    writer.InsertPrediction(row);
  }
  Id Label(int frame, Id category, int place, bool filled_in = false) {
    Id id = 0;
    project->Write([&](Writer& writer) {
      AnnotationRow row =
          Square(writer.FindOrInsertImage(video, frame, 64, 48), category, 5 + 30 * place, 5, 10);
      if (filled_in) {
        row.source = datasets::LabelSource::kInterpolated;
        row.keyframe = false;
      }
      id = writer.InsertAnnotation(row);
    });
    return id;
  }
  std::string Labels(int frame) const {  // "ann left, unknown right"
    std::string text;
    for (const AnnotationRow& row : project->AnnotationsAt(video, frame)) {
      text += text.empty() ? "" : ", ";
      text += row.category_id == ann ? "ann" : row.category_id == bob ? "bob" : "unknown";
      text += row.box.x < 20 ? " left" : " right";
    }
    return text;
  }
  std::string Refused(const annotate::Edit& edit) {
    return MessageOf([&] { history.Apply(edit); });
  }
};

}  // namespace

TEST_CASE("what all animals without a name are called is neither renamed nor deleted") {
  Scene scene;
  datasets::CategoryRow row;
  for (const auto& category : scene.project->Categories()) {
    if (category.id == scene.unknown) row = category;
  }
  row.color = 0x123456;
  CHECK(scene.Refused(annotate::ChangeCategory(row)).empty());  // a color may be chosen
  row.name = "cleo";
  CHECK(Says(scene.Refused(annotate::ChangeCategory(row)), "all animals without a name"));
  CHECK(Says(scene.Refused(annotate::DeleteAnimal(scene.unknown)), "all animals without a name"));
}

TEST_CASE("animals without a name do not all become one animal") {
  Scene scene;
  for (const auto& edit :
       {annotate::SwapAnimals(scene.video, scene.job, 0, 20, scene.ann, scene.unknown),
        annotate::ReassignAnimal(scene.video, scene.job, 0, 20, scene.unknown, scene.ann),
        annotate::AssignPredictionName(scene.job, scene.video, 3, 4, scene.unknown, scene.ann)}) {
    CHECK(Says(scene.Refused(edit), "not one animal"));
  }
  CHECK(scene.project->Corrections(scene.job, scene.video).empty());
}

TEST_CASE("a second label without a name keeps it when the first one gets it back") {
  Scene scene;
  const Id left = scene.Label(4, scene.ann, 0);
  scene.Label(4, scene.unknown, 1);
  scene.history.Apply(annotate::AssignName(left, scene.unknown));
  CHECK(scene.Labels(4) == "unknown left, unknown right");
}

TEST_CASE("labels without a name are not joined over the frames between them") {
  Scene scene;
  scene.Label(2, scene.unknown, 0);
  scene.Label(8, scene.unknown, 1);
  CHECK(Says(MessageOf([&] { annotate::InterpolateAround(*scene.project, scene.video, 5, 0); }),
             "no animal has labels both before and after"));
  scene.Label(2, scene.ann, 0);
  scene.Label(8, scene.ann, 1);
  CHECK_FALSE(annotate::InterpolateAround(*scene.project, scene.video, 5, 0).empty());
}

TEST_CASE("accepting a frame keeps every name that is there, and loses no animal") {
  Scene scene;
  const auto accept = [&](int frame) {
    return scene.Refused(annotate::AcceptPredictions(scene.job, scene.video, frame, frame + 1, {}));
  };
  CHECK(accept(1).empty());
  CHECK(scene.Labels(1) == "unknown left, unknown right");
  // Carried there by the program, which looked at less than a prediction; but it has a name.
  scene.Label(2, scene.bob, 0, true);
  CHECK(accept(2).empty());
  CHECK(scene.Labels(2) == "bob left, unknown right");
  // The carried ann is where somebody without a name was found; ann herself was found elsewhere.
  scene.Label(3, scene.ann, 0, true);
  scene.project->Write([&](Writer& writer) {
    writer.connection().Run(
        "UPDATE predictions SET category_id = ? WHERE frame_index = 3 AND tracklet = 1", scene.ann);
  });
  CHECK(accept(3).empty());
  CHECK(scene.Labels(3).size() == std::string("ann right, unknown left").size());
  CHECK(Says(scene.Labels(3), "ann right"));
  CHECK(Says(scene.Labels(3), "unknown left"));
}

TEST_CASE("whoever is named gets one label, also where the frame was accepted before") {
  Scene scene;
  scene.history.Apply(annotate::AcceptPredictions(scene.job, scene.video, 5, 6, {}));
  scene.history.Apply(annotate::NameUnknown(scene.job, scene.video, 5, 0, scene.ann));
  CHECK(scene.Labels(5) == "ann left, unknown right");
  scene.history.Undo();
  CHECK(scene.Labels(5) == "unknown left, unknown right");
  CHECK(scene.project->Corrections(scene.job, scene.video).empty());
}

TEST_CASE("nobody is named like an animal that a person has outlined elsewhere in the frame") {
  Scene scene;
  scene.Label(6, scene.ann, 1);
  CHECK(Says(scene.Refused(annotate::NameUnknown(scene.job, scene.video, 6, 0, scene.ann)),
             "another outline of frame 6 is labeled with that name"));
  CHECK(scene.project->Corrections(scene.job, scene.video).empty());
  scene.history.Apply(annotate::NameUnknown(scene.job, scene.video, 6, 1, scene.ann));
  CHECK(scene.Labels(6) == "ann right");
}

TEST_CASE("of several tracks of one name a label takes none over") {
  Scene scene;
  scene.project->Write([&](Writer& writer) {
    writer.FindOrInsertTrack(scene.video, scene.bob, 1);
    writer.FindOrInsertTrack(scene.video, scene.bob, 2);
    writer.FindOrInsertTrack(scene.video, scene.ann, 3);
  });
  const Id left = scene.Label(9, scene.unknown, 0);
  const auto track = [&] { return scene.project->AnnotationsAt(scene.video, 9)[0].track_id; };
  scene.history.Apply(annotate::AssignName(left, scene.bob));
  CHECK_FALSE(track());
  scene.history.Apply(annotate::AssignName(left, scene.ann));
  CHECK(track());
}

}  // namespace nameless_test
