// Key points in the measures of motion: tables, zones and headings.
#include <doctest/doctest.h>

#include "datasets/base/error.h"
#include "datasets/behavior/animal_points.h"
#include "datasets/behavior/motion_run.h"
#include "datasets/behavior/motion_tables.h"
#include "tests/support/pose_project.h"

namespace behavior_points_test {

using namespace datasets;

namespace {

using tests::PoseProject;

struct Measured {
  VideoMotion motion;
  std::string csv;
  std::vector<AnimalMotion> all;
};

Measured Measure(const Project& project, const MotionInput& input,
                 const std::vector<Zone>& zones = {}) {
  Measured measured;
  Job job;
  measured.motion = MeasureVideoMotion(
      project, project.Videos()[0], zones, input, job,
      [&](const VideoMotion& motion, const std::vector<AnimalMotion>& animals) {
        const MotionColumns columns{ZoneNames(motion.zones), motion.points, motion.has_heading};
        if (measured.csv.empty()) measured.csv = MotionCsvHeading(columns);
        for (const AnimalMotion& one : animals) {
          measured.csv +=
              MotionCsvLine(motion.video.name, motion.animals, columns, motion.times, one);
          measured.all.push_back(one);
        }
      });
  return measured;
}

bool Has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::string Why(const Project& project, const MotionOptions& options) {
  MotionInput input;
  input.options = options;
  try {
    Measure(project, input);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("the table of motion says where each key point is and how sure that is") {
  PoseProject scene;
  const Measured found = Measure(*scene.project, {});
  REQUIRE(found.all.size() == 4);  // nobody outlined them: their points say where they are
  CHECK(Has(found.csv, ",touching,nose_x,nose_y,nose_confidence,left ear_x,"));
  CHECK(Has(found.csv, ",10.25,11.5,0.5,12.25,14.5,0.625,8.25,14.5,0.75,10.25,31.5,0.875\n"));
  CHECK(Has(found.csv, ",40.25,11.5,0.5,,,,38.25,14.5,0.75,40.25,31.5,0.875\n"));
  CHECK(found.all[0].moments.x == doctest::Approx((10.25 + 12.25 + 8.25 + 10.25) / 4));
  CHECK(found.all[0].moments.area == 0);
  CHECK(found.motion.summaries[0].frames_seen == 2);
}

TEST_CASE("an animal's points that a person set count before those that a machine found") {
  PoseProject scene;
  const VideoRow video = scene.project->Videos()[0];
  const Id ann = scene.project->Categories()[0].id, bob = scene.project->Categories()[1].id;
  REQUIRE(scene.project->Categories()[0].name == "ann");
  const Id job = *scene.project->LatestPredictJob(video.id);
  scene.project->Write([&](Writer& writer) {
    PredictionRow row;  // of a frame that is labeled
    row.job_id = job;
    row.video_id = video.id;
    row.frame_index = 3;
    row.category_id = ann;
    const Skeleton skeleton = ReadSkeletons(writer.connection())[0];
    row.key_points = {{"nose", 1, 2, 0.5, skeleton.points[0].id},
                      {"tail", 3, 4, 0.5, skeleton.points[3].id}};
    writer.InsertPrediction(row);
  });
  const PointsOfVideo points(*scene.project, video, job, {"tail", "nose", "wing"});
  auto at = points.At(3);
  CHECK(at[ann][1].x == 9.25);
  CHECK(at[ann][1].confidence == 1);
  CHECK(at[ann][0].confidence == 0);  // the person left the tail out
  CHECK(at[ann][2].confidence == 0);
  CHECK(at[bob][0].y == 31.5);  // hidden, and yet there
  at = points.At(4);
  CHECK(at[ann][1].x == 10.25);
  CHECK(at[ann][1].confidence == 0.5);
  CHECK(points.At(9).empty());
  CHECK(PointsOfVideo(*scene.project, video, 0, {"nose"}).At(4).empty());
  CHECK(PointsOfVideo(*scene.project, video, job, {}).empty());
}

TEST_CASE("motion of labels knows no point that a machine found") {
  PoseProject scene;
  const VideoRow video = scene.project->Videos()[0];
  const Id job = *scene.project->LatestPredictJob(video.id);
  scene.project->Write([&](Writer& writer) {
    PredictionRow row;  // of an animal that nobody labeled, on a frame that is labeled
    row.job_id = job;
    row.video_id = video.id;
    row.frame_index = 3;
    row.category_id = writer.FindOrInsertCategory("cid");
    const Skeleton skeleton = ReadSkeletons(writer.connection())[0];
    row.key_points = {{"nose", 1, 2, 0.5, skeleton.points[0].id}};
    writer.InsertPrediction(row);
  });
  MotionInput input;
  input.from_labels = true;
  for (const Id named : {Id(0), job}) {
    input.job_id = named;
    const Measured found = Measure(*scene.project, input);
    CHECK(found.all.size() == 4);
    CHECK(found.motion.summaries.size() == 2);
    CHECK_FALSE(Has(found.csv, "cid"));
  }
}

TEST_CASE("an animal without outline moves as its points do, not as they come and go") {
  MotionOptions options;
  const PointChoice choice = ChoosePoints({"nose", "tail"}, "", "", 0.2);
  MotionMeter meter("clip", {"ann"}, {}, 10, 0, 100, options, choice);
  const auto step = [&](int frame, const AnimalPoints& points, const Rle& mask = {}) {
    return meter.Add(frame, {{0, mask, points}}).at(0).step_px;
  };
  const Rle outline = RlePolygons({{{10, 10}, {20, 10}, {20, 20}, {10, 20}}}, 48, 64);
  CHECK_FALSE(step(0, {{10, 10, 1}, {10, 30, 1}}));
  CHECK(step(1, {{11, 10, 1}, {}}).value() == doctest::Approx(1));             // the tail is gone
  CHECK(step(2, {{12, 10, 1}, {12, 30, 1}}).value() == doctest::Approx(1));    // and there again
  CHECK(step(3, {{90, 90, 0.1}, {12, 33, 1}}).value() == doctest::Approx(3));  // a doubtful nose
  CHECK(step(4, {{14, 10, 1}, {14, 33, 1}}).value() == doctest::Approx(2));
  CHECK(step(5, {{15, 11, 1}, {14, 34, 1}}).value() == doctest::Approx(std::hypot(0.5, 1)));
  CHECK_FALSE(step(6, {}, outline));  // the middle of an outline is another place than its points'
  CHECK(step(7, {{15, 11, 1}, {}}, outline).value() == 0);
  CHECK_FALSE(step(8, {{15, 11, 1}, {}}));
  CHECK_FALSE(step(9, {{}, {14, 34, 1}}));  // no point is on both
  const double way = 1 + 1 + 3 + 2 + std::hypot(0.5, 1);
  CHECK(meter.Summaries().at(0).distance_px == doctest::Approx(way));
  CHECK(meter.Summaries().at(0).moved_s == doctest::Approx(0.6));
}

TEST_CASE("creeping of points adds up until it is a step") {
  MotionOptions options;
  options.min_step_px = 1.5;
  MotionMeter meter("clip", {"ann"}, {}, 10, 0, 100, options, ChoosePoints({"nose"}, "", "", 0));
  std::vector<double> steps;
  for (int frame = 0; frame < 5; ++frame) {
    steps.push_back(
        meter.Add(frame, {{0, {}, {{10.0 + frame, 10, 1}}}}).at(0).step_px.value_or(-1));
  }
  CHECK(steps == std::vector<double>{-1, 0, 2, 0, 2});
}

TEST_CASE("contact and freezing are not said to be never there where nobody was outlined") {
  MotionMeter meter("clip", {"ann", "bob"}, {}, 10, 0, 100, MotionOptions(),
                    ChoosePoints({"nose"}, "", "", 0));
  const Rle outline = RlePolygons({{{10, 10}, {20, 10}, {20, 20}, {10, 20}}}, 48, 64);
  meter.Add(0, {{0, {}, {{10, 10, 1}}}, {1, outline, {}}});
  const auto scores = meter.Scores();
  REQUIRE(scores.series.size() == 1);
  CHECK(scores.series[0].subject == "bob");
  CHECK(scores.series[0].looked_for.size() == 2);
}

TEST_CASE("what only outlines say is left empty where nobody outlined the animal") {
  PoseProject scene;
  const Measured found = Measure(*scene.project, {});
  CHECK(Has(found.csv, "\nclip,4,0.16,ann,10.25,18,,,,,,,,,,,bob,"));  // area to freezing
  const MotionSummary& ann = found.motion.summaries.at(0);
  CHECK_FALSE(ann.mean_area_px);
  CHECK_FALSE(ann.mean_elongation);
  MotionInput scaled;
  scaled.options.pixels_per_cm = 10;
  const std::string summary = MotionSummaryCsv(Measure(*scene.project, scaled).motion.summaries);
  CHECK(Has(summary, ",5.66,35.355,35.355,,,0.566,"));
}

TEST_CASE("a zone is entered by the key point that was chosen, where that is sure enough") {
  PoseProject scene;
  // The tails of both frames, the noses of none.
  const std::vector<Zone> zones = {{"nest", {{5, 30}, {60, 30}, {60, 45}, {5, 45}}, ""}};
  MotionInput input;
  input.options.zone_point = "tail";
  for (const AnimalMotion& one : Measure(*scene.project, input, zones).all) {
    CHECK(one.zones == std::vector<int>{0});
  }
  input.options.point_confidence = 0.9;
  for (const AnimalMotion& one : Measure(*scene.project, input, zones).all) {
    CHECK(one.zones.empty());
  }
  input.options = {};
  input.options.zone_point = "nose";
  const Measured noses = Measure(*scene.project, input, zones);
  for (const AnimalMotion& one : noses.all) CHECK(one.zones.empty());
  CHECK(noses.motion.scores.series[0].bouts.empty());
}

TEST_CASE("a zone's key point that is missing for a moment does not leave the zone") {
  MotionOptions options;
  const PointChoice choice = ChoosePoints({"nose", "tail"}, "nose", "", 0.2);
  const std::vector<Zone> zones = {{"nest", {{0, 0}, {30, 0}, {30, 40}, {0, 40}}, ""}};
  MotionMeter meter("clip", {"ann", "bob"}, ZoneMasks(zones, "clip", 48, 64), 10, 0, 100, options,
                    choice);
  std::string csv;
  for (int frame = 0; frame < 100; ++frame) {
    const bool lost = frame % 20 == 7, long_lost = frame >= 60 && frame < 65;
    const AnimalPoint nose{frame == 90 ? 50.0 : 10.0, 10, lost || long_lost ? 0.1 : 0.9};
    // Bob's nose is never found.
    const auto motions =
        meter.Add(frame, {{0, {}, {nose, {12, 20, 1}}}, {1, {}, {{}, {12, 20, 1}}}});
    for (const AnimalMotion& one : motions) {
      csv += MotionCsvLine("clip", {"ann", "bob"}, {{"nest"}, {}, false}, 10, one);
    }
  }
  const BehaviorScores scores = meter.Scores();
  REQUIRE(scores.series.size() == 1);  // of bob nothing is known, which is not "never"
  CHECK(scores.series[0].subject == "ann");
  const auto& bouts = scores.series[0].bouts;
  REQUIRE(bouts.size() == 3);  // the nose was lost for too long, and it was really outside
  CHECK(bouts[0].start_frame == 0);
  CHECK(bouts[0].end_frame == 60);
  CHECK(bouts[1].start_frame == 65);
  CHECK(bouts[1].end_frame == 90);
  CHECK(bouts[2].end_frame == 100);
  const auto last_field = [&](const std::string& begin) {
    const size_t at = csv.find(begin), end = csv.find('\n', at);
    REQUIRE(at != std::string::npos);
    return csv.substr(csv.rfind(',', end) + 1, end - csv.rfind(',', end) - 1);
  };
  CHECK(last_field("clip,6,0.6,ann,") == "1");
  CHECK(last_field("clip,90,9,ann,") == "0");
  CHECK(last_field("clip,7,0.7,ann,").empty());  // neither in nor out
  CHECK(last_field("clip,6,0.6,bob,").empty());
}

TEST_CASE("two key points say which way an animal looks") {
  PoseProject scene;
  MotionInput input;
  input.options.heading = "tail:nose";
  const Measured found = Measure(*scene.project, input);
  CHECK(Has(found.csv, ",touching,heading_deg,nose_x"));
  for (const AnimalMotion& one : found.all) {  // noses are above
    CHECK(one.heading_deg.value() == doctest::Approx(270));
  }
  input.options.heading = "nose:left ear";
  const Measured ears = Measure(*scene.project, input);
  CHECK(ears.all[0].heading_deg.value() == doctest::Approx(std::atan2(3, 2) * 180 / CV_PI));
  CHECK_FALSE(ears.all[1].heading_deg.has_value());  // bob's was not found
}

TEST_CASE("points that the project does not have are refused, with those that it has") {
  PoseProject scene;
  MotionOptions options;
  options.zone_point = "snout";
  CHECK(Has(Why(*scene.project, options), "'nose', 'left ear', 'right ear', 'tail'"));
  options.zone_by_center = true;
  CHECK(Has(Why(*scene.project, options), "zone-by-center"));
  for (const char* heading : {"nose", "nose:snout", "nose:nose", ":"}) {
    options = {};
    options.heading = heading;
    CHECK(Has(Why(*scene.project, options), "tail:nose"));
  }
  CHECK(ChoosePoints({"a:b", "a", "b:c", "c"}, "", "a:b:c", 0).heading_to == 2);
  const auto refused = [] { ChoosePoints({}, "nose", "", 0); };
  CHECK_THROWS_WITH_AS(refused(), doctest::Contains("no key points"), Error);
}

TEST_CASE("without key points the table of motion has the columns that it always had") {
  const std::string heading = MotionCsvHeading({{"nest"}, {}, false});
  CHECK(Has(heading, ",touching,in nest\n"));
}

}  // namespace behavior_points_test
