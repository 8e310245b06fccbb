// Key points from labels of a project into its predictions.
#include "infer/run/points_job.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/keypoints/skeleton.h"
#include "datasets/store/points.h"
#include "datasets/store/writer.h"
#include "datasets/video/video.h"
#include "infer/learning/point_labels.h"
#include "infer/learning/train_on_project.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace points_job_test {

namespace {

using datasets::Id;

constexpr int kWidth = 160, kHeight = 128, kFrames = 60;

struct Animal {
  cv::Point2d nose, tail;
  cv::RotatedRect body;
};

Animal AnimalAt(int frame) {
  const double angle = 0.3 * frame;
  const cv::Point2d center(70 + 18 * std::cos(0.11 * frame), 64 + 14 * std::sin(0.17 * frame));
  const cv::Point2d ahead(24 * std::cos(angle), 24 * std::sin(angle));
  return {center + ahead,
          center - ahead,
          {cv::Point2f(center), {60, 26}, static_cast<float>(angle * 180 / CV_PI)}};
}

cv::Mat Picture(int frame) {
  const Animal animal = AnimalAt(frame);
  cv::Mat picture(kHeight, kWidth, CV_8UC3, cv::Scalar::all(70));
  cv::ellipse(picture, animal.body, cv::Scalar::all(140), cv::FILLED);
  cv::circle(picture, animal.nose, 4, cv::Scalar::all(250), cv::FILLED);
  cv::circle(picture, animal.tail, 4, cv::Scalar::all(10), cv::FILLED);
  return picture;
}

datasets::Polygons Outline(int frame) {
  std::vector<cv::Point> ring;
  const Animal animal = AnimalAt(frame);
  cv::ellipse2Poly(animal.body.center, {30, 13}, static_cast<int>(animal.body.angle), 0, 359, 15,
                   ring);
  datasets::Polygons polygons(1);
  for (const cv::Point& point : ring) polygons[0].emplace_back(point.x, point.y);
  return polygons;
}

struct Scene {
  tests::TempDir folder;
  std::unique_ptr<datasets::Project> project = datasets::Project::Create(folder / "p.vole");
  datasets::VideoRow video;
  Id category = 0;
  datasets::Job job;

  // Every third frame of the first 45 is labeled; tails are called hidden.
  explicit Scene(bool outlined) {
    const std::string file = (folder / "clip.mp4").string();
    {
      datasets::VideoWriter writer(file, kWidth, kHeight, 25, 4);
      for (int frame = 0; frame < kFrames; ++frame) writer.Write(Picture(frame));
      writer.Close();
    }
    video = project->AddVideo(file, job);
    project->Write([&](datasets::Writer& writer) {
      category = writer.FindOrInsertCategory("Ada");
      datasets::InsertSkeleton(writer.connection(),
                               datasets::MakeSkeleton("mouse", {"nose", "tail"}, {}, {}));
      for (int frame = 0; frame < 45; frame += 3) {
        datasets::AnnotationRow label;
        label.image_id = writer.FindOrInsertImage(video.id, frame, kWidth, kHeight);
        writer.SetImageState(label.image_id, datasets::ImageState::kDone);
        label.category_id = category;
        if (outlined) label.polygons = Outline(frame);
        const Animal animal = AnimalAt(frame);
        label.key_points = {{"nose", animal.nose.x + 0.5, animal.nose.y + 0.5, 2, 0},
                            {"tail", animal.tail.x + 0.5, animal.tail.y + 0.5, 1, 0}};
        label.box = outlined ? label.Bounds() : datasets::BoxOfPoints(label.key_points);
        writer.InsertAnnotation(label);
      }
    });
  }

  std::string Train() {
    train::TrainOptions options;
    options.model = "points";
    options.steps = 90;
    options.batch = 8;
    const auto trained =
        infer::TrainOnProject(*project, {}, options, folder / "m.safetensors", job);
    CHECK(trained.labels == 15);
    CHECK(trained.model.architecture == "points");
    return trained.file.string();
  }

  // A prediction of outlines, as a network would have left it. Returns its job.
  Id Outlined() {
    Id predicted = 0;
    project->Write([&](datasets::Writer& writer) {
      predicted = writer.InsertJob(tests::PredictJob());
      for (int frame = 0; frame < kFrames; ++frame) {
        datasets::PredictionRow row;
        row.job_id = predicted;
        row.video_id = video.id;
        row.frame_index = frame;
        row.category_id = category;
        row.tracklet = 0;
        row.polygons = Outline(frame);
        row.box = row.Bounds();
        row.rle = row.Mask({kWidth, kHeight});
        writer.InsertPrediction(row);
      }
      writer.FinishJob(predicted, "done");
    });
    return predicted;
  }

  // Share of points on frames that were never labeled whose visibility is as labels have it.
  double RightVisibility(Id predicted) {
    double right = 0, all = 0;
    for (int frame = 46; frame < kFrames; ++frame) {
      for (const auto& row : project->PredictionsAt(predicted, video.id, frame)) {
        for (const auto& point : row.key_points) {
          right += point.visible == (point.name == "nose");
          all += 1;
        }
      }
    }
    return right / all;
  }

  // Median error of the stored points on frames that were never labeled, pixels.
  double MedianError(Id predicted) {
    std::vector<double> errors;
    for (int frame = 46; frame < kFrames; ++frame) {
      const auto rows = project->PredictionsAt(predicted, video.id, frame);
      REQUIRE(rows.size() == 1);
      REQUIRE(rows[0].key_points.size() == 2);
      const Animal animal = AnimalAt(frame);
      for (const auto& point : rows[0].key_points) {
        const cv::Point2d truth = point.name == "nose" ? animal.nose : animal.tail;
        errors.push_back(std::hypot(point.x - truth.x - 0.5, point.y - truth.y - 0.5));
        CHECK(point.confidence >= 0);
        CHECK(point.confidence <= 1);
      }
    }
    std::sort(errors.begin(), errors.end());
    return errors[errors.size() / 2];
  }
};

TEST_CASE("points are learned from labels and join the outlines that were predicted") {
  Scene scene(true);
  const std::string model = scene.Train();
  CHECK_THROWS_AS(infer::PredictPoints(*scene.project, scene.video, model, {}, scene.job),
                  datasets::Error);  // nothing to look around
  const Id predicted = scene.Outlined();
  const auto result = infer::PredictPoints(*scene.project, scene.video, model, {}, scene.job);
  CHECK(result.on_outlines);
  CHECK(result.frames == kFrames);
  CHECK(result.animals == kFrames);
  CHECK(scene.MedianError(predicted) < 3);
  CHECK(scene.RightVisibility(predicted) > 0.9);
  // Again over what was there, and only a part of the video.
  infer::PredictOptions part;
  part.start_frame = 10;
  part.end_frame = 20;
  CHECK(infer::PredictPoints(*scene.project, scene.video, model, part, scene.job).frames == 10);
  CHECK(scene.project->PredictionsAt(predicted, scene.video.id, 12)[0].key_points.size() == 2);
  CHECK(scene.project->LatestPredictJob(scene.video.id) == predicted);
}

TEST_CASE("where nobody outlined anything, the only animal of each frame is looked for") {
  Scene scene(false);
  const std::string model = scene.Train();
  const auto result = infer::PredictPoints(*scene.project, scene.video, model, {}, scene.job);
  CHECK_FALSE(result.on_outlines);
  CHECK(result.frames == kFrames);
  CHECK(scene.MedianError(result.job_id) < 5);
  CHECK(scene.RightVisibility(result.job_id) > 0.9);
  const auto rows = scene.project->PredictionsAt(result.job_id, scene.video.id, 50);
  CHECK(rows[0].category_id == scene.category);
  CHECK_FALSE(rows[0].HasShape());
}

TEST_CASE("which points to learn is never guessed") {
  Scene scene(true);
  const auto why = [&](const std::string& skeleton) -> std::string {
    try {
      infer::GatherPoints(*scene.project, {}, skeleton, scene.job);
    } catch (const datasets::Error& error) {
      return error.what();
    }
    return "";
  };
  CHECK(why("") == "");
  CHECK(why("mouse") == "");
  CHECK(why("rat").find("none of that name") != std::string::npos);
  scene.project->Write([&](datasets::Writer& writer) {
    datasets::InsertSkeleton(writer.connection(),
                             datasets::MakeSkeleton("paws", {"left_paw"}, {}, {}));
    datasets::AnnotationRow label;
    label.image_id = writer.FindOrInsertImage(scene.video.id, 1, kWidth, kHeight);
    writer.SetImageState(label.image_id, datasets::ImageState::kDone);
    label.category_id = scene.category;
    label.key_points = {{"left_paw", 5, 5, 2, 0}};
    label.box = datasets::BoxOfPoints(label.key_points);
    writer.InsertAnnotation(label);
  });
  CHECK(why("").find("several skeletons: mouse, paws") != std::string::npos);
  // That frame shows an animal that nobody outlined: it teaches no outlines.
  CHECK(infer::GatherLabels(*scene.project, {}, scene.job).data.frames.size() == 15);
  CHECK(why("mouse") == "");
}

}  // namespace

}  // namespace points_job_test
