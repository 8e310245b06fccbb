// Key points of a project carried through its video.
#include <doctest/doctest.h>

#include <opencv2/imgproc.hpp>

#include "annotate/carry_labels.h"
#include "annotate/edits.h"
#include "annotate/edits_points.h"
#include "annotate/history.h"
#include "datasets/store/points.h"
#include "datasets/store/writer.h"
#include "datasets/video/video.h"
#include "tests/support/temp_dir.h"

namespace carry_points_test {

namespace {

using datasets::AnnotationRow;
using datasets::Id;

constexpr int kFrames = 20, kSeed = 3;

double Left(int frame) { return 30 + 2 * frame; }

cv::Mat Picture(int frame) {
  cv::Mat picture(120, 160, CV_8UC3, cv::Scalar::all(190));
  for (int y = 40; y < 70; ++y) {
    for (int x = 0; x < 60; ++x) {
      const double fur = 90 + 25 * std::sin(x / 4.0) + 15 * std::cos(y / 3.0);
      const int column = static_cast<int>(Left(frame)) + x;
      picture.at<cv::Vec3b>(y, column) = cv::Vec3b::all(cv::saturate_cast<uchar>(fur));
    }
  }
  return picture;
}

// Ada walks to the right; on frame 3 she is outlined, with nose and tail.
struct Scene {
  tests::TempDir folder;
  std::unique_ptr<datasets::Project> project = datasets::Project::Create(folder / "p.vole");
  annotate::History history{*project, "me"};
  datasets::Job job;
  Id video = 0, ada = 0, nose = 0, tail = 0;

  Scene() {
    const std::string file = folder / "clip.mp4";
    datasets::VideoWriter film(file, 160, 120, 25, 5, 5);
    for (int frame = 0; frame < kFrames; ++frame) film.Write(Picture(frame));
    film.Close();
    video = project->AddVideo(file, job).id;
    project->Write([&](datasets::Writer& writer) { ada = writer.FindOrInsertCategory("Ada"); });
    history.Apply(annotate::AddSkeleton(datasets::MakeSkeleton("mouse", {"nose", "tail"}, {}, {})));
    nose = project->Skeletons()[0].points[0].id;
    tail = project->Skeletons()[0].points[1].id;
    AnnotationRow row;
    row.category_id = ada;
    const double x = Left(kSeed);
    row.polygons = {{{x, 40}, {x + 60, 40}, {x + 60, 70}, {x, 70}}};
    row.key_points = {{"nose", x + 50, 55, 2, nose}, {"tail", x + 10, 50, 1, tail}};
    history.Apply(annotate::AddAnnotation(video, kSeed, row));
  }
  AnnotationRow At(int frame) const {
    const auto labels = project->AnnotationsAt(video, frame);
    return labels.empty() ? AnnotationRow() : labels[0];
  }
  annotate::CarriedLabels Carry() {
    annotate::CarryRequest request;
    request.video_id = video;
    request.frame = kSeed;
    request.options.most_frames = 10;
    return annotate::CarryLabels(*project, request, job);
  }
};

TEST_CASE("Carried labels have the key points of their animal, as one step") {
  Scene scene;
  const auto carried = scene.Carry();
  CHECK(carried.labels == 10);
  scene.history.Apply(carried.edit);
  for (const int frame : {4, 8, 13}) {
    CAPTURE(frame);
    const AnnotationRow label = scene.At(frame);
    CHECK_FALSE(label.keyframe);
    REQUIRE(label.key_points.size() == 2);
    CHECK(label.key_points[0].x == doctest::Approx(Left(frame) + 50).epsilon(0.02));
    CHECK(label.key_points[0].y == doctest::Approx(55).epsilon(0.03));
    CHECK(label.key_points[1].visibility == 1);
  }
  scene.history.Undo();
  CHECK(scene.project->AnnotationsAt(scene.video, 8).empty());
  CHECK(scene.At(kSeed).key_points.size() == 2);
}

TEST_CASE(
    "Carried key points give way to carried ones, not to an outline without, nor a person's") {
  Scene scene;
  scene.history.Apply(scene.Carry().edit);
  const auto again = scene.Carry();
  scene.history.Apply(again.edit);
  CHECK(again.outcome->replaced == 10);
  scene.history.Apply(annotate::SetPoint(scene.At(9).id, scene.nose, 100, 55));
  const auto until = scene.Carry();
  CHECK(until.labels == 5);
  CHECK(until.ends[0].reason == "has a label there");
  for (const Id point : {scene.nose, scene.tail}) {
    scene.history.Apply(annotate::RemovePoint(scene.At(kSeed).id, point));
  }
  CHECK(scene.Carry().labels == 0);
}

}  // namespace

}  // namespace carry_points_test
