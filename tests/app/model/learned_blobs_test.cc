#include "app/model/session/learned_blobs.h"

#include <doctest/doctest.h>

#include <condition_variable>
#include <opencv2/imgproc.hpp>

#include "datasets/shape/mask.h"
#include "datasets/store/writer.h"
#include "datasets/video/video.h"
#include "tests/support/temp_dir.h"

namespace learned_blobs_test {

namespace {

constexpr int kWidth = 240, kHeight = 180, kFrames = 40;

cv::Mat MaskOf(int frame) {
  cv::Mat mask(kHeight, kWidth, CV_8UC1, cv::Scalar(0));
  cv::ellipse(mask, {40 + 4 * frame, 60 + 13 * (frame % 6)}, {26, 13}, 15.0 * frame, 0, 360, 255,
              cv::FILLED);
  return mask;
}

// A striped animal on a ground that is as bright as it is.
cv::Mat PictureOf(int frame) {
  cv::Mat picture(kHeight, kWidth, CV_8UC3, cv::Scalar(120, 120, 120));
  const cv::Mat mask = MaskOf(frame);
  for (int y = 0; y < kHeight; ++y) {
    for (int x = 0; x < kWidth; ++x) {
      if (!mask.at<uchar>(y, x)) continue;
      picture.at<cv::Vec3b>(y, x) = cv::Vec3b::all((x + y) % 6 < 3 ? 105 : 135);
    }
  }
  return picture;
}

// A project with such a video, whose worker can be waited for.
struct Bench {
  tests::TempDir folder;
  std::unique_ptr<datasets::Project> project;
  datasets::VideoRow video;
  app::ProjectView view;
  std::mutex mutex;
  std::condition_variable woken;
  int wakes = 0;

  Bench() {
    datasets::VideoWriter writer(folder / "a.mp4", kWidth, kHeight, 25, 8);
    for (int frame = 0; frame < kFrames; ++frame) writer.Write(PictureOf(frame));
    writer.Close();
    project = datasets::Project::Create(folder / "a.vole");
    datasets::Job job;
    video = project->AddVideo(folder / "a.mp4", job);
  }

  void Label(std::initializer_list<int> frames, const std::string& split = "") {
    project->Write([&](datasets::Writer& writer) {
      for (const int frame : frames) {
        datasets::AnnotationRow label;
        label.image_id = writer.FindOrInsertImage(video.id, frame, kWidth, kHeight);
        label.category_id = writer.FindOrInsertCategory("vole");
        label.polygons = datasets::TraceMask(MaskOf(frame));
        label.box = datasets::BoxOf(label.polygons);
        label.area = cv::countNonZero(MaskOf(frame));
        writer.InsertAnnotation(label);
        writer.SetImageState(label.image_id, datasets::ImageState::kDone);
      }
    });
    ++view.revision;
    view.images[video.id] = project->ImagesOfVideo(video.id);
    for (auto& image : view.images[video.id]) image.split = split;
  }

  std::function<void()> Wake() {
    return [this] {
      std::scoped_lock lock(mutex);
      ++wakes;
      woken.notify_all();
    };
  }
  void AwaitWakes(int count) {
    std::unique_lock lock(mutex);
    woken.wait(lock, [&] { return wakes >= count; });
  }
};

double IouAt(const annotate::Proposal& proposal, int frame) {
  if (proposal.polygons.empty()) return 0;
  return datasets::RleIou(datasets::RlePolygons(proposal.polygons, kHeight, kWidth),
                          datasets::EncodeMask(MaskOf(frame)));
}

}  // namespace

TEST_CASE("Four labeled frames teach the blob what no difference in brightness shows") {
  Bench bench;
  app::LearnedBlobs blobs(bench.project->file(), bench.Wake(), [](const std::string&) {});
  bench.Label({2, 9, 17});
  CHECK_FALSE(blobs.Of(bench.view, bench.video.id));
  bench.Label({25, 33});
  CHECK_FALSE(blobs.Of(bench.view, bench.video.id));  // it learns, and nobody waits for it
  bench.AwaitWakes(1);
  const auto animals = blobs.Of(bench.view, bench.video.id);
  REQUIRE(animals);
  CHECK(animals->typical_area == doctest::Approx(CV_PI * 26 * 13).epsilon(0.1));
  const cv::Mat background = bench.project->BackgroundOf(bench.video).bgr;
  double plain = 0, learned = 0;
  for (const int frame : {6, 13, 21, 29}) {
    std::vector<cv::Point> points;
    cv::findNonZero(MaskOf(frame), points);
    const cv::Rect box = cv::boundingRect(points);
    const cv::Point2d click(box.x + box.width / 2.0, box.y + box.height / 2.0);
    const double area = animals->typical_area;
    const cv::Mat picture = PictureOf(frame);
    plain += IouAt(annotate::BlobAt(picture, background, click, area), frame) / 4;
    learned += IouAt(annotate::LearnedBlobAt(picture, background, click, area, animals->model, {}),
                     frame) /
               4;
  }
  CHECK(learned > 0.85);
  CHECK(learned > plain + 0.2);
  // One more label is not worth another lesson, half as many more are.
  bench.Label({4});
  CHECK(blobs.Of(bench.view, bench.video.id) == animals);
  bench.Label({7, 11});
  CHECK(blobs.Of(bench.view, bench.video.id) == animals);  // until the next is learned
  bench.AwaitWakes(2);
  const auto again = blobs.Of(bench.view, bench.video.id);
  REQUIRE(again);
  CHECK(again != animals);
}

TEST_CASE("Labels kept for testing teach no blob; a window may close while it learns") {
  Bench bench;
  bench.Label({2, 9, 17, 25, 33}, "test");
  {
    app::LearnedBlobs blobs(bench.project->file(), bench.Wake(), [](const std::string&) {});
    CHECK_FALSE(blobs.Of(bench.view, bench.video.id));
  }
  CHECK(bench.wakes == 0);
  bench.Label({4});
  app::LearnedBlobs blobs(bench.project->file(), bench.Wake(), [](const std::string&) {});
  CHECK_FALSE(blobs.Of(bench.view, bench.video.id));
}

TEST_CASE("A model that fits its labels badly, or lacks its background, is not asked") {
  train::PictureModel model;
  CHECK_FALSE(app::BlobModelFrom(model));
  const int features = train::SurroundingFeatures(true);
  model.means = cv::Mat(features, 1, CV_32F, cv::Scalar(0));
  model.deviations = cv::Mat(features, 1, CV_32F, cv::Scalar(1));
  model.slopes = cv::Mat(features, 1, CV_32F, cv::Scalar(1));
  model.squares = cv::Mat(features, features, CV_32F, cv::Scalar(0));
  model.uses_background = true;
  model.overlap = 0.69;
  CHECK_FALSE(app::BlobModelFrom(model));
  model.overlap = 0.7;
  const annotate::AnimalModel usable = app::BlobModelFrom(model);
  REQUIRE(usable);
  const cv::Mat picture = PictureOf(3);
  const cv::Rect box(40, 40, 50, 50);
  CHECK(usable(picture, {}, box, 1000).log_odds.empty());
  const auto evidence = usable(picture, picture, box, 1000);
  CHECK_FALSE(evidence.log_odds.empty());
  CHECK((evidence.view & box) == box);
  CHECK(usable(picture, picture, {1000, 1000, 5, 5}, 1000).log_odds.empty());
}

}  // namespace learned_blobs_test
