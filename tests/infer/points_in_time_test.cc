#include "infer/points/points_in_time.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "datasets/store/points.h"
#include "datasets/store/writer.h"
#include "datasets/unknown_name.h"
#include "infer/review/reasons.h"
#include "infer/review/review_data.h"
#include "infer/review/review_job.h"
#include "tests/support/store_data.h"
#include "tests/support/temp_dir.h"

namespace points_in_time_test {

namespace {

using datasets::Id;

constexpr int kFrames = 200;

// Two animals with ears, of which one's change places in frames 100 to 104 and whose tail jumps in
// frame 150.
struct Points {
  tests::TempDir folder;
  std::unique_ptr<datasets::Project> project = datasets::Project::Create(folder / "p.vole");
  datasets::VideoRow video;
  datasets::Skeleton skeleton;
  Id predicted = 0;
  datasets::Job job;

  Points() {
    project->Write([&](datasets::Writer& writer) {
      video = tests::Video("clip", tests::Index(kFrames));
      video.id = tests::InsertVideo(writer, "clip", kFrames);
      datasets::InsertSkeleton(
          writer.connection(),
          datasets::MakeSkeleton("mouse", {"left_ear", "right_ear", "tail"}, {{"left_ear", "tail"}},
                                 {{"left_ear", "right_ear"}}));
      skeleton = datasets::ReadSkeletons(writer.connection()).front();
      const Id ada = writer.FindOrInsertCategory("Ada"), bo = writer.FindOrInsertCategory("Bo");
      predicted = writer.InsertJob(tests::PredictJob());
      for (int frame = 0; frame < kFrames; ++frame) {
        for (const Id animal : {ada, bo}) {
          datasets::PredictionRow row;
          row.job_id = predicted;
          row.video_id = video.id;
          row.frame_index = frame;
          row.category_id = animal;
          row.tracklet = animal == ada ? 0 : 1;
          row.key_points = At(frame, animal == ada ? 30 : 90);
          if (animal == bo && frame >= 100 && frame < 105) {
            std::swap(row.key_points[0].x, row.key_points[1].x);
            std::swap(row.key_points[0].y, row.key_points[1].y);
            row.key_points[0].visible = false;  // of the one that is taken for the left ear
          }
          if (animal == bo && frame == 150) row.key_points[2].x += 40;
          row.box = {0, 0, 10, 10};
          writer.InsertPrediction(row);
        }
      }
      writer.FinishJob(predicted, "done");
    });
  }

  std::vector<datasets::PredictedPoint> At(int frame, double y) const {
    const double x = 20 + 0.5 * frame + 3 * std::sin(0.2 * frame);
    std::vector<datasets::PredictedPoint> points = {
        {"left_ear", x, y, 0.9, 0}, {"right_ear", x, y + 14, 0.9, 0}, {"tail", x - 30, y, 0.9, 0}};
    for (size_t i = 0; i < points.size(); ++i) points[i].point_id = skeleton.points[i].id;
    return points;
  }

  std::vector<datasets::PredictedPoint> Bo(int frame) const {
    return project->PredictionsAt(predicted, video.id, frame).at(1).key_points;
  }
  infer::PointsInTime Judge(int start, int end) {
    return infer::JudgePointsInTime(*project, predicted, video, skeleton, start, end, job);
  }
};

}  // namespace

TEST_CASE("Ears that changed places are put back in the project, a tail that jumped is doubted") {
  Points points;
  const auto result = points.Judge(0, kFrames);
  CHECK(result.exchanges == 1);
  CHECK(result.exchanges_put_back == 1);
  CHECK(result.episodes == 2);
  CHECK(points.Bo(102)[0].y == doctest::Approx(90));
  CHECK(points.Bo(102)[0].confidence < 0.9);
  CHECK(points.Bo(102)[0].visible);
  CHECK_FALSE(points.Bo(102)[1].visible);
  CHECK(points.Bo(110)[0].confidence == doctest::Approx(0.9));
  CHECK(points.Bo(150)[2].confidence < 0.45);
  CHECK(points.project->PredictionsAt(points.predicted, points.video.id, 150)[0]
            .key_points[2]
            .confidence == doctest::Approx(0.9));
  const auto items = points.project->ReviewItems(points.predicted);
  REQUIRE(items.size() == 2);
  for (const auto& item : items) {
    CHECK(infer::ConcernsPoints(item));
    CHECK(item.reason.rfind("Bo: ", 0) == 0);
    CHECK(infer::RemedyOf(item).find("points") != std::string::npos);
  }
  // The queue of outlines, made again, keeps them.
  infer::ReviewData data;
  data.video_id = points.video.id;
  data.end_frame = kFrames;
  data.classes = {"Ada"};
  data.categories = {1};
  data.max_instances = {1};
  infer::SaveReviewData(*points.project, points.predicted, data);
  const int queued = infer::RebuildReviewQueue(*points.project, points.predicted, points.job);
  CHECK(queued > 2);
  const auto rebuilt = points.project->ReviewItems(points.predicted);
  CHECK(rebuilt.size() == static_cast<size_t>(queued));
  CHECK(std::count_if(rebuilt.begin(), rebuilt.end(), infer::ConcernsPoints) == 2);
}

TEST_CASE("Animals without a name are followed one by one, though never two in a frame") {
  Points points;
  points.project->Write([&](datasets::Writer& writer) {
    const Id unknown = datasets::FindOrInsertUnknown(writer);
    // Ada up to frame 99, somewhere else Bo from there on: one name, and no jump.
    writer.connection().Run("DELETE FROM predictions WHERE (tracklet = 0) = (frame_index >= 90)");
    writer.connection().Run("UPDATE predictions SET category_id = ?", unknown);
  });
  const auto result = points.Judge(0, kFrames);
  CHECK(result.episodes == 2);  // those of Bo, as above
  for (const auto& item : points.project->ReviewItems(points.predicted)) {
    CHECK(item.start_frame >= 100);
    CHECK(item.reason.rfind("unknown animal 1: ", 0) == 0);
    CHECK(item.animals_json == R"(["unknown","unknown animal 1"])");
  }
}

TEST_CASE("Points predicted again in a part of the video leave what was said of the rest") {
  Points points;
  points.Judge(0, kFrames);
  const double before = points.Bo(150)[2].confidence;
  const auto again = points.Judge(0, 120);
  CHECK(again.episodes == 0);  // the ears are right by now
  CHECK(points.Bo(150)[2].confidence == doctest::Approx(before));
  CHECK(points.project->ReviewItems(points.predicted).size() == 1);
}

TEST_CASE("An exchange across the border of the predicted part is left to a person") {
  Points points;
  const auto result = points.Judge(102, kFrames);
  CHECK(result.exchanges == 1);
  CHECK(result.exchanges_put_back == 0);
  CHECK(points.Bo(103)[0].y == doctest::Approx(104));
  CHECK(points.Bo(101)[0].confidence == doctest::Approx(0.9));
}

}  // namespace points_in_time_test
