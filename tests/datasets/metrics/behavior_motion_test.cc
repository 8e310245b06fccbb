#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <random>

#include "datasets/base/error.h"
#include "datasets/behavior/budget.h"
#include "datasets/behavior/mask_moments.h"
#include "datasets/behavior/motion.h"
#include "datasets/behavior/motion_run.h"
#include "datasets/behavior/motion_tables.h"
#include "datasets/behavior/zones.h"
#include "datasets/store/writer.h"
#include "tests/support/label_project.h"
#include "tests/support/temp_dir.h"

namespace behavior_motion_test {

using namespace datasets;

namespace {

constexpr int kWidth = 120, kHeight = 80;

Rle Block(int x, int y, int width, int height) {
  cv::Mat mask = cv::Mat::zeros(kHeight, kWidth, CV_8UC1);
  mask(cv::Rect(x, y, width, height)).setTo(255);
  return EncodeMask(mask);
}

MotionMeter Meter(const MotionOptions& options = {}, const std::vector<Zone>& zones = {},
                  int frames = 100) {
  return {"clip", {"a", "b"}, ZoneMasks(zones, "clip", kHeight, kWidth), 10, 0, frames, options};
}

const BudgetRow& Row(const std::vector<BudgetRow>& rows, const std::string& subject,
                     const std::string& behavior) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const BudgetRow& candidate) {
    return candidate.subject == subject && candidate.behavior == behavior;
  });
  REQUIRE(row != rows.end());
  return *row;
}

Id PredictJob(Project& project) {
  Id job_id = 0;
  project.Write([&](Writer& writer) {
    JobRow job;
    job.kind = "predict";
    job.state = "done";
    job_id = writer.InsertJob(job);
  });
  return job_id;
}

void Predict(Writer& writer, Id job_id, Id video_id, Id animal, int frame, const Rle& mask,
             double score = 0.9) {
  PredictionRow row;
  row.job_id = job_id;
  row.video_id = video_id;
  row.frame_index = frame;
  row.category_id = animal;
  row.score = row.confidence = score;
  row.box = RleBox(mask);
  row.rle = mask;
  writer.InsertPrediction(row);
}

}  // namespace

TEST_CASE("Place and shape of a rectangle equal those worked by hand") {
  const MaskMoments wide = MomentsOf(Block(10, 20, 6, 2));
  CHECK(wide.area == 12);
  CHECK(wide.x == doctest::Approx(13));
  CHECK(wide.y == doctest::Approx(21));
  CHECK(wide.length == doctest::Approx(4 * std::sqrt(36 / 12.0)));
  CHECK(wide.width == doctest::Approx(4 * std::sqrt(4 / 12.0)));
  CHECK(wide.elongation == doctest::Approx(3));
  CHECK(wide.angle_deg == doctest::Approx(0));
  CHECK(MomentsOf(Block(0, 0, 2, kHeight)).angle_deg == doctest::Approx(90));
  CHECK(MomentsOf(Block(0, 0, 1, 1)).elongation == doctest::Approx(1));
  CHECK(MomentsOf(EncodeMask(cv::Mat::zeros(5, 5, CV_8UC1))).area == 0);
}

TEST_CASE("Moments from runs equal moments from pixels, whatever the shape") {
  std::mt19937 random(5);
  for (int round = 0; round < 30; ++round) {
    cv::Mat mask = cv::Mat::zeros(kHeight, kWidth, CV_8UC1);
    for (int i = 0; i < 4; ++i) {
      cv::ellipse(mask, cv::Point(random() % kWidth, random() % kHeight),
                  cv::Size(1 + random() % 40, 1 + random() % 40), random() % 180, 0, 360, 255, -1);
    }
    const MaskMoments moments = MomentsOf(EncodeMask(mask));
    const cv::Moments expected = cv::moments(mask, true);
    REQUIRE(expected.m00 > 0);
    CHECK(moments.area == expected.m00);
    CHECK(moments.x == doctest::Approx(expected.m10 / expected.m00 + 0.5));
    CHECK(moments.y == doctest::Approx(expected.m01 / expected.m00 + 0.5));
    const double xx = expected.mu20 / expected.m00, yy = expected.mu02 / expected.m00;
    const double squares = (moments.length * moments.length + moments.width * moments.width) / 16;
    CHECK(squares == doctest::Approx(xx + yy + 1 / 6.0));
  }
}

TEST_CASE("Masks touch within the distance between their nearest pixels") {
  CHECK(MasksTouch(Block(10, 10, 5, 5), Block(15, 10, 5, 5), 1));
  CHECK_FALSE(MasksTouch(Block(10, 10, 5, 5), Block(16, 10, 5, 5), 1));
  CHECK(MasksTouch(Block(10, 10, 5, 5), Block(16, 10, 5, 5), 2));
  CHECK_FALSE(MasksTouch(Block(10, 10, 5, 5), Block(15, 15, 5, 5), 1));  // by a corner: sqrt 2
  CHECK(MasksTouch(Block(10, 10, 5, 5), Block(15, 15, 5, 5), 1.5));
  CHECK(MasksTouch(Block(10, 10, 5, 5), Block(12, 12, 5, 5), 0));
  CHECK_FALSE(MasksTouch(Block(0, 0, 5, 5), Block(100, 60, 5, 5), 20));
}

TEST_CASE("Speed and distance of a steady walk are exact, and a long gap is no step") {
  MotionMeter meter = Meter();
  for (int frame = 0; frame < 10; ++frame) {
    const auto motions = meter.Add(frame, {{0, Block(10 + 3 * frame, 10, 8, 4)}});
    REQUIRE(motions.size() == 1);
    CHECK(motions[0].step_px.has_value() == (frame > 0));
    if (frame > 0) CHECK(*motions[0].speed_px_s == doctest::Approx(30));
  }
  CHECK_FALSE(meter.Add(50, {{0, Block(90, 60, 8, 4)}})[0].step_px.has_value());
  const auto late = meter.Add(52, {{0, Block(92, 60, 8, 4)}});  // 0.2 s without a mask
  CHECK(*late[0].step_px == doctest::Approx(2));
  CHECK(*late[0].speed_px_s == doctest::Approx(10));
  CHECK_FALSE(late[0].same_iou.has_value());
  const auto summary = meter.Summaries();
  REQUIRE(summary.size() == 1);  // b was never seen
  CHECK(summary[0].distance_px == doctest::Approx(29));
  CHECK(summary[0].frames_seen == 12);
  CHECK(*summary[0].mean_speed_px_s == doctest::Approx(29 / 1.1));
  CHECK(*summary[0].max_speed_px_s == doctest::Approx(30));
}

TEST_CASE("Jitter below the least step adds nothing, slow creeping adds up") {
  MotionOptions options;
  options.min_step_px = 3;
  MotionMeter jitter = Meter(options), creep = Meter(options);
  for (int frame = 0; frame < 31; ++frame) {
    jitter.Add(frame, {{0, Block(20 + frame % 2, 20, 8, 4)}});
    creep.Add(frame, {{0, Block(20 + frame, 20, 8, 4)}});
  }
  CHECK(jitter.Summaries()[0].distance_px == 0);
  CHECK(creep.Summaries()[0].distance_px == doctest::Approx(30));
}

TEST_CASE("Steps that add up from several frames are measured over the time of all of them") {
  MotionOptions options;
  options.min_step_px = 5;
  MotionMeter creep = Meter(options), dart = Meter(options, {}, 200);
  for (int frame = 0; frame < 31; ++frame) {
    const auto motion = creep.Add(frame, {{0, Block(20 + frame, 20, 8, 4)}}).at(0);
    if (motion.step_px.value_or(0) > 0) CHECK(*motion.speed_px_s == doctest::Approx(10));
  }
  CHECK(*creep.Summaries()[0].max_speed_px_s == doctest::Approx(10));
  CHECK(*creep.Summaries()[0].mean_speed_px_s == doctest::Approx(10));
  // Rest, and a leap: a step that is long enough by itself is not spread over the rest before it.
  for (int frame = 0; frame < 60; ++frame) {
    dart.Add(frame, {{0, Block(frame < 50 ? 20 + frame % 2 : 51, 20, 8, 4)}});
  }
  CHECK(*dart.Summaries()[0].max_speed_px_s == doctest::Approx(300));
}

TEST_CASE("A way is not zero where none could be measured") {
  MotionMeter meter = Meter();
  meter.Add(3, {{0, Block(20, 20, 8, 4)}});
  meter.Add(90, {{0, Block(60, 20, 8, 4)}, {1, Block(20, 20, 8, 4)}});
  meter.Add(91, {{1, Block(20, 20, 8, 4)}});
  const std::string csv = MotionSummaryCsv(meter.Summaries());
  CHECK(csv.find(",frames_seen,seen_s,moved_s,distance_px,") != std::string::npos);
  CHECK(csv.find("clip,a,100,2,0.2,0,,,,") != std::string::npos);
  CHECK(csv.find("clip,b,100,2,0.2,0.1,0,0,0,") != std::string::npos);
}

TEST_CASE("A small animal is in a zone that is a hundred thousand times its size") {
  const auto zones = ZonesFromJson(
      nlohmann::json::parse(R"([{"name": "arena", "rectangle": [0, 0, 1000, 800]}])"), "zones");
  const auto in_zone = [&](const MotionOptions& options, int x) {
    MotionMeter meter("clip", {"ant"}, ZoneMasks(zones, "clip", 1000, 1200), 10, 0, 10, options);
    const Rle ant =
        RlePolygons({{{double(x), 50}, {x + 2.0, 50}, {x + 2.0, 52}, {double(x), 52}}}, 1000, 1200);
    REQUIRE(RleArea(ant) == 4);
    return !meter.Add(0, {{0, ant}}).at(0).zones.empty();
  };
  CHECK(in_zone({}, 300));
  CHECK(in_zone({}, 999));  // half of it
  CHECK_FALSE(in_zone({}, 1000));
  MotionOptions most;
  most.zone_overlap = 0.6;
  CHECK_FALSE(in_zone(most, 999));
  CHECK(in_zone(most, 300));
}

TEST_CASE("Zone entries, dwell and latency are the budget of a walk through the zone") {
  const auto zones = ZonesFromJson(
      nlohmann::json::parse(R"([{"name": "gate", "rectangle": [50, 0, 20, 80]}])"), "zones");
  MotionOptions by_center;
  by_center.zone_by_center = true;
  MotionMeter overlap = Meter({}, zones), center = Meter(by_center, zones);
  for (int frame = 0; frame < 100; ++frame) {  // there and back again
    const int x = frame < 50 ? 2 * frame : 2 * (99 - frame);
    overlap.Add(frame, {{0, Block(x, 10, 10, 10)}});
    center.Add(frame, {{0, Block(x, 10, 10, 10)}});
  }
  const auto by_mask = TimeBudget(overlap.Scores());
  const BudgetRow& row = Row(by_mask, "a", "in gate");
  CHECK(row.author == kAutomaticAuthor);
  CHECK(row.bouts == 2);
  CHECK(*row.latency_frames == 21);  // x + 10 > 50
  CHECK(row.frames == 2 * 14);       // x in 42 .. 68
  const auto rows = TimeBudget(center.Scores());
  CHECK(Row(rows, "a", "in gate").frames == 2 * 10);  // 50 <= x + 5 < 70
  CHECK(*Row(rows, "a", "in gate").latency_frames == 23);
}

TEST_CASE("A frame without a mask neither ends a visit nor counts as one that left") {
  const auto zones =
      ZonesFromJson(nlohmann::json::parse(R"([{"name": "z", "circle": [60, 40, 30]}])"), "zones");
  MotionMeter meter = Meter({}, zones);
  for (const int frame : {0, 1, 3, 4, 10, 11}) meter.Add(frame, {{0, Block(58, 38, 6, 6)}});
  const auto rows = TimeBudget(meter.Scores());
  CHECK(Row(rows, "a", "in z").bouts == 2);  // 0 to 4, and 10 to 11 after too long a gap
  CHECK(Row(rows, "a", "in z").frames == 7);
}

TEST_CASE("Where an animal was not seen it was neither in a zone nor out of it") {
  const auto zones =
      ZonesFromJson(nlohmann::json::parse(R"([{"name": "z", "circle": [60, 40, 30]}])"), "zones");
  MotionMeter meter = Meter({}, zones);
  for (int frame = 20; frame < 40; ++frame) meter.Add(frame, {{0, Block(58, 38, 6, 6)}});
  for (int frame = 60; frame < 80; ++frame) {
    if (frame != 70) meter.Add(frame, {{0, Block(2, 2, 6, 6)}});  // a moment is bridged
  }
  const auto rows = TimeBudget(meter.Scores());
  const BudgetRow& row = Row(rows, "a", "in z");
  CHECK(row.seconds == doctest::Approx(2));
  CHECK(row.unseen_s == doctest::Approx(6));
  CHECK(row.proportion == doctest::Approx(0.5));
}

TEST_CASE("Contacts are counted for both animals and for the pair") {
  MotionMeter meter = Meter();
  for (int frame = 0; frame < 30; ++frame) {
    const int x = frame < 10 ? 40 : frame < 20 ? 80 : 41;
    const auto motions = meter.Add(frame, {{0, Block(30, 20, 10, 10)}, {1, Block(x, 20, 10, 10)}});
    CHECK(motions[0].touching.empty() == (frame >= 10 && frame < 20));
    CHECK(motions[0].nearest == 1);
    CHECK(motions[1].nearest_px == doctest::Approx(x - 30));
  }
  const auto pairs = meter.Contacts();
  REQUIRE(pairs.size() == 1);
  CHECK(pairs[0].bouts == 2);
  CHECK(pairs[0].frames == 20);
  CHECK(pairs[0].seconds == doctest::Approx(2));
  const auto rows = TimeBudget(meter.Scores());
  for (const char* animal : {"a", "b"}) CHECK(Row(rows, animal, "contact").frames == 20);
  BehaviorScores labeled;  // a person's behaviors beside them: nobody gets rows of the other
  labeled.behaviors = {{"rear"}};
  labeled.series = {{"clip", "a", "anna", 10, 0, 100, {{0, 5, 10}}}};
  AddScores(labeled, meter.Scores(), "masks");
  const auto both = TimeBudget(labeled);
  CHECK(both.size() == 1 + 2 * 2);
  CHECK(std::count_if(both.begin(), both.end(),
                      [](const BudgetRow& row) { return row.author == "anna"; }) == 1);
}

TEST_CASE("Frames on which one of two was not seen do not cut their contact") {
  MotionMeter meter = Meter();
  const Rle a = Block(30, 20, 10, 10), b = Block(40, 20, 10, 10), far = Block(90, 60, 10, 10);
  for (int frame = 0; frame < 40; ++frame) {
    std::vector<AnimalMask> seen;
    if (frame != 5 && frame != 8) seen.push_back({0, a});
    const bool unseen = frame == 8 || frame == 12 || (frame >= 20 && frame < 25);
    if (!unseen) seen.push_back({1, frame == 35 ? far : b});
    meter.Add(frame, seen);
  }
  // Unseen on 5, 8 and 12, too long from 20 on, and really apart on 35.
  const auto pairs = meter.Contacts();
  REQUIRE(pairs.size() == 1);
  CHECK(pairs[0].bouts == 3);
  CHECK(pairs[0].frames == 20 + 10 + 4);
  CHECK(pairs[0].seconds == doctest::Approx(3.4));
  const auto rows = TimeBudget(meter.Scores());
  for (const char* animal : {"a", "b"}) {
    CAPTURE(animal);
    CHECK(Row(rows, animal, "contact").bouts == 3);
    CHECK(Row(rows, animal, "contact").frames == 34);
  }
}

TEST_CASE("Freezing needs five still frames, outlasts one twitch and ends with a run") {
  MotionMeter meter = Meter();
  std::vector<bool> freezing;
  int x = 20;
  for (int frame = 0; frame < 40; ++frame) {
    if (frame == 15 || frame >= 25) x += 4;
    freezing.push_back(meter.Add(frame, {{0, Block(x, 20, 16, 10)}})[0].freezing);
  }
  CHECK_FALSE(freezing[4]);  // four frames like the one before
  CHECK(freezing[5]);
  CHECK(freezing[15]);  // 10 - 3
  CHECK(freezing[24]);
  CHECK(freezing[25]);
  CHECK_FALSE(freezing[26]);
  CHECK(std::count(freezing.begin() + 26, freezing.end(), true) == 0);
  CHECK(Row(TimeBudget(meter.Scores()), "a", "freezing").bouts == 1);
}

TEST_CASE("Zones that cannot be are refused by name") {
  const auto read = [](const char* text) {
    return ZoneMasks(ZonesFromJson(nlohmann::json::parse(text), "zones 'z.json'"), "clip", kHeight,
                     kWidth);
  };
  CHECK(read(R"({"zones": [{"name": "n", "polygon": [[0, 0], [10, 0], [0, 10]]}]})").size() == 1);
  CHECK(read(R"([{"name": "n", "video": "other", "circle": [5, 5, 3]}])").empty());
  for (const char* bad :
       {R"([])", R"({"zones": 3})", R"([{"circle": [1, 2, 3]}])", R"([{"name": "nest"}])",
        R"([{"name": "nest", "circle": [1, 2, 0]}])",
        R"([{"name": "nest", "circle": [1, "2", 3]}])",
        R"([{"name": "nest", "polygon": [[0, 0], [1, 1]]}])",
        R"([{"name": "nest", "rectangle": [1, 2, -3, 4]}])",
        R"([{"name": "nest", "circle": [500, 500, 9]}])",
        R"([{"name": "nest", "circle": [9, 9, 9]}, {"name": "nest", "circle": [9, 9, 5]}])"}) {
    CAPTURE(bad);
    CHECK_THROWS_AS(read(bad), Error);
  }
  CHECK_THROWS_WITH_AS(read(R"([{"name": "nest", "circle": [1, 2, 0]}])"),
                       doctest::Contains("zone 'nest'"), Error);
  CHECK_THROWS_AS(ReadZones("/nowhere/zones.json"), Error);
}

TEST_CASE("A project's predictions and labels are measured alike, the better of two of one name") {
  const tests::TempDir folder;
  auto project = tests::LabelProject(folder.path(), 100, kWidth, kHeight);
  const VideoRow video = project->VideoByName("clip");
  Job job;
  CHECK_THROWS_WITH_AS(MeasureVideoMotion(*project, video, {}, {}, job),
                       doctest::Contains("predict it first"), Error);
  const Id job_id = PredictJob(*project);
  project->Write([&](Writer& writer) {
    const Id a = writer.FindOrInsertCategory("a"), b = writer.FindOrInsertCategory("b");
    for (int frame = 0; frame < 50; ++frame) {
      Predict(writer, job_id, video.id, a, frame, Block(10 + frame, 10, 8, 8));
      Predict(writer, job_id, video.id, a, frame, Block(100, 70, 8, 8), 0.2);
      Predict(writer, job_id, video.id, b, frame, Block(60, 40, 8, 8));
      AnnotationRow label;
      label.image_id = writer.FindOrInsertImage(video.id, frame, kWidth, kHeight);
      label.category_id = a;
      const double x = 10 + frame;
      label.polygons = {{{x, 10}, {x + 8, 10}, {x + 8, 18}, {x, 18}}};
      label.box = BoxOf(label.polygons);
      label.area = 64;
      writer.InsertAnnotation(label);
    }
  });
  std::string csv;
  const VideoMotion predicted =
      MeasureVideoMotion(*project, video, {}, {}, job,
                         [&](const VideoMotion& motion, const std::vector<AnimalMotion>& animals) {
                           for (const auto& one : animals)
                             csv += MotionCsvLine("clip", motion.animals, {}, 25, one);
                         });
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 100);
  REQUIRE(predicted.summaries.size() == 2);
  CHECK(predicted.summaries[0].distance_px == doctest::Approx(49));
  CHECK(predicted.summaries[1].distance_px == doctest::Approx(0));
  CHECK(predicted.summaries[0].frames == 100);
  MotionInput labels;
  labels.from_labels = true;
  labels.end_frame = 20;
  labels.options.pixels_per_cm = 10;
  const VideoMotion labeled = MeasureVideoMotion(*project, video, {}, labels, job);
  REQUIRE(labeled.summaries.size() == 1);
  CHECK(labeled.summaries[0].distance_px == doctest::Approx(19));
  CHECK(labeled.scores.series[0].end_frame == 20);
  CHECK(MotionSummaryCsv(labeled.summaries).find(",1.9,") != std::string::npos);
  job.Cancel();
  CHECK_THROWS_AS(MeasureVideoMotion(*project, video, {}, {}, job), Cancelled);
}

TEST_CASE("With flow, an animal whose fur moves under an unchanged mask does not freeze") {
  const tests::TempDir folder;
  cv::Mat fur(kHeight + 60, kWidth + 60, CV_8UC3);
  cv::RNG random(11);
  random.fill(fur, cv::RNG::UNIFORM, 0, 256);
  cv::GaussianBlur(fur, fur, cv::Size(9, 9), 2.5);
  cv::normalize(fur, fur, 0, 255, cv::NORM_MINMAX);
  VideoWriter video_file(folder / "clip.mp4", kWidth, kHeight, 10, 5);
  for (int frame = 0; frame < 24; ++frame) {
    const int shift = frame < 12 ? 0 : 2 * (frame - 12);
    video_file.Write(fur(cv::Rect(shift, shift, kWidth, kHeight)).clone());
  }
  video_file.Close();
  auto project = Project::Create(folder / "p.vole");
  Job job;
  const VideoRow video = project->AddVideo(folder / "clip.mp4", job);
  const Id job_id = PredictJob(*project);
  project->Write([&](Writer& writer) {
    const Id a = writer.FindOrInsertCategory("a");
    for (int frame = 0; frame < 24; ++frame) {
      Predict(writer, job_id, video.id, a, frame, Block(40, 20, 40, 40));
    }
  });
  MotionInput input;
  const auto frozen = [&] {
    const VideoMotion motion = MeasureVideoMotion(*project, video, {}, input, job);
    return Row(TimeBudget(motion.scores), "a", "freezing").frames;
  };
  CHECK(frozen() == 19);  // from frame 5 to the end
  input.options.flow = true;
  const int64_t with_flow = frozen();
  CHECK(with_flow >= 7);
  CHECK(with_flow <= 10);
}

}  // namespace behavior_motion_test
