// Pictures of subjects, cut from a real (coded) video with outlines that the test knows.
#include <doctest/doctest.h>

#include <fstream>
#include <opencv2/imgproc.hpp>

#include "datasets/base/error.h"
#include "datasets/store/writer.h"
#include "datasets/unknown_name.h"
#include "datasets/video/video.h"
#include "infer/behavior/crop_cache.h"
#include "infer/behavior/crops.h"
#include "tests/support/temp_dir.h"

namespace behavior_pictures_test {

namespace {

using namespace infer;
namespace fs = std::filesystem;

constexpr int kFrames = 40;

// A bright disc walks right, a dark square stands; on frames 20 to 29 they touch.
cv::Point DiscAt(int frame) {
  if (frame >= 20 && frame < 30) return {118, 60};
  return {30 + frame, 60};
}

struct World {
  tests::TempDir folder;
  std::unique_ptr<datasets::Project> project;
  datasets::VideoRow video;

  explicit World(bool outlined) {
    const fs::path file = folder / "v.mp4";
    datasets::VideoWriter writer(file, 160, 120, 25, 10, 10);
    for (int f = 0; f < kFrames; ++f) {
      cv::Mat frame(120, 160, CV_8UC3, cv::Scalar::all(128));
      cv::circle(frame, DiscAt(f), 10, {240, 240, 240}, cv::FILLED);
      if (outlined) cv::rectangle(frame, {130, 50, 20, 20}, {20, 20, 20}, cv::FILLED);
      writer.Write(frame);
    }
    writer.Close();
    project = datasets::Project::Create(folder / "p.vole");
    datasets::Job job;
    video = project->AddVideo(file, job);
    if (!outlined) return;
    project->Write([&](datasets::Writer& store) {
      const auto disc = store.FindOrInsertCategory("disc");
      const auto square = store.FindOrInsertCategory("square");
      for (int f = 0; f < kFrames; ++f) {
        if (f == 35) continue;  // nobody looked there
        const auto image = store.FindOrInsertImage(video.id, f, 160, 120);
        cv::Mat mask = cv::Mat::zeros(120, 160, CV_8UC1);
        cv::circle(mask, DiscAt(f), 10, 255, cv::FILLED);
        datasets::AnnotationRow row;
        row.image_id = image;
        row.category_id = disc;
        row.rle = datasets::EncodeMask(mask);
        row.box = datasets::RleBox(*row.rle);
        row.area = datasets::RleArea(*row.rle);
        store.InsertAnnotation(row);
        row.category_id = square;
        mask.setTo(0);
        mask(cv::Rect(130, 50, 20, 20)).setTo(255);
        row.rle = datasets::EncodeMask(mask);
        row.box = {130, 50, 20, 20};
        row.area = 400;
        store.InsertAnnotation(row);
      }
    });
  }
};

// As a network wrote it that knows two more animals in each frame, but not who they are.
void AddUnknown(World& world) {
  world.project->Write([&](datasets::Writer& store) {
    const auto unknown = datasets::FindOrInsertUnknown(store);
    datasets::JobRow job;
    job.kind = "predict";
    job.state = "done";
    const auto job_id = store.InsertJob(job);
    for (int f = 0; f < kFrames; ++f) {
      for (int tracklet = 0; tracklet < 2; ++tracklet) {
        datasets::PredictionRow row;
        row.job_id = job_id;
        row.video_id = world.video.id;
        row.frame_index = f;
        row.category_id = unknown;
        row.tracklet = tracklet;
        row.score = 0.9;
        const cv::Mat square(20, 20, CV_8UC1, cv::Scalar(255));
        row.rle = datasets::EncodeMaskAt(square, {10 + 100 * tracklet, 90, 20, 20}, 120, 160);
        store.InsertPrediction(row);
      }
    }
  });
}

PictureSource Source(const std::string& view, std::vector<std::string> subjects) {
  PictureSource source;
  source.input.view = view;
  source.input.side = 32;
  source.input.mask = view == "animal" || view == "pair";
  source.input.extent = 3;
  source.subjects = std::move(subjects);
  return source;
}

std::string MessageOf(const std::function<void()>& work) {
  try {
    work();
  } catch (const datasets::Error& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("animals without a name are nobody whose behavior can be scored") {
  World world(true);
  AddUnknown(world);
  CHECK(OutlinedAnimals(*world.project, world.video) == std::vector<std::string>{"disc", "square"});
}

TEST_CASE(
    "An animal's picture is centered on it, with its outline, and empty where it is not seen") {
  World world(true);
  datasets::Job job;
  BehaviorPictures pictures(*world.project, world.video, Source("animal", {"disc", "square"}), job);
  std::vector<int> seen(2, 0);
  const auto traces =
      pictures.Run(0, kFrames, job, [&](int frame, size_t s, const cv::Mat& stored) {
        if (frame == 35) {
          CHECK(stored.empty());
          return;
        }
        REQUIRE(stored.type() == CV_8UC2);
        ++seen[s];
        const cv::Vec2b middle = stored.at<cv::Vec2b>(16, 16), corner = stored.at<cv::Vec2b>(1, 1);
        CHECK(std::abs(middle[0] - (s == 0 ? 240 : 20)) < 25);
        CHECK(middle[1] == 255);
        CHECK(corner[1] == 0);
      });
  CHECK(seen == std::vector<int>{kFrames - 1, kFrames - 1});
  CHECK(traces[0].seen[35] == 0);
  const auto motion = [&](size_t s, int frame, int k) {
    return traces[s].motion[static_cast<size_t>(frame * train::kMotionFeatures + k)];
  };
  CHECK(motion(0, 10, 1) > 0.5);                                // the disc walks
  CHECK(motion(1, 10, 1) == doctest::Approx(0).epsilon(1e-3));  // the square stands
  CHECK(motion(0, 24, 9) == 1);
  CHECK(motion(0, 5, 9) == 0);
}

TEST_CASE("Two animals that touch share a picture, each knows which one it is") {
  World world(true);
  datasets::Job job;
  BehaviorPictures pictures(*world.project, world.video, Source("pair", {"disc", "square"}), job);
  pictures.Run(22, 24, job, [&](int, size_t s, const cv::Mat& stored) {
    std::vector<cv::Mat> planes;
    cv::split(stored, planes);
    CHECK(cv::countNonZero(planes[1] > 200) > 30);
    CHECK(cv::countNonZero((planes[1] > 100) & (planes[1] < 150)) > 30);
    CHECK((cv::countNonZero((planes[0] > 200) & (planes[1] > 200)) > 30) == (s == 0));
  });
  pictures.Run(2, 4, job, [&](int, size_t, const cv::Mat& stored) {
    std::vector<cv::Mat> planes;
    cv::split(stored, planes);
    CHECK(cv::countNonZero((planes[1] > 100) & (planes[1] < 150)) < 20);  // soft edges only
  });
}

TEST_CASE("Regions of one picture are subjects of their own") {
  World world(true);
  datasets::Job job;
  PictureSource source = Source("region", {"left", "right"});
  source.zones = {{"left", {{0, 0}, {80, 0}, {80, 120}, {0, 120}}, ""},
                  {"right", {{80, 0}, {160, 0}, {160, 120}, {80, 120}}, ""}};
  BehaviorPictures pictures(*world.project, world.video, source, job);
  pictures.Run(0, 1, job, [&](int, size_t s, const cv::Mat& stored) {
    CHECK((cv::countNonZero(stored > 200) > 10) == (s == 0));
    CHECK((cv::countNonZero(stored < 60) > 10) == (s == 1));
  });
  source.subjects = {"middle"};
  CHECK(MessageOf([&] {
          BehaviorPictures(*world.project, world.video, source, job);
        }).find("region 'middle'") != std::string::npos);
}

TEST_CASE("Without outlines one animal before a still camera is found, several are asked for") {
  World world(false);
  datasets::Job job;
  BehaviorPictures pictures(*world.project, world.video, Source("animal", {"mouse"}), job);
  const auto traces = pictures.Run(0, 15, job, [&](int, size_t, const cv::Mat& stored) {
    REQUIRE_FALSE(stored.empty());
    CHECK(stored.at<cv::Vec2b>(16, 16)[0] > 200);
  });
  CHECK(MessageOf([&] {
          BehaviorPictures(*world.project, world.video, Source("animal", {"a", "b"}), job);
        }).find("have no outlines") != std::string::npos);
}

TEST_CASE("Prepared pictures are made once, stay within their bound, and damage is made good") {
  World world(true);
  datasets::Job job;
  const PictureSource source = Source("animal", {"disc"});
  const fs::path folder = world.folder / "cache";
  const auto open = [&](int end, int64_t most) {
    BehaviorPictures pictures(*world.project, world.video, source, job);
    return std::make_unique<PictureCache>(folder, pictures, source.input, 0, end, most, job);
  };
  const int64_t needed = PictureCache::BytesNeeded(source.input, 1, kFrames);
  const auto first = open(kFrames, 10 * needed);
  CHECK_FALSE(first->was_there());
  const cv::Mat kept = first->Get(0, 12).clone();
  const auto again = open(kFrames, 10 * needed);
  CHECK(again->was_there());
  CHECK(cv::norm(again->Get(0, 12), kept, cv::NORM_L1) == 0);
  CHECK(again->traces()[0].motion == first->traces()[0].motion);

  CHECK(MessageOf([&] { open(kFrames - 2, needed / 2); }).find("--cache-mb") != std::string::npos);
  open(kFrames - 1, needed + 4096);  // the older file has to go, and stays readable to `first`
  CHECK(cv::norm(first->Get(0, 12), kept, cv::NORM_L1) == 0);
  int files = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    ++files;
    std::ofstream(entry.path(), std::ios::binary) << "damaged";
  }
  CHECK(files == 1);
  CHECK_FALSE(open(kFrames - 1, 10 * needed)->was_there());

  datasets::Job cancelled([&](const datasets::Job::Progress&) {});
  cancelled.Cancel();
  CHECK_THROWS_AS(
      [&] {
        BehaviorPictures pictures(*world.project, world.video, source, job);
        PictureCache(world.folder / "other", pictures, source.input, 0, 5, needed, cancelled);
      }(),
      datasets::Cancelled);
  CHECK(fs::is_empty(world.folder / "other"));
}

}  // namespace

}  // namespace behavior_pictures_test
