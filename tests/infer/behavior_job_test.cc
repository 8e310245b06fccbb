// Behavior with key points, from a project's labels to its predictions.
#include "infer/run/behavior_job.h"

#include <doctest/doctest.h>

#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/store/points.h"
#include "datasets/store/writer.h"
#include "datasets/video/video.h"
#include "infer/learning/train_on_project.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace behavior_job_test {

namespace {

using datasets::Id;
using datasets::Writer;
using tests::MessageOf;

constexpr int kFrames = 60;

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// Ada, outlined on every frame with nose, neck and tail; she rears for half of the time.
struct Scene {
  tests::TempDir folder;
  std::unique_ptr<datasets::Project> project = datasets::Project::Create(folder / "p.vole");
  datasets::VideoRow video;
  datasets::Job job;

  Scene() {
    const std::string file = folder / "clip.mp4";
    datasets::VideoWriter film(file, 96, 80, 25, 10);
    for (int f = 0; f < kFrames; ++f) {
      cv::Mat picture(80, 96, CV_8UC3, cv::Scalar::all(60));
      cv::ellipse(picture, {30 + f / 2, 40}, {16, 8}, 0, 0, 360, cv::Scalar::all(200), cv::FILLED);
      film.Write(picture);
    }
    film.Close();
    video = project->AddVideo(file, job);
    project->Write([&](Writer& writer) {
      datasets::InsertSkeleton(writer.connection(),
                               datasets::MakeSkeleton("mouse", {"nose", "neck", "tail"}, {}, {}));
      datasets::BehaviorRow behavior;
      behavior.name = "rear";
      datasets::BehaviorIntervalRow bout;
      bout.behavior_id = writer.FindOrInsertBehavior(behavior);
      bout.video_id = video.id;
      bout.subject = "Ada";
      for (int f = 0; f < kFrames; f += 20) {
        bout.start_frame = f;
        bout.end_frame = f + 10;
        writer.InsertBehaviorInterval(bout);
      }
      for (int f = 0; f < kFrames; ++f) {
        datasets::AnnotationRow label;
        label.image_id = writer.FindOrInsertImage(video.id, f, 96, 80);
        writer.SetImageState(label.image_id, datasets::ImageState::kDone);
        label.category_id = writer.FindOrInsertCategory("Ada");
        const double x = 30.5 + f / 2;
        label.polygons = {{{x - 16, 32}, {x + 16, 32}, {x + 16, 48}, {x - 16, 48}}};
        label.box = label.Bounds();
        label.key_points = {
            {"nose", x + 14, 40, 2, 0}, {"neck", x + 6, 38, 2, 0}, {"tail", x - 14, 40, 2, 0}};
        writer.InsertAnnotation(label);
      }
    });
  }

  void LeavePoints(int first, int last) {
    project->Write([&](Writer& writer) {
      writer.connection().Run(
          "DELETE FROM annotation_points WHERE annotation_id IN (SELECT annotations.id"
          " FROM annotations JOIN images ON images.id = image_id"
          " WHERE NOT frame_index BETWEEN ? AND ?)",
          first, last);
    });
  }

  std::string Train() {
    train::TrainOptions options;
    options.model = "behavior-seq";
    options.steps = 2;
    options.threads = 1;
    options.validation_share = 0;
    train::BehaviorOptions behavior;
    behavior.frame_network = "small";
    behavior.picture_side = 32;
    behavior.window = 2;
    const auto trained =
        infer::TrainBehaviorOnProject(*project, {}, options, behavior, folder / "m.safetensors",
                                      job, {}, [](const std::string&) {});
    return trained.file.string();
  }
};

std::string Joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST_CASE("A model that looks at key points says how much of a video it has to do without") {
  Scene scene;
  const std::string model = scene.Train();
  infer::PredictOptions options;
  options.predictor.threads = 1;
  const auto predict = [&] {
    return Joined(
        infer::PredictBehavior(*scene.project, scene.video, model, options, scene.job).notes);
  };
  CHECK(predict() == "");
  scene.LeavePoints(0, 35);
  CHECK(predict() == "");
  scene.LeavePoints(0, 9);  // and the two after them, which smoothing bridges
  const std::string note = predict();
  CHECK(Has(note, "key points, which stand on 12 of 60 frames of the subjects (20 %)"));
  CHECK(Has(note, "--points --video clip"));

  const auto jobs = scene.project->Jobs().size();
  options.start_frame = 30;
  const std::string error = MessageOf([&] { predict(); });
  CHECK(Has(error, "on any of the frames 30 to 59 of video 'clip': 'nose', 'neck', 'tail'"));
  CHECK(Has(error, "find them first: vole predict "));
  options.start_frame = 0;
  scene.LeavePoints(-1, -1);
  CHECK(Has(MessageOf([&] { predict(); }), "of which video 'clip' has none: 'nose'"));
  CHECK(scene.project->Jobs().size() == jobs);  // nothing was begun
}

TEST_CASE("A skeleton whose points nobody set is not told of when behavior is learned") {
  Scene scene;
  const auto notes = [&] {
    train::BehaviorOptions behavior;
    behavior.picture_side = 32;
    return Joined(
        infer::GatherBehavior(*scene.project, {}, "behavior-seq", behavior, scene.job).notes);
  };
  CHECK(notes() == "");
  scene.LeavePoints(0, 9);
  CHECK(Has(notes(), "key points stand on 12 of 60 frames"));
  scene.LeavePoints(-1, -1);
  CHECK(notes() == "");
}

TEST_CASE("A video whose labeled frames are all kept for judging does not teach behavior either") {
  Scene scene;
  const auto gather = [&] {
    train::BehaviorOptions behavior;
    behavior.picture_side = 32;
    return infer::GatherBehavior(*scene.project, {}, "behavior-frame", behavior, scene.job);
  };
  const auto mark = [&](const char* split, int frames) {
    scene.project->Write([&](Writer& writer) {
      writer.connection().Run("UPDATE images SET split = nullif(?, '') WHERE frame_index < ?",
                              split, frames);
    });
  };
  mark("test", kFrames - 1);  // one frame trains
  CHECK(gather().data.rows.size() == 1);
  mark("test", kFrames);
  CHECK(Has(MessageOf([&] { gather(); }), "kept for validation or the test"));
  const std::string file = scene.folder / "second.mp4";
  datasets::VideoWriter film(file, 96, 80, 25, 10);
  for (int f = 0; f < kFrames; ++f) film.Write(cv::Mat(80, 96, CV_8UC3, cv::Scalar::all(f)));
  film.Close();
  const Id second = scene.project->AddVideo(file, scene.job).id;
  scene.project->Write([&](Writer& writer) {
    for (datasets::BehaviorIntervalRow bout : scene.project->BehaviorIntervals(scene.video.id)) {
      bout.id = 0;
      bout.video_id = second;
      bout.subject = "";
      writer.InsertBehaviorInterval(bout);
    }
  });
  const auto gathered = gather();
  REQUIRE(gathered.data.rows.size() == 1);
  CHECK(gathered.data.rows[0].video == "second");
  CHECK(Has(Joined(gathered.notes), "'clip' are kept for validation or the test"));
  mark("", kFrames);
  CHECK(gather().data.rows.size() == 2);
}

}  // namespace

}  // namespace behavior_job_test
